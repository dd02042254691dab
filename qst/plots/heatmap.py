"""The z-scores of a cohort as a heatmap: people down, parameters across."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qst.arrays import Bools, Floats
from qst.cohort.scored_rows import check_scored, find_cut_off, find_limits, numbers_of, texts_of
from qst.cohort.selection import select_area
from qst.errors import OptionError
from qst.language import MINUS
from qst.plots.canvas import (
    GAIN_COLOUR,
    GREY,
    HATCH,
    INK,
    WIDTH_MM,
    Canvas,
    describe_people,
    letters_on,
    room_of,
)
from qst.plots.phenotypes import order_phenotypes
from qst.plots.profile_rows import AT_LIMIT, NO_VALUE, NO_Z, Z_EDGE
from qst.plots.row_labels import measure_names, write_names
from qst.protocol import BY_CODE, CODES, Z_CODES
from qst.tables import GAIN, LOSS, Z_COLUMNS

Order = Literal["phenotype", "cluster", "table"]

ORDERS = ("phenotype", "cluster", "table")

LOSS_TO_GAIN = LinearSegmentedColormap.from_list("z", ["#1b7837", "#7fbf7b", "#f7f7f7", "#af8dc3", GAIN_COLOUR])
"""From loss (green) over 0 to gain (purple), after ColorBrewer's PRGn: safe for colour-blind readers."""

_MOST_CLUSTERED = 4000

_MOST_LABELS = 80
"""More people than that have no room for letters or marks of their own (ours)."""

_GAP = 0.4  # between the z-scores and PHS


@dataclass(frozen=True, eq=False)
class Heat:
    """What is drawn: a row an assessment in the order drawn, a column a parameter in the order of the protocol.

    `colour` is z; for PHS and DMA, which have none, -4 for a loss, 4 for a gain, 0 for normal. NaN where there is none.
    """

    order: npt.NDArray[np.int64]
    colour: Floats
    gain: Bools
    loss: Bools
    marks: dict[str, Bools]


def read_heat(scored: pd.DataFrame, order: Order = "phenotype") -> Heat:
    """Arrange a scored table as a heatmap; `order` as for `plot_heatmap`."""
    findings = np.column_stack([np.array(texts_of(scored, f"{code}_finding"), dtype=object) for code in CODES])
    gain, loss = findings == GAIN, findings == LOSS
    flat = np.where(findings == "", np.nan, Z_EDGE * (gain.astype(float) - loss))
    z = numbers_of(scored, Z_COLUMNS)
    colour = np.column_stack([z[:, Z_CODES.index(c)] if BY_CODE[c].has_z else flat[:, n] for n, c in enumerate(CODES)])
    value = ~np.isnan(numbers_of(scored, CODES))
    limit = np.zeros(colour.shape, dtype=bool)
    limit[:, [CODES.index(code) for code in Z_CODES]] = find_limits(scored)
    missing = np.isnan(colour)
    marks = {AT_LIMIT: limit & ~missing, NO_VALUE: missing & ~value, NO_Z: missing & value}
    rows = np.arange(len(scored))
    if order == "phenotype":
        rows = order_phenotypes(scored).order
    elif order == "cluster":
        rows = _cluster(z)
    elif order != "table":
        raise OptionError(f"there is no order '{order}': choose one of {', '.join(ORDERS)}")
    return Heat(rows, colour[rows], gain[rows], loss[rows], {name: flags[rows] for name, flags in marks.items()})


def _cluster(z: Floats) -> npt.NDArray[np.int64]:
    """Order of rows so that like ones stand together: average linkage of the mean squared difference of shared z."""
    if len(z) > _MOST_CLUSTERED:
        raise OptionError(f"{len(z)} rows are too many to cluster (at most {_MOST_CLUSTERED}): order by phenotype")
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    with_z = np.flatnonzero(~np.isnan(z).all(axis=1))
    without = np.setdiff1d(np.arange(len(z)), with_z)
    if len(with_z) < 3:
        return np.concatenate([with_z, without])
    known = (~np.isnan(z[with_z])).astype(float)
    value = np.clip(np.nan_to_num(z[with_z]), -Z_EDGE, Z_EDGE)
    shared = known @ known.T
    squares = value**2 @ known.T + known @ (value**2).T - 2 * value @ value.T
    # Two people without a common test are as far from each other as any two can be.
    distance = np.divide(squares, shared, out=np.full(shared.shape, (2 * Z_EDGE) ** 2), where=shared > 0)
    distance = np.sqrt(np.maximum((distance + distance.T) / 2, 0))
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=len(with_z) <= 500)
    return np.concatenate([with_z[leaves_list(tree)], without])


def plot_heatmap(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    order: Order = "phenotype",
    area: str = "test",
    label_people: bool | Sequence[str] = False,
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the z-scores of a cohort: an assessment a row, a parameter a column, gain purple and loss green.

    Colours reach from -4 to 4 and no further. An abnormal finding has a sign in its cell, + for gain and − for loss, so
    that it is seen in grey too; a dot marks values at the device's limit, a cross cells without a value and a diamond
    values without z. Signs and marks are drawn for up to 80 rows. PHS and DMA have no z: their
    cells are coloured by the finding alone.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`).
    ax : matplotlib.axes.Axes, optional
    order : {"phenotype", "cluster", "table"}
        By the most probable phenotype and its probability; so that like rows stand together (average linkage of the
        root mean squared difference of the z-scores that two rows share, up to 4,000 rows); or as the table has them.
    area : {"test", "control", "all"}
    label_people : bool or sequence of str, one entry a row of `scored`
        Write the subjects, or these texts, beside their rows, up to 80. Without it no subject is named.
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        The table is not scored, no row is left, the order is unknown, or there are too many rows for what is asked.

    Examples
    --------
    >>> import qst
    >>> ax = plot_heatmap(qst.score(qst.load("examples/cohort_synthetic.csv")), order="cluster")
    >>> ax.get_images()[0].get_array().shape
    (60, 11)
    """
    check_scored(scored, "the rows of a cohort")
    texts = texts_of(scored, "subject") if label_people is True else list(label_people or [""] * len(scored))
    shown = select_area(scored.assign(_label=texts), area)
    heat = read_heat(shown, order)
    if label_people and len(shown) > _MOST_LABELS:
        raise OptionError(f"{len(shown)} rows have no room for labels: at most {_MOST_LABELS} have")
    names = shown["_label"].iloc[heat.order].tolist() if label_people else []
    canvas = Canvas(ax, width_mm, max(2.2, measure_names(names)), 4.4)
    detailed = len(shown) <= _MOST_LABELS
    each = 1.35 * canvas.font if names else 1.05 * canvas.font if detailed else 84 * canvas.font / len(shown)
    text = canvas.language.text
    footer = [*describe_people(shown), text(f"heatmap.by_{order}")]
    footer.append(
        text("heatmap.signs", cut_off=find_cut_off(shown)) if detailed else text("heatmap.colours", end=Z_EDGE)
    )
    legend = _legend(heat, canvas) if detailed else [(Patch(facecolor="white", edgecolor=HATCH), text("heatmap.no_z"))]
    over = (2.9 if _is_narrow(canvas) else 1.7) * canvas.font
    height = max(each * len(shown), 8 * canvas.font)
    ax = canvas.open(height, title=title, footer=footer, legend=legend, over=over)
    _draw_cells(ax, heat, canvas, detailed=detailed)
    write_names(ax, names)
    ax.tick_params("x", length=0)
    return ax


def _is_narrow(canvas: Canvas) -> bool:
    """Whether the codes have to stand upright."""
    return canvas.room / (len(CODES) + _GAP) < 2.7 * canvas.font


_MARKS: dict[str, Any] = {AT_LIMIT: ".", NO_VALUE: "x", NO_Z: "d"}


def _mark(name: str, canvas: Canvas) -> dict[str, Any]:
    size = 0.45 * canvas.font
    return {"marker": _MARKS[name], "markersize": size, "color": GREY, "markerfacecolor": "white", "linestyle": "none"}


def _legend(heat: Heat, canvas: Canvas) -> list[tuple[Any, str]]:
    names = [name for name, flags in heat.marks.items() if flags.any()]
    return [(Line2D([], [], **_mark(name, canvas)), canvas.language.text(f"mark.{name}")) for name in names]


def _draw_cells(ax: Axes, heat: Heat, canvas: Canvas, *, detailed: bool) -> None:
    x = np.array([n + (0 if BY_CODE[code].has_z else _GAP) for n, code in enumerate(CODES)])
    look: Any = {"cmap": LOSS_TO_GAIN, "vmin": -Z_EDGE, "vmax": Z_EDGE, "aspect": "auto", "interpolation": "nearest"}
    rows, split = len(heat.order), len(Z_CODES)
    image = ax.imshow(heat.colour[:, :split], extent=(-0.5, split - 0.5, rows - 0.5, -0.5), **look)
    ax.imshow(heat.colour[:, split:], extent=(x[split] - 0.5, x[-1] + 0.5, rows - 0.5, -0.5), **look)
    canvas.style_axes(ax, spines=())
    ax.set(xlim=(-0.5, x[-1] + 0.5), ylim=(rows - 0.5, -0.5))
    ax.xaxis.tick_top()
    ax.set_xticks(x, CODES, rotation=90 if _is_narrow(canvas) else 0)
    if detailed:
        for flags, sign in ((heat.gain, "+"), (heat.loss, MINUS)):
            for row, column in np.argwhere(flags).tolist():
                ground = LOSS_TO_GAIN(0.5 + heat.colour[row, column] / (2 * Z_EDGE))[:3]
                style: Any = {"ha": "center", "va": "center", "color": letters_on(ground)}
                ax.text(x[column], row, sign, size=canvas.small, gid=f"{CODES[column]}{sign}", **style)
        for name, flags in heat.marks.items():
            cells = np.argwhere(flags)
            aside = np.array([0.36, 0.24]) if name == AT_LIMIT else np.zeros(2)
            ax.plot(x[cells[:, 1]] + aside[0], cells[:, 0] + aside[1], gid=name, zorder=4, **_mark(name, canvas))
    width, start = 1.1 * canvas.font / canvas.room, 1 + 0.9 * canvas.font / canvas.room
    height = min(1.0, 14 * canvas.font / room_of(ax)[1])
    bar = ax.inset_axes((start, 1 - height, width, height), label="colour bar")
    colours = ax.figure.colorbar(image, cax=bar, ticks=[-4, -2, 0, 2, 4], extend="both")
    colours.outline.set(linewidth=0.5, edgecolor=INK)
    bar.tick_params(labelsize=canvas.small, length=2, width=0.6, color=INK, labelcolor=INK)
    bar.set_title("z", size=canvas.font, color=INK, pad=6)
