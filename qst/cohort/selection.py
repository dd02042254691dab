"""Which rows a figure of a cohort shows, and the groups they form."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.cohort.scored_rows import texts_of
from qst.errors import OptionError
from qst.protocol import CODES

ALL = "all"

MOST_GROUPS = 6
"""Groups that a figure can keep apart: one colour and one shape each (a test holds it equal to the colours)."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows of a table by group: the group of each row (empty where it has none), and the groups as they appear."""

    of_row: npt.NDArray[np.object_]
    names: list[str]
    left_out: int


def select_area(table: pd.DataFrame, area: str) -> pd.DataFrame:
    """Rows of one area; those without an area count as test areas, as laboratories with one area name none.

    Raises
    ------
    OptionError
        No row has that area; the text names those there are.
    """
    if area == ALL:
        return table
    areas = np.array([text or "test" for text in texts_of(table, "area")], dtype=object)
    shown: pd.DataFrame = table[areas == area]
    if shown.empty:
        there = ", ".join(sorted(set(areas.tolist()))) or "no rows"
        raise OptionError(f"no row has the area '{area}': the table has {there}; or choose all")
    return shown


def select_groups(table: pd.DataFrame, by: str | None, area: str) -> tuple[pd.DataFrame, Groups]:
    """Rows of one area (of all, where areas are the groups), and their groups by the column `by`.

    Without `by`, all people are one group. Rows without a name are in none; the notes of the groups count them.

    Raises
    ------
    OptionError
        As `select_area`; or the column is not there, is empty, or names more groups than can be told apart.
    """
    if by is not None and by not in table:
        own = [str(column) for column in table.columns if column not in (*CODES, "notes") and "_" not in str(column)]
        raise OptionError(f"the table has no column '{by}' to form groups by; it has {', '.join(own)}")
    shown = table if by == "area" else select_area(table, area)
    of_row = np.array(texts_of(shown, by) if by is not None else ["all people"] * len(shown), dtype=object)
    names = [name for name in dict.fromkeys(of_row.tolist()) if name]
    if not names:
        raise OptionError(f"the column '{by}' is empty, so there are no groups")
    if len(names) > MOST_GROUPS:
        raise OptionError(
            f"the column '{by}' has {len(names)} groups; at most {MOST_GROUPS} can be told apart: join some in the "
            "column, or leave the cells of some empty"
        )
    return shown, Groups(of_row, names, int((of_row == "").sum()))
