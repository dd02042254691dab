"""z-scores: known answers by hand from the reference table, signs, and bounds of values."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from paths import NORMS

import qst
from qst.errors import OptionError

HAND = {"age": 25.0, "sex": "female", "site": "hand"}


def score_one(**values: Any) -> pd.Series:
    """The scored row of one assessment; a woman of 25, at the hand, unless given otherwise."""
    return qst.score(pd.DataFrame([HAND | values])).iloc[0]


def notes_of(row: pd.Series) -> set[str]:
    return set(row["notes"].split(";")) - {""}


# Each answer by hand: sign × (log10 value or value − mean) / SD, with mean and SD of the row of
# reference_values/magerl2010/values.csv (the header is row 1) whose number comes last.
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
    """Rolke 2006: needing less cold, warmth, heat, pressure or force is a gain; so is earlier or stronger pain."""
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


# --- values that are missing, zero, or impossible -----------------------------------------------------------------


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


def test_dma_of_zero_is_never_painful_and_noted() -> None:
    row = score_one(DMA=0.0)
    assert row["DMA_finding"] == "normal"
    assert "rating_offset_added:DMA" in notes_of(row)


@pytest.mark.parametrize("code", ["CDT", "WDT", "TSL", "PPT", "MPT", "WUR", "MDT"])
def test_zero_has_no_logarithm(code: str) -> None:
    row = score_one(**{code: 0.0})
    assert pd.isna(row[f"{code}_z"])
    assert f"not_positive:{code}" in notes_of(row)


@pytest.mark.parametrize("code", ["PPT", "MPT", "MPS", "WUR", "MDT", "DMA"])
def test_negative_values_have_no_logarithm(code: str) -> None:
    row = score_one(**{code: -3.0})
    assert pd.isna(row[f"{code}_finding"])
    assert f"not_positive:{code}" in notes_of(row)


@pytest.mark.parametrize("code", ["CPT", "VDT", "PHS"])
def test_zero_is_a_value_where_it_can_be_one(code: str) -> None:
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


def test_text_that_is_not_a_number_is_noted() -> None:
    frame = pd.DataFrame([HAND | {"HPT": "5O.1"}, HAND | {"HPT": "45"}])
    scored = qst.score(frame)
    assert pd.isna(scored.loc[0, "HPT_z"])
    assert "out_of_range:HPT" in scored.loc[0, "notes"].split(";")
    assert scored.loc[1, "HPT_z"] == qst.z_score("HPT", 45, **HAND)
