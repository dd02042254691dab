"""Workbooks with one sheet per area or test: titles and a sheet Description give what columns do not."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from command_line import run
from lab_files import read, refuse

import qst

pytestmark = pytest.mark.usefixtures("work")

Rows = list[list[Any]]
WHO = ["subject", "age", "sex", "HPT", "CPT"]


def save(folder: Path, name: str = "lab.xlsx", **sheets: Rows) -> Path:
    """A workbook; a `_` in the title is a blank."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(folder / name)
    return folder / name


def row(subject: str = "007", hpt: object = 44, cpt: object = 10) -> list[Any]:
    return [subject, 45, "f", hpt, cpt]


def wide(table: pd.DataFrame, *columns: str) -> list[list[object]]:
    return table[list(columns)].astype(object).values.tolist()


@pytest.mark.parametrize(
    ("first", "second", "column", "words"),
    [
        ("QST_Hand", "QST_Fuß", "site", ["hand", "foot"]),
        ("Gesicht", "Handrücken", "site", ["face", "hand"]),
        ("links", "rechts", "side", ["left", "right"]),
        ("QST_L", "QST_R", "side", ["left", "right"]),
        ("Control", "Test", "area", ["control", "test"]),
        ("affected", "contralateral", "area", ["test", "control"]),
        ("T1", "T2", "visit", ["t1", "t2"]),
        ("QST_pre", "QST_post", "visit", ["pre", "post"]),
    ],
)
def test_what_a_title_can_name(tmp_path: Path, first: str, second: str, column: str, words: list[str]) -> None:
    shown: list[str] = []
    path = save(tmp_path, **{first: [WHO, row()], second: [WHO, row(hpt=45)]})
    table, problems = read(path, fixed={} if column == "site" else {"site": "hand"}, understood=shown)
    assert table[column].tolist() == words
    assert table["HPT"].tolist() == [44, 45]
    assert [problem.code for problem in problems] == []
    assert f"  {column} is '{words[0]}', from the sheet's title '{first.replace('_', ' ')}'" in shown


def test_site_side_and_visit_in_one_title(tmp_path: Path) -> None:
    table, _ = read(save(tmp_path, **{"QST Hand links T2": [WHO, row()]}))
    assert wide(table, "visit", "site", "side") == [["t2", "hand", "left"]]


def test_a_column_takes_precedence_over_the_title_and_that_is_mentioned(tmp_path: Path) -> None:
    shown: list[str] = []
    path = save(tmp_path, QST_Hand=[[*WHO, "site"], [*row(), "foot"]])
    assert read(path, understood=shown)[0]["site"].tolist() == ["foot"]
    assert "  site is taken from its column and not from the sheet's title 'QST Hand'" in shown


def test_options_take_precedence_over_the_title(tmp_path: Path) -> None:
    assert read(save(tmp_path, QST_Hand=[WHO, row()]), fixed={"site": "foot"})[0]["site"].tolist() == ["foot"]


def test_a_title_that_names_two_things_is_not_taken(tmp_path: Path) -> None:
    table, problems = read(save(tmp_path, Hand_und_Fuß=[WHO, row()]))
    assert table["site"].isna().all()
    assert [problem.code for problem in problems] == ["title-unclear", "no-site"]
    assert "names hand and foot; neither is taken as its site: use --set site=hand" in problems[0].message


def test_test_alone_is_not_an_area(tmp_path: Path) -> None:
    """A sheet `QST Test` may be someone trying the sheet out; next to `Control` it is the area."""
    table, _ = read(save(tmp_path, QST_Test=[WHO, row()]), fixed={"site": "hand"})
    assert table["area"].isna().all()


@pytest.mark.parametrize("title", ["Sheet1", "Tabelle 2", "Daten 2024", "Feuil3"])
def test_a_title_without_meaning(tmp_path: Path, title: str) -> None:
    shown: list[str] = []
    table, problems = read(save(tmp_path, **{title: [WHO, row()]}), fixed={"site": "hand"}, understood=shown)
    assert wide(table, "subject", "HPT") == [["007", 44.0]]
    assert problems == []
    assert not any("sheet's title" in line for line in shown)


def test_one_sheet_per_test(tmp_path: Path) -> None:
    """Mean of 43, 44 and 48 is 45; of 10, 11 and 12 it is 11."""
    who = ["subject", "age", "sex", "site", "trial", "value"]
    path = save(
        tmp_path,
        HPT=[who, *(["007", 45, "f", "hand", n, value] for n, value in ((1, 43), (2, 44), (3, 48)))],
        Kälteschmerz=[who, *(["007", 45, "f", "hand", n, value] for n, value in ((1, 10), (2, 11), (3, 12)))],
    )
    table, problems = read(path)
    assert wide(qst.score(table), "HPT", "CPT") == [[45.0, 11.0]]
    assert problems == []


def test_a_description_gives_what_the_tables_lack(tmp_path: Path) -> None:
    path = save(
        tmp_path,
        Description=[["Proband:", "007"], ["Alter [Jahre]", 45], ["Geschlecht", "w"], [], ["Untersucher", "XY"]],
        QST_Hand=[["QST, 3. März"], [], ["HPT", "CPT"], [44, 10]],
        QST_Fuß=[["Seite", "HPT", "CPT"], ["L", 44.5, 11], ["R", 44.6, 12]],
    )
    shown: list[str] = []
    table, problems = read(path, understood=shown)
    assert problems == []
    assert wide(table, "subject", "age", "sex", "site", "Untersucher", "HPT", "source_row") == [
        ["007", 45.0, "female", "hand", "XY", 44.0, 4],
        ["007", 45.0, "female", "foot", "XY", 44.5, 2],
        ["007", 45.0, "female", "foot", "XY", 44.6, 3],
    ]
    assert table["side"].fillna("").tolist() == ["", "left", "right"]
    assert "  age is '45', from the sheet 'Description'" in shown


def test_codes_in_a_description(tmp_path: Path) -> None:
    path = save(tmp_path, info=[["id", "1"], ["sex (1=f, 2=m)", 2], ["age", 30]], Hand=[["HPT"], [44]])
    assert read(path)[0]["sex"].tolist() == ["male"]


def test_a_sheet_of_two_columns_is_not_a_description(tmp_path: Path) -> None:
    path = save(tmp_path, subject=[["subject", "HPT"], ["007", 44], ["008", 45]])
    assert read(path, fixed={"site": "hand", "age": "30", "sex": "female"})[0]["HPT"].tolist() == [44, 45]


def test_a_description_without_measurements_is_refused(tmp_path: Path) -> None:
    assert "no other sheet holds one" in refuse(save(tmp_path, Description=[["subject", "007"], ["age", 45]]))


@pytest.mark.parametrize("above", [0, 1, 2])
def test_header_rows_templates_and_notes(tmp_path: Path, above: int) -> None:
    titles: Rows = [["QST der Hand"], ["Klinik"]][:above]
    rows: Rows = [*titles, WHO, row("1"), row("2", 45), [None] * 5, [None, None, "f"], ["Bemerkung: Raum 22 °C"]]
    table, problems = read(save(tmp_path, Hand=rows))
    assert table["HPT"].dropna().tolist() == [44, 45]
    assert table["source_row"].tolist()[:2] == [above + 2, above + 3]
    assert sorted(problem.code for problem in problems) == ["empty-row", "no-values"]


def test_a_note_below_a_described_sheet_is_not_a_measurement(tmp_path: Path) -> None:
    path = save(
        tmp_path, Description=[["id", "7"], ["age", 45], ["sex", "f"]], Hand=[["HPT", "CPT"], [44, 10], ["warm skin"]]
    )
    table, problems = read(path)
    assert table["subject"].fillna("").tolist() == ["7", ""]
    assert [(problem.code, problem.row) for problem in problems if problem.severity == "error"] == [("not-a-number", 3)]


def test_a_sheet_that_cannot_be_used_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    path = save(
        tmp_path, Hand=[WHO, row()], Notizen=[["nichts"]], Fuß=[[*WHO[:3], "HPT_l", "l_hpt", "Seite"], [*row(), "l"]]
    )
    table, problems = read(path)
    assert table["site"].tolist() == ["hand"]
    assert {problem.severity for problem in problems} <= {"warning", "error"}
    assert sum("this sheet was left out" in problem.message for problem in problems) == 2


def test_headers_are_unfolded_within_sheets(tmp_path: Path) -> None:
    path = save(tmp_path, **{"QST Hand": [[*WHO[:3], "HPT_l", "HPT_r"], row(hpt=44, cpt=45)]})
    table, _ = read(path)
    assert wide(table, "site", "side", "HPT") == [["hand", "left", 44.0], ["hand", "right", 45.0]]


def test_the_command_line_names_the_format(tmp_path: Path) -> None:
    path = save(tmp_path, QST_Hand=[WHO, row()], QST_Fuß=[WHO, row()])
    result = run("score", path)
    assert result.exit_code == 0
    assert "site is 'hand', from the sheet's title 'QST Hand'" in result.stderr
    shown = run("validate", "--explain", path).stderr
    assert "format: sheets, by the titles of its sheets: 'QST Hand', 'QST Fuß'" in shown
    assert run("score", path, "--sheet", "QST Hand").stdout.count("007") == 1
