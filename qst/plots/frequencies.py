"""How often each parameter shows gain and loss of function."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import stats

from qst.plots.canvas import (
    GAIN_COLOUR,
    GREY,
    INK,
    LOSS_COLOUR,
    WIDTH_MM,
    Canvas,
    describe_people,
    hatch_patch,
    texts_of,
)
from qst.plots.rows import check_scored, find_cut_off
from qst.plots.selection import select_area
from qst.protocol import BY_CODE, CODES
from qst.tables import GAIN, LIMIT, LOSS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NO_ROOM = "cannot be found (device range)"


@dataclass(frozen=True, eq=False)
class Frequencies:
    """Counts by parameter, in the order of the protocol.

    `judged` have a finding; `no_gain` and `no_loss` count those of them in whom the device's range allows none.
    """

    judged: Ints
    gain: Ints
    loss: Ints
    limit: Ints
    no_gain: Ints
    no_loss: Ints

    def share(self, counts: Ints) -> Floats:
        """Percent of the judged; NaN where nobody was judged."""
        share: Floats = np.divide(100.0 * counts, self.judged, out=np.full(len(CODES), np.nan), where=self.judged > 0)
        return share


def count_findings(scored: pd.DataFrame) -> Frequencies:
    """Count the findings of each parameter over the rows of a scored table."""
    findings = np.column_stack([np.array(texts_of(scored, f"{code}_finding"), dtype=object) for code in CODES])
    judged = findings != ""
    items = [set(text.split(";")) for text in texts_of(scored, "not_findable")]
    impossible = {
        side: np.array([[f"{code}_{side}" in names for code in CODES] for names in items]) for side in (GAIN, LOSS)
    }

    def total(flags: npt.NDArray[np.bool_]) -> Ints:
        return np.asarray((flags & judged).sum(axis=0), dtype=np.int64)

    gain, loss, limit = (total(findings == word) for word in (GAIN, LOSS, LIMIT))
    return Frequencies(total(judged), gain, loss, limit, total(impossible[GAIN]), total(impossible[LOSS]))


def plot_frequencies(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the share of assessments with gain (to the right) and loss of function (to the left), by parameter.

    Shares are percent of the assessments in which the parameter was judged; the counts stand beside the bars. A dotted
    line is what chance alone shows: the tail of healthy people beyond the cut-off, to each side. Hatching reaches
    inwards from 100 % by the share in which the device's range allows no such finding, so that a bar can never grow
    into it. PHS can only be a loss and DMA only a gain; chance and healthy people hardly show either, so they have no
    line.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`): `CDT_finding … DMA_finding`; `not_findable` and who was measured where given. A
        missing finding does not count.
    ax : matplotlib.axes.Axes, optional
    area : {"test", "control", "all"}
        Rows without an area count as test areas.
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        The table is not scored, or no row is left.

    Examples
    --------
    >>> import qst
    >>> ax = plot_frequencies(qst.score(qst.load("examples/cohort_synthetic.csv")))
    >>> [round(float(bar.get_width()), 1) for bar in ax.containers[0]][3:5]
    [13.6, 15.3]
    """
    check_scored(scored, "the rows of a cohort")
    shown = select_area(scored, area)
    counts = count_findings(shown)
    canvas = Canvas(ax, width_mm, 4.4, 2.2)
    tail = 100 * float(stats.norm.sf(find_cut_off(shown)))
    legend: list[tuple[Any, str]] = [
        (Patch(facecolor=GAIN_COLOUR), "gain of function"),
        (Patch(facecolor=LOSS_COLOUR), "loss of function"),
        (Line2D([], [], color=INK, linestyle=":", linewidth=0.9), f"expected by chance ({tail:.1f} % to each side)"),
    ]
    unreachable = counts.no_gain.any() or counts.no_loss.any()
    legend += [(hatch_patch((0, 0), 1, 1), NO_ROOM)] if unreachable else []
    footer = [*describe_people(shown), "percent of the assessments in which the parameter was judged", *_tell(counts)]
    height = 1.75 * canvas.font * len(CODES)
    ax = canvas.open(height, title=title, footer=footer, legend=legend, under=2.9 * canvas.font)
    _draw_bars(ax, counts, canvas, tail)
    return ax


def _tell(counts: Frequencies) -> list[str]:
    limits = [f"{code} {n}" for code, n in zip(CODES, counts.limit.tolist(), strict=True) if n]
    return [f"at the device's limit, loss cannot be told: {', '.join(limits)}"] if limits else []


def _draw_bars(ax: Axes, counts: Frequencies, canvas: Canvas, tail: float) -> None:
    y = np.arange(len(CODES))
    shares = (counts.share(counts.gain), -counts.share(counts.loss))
    for share, colour, name in zip(shares, (GAIN_COLOUR, LOSS_COLOUR), (GAIN, LOSS), strict=True):
        ax.barh(y, share, height=0.68, color=colour, label=name, zorder=2)
    for position, code in enumerate(CODES):
        if not counts.judged[position]:
            continue
        for sign, found, impossible, name in (
            (1, counts.gain, counts.no_gain, f"{code}_gain"),
            (-1, counts.loss, counts.no_loss, f"{code}_loss"),
        ):
            never = (code, sign) in (("PHS", 1), ("DMA", -1))
            share = 100.0 * found[position] / counts.judged[position]
            if (no_room := 100.0 * impossible[position] / counts.judged[position]) > 0:
                patch = hatch_patch((sign * 100, position - 0.34), -sign * no_room, 0.68)
                ax.add_patch(patch).set_gid(name)
            if BY_CODE[code].has_z:
                line: Any = {"color": INK, "linestyle": ":", "linewidth": 0.9, "gid": "chance", "zorder": 3}
                ax.plot([sign * tail] * 2, [position - 0.44, position + 0.44], **line)
            if not never:
                text = f"{found[position]}/{counts.judged[position]}"
                style: Any = {"va": "center", "ha": "left" if sign > 0 else "right", "size": canvas.small, "zorder": 4}
                box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
                place = sign * (max(share, tail) + 1.2)
                ax.annotate(text, (place, position), color=GREY, bbox=box, gid="count", **style)
    for position in np.flatnonzero(counts.judged == 0).tolist():
        ax.annotate("not judged", (2, position), va="center", size=canvas.small, color=GREY)
    canvas.style_axes(ax, spines=("bottom",))
    ax.axvline(0, color=INK, linewidth=0.6, zorder=3)
    ax.set(xlim=(-100, 100), ylim=(len(CODES) - 0.4, -0.6))
    ax.set_yticks(y, CODES)
    ax.tick_params("y", length=0)
    ax.set_xticks([-100, -50, 0, 50, 100], ["100 %", "50 %", "0", "50 %", "100 %"])
    canvas.label_axes(ax, x="←  loss of function      gain of function  →")
