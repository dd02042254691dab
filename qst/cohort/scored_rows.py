"""Columns of a scored table as numbers and texts, and what its notes say."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats
from qst.errors import OptionError
from qst.norms.zscores import transform
from qst.protocol import BY_CODE, CODES, CUT_OFF, Z_CODES, Parameter
from qst.tables import AREAS, LIMIT
from qst.vocabulary.visits import order_visits


def check_parameter(parameter: str, table: pd.DataFrame) -> None:
    """Refuse a code that is none of the 13, or that the table has not."""
    if parameter not in BY_CODE:
        raise OptionError(f"there is no parameter '{parameter}': choose one of {' '.join(CODES)}")
    if parameter not in table:
        raise OptionError(f"the table has no column {parameter}")


def scale_values(table: pd.DataFrame, parameter: Parameter) -> npt.NDArray[np.float64]:
    """A parameter's values on the scale of its norms, log10 or raw; NaN for those that are missing or have no log."""
    values = numbers_of(table, [parameter.code])[:, 0]
    values = np.abs(values) if parameter.is_distance else values
    unusable = parameter.scale == "log10" and values <= 0
    return transform(parameter.code, np.where(unusable, np.nan, values))


def numbers_of(scored: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """The columns as numbers, shape (rows, columns); NaN where they are missing."""
    return np.column_stack([_read_numbers(scored, column) for column in columns])


def _read_numbers(scored: pd.DataFrame, column: str) -> Floats:
    if column not in scored:
        return np.full(len(scored), np.nan)
    cells = scored[column]
    return np.asarray(cells if cells.dtype == float else pd.to_numeric(cells, errors="coerce").astype(float))


def check_scored(scored: pd.DataFrame, wanted: str) -> None:
    """Refuse a table that is not scored or has no rows; `wanted` says what to give."""
    if "CDT_z" not in scored:
        raise OptionError("the table has no column CDT_z, so it is not scored: give the result of qst.score")
    if scored.empty:
        raise OptionError(f"the table has no rows: give {wanted}")


def find_limits(scored: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which values lie at the insensitive end of the device, by finding or note. Shape (rows, parameters with z)."""
    limit = np.column_stack([np.array(texts_of(scored, f"{code}_finding")) == LIMIT for code in Z_CODES])
    return np.asarray(limit | are_at_limit(scored, Z_CODES))


def are_at_limit(table: pd.DataFrame, codes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether the notes say that a parameter lies at the insensitive end of the device. Shape (rows, codes)."""
    notes = [set(text.split(";")) for text in texts_of(table, "notes")]
    said = np.array([[f"at_limit:{code}" in items for code in codes] for items in notes], dtype=bool)
    return said.reshape(len(table), len(codes))


def find_notes(table: pd.DataFrame, name: str) -> list[str]:
    """What stands behind the name of a note, as `ours` in `phenotypes:ours`: each once, in order of the alphabet."""
    notes = {item for text in set(texts_of(table, "notes")) for item in text.split(";")}
    return sorted(item.partition(":")[2] for item in notes if item.startswith(f"{name}:"))


def list_visits(scored: pd.DataFrame) -> list[str]:
    """The visits as text, in the order of time where their names show it, else as they appear."""
    visits = list(dict.fromkeys(texts_of(scored, "visit")))
    return order_visits(visits) or visits


def rank_area(area: str | None) -> int:
    """Test areas come first, then control areas, then others."""
    return AREAS.index(area) if area in AREAS else len(AREAS)


def find_cut_off(scored: pd.DataFrame) -> float:
    """The cut-off the rows were scored with, as their notes say."""
    told = find_notes(scored, "cut_off")
    return float(told[0]) if told else CUT_OFF


def texts_of(table: pd.DataFrame, column: str) -> list[str]:
    """The column as text; empty where it is missing."""
    if column not in table:
        return [""] * len(table)
    return ["" if pd.isna(cell) else str(cell) for cell in table[column].tolist()]


def distinct_texts(table: pd.DataFrame, column: str) -> list[str]:
    """The different texts of the column, as they appear, without empty ones."""
    return [text for text in dict.fromkeys(texts_of(table, column)) if text]


def count(number: int, word: str, plural: str | None = None) -> str:
    """A number with its word: 1 person, 2 people."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
