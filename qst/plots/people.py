"""Names of people beside the rows of a figure."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from qst.plots.canvas import LETTER

_MOST = 20
"""Letters of a name that have room beside a picture of one column (ours)."""
_BESIDE = 1.3  # between name and row, and before the name, in letters of the figure


def shorten_name(name: str) -> str:
    """The name, or its beginning and its end, by which the subjects of a study differ.

    >>> shorten_name("a laboratory with a long name, 013")
    'a laborato…name, 013'
    """
    return name if len(name) <= _MOST else f"{name[: _MOST // 2]}…{name[1 - _MOST // 2 :]}"


def measure_names(names: Sequence[str]) -> float:
    """The margin that the names need, in letters of the figure."""
    return _BESIDE + LETTER * max((len(shorten_name(name)) for name in names), default=0)


def write_names(ax: Axes, names: Sequence[str]) -> None:
    """Write a name at each row; without names, none."""
    ax.set_yticks(range(len(names)), [shorten_name(name) for name in names], parse_math=False)
    ax.tick_params("y", length=0)
