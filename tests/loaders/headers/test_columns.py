"""Headers, dialects and identities of laboratory files are understood as a laboratory means them."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lab_files import ME, WHO, read, read_column, write

import qst
import qst.loaders.files
from qst.errors import OptionError

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


def test_a_mapped_header_has_the_role_that_the_user_gives_it(tmp_path: Path) -> None:
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


def test_a_decimal_comma_is_not_a_thousands_separator(tmp_path: Path) -> None:
    """FIELD: `0,435` read as 435 is an error others made."""
    table, problems = read(write(tmp_path, "id;age;sex;site;MDT\n1;25;f;hand;0,435\n2;25;f;hand;1,2\n"))
    assert table["MDT"].tolist() == [0.435, 1.2]
    assert problems == []


def test_a_thousands_separator_is_not_a_decimal_comma(tmp_path: Path) -> None:
    """1,050 kPa next to whole numbers in a comma-separated file: refused or reported, never 1.05 kPa."""
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
def test_the_header_may_be_below_a_title(tmp_path: Path, above: int, ending: str) -> None:
    rows: list[list[object]] = [["QST of the hand", "", "", "", ""], ["", "", "°C", "", ""]][:above] + SHEET
    if ending == "xlsx":
        path = fill_book(tmp_path / "lab.xlsx", {"QST": rows})
    else:
        path = write(tmp_path, "\n".join(",".join(map(str, row)) for row in rows))
    table, problems = read(path)
    assert table["HPT"].tolist() == [44]
    assert table.loc[0, "source_row"] == above + 2
    assert problems == []


def test_what_was_understood_is_described(tmp_path: Path) -> None:
    told: list[str] = []
    text = 'ID;Alter;sex;Ort;"PPT [N/cm2]";CDT;Bemerkung\n1;25,5;f;Hand;35;-1,2;-99\n'
    qst.load(write(tmp_path, text), problems=[], understood=told, fixed={"side": "left"})
    shown = "\n".join(told)
    for fact in ("semicolon-separated", "decimal comma", "header in row 1", "1 rows, one row per tested area"):
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
def test_set_does_not_overrule_a_cell(tmp_path: Path, column: str, text: str, fixed: str) -> None:
    """A cell that cannot be used is not a gap, which --set could fill."""
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


@pytest.mark.parametrize("unit", ["°F", "deg F", "° F", "F", "degF", "Fahrenheit", "degrees Fahrenheit"])
def test_fahrenheit_however_it_is_written_has_an_offset(tmp_path: Path, unit: str) -> None:
    table, codes = read_column(tmp_path, f"CPT [{unit}]", [50, 59, 41])
    assert table["CPT"].tolist() == pytest.approx([10, 15, 5])
    assert codes == []
