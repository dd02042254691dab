"""A generated cohort, written as REDCap, as sheets or as trials named otherwise, comes back with the same values."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from laboratory import MISSING, NAMES, RANGES, TRIAL_RANGES, Laboratory
from written_tables import Dialect, Sheet, dialects, lay_out, save

import qst

CODES = ("CPT", "HPT", "PPT", "MPT", "MDT", "VDT")
"""Parameters whose columns can only be one thing, so that nothing depends on the few values of a small cohort."""
GAPS = {"missing-code", "no-values"}

seeds = st.integers(0, 2**32)


def draw(laboratory: Laboratory, code: str, *, single: bool = False) -> str:
    return laboratory.number(*(TRIAL_RANGES if single else RANGES)[code])


def read(path: Path, allowed: set[str] = GAPS, **options: Any) -> pd.DataFrame:
    problems: list[qst.Problem] = []
    table = qst.load(path, problems=problems, **options)
    assert [str(problem) for problem in problems if problem.code not in allowed] == []
    return table


def as_rows(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Rows in an order of their own; what is missing is None."""
    plain = table[list(columns)].astype(object).where(table[list(columns)].notna(), None)
    return sorted((tuple(row) for row in plain.values.tolist()), key=repr)


def write(sheet: Sheet, dialect: Dialect, folder: Path) -> Path:
    rows, _ = lay_out(sheet, dialect)
    return save(rows, sheet, dialect, folder)


# --- REDCap ---------------------------------------------------------------------------------------------------------


def spell_field(laboratory: Laboratory, code: str) -> str:
    """A field name: lower case letters, digits and `_`."""
    names = [name for name in NAMES["parameters"][code] if name.isascii() and not name.endswith("average")]
    return laboratory.chance.choice(names).lower().replace(" ", "_")


def make_export(laboratory: Laboratory) -> tuple[Sheet, list[str], list[tuple[Any, ...]], bool]:
    """An export, its dictionary, the assessments in it, and whether it needs the dictionary."""
    chance = laboratory.chance
    longitudinal, labels, twice = (chance.random() < 0.5 for _ in range(3))
    events = ["t0_arm_1", "t1_arm_1"] if longitudinal else [""]
    names = {code: spell_field(laboratory, code) for code in CODES}
    choices = {"sex": {"1": "female", "2": "male"}, "side": {"0": "left", "1": "right"}}
    fields = [*chance.sample(["side", *CODES], len(CODES) + 1)]
    second = chance.choice(["_d", "r", "1"])
    doubled = chance.sample(CODES, 2) if twice else []
    plumbing = [*(["redcap_event_name"] if longitudinal else []), "redcap_repeat_instrument", "redcap_repeat_instance"]
    columns = ["record_id", *plumbing, "age", "sex", "site", "group", "base_complete", *fields]
    columns += [f"{code}#" for code in doubled] + ["qst_complete"]
    lines: list[dict[str, str]] = []
    expected = []
    for number in range(1, chance.randint(5, 8)):
        record, age = f"{number:03d}", f"{chance.randint(18, 90)}"
        sex, site = chance.choice(["1", "2"]), chance.choice(["hand", "foot"])
        person = {"record_id": record, "age": age, "site": site, "base_complete": "2", "redcap_event_name": events[0]}
        person |= {"sex": sex if labels else choices["sex"][sex], "group": chance.choice("AB")}
        block = [person]
        block += [{"record_id": record, "redcap_event_name": event, "site": site} for event in events[1:]]
        for event in events:
            instances = list(range(1, 9))
            for side in chance.sample(["0", "1"], chance.choice([1, 2])):
                status = chance.choice(["2", "22", "02", "20", "222"])
                counting = max(i for i, text in enumerate(status) if text == "2")
                for place, complete in enumerate(status):
                    values = {code: draw(laboratory, code) for code in CODES if chance.random() < 0.85}
                    values |= {"HPT": draw(laboratory, "HPT")}
                    cells = {code: laboratory.write(text) for code, text in values.items()}
                    empty = {code: chance.choice(MISSING[:10]) for code in CODES if code not in values}
                    row = {"record_id": record, "redcap_event_name": event, "redcap_repeat_instrument": "qst"}
                    row |= {"redcap_repeat_instance": str(instances.pop(0)), "qst_complete": complete}
                    row |= {"side": side if labels else choices["side"][side]} | cells | empty
                    block.append(row | {f"{code}#": (cells | empty)[code] for code in doubled})
                    if place == counting:
                        wanted = [float(values[code]) if code in values else None for code in CODES]
                        who = (record, event or None, float(age), choices["sex"][sex], site, choices["side"][side])
                        expected.append((*who, *wanted))
        rest = block[1:]
        chance.shuffle(rest)
        lines += [person, *rest] if chance.random() < 0.7 else [*rest, person]
    sheet = Sheet()
    for column in columns:
        code = column.rstrip("#")
        header = names.get(code, column) + (second if column.endswith("#") else "")
        sheet.add(header, [line.get(column, "") for line in lines], numeric=code in CODES)
    entries = ['sex,base,,radio,Sex,"1, female | 2, male"', 'side,qst,,radio,Side,"0, left | 1, right"']
    return sheet, entries, sorted(expected, key=repr), labels


@settings(max_examples=50)
@given(dialects, seeds)
def test_a_redcap_export_comes_back(dialect: Dialect, seed: int) -> None:
    dialect = Dialect(dialect.separator, dialect.decimal, dialect.encoding, dialect.line_end, dialect.quote_all)
    laboratory = Laboratory(random.Random(seed), dialect)
    sheet, entries, expected, needs_dictionary = make_export(laboratory)
    head = "Variable / Field Name,Form Name,Section Header,Field Type,Field Label"
    head += ',"Choices, Calculations, OR Slider Labels"'
    with tempfile.TemporaryDirectory() as folder:
        path = write(sheet, dialect, Path(folder))
        if needs_dictionary:
            (Path(folder) / "dictionary.csv").write_text("\n".join([head, *entries]) + "\n", encoding="utf-8")
        table = read(path, GAPS | {"repeat-instance"})
        whole_folder = read(Path(folder), GAPS | {"repeat-instance"})
    assert as_rows(table, ["subject", "visit", "age", "sex", "site", "side", *CODES]) == expected
    pd.testing.assert_frame_equal(whole_folder, table)


@settings(max_examples=20)
@given(dialects, seeds)
def test_a_changed_second_entry_is_found_anywhere(dialect: Dialect, seed: int) -> None:
    chance = random.Random(seed)
    laboratory = Laboratory(chance, Dialect(dialect.separator, dialect.decimal))
    rows, sheet = chance.randint(4, 9), Sheet()
    values = [laboratory.write(f"{40 + n}.5") for n in range(rows)]
    place = chance.randrange(rows)
    others = [*values[:place], laboratory.write("30.5"), *values[place + 1 :]]
    sheet.add("record_id", [str(n) for n in range(rows)])
    for name, text in (("age", "45"), ("sex", "f"), ("site", "hand"), ("qst_complete", "2")):
        sheet.add(name, [text] * rows)
    for name, cells in (("hpt", values), (f"hpt{chance.choice(['1', '_d', 'r'])}", others)):
        sheet.add(name, cells)
    sheet.shuffle(chance)
    with tempfile.TemporaryDirectory() as folder:
        problems: list[qst.Problem] = []
        table = qst.load(write(sheet, laboratory.dialect, Path(folder)), problems=problems)
    assert [(problem.code, problem.row) for problem in problems if problem.severity == "error"] == [
        ("double-entry", place + 2)
    ]
    assert table["HPT"].isna().tolist() == [n == place for n in range(rows)]


# --- sheets ---------------------------------------------------------------------------------------------------------


def make_title(laboratory: Laboratory, words: dict[str, str]) -> str:
    parts = [laboratory.chance.choice(NAMES["words"][role][word]) for role, word in words.items()]
    parts = [part for part in parts if len(part) > 2] if all(len(part) > 2 for part in parts) else parts
    laboratory.chance.shuffle(parts)
    return " ".join([*laboratory.chance.choice([["QST"], []]), *parts])


@given(seeds, st.booleans(), st.integers(0, 2), st.integers(0, 3))
def test_sheets_come_back(seed: int, described: bool, above: int, templates: int) -> None:
    chance = random.Random(seed)
    laboratory = Laboratory(chance, Dialect(workbook=True))
    book = openpyxl.Workbook()
    book.remove(book.active)
    expected = []
    if described:
        sheet = book.create_sheet(chance.choice(NAMES["sheets"]["description"]))
        pairs = [["subject", "007"], ["age", 45], ["sex", "female"], ["examiner", "XY"]]
        chance.shuffle(pairs)
        for name, text in pairs:
            spelled = chance.choice(NAMES["columns"][name]) if name in NAMES["columns"] else name
            sheet.append([f"{spelled}{chance.choice(['', ':'])}", text])
    for site, side in chance.sample([(s, t) for s in ("face", "hand", "foot") for t in ("left", "right")], 3):
        title = make_title(laboratory, {"site": site, "side": side})[:31]
        if title in book.sheetnames:
            continue
        sheet = book.create_sheet(title)
        people = [["subject", "age", "sex"]] if not described else [[]]
        people += [[f"{n:03d}", 30 + n, "male"] for n in range(1, 4)] if not described else [[]]
        order = [*people[0], *CODES]
        chance.shuffle(order)
        rows: list[list[Any]] = [*[["Titel"], []][:above], order]
        for person in people[1:]:
            values = {code: draw(laboratory, code) for code in CODES}
            cells = dict(zip(people[0], person, strict=True)) | {code: float(text) for code, text in values.items()}
            rows.append([cells[name] for name in order])
            who = ("007", 45.0, "female") if described else (person[0], float(person[1]), person[2])
            expected.append((*who, site, side, *(float(values[code]) for code in CODES)))
        for row in rows + [[None, None]] * templates:
            sheet.append(row)
    with tempfile.TemporaryDirectory() as folder:
        book.save(Path(folder) / "lab.xlsx")
        table = read(Path(folder) / "lab.xlsx")
    assert as_rows(table, ["subject", "age", "sex", "site", "side", *CODES]) == sorted(expected, key=repr)


# --- trials ---------------------------------------------------------------------------------------------------------


def make_people(laboratory: Laboratory, sheet: Sheet, rows: Sequence[int]) -> None:
    for name, cells in (
        ("subject", [f"{n:03d}" for n in rows]),
        ("age", [str(30 + n) for n in rows]),
        ("sex", [laboratory.word("sex", "female") for _ in rows]),
        ("site", [laboratory.word("site", "hand") for _ in rows]),
    ):
        spellings = [text for text in NAMES["columns"][name] if text != "record id"]
        sheet.add(laboratory.spell(spellings), cells, identifies=name == "subject")


@given(dialects, seeds, st.booleans())
def test_trials_named_otherwise_come_back(dialect: Dialect, seed: int, numbered: bool) -> None:
    """By TrialType, or by instruction and quality."""
    if dialect.workbook and dialect.numbers_as_numbers:
        dialect = Dialect(**{**vars(dialect), "decimal": "."})
    chance = random.Random(seed)
    laboratory, sheet = Laboratory(chance, dialect), Sheet()
    asked = {"CDT": ("detect", "cold"), "WDT": ("detect", "warm"), "CPT": ("pain", "cold"), "HPT": ("pain", "heat")}
    trials = [(person, code, n) for person in range(1, 6) for code in asked for n in (1, 2, 3)]
    chance.shuffle(trials)
    make_people(laboratory, sheet, [person for person, _, _ in trials])
    written = [("-" if code == "CDT" else "") + draw(laboratory, code, single=True) for _, code, _ in trials]
    if numbered:
        sheet.add(laboratory.spell(NAMES["trial_columns"]["parameter"]), [f"{code}{n}" for _, code, n in trials])
    else:
        for name, place in (("instruction", 0), ("quality", 1)):
            cells = [laboratory.word(name, asked[code][place]) for _, code, _ in trials]
            sheet.add(laboratory.spell(NAMES["trial_columns"][name]), cells)
        sheet.add(laboratory.spell(NAMES["columns"]["series"]), [str(n) for _, _, n in trials])
    header = laboratory.spell([*NAMES["trial_columns"]["value"], *NAMES["columns"]["value"]])
    sheet.add(header, [laboratory.write(text) for text in written], numeric=True)
    sheet.shuffle(chance)
    with tempfile.TemporaryDirectory() as folder:
        table = read(write(sheet, dialect, Path(folder)), {"empty-row"})
    expected = [
        (f"{person:03d}", code, str(n), float(text)) for (person, code, n), text in zip(trials, written, strict=True)
    ]
    assert as_rows(table, ["subject", "parameter", "series", "value"]) == sorted(expected, key=repr)


@given(dialects, seeds)
def test_trials_in_headers_come_back(dialect: Dialect, seed: int) -> None:
    """Felt and not felt, train and single, ratings of light touch, paradoxical heat, and a practice trial."""
    if dialect.workbook and dialect.numbers_as_numbers:
        dialect = Dialect(**{**vars(dialect), "decimal": "."})
    chance = random.Random(seed)
    laboratory, sheet = Laboratory(chance, dialect), Sheet()
    people = range(1, chance.randint(4, 7))
    make_people(laboratory, sheet, people)
    joint = chance.choice(["", "_", "."])
    headers = {f"mdt{joint}{n}": ("MDT", "", str(n)) for n in range(1, 6)}
    headers |= {f"mdtNot{joint}{n}": ("MDT", "not felt", str(n)) for n in range(1, 6)}
    headers |= {f"pin10_{n}": ("WUR", "train", str(n)) for n in (1, 2, 3)}
    headers |= {f"pin2_{n}": ("WUR", "single", str(n)) for n in (1, 2, 3)}
    headers |= {f"dma{n}pain": ("DMA", "", str(n)) for n in range(1, 6)}
    headers |= {f"phs{n}": ("PHS", "", str(n)) for n in (1, 2, 3)} | {"hpt_practice": ("HPT", "", "")}
    headers |= {f"hpt_trial{joint}{n}": ("HPT", "", str(n)) for n in (1, 2, 3)}
    expected = []
    for header, (code, stimulus, series) in headers.items():
        draws = [draw(laboratory, code, single=True) for _ in people]
        values = [chance.choice("01") for _ in people] if code == "PHS" else draws
        sheet.add(header, [laboratory.write(text) for text in values], numeric=True)
        expected += [
            (f"{person:03d}", code, series or None, stimulus or None, float(text), header != "hpt_practice")
            for person, text in zip(people, values, strict=True)
        ]
    sheet.shuffle(chance)
    with tempfile.TemporaryDirectory() as folder:
        table = read(write(sheet, dialect, Path(folder)), {"empty-row", "missing-code"})
    columns = ["subject", "parameter", "series", "stimulus", "value", "keep"]
    assert as_rows(table, columns) == sorted(expected, key=repr)
