"""Thresholds from yes/no trials: psychometric functions of many assessments, fitted at once.

A stimulus of intensity x is felt with the probability

    P(yes) = guess + (1 - guess - lapse) · Φ((x - threshold) / σ)

The threshold is the intensity at which the underlying function Φ is one half; `width` is the distance over which Φ
rises from 0.05 to 0.95, which is 3.29 σ. Model, width, the prior of the threshold and the priors of the two rates are
those of Schütt, Harmeling, Macke and Wichmann 2016 (Vision Research 122:105-123, 10.1016/j.visres.2016.02.002); so is
the integration of the posterior on a grid (`qst.derive.posterior`). What is ours is marked at its constant.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts
from qst.derive.posterior import Counts, Trials, integrate_posterior
from qst.errors import OptionError

SUPPORTED, FEW, BELOW, BEYOND, FLAT, WIDE = "supported", "few", "below", "beyond", "flat", "wide"

STATUS: dict[str, str] = {
    SUPPORTED: "the responses support a threshold",
    FEW: "too few trials, or too few different intensities",
    BELOW: "felt even at the weakest stimuli, so the threshold lies below the tested range",
    BEYOND: "not felt even at the strongest stimuli, so the threshold lies beyond the tested range",
    FLAT: "the responses do not rise with the intensity",
    WIDE: "the interval of the threshold is too wide",
}
"""The possible results of a fit. Only `supported` has a threshold."""

FEWEST_FITTED = 15
"""Groups with fewer trials than this, or fewer intensities than `FEWEST_LEVELS`, are not fitted (ours)."""

FEWEST_LEVELS = 4
"""The function has four unknowns (ours)."""

LEAST_EVIDENCE = 0.0
"""Least log10 Bayes factor for a rise against one rate at all intensities: the rise is more likely (ours)."""

BY_MISTAKE = 0.1
"""Without a rise, at most this share of one answer is taken for mistakes, so that the threshold lies outside the tested
range (ours; about the mean of the prior of the two rates)."""

WIDEST_SHARE = 0.5
"""Widest interval of a threshold, as a share of the tested range (ours: a wider one adds little to it)."""

POOR_FIT = 3.0
"""`misfit` above which responses scatter more than the function allows (ours: three standard errors)."""

FIT_COLUMNS: dict[str, str] = {
    "threshold": "posterior median of the threshold, in the unit of the intensities",
    "low": "lower end of the central 95 % interval of the threshold; `wide` fits keep it",
    "high": "upper end of that interval",
    "width": "posterior median of the width",
    "guess": "posterior mean of the guess rate",
    "lapse": "posterior mean of the lapse rate",
    "n": "number of trials that count",
    "n_yes": "number of those that were felt",
    "weakest": "lowest tested intensity",
    "strongest": "highest tested intensity",
    "evidence": "log10 Bayes factor of the function against one rate at all intensities (uniform prior)",
    "misfit": "by how many standard errors the log likelihood falls short of what the fitted function expects",
    "status": "a key of `STATUS`",
}
"""The columns of a fit. Those of the function are missing where the data do not support a threshold."""


def fit_psychometric(
    group: npt.ArrayLike, intensity: npt.ArrayLike, response: npt.ArrayLike, *, lowest: float = -np.inf
) -> pd.DataFrame:
    """Fit a psychometric function to the yes/no trials of each of many groups.

    Parameters
    ----------
    group : array of labels, shape (trials,)
        Which trials belong together, for example an assessment and a parameter. Any order.
    intensity : array of float, shape (trials,)
        Strength of the stimulus; more is stronger. Any unit.
    response : array of bool or float, shape (trials,)
        1 where it was felt, 0 where not. Trials with a missing intensity or response do not count.
    lowest : float, optional
        Least possible threshold: 0 where intensities are distances from no stimulus.

    Returns
    -------
    pandas.DataFrame
        One row per group, in order of first appearance, indexed by its label, with the columns `FIT_COLUMNS`.

    Raises
    ------
    OptionError
        The arrays differ in length, or a response is neither 0 nor 1.

    Notes
    -----
    The interval is a Bayesian credible interval; in simulated people it contains the true threshold about as often as
    its level states (`tests/derive/test_psychometric.py`). A trial's outcome may decide the next intensity, as in
    adaptive procedures: that does not change the likelihood.

    Examples
    --------
    >>> levels = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 8)
    >>> felt = np.concatenate([np.arange(8) < n for n in (0, 1, 4, 7, 8)])
    >>> fit = fit_psychometric(np.full(40, "007"), levels, felt)
    >>> fit.loc["007", "status"], float(fit.loc["007", "threshold"].round(1))
    ('supported', 3.0)
    """
    codes, labels = pd.factorize(np.asarray(group))
    trials = _take_trials(codes, np.asarray(intensity, dtype=float), np.asarray(response, dtype=float), len(labels))
    counts = trials.count_groups()
    few = (counts["n"] < FEWEST_FITTED) | (counts["levels"] < FEWEST_LEVELS)
    table = {name: np.full(len(labels), np.nan) for name in FIT_COLUMNS if name not in counts} | counts
    fitted = np.flatnonzero(~few)
    if len(fitted):
        own = {name: values[fitted] for name, values in counts.items()}
        for name, values in integrate_posterior(trials.select(fitted), own, lowest).items():
            table[name][fitted] = values
    return pd.DataFrame(_blank_unsupported(table, few), index=pd.Index(labels))[list(FIT_COLUMNS)]


def _take_trials(codes: npt.NDArray[np.integer], intensity: Floats, response: Floats, n_groups: int) -> Trials:
    """The trials that count, sorted by group."""
    if not len(codes) == len(intensity) == len(response):
        raise OptionError("group, intensity and response must have the same length")
    counts = np.isfinite(intensity) & np.isfinite(response) & (codes >= 0)
    if not np.isin(response[counts], (0, 1)).all():
        raise OptionError("a response is 1 (felt) or 0 (not felt)")
    order = np.flatnonzero(counts)[np.argsort(codes[counts], kind="stable")]
    return Trials(codes[order].astype(np.int64), intensity[order], response[order] == 1, n_groups)


def _blank_unsupported(fit: Counts, few: Bools) -> Counts:
    """The fits with their status, and without the function where the data do not support it."""
    status = _judge(fit, few)
    kept = dict.fromkeys(("threshold", "width", "guess", "lapse", "misfit"), status == SUPPORTED)
    kept |= dict.fromkeys(("low", "high"), (status == SUPPORTED) | (status == WIDE))
    return fit | {name: np.where(where, fit[name], np.nan) for name, where in kept.items()} | {"status": status}


def _judge(fit: Counts, few: Bools) -> Texts:
    """The status of each group: the first whose condition holds."""
    n, yes, weakest, strongest = (fit[name].astype(float) for name in ("n", "n_yes", "weakest", "strongest"))
    threshold, low, high, evidence = (fit[name].astype(float) for name in ("threshold", "low", "high", "evidence"))
    rises = evidence >= LEAST_EVIDENCE
    beyond = np.where(rises, threshold > strongest, yes <= BY_MISTAKE * n)
    below = np.where(rises, threshold < weakest, n - yes <= BY_MISTAKE * n)
    reasons = (
        (few, FEW),
        ((yes == 0) | beyond, BEYOND),
        ((yes == n) | below, BELOW),
        (~rises, FLAT),
        (high - low > WIDEST_SHARE * (strongest - weakest), WIDE),
    )
    return np.select([where for where, _ in reasons], [word for _, word in reasons], SUPPORTED).astype(object)
