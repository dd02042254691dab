"""The measured cells of a table: found, read as numbers, converted to our units, and checked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qst.loaders.cells import Numbers, Texts, read_numbers
from qst.loaders.columns import Layout
from qst.loaders.files import Block
from qst.loaders.names import (
    FAHRENHEIT_OFFSET,
    Unit,
    column_names,
    find_unit,
    missing_codes,
    normalise,
    parameter_names,
    parse_header,
)
from qst.loaders.quantities import Decisions
from qst.protocol import BASELINE, BY_CODE, RATING_OFFSET, Parameter
from qst.tables import Problem, Report, shorten

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """The cells of one parameter in a block.

    Attributes
    ----------
    code, header : str
    texts : object array of str
    positions : int array
        Where in the block they stand.
    rows : int array
        Their row numbers in the file.
    numbers : Numbers
        In the file's unit.
    """

    code: str
    header: str
    texts: Texts
    positions: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    numbers: Numbers


def name_parameters(texts: Texts) -> Texts:
    """Parameter code of each cell that names a parameter; None where the name is not known."""
    codes = {text: parameter_names().get(normalise(text)) for text in set(texts)}
    return np.array([codes[text] for text in texts], dtype=object)


def measure(block: Block, layout: Layout, decimal: str) -> list[Measured]:
    """The measured cells of a block, a group a parameter; for a row a trial by the parameter that its row names."""
    everywhere = np.arange(len(block.rows))
    groups: list[tuple[str, str, Texts, npt.NDArray[np.int64]]] = []
    value, parameter = layout.find("value"), layout.find("parameter")
    if layout.is_long and value is not None and parameter is not None:
        codes, texts = name_parameters(block.columns[parameter.position]), block.columns[value.position]
        for code in dict.fromkeys(code for code in codes if code is not None):
            positions = np.flatnonzero(codes == code)
            groups.append((code, value.header, texts[positions], positions))
    else:
        groups = [(str(c.role), c.header, block.columns[c.position], everywhere) for c in layout.parameters]
    return [
        Measured(code, header, texts, positions, block.rows[positions], read_numbers(texts, decimal))
        for code, header, texts, positions in groups
    ]


def possible_range(parameter: Parameter, single_trials: bool) -> tuple[float, float]:
    """What a value, or a single trial, of a parameter can be."""
    return parameter.trial_possible if single_trials else parameter.possible


def to_unit(code: str, values: Floats, unit: Unit | None, absolute: bool | None = None) -> Floats:
    """Values in our unit; °F of a temperature (not of a difference) loses its offset first."""
    if unit is None:
        return values
    temperature = absolute if absolute is not None else BY_CODE[code].summary == "mean"
    offset = FAHRENHEIT_OFFSET if unit.is_fahrenheit and temperature else 0.0
    return (values - offset) * unit.factor


def convert(
    measured: Measured,
    unit: Unit | None,
    decisions: Decisions,
    baseline: Floats,
    *,
    file: str,
    single_trials: bool,
    report: Report,
) -> Floats:
    """Values of one parameter in our unit; NaN, and a problem, for each cell that cannot be used.

    Parameters
    ----------
    measured : Measured
    unit : Unit or None
    decisions : Decisions
    baseline : float array
        Temperature (°C) from which the ramps of each of the cells started; NaN means 32 °C.
    file : str
    single_trials : bool
    report : callable
    """
    parameter = BY_CODE[measured.code]
    complaints = _Complaints(measured, file, report)
    complaints.about(measured.numbers.unreadable, "not-a-number", _say_unreadable(measured))
    absolute = decisions.absolute.get(measured.code)
    values = to_unit(measured.code, measured.numbers.values, unit, absolute)
    if absolute:
        values = np.abs(values - np.where(np.isnan(baseline), BASELINE, baseline))
    if measured.code in decisions.add_offset:
        values = values + RATING_OFFSET
    low, high = possible_range(parameter, single_trials)
    size = np.abs(values) if parameter.summary == "distance" and not absolute else values
    if parameter.is_force:
        zero = size == 0
        complaints.about(
            zero,
            "zero-force",
            f"0 {parameter.unit} cannot be a threshold: expected more than 0; leave the cell empty if not measured",
        )
        values = np.where(zero, np.nan, values)
        size = np.where(zero, np.nan, size)
    expected = f"{low:g} to {high:g} {_trial_unit(parameter, single_trials)}"
    outside = (size < low) | (size > high)
    complaints.about(
        outside,
        "out-of-range",
        f"is not a possible {parameter.name} (expected {expected}): correct it or leave it empty",
    )
    _warn_of_possible_codes(measured, low, high, file, report)
    return np.where(outside, np.nan, values)


def _trial_unit(parameter: Parameter, single_trials: bool) -> str:
    if not single_trials:
        return parameter.unit
    return (
        "rating"
        if parameter.trial_possible == (0.0, 100.0)
        else "°C"
        if parameter.unit.startswith("°C")
        else parameter.unit
    )


def _say_unreadable(measured: Measured) -> str:
    parameter = BY_CODE[measured.code]
    return (
        f"is not a number; expected {parameter.name} in {parameter.unit}: correct it, or leave it empty if it was "
        "not measured"
    )


class _Complaints:
    """Reports cells of one parameter."""

    def __init__(self, measured: Measured, file: str, report: Report) -> None:
        self.measured, self.file, self.report = measured, file, report

    def about(self, where: npt.NDArray[np.bool_], code: str, reason: str) -> None:
        for position in np.flatnonzero(where):
            text, row = self.measured.texts[position], int(self.measured.rows[position])
            message = reason if code == "zero-force" else f"{shorten(text)} {reason}"
            if code == "not-a-number" and "," in text:
                message += ". A comma is no decimal sign in this file, which has points elsewhere"
            self.report(Problem("error", code, message, self.file, row, self.measured.header, shorten(text)))


def _warn_of_possible_codes(measured: Measured, low: float, high: float, file: str, report: Report) -> None:
    """A code for missing that could as well be a measurement is said cell by cell, for example 999 kPa."""
    for number, written in missing_codes().items():
        if written in measured.numbers.missing and low <= number <= high:
            for position in [i for i, text in enumerate(measured.texts) if text.strip() == written]:
                message = f"{written} was taken as 'missing'; if it is a measurement, write {number:.1f}"
                row = int(measured.rows[position])
                report(Problem("warning", "missing-code", message, file, row, measured.header, shorten(written)))


def repeats_header(texts: Sequence[str], headers: Sequence[str], codes: Sequence[str]) -> bool:
    """Whether the cells under the parameters are names or units and no values: a second header."""
    filled = [(t.strip(), h.strip(), c) for t, h, c in zip(texts, headers, codes, strict=True) if t.strip()]
    return len(filled) > 1 and all(
        text == header or parse_header(text)[0] in column_names() or find_unit(code, text.strip("[]() ")) is not None
        for text, header, code in filled
    )
