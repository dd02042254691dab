"""Tables of laboratories: own columns, several files, one row per trial."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from lab_files import ME, WHO, read, write

import qst
import qst.loaders.files
from qst.errors import OptionError
from qst.tables import ASSESSMENT_COLUMNS, TRIAL_COLUMNS

# --- columns of the user's own --------------------------------------------------------------------------------------


def test_own_columns_follow_as_text_untouched(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"group,{WHO},HPT,score\nA,{ME},44,007\n b ,{ME.replace('007', '8')},45,\n"))
    assert list(table.columns) == [*ASSESSMENT_COLUMNS, "notes", "group", "score", "source_file", "source_row"]
    assert table["group"].tolist() == ["A", " b "]
    assert table.loc[0, "score"] == "007"
    assert pd.isna(table.loc[1, "score"])
    assert table["source_row"].tolist() == [2, 3]
    assert problems == []


@pytest.mark.parametrize("name", ["notes", "loga", "CDT_z", "n_gain", "reference_set", "source_file", "HPT_finding"])
def test_own_columns_with_our_names_are_kept_next_to_ours(tmp_path: Path, name: str) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT,{name},{name}_input\n{ME},44,mine,too\n"))
    scored = qst.score(table)
    assert scored.columns.is_unique
    assert {"mine", "too"} <= set(scored.loc[0].astype(str))
    assert scored.loc[0, name] != "mine"


def test_z_scores_next_to_the_values_are_carried_through_and_the_values_are_read(tmp_path: Path) -> None:
    """A sheet with a laboratory's own z-scores, or one that `qst score` wrote."""
    table, _ = read(write(tmp_path, f"{WHO},HPT,HPT_z,CPT,CPT [s]\n{ME},44,-0.4,12,55\n"))
    assert (table.loc[0, "HPT"], table.loc[0, "CPT"]) == (44, 12)
    assert {"-0.4", "55"} <= set(table.loc[0].astype(str))


@pytest.mark.parametrize("name", ["test", "trial", "run", "quality", "result", "value", "unit", "include", "keep"])
def test_names_that_matter_for_trials_only_are_carried_in_other_tables(tmp_path: Path, name: str) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT,{name}\n{ME},44,mine\n"))
    assert "mine" in set(table.loc[0].astype(str))


def test_two_columns_of_the_users_with_one_name_are_both_kept(tmp_path: Path) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT,remark,remark\n{ME},44,one,two\n"))
    assert {"one", "two"} <= set(table.loc[0].astype(str))
    assert table.columns.is_unique


def test_two_columns_of_one_parameter_are_not_chosen_from(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"{WHO},CPT,HPT,hpt\n{ME},20,44,46\n"))
    assert table["HPT"].isna().all()
    assert [problem.code for problem in problems] == ["two-columns"]
    assert {"44", "46"} <= set(table.loc[0].astype(str))


# --- several files --------------------------------------------------------------------------------------------------


def test_a_folder_is_read_with_all_columns_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path, f"{WHO},HPT,ward\n1,25,f,hand,44,A\n", "a.csv")
    write(tmp_path, f"{WHO},CPT,Datum,HPT\n2,25,f,hand,20,heute,45\n", "deep/b.tsv".replace(".tsv", ".csv"))
    write(tmp_path, "not read", "notes.md")
    table, problems = read(tmp_path)
    assert table["subject"].tolist() == ["1", "2"]
    assert table["HPT"].tolist() == [44, 45]
    assert table["ward"].fillna("").tolist() == ["A", ""]
    assert table["Datum"].fillna("").tolist() == ["", "heute"]
    assert [Path(name).name for name in table["source_file"]] == ["a.csv", "b.csv"]
    assert list(table.columns[-2:]) == ["source_file", "source_row"]
    assert problems == []


def test_one_unusable_file_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    good = write(tmp_path, f"{WHO},HPT\n{ME},44\n", "good.csv")
    bad = write(tmp_path, "a,b\n1,2\n", "bad.csv")
    table, problems = read([bad, good])
    assert len(table) == 1
    assert [(problem.code, problem.file) for problem in problems] == [("no-qst-columns", str(bad))]


def test_an_assessment_that_occurs_twice_is_kept_twice_and_noted(tmp_path: Path) -> None:
    one = write(tmp_path, f"{WHO},HPT\n{ME},44\n", "one.csv")
    two = write(tmp_path, f"{WHO},HPT\n8,25,female,hand,41\n{ME},46\n", "two.csv")
    table, problems = read([one, two])
    assert table["HPT"].tolist() == [44, 41, 46]
    assert table["notes"].tolist() == ["", "", "duplicate_assessment"]
    assert [(problem.code, problem.row) for problem in problems] == [("duplicate-assessment", 3)]
    assert "one.csv" in problems[0].message


def many_rows() -> str:
    """A table with a problem of every kind that cells and rows can have, over many blocks of 7 rows."""
    rows = [f"no,{WHO},side,CDT,HPT,PPT,MPS,remark"]
    for i in range(60):
        sex = {5: "x", 33: "", 41: "divers"}.get(i, "f" if i % 2 else "m")
        site = {20: "", 50: "arm"}.get(i, "hand")
        side = {9: "up", 29: "up"}.get(i, "l")
        heat = {3: "5O", 17: "99", 40: "NA", 58: "-99"}.get(i, str(40 + i % 8))
        pressure = {11: "0", 47: "999"}.get(i, str(300 + i))
        subject = {14: "", 39: "38"}.get(i, str(i))
        if i in (25, 26, 45):
            rows.append(f"{i},,,,,,,,,,")
        rows.append(f"{i},{subject},{20 + i},{sex},{site},{side},{30 - i % 5},{heat},{pressure},{i % 3},r{i}")
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("short_file", [0, 65_536])
def test_a_file_in_many_blocks_is_the_file_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_file: int
) -> None:
    """Short files are read by another parser than long ones."""
    path = write(tmp_path, many_rows())
    options = {"thermal": "absolute"}
    table, problems = read(path, **options)
    monkeypatch.setattr(qst.loaders.files.text_table, "SHORT_FILE", short_file)
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 7)
    in_blocks, again = read(path, **options)
    pd.testing.assert_frame_equal(in_blocks, table)
    assert sorted(map(str, again)) == sorted(map(str, problems))
    assert len({problem.code for problem in problems}) >= 8


NONE, QUOTED = "", '"350,5"'
CODED_SEX = [f"no,{WHO},HPT", *(f"x,{i},25,{1 + i % 2},hand,44" for i in range(20))]
UNKNOWN = [f"{WHO},parameter,value", *(f"{i},25,f,hand,{'HPT' if i % 5 else 'XY'},44" for i in range(20))]
LATE_COMMA = [f"{WHO},HPT,PPT", *(f"{i},25,f,hand,44,{NONE if i < 8 else QUOTED}" for i in range(20))]


@pytest.mark.parametrize("short_file", [0, 65_536])
@pytest.mark.parametrize("rows", [CODED_SEX, UNKNOWN, LATE_COMMA], ids=["coded sex", "unknown parameter", "late comma"])
def test_blocks_do_not_multiply_or_change_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], short_file: int
) -> None:
    path = write(tmp_path, "\n".join(rows) + "\n")
    table, problems = read(path)
    monkeypatch.setattr(qst.loaders.files.text_table, "SHORT_FILE", short_file)
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 7)
    in_blocks, again = read(path)
    pd.testing.assert_frame_equal(in_blocks, table)
    assert sorted(map(str, again)) == sorted(map(str, problems))


# --- one row per trial ------------------------------------------------------------------------------------------------

TRIALS = "subject,age,sex,site,parameter,trial,stimulus,value"


def test_a_table_of_trials_is_recognised_by_its_columns(tmp_path: Path) -> None:
    rows = "".join(
        f"{ME},{name},{name}{i},,{value}\n" for name in ("HPT", "Hitzeschmerz") for i, value in enumerate([44, 46])
    )
    table, problems = read(write(tmp_path, f"{TRIALS}\n{rows}"))
    assert set(TRIAL_COLUMNS) <= set(table.columns)
    assert table["parameter"].tolist() == ["HPT"] * 4
    assert table["value"].tolist() == [44, 46, 44, 46]
    assert qst.score(table).loc[0, "HPT"] == 45
    assert problems == []


def test_german_trials_with_stimuli_and_practice(tmp_path: Path) -> None:
    text = (
        "Probandennummer;Alter;Geschlecht;Ort;Parameter;Durchgang;Reiz;Wert;gültig;keep\n"
        "007;25;w;Hand;TSL;1;warm;34,5;x;ja\n007;25;w;Hand;TSL;1;kalt;30,5;x;ja\n"
        "007;25;w;Hand;WUR;1;Einzelreiz;10;x;ja\n007;25;w;Hand;WUR;1;Reizserie;25;x;ja\n"
        "007;25;w;Hand;Hitze;0;;39;x;nein\n007;25;w;Hand;Hitze;1;;44,5;x;ja\n"
    )
    table, problems = read(write(tmp_path, text))
    assert problems == []
    row = qst.derive_values(table).loc[0]
    assert (row["TSL"], row["WUR"], row["HPT"]) == (4.0, 2.5, 44.5)
    assert (row["subject"], row["sex"], row["site"]) == ("007", "female", "hand")


@pytest.mark.parametrize("no", ["0", "no", "FALSE", "nein", "0.0", "n"])
def test_practice_trials_are_left_out_however_no_is_written(tmp_path: Path, no: str) -> None:
    """`0.0` is what pandas writes for 0 in a column with gaps."""
    text = f"{TRIALS},keep\n{ME},HPT,0,,35,{no}\n{ME},HPT,1,,44,\n{ME},HPT,2,,46,1\n"
    table, _ = read(write(tmp_path, text))
    assert qst.derive_values(table).loc[0, "HPT"] == 45


def test_a_word_in_keep_that_is_neither_yes_nor_no_is_a_problem(tmp_path: Path) -> None:
    text = f"{TRIALS},keep\n{ME},HPT,0,,35,practice\n{ME},HPT,1,,44,yes\n"
    _, problems = read(write(tmp_path, text))
    assert [problem.column for problem in problems] == ["keep"]


def test_units_of_trials_are_those_of_their_rows(tmp_path: Path) -> None:
    """Both readings are possible pressures: the unit of the first row is not that of all."""
    text = f"{TRIALS},unit\n{ME},PPT,1,,20,N/cm2\n{ME},PPT,2,,200,kPa\n{ME},PPT,3,,200,kPa\n{ME},MPT,1,,10,g\n"
    table, problems = read(write(tmp_path, text))
    read_right = table["value"].tolist()[:3] == [200, 200, 200]
    assert read_right or [problem for problem in problems if problem.severity == "error"]
    assert table["value"].tolist()[3] == pytest.approx(98.0665)


def test_units_of_trials_in_a_later_block_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{ME},HPT,{i},,44,°C" for i in range(9)] + [f"{ME},PPT,{i},,35,N/cm2" for i in range(3)]
    path = write(tmp_path, "\n".join([f"{TRIALS},unit", *rows]) + "\n")
    assert read(path)[0]["value"].tolist()[9:] == [350] * 3
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", 7)
    assert read(path)[0]["value"].tolist()[9:] == [350] * 3


def test_a_unit_of_trials_that_is_unknown_is_a_problem(tmp_path: Path) -> None:
    text = f"{TRIALS},unit\n{ME},PPT,1,,350,furlong\n{ME},PPT,2,,350,furlong\n{ME},HPT,2,,44,\n"
    _, problems = read(write(tmp_path, text))
    assert any("furlong" in problem.message for problem in problems)


def test_another_baseline_of_trials_is_noted(tmp_path: Path) -> None:
    text = f"{TRIALS},baseline\n" + "".join(f"{ME},WDT,{i},,{v},30\n" for i, v in enumerate([33, 33, 33]))
    table, _ = read(write(tmp_path, text), thermal="absolute")
    assert table["value"].tolist() == [3, 3, 3]
    assert "baseline:30" in qst.score(table).loc[0, "notes"].split(";")


def test_an_unknown_parameter_is_reported_once(tmp_path: Path) -> None:
    text = f"{TRIALS}\n{ME},HPT,1,,44\n{ME},XYZ,1,,44\n{ME},XYZ,2,,44\n"
    table, problems = read(write(tmp_path, text))
    assert len(table) == 3
    assert [problem.code for problem in problems] == ["unknown-parameter"]
    assert "its 2 rows" in problems[0].message


@pytest.mark.parametrize(("code", "stimuli"), [("TSL", "WK"), ("WUR", ["256 mN", "256 mN x 10"])])
def test_a_stimulus_that_is_not_known_is_a_problem(tmp_path: Path, code: str, stimuli: Sequence[str]) -> None:
    """Neither warm nor cold, neither single nor train: no TSL as a mean of temperatures, but a problem."""
    rows = "".join(f"{ME},{code},1,{stimulus},{34 - 4 * i}\n" for i, stimulus in enumerate(stimuli))
    table, problems = read(write(tmp_path, f"{TRIALS}\n{rows}"))
    assert pd.isna(qst.derive_values(table).loc[0, code])
    assert problems


def test_trials_of_one_assessment_may_lie_in_several_files(tmp_path: Path) -> None:
    files = [write(tmp_path, f"{TRIALS}\n{ME},HPT,{i},,{44 + i}\n", f"{i}.csv") for i in range(3)]
    table, problems = read(files)
    scored = qst.score(table)
    assert len(scored) == 1
    assert scored.loc[0, "HPT"] == 45
    assert problems == []


def test_files_of_both_kinds_are_not_mixed_in_one_table(tmp_path: Path) -> None:
    wide = write(tmp_path, f"{WHO},HPT\n{ME},44\n", "wide.csv")
    long = write(tmp_path, f"{TRIALS}\n{ME},HPT,1,,44\n", "long.csv")
    with pytest.raises(OptionError, match="load them one by one"):
        read([wide, long])
