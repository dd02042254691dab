"""What a figure shows, for the tests: its lines, marks, texts, legend and foot."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

ORDER = ["CDT", "WDT", "TSL", "CPT", "HPT", "PPT", "MPT", "MPS", "WUR", "MDT", "VDT"]


def z_table(*rows: dict[str, object]) -> pd.DataFrame:
    """A scored table with z-scores (and values) of our choice; all others 0."""
    base = dict.fromkeys(ORDER, 1.0) | {f"{code}_z": 0.0 for code in ORDER} | {"PHS": 0, "DMA": 0.1, "area": "test"}
    return pd.DataFrame([base | row for row in rows])


def series(ax: Axes) -> dict[str, Line2D]:
    labels = [str(line.get_label()) for line in ax.lines]
    return {label: line for label, line in zip(labels, ax.lines, strict=True) if label and not label.startswith("_")}


def marks(ax: Axes, kind: str) -> list[tuple[str, float]]:
    """Parameter and height of each mark of a kind."""
    found = [xy for line in ax.lines if line.get_gid() == kind for xy in np.asarray(line.get_xydata())]
    return [(ORDER[round(x)], float(y)) for x, y in found]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.figure.findobj(Text) if text.get_visible() and text.get_text()]


def legend_of(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def side_axes(ax: Axes, code: str) -> Axes:
    return next(side for side in ax.child_axes if side.get_label() == code)


def foot_of(ax: Axes) -> str:
    """The lines at the foot of a figure, as one."""
    return next(text for text in texts(ax) if "Research use" in text).replace("\n", " ")
