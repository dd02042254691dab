"""Pseudonyms in reports: no name is left, numbers stay, and the key is written where it may be."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from pages import text_of

from qst.report.pseudonyms import number_subjects

pytestmark = pytest.mark.usefixtures("work")


def test_pseudonyms_leave_no_name_and_keep_their_numbers(people: Path) -> None:
    result = run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    assert result.exit_code == 0, result.stderr
    with Path("key.csv").open(encoding="utf-8") as file:
        first = {row["subject"]: row["number"] for row in csv.DictReader(file)}
    assert set(first) == {"058", "<script>alert(1)</script>", "../../x", "040"}
    assert set(first.values()) == {"001", "002", "003", "004"}
    names = {path.stem for path in Path("report/subjects").iterdir()}
    assert names == set(first.values())
    for page in Path("report").rglob("*.html"):
        text = text_of(page)
        for named in ("058", "040", "../../x", "alert(1)", "people.csv", "A & B", "2026-03-01", "Mustermann"):
            assert named not in text, (page, named)
    more = pd.read_csv(people, dtype=str)
    pd.concat([more, more.tail(1).assign(subject="099")]).to_csv(people, index=False)
    run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    with Path("key.csv").open(encoding="utf-8") as file:
        second = {row["subject"]: row["number"] for row in csv.DictReader(file)}
    assert second == first | {"099": "005"}


def test_a_key_is_not_written_into_the_report_or_over_a_file(people: Path) -> None:
    result = run("report", people, "-o", "report", "--pseudonymise", "report/key.csv")
    assert result.exit_code == 2
    assert "would be inside the report" in result.stderr or "does not exist" in result.stderr
    before = people.read_bytes()
    assert run("report", people, "-o", "report", "--pseudonymise", people).exit_code == 2
    assert people.read_bytes() == before
    assert not Path("report").exists()


@pytest.mark.parametrize(
    "text", ["number,subject\n001,M\xfcller\n", "number;subject\n001;x\n", "", "number,subject\n1,x\n001,y\n"]
)
def test_a_key_that_another_program_spoilt_is_told(people: Path, text: str) -> None:
    Path("key.csv").write_bytes(text.encode("latin-1"))
    result = run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    assert result.exit_code == 2
    assert "key.csv is no key that a report wrote (a CSV file in UTF-8, with commas: number, subject" in result.stderr
    assert not Path("report").exists()
    assert Path("key.csv").read_bytes() == text.encode("latin-1")


def test_a_key_with_formulas_is_read_back(tmp_path: Path) -> None:
    from qst.report.pseudonyms import write_key

    numbers = number_subjects(["=1+1", "007"], tmp_path / "key.csv")
    write_key(numbers, tmp_path / "key.csv")
    assert "'=1+1" in (tmp_path / "key.csv").read_text(encoding="utf-8")
    assert number_subjects(["007", "=1+1"], tmp_path / "key.csv") == numbers
