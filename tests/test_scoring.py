"""`qst` and an independent scorer give the same answers, and every way of calling `qst` gives the same numbers."""

import math
import random
from typing import Any

import independent_scorer
import numpy as np
import pandas as pd
import pytest
from paths import NORMS

import qst
from qst.tables import RESULT_COLUMNS

N, SEED = 8_000, 20_250
Z_NAMES = tuple(independent_scorer.TESTS)
CODES = independent_scorer.PARAMETERS
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def people() -> list[dict[str, Any]]:
    return independent_scorer.generate(SEED, N)


@pytest.fixture(scope="module")
def table(people: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(people).assign(subject=[str(number) for number in range(N)])


@pytest.fixture(scope="module")
def scored(table: pd.DataFrame) -> pd.DataFrame:
    return qst.score(table)


@pytest.fixture(scope="module")
def expected(people: list[dict[str, Any]]) -> pd.DataFrame:
    reference = independent_scorer.read_reference(str(NORMS))
    return pd.DataFrame([independent_scorer.score(person, reference) for person in people])


def largest_difference(ours: pd.Series, theirs: pd.Series) -> float:
    """The largest difference between two columns of numbers that are missing in the same rows."""
    left, right = ours.to_numpy(dtype=float), theirs.to_numpy(dtype=float)
    assert (np.isnan(left) == np.isnan(right)).all()
    return float(np.nanmax(np.abs(left - right)))


def as_texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column]


def assert_identical(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Every result of two scored tables is identical, bit by bit and row by row, whatever their index."""
    for column in RESULT_COLUMNS:
        a, b = left[column].to_numpy(), right[column].to_numpy()
        assert ((a == b) | (pd.isna(a) & pd.isna(b))).all(), column


def test_the_answer_set_covers_every_case(expected: pd.DataFrame) -> None:
    findings = {finding for name in CODES for finding in expected[f"{name}_finding"].dropna()}
    assert findings == {"gain", "loss", "normal", "limit"}
    assert expected["loga"].nunique() == 16
    assert expected["loga"].isna().any()
    assert len(expected) >= 6_000


@pytest.mark.parametrize("name", Z_NAMES)
def test_z_scores_agree(scored: pd.DataFrame, expected: pd.DataFrame, name: str) -> None:
    assert largest_difference(scored[f"{name}_z"], expected[f"{name}_z"]) < TOLERANCE


@pytest.mark.parametrize("name", CODES)
def test_findings_agree(scored: pd.DataFrame, expected: pd.DataFrame, name: str) -> None:
    assert as_texts(scored[f"{name}_finding"]) == as_texts(expected[f"{name}_finding"])


@pytest.mark.parametrize("column", ["n_scored", "n_gain", "n_loss"])
def test_counts_agree(scored: pd.DataFrame, expected: pd.DataFrame, column: str) -> None:
    assert scored[column].tolist() == expected[column].tolist()


@pytest.mark.parametrize("column", ["expected_by_chance", "p_profile"])
def test_chance_agrees(scored: pd.DataFrame, expected: pd.DataFrame, column: str) -> None:
    assert largest_difference(scored[column], expected[column]) < TOLERANCE


def test_not_findable_agrees(scored: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert scored["not_findable"].tolist() == [";".join(names) for names in expected["not_findable"]]


def test_loga_agrees(scored: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert as_texts(scored["loga"]) == as_texts(expected["loga"])


@pytest.mark.parametrize(("cut_off", "dma_threshold"), [(1.645, 0.0), (2.5, 10.0)])
def test_other_options_agree(people: list[dict[str, Any]], cut_off: float, dma_threshold: float) -> None:
    some = people[:1500]
    reference = independent_scorer.read_reference(str(NORMS))
    theirs = pd.DataFrame([independent_scorer.score(person, reference, cut_off, dma_threshold) for person in some])
    ours = qst.score(pd.DataFrame(some), cut_off=cut_off, dma_threshold=dma_threshold)
    for name in CODES:
        assert as_texts(ours[f"{name}_finding"]) == as_texts(theirs[f"{name}_finding"])
    assert as_texts(ours["loga"]) == as_texts(theirs["loga"])
    assert ours["not_findable"].tolist() == [";".join(names) for names in theirs["not_findable"]]
    assert largest_difference(ours["p_profile"], theirs["p_profile"]) < TOLERANCE


def test_one_call_for_one_value_gives_the_same_number(people: list[dict[str, Any]], scored: pd.DataFrame) -> None:
    rng = random.Random(SEED)
    compared = 0
    for row in rng.sample(range(N), 60):
        person = people[row]
        for name in Z_NAMES:
            stratum = {"age": person["age"], "sex": person["sex"], "site": person["site"]}
            alone, in_table = qst.z_score(name, person[name], **stratum), scored.loc[row, f"{name}_z"]
            assert alone == in_table or (math.isnan(alone) and pd.isna(in_table)), (row, name)
            compared += not math.isnan(alone)
    assert compared > 200


def test_a_row_alone_gives_the_same_numbers(table: pd.DataFrame, scored: pd.DataFrame) -> None:
    rows = random.Random(SEED).sample(range(N), 60)
    one_by_one = pd.concat([qst.score(table.iloc[[row]]) for row in rows])
    assert_identical(one_by_one, scored.iloc[rows])


def test_the_order_of_rows_does_not_matter(table: pd.DataFrame, scored: pd.DataFrame) -> None:
    order = np.random.default_rng(SEED).permutation(N)
    shuffled = qst.score(table.iloc[order])
    assert shuffled["subject"].tolist() == table["subject"].iloc[order].tolist()
    assert_identical(shuffled, scored.iloc[order])


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(range(1000, 3000)),
        pd.Index([7] * 2000),
        pd.Index([f"row {number}" for number in range(2000)]),
        pd.Index([None, *range(1999)]),
        pd.MultiIndex.from_product([range(1000), ["left", "right"]]),
        pd.date_range("2024-01-01", periods=2000),
    ],
    ids=["other numbers", "all alike", "texts", "one missing", "two levels", "dates"],
)
def test_the_index_does_not_matter_and_is_kept(table: pd.DataFrame, scored: pd.DataFrame, index: pd.Index) -> None:
    some = table.head(2000).set_axis(index, axis=0)
    again = qst.score(some)
    assert again.index.equals(index)
    assert_identical(again, scored.head(2000))


def test_the_order_of_columns_does_not_matter(table: pd.DataFrame, scored: pd.DataFrame) -> None:
    columns = list(np.random.default_rng(SEED).permutation(table.columns))
    again = qst.score(table[columns])
    assert list(again.columns) == list(scored.columns)
    assert_identical(again, scored)


@pytest.mark.parametrize("kind", ["category", "str", "object", "string"])
def test_the_kind_of_text_does_not_matter(table: pd.DataFrame, scored: pd.DataFrame, kind: str) -> None:
    again = qst.score(table.astype({"sex": kind, "site": kind, "subject": kind}))
    assert_identical(again, scored)


@pytest.mark.parametrize("kind", ["object", "Float64"])
def test_the_kind_of_number_does_not_matter(table: pd.DataFrame, scored: pd.DataFrame, kind: str) -> None:
    again = qst.score(table.astype(dict.fromkeys(("age", *CODES), kind)))
    assert_identical(again, scored)


def test_whole_numbers_with_gaps_are_numbers() -> None:
    stratum = {"age": [25, None, 72], "sex": "female", "site": "hand"}
    whole = pd.DataFrame(stratum | {"HPT": [45, 46, None], "PPT": [400, 350, 300]})
    nullable = whole.astype({"age": "Int64", "HPT": "Int64", "PPT": "Int16"})
    assert_identical(qst.score(nullable), qst.score(whole))


def test_single_precision_is_scored_as_the_number_that_it_is() -> None:
    """A float32 of 44.1 is 44.09999847: that number is scored, in double precision, and not 44.1."""
    stratum = {"age": 25.0, "sex": "female", "site": "hand"}
    single = pd.DataFrame(stratum | {"HPT": np.array([44.1], dtype=np.float32)})
    double = pd.DataFrame(stratum | {"HPT": [float(np.float32(44.1))]})
    assert qst.score(single).loc[0, "HPT_z"] == qst.score(double).loc[0, "HPT_z"]
    assert qst.score(single).loc[0, "HPT_z"] == pytest.approx(-(44.1 - 42.68) / 3.24, abs=1e-5)
    assert qst.score(single).loc[0, "HPT_z"] != -(44.1 - 42.68) / 3.24


def test_scoring_leaves_the_input_as_it_was(table: pd.DataFrame) -> None:
    before = table.copy(deep=True)
    qst.score(table)
    pd.testing.assert_frame_equal(table, before)


def test_scoring_a_scored_table_changes_nothing(table: pd.DataFrame) -> None:
    once = qst.score(table.head(500))
    pd.testing.assert_frame_equal(qst.score(once), once)


def test_a_table_without_rows_has_all_columns(table: pd.DataFrame, scored: pd.DataFrame) -> None:
    empty = qst.score(table.head(0))
    assert list(empty.columns) == list(scored.columns)
    assert empty.empty
