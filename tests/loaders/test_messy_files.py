"""Workbooks and tables as people leave them: what cannot be used as it is is reported, with a remedy."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from lab_files import WHO, read, refuse, write
from openpyxl.worksheet.worksheet import Worksheet

import qst

HEADER = ["ID", "Alter", "Geschlecht", "Ort", "HPT", "CPT", "PPT"]
ROWS = [
    ["P1", 45, "w", "Hand", 45.1, 12.5, 350],
    ["P2", 50, "m", "Fuß", 44.2, 9.5, 401],
    ["P3", 33, "w", "Hand", 43.9, 11, 377],
]


def book(folder: Path, rows: Sequence[Sequence[object]], change: Callable[[Worksheet], None] | None = None) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "QST"
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    workbook.save(folder / "lab.xlsx")
    return folder / "lab.xlsx"


def places(problems: list[qst.Problem]) -> list[tuple[str, int | None, str | None]]:
    return [(problem.code, problem.row, problem.column) for problem in problems]


# --- hidden -----------------------------------------------------------------------------------------------------------


def test_hidden_and_filtered_rows_are_read_and_reported(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.auto_filter.ref = "A1:G4"
        for row in (3, 4, 9):  # row 9 is empty
            sheet.row_dimensions[row].hidden = True

    table, problems = read(book(tmp_path, [HEADER, *ROWS], hide))
    assert table["subject"].tolist() == ["P1", "P2", "P3"]
    assert places(problems) == [("hidden-rows", 3, None)]
    assert "2 hidden or filtered rows are read too (3, 4)" in problems[0].message


def test_hidden_columns_are_read_and_reported(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        for letter in ("F", "K"):  # K is empty
            sheet.column_dimensions[letter].hidden = True

    table, problems = read(book(tmp_path, [HEADER, *ROWS], hide))
    assert table["CPT"].tolist() == [12.5, 9.5, 11]
    assert places(problems) == [("hidden-columns", None, None)]
    assert "hidden columns are read too (F)" in problems[0].message


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_and_reported(tmp_path: Path, state: str) -> None:
    def hide(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        old = sheet.parent.create_sheet("old")
        old.sheet_state = state
        for row in (HEADER, ["X1", *ROWS[0][1:]]):
            old.append(row)

    path = book(tmp_path, [HEADER, *ROWS], hide)
    table, problems = read(path)
    assert table["subject"].tolist() == ["P1", "P2", "P3", "X1"]
    assert [(p.code, str(p.file)) for p in problems] == [("hidden-sheet", f"{path}[old]")]
    assert not read(path, sheet="QST")[1]


def test_nothing_is_reported_for_a_workbook_with_nothing_hidden(tmp_path: Path) -> None:
    assert not read(book(tmp_path, [HEADER, *ROWS]))[1]


# --- cells ------------------------------------------------------------------------------------------------------------


def test_percentages_of_a_workbook_are_not_taken_as_fractions(tmp_path: Path) -> None:
    def format_cells(sheet: Worksheet) -> None:
        for row, (vdt, rating) in enumerate(((0.875, 0.35), (1, 0.125), (0.75, 0.5)), start=2):
            sheet.cell(row, 8, vdt).number_format = "0%"
            sheet.cell(row, 9, rating).number_format = "0.00%"

    table, problems = read(book(tmp_path, [[*HEADER, "VDT", "MPS"], *ROWS], format_cells))
    assert table[["VDT", "MPS"]].isna().all(axis=None)
    assert [p.value for p in problems if p.column == "MPS"] == ["35%", "12.5%", "50%"]
    assert {p.code for p in problems} == {"not-a-number"}
    assert "It is a percentage: write the number in the column's own unit" in problems[0].message


@pytest.mark.parametrize(
    "cell",
    [
        datetime.datetime(2026, 5, 1),
        datetime.time(12, 30),
        "01. Mai",
        "02.Mrz",
        "May-44",
        "5-Jan",
        "1.5.",
        "1.5.2026",
        "12:30",
    ],
)
def test_numbers_that_a_spreadsheet_turned_into_dates_are_reported_as_dates(tmp_path: Path, cell: object) -> None:
    _, problems = read(book(tmp_path, [HEADER, [*ROWS[0][:5], cell, 350], *ROWS[1:]]))
    assert places(problems) == [("not-a-number", 2, "CPT")]
    assert "It is a date or time (spreadsheets turn 1.5 into one)" in problems[0].message


def test_a_number_shown_as_a_date_is_not_used(tmp_path: Path) -> None:
    def format_cells(sheet: Worksheet) -> None:
        sheet["E3"].number_format = "dd.mm.yyyy"

    table, problems = read(book(tmp_path, [HEADER, *ROWS], format_cells))
    assert places(problems) == [("not-a-number", 3, "HPT")]
    assert "It is a date or time" in problems[0].message
    assert table["HPT"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("'12.5", "The apostrophe marks a text: delete it"),
        ("<0", "It is a value beyond a limit: write the limit itself"),
        ("> 50", "It is a value beyond a limit: write the limit itself"),
        ("12.5 ± 0.4", "It is a mean with its spread: write only the mean"),
        ("12.5+/-0.4", "It is a mean with its spread: write only the mean"),
        ("35 %", "It is a percentage"),
    ],
)
def test_cells_that_are_not_numbers_are_reported_with_their_remedy(tmp_path: Path, cell: str, remedy: str) -> None:
    _, problems = read(write(tmp_path, f"{WHO},HPT,CPT\n1,40,f,hand,45,{cell}\n2,50,m,hand,44,12"))
    assert places(problems) == [("not-a-number", 2, "CPT")]
    assert remedy in problems[0].message


def test_other_texts_get_none_of_these_remedies(tmp_path: Path) -> None:
    for text in ("abc", "5O.1", "12 13", "marching", "12.5 °C"):
        _, problems = read(write(tmp_path, f"{WHO},HPT,CPT\n1,40,f,hand,45,{text}\n2,50,m,hand,44,12"))
        assert problems[0].message.endswith("if it was not measured"), text


def test_numbers_stored_as_text_and_blanks_that_do_not_break_are_read(tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet["E2"], sheet["E3"], sheet["E4"] = "45.1", "\u00a044.2", "43.9\u00a0"

    header = [*HEADER[:4], "HPT\u00a0(°C)", "CPT\u00a0", "PPT"]
    table, problems = read(book(tmp_path, [header, *ROWS], change))
    assert not problems
    assert table["HPT"].tolist() == [45.1, 44.2, 43.9]


def test_an_age_that_was_never_calculated_is_reported_as_a_formula(tmp_path: Path) -> None:
    _, problems = read(book(tmp_path, [HEADER, ["P1", "=2026-1980", *ROWS[0][2:]], *ROWS[1:]]))
    assert places(problems) == [("not-a-number", 2, "Alter")]
    assert "'=2026-1980' is a formula that was never calculated" in problems[0].message


@pytest.mark.parametrize("word", ["n.a.", "n. a.", "k.A.", "nicht gemessen", "non mesuré"])
def test_words_for_not_measured(tmp_path: Path, word: str) -> None:
    table, problems = read(write(tmp_path, f"{WHO},HPT,CPT\n1,40,f,hand,45,{word}\n2,50,m,hand,44,12"))
    assert not problems
    assert table["CPT"].isna().tolist() == [True, False]


# --- headers and shape ------------------------------------------------------------------------------------------------


def test_a_unit_between_parameter_and_side(tmp_path: Path) -> None:
    header = [*HEADER[:4], "HPT li", "HPT re", "PPT (N) li", "PPT [N] re"]
    table, problems = read(book(tmp_path, [header, ["P1", 45, "w", "Hand", 45, 44, 35, 36]]))
    assert not problems
    assert table[["side", "HPT", "PPT"]].to_numpy().tolist() == [["left", 45, 350], ["right", 44, 360]]


def test_columns_under_a_merged_header_are_asked_about(tmp_path: Path) -> None:
    rows = [[*HEADER[:4], "HPT", "", ""], ["P1", 45, "w", "Hand", 45, 44, 44.5], ["P2", 50, "m", "Fuß", 44, 43, "late"]]
    table, problems = read(book(tmp_path, rows, lambda sheet: sheet.merge_cells("E1:G1")))
    assert places(problems) == [("column-without-name", 2, "column_6"), ("column-without-name", 2, "column_7")]
    assert "if a merged header is above it" in problems[0].message
    assert table["column_6"].tolist() == ["44", "43"]


def test_a_table_with_parameters_below_each_other_is_to_be_transposed(tmp_path: Path) -> None:
    message = refuse(write(tmp_path, "Name,P1\nAlter,45\nOrt,Hand\nHPT,45.1\nCPT,12.5"))
    assert "The names of parameters are below each other in one column: transpose the table" in message


def test_rows_below_a_table_that_summarise_it_are_reported(tmp_path: Path) -> None:
    below = [["Mittelwert", "", "", "", 44.4, 11, 376], ["SD", "", "", "", 44, 1.5, 25.5]]
    path = book(tmp_path, [HEADER, *ROWS, [], *below])
    table, problems = read(path, fixed={"age": "40", "sex": "female", "site": "hand"})
    assert places(problems) == [("summary-row", 6, "ID"), ("summary-row", 7, "ID")]
    assert len(table) == 5
    table, problems = read(path, exclude_records="Mittelwert,SD")
    assert (len(table), problems) == (3, [])


def test_a_table_without_a_subject_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "age,sex,site,HPT\n40,f,hand,45\n50,m,hand,44")
    _, problems = read(path)
    assert places(problems) == [("no-subject", 1, None)]
    assert "--set subject=filename" in problems[0].message
    table, problems = read(path, fixed={"subject": "filename"})
    assert (table["subject"].tolist(), problems) == (["lab", "lab"], problems)
    assert "no-subject" not in [problem.code for problem in problems]


def test_a_french_table(tmp_path: Path) -> None:
    text = "Numéro;Âge;Sexe;Région;Côté;HPT;CPT\n1;45;F;main;gauche;45,1;12,5\n2;50;H;pied;droite;44,1;9,5\n"
    table, problems = read(write(tmp_path, text, encoding="cp1252"))
    assert not problems
    columns = ["subject", "age", "sex", "site", "side", "HPT"]
    assert table[columns].to_numpy().tolist() == [
        ["1", 45, "female", "hand", "left", 45.1],
        ["2", 50, "male", "foot", "right", 44.1],
    ]
