"""Columns of a scored table as numbers and texts, and its notes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats
from qst.errors import OptionError
from qst.norms.zscores import transform
from qst.notes import Note, have_notes, list_notes
from qst.protocol import BY_CODE, CODES, CUT_OFF, Z_CODES, Parameter
from qst.tables import AREAS, LIMIT
from qst.vocabulary.visits import order_visits


def check_parameter(parameter: str, table: pd.DataFrame) -> None:
    """Refuse a code that is not one of the 13, or that the table does not have."""
    if parameter not in BY_CODE:
        raise OptionError(f"there is no parameter '{parameter}': choose one of {' '.join(CODES)}")
    if parameter not in table:
        raise OptionError(f"the table has no column {parameter}")


def scale_values(table: pd.DataFrame, parameter: Parameter) -> Floats:
    """A parameter's values on the scale of its norms, log10 or raw; NaN where they are missing or have no logarithm."""
    values = numbers_of(table, [parameter.code])[:, 0]
    values = np.abs(values) if parameter.is_distance else values
    unusable = parameter.scale == "log10" and values <= 0
    return transform(parameter.code, np.where(unusable, np.nan, values))


def numbers_of(scored: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """The columns as numbers, shape (rows, columns); NaN where missing."""
    return np.column_stack([_read_numbers(scored, column) for column in columns])


def _read_numbers(scored: pd.DataFrame, column: str) -> Floats:
    if column not in scored:
        return np.full(len(scored), np.nan)
    cells = scored[column]
    return np.asarray(cells if cells.dtype == float else pd.to_numeric(cells, errors="coerce").astype(float))


def check_scored(scored: pd.DataFrame, wanted: str) -> None:
    """Refuse a table that is not scored or has no rows; `wanted` is what the message asks for."""
    if "CDT_z" not in scored:
        raise OptionError("the table has no column CDT_z, so it is not scored: give the result of qst.score")
    if scored.empty:
        raise OptionError(f"the table has no rows: give {wanted}")


def find_limits(scored: pd.DataFrame) -> Bools:
    """Which values are at the insensitive end of the device, by finding or note. Shape (rows, parameters with z)."""
    limit = np.column_stack([np.array(texts_of(scored, f"{code}_finding")) == LIMIT for code in Z_CODES])
    return np.asarray(limit | are_at_limit(scored, Z_CODES))


def are_at_limit(table: pd.DataFrame, codes: Sequence[str]) -> Bools:
    """Which values are at the insensitive end of the device by the notes. Shape (rows, codes)."""
    if "notes" not in table:
        return np.zeros((len(table), len(codes)), dtype=bool)
    return have_notes(table["notes"], "at_limit", codes)


def find_notes(table: pd.DataFrame, code: str) -> list[Note]:
    """The different notes of a code on the rows of a table, in alphabetical order; none where it has no notes."""
    return list_notes(table["notes"], code) if "notes" in table else []


def list_visits(scored: pd.DataFrame) -> list[str]:
    """The visits as text, in order of time if their names show it, otherwise in order of appearance."""
    visits = list(dict.fromkeys(texts_of(scored, "visit")))
    return order_visits(visits) or visits


def rank_area(area: str | None) -> int:
    """Position of an area in an order: test areas first, then control areas, then others."""
    return AREAS.index(area) if area in AREAS else len(AREAS)


def find_cut_off(scored: pd.DataFrame) -> float:
    """The cut-off with which the rows were scored, by their notes."""
    notes = find_notes(scored, "cut_off")
    return float(notes[0].detail) if notes else CUT_OFF


def texts_of(table: pd.DataFrame, column: str) -> list[str]:
    """The column as texts; empty where missing."""
    if column not in table:
        return [""] * len(table)
    return ["" if pd.isna(cell) else str(cell) for cell in table[column].tolist()]


def distinct_texts(table: pd.DataFrame, column: str) -> list[str]:
    """The different texts of the column in order of appearance, without empty ones."""
    return [text for text in dict.fromkeys(texts_of(table, column)) if text]


def count(number: int, word: str, plural: str | None = None) -> str:
    """A number with its noun: 1 person, 2 people."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
