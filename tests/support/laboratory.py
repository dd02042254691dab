"""A laboratory that writes words, names and numbers by chance, and what should come back of them."""

import random
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from written_tables import Dialect, Sheet

import qst
from qst.formulas import restore_text
from qst.protocol import CODES

NAMES = tomllib.loads((Path(qst.__file__).parent / "vocabulary" / "names.toml").read_text(encoding="utf-8"))
WORDS = ("sex", "site", "side", "area")
KEPT_AS_WRITTEN = {"site": ("Knee", "thigh 2")}
MISSING = ["", "NA", "NM", "n.d.", "N/A", "nan", "-", ".", "missing", "-99", "999"]

# Ranges (our unit) in which the whole column can only be what its name says, and the decimals of a written number:
# of a force not three, for `1.050` beside whole numbers may be a thousand, which is asked.
RANGES: dict[str, tuple[float, float, int]] = {
    "CDT": (0.1, 24, 2), "WDT": (0.1, 17, 2), "TSL": (0.1, 50, 2), "CPT": (0, 31.9, 2), "HPT": (33, 50, 2),
    "PPT": (110, 990, 1), "MPT": (8, 512, 2), "MPS": (0.2, 100, 2), "WUR": (0.4, 60, 3), "MDT": (0.25, 512, 2),
    "VDT": (0, 8, 2), "PHS": (0, 3, 0), "DMA": (0.2, 100, 1),
}  # fmt: skip
TRIAL_RANGES = RANGES | {"TSL": (10, 49, 2), "WUR": (0, 100, 0), "MPS": (0, 100, 0), "DMA": (0, 100, 0)}
STIMULI = {"TSL": ("warm", "cold"), "WUR": ("single", "train")}
GRAVITY = 9.80665  # m/s², standard gravity: 1 kgf on 1 cm² is 98.0665 kPa, 1 gf is 9.80665 mN
UNITS: dict[str, dict[str, tuple[float, float]]] = {
    "PPT": {"kPa": (1, 0), "N/cm2": (10, 0), "N/cm²": (10, 0), "kgf": (10 * GRAVITY, 0), "KG/cm2": (10 * GRAVITY, 0)},
    "MPT": {"mN": (1, 0), "g": (GRAVITY, 0), "gf": (GRAVITY, 0)},
    "MDT": {"mN": (1, 0), "g": (GRAVITY, 0)},
    "HPT": {"°C": (1, 0), "°F": (5 / 9, 32)},
    "CPT": {"C": (1, 0), "°F": (5 / 9, 32)},
    "CDT": {"°C": (1, 0)},
    "VDT": {"x/8": (1, 0), "/8": (1, 0)},
    "MPS": {"NRS": (1, 0), "0-100": (1, 0)},
    "age": {"years": (1, 0), "Jahre": (1, 0), "months": (1 / 12, 0), "Monate": (1 / 12, 0)},
}
"""Unit to factor and offset: ours is (written - offset) × factor."""

SUBJECTS = ("{:03d}", "S{}", "{}e5", "Müller {}", " {} ", "={}x", "0x{:02d}", "{}.0", "sub-{}; b", "œ{}")
"""Forms of names; `œ` is not in what this test writes as Windows-1252."""

OWN_NAMES = {"remark": "remark", "Bemerkung": "Bemerkung", "notes": "notes_input", "=1+1": "=1+1", "n°, x": "n°, x"}
"""Headers of a laboratory's own columns, and the names they have in our table."""
OWN_NAMES_OF_ASSESSMENTS = OWN_NAMES | {"HPT_z": "HPT_z_input", "Wert": "Wert", "loga": "loga_input"}


class Laboratory:
    """Writes words, names and numbers as laboratories do, by chance."""

    def __init__(self, chance: random.Random, dialect: Dialect) -> None:
        self.chance, self.dialect = chance, dialect

    def spell(self, spellings: Sequence[str]) -> str:
        """One of some spellings, in any case and with any blanks."""
        text = self.chance.choice([text for text in spellings if self.dialect.can_hold(text)])
        changed = self.chance.choice([str, str.upper, str.lower, str.title])(text)
        changed = changed.replace(" ", self.chance.choice([" ", "_", ".", "-", "  "]))
        return changed if self.dialect.can_hold(changed) else text

    def header(self, spellings: Sequence[str], unit: str | None) -> str:
        name = self.spell(spellings)
        if unit is None:
            return name
        forms = ["{} [{}]", "{} ({})", "{}[ {} ]"]
        if any(character.isalpha() for character in unit):  # bare digits at the end of a name are no unit
            forms += ["{}_{}", "{} {}"]
        return self.chance.choice(forms).format(name, unit)

    def number(self, low: float, high: float, decimals: int) -> str:
        """A number with a point; the ends of the range, and whole numbers, are as likely as others."""
        number = self.chance.choice([low, high, round(self.chance.uniform(low, high))] + [None] * 7)
        if number is None or not low <= number <= high:
            number = self.chance.uniform(low, high)
        text = f"{number:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text and self.chance.random() < 0.7 else text
        return text if low <= float(text) <= high else f"{(low + high) / 2:.{decimals}f}"

    def write(self, number: str) -> str:
        """A number in the file's decimal sign, with what people leave around it."""
        written = number.replace(".", self.dialect.decimal)
        return self.chance.choice([written] * 6 + [f" {written} "])

    def word(self, role: str, ours: str) -> str:
        return self.spell(NAMES["words"][role][ours])

    def draw_words(self, role: str, length: int) -> list[str | None]:
        known = [*NAMES["words"][role], *KEPT_AS_WRITTEN.get(role, ())]
        return [self.chance.choice([*known * 3, None]) for _ in range(length)]

    def write_words(self, role: str, words: Sequence[str | None]) -> list[str]:
        cells = []
        for ours in words:
            if ours is None:
                cells.append(self.chance.choice(MISSING))
            else:
                cells.append(self.word(role, ours) if ours in NAMES["words"][role] else ours)
        return cells

    def measure(self, code: str, single: bool, unit: str | None, absolute: bool) -> tuple[str, float]:
        """A written value of one parameter, and what it is in our unit; of a temperature, the temperature."""
        low, high, decimals = (TRIAL_RANGES if single else RANGES)[code]
        if absolute:
            low, high = (32 - high, 32 - low) if code == "CDT" else (32 + low, 32 + high)
        factor, offset = UNITS[code][unit] if unit is not None else (1.0, 0.0)
        low, high = low / factor + offset, high / factor + offset
        if factor != 1:  # the ends of the range are no round numbers in another unit
            low, high, decimals = low + 0.01, high - 0.01, 2
        written = self.number(low, high, decimals)
        return written, (float(written) - offset) * factor


def draw_people(laboratory: Laboratory, length: int) -> dict[str, list[Any]]:
    """Identities of some people, as they should come back."""
    form = laboratory.chance.choice([form for form in SUBJECTS if laboratory.dialect.can_hold(form)])
    people: dict[str, list[Any]] = {"subject": [form.format(number) for number in range(1, length + 1)]}
    people["visit"] = [laboratory.chance.choice(["T1", "1", "NA", "Tag 2", None]) for _ in range(length)]
    people |= {role: laboratory.draw_words(role, length) for role in WORDS}
    return people


def write_people(laboratory: Laboratory, people: dict[str, list[Any]], rows: Sequence[int]) -> Sheet:
    """The identity columns of a table in which row i is about the person rows[i]."""
    chance, sheet = laboratory.chance, Sheet()
    sheet.expected = {role: [values[i] for i in rows] for role, values in people.items()}
    for role, values in sheet.expected.items():
        cells = laboratory.write_words(role, values) if role in WORDS else [value or "" for value in values]
        sheet.add(laboratory.spell(NAMES["columns"][role]), cells, identifies=role == "subject")
    unit = chance.choice([None, *UNITS["age"]])
    factor = 1.0 if unit is None else UNITS["age"][unit][0]
    ages = [laboratory.number(18 / factor, 90 / factor, 1) for _ in next(iter(people.values()))]
    gaps = [chance.random() < 0.1 for _ in ages]
    spellings = ["age", "Alter", "âge"] if unit else NAMES["columns"]["age"]
    cells = [chance.choice(MISSING) if gaps[i] else laboratory.write(ages[i]) for i in rows]
    sheet.add(laboratory.header(spellings, unit), cells, numeric=True)
    sheet.expected["age"] = [None if gaps[i] else float(ages[i]) * factor for i in rows]
    return sheet


def add_own_columns(laboratory: Laboratory, sheet: Sheet, names: dict[str, str], texts: list[str]) -> None:
    """Columns of the laboratory's own, which come back as the texts they are."""
    length, dialect = len(sheet.columns[0]), laboratory.dialect
    texts = [text for text in texts if dialect.can_hold(text) and restore_text(text) == text]
    for name in laboratory.chance.sample([name for name in names if dialect.can_hold(name)], 2):
        cells = [laboratory.chance.choice([*texts, "x", ""]) for _ in range(length)]
        sheet.add(name, cells)
        sheet.expected[names[name]] = [text if text.strip() else None for text in cells]


def make_assessments(dialect: Dialect, chance: random.Random, texts: list[str]) -> Sheet:
    """A row a tested area."""
    laboratory, length = Laboratory(chance, dialect), chance.randint(12, 15)
    people = draw_people(laboratory, length)
    sheet = write_people(laboratory, people, range(length))
    absolute, baseline = chance.random() < 0.4, [32.0] * length
    if chance.random() < 0.3:
        baseline = [chance.choice([30.0, 32.0, 31.5]) for _ in range(length)]
        cells = [laboratory.write(f"{value:g}") for value in baseline]
        sheet.add(laboratory.spell(NAMES["columns"]["baseline"]), cells, numeric=True)
    negative = chance.random() < 0.5
    for code in CODES:
        unit = chance.choice([None, *UNITS.get(code, ())])
        temperature = absolute and code in ("CDT", "WDT")
        pairs = [laboratory.measure(code, False, unit, temperature) for _ in range(length)]
        if temperature:
            pairs = [(text, abs(value - start)) for (text, value), start in zip(pairs, baseline, strict=True)]
        elif code == "CDT" and negative:
            pairs = [(f"-{text}", -value) for text, value in pairs]
        elif code in ("MPS", "DMA") and chance.random() < 0.5:  # plain means, which may be 0
            pairs = [("0", 0.1)] + [(text, value + 0.1) for text, value in pairs[1:]]
        gaps = [chance.random() < 0.15 and row > 3 for row in range(length)]
        cells = [
            chance.choice(MISSING) if gap else laboratory.write(text)
            for (text, _), gap in zip(pairs, gaps, strict=True)
        ]
        sheet.add(laboratory.header(NAMES["parameters"][code], unit), cells, numeric=True)
        sheet.expected[code] = [None if gap else value for (_, value), gap in zip(pairs, gaps, strict=True)]
    add_own_columns(laboratory, sheet, OWN_NAMES_OF_ASSESSMENTS, texts)
    sheet.shuffle(chance)
    return sheet


def make_trials(dialect: Dialect, chance: random.Random, texts: list[str]) -> Sheet:
    """A row a trial."""
    laboratory, length = Laboratory(chance, dialect), 12
    people = draw_people(laboratory, length)
    thermal = ["CDT", "WDT"] if chance.random() < 0.6 else []
    codes = [*thermal, "HPT", *chance.sample([c for c in CODES if c not in ("CDT", "WDT", "HPT")], 2)]
    absolute, negative = chance.random() < 0.5, chance.random() < 0.5
    trials = [
        (person, code, stimulus)
        for code in codes
        for person in range(length)
        for stimulus in STIMULI.get(code, (None,))
    ]
    if chance.random() < 0.5:
        chance.shuffle(trials)
    sheet = write_people(laboratory, people, [person for person, _, _ in trials])
    cells: dict[str, list[str]] = {name: [] for name in ("parameter", "series", "stimulus", "value", "unit", "keep")}
    expected: dict[str, list[Any]] = {name: [] for name in ("parameter", "series", "stimulus", "value", "keep")}
    for row, (_, code, stimulus) in enumerate(trials):
        temperature = absolute and code in ("CDT", "WDT")
        unit = chance.choice([None, *UNITS.get(code, ())])
        written, value = laboratory.measure(code, True, unit, temperature)
        if temperature:
            value = abs(value - 32)
        elif code == "CDT" and negative:
            written, value = f"-{written}", -value
        gap, keep = chance.random() < 0.1, chance.choice(["yes", "no", None])
        cells["parameter"].append(laboratory.spell(NAMES["parameters"][code]))
        cells["series"].append(str(row + 1))
        cells["stimulus"].append("" if stimulus is None else laboratory.word("stimulus", stimulus))
        cells["value"].append(chance.choice(MISSING) if gap else laboratory.write(written))
        cells["unit"].append("" if unit is None else unit)
        cells["keep"].append("" if keep is None else laboratory.word("keep", keep))
        wanted = (code, str(row + 1), stimulus, None if gap else value, keep != "no")
        for name, one in zip(expected, wanted, strict=True):
            expected[name].append(one)
    for name, column in cells.items():
        sheet.add(laboratory.spell(NAMES["columns"][name]), column, numeric=name == "value")
    sheet.expected |= expected
    add_own_columns(laboratory, sheet, OWN_NAMES, texts)
    sheet.shuffle(chance)
    return sheet
