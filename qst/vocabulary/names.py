"""The names, words and units laboratories use, as `names.toml` lists them, with a user's own additions."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar


def is_missing_cell(text: str) -> bool:
    """Whether a text means "not measured", number codes included."""
    return is_missing_word(text) or text.strip() in missing_codes()


def is_missing_word(text: str) -> bool:
    """Whether a text means "not measured"; a number code does not count here."""
    text = text.strip()
    return not text or text.lower() in missing_words()


Item = TypeVar("Item")


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A name without case, and with every run of blanks, dots, dashes and underscores as one `_`."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    return re.sub(r"[\s._\-]+", "_", text).strip("_")


class Vocabulary:
    """The names, words and units by which files are read.

    Attributes
    ----------
    catalogue : dict
        In the form of `names.toml`.
    file : Path or None
        Where a user's additions are from.
    told : str
        What they are, for the user.
    headers : dict
        Headers that were taken apart into name and unit, so that many files with the same ones are read quickly.
    """

    def __init__(self, catalogue: Mapping[str, Any], file: Path | None = None, told: str = "") -> None:
        self.catalogue, self.file, self.told = catalogue, file, told
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
        """Numbers that mean "not measured", by the text they must stand as."""
        return {code: float(code) for code in self.catalogue["missing"]["codes"]}

    def words(self, column: str) -> dict[str, str]:
        """Normalised spelling to our word, for one column."""
        if column not in self._words:
            self._words[column] = _by_spelling(self.catalogue["words"].get(column, {}))
        return self._words[column]

    def listed(self, section: str, key: str) -> frozenset[str]:
        """Normalised spellings that one key of a section lists."""
        if (section, key) not in self._sets:
            self._sets[section, key] = frozenset(map(normalise, self.catalogue[section][key]))
        return self._sets[section, key]

    @cached_property
    def header_stimuli(self) -> dict[str, tuple[str, str]]:
        """Beginnings of headers that name a parameter and a stimulus in one."""
        beginnings = self.catalogue["headers"]["stimuli"]
        return {normalise(start): (code, stimulus) for start, (code, stimulus) in beginnings.items()}

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
    """What comes with the program."""
    return Vocabulary(tomllib.loads((files("qst.vocabulary") / "names.toml").read_text(encoding="utf-8")))


_IN_USE: ContextVar[Vocabulary | None] = ContextVar("vocabulary", default=None)


@contextmanager
def using(vocabulary: Vocabulary) -> Iterator[None]:
    """Read by this vocabulary until the block ends; what else runs in the program is not touched.

    A generator must not yield within such a block, for its caller would read by the vocabulary too: see `read_by`.
    """
    before = _IN_USE.set(vocabulary)
    try:
        yield
    finally:
        _IN_USE.reset(before)


def read_by(vocabulary: Vocabulary, items: Iterator[Item]) -> Iterator[Item]:
    """Items of an iterator, each formed by this vocabulary; while the caller has them, its own is in use."""
    while True:
        with using(vocabulary):
            item = next(items, None)
        if item is None:
            return
        yield item


def vocabulary_in_use() -> Vocabulary:
    """The vocabulary of the `using` block that this is called in; ours outside of any."""
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
    """The parameter that the free text of a thermal test means; None where it is not clear.

    >>> name_modality("Cold Pain - limits"), name_modality("Wärmeschwelle"), name_modality("Heat tolerance")
    ('CPT', 'WDT', None)
    """
    name = normalise(text)
    if parameter_names().get(name) in ("CDT", "WDT", "TSL", "CPT", "HPT"):
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
    """Normalised spelling to our word, for a column with a vocabulary of its own; empty for others."""
    return vocabulary_in_use().words(column)


def trial_columns(meaning: str) -> frozenset[str]:
    """Normalised names of a column of trials whose parameter is not named: instruction, quality, parameter or value."""
    return vocabulary_in_use().listed("trial_columns", meaning)


def instructed_parameters() -> dict[str, str]:
    """Instruction and quality, in our words with a blank between, to the parameter that they measure."""
    return {pair: code for code, pairs in vocabulary_in_use().catalogue["instructed"].items() for pair in pairs}


def header_words(kind: str) -> frozenset[str]:
    """Normalised words that a header can have beside a parameter: fillers, ratings or practice."""
    return vocabulary_in_use().listed("headers", kind)


def header_stimuli() -> dict[str, tuple[str, str]]:
    """Beginnings of headers that name a parameter and a stimulus in one."""
    return vocabulary_in_use().header_stimuli


def description_titles() -> frozenset[str]:
    """Normalised titles of sheets that describe the others."""
    return vocabulary_in_use().listed("sheets", "description")


def missing_words() -> frozenset[str]:
    """Words that mean "not measured", in lower case."""
    return vocabulary_in_use().missing_words


def missing_codes() -> dict[str, float]:
    """Numbers that mean "not measured", by the text they must stand as."""
    return vocabulary_in_use().missing_codes


@lru_cache(maxsize=4096)
def normalise_unit(text: str) -> str:
    """A unit without case, blanks, and the signs of powers and fractions."""
    return re.sub(r"[\s._^*/]+", "", unicodedata.normalize("NFKC", text).casefold())
