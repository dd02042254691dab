"""The norm of each assessment: who has one, which age band applies, and cells that are doubtful or missing."""

import math
from typing import Any

import pandas as pd
import pytest

import qst
from qst.errors import ReferenceSetError

HAND = {"age": 25.0, "sex": "female", "site": "hand"}


def score_one(**values: Any) -> pd.Series:
    """The scored row of one assessment; a woman of 25, at the hand, unless given otherwise."""
    return qst.score(pd.DataFrame([HAND | values])).iloc[0]


def notes_of(row: pd.Series) -> set[str]:
    return set(row["notes"].split(";")) - {""}


# --- who has a norm -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "note"),
    [
        ({"sex": None}, "no_sex"),
        ({"sex": ""}, "no_sex"),
        ({"sex": "diverse"}, "unknown_sex"),
        ({"sex": 1}, "unknown_sex"),
        ({"age": None}, "no_age"),
        ({"age": math.inf}, "no_age"),
        ({"site": None}, "no_site"),
        ({"site": "thigh"}, "no_norm_for_site"),
        ({"age": 19.9}, "age_below_norms"),
        ({"age": 0}, "age_below_norms"),
    ],
)
def test_without_a_norm_there_is_a_note_and_the_row_stays(person: dict[str, Any], note: str) -> None:
    scored = qst.score(pd.DataFrame([HAND | person | {"HPT": 45.0, "DMA": 5.1}, HAND | {"HPT": 45.0}]))
    assert len(scored) == 2
    assert pd.isna(scored.loc[0, "HPT_z"])
    assert note in notes_of(scored.loc[0])
    assert scored.loc[0, "DMA_finding"] == "gain", "DMA needs no norm"
    assert pd.isna(scored.loc[0, "p_profile"])
    assert scored.loc[1, "HPT_z"] == qst.z_score("HPT", 45.0, **HAND), "such a row does not affect the others"


@pytest.mark.parametrize("absent", ["age", "sex", "site"])
def test_a_column_that_is_absent_is_missing_throughout(absent: str) -> None:
    scored = qst.score(pd.DataFrame([HAND | {"HPT": 45.0}]).drop(columns=absent))
    assert scored.loc[0, "notes"] == f"no_{absent}"
    assert pd.isna(scored.loc[0, absent])


@pytest.mark.parametrize("site", ["hand", "Hand", " hand "])
def test_case_and_outer_blanks_do_not_count(site: str) -> None:
    assert qst.z_score("HPT", 45, age=25, sex="Female", site=site) == qst.z_score("HPT", 45, **HAND)


# HPT at the hand of women, rows 123, 126, 129, 132, 135: (mean, SD) from 20, 30, 40, 50 and 60 years.
BANDS = {20: (42.68, 3.24), 30: (42.79, 3.65), 40: (43.49, 3.63), 50: (44.73, 2.72), 60: (45.3, 2.24)}


@pytest.mark.parametrize("edge", [30, 40, 50, 60])
@pytest.mark.parametrize("past", [-0.01, 0.0, 0.01])
def test_a_band_includes_its_lower_edge_and_not_its_upper(edge: int, past: float) -> None:
    mean, sd = BANDS[edge if past >= 0 else edge - 10]
    assert qst.z_score("HPT", 46, age=edge + past, sex="female", site="hand") == pytest.approx(-(46 - mean) / sd)


@pytest.mark.parametrize(("age", "has_z"), [(19.99, False), (19.9, False), (20.0, True), (20.01, True)])
def test_nothing_is_published_below_twenty(age: float, has_z: bool) -> None:
    assert math.isnan(qst.z_score("HPT", 46, age=age, sex="female", site="hand")) != has_z


@pytest.mark.parametrize("age", [29.5, 39.999999, 49.5, 59.9])
def test_ages_between_whole_years_have_a_norm(age: float) -> None:
    mean, sd = BANDS[int(age // 10 * 10)]
    assert qst.z_score("HPT", 46, age=age, sex="female", site="hand") == pytest.approx(-(46 - mean) / sd)


@pytest.mark.parametrize(
    ("age", "noted"), [(60, False), (72, False), (74.99, False), (75, True), (75.01, True), (80, True), (110, True)]
)
def test_the_top_band_is_open_and_noted_from_75(age: float, noted: bool) -> None:
    row = score_one(age=age, HPT=46.0)
    assert row["HPT_z"] == pytest.approx(-(46 - 45.3) / 2.24)  # row 135
    assert ("age_above_norms" in notes_of(row)) == noted


@pytest.mark.parametrize("age", [-1.0, 130.0, 200.0, 1987.0])
def test_an_impossible_age_has_no_norm(age: float) -> None:
    """FIELD: ages of 200 or 1987 occur in real files; they are not those of old people."""
    row = score_one(age=age, HPT=46.0)
    assert pd.isna(row["HPT_z"])
    assert row["notes"] != ""


# --- cells that are doubtful, missing, or without spread ------------------------------------------------------------


@pytest.mark.parametrize("age", [60, 72, 80])
def test_the_doubtful_cell_mdt_face_female_60_is_not_used(age: float) -> None:
    row = score_one(age=age, site="face", MDT=512.0, HPT=45.0)
    assert pd.isna(row["MDT_z"])
    assert pd.isna(row["MDT_finding"])
    assert "norm_doubtful:MDT" in notes_of(row)
    assert "MDT" not in row["not_findable"], "what is not judged is not listed as impossible to find"
    assert row["n_scored"] == 1
    neighbour = score_one(age=59.9, site="face", MDT=512.0)
    assert neighbour["MDT_z"] == pytest.approx(-(math.log10(512) + 0.649) / 0.14)  # row 245


def test_the_doubtful_cell_phs_foot_female_60_is_not_used() -> None:
    row = score_one(age=65, site="foot", PHS=3, HPT=45.0)
    assert pd.isna(row["PHS_finding"])
    assert "norm_doubtful:PHS" in notes_of(row)
    assert row["n_scored"] == 1
    assert score_one(age=59.9, site="foot", PHS=3)["PHS_finding"] == "loss"
    assert score_one(age=65, site="foot", sex="male", PHS=3)["PHS_finding"] == "loss"


def test_a_doubtful_cell_is_noted_only_where_there_is_a_value() -> None:
    assert not score_one(age=65, site="foot", HPT=45.0)["notes"]


@pytest.mark.parametrize("code", ["PPT", "MPT", "MPS", "WUR", "VDT", "PHS"])
def test_missing_cells_are_noted(code: str) -> None:
    """FIELD: at the face, seven parameters have norms for men aged 20-29 only."""
    value = 3.0 if code == "PHS" else 5.0
    woman = score_one(site="face", HPT=42.0, **{code: value})
    assert f"no_norm:{code}" in notes_of(woman)
    assert pd.isna(woman[f"{code}_finding"])
    assert woman["n_scored"] == 1
    man = score_one(site="face", sex="male", HPT=42.0, **{code: value})
    assert f"no_norm:{code}" not in notes_of(man)
    assert isinstance(man[f"{code}_finding"], str)


# --- a norm of another site -----------------------------------------------------------------------------------------


def test_site_as_uses_the_norm_of_another_site_with_a_note() -> None:
    frame = pd.DataFrame([HAND | {"site": "forearm", "HPT": 45.0}, HAND | {"HPT": 45.0}])
    scored = qst.score(frame, site_as={"forearm": "hand"})
    assert scored.loc[0, "HPT_z"] == qst.z_score("HPT", 45.0, **HAND)
    assert scored.loc[0, "notes"] == "site_as:forearm=hand"
    assert scored.loc[0, "site"] == "forearm"
    assert scored.loc[1, "notes"] == ""
    assert qst.score(frame).loc[0, "notes"] == "no_norm_for_site"


def test_site_as_does_not_replace_an_existing_norm() -> None:
    frame = pd.DataFrame([HAND | {"site": "foot", "HPT": 45.0}])
    scored = qst.score(frame, site_as={"foot": "hand"})
    assert scored.loc[0, "HPT_z"] == pytest.approx(-(45 - 43.69) / 2.8)  # row 124
    assert scored.loc[0, "notes"] == ""


def test_site_as_to_a_site_without_norms_is_refused() -> None:
    with pytest.raises(ReferenceSetError, match="magerl2010 has no site 'arm': it covers face, foot, hand"):
        qst.score(pd.DataFrame([HAND | {"HPT": 45.0}]), site_as={"forearm": "arm"})
