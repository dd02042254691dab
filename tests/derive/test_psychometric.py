"""Psychometric functions: recovery of known ones, coverage of the interval, and what responses do not support."""

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from qst.derive.posterior import WIDTH_OF_SIGMA
from qst.derive.psychometric import (
    BELOW,
    BEYOND,
    FEW,
    FEWEST_FITTED,
    FEWEST_LEVELS,
    FIT_COLUMNS,
    FLAT,
    POOR_FIT,
    STATUS,
    SUPPORTED,
    WIDE,
    fit_psychometric,
)
from qst.errors import OptionError

Floats = npt.NDArray[np.float64]
LEVELS = np.linspace(0.5, 12.0, 7)

# psignifit 4.3 (GPL), experiment_type="yes/no", sigmoid="norm": posterior mean and 95 % interval of the threshold.
# `benchmarks/psychometric.py` prints them again where it is installed.
PSIGNIFIT = {
    "steep": ((1, 2, 3, 4, 5, 6, 7), (0, 0, 1, 7, 12, 12, 12), 12, (3.8352, 3.3769, 4.2222)),
    "shallow": ((2, 4, 6, 8, 10, 12, 14), (1, 2, 4, 5, 8, 9, 11), 12, (8.4225, 6.0890, 10.5284)),
    "lapses": ((1, 2, 3, 4, 5, 6), (2, 1, 6, 13, 17, 18), 20, (3.6305, 3.0066, 4.1954)),
}


def blocks(levels: npt.ArrayLike, felt: npt.ArrayLike, n: int) -> tuple[Floats, Floats]:
    """Trials of constant stimuli: `n` at each level, of which the given number were felt."""
    responses = [np.arange(n) < k for k in np.asarray(felt)]
    return np.repeat(np.asarray(levels, dtype=float), n), np.concatenate(responses).astype(float)


def fit_one(intensity: npt.ArrayLike, response: npt.ArrayLike, **options: float) -> "pd.Series[float]":
    x = np.asarray(intensity, dtype=float)
    fit = fit_psychometric(np.zeros(len(x)), x, response, **options)
    assert len(fit) == 1
    return fit.iloc[0]


def answer(
    rng: np.random.Generator, x: Floats, threshold: Floats, width: Floats, guess: float, lapse: float
) -> npt.NDArray[np.bool_]:
    rise = special.ndtr((x - threshold) / width * WIDTH_OF_SIGMA)
    return np.asarray(rng.random(np.shape(x)) < guess + (1 - guess - lapse) * rise)


def run_staircases(
    rng: np.random.Generator, threshold: Floats, width: Floats, trials: int
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """One down, one up; the step is halved at each reversal. Arrays have the axes person, trial."""
    x, step = np.full(len(threshold), 12.0), np.full(len(threshold), 4.0)
    intensities, responses = [], []
    for _ in range(trials):
        felt = answer(rng, x, threshold, width, 0.02, 0.02)
        if responses:
            step = np.where(felt == responses[-1], step, np.maximum(step / 2, 0.25))
        intensities.append(x)
        responses.append(felt)
        x = np.clip(x + np.where(felt, -step, step), 0, 20)
    return np.array(intensities).T, np.array(responses).T


def fit_people(x: Floats, felt: npt.NDArray[np.bool_]) -> pd.DataFrame:
    return fit_psychometric(np.repeat(np.arange(len(x)), x.shape[1]), x.ravel(), felt.ravel(), lowest=0.0)


@pytest.mark.parametrize("name", PSIGNIFIT)
def test_thresholds_and_intervals_agree_with_psignifit(name: str) -> None:
    levels, felt, n, (threshold, low, high) = PSIGNIFIT[name]
    fit = fit_one(*blocks(levels, felt, n))
    half = (high - low) / 2  # priors of width and scatter differ, so the two are not the same
    assert fit["status"] == SUPPORTED
    assert fit["threshold"] == pytest.approx(threshold, abs=0.15 * half)
    assert fit["low"] == pytest.approx(low, abs=0.3 * half)
    assert fit["high"] == pytest.approx(high, abs=0.3 * half)


def test_the_posterior_is_that_of_a_plain_grid() -> None:
    """The same model implemented a second time: binomial blocks on one fine grid, without zoom and quadrature."""
    levels, felt, n = LEVELS, np.array([0, 1, 3, 6, 9, 9, 10]), 10
    span = levels[-1] - levels[0]
    spread = float(np.subtract(*np.quantile(np.repeat(levels, n), [0.9, 0.1])))
    threshold = np.linspace(levels[0] - span / 2, levels[-1] + span / 2, 160)
    width = np.geomspace(0.05, 3 * span, 60)
    rate = (np.arange(18) + 0.5) / 30  # 0.6 and more is practically impossible under Beta(1, 10)
    rise = special.ndtr((levels - threshold[:, None, None]) / width[:, None] * 2 * special.ndtri(0.95))
    log_mass = np.zeros((len(threshold), len(width), len(rate), len(rate)))
    for level, k in enumerate(felt):
        p = rate[:, None] + (1 - rate[:, None] - rate) * rise[:, :, level, None, None]
        log_mass += special.xlogy(k, np.maximum(p, 0)) + special.xlogy(n - k, np.maximum(1 - p, 0))
    log_mass += 9 * np.log((1 - rate[:, None]) * (1 - rate))
    log_mass[:, :, rate[:, None] + rate >= 1] = -np.inf
    outside = np.clip(np.maximum(levels[0] - threshold, threshold - levels[-1]) / (span / 2), 0, 1)
    too_wide = np.clip(np.log(width / spread) / np.log(3 * span / spread), 0, 1)
    mass = np.exp(log_mass - log_mass.max()) * (0.5 + 0.5 * np.cos(np.pi * outside))[:, None, None, None]
    mass *= ((0.5 + 0.5 * np.cos(np.pi * too_wide)) * np.minimum(width, spread))[:, None, None]
    share = np.cumsum(mass.sum(axis=(1, 2, 3))) / mass.sum()
    step = threshold[1] - threshold[0]
    fit = fit_one(*blocks(levels, felt, n))
    for name, probability in (("low", 0.025), ("threshold", 0.5), ("high", 0.975)):
        assert fit[name] == pytest.approx(np.interp(probability, share, threshold + step / 2), abs=0.05), name
    by_width = np.cumsum(mass.sum(axis=(0, 2, 3))) / mass.sum()
    assert fit["width"] == pytest.approx(np.interp(0.5, by_width, width * np.sqrt(width[1] / width[0])), rel=0.05)
    assert fit["guess"] == pytest.approx((mass.sum(axis=(0, 1, 3)) @ rate) / mass.sum(), abs=0.01)
    assert fit["lapse"] == pytest.approx((mass.sum(axis=(0, 1, 2)) @ rate) / mass.sum(), abs=0.01)


def test_parameters_are_recovered_and_the_interval_has_its_nominal_coverage() -> None:
    rng, people = np.random.default_rng(20), 160
    threshold, width = rng.uniform(3, 9, people), rng.uniform(1, 6, people)
    x = np.tile(np.repeat(LEVELS, 8), (people, 1))
    fit = fit_people(x, answer(rng, x, threshold[:, None], width[:, None], 0.05, 0.03))
    assert (fit["status"] == SUPPORTED).mean() > 0.97
    error = fit["threshold"] - threshold
    assert abs(error.mean()) < 0.15
    assert error.abs().mean() < 0.6
    assert abs(np.log(fit["width"] / width).median()) < 0.3  # 48 trials say little about a slope
    assert fit["guess"].mean() == pytest.approx(0.05, abs=0.05)
    assert fit["lapse"].mean() == pytest.approx(0.03, abs=0.05)
    held = ((fit["low"] <= threshold) & (threshold <= fit["high"]))[fit["status"] == SUPPORTED]
    assert 0.90 < held.mean() < 0.995  # 95 % of 160, within three standard errors
    assert fit["misfit"].max() < POOR_FIT


def test_adaptive_runs_are_recovered_too() -> None:
    rng, people = np.random.default_rng(21), 160
    threshold, width = rng.uniform(3, 9, people), rng.uniform(1, 4, people)
    fit = fit_people(*run_staircases(rng, threshold, width, 40))
    supported = fit["status"] == SUPPORTED
    assert supported.mean() > 0.85
    assert (fit["threshold"] - threshold)[supported].abs().mean() < 0.4
    held = ((fit["low"] <= threshold) & (threshold <= fit["high"]))[supported]
    assert 0.90 < held.mean() <= 1


def test_more_trials_narrow_the_interval() -> None:
    few, many = (fit_one(*blocks(LEVELS, np.array([0, 0, 1, 2, 3, 4, 4]) * k, 4 * k)) for k in (1, 10))
    assert many["high"] - many["low"] < 0.6 * (few["high"] - few["low"])
    assert few["threshold"] == pytest.approx(many["threshold"], abs=0.5)


def test_a_sharp_step_lies_between_the_last_missed_and_the_first_felt_intensity() -> None:
    fit = fit_one(*blocks(LEVELS, [0, 0, 0, 6, 6, 6, 6], 6))
    assert LEVELS[2] < fit["threshold"] < LEVELS[3]
    assert fit["width"] < LEVELS[3] - LEVELS[2]


@given(scale=st.floats(0.01, 100), shift=st.floats(-50, 50), seed=st.integers(0, 5))
@settings(max_examples=12)
def test_the_unit_and_zero_of_the_intensity_do_not_matter(scale: float, shift: float, seed: int) -> None:
    x, y = blocks(LEVELS, [0, 1, 1, 3, 5, 6, 6], 6)
    order = np.random.default_rng(seed).permutation(len(x))
    plain, other = fit_one(x, y), fit_one(shift + scale * x[order], y[order])
    assert other["threshold"] == pytest.approx(shift + scale * plain["threshold"], rel=1e-3, abs=0.01 * scale)
    assert other["width"] == pytest.approx(scale * plain["width"], rel=1e-2)
    assert other["evidence"] == pytest.approx(plain["evidence"], abs=0.01)


def test_groups_do_not_affect_each_other() -> None:
    sets = {"b": blocks(LEVELS, [0, 1, 1, 3, 5, 6, 6], 6), "a": blocks(LEVELS, [0, 0, 0, 0, 2, 5, 6], 6)}
    group = np.concatenate([np.full(len(x), name) for name, (x, _) in sets.items()])
    x, y = (np.concatenate([trials[i] for trials in sets.values()]) for i in (0, 1))
    order = np.argsort(np.tile(np.arange(42), 2), kind="stable")  # trial by trial in turn
    fit = fit_psychometric(group[order], x[order], y[order])
    assert list(fit.index) == ["b", "a"]
    assert list(fit.columns) == list(FIT_COLUMNS)
    for name, trials in sets.items():
        pd.testing.assert_series_equal(fit.loc[name], fit_one(*trials), check_names=False, rtol=1e-6)


def test_felt_at_every_intensity_gives_no_threshold() -> None:
    fit = fit_one(*blocks(LEVELS, [6] * 7, 6), lowest=0)
    assert fit["status"] == BELOW
    assert np.isnan([fit["threshold"], fit["low"], fit["high"], fit["width"]]).all()


def test_never_felt_gives_no_threshold() -> None:
    fit = fit_one(*blocks(LEVELS, [0] * 7, 6), lowest=0)
    assert fit["status"] == BEYOND
    assert np.isnan([fit["threshold"], fit["low"], fit["high"]]).all()
    assert (fit["n"], fit["n_yes"], fit["strongest"]) == (42, 0, 12.0)


def test_mistakes_among_never_and_always_felt_change_nothing() -> None:
    assert fit_one(*blocks(LEVELS, [1, 0, 0, 1, 0, 0, 0], 6))["status"] == BEYOND
    assert fit_one(*blocks(LEVELS, [6, 6, 5, 6, 6, 5, 6], 6))["status"] == BELOW


def test_a_rise_that_stays_below_one_half_is_beyond_the_tested_range() -> None:
    assert fit_one(*blocks(LEVELS, [0, 0, 0, 0, 1, 3, 7], 20))["status"] == BEYOND


def test_reversed_responses_are_not_a_rise() -> None:
    x, y = blocks(LEVELS, [0, 0, 1, 3, 5, 6, 6], 6)
    assert fit_one(x, y)["status"] == SUPPORTED
    turned = fit_one(x, 1 - y)
    assert turned["status"] == FLAT
    assert np.isnan(turned["threshold"])


def test_random_answers_rarely_give_a_threshold() -> None:
    rng = np.random.default_rng(5)
    x = np.tile(np.repeat(LEVELS, 6), (60, 1))
    fit = fit_people(x, rng.random(x.shape) < 0.5)
    assert (fit["status"] == SUPPORTED).mean() < 0.05


def test_too_few_trials_or_levels_are_not_fitted() -> None:
    x, y = blocks([1, 2, 3, 4, 5, 6, 7], [0, 0, 0, 1, 2, 2, 2], 2)
    assert len(x) == FEWEST_FITTED - 1
    assert fit_one(x, y)["status"] == FEW
    assert fit_one([*x, 4], [*y, 1])["status"] != FEW
    levels = np.arange(1, FEWEST_LEVELS)
    assert fit_one(*blocks(levels, [0, 5, 10], 10))["status"] == FEW
    assert fit_one(np.full(40, 3.0), np.arange(40) % 2)["status"] == FEW  # one level: there is no range


def test_a_wide_interval_is_reported_and_gives_no_threshold() -> None:
    fit = fit_one(*blocks([2, 4, 6, 8, 10, 12, 14], [1, 0, 1, 1, 1, 2, 2], 3))
    assert fit["status"] == WIDE
    assert np.isnan(fit["threshold"])
    assert fit["high"] - fit["low"] > 6


def test_trials_without_a_response_do_not_count() -> None:
    x, y = blocks(LEVELS, [0, 0, 1, 3, 5, 6, 6], 6)
    fit = fit_one([*x, 3.0, np.nan], [*y, np.nan, 1.0])
    pd.testing.assert_series_equal(fit, fit_one(x, y))
    assert fit_one([np.nan], [1.0])["status"] == FEW


def test_a_threshold_is_not_below_the_least_possible() -> None:
    x, y = blocks([0.7, 1, 2, 4, 8], [9, 11, 14, 19, 20], 20)
    plain, bounded = fit_one(x, y), fit_one(x, y, lowest=0.6)
    assert plain["low"] < 0.6
    assert bounded["low"] >= 0.6


def test_scattered_responses_are_a_misfit() -> None:
    smooth = fit_one(*blocks(LEVELS, [0, 2, 8, 15, 22, 28, 30], 30))
    assert smooth["misfit"] < POOR_FIT
    x, y = blocks(LEVELS, [0, 0, 30, 0, 30, 30, 30], 30)
    assert fit_one(x, y)["misfit"] > smooth["misfit"]


def test_many_trials_do_not_underflow() -> None:
    fit = fit_one(*blocks(LEVELS, [0, 20, 300, 1000, 1700, 1980, 2000], 2000))
    assert fit["threshold"] == pytest.approx(LEVELS[3], abs=0.1)
    assert np.isfinite(fit["evidence"])


def test_no_trials_give_an_empty_table() -> None:
    assert list(fit_psychometric([], [], []).columns) == list(FIT_COLUMNS)


def test_wrong_arrays_are_refused() -> None:
    with pytest.raises(OptionError, match="the same length"):
        fit_psychometric([1, 1], [2.0], [1])
    with pytest.raises(OptionError, match=r"1 \(felt\) or 0 \(not felt\)"):
        fit_psychometric([1], [2.0], [2])


def test_every_status_is_reached_here() -> None:
    x, y = blocks(LEVELS, [0, 0, 1, 3, 5, 6, 6], 6)
    cases = itertools.chain(
        [(x, y), (x, 0 * y), (x, 0 * y + 1), (x, 1 - y), (x[:5], y[:5])],
        [blocks([2, 4, 6, 8, 10, 12, 14], [1, 0, 1, 1, 1, 2, 2], 3)],
    )
    assert {fit_one(*case)["status"] for case in cases} == set(STATUS)
