"""Tables of text, read in blocks of rows, so that the memory needed does not depend on the size of a file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from qst.arrays import Texts
from qst.errors import InputError
from qst.problems import OnProblem, Problem, cut_text, make_problem

BLOCK_ROWS = 100_000

SHORT_FILE = 65_536
"""Bytes below which the fast parser takes longer to start than the other to read; at most the size of a file's head."""

SAMPLE_ROWS = 50

HEADER_AMONG = 10
"""Rows at the top of a table among which the header is searched for."""

LONGEST_HEADER = 100
"""A longer text is not the name of a column of ours."""

TEXT_ENDINGS = (".csv", ".tsv", ".txt")

WORKBOOK_ENDINGS = (".xlsx", ".xlsm")

PARQUET_ENDINGS = (".parquet",)

Record = tuple[int, list[str]]
"""Row number in the file, and cells."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table: their numbers in the file, and their cells by column.

    Where rows were unfolded, `headers` has the file's own header of each cell of some columns, by position.
    """

    rows: npt.NDArray[np.int64]
    columns: list[Texts]
    headers: Mapping[int, Texts] = field(default_factory=dict)

    def select(self, kept: npt.NDArray[np.bool_]) -> "Block":
        """The rows where `kept` is true."""
        if kept.all():
            return self
        headers = {position: texts[kept] for position, texts in self.headers.items()}
        return Block(self.rows[kept], [column[kept] for column in self.columns], headers)


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table of a file, as text.

    Attributes
    ----------
    file : str
        File as the user named it, with the sheet if the workbook has several.
    preview : list of list of str
        The first rows, among which the header is searched for.
    understood : str
        How the bytes were read, for the user.
    read_rows : callable
        Yields all records as (row number, cells), and reports those that cannot be read.
    read_plain : callable, optional
        For text without quotes: yields the rows below a header row in blocks, fast; None where any row is not as wide
        as the header.
    path : Path, optional
        Where the file is; other files of the measurement may be next to it.
    sheet : str, optional
        Title of the sheet of a workbook.
    header_row : int, optional
        Row of the header, where it is known; then it is the first row of `preview`.
    thermal : {"absolute", "difference"}, optional
        Whether CDT and WDT are temperatures or distances from baseline, where the format defines it.
    noted : bool
        Whether its column `notes` contains codes of `qst.notes.NOTES` that its reader set.
    format : str
        Which reader arranged it and why, for the user.
    source : TextTable, optional
        The table in the file from which this one was arranged.
    remarks : tuple of str
        What was taken from elsewhere than the cells, or left out; lines for the user.
    ignored : tuple of str
        Headers that are known not to mean what their name suggests.
    canonical : tuple of str
        Our columns of a table that this program wrote, with exactly these names and in our units.
    header : object
        What the header was recognised as (`qst.loaders.headers.columns.Header`), where that was looked up already: it
        is handed on here, and not read by anything in this folder.
    """

    file: str
    preview: list[list[str]]
    understood: str
    read_rows: Callable[[OnProblem], Iterator[Record]]
    read_plain: Callable[[int, int], Iterator[Block] | None] = lambda _row, _width: None
    path: Path | None = None
    sheet: str | None = None
    header_row: int | None = None
    thermal: Literal["absolute", "difference"] | None = None
    noted: bool = False
    format: str = ""
    source: "TextTable | None" = None
    remarks: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()
    header: object = None

    def read_blocks(self, header_row: int, width: int, on_problem: OnProblem) -> Iterator[Block]:
        """Rows below the header in blocks. Blank rows are left out; rows that do not fit the header are reported."""
        plain_blocks = self.read_plain(header_row, width)
        if plain_blocks is not None:
            for plain in plain_blocks:
                yield plain.select(~np.all([column == "" for column in plain.columns], axis=0))
            return
        records = ((row, cells) for row, cells in self.read_rows(on_problem) if row > header_row)
        while block := list(islice(records, BLOCK_ROWS)):
            fitting = [
                (row, _fit(self.file, row, cells, width, on_problem))
                for row, cells in block
                if any(map(str.strip, cells))
            ]
            kept = [(row, cells) for row, cells in fitting if cells is not None]
            columns = [np.array(column, dtype=object) for column in zip(*(cells for _, cells in kept), strict=True)]
            if kept:
                yield Block(np.array([row for row, _ in kept], dtype=np.int64), columns)


@dataclass(frozen=True, slots=True)
class RearrangedTable(TextTable):
    """A table whose blocks are rearranged as they are read: columns added, rows unfolded or left out.

    Attributes
    ----------
    source : TextTable
    source_width : int
        Columns of the source.
    rearrange : callable
        Turns a block of the source into one of this table; rows keep their numbers.
    """

    source: TextTable = field(kw_only=True)
    source_width: int = field(kw_only=True)
    rearrange: Callable[[Block], Block] = field(kw_only=True)

    def read_blocks(self, header_row: int, width: int, on_problem: OnProblem) -> Iterator[Block]:
        """Rows below the header, each as the rows that it was rearranged into; these have its number."""
        for block in self.source.read_blocks(header_row, self.source_width, on_problem):
            yield self.rearrange(block)


def rearrange_table(
    source: TextTable,
    header_row: int,
    header: list[str],
    source_width: int,
    rearrange: Callable[[Block], Block],
    *,
    understood: str = "",
    remarks: Sequence[str] = (),
) -> RearrangedTable:
    """A table with another header, whose blocks come from another table."""
    return RearrangedTable(
        source.file,
        [header],
        f"{source.understood}, {understood}" if understood else source.understood,
        source.read_rows,
        path=source.path,
        sheet=source.sheet,
        header_row=header_row,
        thermal=source.thermal,
        noted=source.noted,
        format=source.format,
        remarks=(*source.remarks, *remarks),
        ignored=source.ignored,
        canonical=source.canonical,
        source=source,
        source_width=source_width,
        rearrange=rearrange,
    )


def _fit(file: str, row: int, cells: list[str], width: int, on_problem: OnProblem) -> list[str] | None:
    """The cells of a row, as many as the table has columns; None, and a problem, where there are more."""
    if len(cells) == width:
        return cells
    if len(cells) < width:
        on_problem(row_too_short(file, row, len(cells), width))
        return cells + [""] * (width - len(cells))
    if not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    excess = cut_text(cells[width])
    on_problem(make_problem("row-too-long", file=file, row=row, value=excess, cells=len(cells), width=width))
    return None


def row_too_short(file: str, row: int, cells: int, width: int) -> Problem:
    """The problem of a row with fewer cells than the header."""
    return make_problem("row-too-short", file=file, row=row, cells=cells, width=width)


def name_file(path: Path) -> str:
    """A path as text that can be printed and written, whatever bytes it has."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def refuse(path: Path, code: str, message: str = "", /, *, row: int | None = None, **details: Any) -> InputError:
    """The error of a file that cannot be used at all; `message` names the template, `details` fill it."""
    return InputError(make_problem(code, message, file=name_file(path), row=row, **details))
