"""Yes/no trials: recognised from content, arranged into assessments, and what is not guessed."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import run
from lab_files import read, refuse, write
from paths import EXAMPLES, REAL

import qst
from qst.derive.psychometric import FEW, SUPPORTED
from qst.loaders.formats.choose import FORMATS

CODES = {"parameter": {"1": "CDT", "2": "WDT", "3": "CPT", "4": "HPT"}}
BASE = {"baseline": "30", "site": "foot", "age": "50", "sex": "female"}
OPTIONS = {"codes": CODES, "fixed": BASE}
LEVELS = {"1": (1, 2, 3, 4, 5), "2": (2, 4, 6, 8, 10), "3": (5, 10, 15, 20, 25), "4": (12, 14, 16, 18, 20)}
FELT = (0, 1, 4, 7, 8)
"""Of eight trials at each of five levels: the threshold is the third level, as the numbers are symmetric about it."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trials(subject: str = "007", felt: tuple[int, ...] = FELT, conditions: str = "1234") -> list[dict[str, str]]:
    return [
        {"condition": code, "subject": subject, "intensity": f"{level:g}", "response": str(int(trial < yes))}
        for code in conditions
        for level, yes in zip(LEVELS[code], felt, strict=True)
        for trial in range(8)
    ]


def save(folder: Path, rows: list[dict[str, str]] | pd.DataFrame, name: str = "lab.csv") -> Path:
    return write(folder, pd.DataFrame(rows).to_csv(index=False), name)


def test_thresholds_are_fitted_and_pain_becomes_a_temperature(folder: Path) -> None:
    table, problems = read(save(folder, trials()), **OPTIONS)
    assert not problems
    assert len(table) == 1
    row = table.iloc[0]
    assert row["subject"] == "007"
    assert row["CDT"] == pytest.approx(3, abs=0.1)
    assert row["WDT"] == pytest.approx(6, abs=0.2)
    assert row["CPT"] == pytest.approx(30 - 15, abs=0.5)
    assert row["HPT"] == pytest.approx(30 + 16, abs=0.2)
    assert float(row["CPT_low"]) < row["CPT"] < float(row["CPT_high"]) < 30
    assert 42 < float(row["HPT_low"]) < row["HPT"] < float(row["HPT_high"])
    assert (row["CDT_n"], row["CDT_yes"], row["CDT_fit"]) == ("40", "20", SUPPORTED)
    assert row["notes"] == "yes_no_trials;baseline:30"
    assert (row["source_file"], row["source_row"]) == (str(folder / "lab.csv"), 2)


def test_every_assessment_has_the_row_of_its_first_trial_and_its_own_columns(folder: Path) -> None:
    rows = [row | {"visit": visit, "group": "g" + subject, "remark": str(number)}
            for subject, visit in (("b", "1"), ("a", "1"), ("b", "2"))
            for number, row in enumerate(trials(subject, conditions="12"))]  # fmt: skip
    shown: list[str] = []
    table = qst.load(save(folder, rows), problems=[], understood=shown, **OPTIONS)
    assert table[["subject", "visit", "group", "source_row"]].values.tolist() == [
        ["b", "1", "gb", 2], ["a", "1", "ga", 82], ["b", "2", "gb", 162],
    ]  # fmt: skip
    assert "remark" not in table
    assert "left out as they differ from trial to trial: 'remark'" in "\n".join(shown)


def test_what_numbers_of_the_condition_mean_is_never_guessed(folder: Path) -> None:
    message = refuse(save(folder, trials()), fixed=BASE)
    assert "no condition of the yes/no trials is known" in message
    assert "--codes parameter:1=CDT,2=WDT,3=CPT,4=HPT" in message
    table, problems = read(folder / "lab.csv", fixed=BASE, codes={"parameter": {"1": "CDT", "2": "warm detection"}})
    assert [problem.code for problem in problems] == ["code-unknown"]
    assert "the condition is coded as 3, 4" in problems[0].message
    assert table[["CDT", "WDT"]].notna().all(axis=None)
    assert table[["CPT", "HPT"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("condition", ("CDT", "wdt", "cpt", "HPT")),
        ("quality", ("cold detection", "Warm Detection", "cold pain", "heat pain")),
        ("parameter", ("Kälteschwelle", "Wärmeschwelle", "Kälteschmerz", "Hitzeschmerz")),
        ("Modalität", ("cold detect", "warm_detect", "pain cold", "warm pain")),
    ],
)
def test_conditions_in_words_need_no_codes(folder: Path, header: str, words: tuple[str, ...]) -> None:
    frame = pd.DataFrame(trials())
    frame["condition"] = frame["condition"].map(dict(zip("1234", words, strict=True)))
    table, problems = read(save(folder, frame.rename(columns={"condition": header})), fixed=BASE)
    assert not problems
    assert table[["CDT", "WDT", "CPT", "HPT"]].notna().all(axis=None)


def test_quality_and_instruction_name_the_parameter_together(folder: Path) -> None:
    frame = pd.DataFrame(trials())
    frame["quality"] = frame["condition"].map({"1": "cold", "2": "warm", "3": "cold", "4": "warm"})
    frame["instruction"] = frame.pop("condition").map({"1": "detect", "2": "detect", "3": "pain", "4": "pain"})
    table, problems = read(save(folder, frame), fixed=BASE)
    assert not problems
    assert table.loc[0, "HPT"] == pytest.approx(46, abs=0.2)


@pytest.mark.parametrize(
    ("yes", "no"), [("yes", "no"), ("Ja", "Nein"), ("TRUE", "FALSE"), ("1.0", "0.0"), ("oui", "non")]
)
def test_responses_in_words(folder: Path, yes: str, no: str) -> None:
    frame = pd.DataFrame(trials())
    frame["response"] = frame["response"].map({"1": yes, "0": no})
    assert read(save(folder, frame), **OPTIONS)[0].loc[0, "CDT"] == pytest.approx(3, abs=0.1)


def test_warm_stimuli_distinguish_temperatures_from_distances(folder: Path) -> None:
    distances, _ = read(save(folder, trials()), **OPTIONS)
    frame = pd.DataFrame(trials())
    sign = frame["condition"].map({"1": -1, "2": 1, "3": -1, "4": 1})
    frame["intensity"] = 30 + sign * frame["intensity"].astype(float)
    shown: list[str] = []
    table = qst.load(save(folder, frame), problems=[], understood=shown, **OPTIONS)
    assert "'intensity' holds temperatures" in "\n".join(shown)
    pd.testing.assert_frame_equal(table, distances)
    stated = qst.load(folder / "lab.csv", problems=[], thermal="absolute", **OPTIONS)
    pd.testing.assert_frame_equal(stated, distances)


def test_temperatures_of_cold_alone_are_not_guessed(folder: Path) -> None:
    path = save(folder, trials(conditions="13"))
    assert "of cold alone may be either: use --thermal" in refuse(path, **OPTIONS)
    assert read(path, thermal="difference", **OPTIONS)[0].loc[0, "CDT"] == pytest.approx(3, abs=0.1)


def test_fahrenheit_is_converted(folder: Path) -> None:
    distances, _ = read(save(folder, trials()), **OPTIONS)
    frame = pd.DataFrame(trials()).rename(columns={"intensity": "intensity [°F]"})
    frame["intensity [°F]"] = frame["intensity [°F]"].astype(float) * 1.8
    table, _ = read(save(folder, frame), thermal="difference", **OPTIONS)
    assert table.loc[0, "HPT"] == pytest.approx(distances.loc[0, "HPT"], abs=0.02)


def test_without_a_baseline_pain_is_not_scored_and_the_assumption_is_mentioned(folder: Path) -> None:
    path, fixed = save(folder, trials()), {key: BASE[key] for key in ("site", "age", "sex")}
    shown: list[str] = []
    problems: list[qst.Problem] = []
    table = qst.load(path, problems=problems, understood=shown, codes=CODES, fixed=fixed)
    assert [problem.code for problem in problems] == ["baseline-unknown"]
    assert "use --set baseline=32" in problems[0].message
    assert "a baseline of 32 °C is assumed, as none is given" in "\n".join(shown)
    assert table[["CPT", "HPT"]].isna().all(axis=None)
    assert table.loc[0, "CDT"] == pytest.approx(3, abs=0.1)
    assert "baseline" not in table.loc[0, "notes"]


def test_the_baseline_can_be_in_a_column(folder: Path) -> None:
    rows = [row | {"baseline": base} for subject, base in (("a", "32"), ("b", "30.5")) for row in trials(subject)]
    table, problems = read(save(folder, rows), codes=CODES, fixed={"site": "foot", "age": "50", "sex": "female"})
    assert not problems
    assert (table.loc[0, "HPT"] - table.loc[1, "HPT"]) == pytest.approx(1.5, abs=0.02)
    assert table["notes"].tolist() == ["yes_no_trials", "yes_no_trials;baseline:30.5"]


def test_never_felt_at_the_devices_limit_gives_that_limit_and_a_warning(folder: Path) -> None:
    frame = pd.DataFrame([*trials("a"), *trials("b", felt=(0, 0, 0, 0, 0), conditions="3")])
    frame.loc[(frame["condition"] == "3") & (frame["intensity"] == "25"), "intensity"] = "29.8"
    table, problems = read(save(folder, frame), **OPTIONS)
    assert table.loc[1, "CPT"] == 0.0
    assert "threshold_beyond:CPT" in table.loc[1, "notes"]
    assert table.loc[1, "CPT_fit"] == "beyond"
    assert [(p.severity, p.code, p.row) for p in problems] == [("warning", "threshold-beyond", 162)]
    assert "the device's limit of 0 °C is used for CPT" in problems[0].message
    scored = qst.score(table)
    assert scored.loc[1, "CPT_finding"] in ("limit", "loss")
    assert "at_limit:CPT" in scored.loc[1, "notes"]
    assert "threshold_beyond:CPT" in scored.loc[1, "notes"]


@pytest.mark.parametrize(
    ("felt", "status", "hint"),
    [
        ((0, 0, 0, 0, 0), "beyond", "test stronger stimuli"),
        ((8, 8, 8, 8, 8), "below", "test weaker stimuli"),
        ((8, 7, 4, 1, 0), "flat", "check condition"),
    ],
)
def test_what_the_data_do_not_support_is_a_problem_without_a_number(
    folder: Path, felt: tuple[int, ...], status: str, hint: str
) -> None:
    table, problems = read(save(folder, [*trials("a"), *trials("b", felt, conditions="1")]), **OPTIONS)
    assert table["CDT"].isna().tolist() == [False, True]  # the good one is read
    assert table.loc[1, "CDT_fit"] == status
    assert table.loc[1, "notes"] == f"yes_no_trials;no_threshold:CDT={status}"
    assert [(p.severity, p.code, p.row, p.column) for p in problems if p.code != "no-values"] == [
        ("error", f"threshold-{status}", 162, "condition")
    ]
    assert "CDT of subject 'b', no threshold: felt" in problems[0].message
    assert hint in problems[0].message


def test_excluded_records_leave_no_row_and_no_problem(folder: Path) -> None:
    rows = [*trials("a"), *trials("b", felt=(8, 7, 4, 1, 0))]
    table, problems = read(save(folder, rows), exclude_records=["b"], **OPTIONS)
    assert table["subject"].tolist() == ["a"]
    assert table.loc[0, "notes"] == "yes_no_trials;baseline:30"
    assert not problems


def test_too_few_trials_are_a_problem(folder: Path) -> None:
    table, problems = read(save(folder, [*trials("a"), *trials("b")[:12]]), **OPTIONS)
    assert table.loc[1, "CDT_fit"] == FEW
    assert table.loc[1, "CDT_n"] == "12"
    assert any(problem.code == "threshold-few" for problem in problems)


def test_bad_cells_are_named_and_do_not_count(folder: Path) -> None:
    rows = trials()
    rows[0]["response"], rows[1]["response"], rows[2]["intensity"] = "", "perhaps", "1O"
    table, problems = read(save(folder, rows), **OPTIONS)
    found = {problem.code: (problem.severity, problem.row, problem.column) for problem in problems}
    assert found == {
        "no-response": ("warning", 2, "response"),
        "word-unknown": ("error", 3, "response"),
        "not-a-number": ("error", 4, "intensity"),
    }
    assert table.loc[0, "CDT_n"] == "37"


def test_discarded_trials_do_not_count(folder: Path) -> None:
    rows = [row | {"keep": str(int(number > 4))} for number, row in enumerate(trials())]
    assert read(save(folder, rows), **OPTIONS)[0].loc[0, "CDT_n"] == "35"


def test_a_condition_other_than_the_four_is_reported(folder: Path) -> None:
    frame = pd.DataFrame(trials())
    frame["condition"] = frame["condition"].map({"1": "CDT", "2": "itch", "3": "MDT", "4": "HPT"})
    _, problems = read(save(folder, frame), fixed=BASE)
    assert [problem.code for problem in problems] == ["unknown-parameter", "unknown-parameter"]
    assert "'itch' is not one of CDT WDT CPT HPT; its trials (40) are not used" in problems[0].message
    assert "yes/no trials of MDT are not fitted" in problems[1].message


def test_the_recorded_of_two_intensities_is_used_unless_the_other_is_named(folder: Path) -> None:
    frame = pd.DataFrame(trials()).rename(columns={"intensity": "target_intensity"})
    frame["recorded_intensity"] = frame["target_intensity"].astype(float) + 0.5
    shown: list[str] = []
    table = qst.load(save(folder, frame), problems=[], understood=shown, **OPTIONS)
    assert table.loc[0, "CDT"] == pytest.approx(3.5, abs=0.1)
    assert "'recorded_intensity' holds distances from baseline ('target_intensity' is not used)" in "\n".join(shown)
    named = qst.load(folder / "lab.csv", problems=[], columns={"target_intensity": "value"}, **OPTIONS)
    assert named.loc[0, "CDT"] == pytest.approx(3.0, abs=0.1)


def test_semicolons_and_decimal_commas(folder: Path) -> None:
    frame = pd.DataFrame(trials())
    frame["intensity"] = (frame["intensity"].astype(float) + 0.25).astype(str)
    points, _ = read(save(folder, frame), **OPTIONS)
    text = frame.to_csv(index=False, sep=";").replace(".", ",")
    commas, problems = read(write(folder, text, "comma.csv"), **OPTIONS)
    assert not problems
    assert commas.loc[0, "CDT"] == points.loc[0, "CDT"]
    assert math.isclose(float(commas.loc[0, "CDT_low"].replace(",", ".")), float(points.loc[0, "CDT_low"]))


def test_columns_with_our_names_are_kept_apart(folder: Path) -> None:
    rows = [row | {"CDT": "9.9", "notes": "seen twice"} for row in trials()]
    table, _ = read(save(folder, rows), **OPTIONS)
    assert table.loc[0, "CDT"] == pytest.approx(3, abs=0.1)
    assert table.loc[0, "CDT_input"] == "9.9"
    assert table.loc[0, "notes_input"] == "seen twice"


def test_the_method_is_mentioned_on_screen_and_on_each_row(folder: Path) -> None:
    save(folder, trials())
    codes = "parameter:1=CDT,2=WDT,3=CPT,4=HPT"
    settings = [f"--set={key}={value}" for key, value in BASE.items()]
    result = run("score", "lab.csv", "--codes", codes, *settings, "-o", "scored.csv")
    assert result.exit_code == 0
    assert "these z-scores are not comparable without care" in result.stderr
    assert "thresholds fitted to yes/no trials, without reaction time" in result.stderr
    scored = pd.read_csv("scored.csv")
    assert scored["notes"].str.contains("yes_no_trials").all()
    assert scored["CDT_z"].notna().all()
    again = run("validate", "lab.csv", "--explain", "--codes", codes, *settings)
    assert "format: yes-no, as 'intensity' is an intensity and 'response' holds yes or no" in again.stderr


def test_codes_of_the_parameter_serve_long_tables_too(folder: Path) -> None:
    text = "id,age,sex,site,test,value\n1,30,f,hand,1,-1.5\n1,30,f,hand,1,-1.7\n1,30,f,hand,4,44\n"
    table, _ = read(write(folder, text), codes=CODES)
    assert table["parameter"].tolist() == ["CDT", "CDT", "HPT"]
    with pytest.raises(qst.QSTError, match="the code 1 of parameter cannot mean 'itch'"):
        read(folder / "lab.csv", codes={"parameter": {"1": "itch"}})


def test_other_tables_are_not_read_as_yes_no_trials(folder: Path) -> None:
    texts = {
        "tidy.csv": "id,age,sex,site,HPT,response\n1,30,f,hand,44,1\n",
        "long.csv": "id,age,sex,site,parameter,value,response\n1,30,f,hand,HPT,44,1\n",
        "rated.csv": "id,age,sex,site,condition,intensity,response,HPT\n1,30,f,hand,1,44,55,43\n",
    }
    for name, text in texts.items():
        write(folder, text, name)
        assert "format: tidy" in run("validate", "--explain", name).stderr


def test_the_format_lists_what_it_needs() -> None:
    known = next(known for known in FORMATS if known.name == "yes-no")
    assert "--codes parameter:" in known.needs
    assert "baseline" in known.needs


def test_map_gives_the_meaning_of_other_names(folder: Path) -> None:
    names = {"condition": "kind", "intensity": "dose [°C]", "response": "button"}
    path = save(folder, pd.DataFrame(trials()).rename(columns=names))
    meanings = {"kind": "parameter", "dose [°C]": "value", "button": "response"}
    table, problems = read(path, columns=meanings, format="yes-no", **OPTIONS)
    assert not problems
    assert table.loc[0, "CDT"] == pytest.approx(3, abs=0.1)


def test_a_table_without_responses_is_refused_if_the_format_is_given(folder: Path) -> None:
    path = write(folder, "id,age,sex,site,HPT\n1,30,f,hand,44\n")
    assert "need a column for the intensity" in refuse(path, format="yes-no")


@pytest.mark.skipif(not (REAL / "lifespan_neuropathy").is_dir(), reason="the data set lifespan_neuropathy is not there")
def test_real_trials_of_109_people() -> None:
    real = REAL / "lifespan_neuropathy"
    problems: list[qst.Problem] = []
    table = qst.load(
        real / "aggregated_results.csv",
        codes=CODES,
        fixed={"baseline": "30", "site": "foot"},
        demographics=real / "demographics.csv",
        problems=problems,
    )
    raw = pd.read_csv(real / "aggregated_results.csv", dtype={"subject": str})
    assert table["subject"].tolist() == raw["subject"].drop_duplicates().tolist()
    counted = raw[raw["response"].notna()].groupby(["subject", "condition"]).size()
    for code, condition in zip(("CDT", "WDT", "CPT", "HPT"), (1, 2, 3, 4), strict=True):
        assert table[f"{code}_n"].astype(int).tolist() == [counted[s, condition] for s in table["subject"]]
        unsupported = table[f"{code}_fit"] != SUPPORTED
        beyond = table["notes"].str.contains(f"threshold_beyond:{code}")
        assert (table[code].isna() == (unsupported & ~beyond)).all()
    shown = [problem for problem in problems if problem.code.startswith("threshold-")]
    fits = table[[f"{code}_fit" for code in ("CDT", "WDT", "CPT", "HPT")]].to_numpy()
    assert len(shown) == int(np.sum(fits != SUPPORTED))
    assert (table["age"].notna() & table["sex"].notna()).all()
    assert table["notes"].str.startswith("yes_no_trials").all()


def test_the_example_is_read_as_its_page_says() -> None:
    table, problems = read(EXAMPLES / "yes_no_synthetic.csv", codes=CODES, fixed={"baseline": "30"})
    assert len(table) == 4
    assert {problem.code for problem in problems} == {"threshold-beyond", "threshold-flat"}
    assert table.loc[table["subject"] == "Y3", "CPT"].item() == 0.0
    assert np.isnan(table.loc[table["subject"] == "Y4", "WDT"].item())
