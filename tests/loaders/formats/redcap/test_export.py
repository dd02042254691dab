"""REDCap exports: checkboxes, the example, what is not an export, and damaged ones."""

from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from lab_files import codes, read, refuse, write
from paths import EXAMPLES
from redcap_exports import FIELDS, HEAD, dictionary, export, instance, person, wide

import qst
from qst.errors import InputError

pytestmark = pytest.mark.usefixtures("work")


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


def test_boxes_of_a_parameter_are_no_trials(tmp_path: Path) -> None:
    """An empty box may mean "no" or "not measured": REDCap writes 0 for both."""
    text = "record_id,age,sex,site,HPT,phs___1,phs___2,phs___3,qst_complete\n1,45,f,hand,44,1,0,0,2\n"
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].tolist() == [44]
    assert table["PHS"].isna().all()
    assert codes(problems) == ["checkboxes"]
    assert {"phs___1", "phs___2", "phs___3"} <= set(table.columns)


# --- what is none, and what is broken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "record_id,age,sex,site,HPT\n1,45,f,hand,44\n",
        "id,age,sex,site,HPT,session_complete\n1,45,f,hand,44,1\n",
        "id,age,sex,site,HPT,Event Name\n1,45,f,hand,44,x\n",
    ],
)
def test_other_tables_are_no_exports(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert "format: tidy" in run("validate", "--explain", path).stderr


def test_a_scored_export_is_not_arranged_again(tmp_path: Path) -> None:
    path = export(tmp_path, "HPT,qst_complete", person("1"), instance("1", 1, 41, 0))
    first = run("score", path, "-o", "scored.csv")
    assert "form-incomplete" in first.stderr
    second = run("score", "scored.csv")
    assert second.exit_code == 0
    assert "form-incomplete" not in second.stderr


def test_an_export_without_rows(tmp_path: Path) -> None:
    assert "no rows with data" in refuse(write(tmp_path, f"{HEAD},HPT\n"))


def test_a_damaged_export_loses_no_row(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f"{HEAD},HPT,qst_complete\n1,,,45,f,hand,2,,\n1,qst,one,,,,,44,9\n1,qst,,,,,,45\n,qst,1,,,,,46,2\n2,qst,1,45,f,hand,2,5O,2\n",
    )
    table, problems = read(path)
    rows = {*table["source_row"], *(problem.row for problem in problems)}
    assert {3, 4, 5, 6} <= rows
    assert "not-a-number" in codes(problems)


def test_blocks_of_rows_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for n in range(20) for row in (person(str(n)), instance(str(n), 1, 40 + n % 9, 2))]
    path = export(tmp_path, "HPT,qst_complete", *rows)
    whole, _ = read(path)
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 7)
    pd.testing.assert_frame_equal(read(path)[0], whole)


def test_the_command_line_tells_format_and_dictionary(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    write(
        folder,
        "record_id,sex,age,site,hpt,hpt_d,qst_complete\n1,1,45,hand,44,45,2\n2,2,45,hand,44,44,2\n",
        "export.csv",
    )
    dictionary(folder, FIELDS[0])
    result = run("score", folder, "-o", "out.csv")
    assert result.exit_code == 1
    assert "error: " + str(folder / "export.csv") + ":2: column hpt: hpt is '44' and hpt_d" in result.stderr
    assert pd.read_csv("out.csv", dtype=str)["sex"].tolist() == ["female", "male"]
    told = run("validate", "--explain", folder).stderr
    assert "format: redcap, by its columns record_id, qst_complete" in told


def test_the_example_is_as_its_description_says(tmp_path: Path) -> None:
    """Records 1 to 8 with two areas each; the sixth's heat pain was entered as 44.0 and 4.6."""
    path = EXAMPLES / "redcap_synthetic.csv"
    table, problems = read(path, exclude_records="900")
    assert table["subject"].tolist() == [str(n) for n in range(1, 9) for _ in (1, 2)]
    assert table["area"].tolist() == ["test", "control"] * 8
    assert {(problem.code, problem.row) for problem in problems} == {
        ("repeat-instance", 9),
        ("double-entry", 19),
        ("form-incomplete", 17),
    }
    raw = pd.read_csv(path, dtype=str).set_index(["record_id", "redcap_repeat_instance"])
    assert table.loc[0, "PPT"] == pytest.approx(10 * float(raw.loc[("1", "1"), "ppt"]))
    assert table.loc[0, "CPT"] == float(raw.loc[("1", "1"), "thr_cp"])
    assert table["HPT"].isna().sum() == 1
    assert table["sex"].notna().all()


def test_an_export_with_two_columns_for_the_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("hpt,record_id,redcap_event_name,record_id\n44,7,baseline,7\n", encoding="utf-8")
    with pytest.raises(InputError, match="no single column says the record: name one record_id"):
        qst.load(path, problems=[])


def test_numbers_above_the_header_of_an_export_are_told(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("7,25,44\nrecord_id,age,hpt,redcap_event_name\n8,30,45,baseline\n", encoding="utf-8")
    problems: list[qst.Problem] = []
    assert len(qst.load(path, problems=problems)) == 1
    assert ("above-header", 1) in [(problem.code, problem.row) for problem in problems]
