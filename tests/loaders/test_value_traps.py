"""Traps in values and ages of laboratories' files, and what other programs got wrong with them."""

from pathlib import Path

import pytest
from command_line import run
from lab_files import WHO, read, refuse, rows_of, score, write

pytestmark = pytest.mark.usefixtures("work")


@pytest.mark.parametrize(
    ("age", "read_as", "code", "says"),
    [
        ("19.9", 19.9, "age-below-norms", "19.9 years is below the youngest norm"),
        ("200", None, "age-impossible", "'200' is not an age in years (0 to 120): write the age at the test"),
        ("1987", None, "age-impossible", "'1987' looks like a year of birth, and the date of the test is not known"),
    ],
)
def test_age_19_9_and_200_and_1987(tmp_path: Path, age: str, read_as: float | None, code: str, says: str) -> None:
    path = write(tmp_path, f"{WHO},HPT\n1,{age},f,hand,45\n2,40,f,hand,45\n")
    scored, _, _ = score(path)
    assert scored["age"].astype(object).where(scored["age"].notna(), None).tolist() == [read_as, 40]
    assert scored["HPT"].tolist() == [45, 45] and scored["HPT_z"].notna().tolist() == [False, True]
    lines = run("validate", path).stdout.splitlines()
    assert len(lines) == 1
    assert f"lab.csv:2: column age: {says}" in lines[0] and f"(code: {code})" in lines[0]


@pytest.mark.parametrize("age", ["29.999", "30", "59.5", "60", "72"])
def test_age_seams_and_between_bands(tmp_path: Path, age: str) -> None:
    scored, problems, _ = score(write(tmp_path, f"{WHO},HPT\n1,{age},f,hand,45\n"))
    assert scored["HPT_z"].notna().all() and problems == []


def test_one_missing_sex_costs_its_row_only(tmp_path: Path) -> None:
    rows = "".join(f"{number},40,{'' if number == 50 else 'f'},hand,45\n" for number in range(100))
    scored, problems, _ = score(write(tmp_path, f"{WHO},HPT\n{rows}"))
    assert scored["HPT_z"].isna().sum() == 1 and len(scored) == 100
    assert [(p.code, p.row, p.column) for p in problems] == [("missing-sex", 52, "sex")]


def test_zero_paradoxical_heat_sensations_are_normal(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "PHS", "0"))
    assert (scored.loc[0, "PHS"], scored.loc[0, "PHS_finding"], problems) == (0, "normal", [])


def test_a_wrong_unit_gives_no_z_of_2000000(tmp_path: Path) -> None:
    assert "use --unit PPT=kPa or another of" in refuse(rows_of(tmp_path, "PPT", "38", "41", "52"))
    path = rows_of(tmp_path, "PPT", "380", "3.8", "410", name="one.csv")
    line = run("validate", path).stdout
    assert "one.csv:3: column PPT: PPT of 3.8 kPa has a z-score of" in line and "check value and unit" in line


def test_the_log_of_an_absolute_temperature_is_never_taken(tmp_path: Path) -> None:
    near = [f"{value},{30 - value / 10}" for value in (34, 35, 36)]
    table, problems = read(rows_of(tmp_path, "WDT,CDT", *near))
    assert table["WDT"].tolist() == [2, 3, 4] and problems == []
    assert table["CDT"].tolist() == pytest.approx([5.4, 5.5, 5.6])
    said = refuse(rows_of(tmp_path, "CDT", "30.8", "31", "30", name="alone.csv"))
    assert "use --thermal absolute or --thermal difference" in said


def test_people_are_joined_by_subject_and_not_by_position(tmp_path: Path) -> None:
    lab = write(tmp_path, "subject,site,HPT\n1,hand,45\n2,hand,46\n3,hand,47\n")
    people = write(tmp_path, "ID,age,sex\n3,60,m\n1,20,f\n", "people.csv")
    table, problems = read(lab, demographics=people)
    assert table["age"].astype(object).where(table["age"].notna(), None).tolist() == [20, None, 60]
    assert table["sex"].tolist()[::2] == ["female", "male"]
    assert any("'2'" in str(problem) or " 2" in problem.message for problem in problems), "who is missing is named"


def test_every_problem_of_a_cell_has_its_row(tmp_path: Path) -> None:
    _, problems = read(rows_of(tmp_path, "HPT,PPT", "5O,300", "46,-3", "200,310"))
    told = sorted((p.row, p.column, p.value) for p in problems)
    assert told == [(2, "HPT", "5O"), (3, "PPT", "-3"), (4, "HPT", "200")]
