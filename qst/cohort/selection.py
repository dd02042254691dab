"""The rows that a figure of a cohort shows, and their groups."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from qst.arrays import Texts
from qst.cohort.scored_rows import texts_of
from qst.errors import OptionError
from qst.protocol import CODES

ALL = "all"

MOST_GROUPS = 6
"""Most groups in a figure, as each has its own colour and shape (a test holds this equal to the number of colours)."""


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows of a table by group: the group of each row, empty for none, and the groups in order of appearance."""

    of_row: Texts
    names: list[str]
    left_out: int


def select_area(table: pd.DataFrame, area: str) -> pd.DataFrame:
    """Rows of one area; rows without an area count as test areas, as laboratories with one area do not name it.

    Raises
    ------
    OptionError
        No row has that area; the text names the areas that there are.
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
    """Rows of one area (of all areas, if they are the groups), and their groups by the column `by`.

    Without `by`, all people are one group. Rows with an empty cell are in no group; the notes of the groups count them.

    Raises
    ------
    OptionError
        As for `select_area`; or the column does not exist, is empty, or has more groups than can be distinguished.
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
            f"the column '{by}' has {len(names)} groups; at most {MOST_GROUPS} can be distinguished: combine "
            "groups in the column, or leave the cells of some empty"
        )
    return shown, Groups(of_row, names, int((of_row == "").sum()))
