"""What a figure shows, for the tests: its lines, marks, texts, legend and foot."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
    (foot,) = [text.get_text() for text in ax.figure.findobj(Text) if text.get_gid() == "footer"]
    return foot.replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")


def boxes_of(figure: Figure) -> tuple[list[str], np.ndarray[Any, Any]]:
    """The texts that are drawn, and their boxes in points, a row a text: left, foot, right, top.

    What the axes leave out (ticks beyond their ends, notes of points that are not shown) is not among them.
    """
    found: list[Text] = []
    draw = Text.draw

    def note(text: Text, *arguments: Any, **options: Any) -> None:
        found.append(text)
        draw(text, *arguments, **options)

    with patch.object(Text, "draw", note):
        figure.draw_without_rendering()
    drawn = [text for text in dict.fromkeys(found) if text.get_visible() and text.get_text().strip()]
    extents = [text.get_window_extent().extents for text in drawn]
    return [text.get_text() for text in drawn], np.array(extents) * 72 / figure.dpi


def text_faults(figure: Figure) -> list[str]:
    """Texts that reach past the edge of the picture, and pairs that stand on each other.

    A box has room around its letters, which two texts may share.
    """
    names, boxes = boxes_of(figure)
    width, height = figure.get_size_inches() * 72
    outside = (boxes[:, :2] < -0.01).any(axis=1) | (boxes[:, 2] > width + 0.01) | (boxes[:, 3] > height + 0.01)
    size = boxes[:, 2:] - boxes[:, :2]
    inner = np.hstack([boxes[:, :2] + size * [0.05, 0.1], boxes[:, 2:] - size * [0.05, 0.1]])
    beside = (inner[:, None, :2] < inner[None, :, 2:]).all(axis=2)
    pairs = np.argwhere(np.triu(beside & beside.T, 1)).tolist()
    cut = [f"{names[n]!r} is cut off" for n in np.flatnonzero(outside).tolist()]
    return cut + [f"{names[one]!r} stands on {names[other]!r}" for one, other in pairs]
