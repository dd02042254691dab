"""REDCap exports: repeat instances, forms and their status, subject and visit, damaged exports."""

from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from lab_files import read, refuse, write
from paths import ROOT
from redcap_files import FIELDS, HEAD, codes, dictionary, export, instance, person, wide

import qst
from qst.errors import InputError

EXAMPLES = ROOT / "examples"

pytestmark = pytest.mark.usefixtures("work")


# --- repeat instances and rows --------------------------------------------------------------------------------------
def test_the_last_complete_instance_counts_and_the_others_are_reported(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "HPT,qst_complete",
        person("007"),
        instance("007", 1, 41, 2),
        instance("007", 2, 42, 2),
        instance("007", 3, 43, 0),
    )
    table, problems = read(path)
    assert wide(table, "subject", "age", "sex", "site", "HPT") == [["007", 45.0, "female", "hand", 42.0]]
    assert [(problem.code, problem.severity, problem.row) for problem in problems] == [
        ("repeat-instance", "warning", 3),
        ("repeat-instance", "warning", 5),
    ]
    assert "instance 2 in row 4 is the last complete one" in problems[0].message


def test_instances_are_ordered_by_their_number_and_not_by_their_row(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "HPT,qst_complete",
        instance("1", 10, 44, 2),
        instance("1", 9, 43, 2),
        person("1"),
    )
    assert read(path)[0]["HPT"].tolist() == [44]


def test_if_no_instance_is_complete_the_last_is_used_with_a_warning(tmp_path: Path) -> None:
    path = export(tmp_path, "HPT,qst_complete", person("1"), instance("1", 1, 41, 0), instance("1", 2, 42, 1))
    table, problems = read(path)
    assert table["HPT"].tolist() == [42]
    assert codes(problems) == ["repeat-instance", "form-incomplete"]
    assert "marked unverified; its values are used" in problems[1].message


def test_instances_of_two_sides_are_two_assessments(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "side,HPT,qst_complete",
        person("1"),
        instance("1", 1, "left", 41, 2),
        instance("1", 2, "right", 42, 2),
        instance("1", 3, "left", 43, 2),
    )
    table, problems = read(path)
    assert wide(table, "side", "HPT") == [["right", 42.0], ["left", 43.0]]
    assert codes(problems) == ["repeat-instance"]


def test_instances_can_be_taken_as_visits(tmp_path: Path) -> None:
    path = export(tmp_path, "HPT,qst_complete", person("1"), instance("1", 1, 41, 2), instance("1", 2, 42, 2))
    table, problems = read(path, columns={"redcap_repeat_instance": "visit"})
    assert wide(table, "visit", "HPT") == [["1", 41.0], ["2", 42.0]]
    assert problems == []


def test_an_incomplete_form_is_used_with_a_warning(tmp_path: Path) -> None:
    text = "record_id,age,sex,site,HPT,qst_complete\n1,45,f,hand,44,2\n2,45,f,hand,45,0\n3,45,f,hand,46,\n"
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].tolist() == [44, 45, 46]
    assert [(problem.code, problem.row) for problem in problems] == [("form-incomplete", 3), ("form-incomplete", 4)]


def test_only_the_status_of_the_form_with_the_values_counts(tmp_path: Path) -> None:
    text = "record_id,age,sex,site,demographics_complete,HPT,qst_complete,mood,bdi_complete\n1,45,f,hand,0,44,2,3,0\n"
    assert read(write(tmp_path, text))[1] == []


def test_a_record_without_measurements_is_kept_and_reported(tmp_path: Path) -> None:
    path = export(tmp_path, "HPT,qst_complete", person("1"), instance("1", 1, 41, 2), person("2"))
    table, problems = read(path)
    assert table["subject"].tolist() == ["1", "2"]
    assert [(problem.code, problem.row) for problem in problems] == [("no-values", 4)]


def test_repeat_rows_are_filled_from_the_base_row_of_the_event(tmp_path: Path) -> None:
    text = (
        "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,age,sex,site,group,HPT\n"
        "1,t0_arm_1,,,45,f,hand,A,\n1,t0_arm_1,qst,1,,,,,41\n1,t1_arm_1,qst,1,,,foot,,42\n2,t0_arm_1,qst,1,30,m,foot,,43\n"
    )
    shown: list[str] = []
    table, problems = read(write(tmp_path, text), understood=shown)
    assert wide(table, "subject", "visit", "age", "sex", "site", "HPT") == [
        ["1", "t0_arm_1", 45.0, "female", "hand", 41.0],
        ["1", "t1_arm_1", 45.0, "female", "foot", 42.0],
        ["2", "t0_arm_1", 30.0, "male", "foot", 43.0],
    ]
    assert table["group"].fillna("").tolist() == ["A", "", ""]
    assert problems == []
    assert "  'age' of 1 rows is from another event" in shown
    assert "  1 rows without measurements were used for what they hold about their record" in shown


def test_two_forms_of_one_assessment_become_one_row(tmp_path: Path) -> None:
    text = (
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,age,sex,site,HPT,thermal_complete,PPT,pressure_complete\n"
        "1,,,45,f,hand,,,,\n1,thermal,1,,,,44,2,,\n1,pressure,1,,,,,,350,2\n"
    )
    shown: list[str] = []
    table, problems = read(write(tmp_path, text), understood=shown)
    assert wide(table, "subject", "HPT", "PPT") == [["1", 44.0, 350.0]]
    assert problems == []
    assert "  1 rows were joined to others of the same assessment, from another form" in shown


def test_two_forms_that_contradict_each_other_stay_apart(tmp_path: Path) -> None:
    text = (
        "record_id,redcap_repeat_instrument,redcap_repeat_instance,age,sex,site,HPT,a_complete,PPT,b_complete\n"
        "1,a,1,45,f,hand,44,2,,\n1,b,1,46,f,hand,,,350,2\n"
    )
    assert len(read(write(tmp_path, text))[0]) == 2


def test_one_row_per_trial(tmp_path: Path) -> None:
    """A repeat instance is a trial if no column numbers the trials; the mean of 43, 44 and 48 is 45."""
    rows = [instance("1", number, "HPT", value, 2) for number, value in ((1, 43), (2, 44), (3, 48))]
    shown: list[str] = []
    table, problems = read(export(tmp_path, "parameter,value,qst_complete", person("1"), *rows), understood=shown)
    assert table["value"].tolist() == [43, 44, 48]
    assert problems == []
    assert qst.score(table)["HPT"].tolist() == [45]
    assert any("a repeat instance is a trial" in line for line in shown)


def test_headers_with_area_and_trial_are_unfolded_after_the_rows_are_chosen(tmp_path: Path) -> None:
    fields = "hpt_left_1,hpt_left_2,hpt_left_3,hpt_right_1,hpt_right_2,hpt_right_3,qst_complete"
    path = export(
        tmp_path,
        fields,
        person("1"),
        instance("1", 1, 40, 40, 40, 40, 40, 40, 2),
        instance("1", 2, 43, 44, 48, 41, 42, 46, 2),
    )
    table, problems = read(path)
    scored = qst.score(table)
    assert wide(scored, "subject", "age", "side", "HPT") == [["1", 45.0, "left", 45.0], ["1", 45.0, "right", 43.0]]
    assert codes(problems) == ["repeat-instance"]


def test_an_export_of_labels(tmp_path: Path) -> None:
    text = (
        '"Record ID","Event Name","Repeat Instrument","Repeat Instance","Data Access Group",Age,Sex,"Complete?",'
        '"Site","Heat pain threshold, left hand (°C)",Complete?\n'
        "1,Baseline,,,Bern,45,Female,Complete,,,\n1,Baseline,QST,1,Bern,,,,,44,Complete\n"
        "1,Baseline,QST,2,Bern,,,,,46,Incomplete\n"
    ).replace(',"Site"', "")
    text = text.replace(",,,44", ",,44").replace(",,,46", ",,46").replace("Complete,,,\n", "Complete,,\n")
    table, problems = read(write(tmp_path, text))
    assert wide(table, "subject", "visit", "age", "sex", "site", "side", "HPT") == [
        ["1", "Baseline", 45.0, "female", "hand", "left", 44.0]
    ]
    assert codes(problems) == ["repeat-instance"]


# --- subject and visit ----------------------------------------------------------------------------------------------
def test_the_record_is_the_subject_whatever_else_names_one(tmp_path: Path) -> None:
    shown: list[str] = []
    text = "record_id,participant_id,age,sex,site,HPT,qst_complete\n1,MS-07,45,f,hand,44,2\n"
    table, problems = read(write(tmp_path, text), understood=shown)
    assert wide(table, "subject", "participant_id") == [["1", "MS-07"]]
    assert problems == []
    assert "  'participant_id' is carried through; the subject is 'record_id'" in shown
    mapped, _ = read(write(tmp_path, text), columns={"participant_id": "subject"})
    assert mapped["subject"].tolist() == ["MS-07"]


def test_the_first_column_is_the_record_whatever_its_name(tmp_path: Path) -> None:
    text = "study_no,redcap_event_name,age,sex,site,HPT\n007,t0_arm_1,45,f,hand,44\n"
    assert read(write(tmp_path, text))[0]["subject"].tolist() == ["007"]


def test_a_visit_next_to_the_event(tmp_path: Path) -> None:
    """If all rows have the same event, the field is the visit."""
    head = "record_id,redcap_event_name,visit,age,sex,site,HPT\n"
    one = head + "1,arm_1,T1,45,f,hand,44\n1,arm_1,T2,45,f,hand,45\n"
    two = head + "1,t1_arm_1,T1,45,f,hand,44\n1,t2_arm_1,T2,45,f,hand,45\n"
    assert read(write(tmp_path, one))[0]["visit"].tolist() == ["T1", "T2"]
    assert read(write(tmp_path, two))[0]["visit"].tolist() == ["t1_arm_1", "t2_arm_1"]


def test_test_records_are_left_out_with_their_problems(tmp_path: Path) -> None:
    path = export(
        tmp_path,
        "HPT,HPT_d,qst_complete",
        person("1"),
        instance("1", 1, 44, 44, 2),
        person("900"),
        instance("900", 1, 41, 42, 0),
        instance("900", 2, "x", 42, 0),
    )
    table, problems = read(path, exclude_records="900")
    assert table["subject"].tolist() == ["1"]
    assert problems == []


# --- other tables, and damaged exports ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "record_id,age,sex,site,HPT\n1,45,f,hand,44\n",
        "id,age,sex,site,HPT,session_complete\n1,45,f,hand,44,1\n",
        "id,age,sex,site,HPT,Event Name\n1,45,f,hand,44,x\n",
    ],
)
def test_other_tables_are_not_exports(tmp_path: Path, text: str) -> None:
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


def test_the_command_line_names_format_and_dictionary(tmp_path: Path) -> None:
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
    shown = run("validate", "--explain", folder).stderr
    assert "format: redcap, by its columns record_id, qst_complete" in shown


def test_the_example_matches_its_description(tmp_path: Path) -> None:
    """Records 1 to 8 with two areas each; the heat pain threshold of the sixth was entered as 44.0 and 4.6."""
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
    with pytest.raises(InputError, match="no single column holds the record: name one record_id"):
        qst.load(path, problems=[])


def test_numbers_above_the_header_of_an_export_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("7,25,44\nrecord_id,age,hpt,redcap_event_name\n8,30,45,baseline\n", encoding="utf-8")
    problems: list[qst.Problem] = []
    assert len(qst.load(path, problems=problems)) == 1
    assert ("above-header", 1) in [(problem.code, problem.row) for problem in problems]
