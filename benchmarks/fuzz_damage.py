"""Damage for `fuzz_loaders.py`: bytes, cells, rows, columns, headers and parts of workbooks, by chance."""

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Grid = list[list[str]]
NASTY = (
    *("", " ", "\u00a0", "\x00", '"', '""', 'a "b" c', "'", "a\nb", "a\rb", "\r\n", "\n", "\t", ",", ";", "|", "\x1a"),
    *("-", "+", ".", "e", "1e999", "-1e999", "1e308", "-1e308", "1e-320", "9" * 400, "0" * 50, "-0", "1e", "0x10"),
    *("NaN", "nan", "inf", "-inf", "Infinity", "None", "NA", "n/a", "#N/A", "#DIV/0!", "TRUE", "999", "-99", "9999"),
    *("=cmd|' /C calc'!A0", "'=1+1", "@SUM(A1)", "+49 761", "-cmd", "1_000", "1,5", "1.5", "1.000,5", "1,000.5"),
    *("µ", "ä", "é", "−1", "１２", "٣", "²", "½", "😀", "e\u0301", "\u202e", "\u2028", "\x85", "\x1c", "\ufeff", "İ"),
    *("12.03.2024", "2024-03-12", "2024-03-12 00:00:00", "34 years", "43.1 °C", "43.1*", "<1", "> 3", "4 3", "x" * 999),
    *("female", "m", "1", "0", "2", "left", "hand", "back", "test", "warm", "train", "yes", "CDT", "PPT", "no", "nein"),
)
HEADERS = (
    *(
        "",
        " ",
        "subject",
        "ID",
        "visit",
        "age",
        "Alter",
        "sex",
        "sex_m1",
        "sex (1=f, 2=m)",
        "site",
        "1hand2foot",
        "side",
    ),
    *("area", "baseline", "parameter", "series", "stimulus", "value", "unit", "keep", "notes", "birth date"),
    *("CDT", "CDT_diff", "WDT (absolute)", "HPT [°F]", "PPT [N/cm2]", "PPT_z", "MPT", "MPS", "VDT [µm]", "PHS", "DMA"),
    *("source_row", "source_file", "column_1", "age_input", "reference_set", "CDT_finding", "loga", "n_gain", "index"),
    *("y" * 300, "\x00", "a\nb", "[", "()", "=1+1", "HPT [", "HPT []", "HPT (?)", "_", "Ω", "0", "1.5"),
    *("PPT_left", "PPT_right", "CDT control", "HPT_pre", "HPT_t1", "HPT_1", "HPT_2", "HPT_3", "WUR_train_1", "PPT_4"),
)
XML = (
    *(
        b"",
        b"<",
        b"&",
        b"&bad;",
        b"9" * 400,
        b"9" * 5000,
        b"1e999",
        b"NaN",
        b"-1",
        b"99999999",
        b"1e308",
        b"A0",
        b"ZZZZ9",
    ),
    *(b"A1048577", b"XFD1048576", b"s", b"d", b"n", b"e", b"b", b"str", b"inlineStr", b"\x00", b"true"),
)


class Source(NamedTuple):
    """A file to damage. `grid` is its cells, None where it has none."""

    name: str
    data: bytes
    grid: Grid | None


class Mutant(NamedTuple):
    """A damaged file, and the name it gets."""

    name: str
    data: bytes


def write_text(grid: Grid, separator: str, line_end: str = "\n", quoted: bool = True) -> str:
    """Cells as delimited text; without quotes, whatever they hold, if that is wanted."""
    if not quoted:
        return "".join(separator.join(row) + line_end for row in grid)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(grid)
    return text.getvalue()


def write_workbook(grid: Grid, numbers: bool = True) -> bytes:
    """Cells as a workbook, in which numbers are numbers if that is wanted."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in grid:
        texts = [ILLEGAL_CHARACTERS_RE.sub("", cell)[:32_767] for cell in row]
        sheet.append([float(text) if numbers and re.fullmatch(r"-?\d{1,9}(\.\d+)?", text) else text for text in texts])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def make_mutant(source: Source, random: Random) -> Mutant:
    """A damaged file, decided by the random numbers alone."""
    kind = random.random()
    if source.data.startswith(b"PK") and kind < 0.5:
        data = damage_parts(source.data, random) if kind < 0.35 else damage_bytes(source.data, random)
        return Mutant("mutant.xlsx", data)
    if source.grid is None or kind < 0.3:
        return Mutant("mutant.csv", damage_bytes(source.data, random))
    grid = [list(row) for row in source.grid]
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        random.choice(GRID_DAMAGE)(grid, random)
    if random.random() < (0.6 if source.data.startswith(b"PK") else 0.05):
        return Mutant("mutant.xlsx", write_workbook(grid, random.random() < 0.5))
    quoted, line_end = random.random() < 0.6, random.choice(("\n", "\n", "\r\n", "\r"))
    text = write_text(grid, random.choice(",,,;;\t|"), line_end, quoted)
    encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"))
    return Mutant("mutant.csv", text.encode(encoding, "replace"))


def damage_bytes(data: bytes, random: Random, times: tuple[int, ...] = (1, 1, 2, 5, 20)) -> bytes:
    """Bytes flipped, replaced, inserted, cut out, doubled, moved or cut off."""
    damaged = bytearray(data)
    for _ in range(random.choice(times)):
        place, length = random.randrange(len(damaged) + 1), random.choice((1, 1, 2, 7, 40))
        piece = damaged[place : place + length]
        match random.randrange(8):
            case 0:
                damaged[place : place + 1] = bytes(byte ^ 1 << random.randrange(8) for byte in piece[:1])
            case 1:
                damaged[place : place + 1] = random.choice((b"\x00", b"\xff", b"\xa0", b'"', b"\n", b"\r", b",", b";"))
            case 2:
                damaged[place:place] = random.randbytes(length)
            case 3:
                damaged[place:place] = random.choice(NASTY).encode()
            case 4:
                del damaged[place : place + length]
            case 5:
                damaged[place:place] = piece * random.choice((1, 2, 100))
            case 6:
                del damaged[place : place + length]
                other = random.randrange(len(damaged) + 1)
                damaged[other:other] = piece
            case _ if random.random() < 0.3:
                del damaged[place:]
    return bytes(damaged)


def damage_parts(data: bytes, random: Random) -> bytes:
    """Parts of a workbook damaged, left out, doubled, emptied, or with other words and numbers in their XML."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # noqa: BLE001 (broken on purpose)
        parts = []
    if not parts:
        return damage_bytes(data, random)
    sheets = [number for number, (name, _) in enumerate(parts) if "sheet" in name or "workbook" in name]
    for _ in range(random.choice((1, 1, 2, 4))):
        number = random.choice(sheets if sheets and random.random() < 0.6 else range(len(parts)))
        name, part = parts[number]
        match random.randrange(6):
            case 0:
                parts[number] = (name, damage_bytes(part, random))
            case 1:
                parts[number] = (name, b"")
            case 2:
                parts[number] = (random.choice((name + "x", "xl/workbook.xml", "../x", name.upper())), part)
            case _:
                anything = rb'(?<=")[^"<>]*(?=")|(?<=>)[^<>]+(?=<)|<[^<>]*>'
                places_and_values = rb'(?<= r=")[^"]*(?=")|(?<=<v>)[^<]*(?=</v>)'
                marks = list(re.finditer(random.choice((anything, places_and_values)), part))
                if marks:
                    mark = random.choice(marks)
                    parts[number] = (name, part[: mark.start()] + random.choice(XML) + part[mark.end() :])
    if random.random() < 0.1:
        del parts[random.randrange(len(parts))]
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of two parts with one name, which are meant
        for name, part in parts:
            archive.writestr(name, part)
    return packed.getvalue()


def _cell(grid: Grid, random: Random) -> tuple[list[str], int]:
    row = random.choice([row for row in grid if row] or [[""]])
    return row, random.randrange(len(row))


def _replace_cells(grid: Grid, random: Random) -> None:
    for _ in range(random.choice((1, 1, 3, 10))):
        row, column = _cell(grid, random)
        row[column] = "z" * 140_000 if random.random() < 0.003 else random.choice(NASTY)


def _extend_cell(grid: Grid, random: Random) -> None:
    row, column = _cell(grid, random)
    row[column] = random.choice((row[column] + random.choice(NASTY), random.choice(NASTY) + row[column]))


def _swap_cells(grid: Grid, random: Random) -> None:
    (one, here), (other, there) = _cell(grid, random), _cell(grid, random)
    one[here], other[there] = other[there], one[here]


def _move_cell(grid: Grid, random: Random) -> None:
    (one, here), (other, there) = _cell(grid, random), _cell(grid, random)
    cell = one.pop(here) if one else ""
    other.insert(there, cell)


def _fill_column(grid: Grid, random: Random) -> None:
    column, texts = random.randrange(max(1, *map(len, grid), 1)), random.choices(NASTY, k=random.choice((1, 2, 5)))
    for row in grid[1:]:
        if column < len(row):
            row[column] = random.choice(texts)


def _cut_column(grid: Grid, random: Random) -> None:
    column = random.randrange(max(map(len, grid), default=0) + 1)
    for row in grid:
        del row[column : column + 1]


def _double_column(grid: Grid, random: Random) -> None:
    column, place = (random.randrange(max(map(len, grid), default=0) + 1) for _ in range(2))
    for row in grid:
        row[place:place] = row[column : column + 1]


def _order_columns(grid: Grid, random: Random) -> None:
    order = list(range(max(map(len, grid), default=0)))
    random.shuffle(order)
    grid[:] = [[row[column] for column in order if column < len(row)] for row in grid]


def _change_header(grid: Grid, random: Random) -> None:
    for _ in range(random.choice((1, 1, 2, 5))):
        row = grid[0] if grid and random.random() < 0.9 else random.choice(grid or [[""]])
        if row:
            row[random.randrange(len(row))] = random.choice(HEADERS)


def _drop_rows(grid: Grid, random: Random) -> None:
    place = random.randrange(len(grid) + 1)
    del grid[place : place + random.choice((1, 1, 3, 100))]


def _double_rows(grid: Grid, random: Random) -> None:
    place = random.randrange(len(grid) + 1)
    rows = grid[place : place + random.choice((1, 1, 3))]
    other = random.choice((place, random.randrange(len(grid) + 1)))
    grid[other:other] = [list(row) for row in rows * random.choice((1, 1, 3))]


def _insert_row(grid: Grid, random: Random) -> None:
    row = random.choice(([], [""], ["", "", ""], ["note"], ["title", "x"], random.choices(NASTY, k=12), list(HEADERS)))
    place = random.randrange(len(grid) + 1)
    grid[place:place] = [list(row) for _ in range(random.choice((1, 1, 2, 12)))]


def _cut_rows(grid: Grid, random: Random) -> None:
    for row in random.sample(grid, min(len(grid), random.choice((1, 1, 2, 50)))):
        del row[random.randrange(len(row) + 1) :]


def _lengthen_rows(grid: Grid, random: Random) -> None:
    for row in random.sample(grid, min(len(grid), random.choice((1, 1, 2, 50)))):
        row.extend(random.choices(NASTY, k=random.choice((1, 2, 30))))


GRID_DAMAGE: tuple[Callable[[Grid, Random], None], ...] = (
    *(_replace_cells, _replace_cells, _extend_cell, _swap_cells, _move_cell, _fill_column, _cut_column, _double_column),
    *(_order_columns, _change_header, _change_header, _drop_rows, _double_rows, _insert_row, _cut_rows, _lengthen_rows),
)
