"""The posterior of psychometric functions, for all groups at once: arrays have the axes group, threshold, width, rates.

`qst.derive.psychometric` describes the model. Its posterior is integrated on a grid, without random numbers and without
a starting value.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats, Ints

INTERVAL = 0.95

WIDTH_OF_SIGMA = 2 * float(special.ndtri(0.95))

RATE_PRIOR = (1, 10)
"""Beta prior of guess and lapse rate."""

NARROWEST, WIDEST = 0.002, 3.0
"""Least and greatest width, in tested ranges. The prior of the width is flat up to the spread of the intensities (10th
to 90th percentile) and falls from there to 0 at the greatest width. Using the spread and not the tested range is ours:
an adaptive run may begin with one stimulus far from the others."""

_LEAST_SPREAD = 0.02
"""Least spread, in tested ranges (ours)."""

PRIOR_MARGIN = 0.5
"""The threshold's prior is flat over the tested range and falls to 0 at this share of the range outside it."""

_MODEST = 9.0
"""Grid points whose log posterior is further below the maximum are omitted from the next, finer grid."""

_COARSE, _FINE = (31, 17, 3), (35, 21, 5)
"""Number of grid points for the threshold, the width and each rate."""

_CHUNK = 6_000_000
"""Numbers held in memory at once."""

_NORM_POINTS = 401

Counts = dict[str, npt.NDArray[Any]]
"""Per group: `n` trials, `n_yes` felt, `levels` (different intensities), `weakest`, `strongest` and `spread`."""


class _Cells(NamedTuple):
    """Equal responses of one group to one intensity, and how often each occurs; sorted by group."""

    group: Ints
    intensity: Floats
    felt: Bools
    times: Ints


class Trials(NamedTuple):
    """Trials sorted by group; the groups are numbered from 0."""

    group: Ints
    intensity: Floats
    felt: Bools
    n_groups: int

    def select(self, groups: Ints) -> "Trials":
        """The trials of some groups, which get new numbers from 0."""
        number = np.full(self.n_groups, -1)
        number[groups] = np.arange(len(groups))
        kept = number[self.group] >= 0
        return Trials(number[self.group[kept]], self.intensity[kept], self.felt[kept], len(groups))

    def count_alike(self) -> _Cells:
        """Count the trials of a group with the same intensity and response: with constant stimuli there are many."""
        order = np.lexsort((self.felt, self.intensity, self.group))
        group, intensity, felt = self.group[order], self.intensity[order], self.felt[order]
        new = np.ones(len(order), dtype=bool)
        new[1:] = (np.diff(group) != 0) | (np.diff(intensity) != 0) | (felt[1:] != felt[:-1])
        first = np.flatnonzero(new)
        return _Cells(group[first], intensity[first], felt[first], np.diff(first, append=len(order)))

    def count_groups(self) -> Counts:
        """Number of trials and tested range of each group."""
        by_group = pd.Series(self.intensity).groupby(self.group)
        every = pd.RangeIndex(self.n_groups)
        spread = by_group.quantile(0.9) - by_group.quantile(0.1)
        return {
            "n": np.bincount(self.group, minlength=self.n_groups),
            "n_yes": np.bincount(self.group[self.felt], minlength=self.n_groups),
            "weakest": by_group.min().reindex(every).to_numpy(dtype=float),
            "strongest": by_group.max().reindex(every).to_numpy(dtype=float),
            "spread": spread.reindex(every).to_numpy(dtype=float),
            "levels": by_group.nunique().reindex(every, fill_value=0).to_numpy(dtype=np.int64),
        }


def integrate_posterior(trials: Trials, counts: Counts, lowest: float) -> dict[str, Floats]:
    """Summarise the posterior of each group.

    The grid is coarse first, then limited to the likely thresholds, then fine.

    Parameters
    ----------
    trials : Trials
    counts : Counts
        Of these trials.
    lowest : float
        Least possible threshold.

    Returns
    -------
    dict of str to float array, shape (groups,)
        `threshold, low, high, width, guess, lapse, evidence, misfit`, as in `qst.derive.psychometric.FIT_COLUMNS`.
    """
    weakest, strongest, spread = (counts[name].astype(float) for name in ("weakest", "strongest", "spread"))
    prior = _Prior(weakest, strongest, spread, lowest)
    bottom, top = prior.range_of_threshold
    narrow, wide = prior.range_of_log_width
    for zoom in ("threshold", "both"):
        grid = _Grid(trials, prior, (bottom, top), (narrow, wide), _COARSE)
        bottom, top = _zoom(grid.threshold, grid.log_posterior.max(axis=(2, 3)), prior.range_of_threshold)
        if zoom == "both":
            narrow, wide = _zoom(grid.log_width, grid.log_posterior.max(axis=(1, 3)), prior.range_of_log_width)
    return _Grid(trials, prior, (bottom, top), (narrow, wide), _FINE).summarise(trials, counts)


def _zoom(points: Floats, profile: Floats, limits: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """The part of each group's grid that matters, plus one step on either side."""
    matters = profile >= profile.max(axis=1, keepdims=True) - _MODEST
    step = points[:, 1] - points[:, 0]
    rows = np.arange(len(points))
    low = points[rows, matters.argmax(axis=1)] - step
    high = points[rows, matters.shape[1] - 1 - matters[:, ::-1].argmax(axis=1)] + step
    return np.maximum(low, limits[0]), np.minimum(high, limits[1])


class _Prior:
    """Priors of each group, by its tested range and the spread of its intensities."""

    def __init__(self, weakest: Floats, strongest: Floats, spread: Floats, lowest: float) -> None:
        self.weakest, self.strongest, self.span = weakest, strongest, strongest - weakest
        margin = PRIOR_MARGIN * self.span
        # The prior ends at the least possible threshold, unless weaker stimuli than that were given.
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
    """The posterior of each group on its own grid."""

    def __init__(
        self,
        trials: Trials,
        prior: _Prior,
        thresholds: tuple[Floats, Floats],
        log_widths: tuple[Floats, Floats],
        points: tuple[int, int, int],
    ) -> None:
        self.threshold = np.linspace(*thresholds, points[0], axis=1)
        self.log_width = np.linspace(*log_widths, points[1], axis=1)
        # A likelihood is a polynomial in the two rates, so a Gauss quadrature for their prior needs few points.
        rates, weights = special.roots_sh_jacobi(points[2], RATE_PRIOR[1], RATE_PRIOR[0])
        self.guess, self.lapse = (rate.ravel() for rate in np.meshgrid(rates, rates, indexing="ij"))
        weight = np.outer(weights, weights).ravel() / weights.sum() ** 2
        possible = self.guess + self.lapse < 1
        self.guess, self.lapse, weight = self.guess[possible], self.lapse[possible], weight[possible]
        self.log_posterior = self._log_likelihood(trials)
        self.log_posterior += prior.log_threshold(self.threshold)[:, :, None, None]
        self.log_posterior += prior.log_width(self.log_width)[:, None, :, None]
        self.log_posterior += np.log(weight / weight.sum())

    def _log_likelihood(self, trials: Trials) -> Floats:
        """Shape (groups, thresholds, widths, rates); computed for as many trials at a time as memory allows."""
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
        """Log probability of each response at each point of its group's grid; single precision is enough."""
        threshold = self.threshold[group][:, :, None]
        sigma = np.exp(self.log_width[group])[:, None, :] / WIDTH_OF_SIGMA
        z = (intensity[:, None, None] - threshold) / sigma
        # Φ(z) for a stimulus that was felt, 1 - Φ(z) for one that was not.
        agreeing = special.ndtr(np.where(felt[:, None, None], z, -z)).astype(np.float32)
        by_chance = np.where(felt[:, None], self.guess, self.lapse).astype(np.float32)
        probability = agreeing[..., None] * (1 - self.guess - self.lapse).astype(np.float32)
        probability += by_chance[:, None, None, :]
        return np.log(probability, out=probability)

    def summarise(self, trials: Trials, counts: Counts) -> dict[str, Floats]:
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
        n, yes = counts["n"].astype(float), counts["n_yes"].astype(float)
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


def _measure_misfit(trials: Trials, found: dict[str, Floats]) -> Floats:
    """How far the log likelihood falls short of its expectation, in its SD (Spiegelhalter's statistic)."""
    threshold, width, guess, lapse = (found[name][trials.group] for name in ("threshold", "width", "guess", "lapse"))
    rise = special.ndtr((trials.intensity - threshold) / width * WIDTH_OF_SIGMA)
    p = guess + (1 - guess - lapse) * rise
    expected = special.xlogy(p, p) + special.xlogy(1 - p, 1 - p)
    actual = np.log(np.where(trials.felt, p, 1 - p))
    difference = np.bincount(trials.group, weights=expected - actual, minlength=trials.n_groups)
    variance = np.bincount(trials.group, weights=p * (1 - p) * special.logit(p) ** 2, minlength=trials.n_groups)
    return np.asarray(difference / np.sqrt(np.maximum(variance, 1e-12)))
