"""Delimited text: encoding, separator and records of CSV, TSV and similar files."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from qst.loaders.files import text_table as texts
from qst.loaders.files.text_table import (
    HEADER_AMONG,
    LONGEST_HEADER,
    SAMPLE_ROWS,
    WORKBOOK_ENDINGS,
    Block,
    Record,
    TextTable,
    name_file,
    refuse,
)
from qst.problems import OnProblem, make_problem
from qst.vocabulary.headers import count_known_names

if TYPE_CHECKING:
    from pandas.io.parsers import TextFileReader

SAMPLE_CHARACTERS = 65_536

LONGEST_HEADER_ROW = 1_000_000
"""Characters of a first row that are read to find the separator."""

MOST_COLUMNS = 16_384
"""Columns of an Excel sheet."""

SEPARATORS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar"}

LONGEST_CELL = csv.field_size_limit()
"""Characters (131,072): a longer cell means a missing quotation mark or damage."""

END_OF_FILE_MARK = "\x1a"
"""DOS wrote it after the last line; it is not a row."""


def _decode_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are not UTF-8, as Windows-1252, so that every line of a file with both is read correctly."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("qst-windows-1252", _decode_windows_1252)


class Encoding(NamedTuple):
    """How the bytes of a file become text.

    Attributes
    ----------
    name : str
        Python's name.
    description : str
        For the user.
    plain : bool
        Whether the text has no quotes, no NUL and the usual line ends, so that the fast parser can read it.
    mixed_row : int or None
        First line that is not UTF-8 in a file that is UTF-8 elsewhere.
    """

    name: str
    description: str
    plain: bool
    mixed_row: int | None = None


def open_delimited(path: Path, head: bytes) -> TextTable:
    """A text file as a table; `head` are its first bytes."""
    encoding = _find_encoding(path, head)
    separator, preview = _find_separator(path, encoding.name)
    is_short = len(head) < texts.SHORT_FILE
    understood = [encoding.description, f"{SEPARATORS[separator]}-separated"]
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        understood.append(f"text in spite of its ending {path.suffix}")

    def read_rows(on_problem: OnProblem) -> Iterator[Record]:
        if encoding.mixed_row is not None:
            on_problem(make_problem("mixed-encodings", file=name_file(path), row=encoding.mixed_row))
        return _read_records(path, encoding.name, separator, on_problem)

    @cache  # a table is read twice, but checked once
    def is_regular(header_row: int, width: int) -> bool:
        return encoding.plain and _is_regular(path, encoding.name, separator, header_row, width)

    def read_plain(header_row: int, width: int) -> Iterator[Block] | None:
        if is_short or not is_regular(header_row, width):
            return None
        return _read_plain_blocks(path, encoding.name, separator, header_row)

    return TextTable(name_file(path), preview, ", ".join(understood), read_rows, read_plain, path)


def _find_encoding(path: Path, head: bytes) -> Encoding:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding("utf-16", "UTF-16", False)
    if b"\x00" in head:
        raise refuse(path, "not-a-table", "nul-bytes")
    plain = True
    last = ""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            while text := file.read(LONGEST_CELL):
                plain = plain and not ('"' in text or "\x00" in text or END_OF_FILE_MARK in text or "\n" not in text)
                ends = (last + text).removesuffix("\r").replace("\r\n", "")
                plain = plain and "\r" not in ends
                last = text[-1]
    except UnicodeDecodeError:
        return _describe_broken_utf8(path)
    if head.startswith(codecs.BOM_UTF8):
        return Encoding("utf-8-sig", "UTF-8 with BOM", plain)
    return Encoding("utf-8", "UTF-8", plain)


def _describe_broken_utf8(path: Path) -> Encoding:
    """Windows-1252, or UTF-8 with some lines of Windows-1252."""
    first_other, any_utf8 = None, False
    with path.open("rb") as file:
        for row, line in enumerate(file, start=1):
            try:
                any_utf8 |= not line.decode("utf-8").isascii()
            except UnicodeDecodeError:
                first_other = first_other or row
    if any_utf8:
        return Encoding("utf-8-sig", "UTF-8 with rows of Windows-1252", False, first_other)
    return Encoding("utf-8-sig", "Windows-1252 (it is not UTF-8; check letters such as ä, é, µ)", False)


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    errors = "qst-windows-1252" if encoding.startswith("utf-8") else "replace"
    return path.open(encoding=encoding, newline="", errors=errors)


def _find_separator(path: Path, encoding: str) -> tuple[str, list[list[str]]]:
    """The separator that makes the most regular table of the first rows, and those rows."""
    with _open(path, encoding) as file:
        sample = file.read(SAMPLE_CHARACTERS)
        if len(sample) == SAMPLE_CHARACTERS and not sample.strip("\r\n").count("\n"):
            sample += file.readline(LONGEST_HEADER_ROW)
    lines = list(io.StringIO(sample, newline=""))
    if len(sample) >= SAMPLE_CHARACTERS and len(lines) > 1:
        lines = lines[:-1]  # it may be cut off
    absent = [separator for separator in SEPARATORS if separator not in sample][1:]  # one is kept: all give the same
    parsed = {separator: _parse_sample(lines, separator) for separator in SEPARATORS if separator not in absent}
    best = max(parsed, key=lambda separator: _rate_table(parsed[separator]))
    if not any(any(row) for row in parsed[best]):
        raise refuse(path, "not-a-table", "no-rows")
    width = max(map(len, parsed[best]))
    if width > MOST_COLUMNS:
        more = " or more" if len(sample) >= SAMPLE_CHARACTERS + LONGEST_HEADER_ROW else ""
        raise refuse(path, "too-wide", columns=f"{width:,}{more}", most=MOST_COLUMNS)
    _refuse_another_separator(path, best, parsed)
    return best, parsed[best]


def _parse_sample(lines: list[str], separator: str) -> list[list[str]]:
    try:
        return list(islice(csv.reader(lines, delimiter=separator), SAMPLE_ROWS))
    except csv.Error:
        return []


def _rate_table(rows: list[list[str]]) -> tuple[int, float]:
    """How good a table a separator makes: known names in one row, then regularity and width."""
    widths = [len(row) for row in rows if any(row)]
    if not widths:
        return (-1, 0.0)
    known = max(count_known_names(_drop_undivided(row)) for row in rows[:HEADER_AMONG])
    commonest = max(set(widths), key=lambda width: (widths.count(width), width))
    regularity = widths.count(commonest) / len(widths)
    header = len(next(row for row in rows if any(row)))  # without decimals, so its width shows the separator
    return (known, regularity * (commonest - 1) ** 0.5 + header)


def _drop_undivided(row: list[str]) -> list[str]:
    """The cells of a row that are short enough for a name, and not a whole row that was not divided."""
    if len(row) == 1 and any(separator in row[0] for separator in SEPARATORS):
        return []
    return [cell for cell in row if len(cell) < LONGEST_HEADER]


def _refuse_another_separator(path: Path, separator: str, parsed: dict[str, list[list[str]]]) -> None:
    """Refuse a file whose rows have a different separator from its header."""
    filled = [number for number, row in enumerate(parsed[separator]) if any(row)]
    header, below = filled[0], filled[1:]
    width = len(parsed[separator][header])
    if width == 1 or not below or any(len(parsed[separator][row]) > 1 for row in below):
        return
    for other, rows in parsed.items():
        if other != separator and len(rows) > below[0] and len(rows[below[0]]) > 1:
            own, row = SEPARATORS[separator], below[0] + 1
            raise refuse(path, "separator-differs", row=row, header=own, rows=SEPARATORS[other])


def _is_regular(path: Path, encoding: str, separator: str, header_row: int, width: int) -> bool:
    """Whether every line below the header has as many cells as the header, and none is far too long."""
    with _open(path, encoding) as file:
        lines = islice(file, header_row, None)
        return all(line.count(separator) == width - 1 and len(line) <= LONGEST_CELL for line in lines)


def _read_plain_blocks(path: Path, encoding: str, separator: str, header_row: int) -> Iterator[Block]:
    """The rows below the header, read by the parser of pandas, which is fast and needs a regular table."""
    row = header_row
    try:
        chunks = _open_chunks(path, encoding, separator, header_row)
    except pd.errors.EmptyDataError:
        return  # nothing but a header
    with chunks:
        for chunk in chunks:
            columns = [chunk[column].to_numpy(dtype=object) for column in chunk]
            yield Block(np.arange(row + 1, row + 1 + len(chunk)), columns)
            row += len(chunk)


def _open_chunks(path: Path, encoding: str, separator: str, header_row: int) -> "TextFileReader":
    return pd.read_csv(
        path,
        sep=separator,
        encoding=encoding,
        header=None,
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        skiprows=header_row,
        skip_blank_lines=False,
        chunksize=texts.BLOCK_ROWS,
    )


class _Lines:
    """Lines of a file; those of the current record can be inspected."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.current: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.current.append(line)
        return line


def _read_records(path: Path, encoding: str, separator: str, on_problem: OnProblem) -> Iterator[Record]:
    """All records with their numbers; one that cannot be read is reported, and reading continues."""
    with _open(path, encoding) as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=separator)
        row = usual = 0
        while True:
            row += 1
            lines.current.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                last = row + len(lines.current) - 1
                lost = make_problem("cell-too-long", file=name_file(path), row=row, last=last, longest=LONGEST_CELL)
                on_problem(lost)
                row = last  # so that the next rows have the numbers that an editor shows
                continue
            usual = max(usual, len(cells)) if row <= SAMPLE_ROWS else usual
            if len(lines.current) > 1 and _hides_rows(lines.current, cells, separator, usual):
                last = row + len(lines.current) - 1
                on_problem(make_problem("quote-not-closed", file=name_file(path), row=row, last=last))
            if any(cell != END_OF_FILE_MARK for cell in cells):
                yield row, cells


def _hides_rows(lines: list[str], cells: list[str], separator: str, usual: int) -> bool:
    """Whether a record of several lines has lost a quotation mark: their number is odd, or a cell contains a row."""
    if sum(line.count('"') for line in lines) % 2:
        return True
    within = [line for cell in cells if "\n" in cell for line in cell.splitlines()]
    return any(line.count(separator) >= max(2, usual // 2) for line in within)
