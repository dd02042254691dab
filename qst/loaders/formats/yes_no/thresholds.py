"""Thermal thresholds from yes/no trials: fits as columns of assessments, and what the trials do not support."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats, join_texts
from qst.derive.psychometric import (
    BELOW,
    BEYOND,
    FEW,
    FEWEST_FITTED,
    FEWEST_LEVELS,
    FLAT,
    POOR_FIT,
    STATUS,
    SUPPORTED,
    WIDE,
    WIDEST_SHARE,
    fit_psychometric,
)
from qst.loaders.formats.yes_no.trials import YesNoTrials
from qst.notes import format_note
from qst.problems import OnProblem, Problem, shorten
from qst.protocol import BY_CODE, THERMODE_RANGE

COLD = ("CDT", "CPT")

_TEMPERATURES = ("CPT", "HPT")

_REMEDY = {
    FEW: f"at least {FEWEST_FITTED} trials of {FEWEST_LEVELS} intensities are needed",
    BELOW: "test weaker stimuli",
    BEYOND: "test stronger stimuli",
    FLAT: "check condition, intensities and responses",
    WIDE: f"more trials are needed: it spans more than {WIDEST_SHARE:.0%} of the tested range",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Columns of the assessments, in order, and how many trials they stand on."""

    columns: dict[str, npt.NDArray[np.generic]]
    n_trials: int


def fit_thresholds(trials: YesNoTrials, codes: Sequence[str], on_problem: OnProblem) -> Thresholds:
    """Fit the thresholds of all assessments and parameters.

    Parameters
    ----------
    trials : YesNoTrials
    codes : sequence of str
        Parameters to fit.
    on_problem : callable

    Returns
    -------
    Thresholds
        For each code: the threshold (CDT and WDT °C from baseline, CPT and HPT °C), `_low` and `_high` of its 95 %
        interval, `_width`, `_guess`, `_lapse`, `_n`, `_yes`, `_evidence` and `_fit` (a key of `STATUS`; empty where
        there are no trials); then `notes`.
    """
    number = pd.Index(codes).get_indexer(pd.Index(trials.parameter))
    used = number >= 0
    key = trials.group[used] * len(codes) + number[used]
    rows, baseline = trials.block.rows, trials.baseline
    fit = fit_psychometric(key, trials.distance[used], trials.felt[used], lowest=0.0)
    first_row = pd.Series(rows[used]).groupby(key).min()
    columns: dict[str, npt.NDArray[np.generic]] = {}
    details: dict[str, npt.NDArray[np.generic]] = {}
    notes: list[npt.NDArray[np.object_]] = [np.full(len(baseline), "yes_no_trials", dtype=object)]
    for place, code in enumerate(codes):
        keys = np.arange(len(baseline)) * len(codes) + place
        part = fit.reindex(keys)
        part.index = pd.RangeIndex(len(baseline))
        at = first_row.reindex(keys).to_numpy()
        end, at_end = _find_end(code, part, baseline)
        _report_fits(code, part, at, at_end, trials=trials, on_problem=on_problem)
        columns[code] = np.where(at_end, end, part["threshold"])
        low, high = part["low"].to_numpy(dtype=float), part["high"].to_numpy(dtype=float)
        if code in _TEMPERATURES:
            sign = -1.0 if code in COLD else 1.0
            columns[code] = baseline + sign * columns[code].astype(float)
            low, high = baseline + sign * low, baseline + sign * high
            low, high = np.fmin(low, high), np.fmax(low, high)
        details |= {f"{code}_low": low, f"{code}_high": high}
        details |= {f"{code}_{name}": part[name].to_numpy(dtype=float) for name in ("width", "guess", "lapse")}
        details |= {f"{code}_n": part["n"].fillna(0).to_numpy(dtype=np.int64)}
        details |= {f"{code}_yes": part["n_yes"].fillna(0).to_numpy(dtype=np.int64)}
        details |= {f"{code}_evidence": part["evidence"].to_numpy(dtype=float)}
        status = part["status"].fillna("").to_numpy(dtype=object)
        details |= {f"{code}_fit": status}
        notes.append(_note(code, status, at_end))
    columns |= details
    columns["notes"] = join_texts(notes) if len(baseline) else np.array([], dtype=object)
    return Thresholds(columns, int(np.isfinite(trials.felt[used] + trials.distance[used]).sum()))


def _find_end(code: str, fit: pd.DataFrame, baseline: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Distance of the device's end, and where even stimuli at that end were not felt."""
    end = np.abs(THERMODE_RANGE[0 if code in COLD else 1] - baseline)
    reached = fit["strongest"].to_numpy(dtype=float) >= end - BY_CODE[code].overshoot
    return end, np.asarray((fit["status"] == BEYOND).to_numpy() & reached, dtype=bool)


def _note(code: str, status: npt.NDArray[np.object_], at_end: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    """`threshold_beyond` where the device's end stands for the threshold, else why there is none."""
    labels = {word: format_note("no_threshold", code, word) for word in STATUS if word != SUPPORTED}
    notes = np.array([labels.get(str(word), "") for word in status], dtype=object)
    notes[at_end] = format_note("threshold_beyond", code)
    return notes


def _report_fits(
    code: str,
    fit: pd.DataFrame,
    rows: Floats,
    at_end: npt.NDArray[np.bool_],
    *,
    trials: YesNoTrials,
    on_problem: OnProblem,
) -> None:
    """A problem for each fit that the data do not support, and for each that fits badly."""
    known = fit["status"].notna().to_numpy()
    names, file, column = trials.names, trials.table.file, trials.columns.headers[trials.columns.condition[0]]
    end = THERMODE_RANGE[0 if code in COLD else 1]
    for position in np.flatnonzero(known & (fit["status"] != SUPPORTED).to_numpy()):
        row = fit.iloc[position]
        status, severity = str(row["status"]), "error"
        told = "no threshold" if not at_end[position] else "threshold beyond what was tested"
        what = (
            f"{code} of subject {shorten(str(names[position]))}, {told}: felt {row['n_yes']:.0f} of {row['n']:.0f} "
            f"stimuli of {row['weakest']:.3g} to {row['strongest']:.3g} °C from baseline; {STATUS[status]}"
        )
        if status == WIDE:
            what += f" ({row['low']:.3g} to {row['high']:.3g} °C from baseline)"
        if at_end[position]:
            severity = "warning"
            then = f"the device's end of {end:g} °C stands for {code}, as in the method of limits"
        else:
            then = f"{code} stays empty: {_REMEDY[status]}"
        _tell(on_problem, severity, f"threshold-{status}", f"{what}; {then}", file, rows[position], column)
    for position in np.flatnonzero(known & (fit["misfit"] > POOR_FIT).to_numpy()):
        message = (
            f"the responses of subject {shorten(str(names[position]))} for {code} scatter more than the fitted "
            "function allows, so its interval is too narrow: check the trials"
        )
        _tell(on_problem, "warning", "threshold-poor-fit", message, file, rows[position], column)


def _tell(on_problem: OnProblem, severity: str, code: str, message: str, file: str, row: float, column: str) -> None:
    level: Literal["error", "warning"] = "error" if severity == "error" else "warning"
    on_problem(Problem(level, code, message, file, int(row), column))
