"""Excel workbooks: the sheets of an xlsx as tables of text."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from qst.errors import InputError
from qst.loaders.files.text_table import SAMPLE_ROWS, WORKBOOK_ENDINGS, Record, TextTable, name_file, refuse
from qst.problems import OnProblem, make_problem, shorten

LARGEST_ROW = 1_048_576
"""Rows of an Excel sheet."""

LARGEST_WORKBOOK = 2_000_000_000
"""Bytes that a workbook may have when unpacked; more is a fault or an attack."""

LARGEST_RATIO, SMALL_WORKBOOK = 100, 100_000_000
"""A workbook that unpacks to more than this many times its size, and to more bytes than this, is an attack (ours)."""

_FAR_CELL = re.compile(rb'<c r="[A-Z]{3}\d')

_FAR_FILLED = re.compile(rb'<c r="([A-Z]{3})\d+"[^>]*[^/]>\s*<(?:v|is|f)[ >]')
"""A cell, and a filled cell, beyond column ZZ, the 702nd."""

NEAR_COLUMNS = 702
"""Columns (A to ZZ) that are always read; those beyond only where one of their cells is filled."""

_PERCENT = re.compile(r"[#0.,\s]+%")

MOST_NAMED = 10
"""Hidden rows or columns that are named in a message; of more, the first ones."""

_NOT_USED = {"xl/vbaProject.bin": "macros not run", "xl/externalLinks/": "links to other files not followed"}
"""Parts of a workbook that are ignored, and what the user reads about them."""

_HIDDEN_ROW = re.compile(rb'<row (?=[^>]*\bhidden="(?:1|true)")[^>]*?\br="(\d+)"')

_HIDDEN_COLUMNS = re.compile(rb'<col (?=[^>]*\bhidden="(?:1|true)")(?=[^>]*\bmin="(\d+)")[^>]*?\bmax="(\d+)"')

_FORMULA = re.compile(rb"<f[\s/>]")
"""A cell's formula in the XML of a sheet; `<formula` begins the rule of a cell's validation."""

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, ArithmeticError, OSError, EOFError, TypeError,
    AttributeError, SyntaxError, IndexError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises on damaged workbooks."""


class Hidden(NamedTuple):
    """What a person does not see of a sheet in Excel: rows, columns (counted from 1), or the whole sheet."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    sheet: bool = False


def open_workbook(path: Path) -> list[TextTable]:
    """The filled sheets of a workbook, as tables."""
    from openpyxl.utils import column_index_from_string

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = archive.namelist()
            sheet_parts = [name for name in names if name.startswith("xl/worksheets/") and name.endswith(".xml")]
            if "xl/workbook.xml" not in names:
                raise refuse(path, "not-a-table", "zip")
            packed = path.stat().st_size
            if unpacked > LARGEST_WORKBOOK or unpacked > max(SMALL_WORKBOOK, LARGEST_RATIO * packed):
                raise refuse(path, "too-large", packed=packed, unpacked=unpacked)
            has_formulas, width = False, None
            hidden: dict[str, Hidden] = {}
            for name in sheet_parts:
                data = archive.read(name)
                has_formulas |= _FORMULA.search(data) is not None
                hidden[name] = _find_hidden(data)
                if _FAR_CELL.search(data):
                    far_columns = {column_index_from_string(far.decode()) for far in _FAR_FILLED.findall(data)}
                    width = max(width or NEAR_COLUMNS, *far_columns, 0)
            not_used = [text for part, text in _NOT_USED.items() if any(name.startswith(part) for name in names)]
        with warnings.catch_warnings():
            # openpyxl warns about parts that it leaves out (styles, validation, names); none of them is a cell.
            warnings.simplefilter("ignore", UserWarning)
            sheets, parts = _read_sheets(path, width, stored_results=True)
            if has_formulas:
                sheets = _show_formulas_without_result(sheets, _read_sheets(path, width, stored_results=False)[0])
        if not sheets:
            raise KeyError("no sheet")
    except InputError:
        raise
    except _DAMAGE as error:
        raise refuse(path, "damaged", "workbook") from error
    filled = {title: _align(records) for title, records in sheets.items() if records}
    if not filled:
        raise refuse(path, "empty-file", "workbook")
    understood = ", ".join(["Excel workbook", *not_used])
    if path.suffix.lower() not in WORKBOOK_ENDINGS:
        understood += f" in spite of its ending {path.suffix}"
    unseen = {title: hidden.get(part, Hidden())._replace(sheet=is_hidden) for title, (part, is_hidden) in parts.items()}
    return [
        _make_table(path, title, records, understood, len(filled) > 1, unseen[title])
        for title, records in filled.items()
    ]


def _find_hidden(data: bytes) -> Hidden:
    """Hidden rows and columns in the XML of a sheet."""
    columns = {place for low, high in _HIDDEN_COLUMNS.findall(data) for place in range(int(low), int(high) + 1)}
    return Hidden(frozenset(map(int, _HIDDEN_ROW.findall(data))), frozenset(columns))


def _read_sheets(
    path: Path, width: int | None, stored_results: bool
) -> tuple[dict[str, list[Record]], dict[str, tuple[str, bool]]]:
    """By the title of each sheet: its rows that have a filled cell; and its part of the file and whether it is hidden.

    Cells are read up to column `width`; there are none beyond it.
    """
    import openpyxl

    # All at once: openpyxl reads sheets from the file on demand, and the file may be closed by then.
    content = io.BytesIO(path.read_bytes())
    book = openpyxl.load_workbook(content, read_only=True, data_only=stored_results, keep_links=False)
    sheets: dict[str, list[Record]] = {}
    parts: dict[str, tuple[str, bool]] = {}
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # the size that a sheet states for itself may be wrong
        records = sheets.setdefault(str(sheet.title), [])
        parts[str(sheet.title)] = (getattr(sheet, "_worksheet_path", ""), sheet.sheet_state != "visible")
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > LARGEST_ROW:
                raise ValueError("a row number beyond those that Excel has")
            cells = [_cell_text(cell) for cell in row[:width]]
            while cells and not cells[-1].strip():
                cells.pop()
            if cells:
                records.append((number, cells))
    return sheets, parts


def _show_formulas_without_result(
    results: dict[str, list[Record]], formulas: dict[str, list[Record]]
) -> dict[str, list[Record]]:
    """The texts of formulas that were never calculated, in place of results, so that they do not pass as empty."""
    shown: dict[str, list[Record]] = {}
    for title, records in formulas.items():
        stored = dict(results.get(title, []))
        shown[title] = []
        for number, cells in records:
            found = stored.get(number, [])
            found = found + [""] * (len(cells) - len(found))
            both = zip(found, cells, strict=False)
            merged = [formula if not result and formula.startswith("=") else result for result, formula in both]
            shown[title].append((number, merged))
    return shown


def _align(records: list[Record]) -> list[Record]:
    """All rows in the same width."""
    width = max(len(cells) for _, cells in records)
    return [(number, cells + [""] * (width - len(cells))) for number, cells in records]


def _make_table(
    path: Path, title: str, records: list[Record], understood: str, several: bool, hidden: Hidden
) -> TextTable:
    file = f"{name_file(path)}[{title}]" if several else name_file(path)

    def read_rows(on_problem: OnProblem) -> Iterator[Record]:
        _report_hidden(file, title, records, hidden, on_problem)
        return iter(records)

    by_number = dict(records)
    preview = [by_number.get(number, []) for number in range(1, min(records[-1][0], SAMPLE_ROWS) + 1)]
    return TextTable(file, preview, f"{understood}, sheet {shorten(title)}", read_rows, path=path, sheet=title)


def _report_hidden(file: str, title: str, records: list[Record], hidden: Hidden, on_problem: OnProblem) -> None:
    """Report that what a person does not see in Excel is read too: once for sheet, rows and columns each."""
    from openpyxl.utils import get_column_letter

    if hidden.sheet:
        on_problem(make_problem("hidden-sheet", file=file, sheet=shorten(title)))
    rows = [number for number, _ in records if number in hidden.rows]
    if rows:
        named = ", ".join(map(str, rows[:MOST_NAMED])) + (" …" if len(rows) > MOST_NAMED else "")
        on_problem(make_problem("hidden-rows", file=file, row=rows[0], count=len(rows), rows=named))
    filled = {place for _, cells in records for place, text in enumerate(cells, start=1) if text.strip()}
    columns = sorted(hidden.columns & filled) if hidden.columns else []
    if columns:
        named = ", ".join(map(get_column_letter, columns[:MOST_NAMED]))
        on_problem(make_problem("hidden-columns", file=file, columns=named))


def _cell_text(cell: Any) -> str:
    """The text of a cell; a percentage, and a number formatted with zeros only (an id as 007), as Excel shows it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        text = str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
        shown = cell.number_format or ""
        if _PERCENT.fullmatch(shown):
            return f"{value * 100:.15g}%"
        return text.zfill(len(shown)) if shown and set(shown) == {"0"} else text
    return str(value)


def refuse_old_document(path: Path) -> InputError:
    """The error of a file in the container of older Office documents, which is also that of encrypted workbooks."""
    data = path.read_bytes() if path.stat().st_size < LARGEST_WORKBOOK else b""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return refuse(path, "password")
    return refuse(path, "old-format")
