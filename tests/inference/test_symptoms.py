"""Symptoms: the NPSI, and answers that decide on mechanisms which no test can assess."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import run, same
from paths import COHORT, EXAMPLES

import qst
from qst.inference.mechanism_details import explain_mechanisms
from qst.inference.symptoms import find_symptom_columns, read_symptoms
from qst.loaders.formats.scored import read_scored
from qst.tables import NPSI_COLUMNS, RESULT_COLUMNS

pytestmark = pytest.mark.usefixtures("work")

ANSWERS = [8, 6, 4, 3, 7, 1, 2, 9, 3, 6, 5, 0]
"""Items 1 to 12; the scores by hand, the total without items 4 and 7."""
SCORES = {"total": 49, "burning": 8, "pressing": 5, "paroxysmal": 4, "evoked": 6, "paraesthesia": 2.5}
WHO = {"subject": "007", "age": 35, "sex": "female", "site": "hand", "HPT": 44.0}


def items(name: str = "NPSI Q{}", **changed: Any) -> dict[str, Any]:
    return {name.format(n): changed.get(f"q{n}", answer) for n, answer in enumerate(ANSWERS, start=1)}


def write(rows: list[dict[str, Any]], name: str = "lab.csv") -> Path:
    pd.DataFrame(rows).to_csv(name, index=False)
    return Path(name)


# --- NPSI -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["NPSI Q{}", "npsi_{}", "NPSI-Frage {}", "npsi.q{} [0-10]"])
def test_scores_of_the_npsi_by_hand(name: str) -> None:
    row = qst.score(pd.DataFrame([WHO | items(name)])).iloc[0]
    assert {column: row[f"npsi_{column}"] for column in SCORES} == SCORES


def test_scores_follow_after_ours_and_before_the_files_own() -> None:
    scored = qst.score(pd.DataFrame([{"ward": "A"} | WHO | items() | {"npsi_total": "theirs"}]))
    place = list(scored.columns).index(RESULT_COLUMNS[-1]) + 1
    assert tuple(scored.columns[place : place + 6]) == NPSI_COLUMNS
    assert scored.columns[place + 6] == "ward"
    assert scored.loc[0, "npsi_total_input"] == "theirs"
    assert scored.loc[0, "NPSI Q1"] == 8


def test_without_the_items_nothing_is_added() -> None:
    scored = qst.score(pd.DataFrame([WHO | {"npsi_total": "40"}]))
    assert list(scored.columns[-1:]) == ["npsi_total"]
    assert scored.loc[0, "npsi_total"] == "40"


@pytest.mark.parametrize("bad", ["11", "-1", "much", "10.5"])
def test_an_answer_out_of_range_is_a_problem_and_only_its_scores_are_missing(bad: str) -> None:
    write([WHO | items(q5=bad), WHO | {"subject": "8"} | items()])
    result = run("score", "lab.csv", "-o", "out.csv")
    assert result.exit_code == 1
    assert f"lab.csv:2: column NPSI Q5: '{bad}' is not an answer of the NPSI; expected 0 to 10" in result.stderr
    table = pd.read_csv("out.csv", dtype={"NPSI Q5": str})
    assert table["npsi_paroxysmal"].isna().tolist() == table["npsi_total"].isna().tolist() == [True, False]
    assert table["npsi_burning"].tolist() == [8, 8]
    assert "npsi_unusable:q5" in table.loc[0, "notes"]
    assert table.loc[0, "NPSI Q5"] == bad


@pytest.mark.parametrize("missing", ["", "NA", "999", "-"])
def test_a_missing_answer_is_not_a_problem_and_gives_no_score(missing: str) -> None:
    write([WHO | items(q11=missing)])
    result = run("score", "lab.csv", "-o", "out.csv")
    assert result.exit_code == 0, result.stderr
    assert pd.isna(pd.read_csv("out.csv").loc[0, "npsi_total"])
    assert "npsi" not in str(pd.read_csv("out.csv").loc[0, "notes"])


def test_decimal_commas_are_read() -> None:
    assert read_symptoms(pd.DataFrame([items(q1="7,5")])).scores["npsi_burning"].tolist() == [7.5]


def test_ten_items_under_other_numbers_are_not_scored() -> None:
    ten = {name: value for name, value in items().items() if name not in ("NPSI Q11", "NPSI Q12")}
    write([WHO | ten])
    result = run("score", "lab.csv", "-o", "out.csv")
    assert "the NPSI is not scored: there is no column for item 11, 12" in result.stderr
    assert "npsi_total" not in pd.read_csv("out.csv")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "json"])
def test_scores_and_patterns_come_back_and_are_scored_again(ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = qst.load(COHORT, problems=[]).head(60)
    rows = [record | items(q1=n % 11) | {"CPM": "impaired"} for n, record in enumerate(table.to_dict("records"))]
    write([{k: v for k, v in row.items() if k not in ("notes", "source_file", "source_row")} for row in rows])
    run("score", "lab.csv", "-o", f"once.{ending}")
    once = read_scored(f"once.{ending}")
    assert once is not None
    again = qst.score(once)
    assert list(again.columns) == list(once.columns)
    for column in again:
        assert all(same(a, b, 1e-12) for a, b in zip(again[column], once[column], strict=True)), column
    assert once["npsi_total"].tolist() == [41 + n % 11 for n in range(60)]
    assert set(once["phenotype"].dropna()) > {"healthy"}
    if ending in ("csv", "xlsx"):
        run("score", f"once.{ending}", "-o", f"twice.{ending}")
        twice = read_scored(f"twice.{ending}")
        assert twice is not None
        assert set(twice) - {"source_file_input", "source_row_input"} == set(once)
        assert twice["npsi_total"].tolist() == once["npsi_total"].tolist()


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "answer", "mechanism", "status"),
    [
        ("Sympathikusblockade", "ja", "sympathetic_coupling", "supported"),
        ("sympathetic block", "no", "sympathetic_coupling", "not_supported"),
        ("Dauerschmerz", "ja", "ectopic_activity", "possible"),
        ("paroxysmal pain", 1, "ectopic_activity", "possible"),
        ("CPM", "impaired", "descending_modulation", "supported"),
        ("conditioned pain modulation", "normal", "descending_modulation", "not_supported"),
        ("menthol test", "yes", "cold_sensitisation", "possible"),
        ("lidocaine response", True, "irritable_nociceptor", "possible"),
    ],
)
def test_an_answer_decides_what_no_test_can_assess(column: str, answer: object, mechanism: str, status: str) -> None:
    """HPT alone: neither cold sensitisation nor irritable nociceptor can be assessed by the tests."""
    row = qst.score(pd.DataFrame([WHO | {column: answer}])).iloc[0]
    assert f"by_symptom:{mechanism}={status}" in row["notes"].split(";")
    assert (mechanism in row["mechanisms"].split(";")) == (status == "supported")


def test_tests_take_precedence_over_answers() -> None:
    table = pd.DataFrame([WHO | {"CDT": 1.1, "WDT": 1.7, "CPT": 5.0, "menthol test": "yes"}])
    scored = qst.score(table)
    assert "by_symptom" not in scored.loc[0, "notes"]
    answers = explain_mechanisms(scored)[0]["answers"]
    assert [(item["mechanism"], item["answer"], item["assessable"]) for item in answers] == [
        ("cold_sensitisation", "yes", True)
    ]
    assert answers[0]["evidence"] == "domain"
    assert answers[0]["citation"].startswith("Baron R")


def test_answers_change_no_number() -> None:
    plain, answered = (
        qst.score(pd.DataFrame([WHO | {"CDT": 1.1, "WDT": 1.7} | more]))
        for more in ({}, {"Dauerschmerz": "ja", "CPM": "impaired", "capsaicin test": "yes"})
    )
    for column in RESULT_COLUMNS:
        if column not in ("notes", "mechanisms"):
            assert same(plain.loc[0, column], answered.loc[0, column], 0.0), column


def test_an_answer_that_is_not_a_known_word_is_reported() -> None:
    write([WHO | {"Dauerschmerz": "7", "CPM": "yes"}])
    result = run("score", "lab.csv", "-o", "out.csv")
    assert result.exit_code == 0
    assert "lab.csv:2: column Dauerschmerz: '7' is not an answer; expected yes or no" in result.stderr
    assert "column CPM: 'yes' is not an answer; expected impaired or normal" in result.stderr
    assert "by_symptom" not in pd.read_csv("out.csv").loc[0, "notes"]


def test_a_column_can_be_ignored_or_named() -> None:
    write([WHO | {"Dauerschmerz": "7", "block": "yes"}])
    result = run(
        "score", "lab.csv", "-o", "out.csv", "--ignore", "Dauerschmerz", "--map", "block=sympathetic_block_relief"
    )
    assert result.exit_code == 0, result.stderr
    assert "is not an answer" not in result.stderr
    table = pd.read_csv("out.csv", dtype=str)
    assert table.loc[0, "Dauerschmerz_input"] == "7"
    assert table.loc[0, "mechanisms"] == "sympathetic_coupling"


def test_answers_are_in_the_details() -> None:
    write([WHO | {"CPM": "impaired"}])
    run("score", "lab.csv", "-o", "out.csv", "--details", "why.json")
    answers = json.loads(Path("why.json").read_text(encoding="utf-8"))["assessments"][0]["answers"]
    assert answers[0]["mechanism"] == "descending_modulation"
    assert (answers[0]["answer"], answers[0]["status"]) == ("yes", "supported")


def test_the_example_with_symptoms_is_scored_and_summed_up() -> None:
    result = run("score", EXAMPLES / "symptoms_synthetic.csv", "-o", "out.csv")
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv("out.csv")
    assert table["npsi_total"].isna().sum() == 1
    assert table.loc[table["diagnosis_label"] == "synthetic healthy", "npsi_total"].tolist() == [0] * 4
    n = table["notes"].str.contains("by_symptom:sympathetic_coupling=supported").sum()
    assert table["mechanisms"].str.contains("sympathetic_coupling").sum() == n > 0
    assert f"supported {n}" in next(line for line in result.stderr.splitlines() if "  sympathetic_coupling" in line)


def test_no_column_of_the_cohort_is_taken_for_a_symptom() -> None:
    table = qst.load(COHORT, problems=[])
    assert find_symptom_columns(list(table.columns)) == {}
