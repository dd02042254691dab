"""Trials with a stimulus and a yes or no, read and checked: parameter, distance from baseline, response."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats, Texts, first_rows
from qst.errors import InputError
from qst.loaders.files.cells import find_decimal, is_blank, read_numbers, read_words
from qst.loaders.files.text_table import Block, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.values import name_parameters, to_unit
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BASELINE, CODES, THERMODE_RANGE
from qst.vocabulary.names import normalise, words
from qst.vocabulary.units import Unit

THERMAL = ("CDT", "WDT", "CPT", "HPT")
"""Parameters whose thresholds can be read from yes/no trials: intensities are temperatures."""

WARM = ("WDT", "HPT")

FARTHEST_WARM = 25.0
"""°C: warm stimuli all below are distances from baseline, all above are temperatures (ours: a thermode warms by
20 °C, and the skin has 30)."""

EXAMPLE = "--codes parameter:1=CDT,2=WDT,3=CPT,4=HPT"


@dataclass(frozen=True, slots=True)
class StimulusColumns:
    """Where the columns of a table of yes/no trials stand.

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
        What tells one assessment from another.
    own : list of int
        Columns that say nothing of a single trial.
    unit : Unit or None
        Of the intensity, where its header says it.
    beside : str
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
    beside: str


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
    told : list of str
        What was understood, for the user.
    parameter : object array of str
        Of each trial; None where it is not known.
    felt : float array
        1, 0, or NaN for a trial that does not count.
    distance : float array
        Of each stimulus from the baseline, in °C.
    group, first : int arrays
        Assessment of each trial, numbered from 0, and the first trial of each assessment.
    baseline : float array
        Of each assessment, in °C.
    """

    def __init__(self, table: TextTable, columns: StimulusColumns, options: LoadOptions, on_problem: OnProblem) -> None:
        self.table, self.columns, self.options = table, columns, options
        self.block = block = _read_all(table, columns, on_problem)
        self.decimal = options.decimal or find_decimal([block.columns[columns.intensity]])
        self.told: list[str] = []
        self.parameter = self._name_conditions(on_problem)
        self.felt = self._read_responses(on_problem)
        self.group, self.first = _number_assessments(block, list(columns.key.values()))
        self.baseline, self.baseline_said = self.read_baseline(on_problem)
        self.distance = self._read_intensities(on_problem)

    def _condition_texts(self) -> Texts:
        texts = [self.block.columns[position] for position in self.columns.condition]
        joined = texts[0]
        for more in texts[1:]:
            joined = np.array(
                [f"{a.strip()} {b.strip()}".strip() for a, b in zip(joined, more, strict=True)], dtype=object
            )
        return joined

    def _name_conditions(self, on_problem: OnProblem) -> Texts:
        """Parameter of each trial; None, and a problem, where the condition's word or code is not known."""
        texts = self._condition_texts()
        codes = name_parameters(texts, self.options.codes.get("parameter", {}))
        for text in dict.fromkeys(texts[codes == np.array(None)]):
            rest = words("yes_no_parameters").get(normalise(text))
            codes[texts == text] = rest
        unknown = dict.fromkeys(texts[codes == np.array(None)])
        header = self.columns.headers[self.columns.condition[0]]
        numbers = [text for text in unknown if text.strip().replace(".", "", 1).isdigit()]
        if numbers:
            row = int(self.block.rows[np.flatnonzero(texts == numbers[0])[0]])
            message = (
                f"the condition is coded as {', '.join(sorted(text.strip() for text in numbers))}, and only the "
                f"laboratory knows what that means: say {EXAMPLE}, or as it is there"
            )
            on_problem(Problem("error", "code-unknown", message, self.table.file, row, header, cut_text(numbers[0])))
        for text in unknown:
            if text not in numbers:
                rows = np.flatnonzero(texts == text)
                message = (
                    f"{shorten(text)} is none of {' '.join(THERMAL)}; its {len(rows)} trials are not used: say "
                    f"--codes 'parameter:{text.strip() or 'word'}=CDT'"
                )
                row = int(self.block.rows[rows[0]])
                on_problem(Problem("error", "unknown-parameter", message, self.table.file, row, header, cut_text(text)))
        for code in [code for code in CODES if code not in THERMAL and (codes == code).any()]:
            rows = np.flatnonzero(codes == code)
            message = (
                f"yes/no trials of {code} are not fitted, only those of {' '.join(THERMAL)}; {len(rows)} are not used"
            )
            on_problem(
                Problem("error", "unknown-parameter", message, self.table.file, int(self.block.rows[rows[0]]), header)
            )
            codes[rows] = None
        if (codes == np.array(None)).all():
            message = f"no condition of the yes/no trials is known: say what they mean, as in {EXAMPLE}"
            raise InputError(Problem("error", "code-unknown", message, self.table.file, self.columns.row, header))
        return codes

    def _read_responses(self, on_problem: OnProblem) -> Floats:
        """1 where felt, 0 where not, NaN where the trial does not count."""
        texts = self.block.columns[self.columns.response]
        read = read_words(texts, words("response"))
        felt = np.where(read.values == "yes", 1.0, np.where(read.values == "no", 0.0, np.nan))
        header = self.columns.headers[self.columns.response]
        for text in read.unknown:
            rows = np.flatnonzero(texts == text)
            message = f"{shorten(text)} says neither yes nor no, so {len(rows)} trials do not count: write 1 or 0"
            row = int(self.block.rows[rows[0]])
            on_problem(Problem("error", "word-unknown", message, self.table.file, row, header, cut_text(text)))
        silent = np.flatnonzero(read.values == np.array(None))
        if len(silent):
            message = f"{len(silent)} trials have no response and do not count; the first is here"
            on_problem(
                Problem("warning", "no-response", message, self.table.file, int(self.block.rows[silent[0]]), header)
            )
        if self.columns.keep is not None:
            kept = read_words(self.block.columns[self.columns.keep], words("keep")).values != "no"
            felt[~kept] = np.nan
        return felt

    def read_baseline(self, on_problem: OnProblem) -> tuple[Floats, bool]:
        """Baseline of each assessment, and whether file or option says it; 32 °C where neither does."""
        fixed = float(self.options.fixed.get("baseline", np.nan))
        baseline = np.full(len(self.first), fixed)
        if self.columns.baseline is not None:
            numbers = read_numbers(self.block.columns[self.columns.baseline], self.decimal).values
            by_group = pd.Series(numbers).groupby(self.group)
            one = (by_group.max() == by_group.min()).to_numpy()
            baseline = np.where(one, by_group.first().to_numpy(), baseline)
            for group in np.flatnonzero((by_group.max() > by_group.min()).to_numpy()):
                message = "the trials of this assessment have different baselines; none is used: keep one"
                row = int(self.block.rows[self.first[group]])
                header = self.columns.headers[self.columns.baseline]
                on_problem(Problem("error", "contradiction", message, self.table.file, row, header))
        said = not np.isnan(baseline).any()
        return np.where(np.isnan(baseline), BASELINE, baseline), said

    def _read_intensities(self, on_problem: OnProblem) -> Floats:
        """Distance of each stimulus from baseline, in °C."""
        columns, file = self.columns, self.table.file
        texts, header = self.block.columns[columns.intensity], columns.headers[columns.intensity]
        numbers = read_numbers(texts, self.decimal)
        for position in np.flatnonzero(numbers.unreadable):
            message = (
                f"{shorten(texts[position])} is not a number; expected the intensity in °C; the trial does not count"
            )
            row = int(self.block.rows[position])
            on_problem(Problem("error", "not-a-number", message, file, row, header, cut_text(texts[position])))
        absolute = self.absolute = self._are_temperatures(numbers.values)
        values = to_unit("CPT", numbers.values, columns.unit, absolute)
        if not absolute:
            kind = "distances from baseline"
            distance = np.abs(values)
        else:
            kind = "temperatures"
            towards = np.where(np.isin(self.parameter.astype(str), WARM), 1.0, -1.0)
            distance = towards * (values - self.baseline[self.group])
        self.told.append(f"{header!r} holds {kind}" + (f" ({columns.beside} is not used)" if columns.beside else ""))
        wrong = np.flatnonzero((distance < 0) | (distance > THERMODE_RANGE[1] - THERMODE_RANGE[0]))
        if len(wrong):
            message = (
                f"{len(wrong)} stimuli lie on the other side of the baseline, or further from it than a thermode "
                "reaches; they do not count: check baseline and condition"
            )
            row = int(self.block.rows[wrong[0]])
            on_problem(Problem("error", "out-of-range", message, file, row, header, cut_text(texts[wrong[0]])))
            distance[wrong] = np.nan
        return distance

    def _are_temperatures(self, values: Floats) -> bool:
        """Whether intensities are temperatures: from the option, or from the values of warm stimuli."""
        if self.options.thermal is not None:
            return self.options.thermal == "absolute"
        warm = np.abs(values[np.isin(self.parameter.astype(str), WARM) & ~np.isnan(values)])
        if len(warm) and (warm < FARTHEST_WARM).all():
            return False
        if len(warm) and (warm > FARTHEST_WARM).all():
            return True
        what = "are neither all temperatures nor all distances" if len(warm) else "of cold alone may be either"
        message = (
            f"the intensities {what}: say --thermal difference if they are distances from baseline, --thermal absolute "
            "if they are temperatures"
        )
        header = self.columns.headers[self.columns.intensity]
        raise InputError(Problem("error", "temperature-unclear", message, self.table.file, self.columns.row, header))

    @property
    def names(self) -> Texts:
        """Subject of each assessment; empty where the table names none."""
        if "subject" not in self.columns.key:
            return np.full(len(self.first), "", dtype=object)
        return self.block.columns[self.columns.key["subject"]][self.first]

    def leave_out_pain(self, on_problem: OnProblem) -> list[str]:
        """The parameters that can be fitted: without a baseline, the distance of a pain threshold is no temperature."""
        codes = [code for code in THERMAL if (self.parameter == code).any()]
        if self.baseline_said:
            return codes
        self.told.append(f"a baseline of {BASELINE:g} °C is assumed, as none is given")
        pain = [code for code in codes if code in ("CPT", "HPT")]
        if self.absolute or not pain:
            return codes
        message = (
            f"{' and '.join(pain)} are temperatures, and the baseline from which the stimuli are counted is not given; "
            "they are not used: say --set baseline=32, or as it was"
        )
        on_problem(Problem("error", "baseline-unknown", message, self.table.file, self.columns.row))
        rest = [code for code in codes if code not in pain]
        if not rest:
            raise InputError(Problem("error", "baseline-unknown", message, self.table.file, self.columns.row))
        return rest

    def find_constant(self) -> tuple[list[int], list[str]]:
        """Columns with one text in all trials of each assessment, and the names of the others."""
        kept, left_out = [], []
        for position in self.columns.own:
            texts = pd.factorize(self.block.columns[position])[0]
            if (texts == texts[self.first][self.group]).all():
                kept.append(position)
            elif not is_blank(self.block.columns[position]).all():
                left_out.append(shorten(self.columns.headers[position]))
        return kept, left_out


def _read_all(table: TextTable, columns: StimulusColumns, on_problem: OnProblem) -> Block:
    blocks = list(table.read_blocks(columns.row, len(columns.headers), on_problem))
    if not blocks:
        message = "the table has a header and no rows with data: check that this is the right file"
        raise InputError(Problem("error", "no-rows", message, table.file, columns.row))
    every = zip(*(block.columns for block in blocks), strict=True)
    return Block(np.concatenate([block.rows for block in blocks]), [np.concatenate(parts) for parts in every])


def _number_assessments(block: Block, key: Sequence[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number of each row's assessment, and the first row of each."""
    keys = np.zeros(len(block.rows), dtype=np.int64)
    for position in key:
        codes = pd.factorize(block.columns[position])[0]
        keys = pd.factorize(keys * (int(codes.max()) + 1) + codes)[0].astype(np.int64)
    return first_rows(keys)
