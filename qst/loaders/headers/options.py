"""Options of reading: what a user can state about a file that the file does not state itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from qst.errors import OptionError
from qst.protocol import BY_CODE, CODES, THERMODE_RANGE
from qst.tables import IDENTITY, OLDEST, SEXES, SYMPTOM_COLUMNS
from qst.vocabulary.names import (
    Thermal,
    Vocabulary,
    normalise,
    our_vocabulary,
    parameter_names,
    using,
    words,
)
from qst.vocabulary.units import Unit, find_unit, is_force_of_probe, known_units

if TYPE_CHECKING:
    from qst.loaders.headers.assignments import Assignments

Decimal = Literal[".", ","]

SETTABLE = (*IDENTITY, "baseline", "parameter")

SMALLEST_PROBE, LARGEST_PROBE = 0.01, 10.0
"""Smallest and largest area (cm²) of an algometer's probe (ours)."""

FILE_NAME = "filename"
"""As a subject: the name of the file without its ending."""

ROLES = (*SETTABLE, "response", "series", "stimulus", "value", "unit", "keep", *CODES)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Options of `qst.load` and of every command that reads files.

    Attributes
    ----------
    fixed : mapping
        Column to the value it has where the file has none, for example ``{"sex": "female"}``. The subject
        ``filename`` is the name of the file without its ending; `parameter` is the test of a time series.
    columns : mapping
        Header in the file to our column or parameter, for example ``{"pin.prick_mN": "MPT"}``.
    codes : mapping
        Column to its codes, for example ``{"sex": {"1": "female", "2": "male"}}``.
    units : mapping
        Parameter to the unit its column has, for example ``{"PPT": "N/cm2"}``.
    decimal : {".", ","}, optional
        The decimal sign, where the files do not show it.
    thermal : {"absolute", "difference"}, optional
        Whether CDT and WDT are temperatures or distances from baseline.
    demographics : Path, optional
        A table of people, joined by subject, for what the file lacks.
    sheet : str, optional
        The sheet of a workbook to read.
    ignore : tuple of str
        Headers to carry through without taking them as ours.
    format : str, optional
        Name of the format, instead of the one that is recognised.
    jobs : int
        Processes that read small files, where there are many.
    names : Vocabulary
        Names, words and units; `qst.loaders.headers.additions.read_names` returns one with a user's own.
    exclude_records : tuple of str or Path
        Subjects that are left out, and files that list such subjects.
    assign : Assignments, optional
        Place, person or test of device files and of their sequences.
    probe_area : float, optional
        Area (cm²) of the pressure algometer's probe, for PPT given as a force; that of the protocol has 1 cm².
    """

    fixed: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    decimal: Decimal | None = None
    thermal: Thermal | None = None
    demographics: str | Path | None = None
    sheet: str | None = None
    ignore: tuple[str, ...] = ()
    format: str | None = None
    jobs: int = 1
    names: Vocabulary = field(default_factory=our_vocabulary)
    exclude_records: tuple[str | Path, ...] = ()
    assign: "Assignments | None" = None
    probe_area: float | None = None

    def __post_init__(self) -> None:
        with using(self.names):
            self._check()

    def _check(self) -> None:
        for column, value in self.fixed.items():
            if column not in SETTABLE:
                raise OptionError(f"'{column}' cannot be set: choose one of {', '.join(SETTABLE)}")
            if column == "sex" and words("sex").get(normalise(value)) not in SEXES:
                raise OptionError(f"sex cannot be '{value}': use female or male")
            if column == "age" and not _is_number(value, 0, OLDEST):
                raise OptionError(f"age cannot be '{value}': give years, 0 to {OLDEST:g}")
            if column == "parameter" and normalise(value) not in parameter_names():
                raise OptionError(f"parameter cannot be '{value}': choose one of {' '.join(CODES)}")
            if column == "baseline" and not _is_number(value, *THERMODE_RANGE):
                raise OptionError(f"baseline cannot be '{value}': give a temperature in °C")
        for header, column in self.columns.items():
            if column not in (*ROLES, *SYMPTOM_COLUMNS):
                raise OptionError(f"column '{header}' cannot be taken as '{column}': choose one of {', '.join(ROLES)}")
        for column, codes in self.codes.items():
            if column not in ("visit", "sex", "site", "side", "area", "parameter"):
                raise OptionError(f"codes are for visit, sex, site, side, area and parameter, not for '{column}'")
            for code, word in codes.items():
                if column == "parameter" and normalise(word) not in parameter_names():
                    raise OptionError(
                        f"the code {code} of parameter cannot mean '{word}': use one of {' '.join(CODES)}"
                    )
                if column == "sex" and words("sex").get(normalise(word)) not in SEXES:
                    raise OptionError(f"the code {code} of sex cannot mean '{word}': use female or male")
        if self.jobs < 1:
            raise OptionError(f"the number of jobs is {self.jobs}: give 1 or more")
        if self.probe_area is not None and not SMALLEST_PROBE <= self.probe_area <= LARGEST_PROBE:
            raise OptionError(
                f"the probe's area is {self.probe_area:g} cm²: give one from {SMALLEST_PROBE:g} to {LARGEST_PROBE:g}"
            )
        for column in self.units:
            self.unit_of(column)
        if self.decimal is not None and self.decimal not in get_args(Decimal):
            raise OptionError(f"the decimal sign is '{self.decimal}': use '.' or ','")
        if self.thermal is not None and self.thermal not in get_args(Thermal):
            raise OptionError(f"thermal is '{self.thermal}': use absolute or difference")

    def for_file(self, path: Path) -> "LoadOptions":
        """The options for one file: with its name as the subject, where that is asked for."""
        if self.fixed.get("subject") != FILE_NAME:
            return self
        return replace(self, fixed={**self.fixed, "subject": path.stem})

    def assigned_to(self, path: Path | None, sequence: str = "") -> dict[str, str]:
        """What `--assign` states about a file, or about one of its sequences."""
        return {} if self.assign is None else self.assign.find(path, sequence)

    def unit_of(self, column: str) -> Unit | None:
        """The unit given for a column, if any."""
        if column not in self.units:
            return None
        unit = find_unit(column, self.units[column]) if column in BY_CODE else None
        if unit is None or unit.foreign:
            known = f"give one of {known_units(column)}" if column in BY_CODE else f"choose one of {' '.join(CODES)}"
            raise OptionError(f"'{self.units[column]}' is not a unit of {column}: {known}")
        return self.on_probe(column, unit)

    def on_probe(self, column: str, unit: Unit | None) -> Unit | None:
        """A unit with the area of the probe in its factor, where it is the unit of a force on the probe."""
        if unit is None or self.probe_area is None or not is_force_of_probe(column, unit):
            return unit
        return unit._replace(factor=unit.factor / self.probe_area)


def _is_number(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False
