"""Thermal thresholds from yes/no trials: fits as columns of assessments, and problems where trials support none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts, join_texts
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
from qst.loaders.formats.format import locate
from qst.loaders.formats.thermal_tests import COLD_TESTS, PAIN_TESTS
from qst.loaders.formats.yes_no.trials import YesNoTrials
from qst.notes import format_note
from qst.problems import OnProblem, Problem, make_problem, shorten
from qst.protocol import BY_CODE, THERMODE_RANGE

_PROBLEM_CODES = {
    FEW: "threshold-few",
    BELOW: "threshold-below",
    BEYOND: "threshold-beyond",
    FLAT: "threshold-flat",
    WIDE: "threshold-wide",
}
"""The problem of each fit that does not support a threshold."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Columns of the assessments, in order, and the number of trials they are fitted to."""

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
        interval, `_width`, `_guess`, `_lapse`, `_n`, `_yes`, `_evidence` and `_fit` (a key of `STATUS`; empty if
        there are no trials); then `notes`.
    """
    number = pd.Index(codes).get_indexer(pd.Index(trials.parameter))
    used = number >= 0
    key = trials.group[used] * len(codes) + number[used]
    n_assessments = len(trials.baseline)
    fit = fit_psychometric(key, trials.distance[used], trials.felt[used], lowest=0.0)
    first_row = pd.Series(trials.block.rows[used]).groupby(key).min()
    columns: dict[str, npt.NDArray[np.generic]] = {}
    details: dict[str, npt.NDArray[np.generic]] = {}
    notes: list[Texts] = [np.full(n_assessments, "yes_no_trials", dtype=object)]
    for place, code in enumerate(codes):
        keys = np.arange(n_assessments) * len(codes) + place
        part = fit.reindex(keys)
        part.index = pd.RangeIndex(n_assessments)
        limit, is_at_limit = _find_limit(code, part, trials.baseline)
        _report_fits(code, part, first_row.reindex(keys).to_numpy(), is_at_limit, trials=trials, on_problem=on_problem)
        columns[code], low, high = _to_values(code, part, limit, is_at_limit, trials.baseline)
        status = part["status"].fillna("").to_numpy(dtype=object)
        details |= {f"{code}_low": low, f"{code}_high": high}
        details |= {f"{code}_{name}": part[name].to_numpy(dtype=float) for name in ("width", "guess", "lapse")}
        details |= {f"{code}_n": part["n"].fillna(0).to_numpy(dtype=np.int64)}
        details |= {f"{code}_yes": part["n_yes"].fillna(0).to_numpy(dtype=np.int64)}
        details |= {f"{code}_evidence": part["evidence"].to_numpy(dtype=float), f"{code}_fit": status}
        notes.append(_write_notes(code, status, is_at_limit))
    columns |= details
    columns["notes"] = join_texts(notes) if n_assessments else np.array([], dtype=object)
    return Thresholds(columns, int(np.isfinite(trials.felt[used] + trials.distance[used]).sum()))


def _find_limit(code: str, fit: pd.DataFrame, baseline: Floats) -> tuple[Floats, Bools]:
    """Distance of the device's limit from baseline, and where even stimuli at that limit were not felt."""
    limit = np.abs(THERMODE_RANGE[0 if code in COLD_TESTS else 1] - baseline)
    reached = fit["strongest"].to_numpy(dtype=float) >= limit - BY_CODE[code].overshoot
    return limit, np.asarray((fit["status"] == BEYOND).to_numpy() & reached, dtype=bool)


def _to_values(
    code: str, fit: pd.DataFrame, limit: Floats, is_at_limit: Bools, baseline: Floats
) -> tuple[Floats, Floats, Floats]:
    """Threshold and its interval as values of the parameter: pain thresholds are temperatures, not distances."""
    threshold = np.where(is_at_limit, limit, fit["threshold"].to_numpy(dtype=float))
    low, high = fit["low"].to_numpy(dtype=float), fit["high"].to_numpy(dtype=float)
    if code not in PAIN_TESTS:
        return threshold, low, high
    sign = -1.0 if code in COLD_TESTS else 1.0
    low, high = baseline + sign * low, baseline + sign * high
    return baseline + sign * threshold, np.fmin(low, high), np.fmax(low, high)


def _write_notes(code: str, status: Texts, is_at_limit: Bools) -> Texts:
    """`threshold_beyond` if the device's limit is used as the threshold, otherwise why there is no threshold."""
    labels = {word: format_note("no_threshold", code, word) for word in STATUS if word != SUPPORTED}
    notes = np.array([labels.get(str(word), "") for word in status], dtype=object)
    notes[is_at_limit] = format_note("threshold_beyond", code)
    return notes


def _report_fits(
    code: str, fit: pd.DataFrame, rows: Floats, is_at_limit: Bools, *, trials: YesNoTrials, on_problem: OnProblem
) -> None:
    """A problem for each fit that the data do not support, and for each fit that is poor."""
    is_known = fit["status"].notna().to_numpy()
    header, names = trials.columns.headers[trials.columns.condition[0]], trials.names
    for position in np.flatnonzero(is_known & (fit["status"] != SUPPORTED).to_numpy()):
        where = locate(trials.table, int(rows[position]), header)
        subject = shorten(str(names[position]))
        on_problem(_describe_fit(code, fit.iloc[position], bool(is_at_limit[position]), subject, where))
    for position in np.flatnonzero(is_known & (fit["misfit"] > POOR_FIT).to_numpy()):
        where = locate(trials.table, int(rows[position]), header)
        on_problem(make_problem("threshold-poor-fit", **where, parameter=code, subject=shorten(str(names[position]))))


def _describe_fit(code: str, fit: "pd.Series[Any]", is_at_limit: bool, subject: str, where: dict[str, Any]) -> Problem:
    """The problem of a fit that does not support a threshold."""
    status = str(fit["status"])
    details: dict[str, Any] = {
        "parameter": code,
        "subject": subject,
        "felt": fit["n_yes"],
        "trials": fit["n"],
        "weakest": fit["weakest"],
        "strongest": fit["strongest"],
        "low": fit["low"],
        "high": fit["high"],
        "fewest_trials": FEWEST_FITTED,
        "fewest_levels": FEWEST_LEVELS,
        "widest_share": WIDEST_SHARE,
        "limit": THERMODE_RANGE[0 if code in COLD_TESTS else 1],
    }
    if status == BEYOND:
        if is_at_limit:
            return make_problem(_PROBLEM_CODES[status], "limit", severity="warning", **where, **details)
        return make_problem(_PROBLEM_CODES[status], "empty", severity="error", **where, **details)
    return make_problem(_PROBLEM_CODES[status], **where, **details)
