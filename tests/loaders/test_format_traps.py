"""Traps in laboratories' files: a test named after each, on the values and on what a user reads."""

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from lab_files import ME, MISSING, PEOPLE, WHO, codes, read, refuse, rows_of, score, write
from paths import REAL

pytestmark = pytest.mark.usefixtures("work")


def real(*parts: str) -> Path:
    path = REAL.joinpath(*parts)
    if not path.is_file():
        pytest.skip("the real data of others are not here")
    return path


# --- the same abbreviation for another quantity ---------------------------------------------------------------------


def test_cpt_in_seconds_of_a_cold_pressor_test(tmp_path: Path) -> None:
    path = rows_of(tmp_path, "CPT,HPT", "217,45", "300,46", "39,46")
    scored, problems, _ = score(path)
    assert (codes(problems), problems[0].column) == (["another-quantity"], "CPT")
    assert "CPT of 300 is not a temperature the device can reach" in problems[0].message
    assert "seconds of a cold pressor test" in problems[0].message
    assert scored["CPT_z"].isna().all() and scored["HPT_z"].notna().all()
    assert scored["CPT_input"].tolist() == ["217", "300", "39"]


def test_ppt_tolerance(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "PPT,HPT", "1154,45", "1249,46", "1480,46"))
    assert codes(problems) == ["another-quantity"]
    assert "a pressure tolerance, or another unit?" in problems[0].message
    assert scored["PPT_z"].isna().all() and scored["HPT_z"].notna().all()


def test_real_cold_pressor_seconds_and_pressure_tolerance() -> None:
    result = run("validate", real("pain_sex_ethnicity", "random-forest.csv"), "--set", "site=hand", "--set", "age=20")
    assert result.exit_code == 1
    assert "171 of 212 values of CPT are impossible: seconds of a cold pressor test" in result.stdout
    assert "52 of 212 values of PPT are above 1000 kPa, where the protocol stops: a pressure tolerance" in result.stdout
    assert "none of its columns can be used as QST values" in result.stdout


def test_cpt1_cpt2_ratings(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "HPT,cpt1,cpt2", "45,30,60", "46,20,70", "46,10,30"))
    assert (codes(problems), problems[0].severity) == (["trials-unclear"], "warning")
    assert "may be trials of CPT or something else; they are carried through" in problems[0].message
    assert scored["CPT"].isna().all() and scored["HPT_z"].notna().all()
    assert (scored["cpt1"].tolist(), scored["cpt2"].tolist()) == (["30", "20", "10"], ["60", "70", "30"])


def test_cpt1_to_cpt3_ratings_look_like_trials_and_are_refused_by_their_values(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "HPT,cpt1,cpt2,cpt3", "45,30,60,70", "46,20,70,80", "46,10,30,40"))
    assert codes(problems) == ["another-quantity"]
    assert "CPT of 80 is not a temperature the device can reach" in problems[0].message
    assert "or a rating?" in problems[0].message
    assert scored["CPT"].isna().all() and scored["HPT_z"].notna().all()


@pytest.mark.parametrize(("header", "cells"), [("TSL,TSL2", "6,30"), ("TSL2,TSL", "30,6")])
def test_tsl2_a_modified_task(tmp_path: Path, header: str, cells: str) -> None:
    scored, problems, _ = score(rows_of(tmp_path, header, cells))
    assert (scored.loc[0, "TSL"], scored.loc[0, "TSL2"]) == (6, "30")
    assert codes(problems) == ["trials-unclear"]
    assert "'TSL2'" in problems[0].message


def test_tsl2_alone_is_not_tsl(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "HPT,TSL2", "45,6"))
    assert pd.isna(scored.loc[0, "TSL"]) and codes(problems) == ["trials-unclear"]


def test_ppt1_ppt2_sites(tmp_path: Path) -> None:
    path = rows_of(tmp_path, "HPT,ppt1,ppt2", "45,300,260", "46,320,370")
    scored, problems, _ = score(path)
    assert scored["PPT"].isna().all() and scored["ppt2"].tolist() == ["260", "370"]
    assert "use --map 'ppt1=PPT' if one of them holds the value" in problems[0].message
    chosen, problems, _ = score(path, columns={"ppt1": "PPT"})
    assert (chosen["PPT"].tolist(), codes(problems)) == ([300, 320], ["trials-unclear"])
    assert "'ppt2'" in problems[0].message


PAIN_BY_VON_FREY = ["von_frey_pain", "MDT pain", "pain.von.Frey", "von Frey pain threshold", "MPT pain"]


@pytest.mark.parametrize("header", PAIN_BY_VON_FREY)
def test_von_frey_pain_is_neither_mdt_nor_mpt(tmp_path: Path, header: str) -> None:
    path = rows_of(tmp_path, f"HPT,{header}", "45,128", "46,64")
    scored, problems, understood = score(path)
    assert scored[["MDT", "MPT"]].isna().all(axis=None)
    assert scored[header].tolist() == ["128", "64"]
    assert f"carried through as they are: {header}" in understood
    assert codes(problems) == []
    assert f"{header!r} is carried through as it is" in run("validate", "--explain", path).output


# --- values that are not as measured --------------------------------------------------------------------------------


def test_dfns_names_on_transformed_values(tmp_path: Path) -> None:
    """HPT with a mean of 0.8."""
    said = refuse(rows_of(tmp_path, "CPT,HPT,MDT", "-0.4,0.8,0.3", "0.2,1.1,0.2", "0.1,0.5,-0.3"))
    assert "look like logarithms, z-scores or another unit, not like a heat pain threshold in °C" in said
    assert "give the values as measured" in said


def test_dfns_names_on_transformed_values_leave_what_was_measured(tmp_path: Path) -> None:
    """The DFNS takes no logarithm of HPT, so a table of logarithms also has temperatures; CDT may be either."""
    scored, problems, _ = score(rows_of(tmp_path, "CDT,HPT,PPT", "0.1,45,2.5", "0.2,46,2.6", "0.1,46,2.4"))
    assert [(p.code, p.column) for p in problems] == [("transformed-values", "PPT"), ("transformed-values", "CDT")]
    assert scored[["CDT_z", "PPT_z"]].isna().all(axis=None) and scored["HPT_z"].notna().all()


def test_a_force_of_0_in_a_file_of_one_person_is_not_a_logarithm(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "CDT,HPT,PPT", "1.2,45,0"))
    assert [(p.code, p.column) for p in problems] == [("zero-force", "PPT")]
    assert scored.loc[0, ["CDT", "HPT"]].tolist() == [1.2, 45] and pd.isna(scored.loc[0, "PPT"])


@pytest.mark.parametrize("value", [0.0, -0.1, -0.2])
def test_thresholds_below_zero_by_overshoot(tmp_path: Path, value: float) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "CPT,HPT", f"{value},45"))
    assert (scored.loc[0, "CPT"], problems) == (value, [])
    assert (scored.loc[0, "CPT_finding"], scored.loc[0, "notes"]) == ("limit", "at_limit:CPT")


# --- side, site and area --------------------------------------------------------------------------------------------


def split_sides(folder: Path) -> Path:
    return rows_of(folder, "cdt_left,wdt_left,hpt_right,cpt_right", "1.2,1.5,45,10", "1.3,2.5,46,9")


def test_detection_on_one_side_and_pain_on_the_other(tmp_path: Path) -> None:
    scored, _, understood = score(split_sides(tmp_path))
    assert scored["side"].tolist() == ["left", "right"] * 2
    assert scored["CDT"].notna().tolist() == scored["WDT"].notna().tolist() == [True, False] * 2
    assert scored["HPT"].notna().tolist() == scored["CPT"].notna().tolist() == [False, True] * 2
    assert set(scored["loga"].fillna("")) == {""}, "the sides are not put together"
    assert "each row unfolded into 2 assessments by its headers (side left; side right)" in understood
    result = run("validate", "--json", tmp_path / "lab.csv")
    (problem,) = json.loads(result.stdout)
    assert (problem["code"], problem["severity"], problem["row"]) == ("sides-split", "warning", 2)
    assert "detection was measured on one side and pain on the other (subjects: 2; this is the" in problem["message"]
    assert "if both are one area, correct the side" in problem["message"]


@pytest.mark.parametrize(
    "rows",
    [
        ("a,left,1.2,45", "a,right,1.3,46"),  # both on both
        ("a,left,1.2,", "a,right,1.3,"),  # detection only
        ("a,left,1.2,", "a,left,,45"),  # one side in two rows
        ("a,left,1.2,", "a,left,,45", "a,right,1.3,"),
        ("a,left,1.2,", "b,right,,45"),  # two people
        ("a,,1.2,", "a,right,,45"),  # a side that is not known
    ],
)
def test_sides_that_are_not_split(tmp_path: Path, rows: tuple[str, ...]) -> None:
    lines = [f"{row[0]},40,f,hand,{row[2:]}" for row in rows]
    path = write(tmp_path, "\n".join(["subject,age,sex,site,side,WDT,HPT", *lines]))
    assert "sides-split" not in run("validate", path).stdout


@pytest.mark.parametrize("header", ["affected_side", "side"])
def test_affected_side_contains_the_extremity(tmp_path: Path, header: str) -> None:
    path = write(tmp_path, f"subject,age,sex,{header},HPT\n1,40,f,hand,45\n2,50,m,foot,46\n3,50,m,NA,46\n")
    scored, problems, _ = score(path)
    assert scored["HPT_z"].isna().all()
    (absent,) = (problem for problem in problems if problem.code == "no-site")
    assert f"column '{header}' contains hand, foot: if that is the site, use --map '{header}=site'" in absent.message
    assert all("(it is a site)" in problem.message for problem in problems if problem is not absent)
    said, problems, _ = score(path, columns={header: "site"})
    assert said["site"].tolist()[:2] == ["hand", "foot"] and said["HPT_z"].notna().tolist() == [True, True, False]
    assert codes(problems) == ["missing-site"]


@pytest.mark.parametrize("cells", [("left", "right", "left"), ("hand", "left", "foot"), ("", "NA", "")])
def test_affected_side_that_contains_something_else_is_not_a_site(tmp_path: Path, cells: tuple[str, str, str]) -> None:
    lines = [f"{number},40,f,{cell},45" for number, cell in enumerate(cells)]
    _, problems, _ = score(write(tmp_path, "\n".join(["subject,age,sex,affected_side,HPT", *lines])))
    assert codes(problems) == ["no-site"] and "--map" not in problems[0].message


def test_affected_side_next_to_a_site_is_the_user_s_own(tmp_path: Path) -> None:
    scored, problems, _ = score(rows_of(tmp_path, "affected_side,HPT", "foot,45", "hand,46"))
    assert (scored["site"].tolist(), scored["affected_side"].tolist()) == (["hand", "foot"], ["foot", "hand"])
    assert problems == []


def test_sex_under_an_unknown_name_is_pointed_at(tmp_path: Path) -> None:
    _, problems, _ = score(write(tmp_path, "subject,age,Gndr,site,HPT\n1,40,F,hand,45\n2,50,M,foot,46\n"))
    assert "column 'Gndr' contains F, M: if that is the sex, use --map 'Gndr=sex'" in problems[0].message


def test_side_code_is_never_guessed(tmp_path: Path) -> None:
    path = rows_of(tmp_path, "side,HPT", "1,45", "2,46")
    table, problems = read(path)
    assert table["side"].tolist() == ["1", "2"]
    assert codes(problems) == ["code-unknown"]
    assert "use --codes side:1=left,2=right or the other way round" in problems[0].message
    table, problems = read(path, codes={"side": {"1": "right", "2": "left"}})
    assert (table["side"].tolist(), problems) == (["right", "left"], [])


@pytest.mark.parametrize(("header", "sides"), [("side_1left2right", "left right"), ("side_1right2left", "right left")])
def test_side_code_reversed_while_renamed(tmp_path: Path, header: str, sides: str) -> None:
    path = rows_of(tmp_path, f"{header},HPT", "1,45", "2,46")
    table, problems = read(path)
    assert (" ".join(table["side"]), problems) == (sides, [])
    explained = run("validate", "--explain", path).output
    assert "where 1 means {}, 2 means {}".format(*sides.split()) in explained


def test_side_code_reversed_while_renamed_next_to_the_old_column(tmp_path: Path) -> None:
    table, problems = read(rows_of(tmp_path, "side,Seite,HPT", "left,R,45", "right,L,46"))
    assert table["side"].isna().all() and table["HPT"].notna().all()
    assert codes(problems) == ["two-columns"]
    assert "'side' (column 5) and 'Seite' (column 6) both mean side; none is used" in problems[0].message


# --- dialects -------------------------------------------------------------------------------------------------------


def test_semicolon_file_among_commas(tmp_path: Path) -> None:
    write(tmp_path, f"{WHO},HPT\n1,40,f,hand,45.5\n", "a.csv")
    write(tmp_path, f"{WHO},HPT\n2,40,f,hand,45.5\n".replace(",", ";").replace(".", ","), "b.csv")
    scored, problems, understood = score(tmp_path)
    ours = scored[scored["source_file"].str.endswith(("a.csv", "b.csv"))]
    assert ours["HPT"].tolist() == [45.5, 45.5] and ours["HPT_z"].nunique() == 1
    assert "a.csv: UTF-8, comma-separated, decimal point" in understood
    assert "b.csv: UTF-8, semicolon-separated, decimal comma" in understood
    assert not [problem for problem in problems if problem.file.endswith(("a.csv", "b.csv"))]


def test_two_spellings_of_one_column(tmp_path: Path) -> None:
    table, problems = read(rows_of(tmp_path, "HPT,hpt_C,CPT", "45,44,10", "46,43,9"))
    assert table["HPT"].isna().all() and table["CPT"].tolist() == [10, 9]
    assert codes(problems) == ["two-columns"]
    assert "'HPT' (column 5) and 'hpt_C' (column 6) both mean HPT; none is used" in problems[0].message
    assert "use --ignore with its header" in problems[0].message
    table, problems = read(tmp_path / "lab.csv", ignore=["hpt_C"])
    assert (table["HPT"].tolist(), problems) == ([45, 46], [])


def test_real_two_spellings_of_von_frey() -> None:
    """`vF.before_mN` and `vf.during_mN`: a touch threshold before and during the night; none is taken by itself."""
    file = real("sleep_fragmentation", "other.csv")
    assert "no QST parameter" in refuse(file)
    scored, problems, understood = score(
        file,
        columns={"vF.before_mN": "MDT", "pin.prick_mN": "MPT", "period": "visit"},
        fixed={"site": "hand", "sex": "female", "age": "21"},
    )
    assert problems == []
    assert scored.loc[0, ["MDT", "MPT", "vf.during_mN"]].tolist() == [16, 256, "32"]
    assert scored["MDT_z"].abs().max() < 10 and len(scored) == 33
    assert "MDT from 'vF.before_mN' [mN], MPT from 'pin.prick_mN' [mN]" in understood


@pytest.mark.parametrize(("separator", "quote"), [(";", ""), ("\t", ""), (",", '"')])
def test_0_435_with_a_decimal_comma(tmp_path: Path, separator: str, quote: str) -> None:
    rows = (WHO.split(","), *(person.split(",") for person in PEOPLE))
    last = ("MDT", "0,435", "0,5", "1,25")
    lines = [separator.join([*cells, f"{quote}{value}{quote}"]) for cells, value in zip(rows, last, strict=True)]
    table, problems = read(write(tmp_path, "\n".join(lines)))
    assert (table["MDT"].tolist(), problems) == ([0.435, 0.5, 1.25], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_a_german_header(tmp_path: Path, encoding: str, separator: str) -> None:
    text = "Probandennummer,Alter,Geschlecht,Körperregion,Kälteschmerz\n007,40,weiblich,Fuß,12\n"
    table, problems = read(write(tmp_path, text.replace(",", separator), encoding=encoding))
    assert table.loc[0, ["subject", "age", "sex", "site", "CPT"]].tolist() == ["007", 40, "female", "foot", 12]
    assert problems == []


def test_numbers_stored_as_text(tmp_path: Path) -> None:
    frame = pd.DataFrame([["007", "40", "f", "hand", "45,5"], ["8", "50", "m", "foot", "46,25"]])
    frame.columns = [*WHO.split(","), "HPT"]
    frame.to_excel(tmp_path / "lab.xlsx", index=False)
    table, problems = read(tmp_path / "lab.xlsx")
    assert (table["subject"].tolist(), table["HPT"].tolist(), problems) == (["007", "8"], [45.5, 46.25], [])


def test_times_typed_as_12_30_with_a_semicolon(tmp_path: Path) -> None:
    table, problems = read(rows_of(tmp_path, "time,HPT", "12;30,45", "13;10,46"))
    assert (table["time"].tolist(), table["HPT"].tolist(), problems) == (["12;30", "13;10"], [45, 46], [])


def test_discarded_trials(tmp_path: Path) -> None:
    rows = [f"{ME},HPT,{series},{value},{keep}" for series, value, keep in ((1, 48, 0), (2, 44, 1), (3, 45, 1))]
    scored, problems, understood = score(
        write(tmp_path, "\n".join([f"{WHO},parameter,series,value,trials_to_keep", *rows]))
    )
    assert (scored.loc[0, "HPT"], scored.loc[0, "notes"], problems) == (44.5, "trials:HPT=2", [])
    assert "keep from 'trials_to_keep'" in understood


def test_practice_as_the_first_of_four_trials(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},hpt1,hpt2,hpt3,hpt4\n{ME},48,44,44,44\n")
    scored, problems, _ = score(path)
    assert (scored.loc[0, "HPT"], codes(problems)) == (45, ["practice-unclear"])
    assert "all count: if the first was for practice, use --ignore 'hpt1'" in problems[0].message
    without, problems, _ = score(path, ignore=["hpt1"])
    assert (without.loc[0, "HPT"], problems) == (44, [])


@pytest.mark.parametrize("word", list(filter(None, MISSING)))
def test_words_for_missing_are_reported_when_applied(tmp_path: Path, word: str) -> None:
    scored, problems, understood = score(rows_of(tmp_path, "HPT,CPT", f"{word},10", "46,9"))
    assert scored["HPT_z"].isna().tolist() == [True, False] and problems == []
    assert f"taken as missing: {word!r} (1 cells)" in understood
