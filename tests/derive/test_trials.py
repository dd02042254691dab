"""From single trials to the 13 values: each rule of the protocol by hand, trial counts, and wide equals long."""

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import qst
from qst.errors import OptionError
from qst.tables import RESULT_COLUMNS

WHO = {"subject": "007", "visit": "1", "age": 25.0, "sex": "female", "site": "hand", "side": "left", "area": "test"}
CODES = ["CDT", "WDT", "TSL", "CPT", "HPT", "PPT", "MPT", "MPS", "WUR", "MDT", "VDT", "PHS", "DMA"]


def trials(code: str, values: Sequence[float | None], stimulus: Sequence[str] | str = "", **who: Any) -> pd.DataFrame:
    stimuli = [stimulus] * len(values) if isinstance(stimulus, str) else list(stimulus)
    return pd.DataFrame({"parameter": code, "stimulus": stimuli, "value": values}).assign(**(WHO | who))


def derive_one(*parts: pd.DataFrame) -> pd.Series:
    derived = qst.derive_values(pd.concat(parts, ignore_index=True))
    assert len(derived) == 1
    return derived.iloc[0]


def geometric_mean(values: Sequence[float]) -> float:
    return math.prod(values) ** (1 / len(values))


# --- the rules of DESIGN, section 4 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "values", "expected"),
    [
        ("CDT", [-1.0, -1.2, -1.4], 1.2),  # a distance: the sign does not matter
        ("CDT", [1.0, 1.2, 1.4], 1.2),
        ("WDT", [2.0, 2.5, 3.6], 2.7),
        ("CPT", [10.0, 12.0, 15.5], 12.5),
        ("HPT", [44.0, 45.0, 47.5], 45.5),
        ("PPT", [300.0, 350.0, 460.0], 370.0),
        ("VDT", [8.0, 7.5, 7.0], 7.5),
        ("VDT", [0.0, 0.0, 0.0], 0.0),
        ("MDT", [0.5, 1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5, 1], math.sqrt(0.5)),
        ("MPT", [16, 64, 32, 64, 16, 32, 32, 32, 32, 32], 32.0),  # 4 + 6 + 5 + 6 + 4 + 5 × 5 = 50 powers of 2, over 10
        ("MPS", [0.0, 9.9, 0.9], (0.1 * 10 * 1) ** (1 / 3)),
        ("MPS", [0.0] * 35, 0.1),
        ("DMA", [0.0] * 14 + [99.9], (0.1**14 * 100) ** (1 / 15)),
        ("DMA", [0.0] * 15, 0.1),
    ],
)
def test_means(code: str, values: list[float], expected: float) -> None:
    assert derive_one(trials(code, values))[code] == pytest.approx(expected, rel=1e-12)


def test_tsl_is_mean_warm_minus_mean_cold() -> None:
    ramps = trials("TSL", [34.0, 30.0, 35.0, 31.0, 36.0, 29.0], ["warm", "cold"] * 3)
    assert derive_one(ramps)["TSL"] == pytest.approx(35.0 - 30.0)


def test_tsl_without_stimuli_is_read_as_differences() -> None:
    row = derive_one(trials("TSL", [4.0, 5.0, 6.6]))
    assert row["TSL"] == pytest.approx(5.2)
    assert row["notes"] == "", "three differences are a full run"


def test_tsl_of_warm_ramps_only_is_missing() -> None:
    assert pd.isna(derive_one(trials("TSL", [34.0, 35.0, 36.0], "warm"))["TSL"])


@pytest.mark.parametrize(("felt", "count"), [([0, 0, 0], 0), ([0, 1, 0], 1), ([1, 1, 1], 3)])
def test_phs_counts_the_ramps_felt_as_hot(felt: list[int], count: int) -> None:
    row = derive_one(trials("PHS", felt, "cold"))
    assert row["PHS"] == count
    assert row["notes"] == ""


def test_phs_as_one_count_is_that_count() -> None:
    assert derive_one(trials("PHS", [2]))["PHS"] == 2


def test_wur_is_mean_of_trains_over_mean_of_singles() -> None:
    parts = trials("WUR", [10, 12, 14, 16, 18], "single"), trials("WUR", [20, 30, 40, 50, 70], "train")
    assert derive_one(*parts)["WUR"] == pytest.approx(42 / 14)


def test_wur_is_undefined_where_all_singles_are_zero() -> None:
    row = derive_one(trials("WUR", [0] * 5, "single"), trials("WUR", [0, 5, 0, 5, 0], "train"))
    assert pd.isna(row["WUR"])
    assert row["notes"] == "wur_undefined"


def test_wur_without_trains_is_missing_and_not_undefined() -> None:
    row = derive_one(trials("WUR", [0] * 5, "single"))
    assert pd.isna(row["WUR"])
    assert "wur_undefined" not in row["notes"]


def test_wur_of_trains_all_zero_has_no_logarithm() -> None:
    scored = qst.score(pd.concat([trials("WUR", [5] * 5, "single"), trials("WUR", [0] * 5, "train")]))
    assert scored.loc[0, "WUR"] == 0
    assert pd.isna(scored.loc[0, "WUR_z"])
    assert "not_positive:WUR" in scored.loc[0, "notes"].split(";")


# --- what counts as a trial -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "full"),
    [("CDT", 3), ("HPT", 3), ("PPT", 3), ("VDT", 3), ("MPT", 10), ("MDT", 10), ("MPS", 35), ("DMA", 15), ("PHS", 3)],
)
def test_another_number_of_trials_is_noted(code: str, full: int) -> None:
    assert derive_one(trials(code, [1.0] * full))["notes"] == ""
    assert derive_one(trials(code, [1.0] * (full - 1)))["notes"] == f"trials:{code}={full - 1}"
    assert derive_one(trials(code, [1.0] * (full + 1)))["notes"] == f"trials:{code}={full + 1}"


def test_a_parameter_that_was_not_measured_has_no_note() -> None:
    row = derive_one(trials("HPT", [44.0, 45.0, 46.0]))
    assert row["notes"] == ""
    assert row[[code for code in CODES if code != "HPT"]].isna().all()


def test_missing_values_do_not_count() -> None:
    row = derive_one(trials("HPT", [44.0, None, 46.0]))
    assert row["HPT"] == 45.0
    assert row["notes"] == "trials:HPT=2"


@pytest.mark.parametrize("code", ["PPT", "MPT", "MDT"])
def test_a_force_of_zero_is_not_a_trial(code: str) -> None:
    row = derive_one(trials(code, [0.0, 4.0, 4.0]))
    assert row[code] == pytest.approx(4.0)
    assert f"trials:{code}=2" in row["notes"].split(";")


@pytest.mark.parametrize("discarded", [False, 0, "0", "false", "False", "no", "NO", 0.0, "0.0"])
def test_discarded_trials_do_not_count(discarded: object) -> None:
    practice = trials("HPT", [30.0]).assign(keep=pd.Series([discarded], dtype=object))
    kept = trials("HPT", [44.0, 45.0, 46.0]).assign(keep=pd.Series([True, 1, "yes"], dtype=object))
    row = derive_one(practice, kept)
    assert row["HPT"] == 45.0
    assert row["notes"] == ""
    assert "keep" not in row


def test_trials_that_were_not_marked_are_kept() -> None:
    marked = trials("HPT", [44.0, 45.0, 46.0]).assign(keep=[None, True, None])
    assert derive_one(marked)["HPT"] == 45.0


@pytest.mark.parametrize(
    ("code", "values", "note"),
    [
        ("HPT", [48.0, 50.0, 50.0], "trials_at_limit:HPT=2"),
        ("HPT", [48.0, 50.3, 49.0], "trials_at_limit:HPT=1"),
        ("HPT", [50.0, 50.0, 50.0], ""),
        ("CPT", [2.0, 0.0, -0.1], "trials_at_limit:CPT=2"),
        ("MPT", [256] * 9 + [512], "trials_at_limit:MPT=1"),
        ("PPT", [900.0, 1000.0, 950.0], "trials_at_limit:PPT=1"),
        ("WDT", [17.0, 18.0, 18.0], "trials_at_limit:WDT=2"),
        ("VDT", [0.0, 1.0, 2.0], "trials_at_limit:VDT=1"),
        ("HPT", [44.0, 45.0, 46.0], ""),
    ],
)
def test_a_mean_that_hides_trials_at_the_limit_is_noted(code: str, values: list[float], note: str) -> None:
    assert derive_one(trials(code, values))["notes"] == note


# --- assessments ----------------------------------------------------------------------------------------------------


def test_an_assessment_is_one_subject_visit_site_side_and_area() -> None:
    changes = [{}, {"subject": "7"}, {"visit": "2"}, {"site": "foot"}, {"side": "right"}, {"area": "control"}]
    parts = [trials("HPT", [40.0 + number] * 3, **change) for number, change in enumerate(changes)]
    mixed = pd.concat(parts).sample(frac=1, random_state=1)
    derived = qst.derive_values(mixed)
    assert len(derived) == len(changes)
    for number, change in enumerate(changes):
        row = derived[derived["HPT"] == 40.0 + number].iloc[0]
        assert {column: row[column] for column in WHO} == WHO | change


def test_missing_identity_is_one_value_like_any_other() -> None:
    parts = [trials("HPT", [44.0, 45.0, 46.0], side=None), trials("HPT", [47.0, 47.0, 47.0])]
    assert sorted(qst.derive_values(pd.concat(parts))["HPT"]) == [45.0, 47.0]


def battery() -> pd.DataFrame:
    """A full set of trials of two areas."""
    ratings = [0, 1, 2, 5, 8, 15, 20] * 5
    parts = []
    for area, shift in (("test", 1.0), ("control", 1.5)):
        parts += [
            trials("CDT", [-1.0 * shift, -1.3, -1.7], area=area),
            trials("WDT", [1.5, 1.8 * shift, 2.2], area=area),
            trials("TSL", [34.0, 30.5, 35.0, 31.0, 36.0, 30.1], ["warm", "cold"] * 3, area=area),
            trials("PHS", [0, 1, 0], area=area),
            trials("CPT", [10.0, 12.3 * shift, 9.1], area=area),
            trials("HPT", [43.0, 42.2 + shift, 44.4], area=area),
            trials("MDT", [0.25, 0.5, 0.5, 1, 0.5, 1, 0.25, 0.5, 1, 2 * shift], area=area),
            trials("MPT", [32, 64, 64, 128, 32, 64, 128, 64, 64, 16 * shift], area=area),
            trials("MPS", [rating * shift for rating in ratings], area=area),
            trials("DMA", [0] * 13 + [1, 2 * shift], area=area),
            trials("WUR", [10, 12, 8, 9, 11], "single", area=area),
            trials("WUR", [20, 25 * shift, 22, 18, 30], "train", area=area),
            trials("VDT", [8, 7.5, 7.0 / shift], area=area),
            trials("PPT", [300, 330 * shift, 310], area=area),
        ]
    return pd.concat(parts, ignore_index=True)


def test_the_order_of_rows_does_not_matter() -> None:
    derived = qst.derive_values(battery()).set_index("area")
    for seed in range(5):
        shuffled = qst.derive_values(battery().sample(frac=1, random_state=seed)).set_index("area").loc[derived.index]
        np.testing.assert_allclose(shuffled[CODES].to_numpy(float), derived[CODES].to_numpy(float), rtol=1e-13)
        assert shuffled["notes"].tolist() == derived["notes"].tolist()


def test_the_index_does_not_matter() -> None:
    odd = battery().set_axis([5] * len(battery()), axis=0)
    pd.testing.assert_frame_equal(qst.derive_values(odd), qst.derive_values(battery()))


def test_a_full_battery_has_no_note() -> None:
    assert set(qst.derive_values(battery())["notes"]) == {""}


def test_wide_equals_long() -> None:
    """Scoring trials is scoring a table of the values these trials have."""
    from_trials = qst.score(battery())
    values = qst.derive_values(battery()).drop(columns="notes")
    from_values = qst.score(values)
    pd.testing.assert_frame_equal(from_trials[list(RESULT_COLUMNS)], from_values[list(RESULT_COLUMNS)])
    assert from_trials["n_scored"].tolist() == [13, 13]


def test_files_wide_equal_files_long(tmp_path: Path) -> None:
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    battery().to_csv(long, index=False)
    qst.derive_values(battery()).drop(columns="notes").to_csv(wide, index=False)
    problems: list[qst.Problem] = []
    from_long, from_wide = (qst.score(qst.load(path, problems=problems)) for path in (long, wide))
    assert problems == []
    for column in RESULT_COLUMNS:
        if column.endswith("_z"):
            np.testing.assert_allclose(from_long[column], from_wide[column], rtol=0, atol=1e-12)
        elif not column.startswith(("expected", "p_")):
            assert from_long[column].tolist() == from_wide[column].tolist(), column


# --- what else the table holds --------------------------------------------------------------------------------------


def test_columns_of_the_assessment_are_kept_and_those_of_single_trials_are_not() -> None:
    frame = trials("HPT", [44.0, 45.0, 46.0]).assign(group="patients", clock=["9:00", "9:05", "9:10"])
    row = derive_one(frame)
    assert row["group"] == "patients"
    assert "clock" not in row


def test_age_and_sex_are_taken_where_any_trial_has_them() -> None:
    """The first trial of an assessment lacks them; the other trials supply them."""
    frame = trials("HPT", [44.0, 45.0, 46.0]).astype({"sex": object})
    frame.loc[0, ["age", "sex"]] = None
    row = derive_one(frame)
    assert row["age"] == 25.0
    assert row["sex"] == "female"


@pytest.mark.parametrize(("column", "values"), [("age", [25.0, 65.0, 65.0]), ("sex", ["female", "male", "male"])])
def test_an_age_or_sex_that_differs_between_trials_is_not_chosen_silently(column: str, values: list[Any]) -> None:
    """derive_values: age and sex are kept where all trials of an assessment agree."""
    row = derive_one(trials("HPT", [44.0, 45.0, 46.0]).assign(**{column: values}))
    assert pd.isna(row[column])


def test_the_values_may_be_text() -> None:
    frame = trials("HPT", [44.0, 45.0, 46.0]).astype({"value": str})
    assert derive_one(frame)["HPT"] == 45.0


def test_a_table_without_trials_gives_a_table_without_rows() -> None:
    derived = qst.derive_values(battery().head(0))
    assert derived.empty
    assert set(CODES) <= set(derived.columns)
    assert qst.score(battery().head(0)).empty


@pytest.mark.parametrize("lacking", ["parameter", "value"])
def test_a_table_that_is_not_one_of_trials_is_refused(lacking: str) -> None:
    with pytest.raises(OptionError, match=f"needs the columns parameter and value; it lacks {lacking}"):
        qst.derive_values(battery().drop(columns=lacking))


def test_an_unknown_parameter_gives_no_value_and_keeps_its_assessment() -> None:
    row = derive_one(trials("XYZ", [1.0, 2.0]))
    assert row["subject"] == "007"
    assert row[CODES].isna().all()


@pytest.mark.parametrize("kind", ["category", "str", "object"])
def test_the_kind_of_text_does_not_matter(kind: str) -> None:
    texts = dict.fromkeys(("parameter", "stimulus", "subject", "sex", "site", "area"), kind)
    derived = qst.derive_values(battery().astype(texts))
    expected = qst.derive_values(battery())
    assert derived[CODES].to_numpy().tolist() == expected[CODES].to_numpy().tolist()


def test_trials_of_many_people_are_kept_apart() -> None:
    people = [f"{a}{b}" for a, b in itertools.product("ABCDE", range(20))]
    parts = [trials("HPT", [40 + i / 20, 41 + i / 20, 42 + i / 20], subject=name) for i, name in enumerate(people)]
    derived = qst.derive_values(pd.concat(parts).sample(frac=1, random_state=3)).set_index("subject")
    assert [derived.at[name, "HPT"] for name in people] == pytest.approx([41 + i / 20 for i in range(100)])
