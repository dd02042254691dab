"""Entry forms as people fill them in, for the tests of their writer and their reader."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from qst.entry_form.layout import Trial, lay_out
from qst.entry_form.writing import fill_form, make_form, save_form

WHO = {"subject": "007", "visit": "2", "age": 45.5, "sex": "female", "site": "hand", "side": "left"}
LIMITS = {
    "CDT": (0, 30.4), "WDT": (32.1, 50), "TSL": (0, 50), "CPT": (0, 32), "HPT": (32, 50), "MDT": (0.25, 512),
    "MPT": (8, 512), "MPS": (0, 100), "DMA": (0, 100), "WUR": (0, 100), "VDT": (0, 8), "PPT": (110, 1000),
}  # fmt: skip
"""What the tests write into the cells, in the unit of the form."""

Entries = dict[tuple[str, int, str], float | str]


def trials_of(area: str = "test") -> tuple[Trial, ...]:
    return lay_out(area, "en").trials


def place_of(code: str, series: int = 1, stimulus: str = "", area: str = "test") -> str:
    return str(next(trial.place for trial in trials_of(area) if trial[1:] == (code, series, stimulus)))


def make_entries(start: float = 0.5) -> Entries:
    """A number for each cell, all different within a test as far as possible."""
    entries: Entries = {}
    for number, trial in enumerate(trials_of()):
        low, high = LIMITS.get(trial.code, (0, 1))
        share = (start + 0.37 * number) % 1
        entries[trial[1:]] = round(low + share * (high - low), 2) if trial.code != "PHS" else ("yes", "no")[number % 2]
    return entries


def write_filled(path: Path, language: str = "en", **areas: tuple[dict[str, Any], Entries]) -> Path:
    book = make_form(language)
    for area, (about, entries) in areas.items():
        fill_form(book, area, language, about, entries)
    save_form(book, path)
    return path


def write_full(folder: Path) -> Path:
    """A form with every cell of the test area filled, and the control area not measured."""
    return write_filled(folder / "filled.xlsx", test=(WHO, make_entries()))


def edit(path: Path, cells: dict[str, Any], sheet: str = "Test area") -> Path:
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        book[sheet][cell] = value
    book.save(path)
    return path


def as_entries(table: pd.DataFrame) -> dict[tuple[str, int, str], float]:
    keys = zip(table["parameter"], table["series"].astype(int), table["stimulus"].fillna(""), strict=True)
    return dict(zip(keys, table["value"], strict=True))


def write_both(path: Path, **control: Any) -> Path:
    """A form with one trial in each area; `control` are entries of the control area's head."""
    one: Entries = {("HPT", 1, ""): 44.0}
    return write_filled(path, test=(WHO, one), control=({"side": "right", **control}, one))
