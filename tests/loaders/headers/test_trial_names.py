"""Trials named otherwise: by instruction and quality, by TrialType, as felt and not felt, as train and single."""

from pathlib import Path

import pytest
from lab_files import ME, WHO, read, write

import qst

# --- long tables ----------------------------------------------------------------------------------------------------


LANGUAGES = {
    "instruction,quality,value": "detect cold,detect warm,pain cold,pain heat",
    "Task,Modality,threshold": "Detection Cool,detection hot,PAIN cold,pain warm",
    "Aufgabe,Qualität,Schwelle": "spüren kalt,spüren Wärme,Schmerz kalt,Schmerz Hitze",
    "consigne,qualité,seuil": "détection froid,détection chaud,douleur froid,douleur chaleur",
}


@pytest.mark.parametrize(("header", "pairs"), LANGUAGES.items())
def test_instruction_and_quality_name_the_parameter(tmp_path: Path, header: str, pairs: str) -> None:
    values = (-1.5, 2.5, 12.5, 44.5)
    named = pairs.replace(" ", "#").split(",")
    rows = [f"{ME},{pair.replace('#', ',')},{value}" for pair, value in zip(named, values, strict=True)]
    told: list[str] = []
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},{header}", *rows])), understood=told)
    assert table["parameter"].tolist() == ["CDT", "WDT", "CPT", "HPT"]
    assert qst.score(table).loc[0, ["CDT", "WDT", "CPT", "HPT"]].tolist() == [1.5, 2.5, 12.5, 44.5]
    assert problems == []
    assert any("the parameter is formed from" in line for line in told)


def test_an_unknown_instruction_is_kept_and_reported(tmp_path: Path) -> None:
    text = f"{WHO},instruction,quality,value\n{ME},pain,heat,44\n{ME},rate,heat,50\n{ME},,heat,50\n"
    table, problems = read(write(tmp_path, text))
    assert table["parameter"].tolist() == ["HPT", "rate heat", "heat"]
    assert [problem.code for problem in problems] == ["unknown-parameter", "unknown-parameter"]


def test_a_parameter_column_takes_precedence_over_instruction_and_quality(tmp_path: Path) -> None:
    text = f"{WHO},parameter,instruction,quality,value\n{ME},CPT,pain,heat,12\n"
    assert read(write(tmp_path, text))[0]["parameter"].tolist() == ["CPT"]


def test_the_trials_of_several_tests_in_one_file(tmp_path: Path) -> None:
    """Means: CDT of 1, 1.5 and 2 is 1.5; HPT of 43, 44 and 48 is 45."""
    trials = {"CDT1": -1, "CDT2": -1.5, "CDT3": -2, "HPT1": 43, "HPT2": 44, "HPT3": 48}
    rows = [f"{ME},{name},{value},x" for name, value in trials.items()]
    told: list[str] = []
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},TrialType,meanTemp,remark", *rows])), understood=told)
    assert table["series"].tolist() == ["1", "2", "3"] * 2
    assert qst.score(table).loc[0, ["CDT", "HPT"]].tolist() == [1.5, 45]
    assert problems == []
    assert "  numbered names are the trials of a test: CDT1 … CDT3, HPT1 … HPT3" in told
    assert any("value from 'meanTemp'" in line for line in told)


@pytest.mark.parametrize("names", [("CPT1", "CPT2"), ("TSL2",), ("PPT1", "PPT3", "PPT4")])
def test_numbers_that_may_not_be_trials_are_kept_and_reported(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Ratings CPT1 and CPT2, a modified task TSL2, sites PPT1 and PPT2: all in real files."""
    rows = [f"{ME},HPT,44", *(f"{ME},{name},20" for name in names)]
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},parameter,value", *rows])))
    assert table["parameter"].tolist() == ["HPT", *names]
    assert {problem.code for problem in problems} == {"unknown-parameter"}


def test_a_column_for_the_series_takes_precedence_over_the_number(tmp_path: Path) -> None:
    rows = [f"{ME},{n + 4},HPT{n},{40 + n}" for n in (1, 2, 3)]
    table, _ = read(write(tmp_path, "\n".join([f"{WHO},trial,parameter,value", *rows])))
    assert table["series"].tolist() == ["5", "6", "7"]
    assert set(table["parameter"]) == {"HPT"}


def test_blocks_of_rows_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The third trial, which makes trials of the first two, is in another block."""
    rows = [f"{n},25,f,hand,HPT{k},{40 + k}" for k in (1, 2, 3) for n in range(9)]
    path = write(tmp_path, "\n".join([f"{WHO},TrialType,value", *rows]))
    whole, _ = read(path)
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 5)
    assert read(path)[0].equals(whole)
    assert whole["series"].tolist() == [str(k) for k in (1, 2, 3) for _ in range(9)]


# --- headers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mdtNot{}", "mdtnot{}", "MDT_not_{}"])
def test_not_felt_and_felt_are_all_turning_points(tmp_path: Path, name: str) -> None:
    """Geometric mean of five times 1 and five times 4 mN: 2 mN, of ten trials."""
    headers = [part for n in range(1, 6) for part in (name.format(n), f"mdt{n}")]
    table, problems = read(write(tmp_path, f"{WHO},{','.join(headers)}\n{ME},{','.join(['1,4'] * 5)}\n"))
    assert problems == []
    scored = qst.score(table)
    assert scored.loc[0, "MDT"] == pytest.approx(2)
    assert scored.loc[0, "notes"] == ""


def test_touch_ratings_of_a_control_area(tmp_path: Path) -> None:
    """Geometric mean of 0.1 (four times) and 10.1: 0.1 × 101^0.2."""
    headers = [f"dmacontr{n}pain" for n in range(1, 6)]
    table, _ = read(write(tmp_path, f"{WHO},{','.join(headers)}\n{ME},0,0,0,0,10\n"))
    scored = qst.score(table)
    assert scored["area"].tolist() == ["control"]
    assert scored.loc[0, "DMA"] == pytest.approx(0.1 * 101**0.2)


def test_ten_pinpricks_over_single_ones(tmp_path: Path) -> None:
    """(20 + 30 + 40) / (10 + 10 + 10) = 3."""
    headers = [f"pin{kind}_{n}" for n in (1, 2, 3) for kind in (10, 2)]
    table, problems = read(write(tmp_path, f"{WHO},{','.join(headers)}\n{ME},20,10,30,10,40,10\n"))
    assert problems == []
    assert qst.score(table)["WUR"].tolist() == [3]


def test_one_value_each_of_train_and_single(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"{WHO},HPT,pin10,pin2\n{ME},44,30,10\n"))
    assert problems == []
    assert qst.score(table).loc[0, ["HPT", "WUR"]].tolist() == [44, 3]


def test_paradoxical_heat_of_each_trial(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"{WHO},phs1,phs2,phs3\n{ME},0,1,1\n"))
    assert problems == []
    assert qst.score(table)["PHS"].tolist() == [2]


@pytest.mark.parametrize("practice", ["hpt_practice", "Übung_HPT", "hptprobe"])
def test_a_practice_trial_does_not_count(tmp_path: Path, practice: str) -> None:
    table, problems = read(write(tmp_path, f"{WHO},{practice},hpt_1,hpt_2,hpt_3\n{ME},35,43,44,48\n"))
    assert problems == []
    assert table["keep"].tolist() == [False, True, True, True]
    assert qst.score(table)["HPT"].tolist() == [45]


def test_the_first_of_four_is_asked_for(tmp_path: Path) -> None:
    """All four count unless the user states that the first was for practice: 42.5 is the mean of 35, 43, 44 and 48."""
    path = write(tmp_path, f"{WHO},hpt1,hpt2,hpt3,hpt4\n{ME},35,43,44,48\n")
    table, problems = read(path)
    assert qst.score(table)["HPT"].tolist() == [42.5]
    assert [problem.code for problem in problems] == ["practice-unclear"]
    assert "if the first was for practice, use --ignore 'hpt1'" in problems[0].message
    table, problems = read(path, ignore=["hpt1"])
    assert qst.score(table)["HPT"].tolist() == [45]
    assert problems == []


def test_trials_to_keep_of_a_long_table(tmp_path: Path) -> None:
    rows = [f"{ME},HPT,{value},{keep}" for value, keep in ((35, 0), (43, 1), (44, 1), (48, 1))]
    table, _ = read(write(tmp_path, "\n".join([f"{WHO},parameter,value,trials_to_keep", *rows])))
    assert qst.score(table)["HPT"].tolist() == [45]


@pytest.mark.parametrize("header", ["hpt_trial_1,hpt_trial_2,hpt_trial_3", "HPT Messung 1,HPT Messung 2,HPT Messung 3"])
def test_words_that_say_nothing_before_a_number(tmp_path: Path, header: str) -> None:
    assert qst.score(read(write(tmp_path, f"{WHO},{header}\n{ME},43,44,48\n"))[0])["HPT"].tolist() == [45]


@pytest.mark.parametrize("header", ["hpt_pain", "cdt_not", "hptfoo1", "pin10_foo", "hpt_trial"])
def test_headers_that_are_not_understood_are_carried_through(tmp_path: Path, header: str) -> None:
    """A rating of heat is not a threshold; a threshold of cold has no `not felt`."""
    table, problems = read(write(tmp_path, f"{WHO},CPT,{header}\n{ME},10,7\n"))
    assert table[header].tolist() == ["7"]
    assert problems == []
