"""Confidence intervals of means and shares."""

import warnings

import numpy as np
from scipy import special

from qst.arrays import Floats, Ints

CONFIDENCE = 0.95


def average(people: Floats) -> tuple[Floats, Floats]:
    """Mean of each column, and the ends of its 95 % interval, shape (2, columns), NaN for fewer than two values.

    >>> mean, interval = average(np.array([[1.0], [2.0], [3.0]]))
    >>> mean.tolist(), interval.round(3).ravel().tolist()
    ([2.0], [-0.484, 4.484])
    """
    n = (~np.isnan(people)).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # columns without a value
        mean, sd = np.nanmean(people, axis=0), np.nanstd(people, axis=0, ddof=1)
    half_width = np.where(
        n > 1, special.stdtrit(np.maximum(n - 1, 1), (1 + CONFIDENCE) / 2) * sd / np.sqrt(np.maximum(n, 1)), np.nan
    )
    return mean, np.stack([mean - half_width, mean + half_width])


def find_interval(found: Ints, judged: Ints) -> Floats:
    """Wilson's 95 % interval of a share in percent, shape (2, …); NaN where nobody was judged.

    (p + z²/2n ± z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n) with p = found / n and z = 1.96 (Wilson 1927, J Am Stat
    Assoc 22:209-212). It stays between 0 and 100 %, and has a width even where nobody or everybody shows the finding.

    >>> find_interval(np.array([0, 5]), np.array([10, 10])).round(1).T.tolist()
    [[0.0, 27.8], [23.7, 76.3]]
    """
    z = special.ndtri((1 + CONFIDENCE) / 2)
    n = np.where(judged > 0, judged, np.nan)
    p = found / n
    middle, half_width = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    ends: Floats = 100 * np.clip(np.stack([middle - half_width, middle + half_width]) / (1 + z**2 / n), 0, 1)
    return ends
