"""`qst report`: files to pages that appear whole or not at all."""

import os
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from pages import text_of
from paths import COHORT, EXAMPLES, TRIALS

import qst
from qst.workflows import report as batch
from qst.workflows.report import report_files

pytestmark = pytest.mark.usefixtures("work")


def test_a_report_is_replaced_and_nothing_else_is(people: Path) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine", encoding="utf-8")
    result = run("report", people, "-o", "mine")
    assert result.exit_code == 2
    assert "contains files that are not part of a report" in result.stderr
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]
    run("report", people, "-o", "report")
    assert run("report", people, "-o", "report", "--subject", "040").exit_code == 0
    assert [path.name for path in Path("report/subjects").iterdir()] == ["040.html"]


def test_a_failure_leaves_the_earlier_report(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("report", people, "-o", "report", "--subject", "040")
    before = {path: path.read_bytes() for path in Path("report").rglob("*.html")}

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device", "index.html")

    monkeypatch.setattr(batch, "render_cohort", fail)
    assert run("report", people, "-o", "report").exit_code == 2
    assert {path: path.read_bytes() for path in Path("report").rglob("*.html")} == before
    assert not list(Path().glob(".report*"))


def test_processes_give_the_same_pages(tmp_path: Path) -> None:
    subjects = [f"{n:03d}" for n in range(1, 11)]
    for workers in (1, 2):
        report_files([COHORT], tmp_path / str(workers), subjects=subjects, workers=workers)
    left, right = (
        {
            path.name: re.sub(r"Made \S+ with", "", path.read_text(encoding="utf-8"))
            for path in (tmp_path / n).rglob("*.html")
        }
        for n in "12"
    )
    assert left == right, "but for the time"
    assert len(left) == 11


def test_rows_without_a_subject_are_alone(work: Path) -> None:
    table = pd.read_csv(COHORT, dtype=str).head(4).assign(subject=None, site="<b>arm</b>")
    scored = qst.score(table)
    scored.to_csv("scored.csv", index=False)
    result = run("report", "scored.csv", "-o", "report")
    assert result.exit_code == 1
    assert "no norm for the site '<b>arm</b>'" in result.stderr, "as of a file that was not scored"
    assert len(list(Path("report/subjects").iterdir())) == 4
    for page in Path("report").rglob("*.html"):
        assert "<b>" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_scored_tables_and_files_not_scored_are_taken_together(people: Path, ending: str) -> None:
    """Scored ones are scored again, so that a person's page is the same either way, but for how it was read."""
    table = pd.read_csv(people, dtype=str)
    for name, rows in (("raw.csv", table[table["subject"] != "040"]), ("some.csv", table[table["subject"] == "040"])):
        rows.to_csv(name, index=False)
    assert run("score", "some.csv", "-o", f"scored.{ending}").exit_code == 0
    result = run("report", "raw.csv", f"scored.{ending}", "-o", "mixed")
    assert result.exit_code == 0, result.stderr
    assert "index.html and 4 pages" in result.stderr
    run("report", "raw.csv", "some.csv", "-o", "apart")
    mixed, apart = (text_of(Path(folder) / "subjects" / "040.html") for folder in ("mixed", "apart"))
    head, told = mixed.split("How the file was read:")
    assert head == apart.split("How the file was read:")[0]
    assert f"scored.{ending}: a table written by qst score; its values are scored again" in told


def test_trials_devices_and_symptoms_are_reported(work: Path) -> None:
    assert run("report", TRIALS, "-o", "trials").exit_code == 0
    symptoms = EXAMPLES / "symptoms_synthetic.csv"
    table = pd.read_csv(symptoms, dtype=str)
    few = table[(table["Dauerschmerz"] == "ja") | (table["subject"] == "001")]["subject"].head(3)
    chosen = [part for subject in few for part in ("--subject", subject)]
    assert run("report", symptoms, "-o", "symptoms", *chosen).exit_code == 0
    texts = [text_of(path) for path in Path("symptoms/subjects").iterdir()]
    assert all("Neuropathic Pain Symptom Inventory" in text for text in texts)
    assert any("Answers to questions on symptoms" in text for text in texts)


def test_own_columns_are_shown_only_on_request(people: Path) -> None:
    run("report", people, "-o", "report", "--show", "diagnosis_label")
    assert "diagnosis_label" in text_of(Path("report/index.html"))
    result = run("report", people, "-o", "report", "--show", "diagnosis")
    assert result.exit_code == 2
    assert "no column 'diagnosis'" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_folder_keeps_its_permissions(people: Path) -> None:
    Path("private").mkdir(mode=0o700)
    assert run("report", people, "-o", "private", "--subject", "040").exit_code == 0
    assert Path("private/index.html").is_file()
    assert Path("private").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_named(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK or Path(path).name != "closed")
    Path("closed").mkdir()
    for output in ("closed", "closed/report"):
        result = run("report", people, "-o", output)
        assert result.exit_code == 2
        assert re.search(r"you are not allowed to write to the folder \S*closed: choose another", result.stderr)
        assert not list(Path("closed").iterdir())
