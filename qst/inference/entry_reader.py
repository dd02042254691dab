"""Reads an entry of the knowledge base from TOML, and refuses one with a missing, wrong or unknown key."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from qst.errors import MechanismError
from qst.inference.entries import (
    CEILING,
    KINDS_OF_EVIDENCE,
    LEVELS,
    PRESENCE,
    SEEN,
    SIZES,
    SPEAKS,
    SYMPTOM_STATUSES,
    Mechanism,
    Pattern,
    Sign,
    SymptomRule,
    Treatment,
)
from qst.protocol import BY_CODE, CODES
from qst.tables import SYMPTOMS


class _Reader:
    """Takes the keys of one table of an entry; a missing, wrong or unknown key is an error that names it."""

    def __init__(self, table: object, file: str, place: str = "") -> None:
        self.file, self.place = file, place
        if not isinstance(table, dict):
            self.fail("", "must be a table")
        self.table: dict[str, Any] = dict(table)  # type: ignore[call-overload]

    def fail(self, key: str, reason: str) -> None:
        name = ".".join(part for part in (self.place, key) if part)
        raise MechanismError(f"{self.file}: key {name or 'of the entry'}: {reason}")

    def text(self, key: str, choices: tuple[str, ...] = (), default: str | None = None) -> str:
        value = self.table.pop(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, "is missing or not a text")
        if choices and value not in choices:
            self.fail(key, f"is '{value}'; it must be one of {', '.join(choices)}")
        return str(value)

    def number(self, key: str, low: float = -math.inf, high: float = math.inf, default: float | None = None) -> float:
        value = self.table.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, "is missing or not a number")
        if not low < value < high:
            self.fail(key, f"is {value}; it must be between {low:g} and {high:g}")
        return float(value)

    def tables(self, key: str) -> Iterator["_Reader"]:
        value = self.table.pop(key, [])
        if not isinstance(value, list):
            self.fail(key, "must be a list of tables")
        for number, table in enumerate(value, 1):
            yield _Reader(table, self.file, f"{self.place}{'.' if self.place else ''}{key}[{number}]")

    def codes(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(code in CODES for code in value):
            self.fail(key, f"must be a list of {' '.join(CODES)}")
        return tuple(value)  # type: ignore[arg-type]

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self.fail(key, "must be a list of texts")
        return tuple(value)

    def finish(self) -> None:
        for key in self.table:
            self.fail(key, "is not a known key here: is it misspelt?")


def read_entry(table: object, file: str) -> Mechanism:
    """Check one entry, as parsed from TOML.

    Raises
    ------
    MechanismError
        A key is missing, unknown or has an invalid value. The text names file and key.
    """
    reader = _Reader(table, file)
    name = reader.text("id")
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        reader.fail("id", f"is '{name}'; it must consist of small letters, digits and _")
    seen = reader.text("seen", SEEN)
    sources = {key: _read_source(reader, key, value) for key, value in _pop_table(reader, "sources").items()}
    if not sources:
        reader.fail("sources", "is missing: name at least one source")
    signs = tuple(_read_sign(part, sources, ("gain", "loss")) for part in reader.tables("sign"))
    against = tuple(_read_pattern(part, sources) for part in reader.tables("against"))
    needs = reader.table.pop("needs", [])
    needs = tuple(reader.codes("needs", group) for group in (needs if isinstance(needs, list) else [needs]))
    weights = _pop_table(reader, "weights")
    mechanism = Mechanism(
        id=name,
        name=reader.text("name"),
        level=reader.text("level", LEVELS),
        seen=seen,
        physiology=reader.text("physiology"),
        caveat=reader.text("caveat"),
        combine=reader.text("combine", ("all", "any"), default="all"),
        weights={code: _Reader(weights, file, "weights").number(code, 0) for code in weights},
        needs=needs,
        signs=signs,
        against=against,
        symptoms=tuple(_read_symptom(part, sources) for part in reader.tables("symptom")),
        treatments=tuple(_read_treatment(part, sources) for part in reader.tables("treatment")),
        needed=reader.texts("needed"),
        citations=tuple(sources.values()),
        threshold=reader.number("threshold", 0, default=CEILING) if seen != "never" else math.nan,
        calibrated=False,
        position=reader.number("position", 0, default=1000),
    )
    reader.finish()
    _check_entry(mechanism, reader)
    return mechanism


def _check_entry(mechanism: Mechanism, reader: _Reader) -> None:
    if mechanism.assessable:
        if not mechanism.signs:
            reader.fail("sign", "is missing: a mechanism that QST can assess has at least one")
        if not mechanism.needs:
            reader.fail("needs", "is missing: list the tests without which it cannot be judged")
        for group in mechanism.needs:
            if not set(group) <= set(mechanism.tests):
                reader.fail("needs", f"names {' '.join(group)}, but not each of them is a sign for or against it")
        for signs in (mechanism.signs, *(pattern.signs for pattern in mechanism.against)):
            codes = [sign.parameter for sign in signs]
            if len(set(codes)) < len(codes):
                reader.fail("sign", "names a parameter twice")
        if not set(mechanism.weights) <= {sign.parameter for sign in mechanism.signs}:
            reader.fail("weights", "names a parameter that is not a sign of it")
    elif mechanism.signs or mechanism.against or mechanism.needs:
        reader.fail("seen", "is 'never', so there can be no sign, against or needs")
    elif not mechanism.needed:
        reader.fail("needed", "is missing: list what would be needed to assess it")


def _pop_table(reader: _Reader, key: str) -> dict[str, Any]:
    value = reader.table.pop(key, {})
    if not isinstance(value, dict):
        reader.fail(key, "must be a table")
    return dict(value)


def _read_source(reader: _Reader, key: str, value: object) -> tuple[str, str]:
    source = _Reader(value, reader.file, f"sources.{key}")
    pair = (source.text("citation"), source.text("doi", default=""))
    source.finish()
    return pair


def _take_source(reader: _Reader, sources: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    key = reader.text("source", default="")
    if key and key not in sources:
        reader.fail("source", f"is '{key}', which is not in [sources]")
    return sources.get(key, ("", ""))


def _read_pattern(reader: _Reader, sources: Mapping[str, tuple[str, str]]) -> Pattern:
    name = reader.text("name")
    signs = tuple(_read_sign(part, sources, ("gain", "loss", "preserved")) for part in reader.tables("sign"))
    if not signs:
        reader.fail("sign", "is missing: a pattern has at least one")
    reader.finish()
    return Pattern(name, signs)


def _read_sign(reader: _Reader, sources: Mapping[str, tuple[str, str]], directions: tuple[str, ...]) -> Sign:
    code = reader.text("parameter", CODES)
    direction = reader.text("direction", directions)
    size = reader.text("size", SIZES[direction])
    mean = sd = present = healthy = math.nan
    if BY_CODE[code].has_z:
        if size == "present":
            reader.fail("size", f"cannot be 'present' for {code}, which has a z")
        mean, sd = reader.number("mean"), reader.number("sd", 0)
        if mean == 0:
            reader.fail("mean", "is 0, which is not a sign")
        if direction in ("gain", "loss") and (mean > 0) != (direction == "gain"):
            side = "above" if direction == "gain" else "below"
            reader.fail("mean", f"is {mean:g}; a {direction} has a mean {side} 0")
    else:
        if size != "present" or direction != PRESENCE[code]:
            reader.fail("size", f"of {code} must be 'present' and its direction '{PRESENCE[code]}': it has no z")
        present, healthy = reader.number("present", 0, 1), reader.number("healthy", 0, 1)
    evidence = reader.text("evidence", KINDS_OF_EVIDENCE)
    citation, doi = _take_source(reader, sources)
    ours = reader.text("ours", default="")
    if not citation and not ours:
        reader.fail("source", "is missing: name a source, or give the reason for the sign under `ours`")
    if evidence == "published" and not citation:
        reader.fail("source", "is missing, although the evidence is published")
    reader.finish()
    return Sign(code, direction, size, mean, sd, present, healthy, evidence, citation, doi, ours)  # type: ignore[arg-type]


def _read_symptom(reader: _Reader, sources: Mapping[str, tuple[str, str]]) -> SymptomRule:
    citation, doi = _take_source(reader, sources)
    rule = SymptomRule(
        symptom=reader.text("symptom", SYMPTOMS),
        yes=reader.text("yes", SYMPTOM_STATUSES, default=""),
        no=reader.text("no", SYMPTOM_STATUSES, default=""),
        evidence=reader.text("evidence", KINDS_OF_EVIDENCE),
        citation=citation,
        doi=doi,
        ours=reader.text("ours", default=""),
    )
    if not rule.yes and not rule.no:
        reader.fail("yes", "is missing, and so is `no`: at least one answer must have a status")
    if not citation and not rule.ours:
        reader.fail("source", "is missing: name a source, or give the reason for the rule under `ours`")
    reader.finish()
    return rule


def _read_treatment(reader: _Reader, sources: Mapping[str, tuple[str, str]]) -> Treatment:
    number = reader.number("n", 0, default=math.inf) if "n" in reader.table else None
    citation, doi = _take_source(reader, sources)
    treatment = Treatment(
        treatment=reader.text("treatment"),
        speaks=reader.text("speaks", SPEAKS),
        result=reader.text("result"),
        design=reader.text("design"),
        n=None if number is None else int(number),
        citation=citation,
        doi=doi,
    )
    reader.finish()
    return treatment
