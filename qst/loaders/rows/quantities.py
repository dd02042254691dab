"""Does a column contain the protocol's quantity? Decided for whole columns, from unit, values and neighbours.

A column that cannot be what its name suggests is refused, with the reason. Bounds: `Parameter.possible` and `.usual`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qst.arrays import Floats, Texts
from qst.loaders.files.cells import count_thousands
from qst.problems import Problem, make_problem
from qst.protocol import BASELINE, BY_CODE, DISTANCE_CODES, RATING_OFFSET, THERMODE_RANGE
from qst.vocabulary.names import Thermal
from qst.vocabulary.units import Unit, known_units

ODD_SHARE, ODD_COUNT = 0.2, 3
"""A column with at least this share and number of impossible values contains something else (ours)."""

FEW_VALUES = 10
"""Fewer positive CDT values than this cannot distinguish temperatures from distances by themselves (ours)."""

FAR_FROM_BASELINE = 16.0
"""Half the way (°C) from baseline to 0 °C: very rare as a distance, very common as a temperature (ours)."""

FARTHEST_TRANSFORMED = 10.0
"""No logarithm or z-score of a person is larger; a column with larger values has values as measured (ours)."""

_OTHER_QUANTITY = {
    "CPT": "seconds of a cold pressor test, or a rating?",
    "HPT": "a rating, or transformed values?",
    "PPT": "a pressure tolerance, or another unit?",
    "MPT": "transformed values, or another unit?",
    "MDT": "transformed values, or another unit?",
    "VDT": "a threshold in µm or volts?",
    "PHS": "a rating?",
}


@dataclass(slots=True)
class Evidence:
    """What a column's values show, in counts that can be collected block by block."""

    n: int = 0
    impossible: int = 0
    below_usual: int = 0
    above_usual: int = 0
    negative: int = 0
    far: int = 0
    beyond_warm: int = 0
    below_offset: int = 0
    whole: int = 0
    thousands: int = 0
    low: float = np.inf
    high: float = -np.inf

    def add(self, code: str, values: Floats, possible: tuple[float, float], texts: Texts) -> None:
        """Count the values (in our unit) of one block, and how they are written."""
        if BY_CODE[code].is_force:
            self.whole += sum(1 for text in texts if text.strip().isdigit())
            self.thousands += count_thousands(texts)
            values = values[values != 0]  # 0 is not a measurement, and is reported for its cell
        values = values[~np.isnan(values)]
        if not len(values):
            return
        usual = BY_CODE[code].usual
        self.n += len(values)
        self.impossible += int(np.count_nonzero((values < possible[0]) | (values > possible[1])))
        self.below_usual += int(np.count_nonzero(values < usual[0]))
        self.above_usual += int(np.count_nonzero(values > usual[1]))
        self.negative += int(np.count_nonzero(values < 0))
        self.far += int(np.count_nonzero(values > FAR_FROM_BASELINE))
        self.beyond_warm += int(np.count_nonzero(np.abs(values) > BY_CODE["WDT"].possible[1]))
        self.below_offset += int(np.count_nonzero((values >= 0) & (values < RATING_OFFSET)))
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def is_odd(self, count: int) -> bool:
        """Whether this many values are too many to be slips."""
        return count >= ODD_COUNT and count >= ODD_SHARE * self.n


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a column is not used: a problem that lacks only the name of its parameter and its place.

    Attributes
    ----------
    code, message : str
        Of the catalogue of problems.
    details : mapping
        What fills the message's template, except for the parameter.
    """

    code: str
    message: str
    details: Mapping[str, Any]

    def make_problem(
        self, parameter: str, *, file: str | None = None, row: int | None = None, column: str | None = None
    ) -> Problem:
        """The problem; the message names the parameter as given."""
        return make_problem(
            self.code, self.message, file=file, row=row, column=column, parameter=parameter, **self.details
        )


def _refuse(code: str, message: str, /, **details: Any) -> Refusal:
    return Refusal(code, message, details)


@dataclass(slots=True)
class Decisions:
    """How each parameter of a table is read.

    Attributes
    ----------
    refused : dict of str to Refusal
    absolute : dict of str to bool
        For CDT and WDT: whether the values are temperatures.
    add_offset : set of str
        Ratings to which 0.1 is added.
    thousands : set of str
        Forces with whole numbers only, but for some that may have a thousands separator, such as `1.050`.
    explanations : dict of str to str
        What was decided from the values, in words for the user.
    """

    refused: dict[str, Refusal] = field(default_factory=dict)
    absolute: dict[str, bool] = field(default_factory=dict)
    add_offset: set[str] = field(default_factory=set)
    thousands: set[str] = field(default_factory=set)
    explanations: dict[str, str] = field(default_factory=dict)


def decide(
    evidence: Mapping[str, Evidence],
    units: Mapping[str, Unit | None],
    thermal: Thermal | None,
    hints: Mapping[str, Thermal],
    *,
    single_trials: bool,
) -> Decisions:
    """Decide how the columns of one table are read.

    Parameters
    ----------
    evidence : mapping of parameter code to Evidence
        Values already multiplied by their unit's factor.
    units : mapping of parameter code to Unit or None
        From header or option; None where neither states one.
    thermal : {"absolute", "difference"}, optional
        What the user states about CDT and WDT.
    hints : mapping
        What the headers state about CDT and WDT, for example ``CDT_diff``.
    single_trials : bool
        Whether the values are single trials: then ratings are ratings, not means.
    """
    decisions = Decisions()
    for code, found in evidence.items():
        unit = units.get(code)
        if unit is not None and unit.foreign:
            decisions.refused[code] = _refuse_foreign(code, unit)
        elif code in DISTANCE_CODES and unit is not None and unit.is_fahrenheit and not (thermal or hints.get(code)):
            decisions.refused[code] = _refuse("temperature-unclear", "fahrenheit")
        elif found.n and code not in DISTANCE_CODES:
            if found.thousands and found.whole and found.thousands + found.whole == found.n:
                decisions.thousands.add(code)
            reason = _find_misfit(code, found, unit)
            if reason:
                decisions.refused[code] = reason
            elif not single_trials and BY_CODE[code].is_rating and found.below_offset:
                decisions.add_offset.add(code)
                decisions.explanations[code] = f"plain mean ratings ({found.below_offset} below 0.1): 0.1 added"
    for code, decide_from_values in (("WDT", _decide_warm), ("CDT", _decide_cold)):
        if code not in evidence or not evidence[code].n or code in decisions.refused:
            continue
        stated = thermal or hints.get(code)
        if stated:
            decisions.absolute[code] = stated == "absolute"
        else:
            decide_from_values(evidence[code], decisions)
    _spread_transformation(evidence, decisions)
    return decisions


def _refuse_foreign(code: str, unit: Unit) -> Refusal:
    parameter = BY_CODE[code]
    expected = {"name": parameter.name, "expected": parameter.unit}
    return _refuse("another-quantity", "unit", unit=unit.text, quantity=unit.foreign, **expected)


def _find_misfit(code: str, found: Evidence, unit: Unit | None) -> Refusal | None:
    """Why the values cannot be the protocol's quantity; None where they can."""
    parameter = BY_CODE[code]
    if _looks_transformed(code, found):
        expected = {"name": parameter.name, "unit": parameter.unit}
        return _refuse("transformed-values", "values", low=found.low, high=found.high, **expected)
    if found.is_odd(found.impossible):
        low, high = THERMODE_RANGE if parameter.unit == "°C" else parameter.possible
        kind = "temperature" if parameter.unit == "°C" else "value"
        worst = found.high if found.high > parameter.possible[1] else found.low
        return _refuse(
            "another-quantity",
            "impossible",
            code=code,
            worst=worst,
            kind=kind,
            low=low,
            high=high,
            unit=parameter.unit,
            impossible=found.impossible,
            n=found.n,
            guess=_OTHER_QUANTITY.get(code, "another quantity?"),
        )
    if unit is None and 2 * found.below_usual > found.n and parameter.is_force:
        limits = {"low": found.low, "high": found.high}
        return _refuse("unit-unclear", "too-low", code=code, unit=parameter.unit, units=known_units(code), **limits)
    if unit is None and code == "PPT" and found.is_odd(found.above_usual):
        counts = {"above": found.above_usual, "n": found.n}
        return _refuse("another-quantity", "above-protocol", limit=parameter.usual[1], **counts)
    return None


def _looks_transformed(code: str, found: Evidence) -> bool:
    match code:
        case "HPT":
            return found.high <= 5
        case "PPT" | "MPT":
            return found.high < 3.5
        case "MDT":
            return found.is_odd(found.negative)
    return False


def _spread_transformation(evidence: Mapping[str, Evidence], decisions: Decisions) -> None:
    """Where one column contains transformed values, refuse the others that may be transformed too."""
    sure = [code for code, refusal in decisions.refused.items() if refusal.code == "transformed-values"]
    for code, found in evidence.items():
        if sure and found.n and found.high <= FARTHEST_TRANSFORMED and code not in decisions.refused:
            limits = {"low": found.low, "high": found.high}
            decisions.refused[code] = _refuse("transformed-values", "neighbour", sure=sure[0], **limits)


def _decide_warm(found: Evidence, decisions: Decisions) -> None:
    """Decide on WDT: distances reach 18 °C and temperatures start at 32 °C, so the values distinguish them."""
    if found.is_odd(found.beyond_warm) and found.is_odd(found.n - found.beyond_warm):
        counts = {"beyond": found.beyond_warm, "n": found.n}
        decisions.refused["WDT"] = _refuse("temperature-unclear", "beyond-warm", **counts)
        return
    decisions.absolute["WDT"] = 2 * found.beyond_warm > found.n
    decisions.explanations["WDT"] = _describe_thermal(decisions.absolute["WDT"], "from its values")


def _decide_cold(found: Evidence, decisions: Decisions) -> None:
    """Decide on CDT, after WDT: both are between 0 and 32 °C, so the sign, WDT and most values have to show it."""
    if found.is_odd(found.negative) and found.is_odd(found.far):
        counts = {"negative": found.negative, "far": found.far, "n": found.n}
        decisions.refused["CDT"] = _refuse("temperature-unclear", "below-0", **counts)
    elif found.is_odd(found.negative) or (found.negative and found.negative == found.n):
        decisions.absolute["CDT"] = False
        decisions.explanations["CDT"] = _describe_thermal(False, "it has negative values")
    elif (
        "WDT" in decisions.absolute
        and not decisions.absolute["WDT"]
        and found.n >= ODD_COUNT
        and found.far >= 0.9 * found.n
    ):
        counts = {"far": found.far, "n": found.n}
        limits = {"low": found.low, "high": found.high}
        decisions.refused["CDT"] = _refuse("temperature-unclear", "differs-from-WDT", **counts, **limits)
    elif "WDT" in decisions.absolute:
        decisions.absolute["CDT"] = decisions.absolute["WDT"]
        decisions.explanations["CDT"] = _describe_thermal(decisions.absolute["CDT"], "like WDT next to it")
    elif 2 * found.far <= found.n and found.far < found.n:
        decisions.absolute["CDT"] = False
        decisions.explanations["CDT"] = _describe_thermal(False, "from its values")
    elif found.n >= FEW_VALUES and found.far >= 0.9 * found.n:
        decisions.absolute["CDT"] = True
        decisions.explanations["CDT"] = _describe_thermal(True, "from its values")
    else:
        limits = {"low": found.low, "high": found.high}
        decisions.refused["CDT"] = _refuse("temperature-unclear", "either", baseline=BASELINE, **limits)


def _describe_thermal(absolute: bool, why: str) -> str:
    return f"temperatures ({why})" if absolute else f"distance from baseline ({why})"
