"""An entry of the knowledge base: what is known of one mechanism, and the check of a TOML file that says it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qst.errors import MechanismError
from qst.protocol import BY_CODE, CODES
from qst.tables import SYMPTOMS

CEILING = math.log10(20)
"""Threshold that needs no calibration: a healthy person reaches a likelihood ratio of 20 in at most 1 of 20 cases,
whatever the model is (Markov's inequality). It stands where an entry names no threshold of its own."""

LEVELS = ("periphery", "spinal cord", "brain")

SEEN = ("direct", "indirect", "weak", "never")

SIZES = {"gain": ("mild", "pronounced", "present"), "loss": ("mild", "pronounced", "present"), "preserved": ("spared",)}

EVIDENCE = ("published", "domain", "ours")

SPEAKS = ("for", "against", "open")

SYMPTOM_STATUSES = ("supported", "possible", "not supported", "")
"""Statuses an answer can give, the strongest first."""

_PRESENCE = {"DMA": "gain", "PHS": "loss"}
"""Parameters without z: their finding is there or not."""

Direction = Literal["gain", "loss", "preserved"]


@dataclass(frozen=True, slots=True)
class Sign:
    """What a mechanism does to one parameter.

    Attributes
    ----------
    parameter : str
    direction : {"gain", "loss", "preserved"}
        `preserved` (only against a mechanism): the loss or gain of size `mean` that the mechanism needs is not there.
    size : {"pronounced", "mild", "spared", "present"}
    mean, sd : float
        Of z under the mechanism; NaN for PHS and DMA.
    present, healthy : float
        PHS and DMA: how often the finding is there under the mechanism, and in healthy people; else NaN.
    evidence : {"published", "domain", "ours"}
        `domain`: what the field knows without a figure.
    citation, doi : str
    ours : str
        What of it is ours, and why; empty where nothing is.
    """

    parameter: str
    direction: Direction
    size: str
    mean: float
    sd: float
    present: float
    healthy: float
    evidence: str
    citation: str
    doi: str
    ours: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Signs that speak against a mechanism together."""

    name: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class SymptomRule:
    """What an answer beside the tests says of a mechanism: a status, and no number.

    Attributes
    ----------
    symptom : str
        One of `qst.tables.SYMPTOMS`.
    yes, no : str
        Status by the answer; empty where the answer says nothing.
    evidence, citation, doi, ours : str
        As for `Sign`.
    """

    symptom: str
    yes: str
    no: str
    evidence: str
    citation: str
    doi: str
    ours: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """A published finding on a treatment; never advice.

    `speaks` is `for` where people with the mechanism's signs gained more, `against` where they did not, else `open`.
    """

    treatment: str
    speaks: str
    result: str
    design: str
    n: int | None
    citation: str
    doi: str


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One entry.

    Attributes
    ----------
    id, name, level, physiology : str
    seen : {"direct", "indirect", "weak", "never"}
        How QST can speak about it.
    caveat : str
        What the evidence does not carry.
    combine : {"all", "any"}
        Whether the mechanism shows in all of its senses or in any of them.
    weights : mapping of str to float
        `any`: weight of a sense by one of its tests; 1 where it is not listed.
    needs : tuple of tuples of str
        Of each group at least one test must be there; otherwise the mechanism is not assessable.
    signs : tuple of Sign
    against : tuple of Pattern
    symptoms : tuple of SymptomRule
    treatments : tuple of Treatment
    needed : tuple of str
        `never`: what would be needed to assess it.
    citations : tuple of (str, str)
        Text and DOI, which may be empty, of every source.
    threshold : float
        Evidence (log10 likelihood ratio) from which it counts as supported; NaN for `never`.
    calibrated : bool
        Whether the threshold is from the calibration; otherwise from the entry, or `CEILING`.
    position : float
        Place in tables and outputs.
    """

    id: str
    name: str
    level: str
    seen: str
    physiology: str
    caveat: str
    combine: str
    weights: Mapping[str, float]
    needs: tuple[tuple[str, ...], ...]
    signs: tuple[Sign, ...]
    against: tuple[Pattern, ...]
    symptoms: tuple[SymptomRule, ...]
    treatments: tuple[Treatment, ...]
    needed: tuple[str, ...]
    citations: tuple[tuple[str, str], ...]
    threshold: float
    calibrated: bool
    position: float

    @property
    def assessable(self) -> bool:
        """Whether QST can speak about it at all."""
        return self.seen != "never"

    @property
    def tests(self) -> tuple[str, ...]:
        """Every parameter that can change its evidence, in the protocol's order."""
        used = {sign.parameter for sign in self.signs} | {s.parameter for p in self.against for s in p.signs}
        return tuple(code for code in CODES if code in used)


class _Reader:
    """Takes the keys of one table of an entry; what is missing, wrong or left over is an error with its place."""

    def __init__(self, table: object, file: str, place: str = "") -> None:
        self.file, self.place = file, place
        if not isinstance(table, dict):
            self.fail("", "must be a table")
        self.table: dict[str, Any] = dict(table)  # type: ignore[call-overload]

    def fail(self, key: str, what: str) -> None:
        name = ".".join(part for part in (self.place, key) if part)
        raise MechanismError(f"{self.file}: key {name or 'of the entry'}: {what}")

    def text(self, key: str, choices: tuple[str, ...] = (), default: str | None = None) -> str:
        value = self.table.pop(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            self.fail(key, "is missing, or no text")
        if choices and value not in choices:
            self.fail(key, f"is '{value}'; it must be one of {', '.join(choices)}")
        return str(value)

    def number(self, key: str, low: float = -math.inf, high: float = math.inf, default: float | None = None) -> float:
        value = self.table.pop(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, "is missing, or no number")
        if not low < value < high:
            self.fail(key, f"is {value}; it must lie between {low:g} and {high:g}")
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
            self.fail(key, "is no key that is known here: is it misspelt?")


def read_entry(table: object, file: str) -> Mechanism:
    """Check one entry, as parsed from TOML.

    Raises
    ------
    MechanismError
        A key is missing, unknown or has no meaning. The text names file and key.
    """
    reader = _Reader(table, file)
    name = reader.text("id")
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        reader.fail("id", f"is '{name}'; it must be of small letters, digits and _")
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
            reader.fail("sign", "is missing: a mechanism that QST can speak about has at least one")
        if not mechanism.needs:
            reader.fail("needs", "is missing: which tests must be there to judge it")
        for group in mechanism.needs:
            if not set(group) <= set(mechanism.tests):
                reader.fail("needs", f"names {' '.join(group)}, of which not each is a sign for or against it")
        for signs in (mechanism.signs, *(pattern.signs for pattern in mechanism.against)):
            codes = [sign.parameter for sign in signs]
            if len(set(codes)) < len(codes):
                reader.fail("sign", "names a parameter twice")
        if not set(mechanism.weights) <= {sign.parameter for sign in mechanism.signs}:
            reader.fail("weights", "names a parameter that is no sign of it")
    elif mechanism.signs or mechanism.against or mechanism.needs:
        reader.fail("seen", "is 'never', so there can be no sign, against or needs")
    elif not mechanism.needed:
        reader.fail("needed", "is missing: what would be needed to assess it")


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
        reader.fail("source", f"is '{key}', which stands not in [sources]")
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
            reader.fail("mean", "is 0, which is no sign")
        if direction in ("gain", "loss") and (mean > 0) != (direction == "gain"):
            reader.fail(
                "mean", f"is {mean:g}; a {direction} has a mean {'above' if direction == 'gain' else 'below'} 0"
            )
    else:
        if size != "present" or direction != _PRESENCE[code]:
            reader.fail("size", f"of {code} must be 'present' and its direction '{_PRESENCE[code]}': it has no z")
        present, healthy = reader.number("present", 0, 1), reader.number("healthy", 0, 1)
    evidence = reader.text("evidence", EVIDENCE)
    citation, doi = _take_source(reader, sources)
    ours = reader.text("ours", default="")
    if not citation and not ours:
        reader.fail("source", "is missing: name a source, or say under `ours` why the sign stands here")
    if evidence == "published" and not citation:
        reader.fail("source", "is missing, and the evidence is said to be published")
    reader.finish()
    return Sign(code, direction, size, mean, sd, present, healthy, evidence, citation, doi, ours)  # type: ignore[arg-type]


def _read_symptom(reader: _Reader, sources: Mapping[str, tuple[str, str]]) -> SymptomRule:
    citation, doi = _take_source(reader, sources)
    rule = SymptomRule(
        symptom=reader.text("symptom", SYMPTOMS),
        yes=reader.text("yes", SYMPTOM_STATUSES, default=""),
        no=reader.text("no", SYMPTOM_STATUSES, default=""),
        evidence=reader.text("evidence", EVIDENCE),
        citation=citation,
        doi=doi,
        ours=reader.text("ours", default=""),
    )
    if not rule.yes and not rule.no:
        reader.fail("yes", "is missing, and `no` as well: an answer must say something")
    if not citation and not rule.ours:
        reader.fail("source", "is missing: name a source, or say under `ours` why the symptom stands here")
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
