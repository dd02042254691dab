"""Evidence for mechanisms: answers worked out by hand, a second scorer, and what must hold for every assessment."""

import math
from dataclasses import replace
from typing import Any

import independent_mechanisms
import independent_scorer
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paths import REFERENCE_VALUES
from scipy import stats

import qst
from qst.inference.entries import Mechanism
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import (
    STATUSES,
    MeasuredSigns,
    Weighed,
    compute_censored_log_ratio,
    compute_log_ratio,
    judge_evidence,
    list_supported,
    weigh_all,
    weigh_mechanism,
    weigh_mechanisms,
)
from qst.norms.correlations import CAP, Correlations
from qst.protocol import CODES, Z_CODES
from qst.simulation.calibration import calibrate_mechanism, keep_tests, measure_healthy
from qst.tables import MECHANISM_COLUMNS, MECHANISMS

FOLDER = REFERENCE_VALUES / "mechanisms"
BASE = load_mechanisms()
BY_ID = {mechanism.id: mechanism for mechanism in BASE.mechanisms}
LN10 = math.log(10)

any_z = st.one_of(st.just(math.nan), st.floats(-8, 8))
any_row = st.fixed_dictionaries(
    dict.fromkeys(Z_CODES, any_z) | dict.fromkeys(("PHS", "DMA"), st.sampled_from([0.0, 1.0, math.nan]))
)


def measure(*rows: dict[str, float], limits: tuple[str, ...] = ()) -> MeasuredSigns:
    """Rows of z by parameter, and of 0 or 1 for PHS and DMA; parameters that are not named are missing."""
    column = {code: np.array([row.get(code, math.nan) for row in rows], dtype=float) for code in CODES}
    at_limit = {code: np.full(len(rows), code in limits) for code in Z_CODES}
    return MeasuredSigns(
        {code: column[code] for code in Z_CODES}, at_limit, {code: column[code] for code in ("PHS", "DMA")}
    )


def weigh(name: str, base: KnowledgeBase = BASE, limits: tuple[str, ...] = (), **row: float) -> float:
    return float(weigh_mechanisms(measure(row, limits=limits), base)[name][0])


# --- known answers ---------------------------------------------------------------------------------------------------


def test_one_sign_is_the_ratio_of_two_normal_densities() -> None:
    # PPT, mean 2.5, SD 1: ln phi(z - 2.5) - ln phi(z) = 2.5 z - 3.125.
    assert weigh("deep_tissue_sensitisation", PPT=2.0) == pytest.approx((2.5 * 2 - 3.125) / LN10)
    assert weigh("deep_tissue_sensitisation", PPT=1.25) == pytest.approx(0.0)
    assert weigh("deep_tissue_sensitisation", PPT=0.0) == pytest.approx(-3.125 / LN10)


def test_a_sign_with_another_spread_is_the_ratio_of_the_densities_too() -> None:
    # WUR, mean 2.5, SD 2.
    expected = stats.norm.logpdf(3.0, 2.5, 2.0) - stats.norm.logpdf(3.0)
    assert weigh("temporal_summation", WUR=3.0) == pytest.approx(expected / LN10)


def test_signs_of_one_pool_are_pooled_by_their_correlation() -> None:
    # MDT and VDT correlate 0.2: (2.5 * 2 - 3.125) * 2 / 1.2.
    assert weigh("deafferentation_large_fibre", MDT=-2.0, VDT=-2.0) == pytest.approx(1.875 * 2 / 1.2 / LN10)
    assert weigh("deafferentation_large_fibre", MDT=-2.0) == pytest.approx(1.875 / LN10)


def test_pooling_is_the_exact_ratio_of_two_correlated_normal_distributions() -> None:
    z = np.array([-1.3, -2.9])
    spread = np.array([[1.0, 0.2], [0.2, 1.0]])
    under, healthy = (stats.multivariate_normal(mean, spread) for mean in ([-2.5, -2.5], [0.0, 0.0]))
    expected = (under.logpdf(z) - healthy.logpdf(z)) / LN10
    assert weigh("deafferentation_large_fibre", MDT=z[0], VDT=z[1]) == pytest.approx(expected)


def test_pools_that_must_all_show_add_up() -> None:
    # CDT -2, WDT -2 correlate 1.4/3 (mean of 0.2, 0.6, 0.6); HPT mean -1, SD 1.5; PHS 0.30 against 0.02.
    thermal = 2 * 1.875 / (1 + 1.4 / 3)
    heat = stats.norm.logpdf(-1.2, -1.0, 1.5) - stats.norm.logpdf(-1.2)
    expected = (thermal + heat + math.log(0.30 / 0.02)) / LN10
    assert weigh("deafferentation_small_fibre", CDT=-2, WDT=-2, HPT=-1.2, PHS=1) == pytest.approx(expected)


def test_pools_any_of_which_may_show_are_a_mixture_of_all_of_them() -> None:
    # Five pools: heat, cold, pinprick, pressure, touch. Those without a test have a ratio of 1. No loss of warmth or
    # cold: (2 * 1 - 2 for z of -1), so ln ratio of the pattern against it = -2 * (2 z + 2) / (1 + 1.4 / 3) at z = 1.
    mixed = (math.exp(2.5 * 2.4 - 3.125) + 4) / 5
    loss = 2 * (-2.0 * 1.0 - 2.0) / (1 + 1.4 / 3)
    expected = math.log10(mixed) - math.log10(1 + math.exp(loss))
    assert weigh("irritable_nociceptor", CDT=1, WDT=1, HPT=2.4) == pytest.approx(expected)


def test_a_pattern_against_subtracts_and_never_adds() -> None:
    # Heat gain against pinprick hyperalgesia as a central sign: log10(1 + ratio).
    pinprick = 2 * (2.5 * 3 - 3.125) / 1.6 / LN10
    for heat in (-3.0, 0.0, 2.5):
        expected = pinprick - math.log10(1 + math.exp(2.5 * heat - 3.125))
        assert weigh("central_sensitisation_pinprick", MPT=3, MPS=3, HPT=heat) == pytest.approx(expected)
        assert weigh("central_sensitisation_pinprick", MPT=3, MPS=3, HPT=heat) < pinprick


def test_cold_pain_is_interpreted_by_cold_detection() -> None:
    for cold, more, less in (
        (0.0, "cold_sensitisation", "cold_disinhibition"),
        (-3.0, "cold_disinhibition", "cold_sensitisation"),
    ):
        assert weigh(more, CPT=2.5, CDT=cold) > 0 > weigh(less, CPT=2.5, CDT=cold)


def test_painful_touch_counts_less_where_touch_is_not_felt() -> None:
    alone = weigh("central_sensitisation_touch", DMA=1)
    assert alone == pytest.approx(math.log10(0.95 / 0.002))
    assert weigh("central_sensitisation_touch", DMA=1, MDT=-4) < alone - 2
    assert alone - 0.05 < weigh("central_sensitisation_touch", DMA=1, MDT=-1) < alone


def test_a_mild_thermal_loss_is_allowed_in_sensitisation_and_a_pronounced_one_is_not() -> None:
    row = {"HPT": 3.0, "PPT": 2.5, "MPT": 2.5, "MPS": 2.5}
    none, mild, pronounced = (weigh("peripheral_sensitisation", **row, CDT=z, WDT=z, TSL=z) for z in (0.0, -1.0, -2.5))
    assert none - mild < 0.2
    assert mild - pronounced > 1.5


def test_censored_values_are_the_ratio_of_the_tails() -> None:
    # Practically nothing is held for a mean of -1 and a z of which only 1 in 30,000 is beyond the cap.
    expected = stats.norm.logcdf(-0.5, -1.0, 1.0) - stats.norm.logcdf(-0.5)
    assert compute_censored_log_ratio(np.array([-0.5]), -1.0, 1.0)[0] == pytest.approx(expected, abs=0.01)
    assert weigh("deafferentation_large_fibre", MDT=-1.5, limits=("MDT",)) > weigh(
        "deafferentation_large_fibre", MDT=-1.5
    )


def test_a_limit_that_is_far_out_is_held_like_any_other_value() -> None:
    for z in (-9.0, -50.0):
        assert weigh("deafferentation_large_fibre", VDT=z, limits=("VDT",)) == pytest.approx((2.5 * CAP - 3.125) / LN10)


def test_the_statuses_follow_their_rules() -> None:
    evidence = np.array([math.nan, 0.8, 0.79, 0.3, 0.0, -0.4, -0.5])
    cost = np.array([0, 3.0, 0, 0.5, 0.1, 0, 0])
    status = judge_evidence(Weighed(evidence, cost), 0.8)
    assert status.tolist() == [
        "not assessable", "supported", "possible", "contradicted", "not supported", "not supported", "contradicted",
    ]  # fmt: skip
    assert set(status) == set(STATUSES)


def test_the_supported_are_listed_strongest_first_and_equal_ones_in_the_order_of_the_table() -> None:
    n = 3
    evidence = {name: np.full(n, -1.0) for name in MECHANISMS}
    evidence["temporal_summation"][0], evidence["cold_sensitisation"][0] = 2.0, 3.0
    evidence["peripheral_sensitisation"][1] = evidence["deep_tissue_sensitisation"][1] = 5.0
    evidence["cold_disinhibition"][2] = math.nan
    assert list(list_supported(evidence, BASE)) == [
        "cold_sensitisation;temporal_summation",
        "peripheral_sensitisation;deep_tissue_sensitisation",
        "",
    ]
    assert list(list_supported({name: np.array([]) for name in MECHANISMS}, BASE)) == []


# --- what must hold --------------------------------------------------------------------------------------------------


def with_redundant_test(rho: float) -> KnowledgeBase:
    """MDT and VDT as tests of one pool that correlate by rho."""
    known = BASE.correlations
    return replace_correlations(Correlations(known.matrix, known.pools, {**known.rho, "mechanical_detection": rho}))


def replace_correlations(correlations: Correlations) -> KnowledgeBase:
    return KnowledgeBase(BASE.id, BASE.mechanisms, BASE.never, correlations)


@pytest.mark.parametrize("z", [-3.0, -1.0, 0.5])
def test_a_redundant_test_adds_nothing(z: float) -> None:
    one = weigh("deafferentation_large_fibre", MDT=z)
    assert weigh("deafferentation_large_fibre", with_redundant_test(1.0), MDT=z, VDT=z) == pytest.approx(one)
    doubled = weigh("deafferentation_large_fibre", with_redundant_test(0.0), MDT=z, VDT=z)
    assert doubled == pytest.approx(2 * one)
    between = weigh("deafferentation_large_fibre", with_redundant_test(0.5), MDT=z, VDT=z)
    assert abs(one) < abs(between) < abs(doubled)


@settings(max_examples=60)
@given(row=any_row, code=st.sampled_from(Z_CODES), step=st.floats(0, 6))
def test_a_stronger_supporting_sign_never_lowers_the_evidence(row: dict[str, float], code: str, step: float) -> None:
    for mechanism in BASE.mechanisms:
        for sign in mechanism.signs:
            if sign.parameter == code and code not in [s.parameter for p in mechanism.against for s in p.signs]:
                stronger = row | {code: row[code] + step * math.copysign(1, sign.mean)}
                before, after = weigh(mechanism.id, **row), weigh(mechanism.id, **stronger)
                assert math.isnan(before) or after >= before - 1e-9, mechanism.id


@settings(max_examples=60)
@given(z=st.floats(-8, 8), step=st.floats(0, 8), mean=st.floats(0.1, 4), sd=st.floats(0.3, 3))
def test_the_ratio_of_any_gain_never_falls_with_z_and_is_held_at_the_cap(
    z: float, step: float, mean: float, sd: float
) -> None:
    low, high = compute_log_ratio(np.array([z, z + step]), mean, sd)
    assert high >= low - 1e-9
    censored_low, censored_high = compute_censored_log_ratio(np.array([z, z + step]), mean, sd)
    assert censored_high >= censored_low - 1e-6
    assert censored_low <= low + 1e-6, "what is at most z supports a gain no more than z"
    assert compute_log_ratio(np.array([CAP]), mean, sd) == compute_log_ratio(np.array([CAP + step]), mean, sd)
    mirrored = compute_log_ratio(np.array([-z]), -mean, sd)
    assert mirrored == pytest.approx(low)


@settings(max_examples=60)
@given(row=any_row, code=st.sampled_from(CODES))
def test_a_missing_test_changes_no_other_mechanism(row: dict[str, float], code: str) -> None:
    with_it, without = (weigh_mechanisms(measure(r), BASE) for r in (row, row | {code: math.nan}))
    for mechanism in BASE.mechanisms:
        if code not in mechanism.tests:
            assert np.array_equal(with_it[mechanism.id], without[mechanism.id], equal_nan=True)


@pytest.mark.parametrize("mechanism", BASE.mechanisms, ids=lambda mechanism: mechanism.id)
def test_without_the_tests_it_needs_a_mechanism_is_not_assessable(mechanism: Mechanism) -> None:
    whole = dict.fromkeys(Z_CODES, 3.0) | {"PHS": 1.0, "DMA": 1.0}
    assert math.isfinite(weigh(mechanism.id, **whole))
    for group in mechanism.needs:
        assert math.isnan(weigh(mechanism.id, **(whole | dict.fromkeys(group, math.nan))))
    assert math.isnan(weigh(mechanism.id))


def test_values_at_the_norms_mean_support_nothing() -> None:
    row = dict.fromkeys(Z_CODES, 0.0) | {"PHS": 0.0, "DMA": 0.0}
    for mechanism in BASE.mechanisms:
        assert weigh(mechanism.id, **row) < 0, mechanism.id
        for code in mechanism.tests:
            alone = weigh(mechanism.id, **{c: row[c] for c in {code, *(group[0] for group in mechanism.needs)}})
            assert not alone > 0, (mechanism.id, code)


def test_rows_and_columns_in_any_order_give_the_same_numbers() -> None:
    table = pd.DataFrame(independent_scorer.generate(5, 400))
    shuffled = table.sample(frac=1, random_state=1)[list(reversed(table.columns))]
    here, there = qst.score(table), qst.score(shuffled).sort_index()
    pd.testing.assert_frame_equal(here[list(MECHANISM_COLUMNS)], there[list(MECHANISM_COLUMNS)])
    assert here["mechanisms"].tolist() == there["mechanisms"].tolist()


def test_mechanisms_are_not_exclusive() -> None:
    row = {"age": 25, "sex": "female", "site": "hand", "HPT": 34.0, "CDT": 1.1, "WDT": 1.7, "PPT": 150.0, "MPT": 10.0}
    assert len(qst.score(pd.DataFrame([row])).loc[0, "mechanisms"].split(";")) >= 3


# --- a second scorer -------------------------------------------------------------------------------------------------


def find_limits(person: dict[str, Any]) -> set[str]:
    limits = set()
    for code, (sign, end, _) in independent_scorer.TESTS.items():
        value = person[code]
        if value is not None and end is not None:
            value = abs(value) if code in independent_scorer.MAGNITUDES else value
            if -1e-9 <= sign * (end - value) <= independent_scorer.OVERSHOOT.get(code, 0.0) + 1e-9:
                limits.add(code)
    return limits


def test_an_independent_scorer_gives_the_same_evidence_and_lists() -> None:
    people = independent_scorer.generate(20_260, 1_500)
    scored = qst.score(pd.DataFrame(people))
    reference = independent_scorer.read_reference(str(REFERENCE_VALUES / "magerl2010" / "values.csv"))
    knowledge = independent_mechanisms.read_knowledge(FOLDER)
    judged = censored = supported = 0
    for row, person in zip(scored.to_dict("records"), people, strict=True):
        limits = find_limits(person)
        expected = independent_mechanisms.weigh(independent_scorer.score(person, reference), limits, knowledge)
        assert list(expected) == list(MECHANISMS)
        for name, evidence in expected.items():
            ours = row[f"mechanism_{name}"]
            assert math.isnan(ours) == (evidence is None), (name, person)
            if evidence is not None:
                assert ours == pytest.approx(evidence, abs=1e-4 if limits else 1e-9), (name, person)
                judged, censored = judged + 1, censored + bool(limits)
        assert row["mechanisms"] == independent_mechanisms.list_supported(expected, knowledge["thresholds"])
        supported += row["mechanisms"] != ""
    assert judged > 8_000
    assert censored > 1_000
    assert supported > 300


# --- calibration -----------------------------------------------------------------------------------------------------


def test_the_thresholds_are_what_healthy_people_show_by_the_worst_battery() -> None:
    n = 20_000
    healthy = measure_healthy(n, seed=99)  # not the seed of the calibration
    error = math.sqrt(0.025 * 0.975 / n)
    knowledge = independent_mechanisms.tomllib.loads((FOLDER / "calibration.toml").read_text(encoding="utf-8"))
    assert knowledge["n"] >= 100_000
    for mechanism in BASE.mechanisms:
        stored = knowledge["healthy"][mechanism.id]
        assert mechanism.calibrated
        assert mechanism.threshold == pytest.approx(max(knowledge["floor"], stored["evidence"]))
        few_tests = keep_tests(healthy, tuple(stored["battery"].split()))
        beyond = float((weigh_mechanism(mechanism, few_tests, BASE).evidence > stored["evidence"] + 1e-4).mean())
        if mechanism.id != "central_sensitisation_touch":  # DMA never occurs in healthy people
            assert beyond == pytest.approx(0.025, abs=4 * error), mechanism.id
        found = calibrate_mechanism(mechanism, healthy, BASE)
        assert found.batteries == stored["batteries"]
        assert found.evidence == pytest.approx(stored["evidence"], abs=0.1)
        assert (weigh_mechanism(mechanism, healthy, BASE).evidence >= mechanism.threshold).mean() <= 0.05


def test_the_right_mechanism_has_the_strongest_evidence_in_the_pain_models() -> None:
    # With noise as in healthy people; benchmarks/mechanisms.py prints the whole table.
    for model in qst.simulation.simulate.load_pain_models().values():
        people = qst.score(qst.simulate_model(model, 2_000, seed=3))
        first = people[list(MECHANISM_COLUMNS)].idxmax(axis=1).str.removeprefix("mechanism_")
        assert first.isin(model.right).mean() > 0.74, model.id


def test_a_sign_by_itself_is_what_it_adds_where_its_pool_has_one_test() -> None:
    sign = BY_ID["deep_tissue_sensitisation"].signs[0]
    assert weigh_all(measure({"PPT": 2.0}), BASE).rate(sign)[0] == pytest.approx(
        weigh("deep_tissue_sensitisation", PPT=2.0)
    )
    assert math.isnan(weigh_all(measure({"PPT": 2.0}), BASE).rate(replace(sign, parameter="WUR"))[0])
