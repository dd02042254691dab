"""Simulated participants have the norms' means, SDs and correlations, and the device's limits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import qst
from qst.errors import OptionError, ReferenceSetError
from qst.norms.correlations import load_correlations
from qst.protocol import BY_CODE, CODES, Z_CODES
from qst.simulation.simulate import load_pain_models, simulate_healthy, simulate_model
from qst.tables import ASSESSMENT_COLUMNS

N = 20_000
# In a woman of 45 at the hand no norm lies within 3.5 SD of an end for these, so nothing is clipped.
UNCUT = ("CDT", "WDT", "TSL", "PPT", "WUR")
SE = 4 / np.sqrt(N)


@pytest.fixture(scope="module")
def women() -> pd.DataFrame:
    return qst.score(simulate_healthy(N, seed=7, site="hand", sex="female", age=45))


def test_mean_and_sd_are_the_norms(women: pd.DataFrame) -> None:
    for code in UNCUT:
        assert abs(women[f"{code}_z"].mean()) < SE, code
        assert abs(women[f"{code}_z"].std() - 1) < SE, code


def test_correlations_are_those_of_the_data_file(women: pd.DataFrame) -> None:
    wanted = load_correlations().matrix
    for a in UNCUT:
        for b in UNCUT:
            r = np.corrcoef(women[f"{a}_z"], women[f"{b}_z"])[0, 1]
            assert abs(r - wanted[Z_CODES.index(a), Z_CODES.index(b)]) < SE, (a, b)


def test_five_percent_are_beyond_the_cut_off(women: pd.DataFrame) -> None:
    beyond = [(women[f"{code}_z"].abs() > 1.96).mean() for code in UNCUT]
    assert np.mean(beyond) == pytest.approx(0.05, abs=0.004)


def test_paradoxical_heat_sensations_are_counts_with_the_norms_mean_and_sd() -> None:
    counts = simulate_healthy(N, seed=3, site="foot", sex="male", age=25)["PHS"]  # norm 0.11 ± 0.39
    assert set(counts) <= {0, 1, 2, 3}
    assert counts.mean() == pytest.approx(0.11, abs=0.012)
    assert counts.std() == pytest.approx(0.39, abs=0.03)


def test_a_doubtful_or_missing_norm_gives_no_value() -> None:
    old_feet = simulate_healthy(50, seed=1, site="foot", sex="female", age=66)
    assert old_feet["PHS"].isna().all()
    assert simulate_healthy(50, seed=1, site="face", sex="female", age=30)["PPT"].isna().all()


def test_no_value_is_past_the_ends_of_the_device_and_touch_never_hurts() -> None:
    people = simulate_healthy(N, seed=2)
    for code, parameter in BY_CODE.items():
        ends = [end for end in (parameter.insensitive_end, parameter.sensitive_end) if end is not None]
        if len(ends) == 2:
            assert people[code].between(min(ends), max(ends)).all(), code
        elif ends:
            assert ((people[code] - ends[0]) * parameter.gain_sign >= 0).all(), code
    assert people["CPT"].max() <= 32 <= people["HPT"].min()
    assert (people["DMA"] == 0.1).all()
    assert list(people.columns) == list(ASSESSMENT_COLUMNS)
    assert set(people["site"]) == {"hand", "foot"}


def test_the_same_seed_gives_the_same_table_and_another_seed_another() -> None:
    pd.testing.assert_frame_equal(simulate_healthy(100, seed=5), simulate_healthy(100, seed=5))
    assert not simulate_healthy(100, seed=5)["CDT"].equals(simulate_healthy(100, seed=6)["CDT"])


def test_what_cannot_be_simulated_is_refused() -> None:
    with pytest.raises(OptionError, match="no norm for every combination of site thigh"):
        simulate_healthy(5, site="thigh")
    with pytest.raises(OptionError, match="no norm"):
        simulate_healthy(5, age=(15, 30))
    with pytest.raises(OptionError, match="must be 0 or more"):
        simulate_healthy(-1)
    with pytest.raises(OptionError, match="no pain model 'ketamine': choose one of nerve_block"):
        simulate_model("ketamine", 5)
    assert simulate_healthy(0).empty


def test_a_model_shifts_its_parameters_and_no_others() -> None:
    block = qst.score(simulate_model("nerve_block", N, seed=1, site="hand", sex="female", age=45))
    assert block["CDT_z"].mean() == pytest.approx(-2.5, abs=SE)
    assert block["TSL_z"].std() == pytest.approx(1.0, abs=SE)
    assert block["PPT_z"].mean() == pytest.approx(0.0, abs=SE)
    assert (block["PHS"] > 0).mean() == pytest.approx(0.3, abs=0.02)  # hand, women: no healthy woman has any
    for model in load_pain_models().values():
        assert set(model.shifts) <= set(Z_CODES)
        assert {abs(shift) for shift in model.shifts.values()} <= {1.0, 2.5}


def test_the_shipped_pools_hold_every_test_once() -> None:
    pools = load_correlations().pools
    assert sorted(code for codes in pools.values() for code in codes) == sorted(CODES)
    assert load_correlations().rho["thermal_detection"] == pytest.approx((0.2 + 0.6 + 0.6) / 3)


@pytest.mark.parametrize(
    ("pairs", "senses", "match"),
    [
        ("CDT,WDT,0.5\nWDT,CDT,0.5\n", "", "pairs.csv:3: the pair WDT, CDT occurs twice"),
        ("CDT,XYZ,0.5\n", "", "pairs.csv:2: the pair CDT, XYZ is not of two of CDT"),
        ("CDT,WDT,1.5\n", "", "needs a correlation between -1 and 1"),
        ("CDT,WDT,0.9\nCDT,TSL,0.9\nWDT,TSL,-0.9\n", "", "not positive definite"),
        ("CDT,WDT,0.5\n", "a = ['CDT']\nb = ['CDT']", "'CDT' has no z-score, or is in two lists"),
        ("CDT,WDT,0.5\n", "a = 'CDT'", "must hold lists"),
    ],
)
def test_wrong_correlations_are_refused_with_the_place(tmp_path: Path, pairs: str, senses: str, match: str) -> None:
    (tmp_path / "pairs.csv").write_text("a,b,r\n" + pairs, encoding="utf-8")
    (tmp_path / "source.toml").write_text("[senses]\n" + senses + "\n", encoding="utf-8")
    with pytest.raises(ReferenceSetError, match=match):
        load_correlations(tmp_path)


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceSetError, match=r"needs the files pairs.csv and source.toml"):
        load_correlations(tmp_path)
