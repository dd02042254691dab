"""What a laboratory writes comes back: the same values, identities and order, in any dialect."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from laboratory import GRAVITY, make_assessments, make_trials
from written_tables import Dialect, Sheet, dialects, lay_out, own_texts, save

import qst
from qst.loaders.formats.scored import read_scored
from qst.protocol import CODES
from qst.tables import COUNTS, NUMBERS
from qst.workflows.score import score_files

EXPECTED_PROBLEMS = {"missing-age", "missing-sex", "missing-site", "missing-code", "empty-row", "no-values"}
"""Gaps and rows that were not filled in are told; nothing else may be."""


def agree(read: pd.DataFrame, expected: dict[str, list[Any]], numbers: Sequence[str]) -> None:
    """Every column as expected, row by row; None is missing."""
    for name, column in expected.items():
        found = [None if pd.isna(value) else value for value in read[name].tolist()]
        if name in numbers:
            wanted = [value if value is None else pytest.approx(value, rel=1e-12, abs=1e-12) for value in column]
        else:
            wanted = column
        assert (name, found) == (name, wanted)


def check_round_trip(make: Any, dialect: Dialect, seed: int, texts: list[str]) -> None:
    if dialect.workbook and dialect.numbers_as_numbers:
        dialect = Dialect(**{**vars(dialect), "decimal": "."})
    sheet = make(dialect, random.Random(seed), texts)
    # In an export of REDCap, a row without a measurement is a base row: its words hold for the record's other rows.
    is_redcap = "redcap_event_name" in sheet.header
    assume(not (is_redcap and "value" in sheet.expected and None in sheet.expected["value"]))
    rows, numbers = lay_out(sheet, dialect)
    with tempfile.TemporaryDirectory() as folder:
        problems: list[qst.Problem] = []
        read = qst.load(save(rows, sheet, dialect, Path(folder)), problems=problems)
    assert [problem for problem in problems if problem.code not in EXPECTED_PROBLEMS] == []
    agree(read, sheet.expected | {"source_row": numbers}, ["age", "value", *CODES])
    own = set(read.columns) - set(sheet.expected) - {"source_file", "source_row", "notes", "baseline"}
    assert own == set(), "no column comes from nowhere"


@settings(max_examples=60)
@given(dialects, st.integers(0, 2**32), own_texts)
def test_assessments_come_back(dialect: Dialect, seed: int, texts: list[str]) -> None:
    check_round_trip(make_assessments, dialect, seed, texts)


@settings(max_examples=40)
@given(dialects, st.integers(0, 2**32), own_texts)
def test_trials_come_back(dialect: Dialect, seed: int, texts: list[str]) -> None:
    check_round_trip(make_trials, dialect, seed, texts)


# --- tables that qst wrote ------------------------------------------------------------------------------------------


def as_rows(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[tuple[str, list[Any]]]:
    for name in columns:
        yield name, [None if pd.isna(value) else value for value in frame[name].tolist()]


@settings(max_examples=24)
@given(st.integers(0, 2**32), own_texts, st.sampled_from(["csv", "xlsx", "json", "parquet"]))
@example(1, ["=1+1", "@x", "a\nb", '"', "NA"], "csv")
@example(1, ["=1+1", "@x", "a\nb", '"', "NA"], "xlsx")
def test_a_scored_table_comes_back(seed: int, texts: list[str], ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    dialect = Dialect(workbook=ending == "xlsx")  # in a workbook, what it can hold
    sheet = make_assessments(dialect, random.Random(seed), texts)
    sheet.header = ["own" if name == "=1+1" else name for name in sheet.header]  # has a test of its own, below
    check_scored(sheet, dialect, ending)


def check_scored(sheet: Sheet, dialect: Dialect, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = save(lay_out(sheet, dialect)[0], sheet, dialect, Path(folder))
        scored = qst.score(qst.load(path, problems=[]))
        output = Path(folder) / f"out.{ending}"
        assert score_files([path], output).written
        read = read_scored(output)
    assert read is not None
    assert list(read.columns) == list(scored.columns)
    for (name, found), (_, wanted) in zip(as_rows(read, list(read)), as_rows(scored, list(scored)), strict=True):
        if name in (*NUMBERS, *COUNTS):
            # openpyxl writes 16 digits
            assert found == [value if value is None else pytest.approx(value, rel=1e-15) for value in wanted], name
        else:  # a row number is text in CSV and XLSX
            assert list(map(str, found)) == list(map(str, wanted)), name


def score_remark(remark: str, ending: str, folder: Path) -> tuple[list[Any], list[Any]]:
    """A column of the laboratory's own, as it was loaded and as it comes back from the scored file."""
    path, output = folder / "lab.csv", folder / f"out.{ending}"
    path.write_bytes(f'id,age,sex,site,HPT,remark\n1,25,f,hand,44,"{remark}"\n2,25,f,hand,45,x\n'.encode())
    score_files([path], output)
    read = read_scored(output)
    assert read is not None
    return qst.load(path, problems=[])["remark"].tolist(), read["remark"].tolist()


def test_a_carriage_return_in_a_text_does_not_break_a_row_of_csv(tmp_path: Path) -> None:
    written, read = score_remark("a\rb", "csv", tmp_path)
    assert read == written == ["a\rb", "x"]


@pytest.mark.parametrize("remark", ["a\rb", "a\r\nb"])
def test_a_carriage_return_in_a_text_becomes_a_line_feed_in_a_workbook_and_is_reported(
    tmp_path: Path, remark: str
) -> None:
    path, output = tmp_path / "lab.csv", tmp_path / "out.xlsx"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f'id,age,sex,site,HPT,remark\n1,25,f,hand,44,"{remark}"\n')
    problems = score_files([path], output).problems
    assert [problem.code for problem in problems] == ["text-changed"]
    read = read_scored(output)
    assert read is not None
    assert read["remark"].tolist() == ["a\nb"]


@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_a_text_that_xml_cannot_hold_does_not_spoil_the_workbook(tmp_path: Path, character: str) -> None:
    _, read = score_remark(f"a{character}b", "xlsx", tmp_path)
    assert read == ["a\ufffdb", "x"]


@pytest.mark.parametrize("header", ["pressure_pain_threshold_N_cm2", "pressure.pain.threshold_kgf_cm2"])
def test_a_unit_with_an_underscore_behind_any_name(tmp_path: Path, header: str) -> None:
    """As `PPT_N_cm2` and `pressure pain threshold N_cm2` are read."""
    path = tmp_path / "lab.csv"
    path.write_text(f"id,age,sex,site,{header},HPT\n1,25,f,hand,4,44\n", encoding="utf-8")
    factor = 10 if "N_cm2" in header else 10 * GRAVITY
    assert qst.load(path, problems=[]).loc[0, "PPT"] == pytest.approx(4 * factor)


def test_a_header_like_a_formula_comes_back_from_csv(tmp_path: Path) -> None:
    path, output = tmp_path / "lab.csv", tmp_path / "out.csv"
    path.write_text("id,age,sex,site,HPT,=1+1\n1,25,f,hand,44,x\n", encoding="utf-8")
    score_files([path], output)
    read = read_scored(output)
    assert read is not None
    assert "=1+1" in qst.load(path, problems=[])
    assert "=1+1" in read
