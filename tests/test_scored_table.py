"""The scored table: its columns and their order, columns of the caller's own, and options that mean nothing."""

import math
from typing import Any

import pandas as pd
import pytest

import qst
from qst.errors import OptionError

HAND = {"age": 25.0, "sex": "female", "site": "hand"}


def test_a_table_without_any_parameter_is_refused() -> None:
    with pytest.raises(OptionError, match="the table has none of the columns CDT WDT TSL"):
        qst.score(pd.DataFrame([HAND]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cut_off": 0}, r"cut-off is 0; it must be above 0"),
        ({"cut_off": -1.96}, r"cut-off is -1\.96; it must be above 0"),
        ({"cut_off": math.nan}, r"cut-off is nan; it must be above 0"),
        ({"cut_off": math.inf}, r"cut-off is inf"),
        ({"dma_threshold": -1}, r"DMA threshold is -1; it must be a rating"),
        ({"dma_threshold": 100}, r"DMA threshold is 100; it must be a rating"),
        ({"dma_threshold": math.nan}, r"DMA threshold is nan; it must be a rating"),
        ({"device_limits": {"VDT": 99}}, r"a device limit of 99 for VDT is outside the range 0 to 8"),
        ({"device_limits": {"WUR": 1}}, r"'WUR' has no device limit"),
        ({"device_limits": {"XYZ": 1}}, r"'XYZ' has no device limit: choose one of CDT WDT TSL"),
        ({"device_limits": {"PPT": math.nan}}, r"a device limit of nan for PPT"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        qst.score(pd.DataFrame([HAND | {"HPT": 45.0}]), **options)


def test_columns_stand_in_the_promised_order() -> None:
    """DESIGN, section 3: assessments, z, findings, counts, and the rest; then the caller's own."""
    frame = pd.DataFrame([{"diagnosis": "x", "HPT": 45.0, "zeta": 1} | HAND])
    columns = list(qst.score(frame).columns)
    codes = ["CDT", "WDT", "TSL", "CPT", "HPT", "PPT", "MPT", "MPS", "WUR", "MDT", "VDT", "PHS", "DMA"]
    assert columns[:20] == ["subject", "visit", "age", "sex", "site", "side", "area", *codes]
    assert columns[20:44] == [f"{code}_z" for code in codes[:11]] + [f"{code}_finding" for code in codes]
    assert columns[44:49] == ["n_scored", "n_gain", "n_loss", "expected_by_chance", "p_profile"]
    assert columns[49:51] == ["not_findable", "loga"]
    phenotypes = ["sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia", "healthy"]
    assert columns[51:56] == ["phenotype", *(f"phenotype_{name}" for name in phenotypes)]
    assert columns[56:60] == ["irritable_nociceptor", "small_fibre", "large_fibre", "mechanisms"]
    assert columns[-5:] == ["reference_set", "notes", "phenotypes_all", "diagnosis", "zeta"]


@pytest.mark.parametrize("name", ["notes", "loga", "CDT_z", "n_gain"])
def test_a_column_of_the_callers_own_with_the_name_of_a_result_is_kept(name: str) -> None:
    scored = qst.score(pd.DataFrame([HAND | {"HPT": 45.0, name: "mine"}]))
    assert scored.loc[0, f"{name}_input"] == "mine"
    assert scored.columns.is_unique


def test_a_clash_with_a_kept_column_loses_nothing() -> None:
    scored = qst.score(pd.DataFrame([HAND | {"HPT": 45.0, "loga": "mine", "loga_input": "also mine"}]))
    assert scored.columns.is_unique
    assert {"mine", "also mine"} <= set(scored.iloc[0].astype(str))


def test_a_callers_own_column_named_reference_set_does_not_drop_others() -> None:
    """Only a table that was scored before has results to replace."""
    scored = qst.score(pd.DataFrame([HAND | {"HPT": 45.0, "reference_set": "ours", "loga": "mine"}]))
    assert {"ours", "mine"} <= set(scored.iloc[0].astype(str))


def test_two_columns_of_one_name_are_refused_by_name() -> None:
    frame = pd.DataFrame([[25.0, "female", "hand", 45.0, 46.0]], columns=["age", "sex", "site", "HPT", "HPT"])
    with pytest.raises(qst.QSTError, match="HPT"):
        qst.score(frame)
