"""Workbooks that a program, and not Excel, has written or damaged."""

import re
import zipfile
from pathlib import Path

import pytest
from paths import BROKEN

import qst
from qst.errors import InputError
from qst.loaders.files import delimited

BOOK = BROKEN / "ppt_999.xlsx"


def change_sheet(target: Path, pattern: str, replacement: str, extra: dict[str, bytes] | None = None) -> Path:
    """A copy of a workbook with one change in the XML of its sheet, and with parts of no meaning to us."""
    with zipfile.ZipFile(BOOK) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name, data in (extra or {}).items():
            copy.writestr(name, data)
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                changed = re.sub(pattern, replacement, data.decode(), count=1)
                assert changed != data.decode()
                data = changed.encode()
            copy.writestr(name, data)
    return target


def test_a_number_of_four_hundred_digits_is_not_a_measurement(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "digits.xlsx", r"<v>412</v>", f"<v>{'9' * 400}</v>")
    problems: list[qst.Problem] = []
    table = qst.load(path, problems=problems)
    assert len(table) == 3
    assert [(problem.row, problem.column) for problem in problems if problem.severity == "error"] == [(2, "PPT")]


def test_a_row_number_beyond_those_of_excel_is_damage(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "far.xlsx", r'<row r="3"', '<row r="3000000"')
    with pytest.raises(InputError, match="save it again"):
        qst.load(path)


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "bomb.xlsx", r"</sheetData>", "</sheetData>" + " " * 110_000_000)
    with pytest.raises(InputError, match=r"unpacks to 110,[\d,]+ bytes and was not opened: save .* as CSV"):
        qst.load(path)


def test_entities_that_grow_are_refused(tmp_path: Path) -> None:
    """The billion laughs: each entity expands to ten of the one before it."""
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    doctype = f'<!DOCTYPE w [<!ENTITY l0 "haha">{laughs}]><worksheet'
    path = change_sheet(tmp_path / "laughs.xlsx", r"<worksheet", doctype)
    path = change_sheet_again(path, r"<v>412</v>", "<v>&l9;</v>")
    with pytest.raises(InputError, match="damaged"):
        qst.load(path)


def change_sheet_again(path: Path, pattern: str, replacement: str) -> Path:
    with zipfile.ZipFile(path) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub(pattern, replacement, parts[sheet].decode(), count=1).encode()
    with zipfile.ZipFile(path, "w") as copy:
        for name, data in parts.items():
            copy.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("xl/vbaProject.bin", "macros not run"),
        ("xl/externalLinks/externalLink1.xml", "links to other files not followed"),
    ],
)
def test_macros_and_links_are_ignored_and_described(tmp_path: Path, part: str, told: str) -> None:
    path = change_sheet(tmp_path / "lab.xlsm", r"<v>412</v>", "<v>411</v>", {part: b"<x/>"})
    understood: list[str] = []
    table = qst.load(path, problems=[], understood=understood)
    assert 411 in table["PPT"].tolist()
    assert told in understood[0]


def test_blank_cells_far_to_the_right_are_not_columns(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "far.xlsx", r"</row>", '<c r="XFD1"/></row>')
    understood: list[str] = []
    qst.load(path, problems=[], understood=understood)
    assert "column" not in " ".join(understood)


def test_filled_cells_far_to_the_right_are_read(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "far.xlsx", r"</row>", '<c r="ABC1" t="inlineStr"><is><t>far</t></is></c></row>')
    assert "far" in qst.load(path, problems=[]).columns


def test_a_text_with_a_million_empty_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("id,age,sex,site,HPT" + "," * 1_000_000 + "\n1,30,f,hand,44\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a row has 1,000,005 columns, more than a spreadsheet can hold"):
        qst.load(path)


def test_a_header_longer_than_the_sample_is_read(tmp_path: Path) -> None:
    others = ",".join(f"item_{number:05d}" for number in range(8000))
    assert len(others) > delimited.SAMPLE_CHARACTERS
    path = tmp_path / "wide.csv"
    path.write_text(f"id,age,sex,site,{others},HPT\n1,30,f,hand,{',' * 7999},44\n", encoding="utf-8")
    assert qst.load(path, problems=[])["HPT"].tolist() == [44]
