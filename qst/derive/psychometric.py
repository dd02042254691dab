"""Thresholds from yes/no trials: psychometric functions of many assessments, fitted at once.

A stimulus of intensity x is felt with the probability

    P(yes) = guess + (1 - guess - lapse) · Φ((x - threshold) / σ)

The threshold is the intensity at which the underlying function Φ is one half; `width` is the distance over which Φ
rises from 0.05 to 0.95, which is 3.29 σ. Model, width, the prior of the threshold and those of the two rates are
those of Schütt, Harmeling, Macke and Wichmann 2016 (Vision Research 122:105-123, 10.1016/j.visres.2016.02.002), and
so is the integration of the posterior on a grid, without chance and without a starting value. What is ours is said
at its constant.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats, Ints
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
"""What can come of a fit. Only `supported` has a threshold."""

FEWEST_TRIALS = 15

FEWEST_LEVELS = 4
"""Fewer trials, or fewer different intensities, than these are not fitted (ours: there are four unknowns)."""

LEAST_EVIDENCE = 0.0
"""Least log10 Bayes factor for a rise against one rate at all intensities: the rise is likelier (ours)."""

BY_MISTAKE = 0.1
"""Without a rise, at most this share of one answer is taken as mistakes, so that the threshold lies outside the tested
range (ours; about the mean of the prior of the two rates)."""

WIDEST_SHARE = 0.5
"""Widest interval of a threshold, as a share of the tested range (ours: hardly more is known then)."""

INTERVAL = 0.95

POOR_FIT = 3.0
"""`misfit` above which responses scatter more than the function allows (ours: three standard errors)."""

WIDTH_OF_SIGMA = 2 * float(special.ndtri(0.95))

RATE_PRIOR = (1, 10)
"""Beta prior of guess and lapse rate."""

NARROWEST, WIDEST = 0.002, 3.0
"""Least and greatest width, in tested ranges. The prior of the width is flat up to the spread of the intensities (10th
to 90th percentile) and falls from there to 0 at the greatest width. That the spread stands there and not the tested
range is ours: an adaptive run may begin with one stimulus far off."""

_LEAST_SPREAD = 0.02
"""Least spread, in tested ranges (ours)."""

PRIOR_MARGIN = 0.5
"""The threshold's prior is flat over the tested range and falls to 0 at this share of it outside."""

_MODEST = 9.0
"""Grid points whose log posterior lies further below the best are left out of the next, finer grid."""

_COARSE, _FINE = (31, 17, 3), (35, 21, 5)
"""Points of the grids: threshold, width, each rate."""

_CHUNK = 6_000_000
"""Numbers held in memory at once."""

_NORM_POINTS = 401

COLUMNS = (
    "threshold", "low", "high", "width", "guess", "lapse", "n", "n_yes", "weakest", "strongest", "evidence", "misfit",
    "status",
)  # fmt: skip


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
        Least threshold that is possible: 0 where intensities are distances from no stimulus.

    Returns
    -------
    pandas.DataFrame
        A row a group, in order of first appearance, indexed by its label.

        threshold, low, high
            Posterior median and central 95 % interval of the threshold, in the unit of `intensity`. Missing unless the
            data support them; `wide` fits keep their interval.
        width, guess, lapse
            Posterior median of the width, posterior means of the two rates. Missing where there is no threshold.
        n, n_yes, weakest, strongest
            Trials that count, those that were felt, and the tested range.
        evidence
            log10 Bayes factor of the function against one rate at all intensities (uniform prior).
        misfit
            By how many standard errors the log likelihood falls short of what the fitted function expects. Above
            `POOR_FIT` the responses scatter more than the function allows.
        status
            A key of `STATUS`.

    Raises
    ------
    OptionError
        The arrays differ in length, or a response is neither 0 nor 1.

    Notes
    -----
    The interval is a Bayesian credible interval; in simulated people it holds the true threshold about as often as it
    says (`tests/test_psychometric.py`). A trial's outcome may decide the next intensity, as in adaptive procedures:
    that does not change the likelihood.

    Examples
    --------
    >>> levels = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 8)
    >>> felt = np.concatenate([np.arange(8) < n for n in (0, 1, 4, 7, 8)])
    >>> fit = fit_psychometric(np.full(40, "007"), levels, felt)
    >>> fit.loc["007", "status"], float(fit.loc["007", "threshold"].round(1))
    ('supported', 3.0)
    """
    codes, labels = pd.factorize(np.asarray(group))
    x, y = np.asarray(intensity, dtype=float), np.asarray(response, dtype=float)
    if not len(codes) == len(x) == len(y):
        raise OptionError("group, intensity and response must be of one length")
    counts = np.isfinite(x) & np.isfinite(y) & (codes >= 0)
    if not np.isin(y[counts], (0, 1)).all():
        raise OptionError("a response is 1 (felt) or 0 (not felt)")
    order = np.flatnonzero(counts)[np.argsort(codes[counts], kind="stable")]
    trials = _Trials(codes[order].astype(np.int64), x[order], y[order] == 1, len(labels))
    fit = _describe(trials)
    fitted = np.flatnonzero(fit["few"] == 0)
    results = {name: np.full(len(labels), np.nan) for name in COLUMNS[:-1] if name not in fit}
    if len(fitted):
        for name, values in _integrate(trials.select(fitted), fit, fitted, lowest).items():
            results[name][fitted] = values
    status = _judge(fit, results)
    for name in ("threshold", "width", "guess", "lapse", "misfit"):
        results[name] = np.where(status == SUPPORTED, results[name], np.nan)
    for name in ("low", "high"):
        results[name] = np.where((status == SUPPORTED) | (status == WIDE), results[name], np.nan)
    table = pd.DataFrame({**fit, **results, "status": status}, index=pd.Index(labels))
    return table[list(COLUMNS)]


class _Cells(NamedTuple):
    """Responses of one group to one intensity that are alike, and how many; sorted by group."""

    group: Ints
    intensity: Floats
    felt: Bools
    times: Ints


class _Trials(NamedTuple):
    """Trials sorted by group; the groups are numbered from 0."""

    group: Ints
    intensity: Floats
    felt: Bools
    n_groups: int

    def select(self, groups: Ints) -> "_Trials":
        """The trials of some groups, which are numbered anew."""
        number = np.full(self.n_groups, -1)
        number[groups] = np.arange(len(groups))
        kept = number[self.group] >= 0
        return _Trials(number[self.group[kept]], self.intensity[kept], self.felt[kept], len(groups))

    def count_alike(self) -> _Cells:
        """Trials of one group with the same intensity and response, counted: of constant stimuli there are many."""
        order = np.lexsort((self.felt, self.intensity, self.group))
        group, intensity, felt = self.group[order], self.intensity[order], self.felt[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (np.diff(group) != 0) | (np.diff(intensity) != 0) | (felt[1:] != felt[:-1])
        first = np.flatnonzero(new)
        return _Cells(group[first], intensity[first], felt[first], np.diff(first, append=len(order)))


def _describe(trials: _Trials) -> dict[str, npt.NDArray[np.generic]]:
    """Counts and tested range of each group, and whether there are too few trials to fit."""
    n = np.bincount(trials.group, minlength=trials.n_groups)
    yes = np.bincount(trials.group[trials.felt], minlength=trials.n_groups)
    by_group = pd.Series(trials.intensity).groupby(trials.group)
    every = pd.RangeIndex(trials.n_groups)
    spread = by_group.quantile(0.9) - by_group.quantile(0.1)
    levels = by_group.nunique().reindex(every, fill_value=0).to_numpy()
    return {
        "n": n,
        "n_yes": yes,
        "weakest": by_group.min().reindex(every).to_numpy(dtype=float),
        "strongest": by_group.max().reindex(every).to_numpy(dtype=float),
        "spread": spread.reindex(every).to_numpy(dtype=float),
        "few": (n < FEWEST_TRIALS) | (levels < FEWEST_LEVELS),
    }


def _judge(fit: dict[str, npt.NDArray[np.generic]], results: dict[str, Floats]) -> npt.NDArray[np.object_]:
    """The status of each group; the first that holds."""
    n, yes = fit["n"].astype(float), fit["n_yes"].astype(float)
    weakest, strongest = fit["weakest"].astype(float), fit["strongest"].astype(float)
    rises = results["evidence"] >= LEAST_EVIDENCE
    beyond = np.where(rises, results["threshold"] > strongest, yes <= BY_MISTAKE * n)
    below = np.where(rises, results["threshold"] < weakest, n - yes <= BY_MISTAKE * n)
    reasons = (
        (fit["few"].astype(bool), FEW),
        ((yes == 0) | beyond, BEYOND),
        ((yes == n) | below, BELOW),
        (~rises, FLAT),
        (results["high"] - results["low"] > WIDEST_SHARE * (strongest - weakest), WIDE),
    )
    return np.select([where for where, _ in reasons], [word for _, word in reasons], SUPPORTED).astype(object)


# The posterior, for all groups at once: arrays have the axes group, threshold, width, rates.
def _integrate(
    trials: _Trials, fit: dict[str, npt.NDArray[np.generic]], groups: Ints, lowest: float
) -> dict[str, Floats]:
    """Summaries of the posterior of each group: a coarse grid, one about the likely thresholds, a fine one."""
    weakest, strongest, spread = (fit[name][groups].astype(float) for name in ("weakest", "strongest", "spread"))
    prior = _Prior(weakest, strongest, spread, lowest)
    bottom, top = prior.range_of_threshold
    narrow, wide = prior.range_of_log_width
    for zoom in ("threshold", "both"):
        grid = _Grid(trials, prior, (bottom, top), (narrow, wide), _COARSE)
        bottom, top = _zoom(grid.threshold, grid.log_posterior.max(axis=(2, 3)), prior.range_of_threshold)
        if zoom == "both":
            narrow, wide = _zoom(grid.log_width, grid.log_posterior.max(axis=(1, 3)), prior.range_of_log_width)
    return _Grid(trials, prior, (bottom, top), (narrow, wide), _FINE).summarise(trials, fit, groups)


def _zoom(points: Floats, profile: Floats, limits: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The part of each group's grid that matters, with a step more on either side."""
    matters = profile >= profile.max(axis=1, keepdims=True) - _MODEST
    step = points[:, 1] - points[:, 0]
    rows = np.arange(len(points))
    low = points[rows, matters.argmax(axis=1)] - step
    high = points[rows, matters.shape[1] - 1 - matters[:, ::-1].argmax(axis=1)] + step
    return np.maximum(low, limits[0]), np.minimum(high, limits[1])


class _Prior:
    """Priors of each group, from its tested range and the spread of its intensities."""

    def __init__(self, weakest: Floats, strongest: Floats, spread: Floats, lowest: float) -> None:
        self.weakest, self.strongest, self.span = weakest, strongest, strongest - weakest
        margin = PRIOR_MARGIN * self.span
        # Where nothing weaker than the least possible threshold can be, the prior ends there.
        bottom = np.where(weakest >= lowest, np.maximum(weakest - margin, lowest), weakest - margin)
        self.range_of_threshold = bottom, strongest + margin
        self._log_spread = np.log(np.maximum(spread, _LEAST_SPREAD * self.span))
        self.range_of_log_width = np.log(NARROWEST * self.span), np.log(WIDEST * self.span)
        self._norms = np.zeros(len(weakest)), np.zeros(len(weakest))
        thresholds = np.linspace(*self.range_of_threshold, _NORM_POINTS, axis=1)
        log_widths = np.linspace(*self.range_of_log_width, _NORM_POINTS, axis=1)
        self._norms = (
            np.log(np.trapezoid(np.exp(self.log_threshold(thresholds)), thresholds, axis=1)),
            np.log(np.trapezoid(np.exp(self.log_width(log_widths)), log_widths, axis=1)),
        )

    def log_threshold(self, threshold: Floats) -> Floats:
        """Log density of the thresholds of a grid, shape (groups, points)."""
        outside = np.maximum(self.weakest[:, None] - threshold, threshold - self.strongest[:, None])
        return np.asarray(_log_falloff(outside / self.span[:, None] / PRIOR_MARGIN) - self._norms[0][:, None])

    def log_width(self, log_width: Floats) -> Floats:
        """Log density of the log widths of a grid, shape (groups, points)."""
        beyond = log_width - self._log_spread[:, None]
        share = beyond / (self.range_of_log_width[1] - self._log_spread)[:, None]
        # A density that is flat in the width rises with it on the log scale.
        return np.asarray(_log_falloff(share) + np.minimum(beyond, 0) - self._norms[1][:, None])


def _log_falloff(x: Floats) -> Floats:
    """Log of 1 up to 0, of a half cosine from there, and of nearly 0 from 1 on."""
    return np.asarray(np.log(np.maximum(0.5 + 0.5 * np.cos(np.clip(x, 0, 1) * np.pi), 1e-300)))


class _Grid:
    """The posterior of each group on a grid of its own."""

    def __init__(
        self,
        trials: _Trials,
        prior: _Prior,
        thresholds: tuple[Floats, Floats],
        log_widths: tuple[Floats, Floats],
        points: tuple[int, int, int],
    ) -> None:
        self.threshold = np.linspace(*thresholds, points[0], axis=1)
        self.log_width = np.linspace(*log_widths, points[1], axis=1)
        # A likelihood is a polynomial in the two rates, so few points of a Gauss quadrature for their prior do.
        rates, weights = special.roots_sh_jacobi(points[2], RATE_PRIOR[1], RATE_PRIOR[0])
        self.guess, self.lapse = (rate.ravel() for rate in np.meshgrid(rates, rates, indexing="ij"))
        weight = np.outer(weights, weights).ravel() / weights.sum() ** 2
        possible = self.guess + self.lapse < 1
        self.guess, self.lapse, weight = self.guess[possible], self.lapse[possible], weight[possible]
        self.log_posterior = self._log_likelihood(trials)
        self.log_posterior += prior.log_threshold(self.threshold)[:, :, None, None]
        self.log_posterior += prior.log_width(self.log_width)[:, None, :, None]
        self.log_posterior += np.log(weight / weight.sum())

    def _log_likelihood(self, trials: _Trials) -> Floats:
        """Shape (groups, thresholds, widths, rates); as many trials at a time as memory allows."""
        shape = (self.threshold.shape[1], self.log_width.shape[1], len(self.guess))
        result = np.zeros((trials.n_groups, *shape))
        cells = trials.count_alike()
        room = max(1, _CHUNK // int(np.prod(shape)))
        for start in range(0, len(cells.group), room):
            part = slice(start, start + room)
            group = cells.group[part]
            logs = self._log_probability(group, cells.intensity[part], cells.felt[part])
            logs *= cells.times[part].astype(np.float32)[:, None, None, None]
            begins = np.flatnonzero(np.diff(group, prepend=-1))
            result[group[begins]] += np.add.reduceat(logs, begins, axis=0)
        return result

    def _log_probability(self, group: Ints, intensity: Floats, felt: Bools) -> npt.NDArray[np.float32]:
        """Of each response, at each point of its group's grid; single precision does."""
        threshold = self.threshold[group][:, :, None]
        sigma = np.exp(self.log_width[group])[:, None, :] / WIDTH_OF_SIGMA
        z = (intensity[:, None, None] - threshold) / sigma
        # Φ(z) of a stimulus that was felt, 1 - Φ(z) of one that was not.
        agreeing = special.ndtr(np.where(felt[:, None, None], z, -z)).astype(np.float32)
        by_chance = np.where(felt[:, None], self.guess, self.lapse).astype(np.float32)
        probability = agreeing[..., None] * (1 - self.guess - self.lapse).astype(np.float32)
        probability += by_chance[:, None, None, :]
        return np.log(probability, out=probability)

    def summarise(self, trials: _Trials, fit: dict[str, npt.NDArray[np.generic]], groups: Ints) -> dict[str, Floats]:
        """Median, interval, rates, evidence and misfit."""
        peak = self.log_posterior.max(axis=(1, 2, 3), keepdims=True)
        mass = np.exp(self.log_posterior - peak)
        rates = mass.sum(axis=(1, 2))
        rates /= rates.sum(axis=1, keepdims=True)
        by_threshold, by_width = mass.sum(axis=(2, 3)), mass.sum(axis=(1, 3))
        tail = (1 - INTERVAL) / 2
        steps = [points[:, 1] - points[:, 0] for points in (self.threshold, self.log_width)]
        found = {
            "threshold": _quantile(self.threshold, by_threshold, 0.5),
            "low": _quantile(self.threshold, by_threshold, tail),
            "high": _quantile(self.threshold, by_threshold, 1 - tail),
            "width": np.exp(_quantile(self.log_width, by_width, 0.5)),
            "guess": rates @ self.guess,
            "lapse": rates @ self.lapse,
        }
        log_mass = peak.ravel() + np.log(mass.sum(axis=(1, 2, 3)) * steps[0] * steps[1])
        n, yes = fit["n"][groups].astype(float), fit["n_yes"][groups].astype(float)
        found["evidence"] = (log_mass - special.betaln(yes + 1, n - yes + 1)) / np.log(10)
        found["misfit"] = _measure_misfit(trials, found)
        return found


def _cumulate(points: Floats, density: Floats) -> Floats:
    """Share of the mass up to each point of a grid, by the trapezoidal rule; shape (groups, points)."""
    area = np.cumsum((density[:, 1:] + density[:, :-1]) / 2, axis=1)
    share = np.concatenate([np.zeros((len(points), 1)), area], axis=1)
    return np.asarray(share / share[:, -1:])


def _quantile(points: Floats, density: Floats, probability: float) -> Floats:
    share = _cumulate(points, density)
    after = np.clip((share < probability).sum(axis=1), 1, points.shape[1] - 1)
    rows = np.arange(len(points))
    low, high = share[rows, after - 1], share[rows, after]
    part = (probability - low) / np.maximum(high - low, 1e-300)
    return np.asarray(points[rows, after - 1] + part * (points[rows, after] - points[rows, after - 1]))


def _measure_misfit(trials: _Trials, found: dict[str, Floats]) -> Floats:
    """How far the log likelihood falls short of its expectation, in its SD (Spiegelhalter's statistic)."""
    threshold, width, guess, lapse = (found[name][trials.group] for name in ("threshold", "width", "guess", "lapse"))
    rise = special.ndtr((trials.intensity - threshold) / width * WIDTH_OF_SIGMA)
    p = guess + (1 - guess - lapse) * rise
    expected = special.xlogy(p, p) + special.xlogy(1 - p, 1 - p)
    actual = np.log(np.where(trials.felt, p, 1 - p))
    difference = np.bincount(trials.group, weights=expected - actual, minlength=trials.n_groups)
    variance = np.bincount(trials.group, weights=p * (1 - p) * special.logit(p) ** 2, minlength=trials.n_groups)
    return np.asarray(difference / np.sqrt(np.maximum(variance, 1e-12)))
