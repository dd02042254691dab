"""Units as laboratories write them, and the factors to ours."""

from typing import NamedTuple

from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise_unit, vocabulary_in_use

FAHRENHEIT_OFFSET = 32.0


class Unit(NamedTuple):
    """A unit as a file writes it, and how its values become ours.

    `foreign` is the other quantity that the unit belongs to, in words; `name` is the spelling of the catalogue.
    """

    text: str
    factor: float
    foreign: str | None = None
    name: str = ""

    @property
    def is_fahrenheit(self) -> bool:
        """Whether absolute temperatures in this unit need an offset before the factor."""
        _, factor = vocabulary_in_use().units("°C").get(normalise_unit(self.text), ("", 1.0))
        return bool(factor != 1)


def unit_family(column: str) -> str | None:
    """The section of `names.toml` with the units of a column of ours; None where it has no unit."""
    if column == "age":
        return "years"
    if column == "baseline":
        return "°C"
    if column not in BY_CODE:
        return None
    unit = BY_CODE[column].unit
    return "°C" if unit.startswith("°C") else "count" if unit.startswith("count") else unit


def find_unit(column: str, text: str) -> Unit | None:
    """The unit that a text means for a column of ours; None where the column has no such unit."""
    family, spelling = unit_family(column), normalise_unit(text)
    if family is None:
        return None
    vocabulary = vocabulary_in_use()
    if spelling in vocabulary.units(family):
        name, factor = vocabulary.units(family)[spelling]
        return Unit(text.strip(), factor, name=name)
    if spelling in vocabulary.units("foreign"):
        name, meaning = vocabulary.units("foreign")[spelling]
        return Unit(text.strip(), 1.0, meaning, name)
    return None


def known_units(column: str) -> str:
    """The units that a column can have, for a message."""
    family = unit_family(column)
    return ", ".join(vocabulary_in_use().catalogue["units"][family]) if family else ""


def is_force_of_probe(column: str, unit: Unit) -> bool:
    """Whether a unit of PPT is a force, which becomes a pressure through the area of the probe."""
    return column == "PPT" and unit.name in vocabulary_in_use().catalogue["probe"]["forces"]
