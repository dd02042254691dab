"""Many small files read by several processes: the same tables, problems and lines as by one."""

from pathlib import Path

import pandas as pd
import pytest
from command_line import run

import qst
from qst.errors import InputError, OptionError
from qst.loaders import parallel

pytestmark = pytest.mark.usefixtures("work")

N_FILES = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file per person; some have faults, one is not a table, one is too large for another process."""
    folder = tmp_path / "people"
    folder.mkdir()
    for number in range(N_FILES):
        heat = "5O.1" if number % 10 == 3 else f"{40 + number / 10}"
        rows = "".join(f"P{number:02d},HPT,{trial},{heat}\n" for trial in (1, 2, 3))
        (folder / f"p{number:02d}.csv").write_text(f"id,parameter,trial,value,Bemerkung {number % 3}\n{rows}")
    (folder / "q_empty.csv").write_text("")
    (folder / "r_large.csv").write_text("id,parameter,value\n" + "R,HPT,44\n" * 10 + "\n" * parallel.SMALL_FILE)
    return folder


def load(folder: Path, jobs: int) -> tuple[pd.DataFrame, list[str], list[str]]:
    problems: list[qst.Problem] = []
    understood: list[str] = []
    people = folder.parent / "people.csv"
    lines = [f"P{number:02d},{20 + number},f" for number in range(N_FILES) if number != 7]
    people.write_text("\n".join(["id,age,sex", *lines, "R,50,m", "nobody,33,f"]) + "\n")
    table = qst.load(
        folder, problems=problems, understood=understood, demographics=people, fixed={"site": "hand"},
        exclude_records="P05,P99", jobs=jobs,
    )  # fmt: skip
    return table, list(map(str, problems)), understood


def test_two_processes_read_as_one_does(folder: Path) -> None:
    table, problems, understood = load(folder, 1)
    again, problems_again, understood_again = load(folder, 2)
    pd.testing.assert_frame_equal(again, table)
    assert problems_again == problems
    assert understood_again == understood
    told = "\n".join(problems)
    assert "q_empty.csv" in told
    assert "'5O.1' is not a number" in told
    assert "subject 'P07' has measurements but is not in this table" in told
    assert "subject 'nobody' has no measurements" in told
    assert "--exclude-records names 'P99', which no file has" in told
    assert "P05" not in set(table["subject"])
    assert len(table) == 3 * (N_FILES - 1) + 10


def test_the_command_takes_jobs(folder: Path) -> None:
    one = run("score", folder, "--set", "sex=f", "--set", "age=30", "--set", "site=hand")
    two = run("score", folder, "--set", "sex=f", "--set", "age=30", "--set", "site=hand", "--jobs", "2")
    assert two.stdout == one.stdout
    assert two.stderr == one.stderr


def test_few_files_need_no_second_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", refuse)
    few = sorted(folder.glob("p0*.csv"))
    assert len(few) < parallel.FEWEST_FILES
    assert len(qst.load(few, problems=[], jobs=2)) == 3 * len(few)
    with pytest.raises(AssertionError, match="a process was started"):
        qst.load(folder, problems=[], jobs=2)


def test_a_name_that_no_file_has_is_refused_by_several_processes_too(folder: Path) -> None:
    with pytest.raises(OptionError, match="--map names the column 'nothing', which no file has"):
        qst.load(folder, problems=[], columns={"nothing": "HPT"}, jobs=2)
    assert len(qst.load(folder, problems=[], columns={"value": "value"}, jobs=2)) > N_FILES


def test_where_every_file_is_refused_the_reason_is_that_of_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    for number in range(parallel.FEWEST_FILES):
        (folder / f"{number:02d}.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"00\.csv:1: no column has the name of a QST parameter"):
        qst.load(folder, problems=[], jobs=2)


def test_the_number_of_jobs_is_checked() -> None:
    with pytest.raises(OptionError, match="the number of jobs is 0: give 1 or more"):
        qst.load("good.csv", jobs=0)
    assert run("score", "good.csv", "--jobs", "0").exit_code == 2
