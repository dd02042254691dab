"""Bytes to tables of text: what kind of file it is, its encoding, separator and sheets. Nothing of QST but names.

A file is read in blocks of rows, so that its size does not decide how much memory is needed.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError
from qst.loaders.cells import Texts
from qst.tables import Problem, Report, shorten

BLOCK_ROWS = 100_000
SAMPLE_BYTES = 65_536
SAMPLE_ROWS = 50
SEPARATORS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar"}
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm")
LONGEST_CELL = csv.field_size_limit()
"""Characters (131,072): a longer cell is a lost quotation mark or damage."""
LARGEST_WORKBOOK = 2_000_000_000
"""Bytes a workbook may have when unpacked; more is a fault or an attack."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table: their numbers in the file, and their cells, a column at a time."""

    rows: npt.NDArray[np.int64]
    columns: list[Texts]


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table of a file, as text.

    Attributes
    ----------
    file : str
        File as the user named it, with the sheet of a workbook that has several.
    preview : list of list of str
        The first rows, among which the header is looked for.
    understood : str
        How the bytes were read, for the user.
    read_rows : callable
        Gives all records as (row number, cells), reporting those that cannot be read.
    read_plain : callable, optional
        For text without quotes: gives the rows below a header row in blocks, quickly, as long as none is too long.
    """

    file: str
    preview: list[list[str]]
    understood: str
    read_rows: Callable[[Report], Iterator[tuple[int, list[str]]]]
    read_plain: Callable[[int, int], Iterator[Block]] | None = None

    def read_blocks(self, header_row: int, width: int, report: Report) -> Iterator[Block]:
        """Rows below the header in blocks; blank rows are left out, rows that are too long are reported."""
        last_row = header_row
        if self.read_plain is not None:
            try:
                for plain in self.read_plain(header_row, width):
                    last_row = int(plain.rows[-1])
                    filled = ~np.all([column == "" for column in plain.columns], axis=0)
                    yield Block(plain.rows[filled], [column[filled] for column in plain.columns])
                return
            except pd.errors.ParserError:
                pass  # a row is too long: from here on the records are read one by one
        records = ((row, cells) for row, cells in self.read_rows(report) if row > last_row)
        while block := list(islice(records, BLOCK_ROWS)):
            fitting = [(row, _fit(self.file, row, cells, width, report)) for row, cells in block if any(cells)]
            kept = [(row, cells) for row, cells in fitting if cells is not None]
            columns = [np.array(column, dtype=object) for column in zip(*(cells for _, cells in kept), strict=True)]
            if kept:
                yield Block(np.array([row for row, _ in kept], dtype=np.int64), columns)


def _fit(file: str, row: int, cells: list[str], width: int, report: Report) -> list[str] | None:
    """The cells of a row in the table's width; None, and a problem, where they cannot be assigned to columns."""
    if len(cells) == width:
        return cells
    if len(cells) < width:
        return cells + [""] * (width - len(cells))
    if not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    report(
        Problem(
            "error",
            "row-too-long",
            f"the row has {len(cells)} cells where the header has {width}, so its values cannot be assigned and the "
            "row was left out: look for a decimal comma or a separator inside a cell, and put such cells in quotes",
            file,
            row,
            value=shorten(cells[width]),
        )
    )
    return None


def find_files(path: Path) -> list[Path]:
    """The file itself, or the tables in a folder and its sub-folders, by name.

    Raises
    ------
    InputError
        There is no such file, or no table in the folder.
    """
    if path.is_dir():
        endings = (*TEXT_ENDINGS, *WORKBOOK_ENDINGS)
        found = sorted(
            entry
            for entry in path.rglob("*")
            if entry.suffix.lower() in endings and entry.is_file() and not entry.name.startswith((".", "~$"))
        )
        if not found:
            raise _refuse(path, "no-files", f"the folder holds no file that ends in {', '.join(endings)}")
        return found
    if not path.exists():
        raise _refuse(path, "no-file", "there is no such file: check its name and the folder you are in")
    return [path]


def open_tables(path: Path) -> list[TextTable]:
    """Open a file and tell its tables: one for a text file, one a sheet for a workbook.

    Raises
    ------
    InputError
        The file cannot be opened, is empty, damaged, encrypted or no table.
    """
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
    except PermissionError as error:
        raise _refuse(path, "no-permission", "you are not allowed to read this file: ask its owner") from error
    except OSError as error:
        raise _refuse(path, "unreadable", f"the file cannot be opened: {error.strerror or error}") from error
    if not head.strip():
        raise _refuse(path, "empty-file", "the file is empty")
    if head.startswith(b"PK\x03\x04"):
        return _open_workbook(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refuse_old_workbook(path)
    return [_open_text(path, head)]


def _refuse(path: Path, code: str, message: str) -> InputError:
    return InputError(Problem("error", code, message, str(path)))


# --- text -------------------------------------------------------------------------------------------------------------


def _open_text(path: Path, head: bytes) -> TextTable:
    encoding, told, plain = _find_encoding(path, head)
    separator, preview = _find_separator(path, encoding)
    notes = [told, f"{SEPARATORS[separator]}-separated"]
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        notes.append(f"text in spite of its ending {path.suffix}")

    def read_rows(report: Report) -> Iterator[tuple[int, list[str]]]:
        return _read_records(path, encoding, separator, report)

    def read_plain(header_row: int, width: int) -> Iterator[Block]:
        return _read_plain_blocks(path, encoding, separator, header_row, width)

    return TextTable(str(path), preview, ", ".join(notes), read_rows, read_plain if plain else None)


def _find_encoding(path: Path, head: bytes) -> tuple[str, str, bool]:
    """Python's name of the encoding, what to tell the user, and whether the text is plain: no quotes, usual lines."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "UTF-16", False
    if b"\x00" in head:
        raise _refuse(
            path, "not-a-table", "the file holds NUL bytes, so it is no text table: save it as CSV (UTF-8) or as xlsx"
        )
    plain = True
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            while text := file.read(LONGEST_CELL):
                plain = plain and not ('"' in text or "\x00" in text or "\n" not in text)
    except UnicodeDecodeError:
        return "cp1252", "Windows-1252 (it is not UTF-8; check letters such as ä, é, µ)", False
    name, told = ("utf-8-sig", "UTF-8 with BOM") if head.startswith(b"\xef\xbb\xbf") else ("utf-8", "UTF-8")
    return name, told, plain and b"\r" not in head.replace(b"\r\n", b"")


def _find_separator(path: Path, encoding: str) -> tuple[str, list[list[str]]]:
    """The separator that gives the most regular table over the first rows, and those rows."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        sample = file.read(SAMPLE_BYTES)
    lines = list(io.StringIO(sample, newline=""))
    if len(sample) == SAMPLE_BYTES and len(lines) > 1:
        lines = lines[:-1]  # it may be cut off
    best: tuple[float, str, list[list[str]]] = (-1.0, ",", [])
    for separator in SEPARATORS:
        try:
            rows = list(islice(csv.reader(lines, delimiter=separator), SAMPLE_ROWS))
        except csv.Error:
            continue
        widths = [len(row) for row in rows if any(row)]
        if not widths:
            continue
        commonest = max(set(widths), key=lambda width: (widths.count(width), width))
        regularity = widths.count(commonest) / len(widths)
        quality = regularity * (commonest - 1) ** 0.5 if commonest > 1 else 0.0
        # The header decides between a separator and a decimal sign: it has no decimals.
        quality += len(next((row for row in rows if any(row)), [])) - 1
        if quality > best[0]:
            best = (quality, separator, rows)
    if not best[2]:
        raise _refuse(path, "not-a-table", "no rows could be found in the file: is it a table of text?")
    return best[1], best[2]


def _read_plain_blocks(path: Path, encoding: str, separator: str, header_row: int, width: int) -> Iterator[Block]:
    """The rows below the header by pandas' parser; a ParserError at a block with a row that is too long."""
    row = header_row
    # The header is read along, as the parser takes the number of columns from the first row it sees.
    with pd.read_csv(
        path,
        sep=separator,
        encoding=encoding,
        header=None,
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skiprows=header_row - 1,
        skip_blank_lines=False,
        chunksize=BLOCK_ROWS,
    ) as chunks:
        for number, chunk in enumerate(chunks):
            rows = chunk.iloc[1:] if number == 0 else chunk
            if rows.shape[1] != width:
                raise pd.errors.ParserError("the header was taken apart differently")
            if len(rows):
                columns = [_fill(rows[column].to_numpy(dtype=object)) for column in rows]
                yield Block(np.arange(row + 1, row + 1 + len(rows)), columns)
            row += len(rows)


def _fill(column: Texts) -> Texts:
    """A short row has no cell at all in the last columns; here it is empty text as in the others."""
    absent = pd.isna(column)
    return np.where(absent, "", column) if absent.any() else column


def _read_records(path: Path, encoding: str, separator: str, report: Report) -> Iterator[tuple[int, list[str]]]:
    """All records with their numbers; one that cannot be read is reported, and the next ones are read."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        reader = csv.reader(file, delimiter=separator)
        row = 0
        while True:
            lines_before = reader.line_num
            row += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                report(
                    Problem(
                        "error",
                        "cell-too-long",
                        f"a cell has more than {LONGEST_CELL:,} characters, and the row was left out: a quotation mark "
                        "that is never closed, or a damaged file",
                        str(path),
                        row,
                    )
                )
                continue
            if reader.line_num - lines_before > 1 and any(cell.count("\n") > 5 for cell in cells):
                report(
                    Problem(
                        "error",
                        "quote-not-closed",
                        f"a cell goes over {reader.line_num - lines_before} lines, so rows may be hidden in it: look "
                        "for a quotation mark that is never closed",
                        str(path),
                        row,
                    )
                )
            yield row, cells


# --- workbooks --------------------------------------------------------------------------------------------------------


def _open_workbook(path: Path) -> list[TextTable]:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = archive.namelist()
        if "xl/workbook.xml" not in names:
            raise _refuse(
                path, "not-a-table", "a zip archive, but no Excel workbook: unpack it, or save it as xlsx or CSV"
            )
        if unpacked > LARGEST_WORKBOOK:
            raise _refuse(
                path, "too-large", f"the workbook unpacks to {unpacked:,} bytes; save its data sheet alone, as CSV"
            )
        # All at once: openpyxl reads a sheet from the file as it goes, and the file may be closed by then.
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
        sheets = [
            (sheet.title, [[_cell_text(c) for c in row] for row in sheet.iter_rows()]) for sheet in book.worksheets
        ]
    except InputError:
        raise
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        OSError,
        EOFError,
        TypeError,
        AttributeError,
        SyntaxError,
    ) as error:
        raise _refuse(
            path,
            "damaged",
            "the workbook is damaged or cut off: open it in Excel, let it be repaired, and save it anew",
        ) from error
    filled = [(title, _cut_blank_ends(rows)) for title, rows in sheets if any(any(row) for row in rows)]
    if not filled:
        raise _refuse(path, "empty-file", "the workbook has no filled cell")
    told = "Excel workbook" + (
        "" if path.suffix.lower() in WORKBOOK_ENDINGS else f" in spite of its ending {path.suffix}"
    )
    return [_sheet_table(path, title, rows, told, len(filled) > 1) for title, rows in filled]


def _sheet_table(path: Path, title: str, rows: list[list[str]], told: str, several: bool) -> TextTable:
    def read_rows(report: Report) -> Iterator[tuple[int, list[str]]]:
        return iter(enumerate(rows, start=1))

    file = f"{path}[{title}]" if several else str(path)
    return TextTable(file, rows[:SAMPLE_ROWS], f"{told}, sheet {shorten(title)}", read_rows)


def _cell_text(cell: Any) -> str:
    """A cell as its text; a number with a format of zeros only (an id such as 007) as it is shown."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        text = str(int(value)) if float(value).is_integer() else repr(value)
        shown = cell.number_format or ""
        return text.zfill(len(shown)) if shown and set(shown) == {"0"} else text
    return str(value)


def _cut_blank_ends(rows: list[list[str]]) -> list[list[str]]:
    """Rows without the blank cells at their right that a format alone leaves behind."""
    width = max((max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0) for row in rows), default=0)
    return [row[:width] for row in rows]


def _refuse_old_workbook(path: Path) -> InputError:
    data = path.read_bytes() if path.stat().st_size < LARGEST_WORKBOOK else b""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _refuse(path, "password", "the workbook is protected with a password: save it without one")
    return _refuse(path, "old-format", "an old Excel file (xls) or another Office document: save it as xlsx or CSV")
