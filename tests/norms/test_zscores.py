"""z-scores: known answers by hand from the reference table, signs, bounds of values, and the seams between ages."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from paths import NORMS

import qst
from qst.errors import OptionError, ReferenceSetError

HAND = {"age": 25.0, "sex": "female", "site": "hand"}


def score_one(**values: Any) -> pd.Series:
    """The scored row of one assessment; a woman of 25, at the hand, where nothing else is said."""
    return qst.score(pd.DataFrame([HAND | values])).iloc[0]


def notes_of(row: pd.Series) -> set[str]:
    return set(row["notes"].split(";")) - {""}


# Each answer by hand: sign × (log10 value or value − mean) / SD, with mean and SD of the row of
# reference_values/magerl2010/values.csv (the header is row 1) that stands last.
KNOWN = [
    ("CDT", 1.0, ("hand", "female", 25), -(0 - 0.046) / 0.232, 3),
    ("CDT", 10.0, ("foot", "male", 65), -(1 - 0.616) / 0.266, 31),
    ("CDT", 2.0, ("face", "male", 35), -(math.log10(2) + 0.088) / 0.214, 20),
    ("WDT", 10.0, ("foot", "female", 45), -(1 - 0.65) / 0.214, 40),
    ("TSL", 10.0, ("hand", "male", 55), -(1 - 0.45) / 0.278, 87),
    ("CPT", 20.0, ("hand", "female", 25), (20 - 15.61) / 7.15, 93),
    ("CPT", 5.0, ("face", "male", 65), (5 - 9.89) / 8.58, 119),
    ("HPT", 45.0, ("foot", "male", 25), -(45 - 45.12) / 2.4, 139),
    ("HPT", 39.44, ("hand", "female", 25), 1.0, 123),
    ("PPT", 1000.0, ("hand", "female", 65), -(3 - 2.65) / 0.076, 160),
    ("PPT", 100.0, ("face", "male", 25), -(2 - 2.357) / 0.135, 162),
    ("MPT", 256.0, ("hand", "female", 21), -(math.log10(256) - 1.898) / 0.361, 173),
    ("MPS", 1.0, ("foot", "male", 35), (0 + 0.13) / 0.496, 208),
    ("WUR", 10.0, ("foot", "female", 55), (1 - 0.403) / 0.248, 222),
    ("WUR", 1.0, ("hand", "male", 45), (0 - 0.248) / 0.185, 230),
    ("MDT", 1.0, ("foot", "female", 35), -(0 - 0.099) / 0.44, 241),
    ("MDT", 16.0, ("hand", "male", 65), -(math.log10(16) + 0.166) / 0.341, 264),
    ("VDT", 6.0, ("hand", "female", 45), (6 - 7.82) / 0.32, 270),
    ("VDT", 5.0, ("foot", "male", 72), (5 - 6.54) / 1.0, 286),
]


@pytest.mark.parametrize(("code", "value", "stratum", "expected", "row"), KNOWN)
def test_known_answers(code: str, value: float, stratum: tuple[str, str, int], expected: float, row: int) -> None:
    site, sex, age = stratum
    cited = NORMS.read_text(encoding="utf-8").splitlines()[row - 1]
    assert cited.startswith(f"{code},{site},{sex},{age // 10 * 10 if age < 60 else 60},")
    assert qst.z_score(code, value, age=age, sex=sex, site=site) == pytest.approx(expected, abs=1e-12)
    in_table = qst.score(pd.DataFrame([{"age": age, "sex": sex, "site": site, code: value}]))
    assert in_table.loc[0, f"{code}_z"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("code", "less", "more", "more_is"),
    [
        ("CDT", 1, 5, "loss"),
        ("WDT", 1, 5, "loss"),
        ("TSL", 2, 9, "loss"),
        ("CPT", 5, 25, "gain"),
        ("HPT", 40, 48, "loss"),
        ("PPT", 200, 600, "loss"),
        ("MPT", 16, 256, "loss"),
        ("MPS", 0.2, 9, "gain"),
        ("WUR", 1, 6, "gain"),
        ("MDT", 0.5, 8, "loss"),
        ("VDT", 5, 8, "gain"),
    ],
)
def test_plus_is_gain_of_function(code: str, less: float, more: float, more_is: str) -> None:
    """Rolke 2006: less cold, warmth, heat, pressure or force needed is a gain; earlier cold pain and more pain too."""
    rise = qst.z_score(code, more, **HAND) - qst.z_score(code, less, **HAND)
    assert (rise > 0) == (more_is == "gain")
    assert abs(rise) > 1


@pytest.mark.parametrize("code", ["CDT", "WDT", "TSL"])
def test_only_the_magnitude_of_a_distance_counts(code: str) -> None:
    row = score_one(**{code: -3.5})
    assert row[f"{code}_z"] == qst.z_score(code, 3.5, **HAND)
    assert row[code] == -3.5, "the value itself is shown as it was given"


@pytest.mark.parametrize("code", ["PHS", "DMA"])
def test_phs_and_dma_have_no_z(code: str) -> None:
    with pytest.raises(OptionError, match=f"'{code}' has no z-score: choose one of CDT WDT TSL"):
        qst.z_score(code, 1.0, **HAND)
    assert f"{code}_z" not in score_one(PHS=0, DMA=0.1)


# --- values that are missing, nought, or impossible -----------------------------------------------------------------


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, float("nan")])
def test_a_missing_value_is_only_missing(missing: object) -> None:
    row = score_one(HPT=missing, CPT=20.0)
    assert pd.isna(row["HPT_z"])
    assert pd.isna(row["HPT_finding"])
    assert row["n_scored"] == 1
    assert "HPT" not in row["notes"].replace("loga_without:HPT", "")


def test_mps_below_a_tenth_is_a_plain_mean_and_gets_a_tenth() -> None:
    row = score_one(MPS=0.0)
    assert row["MPS_z"] == pytest.approx((-1 + 0.095) / 0.401, abs=1e-12)  # row 194; log10(0 + 0.1)
    assert "rating_offset_added:MPS" in notes_of(row)
    almost = score_one(MPS=0.09)
    assert almost["MPS_z"] == pytest.approx((math.log10(0.19) + 0.095) / 0.401, abs=1e-12)
    as_is = score_one(MPS=0.1)
    assert as_is["MPS_z"] == pytest.approx((-1 + 0.095) / 0.401, abs=1e-12)
    assert not any(note.startswith("rating_offset_added") for note in notes_of(as_is))


def test_dma_of_nought_is_never_painful_and_noted() -> None:
    row = score_one(DMA=0.0)
    assert row["DMA_finding"] == "normal"
    assert "rating_offset_added:DMA" in notes_of(row)


@pytest.mark.parametrize("code", ["CDT", "WDT", "TSL", "PPT", "MPT", "WUR", "MDT"])
def test_nought_has_no_logarithm(code: str) -> None:
    row = score_one(**{code: 0.0})
    assert pd.isna(row[f"{code}_z"])
    assert f"not_positive:{code}" in notes_of(row)


@pytest.mark.parametrize("code", ["PPT", "MPT", "MPS", "WUR", "MDT", "DMA"])
def test_negative_values_have_no_logarithm(code: str) -> None:
    row = score_one(**{code: -3.0})
    assert pd.isna(row[f"{code}_finding"])
    assert f"not_positive:{code}" in notes_of(row)


@pytest.mark.parametrize("code", ["CPT", "VDT", "PHS"])
def test_nought_is_a_value_where_it_can_be_one(code: str) -> None:
    row = score_one(**{code: 0.0})
    assert isinstance(row[f"{code}_finding"], str)
    assert not notes_of(row) - {f"at_limit:{code}"}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("CDT", 33.0),
        ("WDT", 21.0),
        ("TSL", 51.0),
        ("CPT", 300.0),
        ("CPT", -6.0),
        ("HPT", 53.0),
        ("HPT", 0.8),
        ("PPT", 2_000_000.0),
        ("MPT", 5_000.0),
        ("MPS", 101.0),
        ("WUR", 101.0),
        ("MDT", 0.001),
        ("VDT", 9.0),
        ("VDT", -1.0),
        ("PHS", 4.0),
        ("PHS", -1.0),
        ("DMA", 200.0),
        ("HPT", math.inf),
        ("PPT", math.inf),
        ("CPT", -math.inf),
    ],
)
def test_impossible_values_have_no_finding_and_a_note(code: str, value: float) -> None:
    row = score_one(**{code: value})
    assert pd.isna(row[f"{code}_finding"])
    assert row["n_scored"] == 0
    assert notes_of(row) == {f"out_of_range:{code}"}
    assert row[code] == value, "the value stays visible"


def test_text_that_is_no_number_is_noted() -> None:
    frame = pd.DataFrame([HAND | {"HPT": "5O.1"}, HAND | {"HPT": "45"}])
    scored = qst.score(frame)
    assert pd.isna(scored.loc[0, "HPT_z"])
    assert "out_of_range:HPT" in scored.loc[0, "notes"].split(";")
    assert scored.loc[1, "HPT_z"] == qst.z_score("HPT", 45, **HAND)


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
    assert scored.loc[1, "HPT_z"] == qst.z_score("HPT", 45.0, **HAND), "one such row does not touch the others"


@pytest.mark.parametrize("absent", ["age", "sex", "site"])
def test_a_column_that_is_absent_is_missing_throughout(absent: str) -> None:
    scored = qst.score(pd.DataFrame([HAND | {"HPT": 45.0}]).drop(columns=absent))
    assert scored.loc[0, "notes"] == f"no_{absent}"
    assert pd.isna(scored.loc[0, absent])


@pytest.mark.parametrize("site", ["hand", "Hand", " hand "])
def test_case_and_outer_blanks_do_not_count(site: str) -> None:
    assert qst.z_score("HPT", 45, age=25, sex="Female", site=site) == qst.z_score("HPT", 45, **HAND)


# HPT at the hand of women, rows 123, 126, 129, 132, 135: (mean, SD) from 20, 30, 40, 50 and 60 years on.
BANDS = {20: (42.68, 3.24), 30: (42.79, 3.65), 40: (43.49, 3.63), 50: (44.73, 2.72), 60: (45.3, 2.24)}


@pytest.mark.parametrize("edge", [30, 40, 50, 60])
@pytest.mark.parametrize("past", [-0.01, 0.0, 0.01])
def test_bands_hold_their_lower_edge_and_not_their_upper(edge: int, past: float) -> None:
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
def test_what_is_no_age_has_no_norm(age: float) -> None:
    """FIELD: an age of 200 or 1987 is in real files; it is not that of an old person."""
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
    assert "MDT" not in row["not_findable"], "what is not judged is not called unfindable"
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


def test_a_doubtful_cell_is_noted_only_where_a_value_asks_for_it() -> None:
    assert not score_one(age=65, site="foot", HPT=45.0)["notes"]


@pytest.mark.parametrize("code", ["PPT", "MPT", "MPS", "WUR", "VDT", "PHS"])
def test_cells_that_could_not_be_had_are_said(code: str) -> None:
    """FIELD: at the face, seven parameters are there for men of 20-29 only."""
    value = 3.0 if code == "PHS" else 5.0
    woman = score_one(site="face", HPT=42.0, **{code: value})
    assert f"no_norm:{code}" in notes_of(woman)
    assert pd.isna(woman[f"{code}_finding"])
    assert woman["n_scored"] == 1
    man = score_one(site="face", sex="male", HPT=42.0, **{code: value})
    assert f"no_norm:{code}" not in notes_of(man)
    assert isinstance(man[f"{code}_finding"], str)


# --- a norm of another site -----------------------------------------------------------------------------------------


def test_site_as_borrows_a_norm_and_says_so() -> None:
    frame = pd.DataFrame([HAND | {"site": "forearm", "HPT": 45.0}, HAND | {"HPT": 45.0}])
    scored = qst.score(frame, site_as={"forearm": "hand"})
    assert scored.loc[0, "HPT_z"] == qst.z_score("HPT", 45.0, **HAND)
    assert scored.loc[0, "notes"] == "site_as:forearm=hand"
    assert scored.loc[0, "site"] == "forearm"
    assert scored.loc[1, "notes"] == ""
    assert qst.score(frame).loc[0, "notes"] == "no_norm_for_site"


def test_site_as_does_not_replace_a_norm_that_there_is() -> None:
    frame = pd.DataFrame([HAND | {"site": "foot", "HPT": 45.0}])
    scored = qst.score(frame, site_as={"foot": "hand"})
    assert scored.loc[0, "HPT_z"] == pytest.approx(-(45 - 43.69) / 2.8)  # row 124
    assert scored.loc[0, "notes"] == ""


def test_site_as_to_a_site_without_norms_is_refused() -> None:
    with pytest.raises(ReferenceSetError, match="magerl2010 has no site 'arm': it covers face, foot, hand"):
        qst.score(pd.DataFrame([HAND | {"HPT": 45.0}]), site_as={"forearm": "arm"})
