"""The names, words and units that laboratories use: those of `names.toml`, and a user's own additions."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from qst.protocol import THERMODE_CODES


def is_missing_cell(text: str) -> bool:
    """Whether a text means "not measured", number codes included."""
    return is_missing_word(text) or text.strip() in missing_codes()


def is_missing_word(text: str) -> bool:
    """Whether a text means "not measured"; a number code does not count here."""
    text = text.strip()
    return not text or text.lower() in missing_words()


Thermal = Literal["absolute", "difference"]
"""Whether CDT and WDT are temperatures or distances from baseline."""

Item = TypeVar("Item")


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A name in lower case, with every run of blanks, dots, dashes and underscores as one `_`."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    return re.sub(r"[\s._\-]+", "_", text).strip("_")


class Vocabulary:
    """The names, words and units by which files are read.

    Attributes
    ----------
    catalogue : dict
        In the form of `names.toml`.
    file : Path or None
        Where a user's additions come from.
    description : str
        The additions, in words for the user; empty where there are none.
    remembered : dict
        What headers were understood as, by the name of the function that did it: many files have the same headers.
    """

    def __init__(self, catalogue: Mapping[str, Any], file: Path | None = None, description: str = "") -> None:
        self.catalogue, self.file, self.description = catalogue, file, description
        self.remembered: dict[str, dict[str, Any]] = {}
        self._words: dict[str, dict[str, str]] = {}
        self._units: dict[str, dict[str, tuple[str, Any]]] = {}
        self._sets: dict[tuple[str, str], frozenset[str]] = {}

    @cached_property
    def column_names(self) -> dict[str, str]:
        """Normalised spelling to our column or parameter."""
        return _by_spelling(self.catalogue["columns"]) | self.parameter_names

    @cached_property
    def parameter_names(self) -> dict[str, str]:
        """Normalised spelling to parameter code."""
        return _by_spelling(self.catalogue["parameters"])

    @cached_property
    def device_names(self) -> dict[str, str]:
        """Normalised spelling to the meaning of a column in a device's file."""
        return _by_spelling(self.catalogue["device"])

    @cached_property
    def symptom_names(self) -> dict[str, str]:
        """Normalised spelling to symptom, or to an item of the NPSI."""
        return _by_spelling(self.catalogue["symptoms"])

    @cached_property
    def missing_words(self) -> frozenset[str]:
        """Words that mean "not measured", in lower case."""
        return frozenset(word.lower() for word in self.catalogue["missing"]["words"])

    @cached_property
    def missing_codes(self) -> dict[str, float]:
        """Numbers that mean "not measured", by the exact text of the cell."""
        return {code: float(code) for code in self.catalogue["missing"]["codes"]}

    def words(self, column: str) -> dict[str, str]:
        """Normalised spelling to our word, for one column."""
        if column not in self._words:
            self._words[column] = _by_spelling(self.catalogue["words"].get(column, {}))
        return self._words[column]

    def listed(self, section: str, key: str) -> frozenset[str]:
        """Normalised spellings under one key of a section."""
        if (section, key) not in self._sets:
            self._sets[section, key] = frozenset(map(normalise, self.catalogue[section][key]))
        return self._sets[section, key]

    @cached_property
    def header_stimuli(self) -> dict[str, tuple[str, str]]:
        """Beginnings of headers that name both a parameter and a stimulus."""
        beginnings = self.catalogue["headers"]["stimuli"]
        return {normalise(start): (code, stimulus) for start, (code, stimulus) in beginnings.items()}

    @cached_property
    def thermal_endings(self) -> dict[str, Thermal]:
        """Endings of headers that make CDT or WDT a temperature or a distance from baseline."""
        meanings: tuple[Thermal, ...] = get_args(Thermal)
        return {ending: meaning for meaning in meanings for ending in self.catalogue["headers"]["thermal"][meaning]}

    def units(self, family: str) -> dict[str, tuple[str, Any]]:
        """Normalised spelling to the catalogue's spelling and factor, for the units of one quantity."""
        if family not in self._units:
            listed = self.catalogue["units"][family].items()
            self._units[family] = {normalise_unit(spelling): (spelling, factor) for spelling, factor in listed}
        return self._units[family]


def _by_spelling(section: Mapping[str, list[str]]) -> dict[str, str]:
    return {normalise(spelling): ours for ours, spellings in section.items() for spelling in spellings}


@cache
def our_vocabulary() -> Vocabulary:
    """The vocabulary that comes with the program."""
    return Vocabulary(tomllib.loads((files("qst.vocabulary") / "names.toml").read_text(encoding="utf-8")))


_IN_USE: ContextVar[Vocabulary | None] = ContextVar("vocabulary", default=None)


@contextmanager
def using(vocabulary: Vocabulary) -> Iterator[None]:
    """Use this vocabulary until the block ends; other threads and tasks are not affected.

    A generator must not yield within such a block, because its caller would use the vocabulary too: see `read_by`.
    """
    before = _IN_USE.set(vocabulary)
    try:
        yield
    finally:
        _IN_USE.reset(before)


def read_by(vocabulary: Vocabulary, items: Iterator[Item]) -> Iterator[Item]:
    """Items of an iterator, each formed with this vocabulary; between items the caller's own is in use."""
    while True:
        with using(vocabulary):
            item = next(items, None)
        if item is None:
            return
        yield item


def vocabulary_in_use() -> Vocabulary:
    """The vocabulary of the surrounding `using` block; ours outside of any."""
    return _IN_USE.get() or our_vocabulary()


def column_names() -> dict[str, str]:
    """Normalised spelling to our column or parameter."""
    return vocabulary_in_use().column_names


def parameter_names() -> dict[str, str]:
    """Normalised spelling to parameter code, for files that name the parameter in a cell."""
    return vocabulary_in_use().parameter_names


def device_names() -> dict[str, str]:
    """Normalised spelling to the meaning of a column in a device's file."""
    return vocabulary_in_use().device_names


def name_modality(text: str) -> str | None:
    """The parameter that the free text of a thermal test names; None where that is unclear.

    >>> name_modality("Cold Pain - limits"), name_modality("Wärmeschwelle"), name_modality("Heat tolerance")
    ('CPT', 'WDT', None)
    """
    name = normalise(text)
    if parameter_names().get(name) in THERMODE_CODES:
        return parameter_names()[name]
    listed = vocabulary_in_use().catalogue["modality"].items()
    kinds = {kind for kind, parts in listed if any(part in name for part in parts)}
    pain, cold = "pain" in kinds, "cold" in kinds
    if "other" in kinds or cold == ("warm" in kinds) or not (pain or "detection" in kinds):
        return None
    return ("CPT" if cold else "HPT") if pain else ("CDT" if cold else "WDT")


def symptom_names() -> dict[str, str]:
    """Normalised spelling to symptom, or to an item of the NPSI."""
    return vocabulary_in_use().symptom_names


def words(column: str) -> dict[str, str]:
    """Normalised spelling to our word, for a column with a vocabulary of its own; empty for other columns."""
    return vocabulary_in_use().words(column)


def trial_columns(meaning: str) -> frozenset[str]:
    """Normalised names of a column of trials without a parameter: of instruction, quality, parameter or value."""
    return vocabulary_in_use().listed("trial_columns", meaning)


def instructed_parameters() -> dict[str, str]:
    """Instruction and quality, in our words and separated by a blank, to the parameter that they measure."""
    return {pair: code for code, pairs in vocabulary_in_use().catalogue["instructed"].items() for pair in pairs}


def header_words(kind: str) -> frozenset[str]:
    """Normalised words that a header can have next to a parameter: fillers, ratings or practice."""
    return vocabulary_in_use().listed("headers", kind)


def header_stimuli() -> dict[str, tuple[str, str]]:
    """Beginnings of headers that name both a parameter and a stimulus."""
    return vocabulary_in_use().header_stimuli


def option_columns(meaning: str) -> frozenset[str]:
    """Normalised names of a column of a table that an option names: `file` of assignments, `exclude` of records."""
    return vocabulary_in_use().listed("option_tables", meaning)


def description_titles() -> frozenset[str]:
    """Normalised titles of sheets that describe the others."""
    return vocabulary_in_use().listed("sheets", "description")


def missing_words() -> frozenset[str]:
    """Words that mean "not measured", in lower case."""
    return vocabulary_in_use().missing_words


def missing_codes() -> dict[str, float]:
    """Numbers that mean "not measured", by the exact text of the cell."""
    return vocabulary_in_use().missing_codes


@lru_cache(maxsize=4096)
def normalise_unit(text: str) -> str:
    """A unit in lower case, without blanks and the characters of powers and fractions."""
    return re.sub(r"[\s._^*/]+", "", unicodedata.normalize("NFKC", text).casefold())
