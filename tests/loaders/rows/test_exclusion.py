"""`--exclude-records`: named records are left out of any file, and those left out or not found are reported."""

from pathlib import Path

import openpyxl
import pytest
from command_line import run
from lab_files import ME, WHO, read, write
from paths import REAL

import qst
from qst.errors import InputError, OptionError

pytestmark = pytest.mark.usefixtures("work")

FOUR = f"{WHO},HPT\n001,25,f,hand,44\n002,30,m,foot,45\n900,99,m,hand,5O\n003,40,f,hand,46\n"


def test_a_record_is_left_out_with_its_faults(tmp_path: Path) -> None:
    """The `5O` of the test record 900 is not a problem of the cohort."""
    told: list[str] = []
    table, problems = read(write(tmp_path, FOUR), exclude_records="900", understood=told)
    assert table["subject"].tolist() == ["001", "002", "003"]
    assert table["source_row"].tolist() == [2, 3, 5]
    assert problems == []
    assert told[-1] == "left out by --exclude-records: 1 rows of 1 records"


def test_excluded_values_decide_nothing(tmp_path: Path) -> None:
    """With its test records, the column would be refused: too many of its values are no temperatures."""
    text = f"{WHO},HPT\n" + "".join(f"{n},25,f,hand,{44 if n < 4 else 999.5}\n" for n in range(8))
    table, problems = read(write(tmp_path, text), exclude_records="4,5,6,7")
    assert table["HPT"].tolist() == [44] * 4
    assert problems == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("900\n001\n", "list.txt"),
        (" 900 \n\n001", "list.csv"),
        ("ID;exclude;reason\n900;1;test\n002;0;stays\n001;1;drugs\n", "list.csv"),
        ("record_id,exclude\n900,1\n001,yes\n002,\n", "list.csv"),
        ("reason,Probandennummer\ntest,900\ndrugs,001\n", "list.csv"),
    ],
)
def test_a_file_of_records(tmp_path: Path, text: str, name: str) -> None:
    path = write(tmp_path, FOUR)
    table, problems = read(path, exclude_records=write(tmp_path, text, name))
    assert table["subject"].tolist() == ["002", "003"]
    assert problems == []


def test_a_workbook_of_records(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["subject"], [900], ["001"]):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    table, _ = read(write(tmp_path, FOUR), exclude_records=str(tmp_path / "list.xlsx"))
    assert table["subject"].tolist() == ["002", "003"]


def test_a_record_that_no_file_has_is_reported(tmp_path: Path) -> None:
    """`1` is not `001`: subjects are texts."""
    table, problems = read(write(tmp_path, FOUR), exclude_records=["1", "900"])
    assert len(table) == 3
    assert [(problem.code, problem.severity, problem.value) for problem in problems] == [
        ("record-unknown", "warning", "1")
    ]


def test_a_word_that_is_neither_yes_nor_no_leaves_nothing_out(tmp_path: Path) -> None:
    listed = write(tmp_path, "id,exclude\n900,1\n001,perhaps\n", "list.csv")
    table, problems = read(write(tmp_path, FOUR), exclude_records=listed)
    assert table["subject"].tolist() == ["001", "002", "003"]
    assert [(problem.code, problem.row, problem.value) for problem in problems] == [("word-unknown", 3, "perhaps")]


def test_a_table_without_subjects_is_refused(tmp_path: Path) -> None:
    listed = write(tmp_path, "reason,who\ndrugs,900\n", "list.csv")
    with pytest.raises(InputError, match="expected one id per line, or a table with a column for the subject"):
        read(write(tmp_path, FOUR), exclude_records=listed)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="which does not exist"):
        read(write(tmp_path, FOUR), exclude_records="lost.csv")
    assert run("score", "good.csv", "--exclude-records", "lost.csv").exit_code == 2


def test_trials_and_unfolded_tables(tmp_path: Path) -> None:
    long = write(tmp_path, f"{WHO},parameter,value\n{ME},HPT,44\n900,25,f,hand,HPT,x\n", "long.csv")
    wide = write(tmp_path, f"{WHO},HPT_left,HPT_right\n{ME},44,45\n900,25,f,hand,x,y\n", "wide.csv")
    for path, rows in ((long, 1), (wide, 2)):
        table, problems = read(path, exclude_records="900")
        assert table["subject"].tolist() == ["007"] * rows
        assert problems == []


def test_a_file_with_only_excluded_records_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "cohort"
    folder.mkdir()
    for name in ("001", "900"):
        write(folder, f"{WHO},HPT\n{name},25,f,hand,44\n", f"{name}.csv")
    table, problems = read(folder, exclude_records="900")
    assert table["subject"].tolist() == ["001"]
    assert [(problem.code, problem.severity) for problem in problems] == [("all-excluded", "warning")]


def test_demographics_of_excluded_people_are_not_missed(tmp_path: Path) -> None:
    people = write(tmp_path, "id,age,sex\n001,25,f\n900,30,m\n", "people.csv")
    path = write(tmp_path, "id,site,HPT\n001,hand,44\n900,hand,45\n")
    table, problems = read(path, demographics=people, exclude_records="900")
    assert table["age"].tolist() == [25]
    assert problems == []


def test_blocks_of_rows_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{WHO},HPT\n" + "".join(f"{n % 5},30,f,hand,{40 + n % 9}\n" for n in range(30))
    told: list[str] = []
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 7)
    table, _ = read(write(tmp_path, text), exclude_records="3", understood=told)
    assert len(table) == 24
    assert told[-1] == "left out by --exclude-records: 6 rows of 1 records"


def test_every_reading_command_has_the_option() -> None:
    Path("list.csv").write_text("id\n8\n", encoding="utf-8")
    result = run("score", "good.csv", "--exclude-records", "list.csv")
    assert result.exit_code == 0
    assert [line.split(",")[0] for line in result.stdout.splitlines()] == ["subject", "007"]
    assert "1 rows of 1 records" in result.stderr
    assert "record-unknown" in run("validate", "good.csv", "--exclude-records", "9").stdout
    assert run("plot", "good.csv", "--exclude-records", "8", "-o", "p.png").exit_code == 0


def test_a_real_list_of_people_to_exclude(tmp_path: Path) -> None:
    """11 people of the lifespan study, each with a 1 and a reason, semicolons between."""
    listed = REAL / "lifespan_neuropathy" / "participant_to_exclude.csv"
    if not listed.exists():
        pytest.skip("the real data are not here")
    text = "ID,age,sex,site,HPT\n1023,30,f,hand,44\n1024,30,f,hand,44\n2003,30,f,hand,44\n"
    table, problems = read(write(tmp_path, text), exclude_records=listed)
    assert table["subject"].tolist() == ["1024"]
    assert [problem.code for problem in problems] == ["record-unknown"] * 9
