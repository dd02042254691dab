"""Laboratories' files: names, units, dialects, joins and carried columns are understood as a laboratory means them."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import qst
import qst.loaders.files
from qst.errors import InputError, OptionError, QSTWarning
from qst.tables import ASSESSMENT_COLUMNS, TRIAL_COLUMNS

WHO = "subject,age,sex,site"
ME = "007,25,female,hand"


def write(folder: Path, text: str, name: str = "lab.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path | list[Path], **options: Any) -> tuple[pd.DataFrame, list[qst.Problem]]:
    problems: list[qst.Problem] = []
    return qst.load(path, problems=problems, **options), problems


def read_column(folder: Path, header: str, values: list[object], **options: Any) -> tuple[pd.DataFrame, list[str]]:
    """A table of one column of measurements, in quotes, and the codes of its problems."""
    rows = [f'"{header}",{WHO}', *(f'"{value}",{ME.replace("007", str(i))}' for i, value in enumerate(values))]
    table, problems = read(write(folder, "\n".join(rows)), **options)
    return table, [problem.code for problem in problems]


def refuse(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        qst.load(path, problems=[], **options)
    return str(caught.value)


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "code", "value", "ours"),
    [
        ("hpt", "HPT", 44, 44),
        (" HPT ", "HPT", 44, 44),
        ("Heat Pain Threshold", "HPT", 44, 44),
        ("heat_pain.threshold (°C)", "HPT", 44, 44),
        ("Hitzeschmerzschwelle", "HPT", 44, 44),
        ("Hitze", "HPT", 44, 44),
        ("Kälteschmerzschwelle [°C]", "CPT", 12, 12),
        ("Kaelte", "CPT", 12, 12),
        ("Kälteschwelle", "CDT", -1.2, -1.2),
        ("Wärmeschwelle", "WDT", 2, 2),
        ("local_heat_average", "HPT", 44, 44),
        ("local_pressure_average", "PPT", 350, 350),
        ("Druck", "PPT", 350, 350),
        ("PPT_kPa", "PPT", 350, 350),
        ("ppt [N/cm2]", "PPT", 35, 350),
        ("PPT (N/cm²)", "PPT", 35, 350),
        ("PPT_N_cm2", "PPT", 35, 350),
        ("mpt [mN]", "MPT", 64, 64),
        ("MDT mN", "MDT", 0.5, 0.5),
        ("pinprick threshold", "MPT", 64, 64),
        ("pp", "MPS", 5, 5),
        ("TSP", "WUR", 2.5, 2.5),
        ("wind-up ratio", "WUR", 2.5, 2.5),
        ("psh", "PHS", 1, 1),
        ("psl", "PHS", 1, 1),
        ("ALL", "DMA", 0.1, 0.1),
        ("Allodynie", "DMA", 0.1, 0.1),
        ("Vibrationsschwelle", "VDT", 7.5, 7.5),
        ("VDT (x/8)", "VDT", 7.5, 7.5),
    ],
)
def test_names_of_parameters(tmp_path: Path, header: str, code: str, value: float, ours: float) -> None:
    table, problems = read_column(tmp_path, header, [value])
    assert table.loc[0, code] == pytest.approx(ours)
    assert problems == []


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("ID,Alter,Geschlecht,Ort,Seite,Areal", "007,25,weiblich,Fuß,links,betroffen"),
        ("Probandennummer,Alter (Jahre),Geschlecht,Körperregion,Seite,Testareal", "007,25,w,Fuss,li,Testareal"),
        ("numéro patient,âge,sexe,site,côté,zone", "007,25,femme,pied,gauche,test"),
        ("record_id,age_years,gender,body_site,laterality,tested_area", "007,25,F,feet,L,affected"),
        ("participant_id,age_months,sex,location,side,area", "007,300,Female,LE,LEFT,painful"),
    ],
)
def test_names_and_words_of_who_was_measured(tmp_path: Path, header: str, cells: str) -> None:
    table, problems = read(write(tmp_path, f"{header},HPT\n{cells},44\n"))
    assert problems == []
    row = table.loc[0, ["subject", "age", "sex", "site", "side", "area"]].to_dict()
    assert row == {"subject": "007", "age": 25.0, "sex": "female", "site": "foot", "side": "left", "area": "test"}


@pytest.mark.parametrize("subject", ["007", "sub-1001", "1e5", "12;30", "Müller", "0x1F", "1.0", "NA-3"])
def test_subjects_stay_exactly_as_written(tmp_path: Path, subject: str) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT\n{subject},25,female,hand,44\n"))
    assert table.loc[0, "subject"] == subject
    assert pd.api.types.is_string_dtype(table["subject"]) or table["subject"].dtype == object


@pytest.mark.parametrize(
    ("header", "code", "sex"),
    [
        ("sex_m1", 1, "male"),
        ("sex_m1", 0, "female"),
        ("sex_f1", 1, "female"),
        ("sex_f1", 2, "male"),
        ("sex (1=f, 2=m)", 2, "male"),
        ("sex_1f2m", 1, "female"),
    ],
)
def test_a_header_may_carry_the_code_of_sex(tmp_path: Path, header: str, code: int, sex: str) -> None:
    table, problems = read(write(tmp_path, f'id,age,"{header}",site,HPT\n1,25,{code},hand,44\n'))
    assert table.loc[0, "sex"] == sex
    assert problems == []


def test_a_header_may_carry_the_code_of_the_site(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, "id,age,sex,1hand2foot,HPT\n1,25,f,1,44\n2,25,f,2,44\n"))
    assert table["site"].tolist() == ["hand", "foot"]
    assert problems == []


def test_numeric_codes_are_never_guessed(tmp_path: Path) -> None:
    path = write(tmp_path, "id,age,sex,site,HPT\n1,25,1,hand,44\n2,25,2,hand,44\n")
    table, problems = read(path)
    assert table["sex"].isna().all()
    assert problems[0].code == "code-unknown"
    assert "--codes sex:1=female,2=male" in problems[0].message
    coded, problems = read(path, codes={"sex": {"1": "male", "2": "female"}})
    assert coded["sex"].tolist() == ["male", "female"]
    assert problems == []


def test_codes_are_numbers_however_they_are_written(tmp_path: Path) -> None:
    """`1.0` is what pandas writes for 1 in a column with gaps."""
    path = write(tmp_path, "id,age,sex,site,HPT\n1,25,1.0,hand,44\n2,25,2.0,hand,44\n")
    table, problems = read(path, codes={"sex": {"1": "male", "2": "female"}})
    assert table["sex"].tolist() == ["male", "female"]
    assert problems == []


def test_a_word_for_a_site_without_norms_is_kept(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"{WHO},HPT\n1,25,f,Forearm,44\n"))
    assert str(table.loc[0, "site"]).lower() == "forearm"
    assert problems == []


def test_a_mapped_header_is_what_the_user_says(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},vF.before_mN,pin.prick_mN,HPT\n{ME},0.5,64,3\n")
    table, problems = read(path, columns={"vF.before_mN": "MDT", "pin.prick_mN": "MPT"}, ignore=["HPT"])
    assert (table.loc[0, "MDT"], table.loc[0, "MPT"]) == (0.5, 64)
    assert pd.isna(table.loc[0, "HPT"])
    assert table.loc[0, "HPT_input"] == "3"
    assert problems == []


# --- dialects -------------------------------------------------------------------------------------------------------

PLAIN = "subject,age,sex,site,HPT,PPT,remark\n007,25.5,f,hand,44.25,350,good\n8,61,m,foot,46,400.5,\n"


@pytest.mark.parametrize(
    ("separator", "decimal", "name", "encoding"),
    [
        (",", ".", "lab.csv", "utf-8"),
        (",", ".", "lab.csv", "utf-8-sig"),
        (";", ",", "lab.csv", "cp1252"),
        (";", ".", "lab.csv", "utf-8"),
        ("\t", ",", "lab.tsv", "utf-16"),
        ("\t", ".", "lab.txt", "utf-8"),
        ("|", ".", "lab.csv", "utf-8"),
    ],
)
def test_dialects_read_alike(tmp_path: Path, separator: str, decimal: str, name: str, encoding: str) -> None:
    expected, none = read(write(tmp_path, PLAIN, "plain.csv"))
    text = PLAIN.replace(".", "\0").replace(",", separator).replace("\0", decimal).replace("good", "sehr schön")
    table, problems = read(write(tmp_path, text, name, encoding))
    assert none == problems == []
    assert table["remark"].tolist()[0] == "sehr schön"
    same = [column for column in expected if column not in ("remark", "source_file")]
    pd.testing.assert_frame_equal(table[same], expected[same])
    assert table["age"].tolist() == [25.5, 61.0]
    assert table["HPT"].tolist() == [44.25, 46.0]


def test_a_decimal_comma_is_no_thousand(tmp_path: Path) -> None:
    """FIELD: `0,435` read as 435 is an error others made."""
    table, problems = read(write(tmp_path, "id;age;sex;site;MDT\n1;25;f;hand;0,435\n2;25;f;hand;1,2\n"))
    assert table["MDT"].tolist() == [0.435, 1.2]
    assert problems == []


def test_a_thousands_separator_is_no_decimal_comma(tmp_path: Path) -> None:
    """1,050 kPa beside whole numbers in a file with commas between its cells: refused or said, never 1.05 kPa."""
    table, problems = read_column(tmp_path, "PPT", ["1,050", 450, 520, 480])
    assert pd.isna(table.loc[0, "PPT"]) or table.loc[0, "PPT"] == 1050
    assert problems


def test_an_excel_sheet_shows_ids_as_excel_does(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["ID", "Alter", "Geschlecht", "Ort", "HPT", "PPT [N/cm2]", "Datum"])
    sheet.append([7, 25, "w", "Hand", 44.25, 35, datetime(2024, 3, 1)])
    sheet.append(["sub-8", 61, "m", "Fuß", "45.5", 40, None])
    sheet["A2"].number_format = "000"
    sheet["E2"].number_format = "0"
    book.save(tmp_path / "lab.xlsx")
    table, problems = read(tmp_path / "lab.xlsx")
    assert table["subject"].tolist() == ["007", "sub-8"]
    assert table["HPT"].tolist() == [44.25, 45.5], "the value, not what a format shows of it"
    assert table["PPT"].tolist() == [350, 400]
    assert table["sex"].tolist() == ["female", "male"]
    assert str(table.loc[0, "Datum"]).startswith("2024-03-01")
    assert problems == []


def fill_book(path: Path, sheets: Mapping[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


SHEET = [["id", "age", "sex", "site", "HPT"], ["1", 25, "f", "hand", 44]]


def test_sheets_are_read_all_or_the_one_named(tmp_path: Path) -> None:
    other = [SHEET[0], ["2", 25, "f", "hand", 46]]
    path = fill_book(tmp_path / "lab.xlsx", {"QST Hand": SHEET, "QST 2": other, "Description": [["name", "value"]]})
    table, problems = read(path)
    assert table["subject"].tolist() == ["1", "2"]
    assert [problem.code for problem in problems] == ["no-qst-columns"]
    one, _ = read(path, sheet="QST 2")
    assert one["subject"].tolist() == ["2"]
    with pytest.raises(OptionError, match="has no filled sheet 'QST 3': its sheets are QST Hand, QST 2, Description"):
        read(path, sheet="QST 3")


def test_a_sheet_that_is_not_there_is_never_replaced_by_the_only_one(tmp_path: Path) -> None:
    path = fill_book(tmp_path / "lab.xlsx", {"Patients": SHEET})
    with pytest.raises(OptionError, match="Controls"):
        read(path, sheet="Controls")


@pytest.mark.parametrize("above", [0, 1, 2])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_header_may_stand_below_a_title(tmp_path: Path, above: int, ending: str) -> None:
    rows: list[list[object]] = [["QST of the hand", "", "", "", ""], ["", "", "°C", "", ""]][:above] + SHEET
    if ending == "xlsx":
        path = fill_book(tmp_path / "lab.xlsx", {"QST": rows})
    else:
        path = write(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    table, problems = read(path)
    assert table["HPT"].tolist() == [44]
    assert table.loc[0, "source_row"] == above + 2
    assert problems == []


def test_what_was_understood_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    text = 'ID;Alter;sex;Ort;"PPT [N/cm2]";CDT;Bemerkung\n1;25,5;f;Hand;35;-1,2;-99\n'
    qst.load(write(tmp_path, text), problems=[], understood=told, fixed={"side": "left"})
    shown = "\n".join(told)
    for fact in ("semicolon-separated", "decimal comma", "header in row 1", "1 rows, a row a tested area"):
        assert fact in shown
    for fact in ("PPT from 'PPT [N/cm2]' [N/cm2 × 10 = kPa]", "Bemerkung", "CDT: distance from baseline", "side=left"):
        assert fact in shown


# --- joining, setting, coding ---------------------------------------------------------------------------------------

PEOPLE = "id,age,sex,group\n007,25,f,A\n8,61,m,B\n9,33,f,A\n"


def test_demographics_fill_what_the_measurements_lack(tmp_path: Path) -> None:
    people = write(tmp_path, PEOPLE, "people.csv")
    values = write(tmp_path, "subject,age,site,HPT\n007,,hand,44\n8,50,foot,46\n7,,hand,45\n")
    table, problems = read(values, demographics=people)
    assert table["age"].tolist()[:2] == [25, 50], "an age in the measurements stands"
    assert table["sex"].tolist()[:2] == ["female", "male"]
    assert table["sex"].isna().tolist() == [False, False, True], "7 is not 007"
    unmatched = {(problem.code, problem.value) for problem in problems if "demographics" in problem.code}
    assert unmatched == {("not-in-demographics", "7")}
    assert {problem.value for problem in problems if problem.code == "no-measurements"} == {"9"}


def test_demographics_that_contradict_themselves_are_not_used(tmp_path: Path) -> None:
    people = write(tmp_path, PEOPLE + "007,52,f,A\n", "people.csv")
    table, problems = read(write(tmp_path, "subject,site,HPT\n007,hand,44\n8,foot,46\n"), demographics=people)
    assert table["age"].isna().tolist() == [True, False]
    assert "contradiction" in [problem.code for problem in problems]


def test_set_fills_gaps_and_replaces_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "id,age,sex,site,HPT\n1,25,f,hand,44\n2,,,,45\n3,70,m,foot,46\n")
    table, problems = read(path, fixed={"age": "40", "sex": "male", "site": "Hand", "visit": "T1", "side": "re"})
    assert table["age"].tolist() == [25, 40, 70]
    assert table["sex"].tolist() == ["female", "male", "male"]
    assert table["site"].tolist() == ["hand", "hand", "foot"]
    assert table["visit"].tolist() == ["T1"] * 3
    assert table["side"].tolist() == ["right"] * 3
    assert problems == []


@pytest.mark.parametrize(("column", "text", "fixed"), [("sex", "diverse", "female"), ("age", "1987", "40")])
def test_set_does_not_overrule_what_a_cell_says(tmp_path: Path, column: str, text: str, fixed: str) -> None:
    """A cell that cannot be used is no gap: what it says is not what --set says."""
    cells = {"subject": "1", "age": "25", "sex": "f", "site": "hand", "HPT": "44"} | {column: text}
    path = write(tmp_path, ",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    table, problems = read(path, fixed={column: fixed})
    assert pd.isna(table.loc[0, column])
    assert [problem.severity for problem in problems] == ["error"]


def test_codes_of_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "id,age,sex,site,side,area,HPT\n1,25,f,1,1,2,44\n1,25,f,2,2,1,44\n")
    codes = {"site": {"1": "hand", "2": "foot"}, "side": {"1": "left", "2": "right"}}
    table, problems = read(path, codes=codes | {"area": {"1": "test", "2": "control"}})
    assert table[["site", "side", "area"]].to_numpy().tolist() == [
        ["hand", "left", "control"],
        ["foot", "right", "test"],
    ]
    assert problems == []


# --- thermal thresholds: temperature or distance --------------------------------------------------------------------

DISTANCES = [1.2, 0.8, 1.5, 2.0, 0.9, 1.1, 1.3, 2.4, 0.7, 1.0]


@pytest.mark.parametrize("sign", [1, -1])
def test_small_cdt_are_distances(tmp_path: Path, sign: int) -> None:
    table, problems = read_column(tmp_path, "CDT", [sign * value for value in DISTANCES])
    assert table["CDT"].abs().tolist() == DISTANCES
    assert problems == []


def test_cdt_near_32_are_temperatures(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "CDT", [32 - value for value in DISTANCES])
    assert table["CDT"].tolist() == pytest.approx(DISTANCES)
    assert problems == []


def test_wdt_above_32_are_temperatures_and_cdt_follows(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},CDT,WDT\n1,25,f,hand,30.5,34\n2,25,f,hand,12,45\n")
    table, problems = read(path)
    assert table["WDT"].tolist() == pytest.approx([2, 13])
    assert table["CDT"].tolist() == pytest.approx([1.5, 20])
    assert problems == []


def test_cdt_that_may_be_both_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},CDT\n1,25,f,hand,30\n2,25,f,hand,25\n")
    assert "say --thermal absolute or --thermal difference" in refuse(path)
    absolute, problems = read(path, thermal="absolute")
    assert absolute["CDT"].tolist() == [2, 7]
    difference, _ = read(path, thermal="difference")
    assert difference["CDT"].tolist() == [30, 25]
    assert problems == []


@pytest.mark.parametrize(
    ("header", "value", "distance"), [("CDT_abs", 30, 2), ("CDT_diff", 30, 30), ("WDT_delta", 3, 3), ("WDT abs", 34, 2)]
)
def test_a_header_says_which(tmp_path: Path, header: str, value: float, distance: float) -> None:
    table, problems = read_column(tmp_path, header, [value])
    assert table.loc[0, header[:3]] == distance
    assert problems == []


def test_a_column_that_holds_both_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path, f"{WHO},WDT\n" + "".join(f"{i},25,f,hand,{v}\n" for i, v in enumerate([2, 3, 1, 34, 35, 36]))
    )
    assert "one column must hold one of the two" in refuse(path)


def test_another_baseline_is_used_and_noted(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},baseline,CDT,WDT,HPT\n1,25,f,hand,30,28,33,44\n2,25,f,hand,32,30,34,44\n")
    table, problems = read(path)
    assert table["CDT"].tolist() == [2, 2]
    assert table["WDT"].tolist() == [3, 2]
    assert table["notes"].tolist() == ["baseline:30", ""]
    assert "baseline:30" in qst.score(table).loc[0, "notes"].split(";")
    assert problems == []
    fixed, _ = read(write(tmp_path, f"{WHO},WDT\n{ME},33\n"), fixed={"baseline": "30"}, thermal="absolute")
    assert (fixed.loc[0, "WDT"], fixed.loc[0, "notes"]) == (3, "baseline:30")


@pytest.mark.parametrize("values", [[40, 42], [0.5, 0.9]])
def test_pain_thresholds_are_always_temperatures(tmp_path: Path, values: list[float]) -> None:
    path = write(tmp_path, f"{WHO},HPT\n" + "".join(f"{i},25,f,hand,{v}\n" for i, v in enumerate(values)))
    if values[0] > 30:
        assert read(path)[0]["HPT"].tolist() == values
    else:
        assert "look like logarithms" in refuse(path)


# --- units ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "unit", "value", "ours"),
    [
        ("PPT", "kPa", 350, 350),
        ("PPT", "N/cm2", 35, 350),  # 1 N/cm² = 10 kPa
        ("PPT", "N", 35, 350),  # on a probe of 1 cm²
        ("PPT", "kgf/cm2", 4, 392.266),  # 1 kgf = 9.80665 N
        ("PPT", "kgf", 4, 392.266),
        ("PPT", "kg", 4, 392.266),
        ("PPT", "kg/cm2", 4, 392.266),
        ("PPT", "lb", 8, 355.8577296),
        ("PPT", "lbf", 8, 355.8577296),  # 1 lbf = 4.44822162 N
        ("PPT", "psi", 50, 344.7378645),  # 1 psi = 6.89475729 kPa
        ("PPT", "mmHg", 2500, 333.3059675),  # 1 mmHg = 0.133322387 kPa
        ("MPT", "g", 10, 98.0665),
        ("MPT", "gf", 10, 98.0665),
        ("MDT", "mN", 0.5, 0.5),
        ("MPT", "N", 0.064, 64),
        ("HPT", "°F", 113, 45),  # (113 − 32) × 5 / 9
        ("CPT", "F", 50, 10),
        ("TSL", "°F", 9, 5),  # a difference has no offset
    ],
)
def test_units_are_converted(tmp_path: Path, code: str, unit: str, value: float, ours: float) -> None:
    in_header, none = read_column(tmp_path, f"{code} [{unit}]", [value])
    by_option, problems = read_column(tmp_path, code, [value], units={code: unit})
    assert in_header.loc[0, code] == pytest.approx(ours, rel=1e-9)
    assert by_option.loc[0, code] == pytest.approx(ours, rel=1e-9)
    assert none == problems == []


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("CPT [s]", [12, 13, 14], "the column holds a duration"),
        ("HPT (z)", [0.1, 1.2, -0.3], "the column holds z-scores"),
        ("MDT log10", [0.1, 0.2, -0.3], "the column holds transformed values"),
        ("CPT", [217, 300, 39, 53], "CPT of 300 is not a temperature the device can reach"),
        ("PPT", [4.1, 3.9, 5.2], "say --unit PPT=kPa or another of"),
        ("PPT", [2.5, 2.6, 2.4], "look like logarithms"),
        ("PPT", [1154, 1249, 1480, 1100], "a pressure tolerance, or another unit?"),
        ("VDT", [12, 15, 9], "a threshold in µm or volts?"),
        ("HPT", [0.8, 0.9, 1.1], "look like logarithms, z-scores or another unit"),
    ],
)
def test_another_quantity_under_the_name_is_refused(
    tmp_path: Path, header: str, values: list[float], said: str
) -> None:
    rows = "".join(f"{i},25,f,hand,{value}\n" for i, value in enumerate(values))
    assert said in refuse(write(tmp_path, f"{WHO},{header}\n{rows}"))


def test_a_refused_column_is_carried_and_the_others_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{i},25,f,hand,{200 + i},44\n" for i in range(5))
    table, problems = read(write(tmp_path, f"{WHO},CPT,HPT\n{rows}"))
    assert table["CPT"].isna().all()
    assert table["CPT_input"].tolist() == [str(200 + i) for i in range(5)]
    assert table["HPT"].tolist() == [44] * 5
    assert [problem.code for problem in problems] == ["another-quantity"]


def test_ratings_with_noughts_are_plain_means_and_all_get_a_tenth(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "MPS", [0, 5, 12.5])
    assert table["MPS"].tolist() == pytest.approx([0.1, 5.1, 12.6])
    assert table["notes"].tolist() == ["rating_offset_added:MPS"] * 3
    assert problems == []
    geometric, _ = read_column(tmp_path, "MPS", [0.1, 5, 12.5])
    assert geometric["MPS"].tolist() == [0.1, 5, 12.5]


# --- missing and odd cells ------------------------------------------------------------------------------------------

MISSING = ["", " ", "NA", "n/a", "NaN", "#N/A", "NM", "MS", "ms", "missing", "-", "n.d.", "-99", "999"]


@pytest.mark.parametrize("word", MISSING)
def test_words_for_missing(tmp_path: Path, word: str) -> None:
    told: list[str] = []
    table, problems = read_column(tmp_path, "HPT", [word, 44, 45], understood=told)
    assert table["HPT"].isna().tolist() == [True, False, False]
    assert problems == ([] if word.strip() else ["no-values"])
    assert ("taken as missing" in "\n".join(told)) == bool(word.strip())


def test_999_kpa_is_taken_as_missing_and_said(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "PPT", [999, 350, "999.0"])
    assert table["PPT"].isna().tolist() == [True, False, False]
    assert problems == ["missing-code"]


@pytest.mark.parametrize("code", ["PHS", "VDT", "CPT", "DMA", "MPS"])
def test_nought_is_a_value(tmp_path: Path, code: str) -> None:
    table, problems = read_column(tmp_path, code, [0, 1, 1])
    assert table[code].notna().all()
    assert problems == []


@pytest.mark.parametrize("code", ["PPT", "MPT", "MDT"])
def test_nought_is_no_force(tmp_path: Path, code: str) -> None:
    table, problems = read_column(tmp_path, code, [0, 300, 300, 300])
    assert table[code].isna().tolist() == [True, False, False, False]
    assert problems == ["zero-force"]


def test_a_bad_cell_costs_that_cell_alone(tmp_path: Path) -> None:
    text = f"{WHO},HPT,CPT\n1,25,f,hand,5O.1,20\n2,25,f,hand,45,x\n3,25,f,hand,60,21\n"
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].isna().tolist() == [True, False, True]
    assert table["CPT"].isna().tolist() == [False, True, False]
    places = {(problem.code, problem.row, problem.column, problem.value) for problem in problems}
    assert places == {
        ("not-a-number", 2, "HPT", "5O.1"),
        ("not-a-number", 3, "CPT", "x"),
        ("out-of-range", 4, "HPT", "60"),
    }
    assert {problem.severity for problem in problems} == {"error"}


def test_problems_without_a_list_are_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},HPT\n1,25,f,hand,x\n2,25,f,hand,45\n")
    with pytest.warns(QSTWarning, match=r"lab\.csv:2: column HPT: 'x' is not a number"):
        qst.load(path)


LONG, SHORT, FULL = "1,25,f,hand,44,5,350", "2,26,f,hand,45", "3,27,f,hand,45,400"


@pytest.mark.parametrize(
    "rows", [[LONG, SHORT, FULL], [SHORT, LONG, FULL], [FULL, LONG, SHORT], [FULL, SHORT, LONG], [LONG, FULL, SHORT]]
)
@pytest.mark.parametrize("block_rows", [100_000, 1, 2])
def test_a_row_too_long_is_left_out_and_said_though_another_is_too_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], block_rows: int
) -> None:
    """A decimal comma in a file with commas: 44,5 and 350 are no HPT of 44 and PPT of 5."""
    monkeypatch.setattr(qst.loaders.texts, "BLOCK_ROWS", block_rows)
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},HPT,PPT", *rows]) + "\n"))
    assert sorted(table["subject"]) == ["2", "3"]
    assert sorted(table["HPT"]) == [45, 45]
    said = {(problem.code, problem.row) for problem in problems}
    assert said == {("row-too-long", rows.index(LONG) + 2), ("row-too-short", rows.index(SHORT) + 2)}


def test_a_table_of_which_no_row_fits_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},HPT,PPT\n{LONG}\n{LONG}\n")
    with pytest.raises(InputError):
        qst.load(path, problems=[])


def test_a_table_of_empty_rows_is_refused(tmp_path: Path) -> None:
    assert "no-rows" in refuse(write(tmp_path, f"no,{WHO},HPT\n1,,,,,\n2,,,,,\n"))


def test_a_long_word_in_a_cell_does_not_stop_the_reading(tmp_path: Path) -> None:
    """Damage, or a text without blanks: it is read or refused, and the program ends."""
    path = write(tmp_path, f"{WHO},HPT,remark\n{ME},44,{'x' * 20_000}\n")
    code = f"import qst; print(len(qst.load({str(path)!r}).loc[0, 'remark']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=15)
    assert done.stdout.strip() == "20000"


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
def test_own_columns_with_our_names_are_kept_beside_ours(tmp_path: Path, name: str) -> None:
    table, _ = read(write(tmp_path, f"{WHO},HPT,{name},{name}_input\n{ME},44,mine,too\n"))
    scored = qst.score(table)
    assert scored.columns.is_unique
    assert {"mine", "too"} <= set(scored.loc[0].astype(str))
    assert scored.loc[0, name] != "mine"


def test_z_scores_beside_the_values_are_carried_and_the_values_are_read(tmp_path: Path) -> None:
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


def test_an_assessment_that_stands_twice_is_kept_twice_and_noted(tmp_path: Path) -> None:
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


def test_a_file_in_many_blocks_is_the_file_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, many_rows())
    options = {"thermal": "absolute"}
    table, problems = read(path, **options)
    monkeypatch.setattr(qst.loaders.texts, "BLOCK_ROWS", 7)
    in_blocks, again = read(path, **options)
    pd.testing.assert_frame_equal(in_blocks, table)
    assert sorted(map(str, again)) == sorted(map(str, problems))
    assert len({problem.code for problem in problems}) >= 8


NONE, QUOTED = "", '"350,5"'
CODED_SEX = [f"no,{WHO},HPT", *(f"x,{i},25,{1 + i % 2},hand,44" for i in range(20))]
UNKNOWN = [f"{WHO},parameter,value", *(f"{i},25,f,hand,{'HPT' if i % 5 else 'XY'},44" for i in range(20))]
LATE_COMMA = [f"{WHO},HPT,PPT", *(f"{i},25,f,hand,44,{NONE if i < 8 else QUOTED}" for i in range(20))]


@pytest.mark.parametrize("rows", [CODED_SEX, UNKNOWN, LATE_COMMA], ids=["coded sex", "unknown parameter", "late comma"])
def test_blocks_do_not_multiply_or_change_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str]
) -> None:
    path = write(tmp_path, "\n".join(rows) + "\n")
    table, problems = read(path)
    monkeypatch.setattr(qst.loaders.texts, "BLOCK_ROWS", 7)
    in_blocks, again = read(path)
    pd.testing.assert_frame_equal(in_blocks, table)
    assert sorted(map(str, again)) == sorted(map(str, problems))


# --- a row a trial --------------------------------------------------------------------------------------------------

TRIALS = "subject,age,sex,site,parameter,trial,stimulus,value"


def test_a_table_of_trials_is_told_from_its_columns(tmp_path: Path) -> None:
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


def test_a_word_in_keep_that_says_neither_yes_nor_no_is_a_problem(tmp_path: Path) -> None:
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
    monkeypatch.setattr(qst.loaders.texts, "BLOCK_ROWS", 7)
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


def test_an_unknown_parameter_is_said_once(tmp_path: Path) -> None:
    text = f"{TRIALS}\n{ME},HPT,1,,44\n{ME},XYZ,1,,44\n{ME},XYZ,2,,44\n"
    table, problems = read(write(tmp_path, text))
    assert len(table) == 3
    assert [problem.code for problem in problems] == ["unknown-parameter"]
    assert "its 2 rows" in problems[0].message


@pytest.mark.parametrize(("code", "stimuli"), [("TSL", "WK"), ("WUR", ["256 mN", "256 mN x 10"])])
def test_a_stimulus_that_is_not_known_is_a_problem(tmp_path: Path, code: str, stimuli: Sequence[str]) -> None:
    """Neither warm nor cold, neither single nor train: no TSL that is a mean of temperatures, and no silence."""
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
