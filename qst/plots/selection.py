"""Which rows a figure of a cohort shows."""

import numpy as np
import pandas as pd

from qst.errors import OptionError
from qst.plots.canvas import texts_of

ALL = "all"


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
