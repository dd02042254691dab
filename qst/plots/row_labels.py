"""Names of people beside the rows of a figure."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from qst.plots.canvas import LETTER, shorten

_MOST = 20
"""Letters of a name that have room beside a picture of one column (ours)."""

_BESIDE = 1.3  # between name and row, and before the name, in letters of the figure


def measure_names(names: Sequence[str]) -> float:
    """The margin that the names need, in letters of the figure."""
    return _BESIDE + LETTER * max((len(shorten(name, _MOST)) for name in names), default=0)


def write_names(ax: Axes, names: Sequence[str]) -> None:
    """Write a name at each row; without names, none."""
    ax.set_yticks(range(len(names)), [shorten(name, _MOST) for name in names], parse_math=False)
    ax.tick_params("y", length=0)
