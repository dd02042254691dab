"""The LoGa codes of a cohort, counted."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from qst.cohort.frequencies import count_loga
from qst.cohort.scored_rows import check_scored
from qst.cohort.selection import select_area
from qst.plots.canvas import GREY, LETTER, WIDTH_MM, Canvas, describe_people, letters_on
from qst.plots.language import current_language

_KINDS = ("thermal", "mechanical", "both")

_BLUES = LinearSegmentedColormap.from_list("counts", ["#ffffff", "#00507f"])


def plot_loga(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw how many assessments have each LoGa code: loss of detection downwards, gain of pain to the right.

    L1 is thermal, L2 mechanical loss, L3 both; G1 thermal, G2 mechanical gain, G3 both (after Maier et al. 2010, Pain
    150:439-450). Each cell holds its count and its share of those with a code; sums stand at the right and below.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`): `loga`. An assessment without a code (too many tests are missing) is in no cell, and
        the foot of the figure counts it.
    ax : matplotlib.axes.Axes, optional
    area : {"test", "control", "all"}
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
    >>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
    >>> int(plot_loga(scored).get_images()[0].get_array().sum())
    59
    """
    check_scored(scored, "the rows of a cohort")
    shown = select_area(scored, area)
    table, without = count_loga(shown)
    total = current_language().text("loga.sum")
    canvas = Canvas(ax, width_mm, 10.0, max(4.5, 3.6 + LETTER / 2 * len(total)))
    footer = describe_people(shown)
    text = canvas.language.text
    if without:
        footer.append(text("loga.without_code", assessments=text("count.assessments", n=without)))
    footer.append(text("loga.not_in_code"))
    height = min(0.55 * canvas.room, 16 * canvas.font)
    ax = canvas.open(height, title=title, footer=footer, over=4.2 * canvas.font, under=1.6 * canvas.font)
    _draw_cells(ax, table, canvas)
    return ax


def _draw_cells(ax: Axes, table: npt.NDArray[np.int64], canvas: Canvas) -> None:
    most, total = max(int(table.max()), 1), max(int(table.sum()), 1)
    ax.imshow(table, cmap=_BLUES, vmin=0, vmax=most, aspect="auto")
    middle: Any = {"ha": "center", "va": "center"}
    for (loss, gain), number in np.ndenumerate(table):
        colour = letters_on(_BLUES(number / most)[:3]) if number else GREY
        share = 100 * number / total
        text = f"{number}\n{'<1' if share < 0.5 else f'{share:.0f}'} %" if number else "0"
        ax.text(gain, loss, text, size=canvas.font, color=colour, gid=f"L{loss}G{gain}", **middle)
    style: Any = {"size": canvas.font, "color": GREY, "clip_on": False, **middle}
    for place in range(4):
        ax.text(3.75, place, str(table[place].sum()), gid=f"L{place}", **style)
        ax.text(place, 3.72, str(table[:, place].sum()), gid=f"G{place}", **style)
    text_of = canvas.language.text
    ax.text(3.75, -0.75, text_of("loga.sum"), **style)
    ax.text(-0.62, 3.72, text_of("loga.sum"), **{**style, "ha": "right"})
    ax.text(3.75, 3.72, str(table.sum()), gid="total", weight="bold", **style)
    canvas.style_axes(ax, spines=())
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xticks(range(4), [f"G{n}\n{text_of(f'loga.{name}')}" for n, name in enumerate(("no_gain", *_KINDS))])
    ax.set_yticks(range(4), [f"L{n}  {text_of(f'loga.{name}')}" for n, name in enumerate(("no_loss", *_KINDS))])
    ax.set_xticks(np.arange(0.5, 3), minor=True)
    ax.set_yticks(np.arange(0.5, 3), minor=True)
    ax.grid(which="minor", color="white", linewidth=1.2)
    ax.tick_params(which="both", length=0)
    canvas.label_axes(ax, x=f"{text_of('loga.gain')}  →", y=f"←  {text_of('loga.loss')}")
