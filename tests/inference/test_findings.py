"""Findings: the cut-off, the device's limits, PHS and DMA, what chance would show, and the LoGa code."""

import itertools
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qst

HAND = {"age": 25.0, "sex": "female", "site": "hand"}
FOOT_MAN = {"age": 65.0, "sex": "male", "site": "foot"}
TAIL = 0.024997895148220435  # beyond 1.96 of the standard normal distribution, to one side
HAND_FOOT_STRATA = [
    {"age": age, "sex": sex, "site": site}
    for age, sex, site in itertools.product((25, 35, 45, 55, 65), ("female", "male"), ("hand", "foot"))
]


def score_one(stratum: dict[str, Any] = HAND, options: dict[str, Any] | None = None, **values: Any) -> pd.Series:
    return qst.score(pd.DataFrame([stratum | values]), **(options or {})).iloc[0]


def notes_of(row: pd.Series) -> set[str]:
    return set(row["notes"].split(";")) - {""}


def write_norms(path: Path, norms: dict[str, tuple[float, float]]) -> Path:
    """A reference set for women's hands from 20 years on, one band."""
    raw = ("CPT", "HPT", "VDT", "PHS")
    rows = [f"{c},hand,female,20,,{'raw' if c in raw else 'log10'},{m},{sd}" for c, (m, sd) in norms.items()]
    path.write_text("\n".join(["parameter,site,sex,age_from,age_below,scale,mean,sd", *rows]), encoding="utf-8")
    return path


# --- the cut-off ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("z", "finding"),
    [
        (1.9599, "normal"),
        (1.9601, "gain"),
        (1.98, "gain"),  # not ±2
        (1.7, "normal"),  # not the one-sided 1.645
        (-1.9599, "normal"),
        (-1.9601, "loss"),
        (-1.98, "loss"),
        (-1.7, "normal"),
    ],
)
def test_beyond_196_is_abnormal(z: float, finding: str) -> None:
    row = score_one(HPT=42.68 - z * 3.24, PPT=10 ** (2.547 - z * 0.106))  # rows 123 and 152 of values.csv
    assert row["HPT_z"] == pytest.approx(z, abs=1e-9)
    assert (row["HPT_finding"], row["PPT_finding"]) == (finding, finding)


@pytest.mark.parametrize(("cut_off", "finding"), [(2.0, "normal"), (1.9999, "gain")])
def test_the_cut_off_itself_is_normal(tmp_path: Path, cut_off: float, finding: str) -> None:
    norms = write_norms(tmp_path / "norms.csv", {"HPT": (40.0, 2.0)})
    row = score_one(HPT=36.0, options={"cut_off": cut_off, "reference": norms})
    assert row["HPT_z"] == 2.0
    assert row["HPT_finding"] == finding


# --- the device's limits --------------------------------------------------------------------------------------------

# Rows of values.csv: HPT women hand 50-59 is 132 (50 °C: z −1.94), 60+ 135 (z −2.10), men foot 60+ 151 (z −1.46);
# CPT women hand 20-29 is 93 (0 °C: z −2.18), 30-39 96 (z −1.62); PPT men foot 20-29 is 164 (1000 kPa: z −1.23),
# women hand 20-29 152; WDT men foot 60+ is 61 (18 °C: z −1.91); MPT men hand 20-29 is 184 (512 mN: z −1.85).
WOMAN_55 = HAND | {"age": 55.0}
LIMITS = [
    (WOMAN_55, "HPT", 50.0, "limit"),
    (WOMAN_55, "HPT", 49.99, "normal"),
    (WOMAN_55, "HPT", 50.2, "limit"),  # overshoot: z is −2.01, but the ramp ended at 50
    (WOMAN_55, "HPT", 50.5, "limit"),
    (WOMAN_55, "HPT", 50.6, "loss"),  # further out than overshoot: this device reaches further
    (HAND | {"age": 65.0}, "HPT", 50.0, "loss"),
    (HAND | {"age": 65.0}, "HPT", 50.2, "loss"),
    (FOOT_MAN, "HPT", 50.2, "limit"),
    (HAND, "CPT", 0.0, "loss"),
    (HAND, "CPT", -0.2, "loss"),
    (HAND | {"age": 35.0}, "CPT", 0.0, "limit"),
    (HAND | {"age": 35.0}, "CPT", -0.2, "limit"),
    (HAND | {"age": 35.0}, "CPT", 0.1, "normal"),
    (FOOT_MAN | {"age": 25.0}, "PPT", 1000.0, "limit"),
    (FOOT_MAN | {"age": 25.0}, "PPT", 1040.0, "limit"),
    (FOOT_MAN | {"age": 25.0}, "PPT", 1600.0, "loss"),  # measured beyond: z is −2.30
    (FOOT_MAN | {"age": 25.0}, "PPT", 1100.0, "normal"),  # measured beyond: z is −1.45
    (HAND, "PPT", 1000.0, "loss"),
    (FOOT_MAN, "WDT", 18.0, "limit"),
    (HAND, "WDT", 18.0, "loss"),
    (HAND | {"sex": "male"}, "MPT", 512.0, "limit"),
    (HAND, "MPT", 512.0, "loss"),
    (HAND, "MDT", 512.0, "loss"),
    (HAND, "VDT", 0.0, "loss"),
    (HAND, "MPS", 0.1, "loss"),  # row 194: z −2.26
    (HAND | {"sex": "male", "age": 45.0}, "MPS", 0.1, "limit"),  # row 209: z −1.60
]


@pytest.mark.parametrize(("stratum", "code", "value", "finding"), LIMITS)
def test_limit_or_loss(stratum: dict[str, Any], code: str, value: float, finding: str) -> None:
    row = score_one(stratum, **{code: value})
    assert row[f"{code}_finding"] == finding
    assert (row["n_loss"], row["n_scored"]) == (int(finding == "loss"), 1)


@pytest.mark.parametrize(
    ("code", "value", "noted"),
    [("HPT", 50.0, True), ("HPT", 50.2, True), ("HPT", 49.9, False), ("CPT", 0.0, True), ("CPT", 0.1, False)],
)
def test_a_value_at_the_limit_is_noted_even_where_it_is_a_loss(code: str, value: float, noted: bool) -> None:
    for age in (25, 55, 65):
        assert (f"at_limit:{code}" in notes_of(score_one(HAND | {"age": age}, **{code: value}))) == noted


def test_the_sensitive_end_is_normal_and_not_a_limit() -> None:
    row = score_one(VDT=8.0, MDT=0.25)
    assert (row["VDT_finding"], row["MDT_finding"]) == ("normal", "normal")
    assert {"VDT_gain", "MDT_gain"} <= set(row["not_findable"].split(";"))


def test_a_devices_own_limit_moves_the_end() -> None:
    young_man, wider = FOOT_MAN | {"age": 25.0}, {"device_limits": {"PPT": 2000.0}}
    assert score_one(young_man, wider, PPT=1000.0)["PPT_finding"] == "normal"
    assert score_one(young_man, wider, PPT=2000.0)["PPT_finding"] == "loss"
    assert "PPT_loss" not in score_one(young_man, wider, PPT=400.0)["not_findable"]
    assert "PPT_loss" in score_one(young_man, PPT=400.0)["not_findable"]
    narrower = {"device_limits": {"PPT": 600.0}}
    assert score_one(HAND | {"age": 35.0, "sex": "male"}, narrower, PPT=600.0)["PPT_finding"] == "limit"


def test_settings_that_differ_stand_in_the_notes() -> None:
    options = {"cut_off": 1.645, "dma_threshold": 10.0, "device_limits": {"PPT": 2000.0}}
    assert notes_of(score_one(HPT=43.0, options=options)) == {
        "cut_off:1.645",
        "dma_threshold:10",
        "device_limit:PPT=2000",
    }
    assert notes_of(score_one(HPT=43.0)) == set()


def test_counts_of_what_cannot_be_found() -> None:
    """Strata of hand and foot, of 20, in which the device's end does not pass 1.96.

    Computed from the reference table. PPT for a device that ends at 1000 kPa.
    """
    scored = qst.score(pd.DataFrame(HAND_FOOT_STRATA).assign(HPT=43.0))
    counts = Counter(name for names in scored["not_findable"] for name in names.split(";"))
    assert counts == {
        "CPT_loss": 19,
        "HPT_loss": 11,
        "MPS_loss": 7,
        "MPT_loss": 6,
        "WDT_loss": 1,
        "PPT_loss": 7,
        "VDT_gain": 20,
        "MDT_gain": 16,
    }


def test_not_findable_follows_the_cut_off() -> None:
    """Women's hands, 50-59: 50 °C has z −1.94 (row 132)."""
    assert "HPT_loss" in score_one(WOMAN_55, HPT=44.0)["not_findable"]
    row = score_one(WOMAN_55, {"cut_off": 1.645}, HPT=50.0)
    assert "HPT_loss" not in row["not_findable"]
    assert row["HPT_finding"] == "loss"


def test_without_a_stratum_nothing_is_listed() -> None:
    assert score_one(HAND | {"age": None}, HPT=44.0)["not_findable"] == ""


# --- PHS and DMA ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stratum", HAND_FOOT_STRATA, ids=str)
def test_phs_bounds(stratum: dict[str, Any]) -> None:
    """Mean + 1.96 SD, computed from the reference table: hand 1; foot 1 for women < 50 and men < 40, otherwise 2."""
    judged = qst.score(pd.DataFrame([stratum | {"PHS": count} for count in range(4)]))
    if stratum["site"] == "foot" and stratum["sex"] == "female" and stratum["age"] >= 60:
        assert judged["PHS_finding"].isna().all(), "the cell is doubtful"
        return
    young = stratum["age"] < (50 if stratum["sex"] == "female" else 40)
    first = 1 if stratum["site"] == "hand" or young else 2
    assert judged["PHS_finding"].tolist() == ["loss" if count >= first else "normal" for count in range(4)]
    assert judged["n_loss"].tolist() == [int(count >= first) for count in range(4)]


def test_the_cut_off_for_z_does_not_move_the_bound_of_phs() -> None:
    stratum = HAND | {"site": "foot", "age": 55.0}  # row 294: 0.24 + 1.96 × 0.7 = 1.61
    for cut_off in (1.0, 1.96, 3.0):
        assert score_one(stratum, {"cut_off": cut_off}, PHS=1)["PHS_finding"] == "normal"
        assert score_one(stratum, {"cut_off": cut_off}, PHS=2)["PHS_finding"] == "loss"


@pytest.mark.parametrize(
    ("dma", "threshold", "finding"),
    [
        (0.1, 0.0, "normal"),
        (0.1 + 1e-15, 0.0, "normal"),  # the geometric mean of fifteen times 0.1, in floating point
        (0.11, 0.0, "gain"),
        (100.1, 0.0, "gain"),
        (10.1, 10.0, "normal"),
        (10.2, 10.0, "gain"),
        (None, 0.0, None),
    ],
)
def test_dma_above_its_threshold_is_a_gain(dma: float | None, threshold: float, finding: str | None) -> None:
    row = score_one(DMA=dma, HPT=43.0, options={"dma_threshold": threshold})
    assert row["DMA_finding"] == finding if finding else pd.isna(row["DMA_finding"])
    assert row["n_gain"] == int(finding == "gain")


# --- what chance would show -----------------------------------------------------------------------------------------

REACHABLE = {
    "CDT": (0.3, 0.2),
    "WDT": (0.3, 0.2),
    "TSL": (0.7, 0.2),
    "CPT": (15.0, 5.0),
    "HPT": (44.0, 2.0),
    "PPT": (2.5, 0.1),
    "MPT": (1.8, 0.25),
    "MPS": (0.0, 0.3),
    "WUR": (0.4, 0.2),
    "MDT": (0.5, 0.3),
    "VDT": (6.0, 0.8),
}
MEANS = {code: mean if code in ("CPT", "HPT", "VDT") else 10**mean for code, (mean, _) in REACHABLE.items()}


def test_of_eleven_tests_43_percent_of_healthy_people_have_an_abnormal_one(tmp_path: Path) -> None:
    """1 − (1 − 2 × 0.025)^11 = 0.431; here a set in which all 22 tails can be found."""
    options = {"reference": write_norms(tmp_path / "norms.csv", REACHABLE)}
    row = score_one(options=options, **(MEANS | {"HPT": 39.0}))
    assert row["not_findable"] == ""
    assert (row["n_scored"], row["n_gain"], row["n_loss"]) == (11, 1, 0)
    assert row["p_profile"] == pytest.approx(1 - (1 - 2 * TAIL) ** 11, abs=1e-12)
    assert row["p_profile"] == pytest.approx(0.43, abs=0.005)
    assert row["expected_by_chance"] == pytest.approx(22 * TAIL, abs=1e-12)


@pytest.mark.parametrize("n_abnormal", range(12))
def test_p_profile_is_the_upper_tail_of_the_binomial(tmp_path: Path, n_abnormal: int) -> None:
    options = {"reference": write_norms(tmp_path / "norms.csv", REACHABLE)}
    far_out = {"CDT": 30, "WDT": 17, "TSL": 45, "CPT": 30, "HPT": 35, "PPT": 900, "MPT": 500, "MPS": 90, "WUR": 40}
    far_out |= {"MDT": 400, "VDT": 1}
    values = MEANS | dict(list(far_out.items())[:n_abnormal])
    row = score_one(options=options, **values)
    chances = [math.comb(11, k) * (2 * TAIL) ** k * (1 - 2 * TAIL) ** (11 - k) for k in range(12)]
    assert row["n_gain"] + row["n_loss"] == n_abnormal
    assert row["p_profile"] == pytest.approx(sum(chances[n_abnormal:]), rel=1e-9)


def test_a_tail_that_cannot_be_found_is_not_expected() -> None:
    """Women's hands, 20-29: a gain of VDT cannot be found (row 266), both tails of WUR and TSL can."""
    row = score_one(VDT=5.0)
    assert (row["VDT_finding"], row["expected_by_chance"]) == ("loss", pytest.approx(TAIL))
    assert row["p_profile"] == pytest.approx(TAIL)
    three = score_one(VDT=8.0, WUR=2.5, TSL=20.0)
    assert three["expected_by_chance"] == pytest.approx(5 * TAIL)
    assert three["p_profile"] == pytest.approx(1 - (1 - TAIL) * (1 - 2 * TAIL) ** 2)


def test_without_abnormal_values_p_is_one_and_phs_and_dma_do_not_enter() -> None:
    row = score_one(HPT=43.0, PHS=3, DMA=50.1)
    assert (row["n_scored"], row["n_gain"], row["n_loss"]) == (3, 1, 1)
    assert row["p_profile"] == 1.0
    assert row["expected_by_chance"] == pytest.approx(2 * TAIL)
    only = score_one(PHS=0, DMA=0.1)
    assert pd.isna(only["p_profile"])
    assert only["expected_by_chance"] == 0


def test_a_value_at_the_limit_is_scored_and_neither_gain_nor_loss() -> None:
    row = score_one(FOOT_MAN, HPT=50.0)
    assert (row["n_scored"], row["n_gain"], row["n_loss"], row["p_profile"]) == (1, 0, 0, 1.0)
    assert row["expected_by_chance"] == pytest.approx(TAIL)


# --- LoGa -----------------------------------------------------------------------------------------------------------

# Women's hands, 20-29: each value within half an SD of its mean.
NORMAL = {
    "CDT": 1.1,
    "WDT": 1.5,
    "CPT": 15.0,
    "HPT": 42.7,
    "PPT": 350.0,
    "MPT": 80.0,
    "MPS": 0.8,
    "WUR": 2.5,
    "MDT": 0.6,
    "VDT": 7.9,
    "DMA": 0.1,
}
ABNORMAL = {
    "thermal loss": [{"CDT": 20.0}, {"WDT": 15.0}],
    "mechanical loss": [{"MDT": 100.0}, {"VDT": 4.0}],
    "thermal gain": [{"CPT": 31.0}, {"HPT": 35.0}],
    "mechanical gain": [{"PPT": 150.0}, {"MPT": 8.5}, {"MPS": 20.0}, {"WUR": 20.0}, {"DMA": 3.0}],
}


@pytest.mark.parametrize("signs", list(itertools.product((False, True), repeat=4)), ids=str)
def test_all_sixteen_codes(signs: tuple[bool, bool, bool, bool]) -> None:
    """L1 thermal, L2 mechanical, L3 both; G1 thermal, G2 mechanical, G3 both (Maier 2010)."""
    values = dict(NORMAL)
    for present, choices in zip(signs, ABNORMAL.values(), strict=True):
        values |= choices[0] if present else {}
    loss, gain = signs[0] + 2 * signs[1], signs[2] + 2 * signs[3]
    assert score_one(**values)["loga"] == f"L{loss}G{gain}"


@pytest.mark.parametrize(
    ("values", "code"),
    [(value, "L1G0") for value in ABNORMAL["thermal loss"]]
    + [(value, "L2G0") for value in ABNORMAL["mechanical loss"]]
    + [(value, "L0G1") for value in ABNORMAL["thermal gain"]]
    + [(value, "L0G2") for value in ABNORMAL["mechanical gain"]]
    + [({"HPT": 50.0}, "L0G0"), ({"PPT": 1000.0}, "L0G0"), ({"TSL": 40.0}, "L0G0"), ({"PHS": 3}, "L0G0")]
    + [({"CDT": 0.2}, "L0G0"), ({"MPS": 0.1}, "L0G0")],
    ids=str,
)
def test_each_member_of_a_group_makes_the_sign(values: dict[str, float], code: str) -> None:
    """Loss of pain sensitivity, gain of detection, TSL and PHS are no part of the code."""
    assert score_one(**(NORMAL | values))["loga"] == code


@pytest.mark.parametrize(
    ("missing", "others", "code"),
    [
        (["CDT"], {}, "L0G0"),
        (["CDT", "WDT"], {}, None),
        (["MDT", "VDT"], {}, None),
        (["CPT", "HPT"], {}, None),
        (["MDT"], {"VDT": 4.0}, "L2G0"),
        (["PPT", "MPT"], {}, "L0G0"),
        (["PPT", "MPT", "MPS"], {}, None),
        (["PPT", "MPT", "MPS", "WUR"], {"DMA": 3.0}, "L0G2"),
        (["CDT", "MDT", "CPT", "WUR", "DMA"], {}, "L0G0"),
    ],
)
def test_a_sign_needs_half_of_its_group(missing: list[str], others: dict[str, float], code: str | None) -> None:
    values = {name: value for name, value in (NORMAL | others).items() if name not in missing}
    row = score_one(**values)
    assert row["loga"] == code if code else pd.isna(row["loga"])
    said = {f"loga_without:{name}" for name in missing} if code else set()
    assert notes_of(row) - {"phenotypes:ours"} == said


def test_a_limit_may_hide_a_loss_and_hides_no_gain() -> None:
    """Men's feet, 60+: 18 °C of WDT, and CPT and HPT at the device's ends, are limits (rows 61, 121, 151)."""
    values = {"CDT": 4.0, "WDT": 18.0, "CPT": 0.0, "HPT": 50.0, "PPT": 480.0, "MPT": 90.0, "MPS": 0.7}
    values |= {"MDT": 2.0, "VDT": 6.5}
    row = score_one(FOOT_MAN, **values)
    assert row["loga"] == "L0G0"
    assert "loga_without:WDT" in notes_of(row)
    assert not {"loga_without:CPT", "loga_without:HPT"} & notes_of(row)
    del values["CDT"]
    assert pd.isna(score_one(FOOT_MAN, **values)["loga"])
