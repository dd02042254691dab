"""The measured cells of a table: found, read as numbers, converted to our units, and checked one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qst.arrays import Floats, Texts
from qst.loaders.files.cells import (
    Numbers,
    add_float_spellings,
    find_remedy,
    is_other_decimal,
    is_thousands,
    read_numbers,
)
from qst.loaders.files.text_table import Block, TextTable
from qst.loaders.headers.columns import Layout
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.quantities import Decisions
from qst.problems import OnProblem, cut_text, make_problem
from qst.protocol import BASELINE, BY_CODE, RATING_OFFSET, Parameter
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, missing_codes, normalise, parameter_names
from qst.vocabulary.units import FAHRENHEIT_OFFSET, Unit, find_unit, known_units

SUSPECTED_TEMPERATURE = (25.0, 32.0)
"""Values (°C) that are rare as a distance of CDT from baseline, and common as a temperature (ours)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The cells of one parameter, and one unit, in a block.

    Attributes
    ----------
    code : str
    header : str
        That of the column.
    headers : object array of str or None
        The file's own header of each cell, where rows were unfolded.
    texts : object array of str
    positions : int array
        Of the cells in the block.
    rows : int array
        Row numbers in the file.
    numbers : Numbers
        In the file's unit.
    unit : Unit or None
        From option, header or, where a row is a trial, a cell of the row; None where none states it.
    """

    code: str
    header: str
    headers: Texts | None
    texts: Texts
    positions: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    numbers: Numbers
    unit: Unit | None

    def header_at(self, position: int) -> str:
        """The header of a cell in the file."""
        return self.header if self.headers is None else str(self.headers[position])

    @property
    def all_headers(self) -> list[str]:
        """The headers of all cells, in order of appearance."""
        return [self.header] if self.headers is None else [text for text in dict.fromkeys(self.headers) if text]


def name_parameters(texts: Texts, given: Mapping[str, str]) -> Texts:
    """Parameter code of each cell that names a parameter or has one of the codes `given`; None for other cells."""
    names = parameter_names()
    coded = {normalise(code): names[normalise(word)] for code, word in given.items()}
    known = names | add_float_spellings(coded)
    codes = {text: known.get(normalise(text)) for text in set(texts)}
    return np.array([codes[text] for text in texts], dtype=object)


def find_measured(block: Block, layout: Layout, options: LoadOptions, decimal: str) -> list[Measured]:
    """The measured cells of a block, in one group per parameter, or per parameter and unit where a row is a trial."""
    value, parameter, unit = layout.find("value"), layout.find("parameter"), layout.find("unit")
    if not layout.is_long or value is None or parameter is None:
        everywhere = np.arange(len(block.rows))
        groups = []
        for c in layout.parameters:
            texts, headers = block.columns[c.position], block.headers.get(c.position)
            numbers = read_numbers(texts, decimal)
            groups.append(Measured(str(c.role), c.header, headers, texts, everywhere, block.rows, numbers, c.unit))
        return groups
    codes = name_parameters(block.columns[parameter.position], options.codes.get("parameter", {}))
    texts, headers = block.columns[value.position], block.headers.get(value.position)
    units = np.full(len(codes), "", dtype=object) if unit is None else block.columns[unit.position]
    groups = []
    for code, text in dict.fromkeys(zip(codes, units, strict=True)):
        if code is None:
            continue
        positions = np.flatnonzero((codes == code) & (units == text))
        found = options.unit_of(code) or options.on_probe(code, find_unit(code, text)) or value.unit
        if found is None and text.strip():
            found = Unit(text.strip(), np.nan, "an unknown unit")
        numbers = read_numbers(texts[positions], decimal)
        own, rows = None if headers is None else headers[positions], block.rows[positions]
        groups.append(Measured(code, value.header, own, texts[positions], positions, rows, numbers, found))
    return groups


def possible_range(parameter: Parameter, single_trials: bool) -> tuple[float, float]:
    """The lowest and highest possible value, or single trial, of a parameter."""
    return parameter.trial_possible if single_trials else parameter.possible


def to_unit(code: str, values: Floats, unit: Unit | None, absolute: bool | None = None) -> Floats:
    """Values in our unit; a temperature in °F (unlike a difference) loses its offset first."""
    if unit is None:
        return values
    offset = FAHRENHEIT_OFFSET if _has_offset(code, unit, absolute) else 0.0
    with np.errstate(over="ignore"):  # an infinite result is reported as out of range
        return (values - offset) * unit.factor


def describe_conversion(code: str, unit: Unit | None, absolute: bool | None = None) -> str | None:
    """How values in a unit become ours, for example ``N/cm2*10``; None where they are in our unit.

    The formula is that of `to_unit`, with the catalogue's spelling of the unit, which has no semicolon.
    """
    if unit is None or unit.foreign or unit.factor == 1:
        return None
    offset = f"({unit.name}-{FAHRENHEIT_OFFSET:g})" if _has_offset(code, unit, absolute) else unit.name
    return f"{offset}*{unit.factor:.9g}"


def _has_offset(code: str, unit: Unit, absolute: bool | None) -> bool:
    """Whether a unit is °F and the value a temperature rather than a difference."""
    temperature = absolute if absolute is not None else BY_CODE[code].summary == "mean"
    return unit.is_fahrenheit and temperature


def convert(
    measured: Measured,
    decisions: Decisions,
    baseline: Floats,
    *,
    file: TextTable,
    decimal: str,
    single_trials: bool,
    on_problem: OnProblem,
) -> Floats:
    """Values of one parameter in our unit; NaN, and a problem, for each cell that cannot be used.

    Parameters
    ----------
    measured : Measured
    decisions : Decisions
    baseline : float array
        Temperature (°C) from which the ramps of each cell started; NaN means 32 °C.
    file : TextTable
    decimal : str
    single_trials : bool
    on_problem : callable
    """
    code, unit, parameter = measured.code, measured.unit, BY_CODE[measured.code]
    cells = _CellReporter(measured, file.file, decimal, on_problem)
    if unit is not None and unit.foreign:
        known = {"unit": unit.text, "name": parameter.name, "units": known_units(code), "code": code}
        cells.report(~np.isnan(measured.numbers.values), "unit-unknown", "measured", **known)
        return np.full(len(measured.texts), np.nan)
    cells.report_unreadable()
    absolute = decisions.absolute.get(code)
    values = to_unit(code, measured.numbers.values, unit, absolute)
    if absolute:
        values = np.abs(values - np.where(np.isnan(baseline), BASELINE, baseline))
    if code in decisions.add_offset:
        values = values + RATING_OFFSET
    low, high = possible_range(parameter, single_trials)
    if parameter.is_force:
        cells.report(values == 0, "zero-force", name=parameter.name, unit=parameter.unit)
        values = np.where(values == 0, np.nan, values)
    size = np.abs(values) if parameter.summary == "distance" else values
    outside = (size < low) | (size > high)
    expected = {"low": low, "high": high, "unit": _trial_unit(parameter, single_trials)}
    cells.report(outside, "out-of-range", "measured", name=parameter.name, **expected)
    if code == "CDT" and code in decisions.explanations:
        suspected = (values > SUSPECTED_TEMPERATURE[0]) & (values < SUSPECTED_TEMPERATURE[1])
        code_and_message = ("distance-suspected", "value") if absolute else ("temperature-suspected", "")
        cells.report(suspected, *code_and_message)
    if code in decisions.thousands:
        thousands = np.array([is_thousands(text) for text in measured.texts], dtype=bool)
        cells.report(thousands, "value-suspicious", "value", unit=parameter.unit)
    _warn_of_possible_codes(measured, low, high, file, on_problem)
    return np.where(outside, np.nan, values)


def _trial_unit(parameter: Parameter, single_trials: bool) -> str:
    if not single_trials:
        return parameter.unit
    if parameter.has_rated_trials:
        return "rating"
    return "°C" if parameter.unit.startswith("°C") else parameter.unit


class _CellReporter:
    """Reports problems of the cells of one parameter."""

    def __init__(self, measured: Measured, file: str, decimal: str, on_problem: OnProblem) -> None:
        self.measured, self.file, self.decimal, self.on_problem = measured, file, decimal, on_problem

    def report(self, where: npt.NDArray[np.bool_], code: str, message: str = "", /, **details: Any) -> None:
        """One problem for each cell where `where` is true."""
        for position in np.flatnonzero(where):
            self._report_cell(int(position), code, message, **details)

    def report_unreadable(self) -> None:
        """Texts that are not numbers, each with what is probably wrong with it."""
        parameter = BY_CODE[self.measured.code]
        expected = {"name": parameter.name, "unit": parameter.unit}
        for position in np.flatnonzero(self.measured.numbers.unreadable).tolist():
            text = self.measured.texts[position].strip()
            if text.startswith("="):
                self._report_cell(position, "formula-without-result", "value", **expected)
            elif is_other_decimal(text, self.decimal):
                sign, other = ("comma", "point") if self.decimal == "," else ("point", "comma")
                self._report_cell(position, "not-a-number", "other-decimal", sign=sign, other=other, **expected)
            else:
                self._report_cell(position, "not-a-number", "measured", hint=find_remedy(text), **expected)

    def _report_cell(self, position: int, code: str, message: str = "", /, **details: Any) -> None:
        self.on_problem(
            make_problem(
                code,
                message,
                file=self.file,
                row=int(self.measured.rows[position]),
                column=self.measured.header_at(position),
                value=cut_text(self.measured.texts[position].strip()),
                **details,
            )
        )


def _warn_of_possible_codes(
    measured: Measured, low: float, high: float, file: TextTable, on_problem: OnProblem
) -> None:
    """Report each cell with a code for missing that could also be a measurement, for example 999 kPa."""
    for written, number in missing_codes().items():
        if written in measured.numbers.missing and low <= number <= high:
            for position in [i for i, text in enumerate(measured.texts) if text.strip() == written]:
                on_problem(
                    make_problem(
                        "missing-code",
                        "text" if file.sheet is None else "workbook",
                        file=file.file,
                        row=int(measured.rows[position]),
                        column=measured.header_at(position),
                        value=cut_text(written),
                        number=number,
                    )
                )


def repeats_header(texts: Sequence[str], layout: Layout) -> bool:
    """Whether a row is a second header: it repeats the header, or has names and units under the parameters."""
    filled = [(text.strip(), c) for text, c in zip(texts, layout.columns, strict=True) if text.strip()]
    if len(filled) > 1 and all(text == column.header.strip() for text, column in filled):
        return True
    under = [(text, str(column.role)) for text, column in filled if column.role in BY_CODE]
    return len(under) > 1 and all(
        parse_header(text)[0] in column_names() or find_unit(code, text.strip("[]() ")) is not None
        for text, code in under
    )
