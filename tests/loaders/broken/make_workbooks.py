"""Writes the workbooks of this folder anew. Their bytes differ from run to run (dates inside), their content does not.

Two are not made here: `password.xlsx` is the good table encrypted with msoffcrypto-tool (the password is `qst`), and
`old_format.xls` is the head of an Excel 97 file.
"""

import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

HEADER = ("subject", "age", "sex", "site", "CDT", "WDT", "CPT", "HPT", "PPT", "VDT")
GOOD = (
    ("001", 34, "female", "hand", -0.9, 1.4, 12.5, 43.1, 412, 7.67),
    ("002", 52, "male", "hand", -1.2, 1.9, 8.4, 44.6, 508, 7.33),
    ("003", 45, "female", "foot", -2.4, 4.2, 10.1, 45.2, 455, 6.67),
)
Sheet = Sequence[Sequence[Any]]
SHEET = "xl/worksheets/sheet1.xml"
COLUMN = {name: position for position, name in enumerate(HEADER)}


def table(**changed: Any) -> list[list[Any]]:
    """The good table with cells of its second person (row 3) changed."""
    rows: list[list[Any]] = [list(HEADER), *(list(row) for row in GOOD)]
    for name, value in changed.items():
        rows[2][COLUMN[name]] = value
    return rows


def workbook(*sheets: tuple[str, Sheet], touch: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with these sheets; `touch` changes it before it is saved."""
    book = openpyxl.Workbook()
    book.remove(book["Sheet"])
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    if touch:
        touch(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zip_of(**members: bytes) -> bytes:
    """A zip archive with these members, whose names have `__` for a point."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def with_sheet(data: bytes, change: Callable[[bytes], bytes] | None) -> bytes:
    """A workbook whose sheet's XML is changed, or left out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
            elif change:
                new.writestr(name, change(old.read(name)))
    return stream.getvalue()


def overwrite(data: bytes) -> bytes:
    """A workbook with zeros over the start of its packed sheet, as a bad disk leaves it."""
    start = data.find(SHEET.encode()) + len(SHEET) + 10
    return data[:start] + b"\0" * 20 + data[start + 20 :]


def pack_otherwise(data: bytes) -> bytes:
    """A workbook whose sheet says it is packed by method 99: encrypted by an archive program."""
    changed = bytearray(data)
    local, central = data.find(SHEET.encode()) - 30, data.rfind(SHEET.encode()) - 46
    changed[local + 8 : local + 10] = changed[central + 10 : central + 12] = b"\x63\0"
    return bytes(changed)


def number_ids(book: Any) -> None:
    """Make the ids numbers that are shown with zeros in front."""
    for row, number in ((2, 7), (3, 12), (4, 130)):
        cell = book["QST"].cell(row, 1)
        cell.value, cell.number_format = number, "000"


def merge_ids(book: Any) -> None:
    """One id over two rows, as forms have it."""
    book["QST"].merge_cells("A2:A3")


def leave_blank_far_away(book: Any) -> None:
    """A blank in the last cell that a sheet can have."""
    book["QST"]["XFD1048576"] = " "


def move_table(book: Any) -> None:
    """The table four rows down and two columns to the right."""
    book["QST"].move_range("A1:J4", rows=4, cols=2)


def write_all(folder: Path) -> None:
    """Write the workbooks into a folder."""
    good = workbook(("QST", table()))
    as_text = [[str(cell) for cell in row] for row in table(HPT="44,6")]
    description = [["name", "value"], ["device", "thermode"], ["protocol", "short"]]
    template = [*table(HPT="x"), *[[None] * 3 + ["hand"]] * 4]
    files = {
        "truncated.xlsx": good[: len(good) // 2],
        "xlsx_renamed.csv": workbook(("QST", table(HPT="44.6 C"))),
        "workbook_part_missing.xlsx": with_sheet(good, None),
        "workbook_xml_broken.xlsx": with_sheet(good, lambda xml: xml[: len(xml) // 2]),
        "workbook_bytes_overwritten.xlsx": overwrite(good),
        "workbook_packed_otherwise.xlsx": pack_otherwise(good),
        "size_of_sheet_wrong.xlsx": with_sheet(
            workbook(("QST", table(HPT="warm"))), lambda xml: xml.replace(b'ref="A1:J4"', b'ref="A1:J2"')
        ),
        "far_away_blank_cell.xlsx": workbook(("QST", table(HPT="warm")), touch=leave_blank_far_away),
        "table_in_the_middle.xlsx": workbook(("QST", table(HPT="warm")), touch=move_table),
        "empty_workbook.xlsx": workbook(("QST", [])),
        "numbers_as_text.xlsx": workbook(("QST", as_text)),
        "formula_without_result.xlsx": workbook(("QST", table(HPT="=AVERAGE(44.1,45.1)"))),
        "error_cell.xlsx": workbook(("QST", table(HPT="#DIV/0!"))),
        "date_and_truth_cells.xlsx": workbook(("QST", table(CPT=datetime.date(2024, 4, 8), HPT=True))),
        "ids_with_zeros.xlsx": workbook(("QST", table(HPT="hot")), touch=number_ids),
        "merged_ids.xlsx": workbook(("QST", table()), touch=merge_ids),
        "sheet_without_qst.xlsx": workbook(("Description", description), ("QST", table(PPT="much"))),
        "template_below_in_row_3.xlsx": workbook(("QST", [["QST, hand"], [], *template])),
        "two_sheets_of_one_person.xlsx": workbook(("Monday", table()), ("Tuesday", table(HPT=44.0))),
        "ppt_999.xlsx": workbook(("QST", table(PPT=999))),
        "zip_of_a_table.xlsx": zip_of(cohort__csv=b"subject,HPT\n001,43.1\n"),
        "document.docx": zip_of(word__xml=b"<w:document/>"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    write_all(Path(__file__).parent)
