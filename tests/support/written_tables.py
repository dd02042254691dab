"""Tables as laboratories write them: what is in their cells, and how the cells are put into a file."""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import strategies as st


@dataclass(frozen=True)
class Dialect:
    """How the cells of a table are put into a file."""

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    line_end: str = "\n"
    quote_all: bool = False
    workbook: bool = False
    numbers_as_numbers: bool = False
    titles: tuple[str, ...] = ()
    blank_rows: tuple[int, ...] = ()
    templates: int = 0

    def can_hold(self, text: str) -> bool:
        """Whether the encoding, and an Excel sheet, has all letters of a text."""
        if self.workbook:
            return not re.search("[\r\ufffe\uffff]", text)
        return self.encoding != "cp1252" or bool(re.fullmatch(r"[\x09\x0a\x0d\x20-\x7eÀ-ÿ²°]*", text))


dialects = st.builds(
    Dialect,
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quote_all=st.booleans(),
    titles=st.lists(st.sampled_from(["QST of the hand", "", "Klinik; Station 3", "2024, T1"]), max_size=2).map(tuple),
    blank_rows=st.lists(st.integers(0, 11), max_size=3, unique=True).map(tuple),
    templates=st.integers(0, 2),
    workbook=st.integers(0, 4).map(lambda number: number == 0),
    numbers_as_numbers=st.booleans(),
)
AWKWARD = (
    "=1+1", "=SUM(A1:A9)", "+49 251", "-x", "@here", "-99", "NA", "007", '"', 'say "ah"', "a,b;c|d\te", "1,5", "'x'",
    "two\nlines", "two\r\nlines", " blanks ", "sehr schön", "µ ≥ 5 🙂", "\u2028x", "a\u00a0b", "true", "1e5", "''",
)  # fmt: skip
awkward_texts = st.sampled_from(AWKWARD)
any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
own_texts = st.lists(st.one_of(awkward_texts, any_text), min_size=3, max_size=8)


@dataclass
class Sheet:
    """A table as a laboratory writes it, and as it should come back."""

    header: list[str] = field(default_factory=list)
    columns: list[list[str]] = field(default_factory=list)
    expected: dict[str, list[Any]] = field(default_factory=dict)
    numeric: list[bool] = field(default_factory=list)
    subject: list[bool] = field(default_factory=list)

    def add(self, header: str, cells: list[str], *, numeric: bool = False, identifies: bool = False) -> None:
        self.header.append(header)
        self.columns.append(cells)
        self.numeric.append(numeric)
        self.subject.append(identifies)

    def shuffle(self, chance: random.Random) -> None:
        """Put the columns into another order."""
        order = list(range(len(self.header)))
        chance.shuffle(order)
        for name in ("header", "columns", "numeric", "subject"):
            setattr(self, name, [getattr(self, name)[position] for position in order])


def lay_out(sheet: Sheet, dialect: Dialect) -> tuple[list[list[str]], list[int]]:
    """All rows of the file, and the numbers of those that are data."""
    rows = [[title] for title in dialect.titles]
    rows.append(sheet.header)
    numbers = []
    for position, cells in enumerate(zip(*sheet.columns, strict=True)):
        if position in dialect.blank_rows:
            rows.append([""] * (len(cells) if position % 2 else 1))
        rows.append(list(cells))
        numbers.append(len(rows))
    template = [
        "" if numeric or subject else "x" for numeric, subject in zip(sheet.numeric, sheet.subject, strict=True)
    ]
    # Of a form, the words of the last row may stand below; neither a subject nor a value does.
    last = [cells[-1] for cells in sheet.columns]
    template = [there and text for there, text in zip(template, last, strict=True)]
    rows += [template] * dialect.templates
    return rows, numbers


def save(rows: list[list[str]], sheet: Sheet, dialect: Dialect, folder: Path) -> Path:
    if dialect.workbook:
        return _save_workbook(rows, sheet, dialect, folder / "lab.xlsx")
    must = re.compile(f'[{re.escape(dialect.separator)}"\r\n]')

    def quote(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if dialect.quote_all or must.search(cell) else cell

    path = folder / "lab.csv"
    text = dialect.line_end.join(dialect.separator.join(map(quote, row)) for row in rows) + dialect.line_end
    path.write_bytes(text.encode(dialect.encoding))
    return path


def _save_workbook(rows: list[list[str]], sheet: Sheet, dialect: Dialect, path: Path) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if not text:
                continue
            cell = page.cell(number, column)
            is_number = dialect.numbers_as_numbers and sheet.numeric[column - 1] and number > len(dialect.titles) + 1
            if is_number and re.fullmatch(r"-?\d+(\.\d+)?", text.strip()):
                cell.value = float(text)
            else:
                cell.value = text
                cell.data_type = "s"
    book.save(path)
    return path
