"""The names, words and units laboratories use, as `names.toml` lists them."""

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from qst.protocol import BY_CODE

FAHRENHEIT_OFFSET = 32.0


class Unit(NamedTuple):
    """A unit as a file writes it, and how to come from it to ours."""

    text: str
    factor: float
    foreign: str | None = None

    @property
    def is_fahrenheit(self) -> bool:
        """Whether absolute temperatures in this unit need an offset before the factor."""
        return normalise(self.text) in ("f", "degf", "°f")


@lru_cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads((files("qst.loaders") / "names.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """A name without case, and with every run of blanks, dots, dashes and underscores as one `_`."""
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    return re.sub(r"[\s._\-]+", "_", text).strip("_")


@lru_cache
def column_names() -> dict[str, str]:
    """Normalised spelling to our column or parameter."""
    catalogue = _catalogue()
    return {
        normalise(spelling): ours
        for section in ("columns", "parameters")
        for ours, spellings in catalogue[section].items()
        for spelling in spellings
    }


@lru_cache
def parameter_names() -> dict[str, str]:
    """Normalised spelling to parameter code, for files that name the parameter in a cell."""
    return {normalise(s): code for code, spellings in _catalogue()["parameters"].items() for s in spellings}


@lru_cache
def words(column: str) -> dict[str, str]:
    """Normalised spelling to our word, for a column with a vocabulary of its own; empty for others."""
    vocabulary = _catalogue()["words"].get(column, {})
    return {normalise(spelling): ours for ours, spellings in vocabulary.items() for spelling in spellings}


@lru_cache
def missing_words() -> frozenset[str]:
    """Words that mean "not measured", in lower case."""
    return frozenset(word.lower() for word in _catalogue()["missing"]["words"])


@lru_cache
def missing_codes() -> dict[float, str]:
    """Numbers that mean "not measured", with the text they must stand as."""
    return {float(code): code for code in _catalogue()["missing"]["codes"]}


def unit_family(column: str) -> str | None:
    """Key of the units that a column of ours can have; None where it has none."""
    if column == "age":
        return "years"
    if column == "baseline":
        return "°C"
    if column not in BY_CODE:
        return None
    unit = BY_CODE[column].unit
    return "°C" if unit.startswith("°C") else "count" if unit.startswith("count") else unit


def find_unit(column: str, text: str) -> Unit | None:
    """The unit that a text names for a column of ours, or None where it is no unit of it."""
    family, spelling = unit_family(column), _normalise_unit(text)
    if family is None:
        return None
    factor = _units(family).get(spelling)
    if factor is not None:
        return Unit(text.strip(), factor)
    foreign = _units("foreign").get(spelling)
    return Unit(text.strip(), 1.0, foreign) if foreign is not None else None


def known_units(column: str) -> str:
    """The units a column can be given in, for a message."""
    family = unit_family(column)
    return ", ".join(_catalogue()["units"][family]) if family else ""


@lru_cache
def _units(family: str) -> dict[str, Any]:
    return {_normalise_unit(spelling): factor for spelling, factor in _catalogue()["units"][family].items()}


def _normalise_unit(text: str) -> str:
    return re.sub(r"[\s._^*/]+", "", unicodedata.normalize("NFKC", text).casefold())


def parse_header(header: str) -> tuple[str, str | None]:
    """Split a header into its name and what may be its unit.

    >>> parse_header("ppt [N/cm2]")
    ('ppt', 'N/cm2')
    >>> parse_header("pin.prick_mN")
    ('pin_prick', 'mN')
    >>> parse_header("visit")
    ('visit', None)
    """
    text = unicodedata.normalize("NFKC", header).strip()
    bracketed = re.fullmatch(r"(.*?)\s*[\[(]\s*([^\])]+?)\s*[\])]", text)
    if bracketed:
        return normalise(bracketed[1]), bracketed[2]
    for gap in re.finditer(r"[\s._]+", text):  # the longest ending first: N_cm2 before cm2
        name, ending = normalise(text[: gap.start()]), text[gap.end() :]
        if name and _is_unit_suffix(name, ending):
            return name, ending
    return normalise(text), None


def _is_unit_suffix(name: str, suffix: str) -> bool:
    """Whether the end of a header is a unit. Short ones count only after a name that can have them."""
    if not any(character.isalpha() for character in suffix):
        return False
    column = column_names().get(name)
    if column is not None:
        return find_unit(column, suffix) is not None
    return len(suffix) > 1 and any(_normalise_unit(suffix) in _units(family) for family in _catalogue()["units"])
