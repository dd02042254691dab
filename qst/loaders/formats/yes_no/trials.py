"""Trials with a stimulus and a yes or no, read and checked: parameter, distance from baseline, response."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats, Texts, first_rows
from qst.errors import InputError
from qst.loaders.files.cells import is_blank, read_numbers, read_words
from qst.loaders.files.text_table import Block, TextTable
from qst.loaders.formats.format import locate
from qst.loaders.formats.thermal_tests import PAIN_TESTS, THERMAL_TESTS, WARM_TESTS
from qst.loaders.formats.whole_table import find_decimal, read_all_rows
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.values import name_parameters, to_unit
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BASELINE, CODES, THERMODE_RANGE
from qst.vocabulary.names import normalise, words
from qst.vocabulary.units import Unit

FARTHEST_WARM = 25.0
"""°C: if all warm stimuli are below, they are distances from baseline; if all are above, they are temperatures (ours: a
thermode warms by 20 °C, and the skin has 30 °C)."""

CODES_EXAMPLE = "--codes parameter:1=CDT,2=WDT,3=CPT,4=HPT"

_NOT_KNOWN = np.array(None)
"""For comparison with object arrays, which have None where a trial's parameter is not known."""


@dataclass(frozen=True, slots=True)
class StimulusColumns:
    """Positions of the columns of a table of yes/no trials.

    Attributes
    ----------
    row : int
        Row of the header.
    headers : list of str
    intensity, response : int
    condition : list of int
        Their words together name the parameter.
    keep, baseline : int or None
    key : dict of role to int
        What distinguishes one assessment from another.
    own : list of int
        Columns that do not describe single trials.
    unit : Unit or None
        Of the intensity, if its header gives it.
    other_intensities : str
        Headers of other columns of intensities, which are not used.
    """

    row: int
    headers: list[str]
    intensity: int
    response: int
    condition: list[int]
    keep: int | None
    baseline: int | None
    key: dict[str, int]
    own: list[int]
    unit: Unit | None
    other_intensities: str


class YesNoTrials:
    """The trials of a table, read and checked.

    Attributes
    ----------
    table : TextTable
    columns : StimulusColumns
    block : Block
        All its rows.
    decimal : str
        `.` or `,`.
    understood : list of str
        How the trials were read, for the user.
    parameter : object array of str
        Of each trial; None if it is not known.
    felt : float array
        1, 0, or NaN for a trial that does not count.
    distance : float array
        Of each stimulus from the baseline, in °C.
    group, first : int arrays
        Assessment of each trial, numbered from 0, and the first trial of each assessment.
    baseline : float array
        Of each assessment, in °C.
    is_baseline_known : bool
        Whether file or options give the baseline of all assessments.
    are_temperatures : bool
        Whether the intensities are temperatures.
    """

    def __init__(self, table: TextTable, columns: StimulusColumns, options: LoadOptions, on_problem: OnProblem) -> None:
        self.table, self.columns, self.options = table, columns, options
        self.block = read_all_rows(table, columns.row, len(columns.headers), on_problem)
        self.decimal = find_decimal(self.block.columns[columns.intensity], options)
        self.understood: list[str] = []
        self.parameter = self._read_conditions(on_problem)
        self.felt = self._read_responses(on_problem)
        self.group, self.first = _number_assessments(self.block, list(columns.key.values()))
        self.baseline, self.is_baseline_known = self._read_baselines(on_problem)
        self.are_temperatures = False
        self.distance = self._read_intensities(on_problem)

    @property
    def names(self) -> Texts:
        """Subject of each assessment; empty if the table names none."""
        if "subject" not in self.columns.key:
            return np.full(len(self.first), "", dtype=object)
        return self.block.columns[self.columns.key["subject"]][self.first]

    def exclude_pain_without_baseline(self, on_problem: OnProblem) -> list[str]:
        """The parameters that can be fitted.

        Pain thresholds are temperatures, which cannot be formed from distances without a baseline.
        """
        codes = [code for code in THERMAL_TESTS if (self.parameter == code).any()]
        if self.is_baseline_known:
            return codes
        self.understood.append(f"a baseline of {BASELINE:g} °C is assumed, as none is given")
        pain = [code for code in codes if code in PAIN_TESTS]
        if self.are_temperatures or not pain:
            return codes
        problem = make_problem("baseline-unknown", file=self.table.file, row=self.columns.row, codes=" and ".join(pain))
        on_problem(problem)
        rest = [code for code in codes if code not in pain]
        if not rest:
            raise InputError(problem)
        return rest

    def find_constant(self) -> tuple[list[int], list[str]]:
        """Columns with the same text in all trials of each assessment, and the headers of the others."""
        constant, varying = [], []
        for position in self.columns.own:
            texts = pd.factorize(self.block.columns[position])[0]
            if (texts == texts[self.first][self.group]).all():
                constant.append(position)
            elif not is_blank(self.block.columns[position]).all():
                varying.append(shorten(self.columns.headers[position]))
        return constant, varying

    def _locate(self, position: int, index: int, text: str | None = None) -> dict[str, Any]:
        """File, row, column and text of a cell, as arguments for `make_problem`."""
        return locate(self.table, int(self.block.rows[index]), self.columns.headers[position], text)

    def _join_conditions(self) -> Texts:
        """The words of each trial's condition, in one text."""
        texts = [self.block.columns[position] for position in self.columns.condition]
        joined = texts[0]
        for more in texts[1:]:
            joined = np.array(
                [f"{a.strip()} {b.strip()}".strip() for a, b in zip(joined, more, strict=True)], dtype=object
            )
        return joined

    def _read_conditions(self, on_problem: OnProblem) -> Texts:
        """Parameter of each trial; None, and a problem, if the condition's word or code is not known."""
        texts = self._join_conditions()
        codes = name_parameters(texts, self.options.codes.get("parameter", {}))
        for text in dict.fromkeys(texts[codes == _NOT_KNOWN]):
            codes[texts == text] = words("yes_no_parameters").get(normalise(text))
        place = self.columns.condition[0]
        self._report_unknown_conditions(texts, codes, on_problem)
        for code in [code for code in CODES if code not in THERMAL_TESTS and (codes == code).any()]:
            trials = np.flatnonzero(codes == code)
            where = self._locate(place, int(trials[0]))
            details: dict[str, Any] = {"code": code, "count": len(trials), "tests": " ".join(THERMAL_TESTS)}
            on_problem(make_problem("unknown-parameter", "not-fitted", severity="error", **where, **details))
            codes[trials] = None
        if (codes == _NOT_KNOWN).all():
            where = locate(self.table, self.columns.row, self.columns.headers[place])
            raise InputError(
                make_problem("code-unknown", "no-condition", severity="error", **where, example=CODES_EXAMPLE)
            )
        return codes

    def _report_unknown_conditions(self, texts: Texts, codes: Texts, on_problem: OnProblem) -> None:
        """A problem for all numbers that are not explained, and one for each word that is not known."""
        place = self.columns.condition[0]
        unknown = dict.fromkeys(texts[codes == _NOT_KNOWN])
        numbers = [text for text in unknown if text.strip().replace(".", "", 1).isdigit()]
        if numbers:
            where = self._locate(place, int(np.flatnonzero(texts == numbers[0])[0]), numbers[0])
            details: dict[str, Any] = {"codes": ", ".join(sorted(map(str.strip, numbers))), "example": CODES_EXAMPLE}
            on_problem(make_problem("code-unknown", "conditions", severity="error", **where, **details))
        for text in unknown:
            if text not in numbers:
                trials = np.flatnonzero(texts == text)
                where = self._locate(place, int(trials[0]), text)
                details = {"count": len(trials), "tests": " ".join(THERMAL_TESTS), "word": text.strip() or "word"}
                on_problem(make_problem("unknown-parameter", "condition", severity="error", **where, **details))

    def _read_responses(self, on_problem: OnProblem) -> Floats:
        """1 if felt, 0 if not, NaN if the trial does not count."""
        place = self.columns.response
        texts = self.block.columns[place]
        read = read_words(texts, words("response"))
        felt = np.where(read.values == "yes", 1.0, np.where(read.values == "no", 0.0, np.nan))
        for text in read.unknown:
            trials = np.flatnonzero(texts == text)
            where = self._locate(place, int(trials[0]), text)
            on_problem(make_problem("word-unknown", "response", severity="error", **where, count=len(trials)))
        empty = np.flatnonzero(read.values == np.array(None))
        if len(empty):
            on_problem(make_problem("no-response", **self._locate(place, int(empty[0])), count=len(empty)))
        if self.columns.keep is not None:
            kept = read_words(self.block.columns[self.columns.keep], words("keep")).values != "no"
            felt[~kept] = np.nan
        return felt

    def _read_baselines(self, on_problem: OnProblem) -> tuple[Floats, bool]:
        """Baseline of each assessment, and whether file or options give all of them; otherwise 32 °C."""
        fixed = float(self.options.fixed.get("baseline", np.nan))
        baseline = np.full(len(self.first), fixed)
        if self.columns.baseline is not None:
            numbers = read_numbers(self.block.columns[self.columns.baseline], self.decimal).values
            by_group = pd.Series(numbers).groupby(self.group)
            is_one = (by_group.max() == by_group.min()).to_numpy()
            baseline = np.where(is_one, by_group.first().to_numpy(), baseline)
            for group in np.flatnonzero((by_group.max() > by_group.min()).to_numpy()):
                where = self._locate(self.columns.baseline, int(self.first[group]))
                on_problem(make_problem("contradiction", "baselines", severity="error", **where))
        is_known = not np.isnan(baseline).any()
        return np.where(np.isnan(baseline), BASELINE, baseline), is_known

    def _read_intensities(self, on_problem: OnProblem) -> Floats:
        """Distance of each stimulus from baseline, in °C."""
        place = self.columns.intensity
        texts = self.block.columns[place]
        numbers = read_numbers(texts, self.decimal)
        for index in np.flatnonzero(numbers.unreadable):
            on_problem(make_problem("not-a-number", "intensity", **self._locate(place, int(index), texts[index])))
        self.are_temperatures = self._decide_whether_temperatures(numbers.values)
        values = to_unit("CPT", numbers.values, self.columns.unit, self.are_temperatures)
        if self.are_temperatures:
            kind = "temperatures"
            sign = np.where(np.isin(self.parameter.astype(str), WARM_TESTS), 1.0, -1.0)
            distance = sign * (values - self.baseline[self.group])
        else:
            kind = "distances from baseline"
            distance = np.abs(values)
        others = self.columns.other_intensities
        self.understood.append(
            f"{self.columns.headers[place]!r} holds {kind}" + (f" ({others} is not used)" if others else "")
        )
        wrong = np.flatnonzero((distance < 0) | (distance > THERMODE_RANGE[1] - THERMODE_RANGE[0]))
        if len(wrong):
            where = self._locate(place, int(wrong[0]), texts[wrong[0]])
            on_problem(make_problem("out-of-range", "stimuli", **where, count=len(wrong)))
            distance[wrong] = np.nan
        return distance

    def _decide_whether_temperatures(self, values: Floats) -> bool:
        """Whether intensities are temperatures: from the options, or from the values of warm stimuli."""
        if self.options.thermal is not None:
            return self.options.thermal == "absolute"
        warm = np.abs(values[np.isin(self.parameter.astype(str), WARM_TESTS) & ~np.isnan(values)])
        if len(warm) and (warm < FARTHEST_WARM).all():
            return False
        if len(warm) and (warm > FARTHEST_WARM).all():
            return True
        message = "mixed-intensities" if len(warm) else "cold-intensities"
        header = self.columns.headers[self.columns.intensity]
        where = locate(self.table, self.columns.row, header)
        raise InputError(make_problem("temperature-unclear", message, severity="error", **where))


def _number_assessments(block: Block, key: Sequence[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number of each row's assessment, and the first row of each."""
    keys = np.zeros(len(block.rows), dtype=np.int64)
    for position in key:
        codes = pd.factorize(block.columns[position])[0]
        keys = pd.factorize(keys * (int(codes.max()) + 1) + codes)[0].astype(np.int64)
    return first_rows(keys)
