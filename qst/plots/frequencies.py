"""How often each parameter shows gain and loss of function, in a cohort or in several groups side by side."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import special

from qst.arrays import Floats, Ints
from qst.cohort.frequencies import Frequencies, count_findings
from qst.cohort.intervals import find_interval
from qst.cohort.scored_rows import check_scored, find_cut_off, texts_of
from qst.cohort.selection import Groups, select_groups
from qst.language import Language
from qst.plots.canvas import (
    COLOURS,
    GAIN_COLOUR,
    GREY,
    INK,
    LOSS_COLOUR,
    PALE,
    SHAPES,
    WIDTH_MM,
    Canvas,
    describe_people,
    hatch_patch,
)
from qst.plots.groups import describe_left_out
from qst.protocol import BY_CODE, CODES
from qst.tables import GAIN, LOSS

INTERVAL = "95 % interval of the share"

_PITCH, _DENSE_PITCH, _BETWEEN = 1.15, 0.85, 0.6
"""Height of a group's bar with and without its counts, and what lies between two parameters, in letters (ours)."""

_MOST_COUNTED = 4
"""More groups than that get no counts beside their bars, or the figure would be higher than a page (ours)."""

_FAINT = 0.45
"""Opacity of a group's bar, so that interval and shape, in the full colour, are seen on it (ours)."""


@dataclass(frozen=True, eq=False)
class Lane:
    """One bar of each parameter: the counts of a group, where its bars lie, and how they look."""

    counts: Frequencies
    middle: Floats
    height: float
    colours: dict[str, str]
    shape: str | None


def plot_frequencies(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the share of assessments with gain (to the right) and loss of function (to the left), by parameter.

    Shares are percent of the assessments in which the parameter was judged, with their 95 % interval after Wilson
    (`find_interval`); the counts stand beside the bars. A dotted line is what chance alone shows: the tail of healthy
    people beyond the cut-off, to each side. Hatching reaches inwards from 100 % by the share in which the device's
    range allows no such finding, so that a bar can never grow into it; where nobody could show it, no interval is
    drawn. PHS can only be a loss and DMA only a gain; chance and healthy people hardly show either, so they have no
    line.

    With `by`, each parameter has a bar a group, in the order of the legend, with the colour and the shape that
    `plot_groups` gives the group. Five groups and more, or axes that are too low, have no room for the counts: then the
    foot of the figure says so, and how many were judged where some were not.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`): `CDT_finding … DMA_finding`; `not_findable` and who was measured where given. A
        missing finding does not count. Several assessments of a person count each, and the foot of the figure says so.
    ax : matplotlib.axes.Axes, optional
    by : str, optional
        Column that names the groups, for example ``"diagnosis_label"``; rows without a name are left out, and the foot
        of the figure says how many.
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
        The table is not scored, no row is left, there is no column `by`, or it names more than 6 groups.

    Examples
    --------
    >>> import qst
    >>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
    >>> ax = plot_frequencies(scored)
    >>> [round(float(bar.get_width()), 1) for bar in ax.containers[0]][3:5]
    [13.6, 15.3]
    >>> ax = plot_frequencies(scored, by="diagnosis_label")
    >>> [text.get_text() for text in ax.get_legend().get_texts()][1]
    'synthetic sensory loss (n = 15)'
    """
    check_scored(scored, "the rows of a cohort")
    shown, groups = select_groups(scored, by, area)
    counts = [count_findings(shown[groups.of_row == name]) for name in groups.names]
    canvas = Canvas(ax, width_mm, 4.4, 2.2)
    number = len(groups.names)
    pitch = 1.75 if by is None else _BETWEEN + number * (_PITCH if number <= _MOST_COUNTED else _DENSE_PITCH)
    height = canvas.own_height or pitch * canvas.font * len(CODES)
    lanes = _place_lanes(counts, height / (canvas.font * len(CODES)), grouped=by is not None)
    counted = by is None or lanes[0].height * height / len(CODES) >= canvas.small * 1.15
    tail = 100 * float(special.ndtr(-find_cut_off(shown)))
    legend = _legend(lanes, groups, canvas, tail)
    footer = [*describe_people(shown), *describe_left_out(groups, by), canvas.language.text("frequencies.percent")]
    footer += _describe(shown, counts, canvas.language, counted=counted)
    ax = canvas.open(height, title=title, footer=footer, legend=legend, under=2.9 * canvas.font)
    reach = max([_draw_lane(ax, lane, canvas, tail, counted=counted) for lane in lanes])
    _draw_scale(ax, lanes, canvas, tail, reach)
    return ax


def _place_lanes(counts: list[Frequencies], row: float, *, grouped: bool) -> list[Lane]:
    """Where the bars of each group lie; a parameter has the height 1, which is so many letters (`row`)."""
    rows = np.arange(len(CODES), dtype=float)
    if not grouped:
        return [Lane(counts[0], rows, 0.68, {GAIN: GAIN_COLOUR, LOSS: LOSS_COLOUR}, None)]
    height = (1 - min(_BETWEEN / row, 0.3)) / len(counts)
    places = (np.arange(len(counts)) - (len(counts) - 1) / 2) * height
    looks = zip(counts, places, COLOURS, SHAPES, strict=False)
    return [
        Lane(c, rows + place, height, dict.fromkeys((GAIN, LOSS), colour), shape) for c, place, colour, shape in looks
    ]


def _legend(lanes: list[Lane], groups: Groups, canvas: Canvas, tail: float) -> list[tuple[Any, str]]:
    text = canvas.language.text
    legend: list[tuple[Any, str]] = []
    for lane, name in zip(lanes, groups.names, strict=True):
        bar = Patch(facecolor=(lane.colours[GAIN], _FAINT)), Line2D([], [], **_dot(lane, canvas))
        legend += [(bar, f"{name} (n = {lane.counts.total})")] if lane.shape else []
    if not legend:
        colours = {GAIN: GAIN_COLOUR, LOSS: LOSS_COLOUR}
        legend = [(Patch(facecolor=colour), text(f"finding.{name}")) for name, colour in colours.items()]
    chance = Line2D([], [], color=INK, linestyle=":", linewidth=0.9)
    legend += [(Line2D([], [], color=INK, linewidth=0.9), text("legend.interval_of_share"))]
    legend += [(chance, text("frequencies.chance", share=tail))]
    if any(lane.counts.no_gain.any() or lane.counts.no_loss.any() for lane in lanes):
        legend += [(hatch_patch((0, 0), 1, 1), text("frequencies.not_findable"))]
    return legend


def _dot(lane: Lane, canvas: Canvas) -> dict[str, Any]:
    look = {"color": lane.colours[GAIN], "marker": lane.shape, "markersize": 0.72 * canvas.font, "linestyle": "none"}
    return look | {"markeredgecolor": "white", "markeredgewidth": 0.3}


def _describe(shown: pd.DataFrame, counts: list[Frequencies], language: Language, *, counted: bool) -> list[str]:
    """What the foot says of repeated people, of counts that have no room, and of the device's limit."""
    subjects = [text for text in texts_of(shown, "subject") if text]
    parts = [language.text("people.not_independent")] if len(set(subjects)) < len(subjects) else []
    order = "_by_group" if len(counts) > 1 else ""
    if not counted:
        parts.append(language.text("frequencies.no_room"))
        if fewer := _list_counts([one.judged for one in counts], np.array([[one.total] for one in counts])):
            parts.append(language.text(f"frequencies.fewer_judged{order}", counts=fewer))
    if limits := _list_counts([one.limit for one in counts], np.zeros((len(counts), 1))):
        parts.append(language.text(f"frequencies.at_limit{order}", counts=limits))
    return parts


def _list_counts(counts: list[Ints], usual: npt.NDArray[Any]) -> str:
    """Counts of the groups, such as `CPT 3/0/2`, of the parameters in which one is not as usual."""
    table = np.stack(counts)
    unusual = (table != usual).any(axis=0)
    return ", ".join(
        f"{CODES[n]}\N{NO-BREAK SPACE}{'/'.join(map(str, table[:, n]))}" for n in np.flatnonzero(unusual).tolist()
    )


def _draw_lane(ax: Axes, lane: Lane, canvas: Canvas, tail: float, *, counted: bool) -> float:
    """Draw a group's bars; gives how far its counts reach from the middle, in percent on a scale that ends at 100."""
    counts, reach = lane.counts, 100.0
    judged = counts.judged > 0
    thick = 0.68 if lane.shape is None else 0.86 * lane.height
    for sign, word, found, impossible in (
        (1, GAIN, counts.gain, counts.no_gain),
        (-1, LOSS, counts.loss, counts.no_loss),
    ):
        share, colour = counts.share(found), lane.colours[word]
        face: Any = colour if lane.shape is None else (colour, _FAINT)
        ax.barh(lane.middle, sign * share, height=thick, color=face, label=word, zorder=2)
        never = np.array([(code, word) in (("PHS", GAIN), ("DMA", LOSS)) for code in CODES])
        shown = judged & ~never
        interval = np.where(shown & (impossible < counts.judged), find_interval(found, counts.judged), np.nan)
        ends = np.nan_to_num(interval[1])
        _draw_intervals(ax, lane, sign * interval)
        if lane.shape:
            ax.plot(
                sign * share[shown],
                lane.middle[shown],
                zorder=4,
                gid=f"share {word}",
                clip_on=False,
                **_dot(lane, canvas),
            )
        no_room = counts.share(impossible)
        for n in np.flatnonzero(judged & (impossible > 0)).tolist():
            patch = hatch_patch((sign * 100, lane.middle[n] - thick / 2), -sign * no_room[n], thick)
            ax.add_patch(patch).set_gid(f"{CODES[n]}_{word}")
        for n in np.flatnonzero(shown).tolist() if counted else ():
            text = f"{found[n]}/{counts.judged[n]}"
            style: Any = {"va": "center", "ha": "left" if sign > 0 else "right", "size": canvas.small, "zorder": 5}
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85}
            place = max(share[n], ends[n], tail) + (1.2 if lane.shape is None else 2.2)
            ax.annotate(text, (sign * place, lane.middle[n]), color=GREY, bbox=box, gid="count", **style)
            # Percent that the letters need where the scale is widened so far that they fit.
            width = 0.62 * canvas.small * len(text) / canvas.room
            reach = max(reach, place / (1 - 2 * width))
    for n in np.flatnonzero(~judged).tolist() if counted else ():
        ax.annotate(
            canvas.language.text("frequencies.not_judged"),
            (2, lane.middle[n]),
            va="center",
            size=canvas.small,
            color=GREY,
        )
    return reach


def _draw_intervals(ax: Axes, lane: Lane, ends: Floats) -> None:
    """Lines from the lower to the upper end; on a dark bar with a white edge, so that they are seen on it."""
    known = np.flatnonzero(np.isfinite(ends).all(axis=0))
    lines = [
        [(low, lane.middle[n]), (high, lane.middle[n])] for n, low, high in zip(known, *ends[:, known], strict=True)
    ]
    look: Any = {"zorder": 3, "gid": INTERVAL, "capstyle": "butt"}
    if lane.shape is None:
        ax.add_collection(LineCollection(lines, colors="white", linewidths=2.2, zorder=2.9), autolim=False)
    colour = INK if lane.shape is None else lane.colours[GAIN]
    ax.add_collection(LineCollection(lines, colors=colour, linewidths=0.9, **look), autolim=False)


def _draw_scale(ax: Axes, lanes: list[Lane], canvas: Canvas, tail: float, reach: float) -> None:
    canvas.style_axes(ax, spines=("bottom",))
    ax.axvline(0, color=INK, linewidth=0.6, zorder=3)
    high = 0.44 if lanes[0].shape is None else 0.5 * lanes[0].height * len(lanes)
    judged = np.any([lane.counts.judged > 0 for lane in lanes], axis=0)
    line: Any = {"color": INK, "linestyle": ":", "linewidth": 0.9, "gid": "chance", "zorder": 3.5}
    for position, code in enumerate(CODES):
        for sign in (1, -1) if judged[position] and BY_CODE[code].has_z else ():
            ax.plot([sign * tail] * 2, [position - high, position + high], **line)
    if len(lanes) > 1:
        for position in range(1, len(CODES)):
            ax.axhline(position - 0.5, color=PALE, linewidth=0.3, zorder=0.5, gid="between")
    ax.set(xlim=(-reach, reach), ylim=(len(CODES) - 0.4, -0.6))
    ax.set_yticks(np.arange(len(CODES)), CODES)
    ax.tick_params("y", length=0)
    ax.set_xticks([-100, -50, 0, 50, 100], ["100 %", "50 %", "0", "50 %", "100 %"])
    gain, loss = (canvas.language.text(f"finding.{name}") for name in (GAIN, LOSS))
    canvas.label_axes(ax, x=f"← {loss} · {gain} →")
