"""REDCap exports: double entry and checkboxes."""

from pathlib import Path

import pytest
from lab_files import read, write
from redcap_files import codes, wide

import qst

pytestmark = pytest.mark.usefixtures("work")


# --- double entry ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("ending", ["1", "_d", "r"])
def test_a_difference_between_two_entries_is_an_error_that_names_both(tmp_path: Path, ending: str) -> None:
    rows = [f"{n},45,f,hand,{40 + n},{40 + n + (n == 3)},2" for n in range(1, 6)]
    text = "\n".join([f"record_id,age,sex,site,HPT,HPT{ending},qst_complete", *rows])
    shown: list[str] = []
    table, problems = read(write(tmp_path, text), understood=shown)
    assert table["HPT"].isna().tolist() == [False, False, True, False, False]
    assert [(problem.code, problem.severity, problem.row, problem.column) for problem in problems] == [
        ("double-entry", "error", 4, "HPT"),
        ("no-values", "warning", 4, None),
    ]
    assert f"HPT is '43' and HPT{ending}, its second entry, is '44'" in problems[0].message
    assert problems[0].value == "43 / 44"
    assert f"HPT{ending}" in table.columns
    assert any(f"HPT{ending} of HPT; 5 rows have one" in line for line in shown)


def test_different_spellings_of_a_number_agree(tmp_path: Path) -> None:
    text = "record_id,age,sex,site,HPT,HPT_d,qst_complete\n1,45,f,hand,44,44.0,2\n2,45,f,hand,45.5,45.50,2\n"
    assert read(write(tmp_path, text))[1] == []


def test_what_was_entered_once_is_used(tmp_path: Path) -> None:
    text = (
        "record_id,age,sex,site,HPT,HPT_d,CPT,CPT_d,qst_complete\n"
        "1,45,f,hand,44,44,10,,2\n2,45,f,hand,,45,11,11,2\n3,45,f,hand,46,,12,,2\n"
    )
    table, problems = read(write(tmp_path, text))
    assert wide(table, "HPT", "CPT") == [[44.0, 10.0], [45.0, 11.0], [46.0, 12.0]]
    assert [(problem.code, problem.row, problem.column) for problem in problems] == [
        ("double-entry-missing", 3, "HPT_d"),
        ("double-entry-missing", 2, "CPT"),
    ]


def test_trials_are_not_second_entries(tmp_path: Path) -> None:
    """Even if all are alike: `cdt1` next to `cdt2` is a trial, and `cdt10` is the last of ten."""
    three = "record_id,age,sex,site,vdt1,vdt2,vdt3,qst_complete\n1,45,f,hand,8,8,8,2\n2,45,f,hand,7,7,7,2\n"
    table, problems = read(write(tmp_path, three))
    assert len(table) == 6
    assert problems == []
    names = ",".join(f"mdt{n}" for n in range(1, 12))
    eleven = f"record_id,age,sex,site,{names},qst_complete\n1,45,f,hand,{','.join(['2'] * 11)},2\n"
    assert len(read(write(tmp_path, eleven))[0]) == 11


def test_second_entries_of_trials(tmp_path: Path) -> None:
    text = (
        "record_id,age,sex,site,hpt1,hpt2,hpt3,hpt11,hpt21,hpt31,qst_complete\n"
        "1,45,f,hand,43,44,48,43,44,48,2\n2,45,f,hand,43,44,48,43,45,48,2\n"
    )
    table, problems = read(write(tmp_path, text))
    assert qst.score(table)["HPT"].tolist() == [45, 45.5]
    assert [(problem.code, problem.value) for problem in problems] == [("double-entry", "44 / 45")]


def test_sides_are_not_second_entries(tmp_path: Path) -> None:
    """`hptr` next to `hptl` is the right side; it is not read, but not compared either."""
    text = "record_id,age,sex,site,hpt,hptl,hptr,qst_complete\n1,45,f,hand,44,44,44,2\n"
    shown: list[str] = []
    table, _ = read(write(tmp_path, text), understood=shown)
    assert table["HPT"].tolist() == [44]
    assert "hptr" in table.columns
    assert not any("second entries" in line for line in shown)


def test_values_that_are_not_alike_are_not_compared(tmp_path: Path) -> None:
    text = (
        "record_id,age,sex,site,hpt,hpt_d,qst_complete\n1,45,f,hand,44,8,2\n2,45,f,hand,45,9,2\n3,45,f,hand,46,46,2\n"
    )
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].tolist() == [44, 45, 46]
    assert codes(problems) == ["double-entry-unclear"]
    assert "only 1 of 3 values agree" in problems[0].message


def test_copies_of_a_record_are_compared_and_become_one(tmp_path: Path) -> None:
    text = (
        "record_id,age,sex,site,HPT,CPT,qst_complete\n7--1,45,f,hand,44,10,2\n7--2,45,f,hand,44.5,10.0,2\n"
        "8--1,45,f,hand,44,,2\n8--2,45,f,hand,44,11,2\n9--1,45,f,hand,44,,2\n"
    )
    table, problems = read(write(tmp_path, text))
    assert table["subject"].tolist() == ["7", "8", "9--1"]
    assert table["CPT"].fillna(-1).tolist() == [10, 11, -1]
    assert table["HPT"].isna().tolist() == [True, False, False]
    assert [(problem.code, problem.row, problem.value) for problem in problems] == [("double-entry", 2, "44 / 44.5")]
    assert "in row 3" in problems[0].message


def test_copies_of_a_merged_record_are_left_out_and_mentioned(tmp_path: Path) -> None:
    text = "record_id,age,sex,site,HPT,qst_complete\n7--1,45,f,hand,44,2\n7--2,45,f,hand,45,2\n7,45,f,hand,45,2\n"
    shown: list[str] = []
    table, problems = read(write(tmp_path, text), understood=shown)
    assert wide(table, "subject", "HPT") == [["7", 45.0]]
    assert problems == []
    assert any("2 rows are copies of double entry" in line for line in shown)


# --- checkboxes -----------------------------------------------------------------------------------------------------
def test_a_ticked_box_is_the_side(tmp_path: Path) -> None:
    text = (
        "record_id,age,sex,site,side___left,side___right,HPT,qst_complete\n"
        "1,45,f,hand,1,0,44,2\n2,45,f,hand,0,1,45,2\n3,45,f,hand,0,0,46,2\n4,45,f,hand,1,1,47,2\n"
    )
    table, problems = read(write(tmp_path, text))
    assert table["side"].fillna("").tolist() == ["left", "right", "", ""]
    assert [(problem.code, problem.row, problem.value) for problem in problems] == [("checkboxes", 5, "left and right")]


def test_boxes_in_an_export_of_labels(tmp_path: Path) -> None:
    text = (
        "Record ID,Age,Sex,Site,Side (choice=Left),Side (choice=Right),HPT,Complete?\n"
        "1,45,Female,Hand,Checked,Unchecked,44,Complete\n"
    )
    table, problems = read(write(tmp_path, text))
    assert wide(table, "side", "HPT") == [["left", 44.0]]
    assert problems == []


def test_boxes_of_a_parameter_are_not_trials(tmp_path: Path) -> None:
    """An empty box may mean "no" or "not measured": REDCap writes 0 for both."""
    text = "record_id,age,sex,site,HPT,phs___1,phs___2,phs___3,qst_complete\n1,45,f,hand,44,1,0,0,2\n"
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].tolist() == [44]
    assert table["PHS"].isna().all()
    assert codes(problems) == ["checkboxes"]
    assert {"phs___1", "phs___2", "phs___3"} <= set(table.columns)
