"""`qst explain`: the numbers are those of scoring, the text fits a terminal, and errors name what exists."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import run, same
from paths import COHORT, TRIALS

import qst
from qst.errors import OptionError
from qst.explain.text import WIDTH, format_explanation
from qst.protocol import CODES, Z_CODES
from qst.tables import CRITERIA, DISCLAIMER, PHENOTYPE_COLUMNS
from qst.workflows.explain import explain

pytestmark = pytest.mark.usefixtures("work")

PEOPLE = [("058", "test"), ("005", "test"), ("022", "control"), ("028", "test"), ("052", "test"), ("040", "test")]


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    return qst.score(qst.load(COHORT, problems=[]))


@pytest.mark.parametrize(("subject", "area"), PEOPLE)
def test_an_explanation_has_the_numbers_of_scoring(scored: pd.DataFrame, subject: str, area: str) -> None:
    row = scored[(scored["subject"] == subject) & (scored["area"] == area)].iloc[0]
    explanation = explain(COHORT, subject, area=area)
    assert [parameter["parameter"] for parameter in explanation["parameters"]] == list(CODES)
    for parameter in explanation["parameters"]:
        code = parameter["parameter"]
        assert same(parameter["finding"], row[f"{code}_finding"], 0.0)
        if code in Z_CODES:
            assert same(parameter["z"], row[f"{code}_z"], 0.0)
        if parameter["z"] is not None:
            steps = parameter["gain_sign"] * parameter["difference"] / parameter["norm"]["sd"]
            assert parameter["z"] == pytest.approx(steps, abs=1e-12)
    assert explanation["loga"]["code"] == (None if pd.isna(row["loga"]) else row["loga"])
    for column in PHENOTYPE_COLUMNS:
        name = column.removeprefix("phenotype_")
        assert same(explanation["phenotypes"]["probabilities"][name], row[column], 0.0)
    for criterion in explanation["criteria"]:
        assert same(criterion["answer"], row[criterion["criterion"]], 0.0)
    assert [criterion["criterion"] for criterion in explanation["criteria"]] == list(CRITERIA)
    for mechanism in explanation["mechanisms"]:
        assert same(mechanism["evidence"], row[f"mechanism_{mechanism['id']}"], 1e-12)
    assert ";".join(note["note"] for note in explanation["notes"]) == row["notes"]
    assert explanation["chance"]["n_scored"] == row["n_scored"]


@pytest.mark.parametrize(("subject", "area"), PEOPLE)
def test_the_text_fits_a_terminal_of_80_columns(subject: str, area: str) -> None:
    lines = format_explanation(explain(COHORT, subject, area=area))
    assert max(map(len, lines)) <= WIDTH == 80
    assert lines[-1] == DISCLAIMER
    assert not any("nan" in line.lower().split() for line in lines)


def test_trials_are_shown_with_those_that_do_not_count() -> None:
    """S01, test area, HPT: a practice trial of series 0 that is not kept."""
    explanation = explain(TRIALS, "S01", area="test", parameter="HPT")
    (hpt,) = explanation["parameters"]
    counted = [trial["value"] for trial in hpt["trials"] if trial["counted"]]
    assert len(counted) == 3
    assert len(hpt["trials"]) == 4
    assert hpt["value"] == pytest.approx(sum(counted) / 3)
    text = " ".join(" ".join(format_explanation(explanation)).split())
    assert "not counted" in text
    assert "3 counted, 3 in the protocol" in text


def test_every_trial_of_the_example_is_listed_once() -> None:
    trials = qst.load(TRIALS, problems=[])
    for (subject, area), own in trials.groupby(["subject", "area"]):
        explanation = explain(TRIALS, str(subject), area=str(area))
        rows = [trial["source_row"] for parameter in explanation["parameters"] for trial in parameter["trials"]]
        assert sorted(rows) == sorted(own["source_row"])


def test_the_steps_of_one_value_by_hand() -> None:
    """Man of 23.6, hand: mean 44.28, SD 2.86 (row 138 of values.csv); 45.7 °C, so −(45.7 − 44.28) / 2.86 = −0.4965."""
    result = run("explain", COHORT, "--subject", "058", "--area", "test", "--parameter", "HPT")
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "value 45.7 °C, as the file gives it" in text
    assert "norm mean 44.28, SD 2.86 (row 138 of the set, in 3 transcriptions)" in text
    assert "z 45.7 − 44.28 = 1.42; −1 × 1.42 / 2.86 = −0.50" in text
    assert "Compared with magerl2010 (doi:10.1016/j.pain.2010.07.026): hand, male, 20-29 years" in text
    assert "CPT" not in text.split("Compared")[1]


def test_what_could_not_be_found_is_reported() -> None:
    """028, foot of a man of 63: 0 °C is z (0 − 11.19) / 11 = −1.02, which is beyond no cut-off."""
    text = " ".join(run("explain", COHORT, "--subject", "028", "--area", "test", "--parameter", "CPT").stdout.split())
    assert "where z, −1.02, is not below −1.96: a loss cannot be distinguished from normal" in text
    assert "a loss could not have been found" in text


def test_a_person_without_a_norm_is_explained() -> None:
    text = " ".join(run("explain", COHORT, "--subject", "005", "--area", "test").stdout.split())
    assert "No norm of magerl2010" in text
    assert "age_below_norms" in text
    assert "Sensory phenotype: not classified" in text


def test_json_is_what_the_library_gives() -> None:
    result = run("explain", COHORT, "--subject", "058", "--area", "test", "--json")
    assert json.loads(result.stdout, parse_constant=pytest.fail) == explain(str(COHORT), "058", area="test")


def test_prototypes_and_criteria_are_described_with_what_is_ours() -> None:
    text = " ".join(run("explain", COHORT, "--subject", "058", "--area", "test").stdout.split())
    assert "The prototypes are ours" in text
    assert "never" not in text.split("Mechanisms")[0]
    assert "ectopic_activity: would need" in text


def test_a_scored_table_can_be_explained() -> None:
    run("score", COHORT, "-o", "scored.csv")
    from_scored, from_file = (explain(path, "058", area="test") for path in ("scored.csv", COHORT))
    for key in ("parameters", "phenotypes", "criteria", "mechanisms", "loga", "chance", "notes"):
        assert from_scored[key] == from_file[key], key


def test_symptoms_are_described() -> None:
    items = {f"NPSI Q{n}": 5 for n in range(1, 13)}
    row = {"id": "1", "age": 30, "sex": "f", "site": "hand", "HPT": 44, "CPM": "impaired"} | items
    pd.DataFrame([row]).to_csv("lab.csv", index=False)
    text = " ".join(run("explain", "lab.csv", "--subject", "1").stdout.split())
    assert "total: 50.0 of 100" in text
    assert "descending_modulation: pain_modulation is yes (column 'CPM'): supported" in text


def test_problems_of_its_row_are_listed() -> None:
    result = run("explain", "bad.csv", "--subject", "007")
    assert result.exit_code == 1
    assert "row 2, column HPT: '5O.1' is not a number" in " ".join(result.stdout.split())
    assert run("explain", "bad.csv", "--subject", "8").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"subject": "58"}, "no subject '58' among 60; did you mean '058'?"),
        ({"subject": "Miller"}, "no subject 'Miller' among 60; no similar name was found"),
        ({"subject": "058"}, "subject '058' has 2 assessments: use --side or --area. It has: side right, area test;"),
        ({"subject": "058", "area": "tset"}, "has no assessment with area tset; it has: side right, area test;"),
        ({"subject": "058", "visit": "9"}, "has no assessment with visit 9; it has:"),
        ({"subject": "058", "area": "test", "parameter": "HTP"}, "'HTP' is not one of the 13 parameters"),
    ],
)
def test_an_error_names_what_exists(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        explain(COHORT, **options)
    assert message in str(caught.value)
    assert str(caught.value).count("'0") <= 3, "no list of all people"
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    result = run("explain", COHORT, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_visit_distinguishes_assessments() -> None:
    Path("lab.csv").write_text(
        "id,visit,age,sex,site,HPT\n1,pre,30,f,hand,44\n1,post,30,f,hand,46\n1,post,30,f,foot,47\n2,pre,30,f,hand,1\n",
        encoding="utf-8",
    )
    with pytest.raises(OptionError, match="has 3 assessments: use --visit and --site"):
        explain("lab.csv", "1")
    assert explain("lab.csv", "1", visit="pre")["parameters"][4]["value"] == 44.0
    assert explain("lab.csv", "1", visit="POST", site="foot")["parameters"][4]["value"] == 47.0


def test_identical_rows_cannot_be_distinguished() -> None:
    Path("lab.csv").write_text("id,age,sex,site,HPT\n1,30,f,hand,44\n1,30,f,hand,46\n", encoding="utf-8")
    with pytest.raises(OptionError, match="2 assessments that cannot be distinguished"):
        explain("lab.csv", "1")


@pytest.mark.parametrize("command", ["report", "explain"])
def test_where_no_row_can_be_used_every_problem_is_told_as_by_score(work: Path, command: str) -> None:
    """Decimal commas in a file separated by commas: no row is left."""
    Path("commas.csv").write_text("subject,age,sex,site,area,CDT\n" + "1,30,female,hand,test,0,6\n" * 2, "utf-8")
    Path("other.csv").write_text("name,town\nA,B\n", "utf-8")
    given = ["-o", "out"] if command == "report" else ["--subject", "1"]
    explanation = run(command, "commas.csv", "other.csv", *given)
    score = run("score", "commas.csv", "other.csv", "-o", "scored.csv", "--quiet")
    problems = [line for line in score.stderr.splitlines() if line.startswith("error: ")]
    assert len(problems) >= 3
    assert set(problems) <= set(explanation.stderr.splitlines())
    assert explanation.exit_code == 1
    assert not Path("out").exists()


def test_of_several_files_without_a_use_each_is_told(work: Path) -> None:
    for name in ("a.csv", "b.csv"):
        Path(name).write_text("name,town\nA,B\n", "utf-8")
    explanation = run("explain", "a.csv", "b.csv", "--subject", "1")
    assert explanation.exit_code == 1
    assert [line.split(":")[1].strip() for line in explanation.stderr.splitlines()] == ["b.csv", "a.csv"]


def test_a_person_who_may_be_in_a_file_that_cannot_be_read(work: Path) -> None:
    Path("other.csv").write_text("name,town\nA,B\n", "utf-8")
    explanation = run("explain", COHORT, "other.csv", "--subject", "no-one")
    assert explanation.exit_code == 2
    assert "Not all files could be read: other.csv:1: no column" in explanation.stderr
