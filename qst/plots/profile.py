"""The sensory profile: one person's tested areas over the 13 parameters, as papers of the field print it.

Order and band as in Rolke et al. 2006 (Pain 123:231-243). Lengths are in points, so that the letters of a picture of
85 mm (one column of a journal) can be read as well as those of one of 170 mm.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.transforms import Bbox, ScaledTranslation

from qst.arrays import Floats, split_list
from qst.cohort.scored_rows import distinct_texts, find_cut_off, numbers_of, texts_of
from qst.language import Language
from qst.plots.axes_cache import AxesCache
from qst.plots.canvas import BAND, GREY, INK, PALE, WIDTH_MM, Canvas, describe_reference, hatch_patch, room_of
from qst.plots.language import current_language
from qst.plots.profile_rows import ABOVE, AT_LIMIT, BELOW, NO_VALUE, NO_Z, Z_EDGE, Row, read_rows
from qst.protocol import BY_CODE, RATING_OFFSET, Z_CODES
from qst.tables import GAIN, LOSS

# In heights of a letter: margins; from the z-axis on, the gap before and the width of the axes of PHS and of DMA.
_LEFT, _RIGHT, _PHS_GAP, _PHS_WIDTH, _DMA_GAP, _DMA_WIDTH = 4.4, 0.7, 2.1, 2.3, 2.9, 2.3

_SIDE = _PHS_GAP + _PHS_WIDTH + _DMA_GAP + _DMA_WIDTH

INTERVAL, SINGLE_PEOPLE = "95 % interval of the mean", "single people"

MOST_LINES = 300
"""More faint lines than that are drawn as an image within a PDF or SVG, which would be too large to open (ours)."""

_BAR = Path([(-0.55, -1.0), (0.55, -1.0)])  # below the point it marks, on the side of loss

# Outline and size, in sizes of a plain marker.
_MARKS: dict[str, tuple[Any, float]] = {
    ABOVE: ("^", 1.2), BELOW: ("v", 1.2), AT_LIMIT: (_BAR, 2.0), NO_VALUE: ("x", 0.75), NO_Z: ("d", 0.9),
}  # fmt: skip


class _Number(NamedTuple):
    """The number of a value beyond the axis; `right`, `out` and `end` in points from the column's end."""

    column: int
    text: str
    colour: str
    right: float
    out: float
    end: float


class _Sizes:
    """Lengths in points: the room from the left end of the z-axis to the right end of DMA's, the letters, and so on."""

    def __init__(self, canvas: Canvas) -> None:
        self.room, self.font, self.small, self.marker = canvas.room, canvas.font, canvas.small, 0.78 * canvas.font
        self.language = canvas.language
        self.column = (self.room - _SIDE * self.font) / len(Z_CODES)
        self.narrow = self.column < 2.7 * self.font  # then codes and numbers stand upright
        self.height = canvas.own_height or 0.35 * (self.room + _LEFT * self.font) + 36  # of the axes

    def measure_number(self, text: str) -> tuple[float, float]:
        """Width and height of a number beyond the axis."""
        length, line = self.small * (0.6 * len(text) + 0.3), 1.12 * self.small
        return (line, length) if self.narrow else (length, line)


def draw_profile(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    width_mm: float = WIDTH_MM,
    sheets: AxesCache | None = None,
) -> Axes:
    """Draw what `plot_profile` describes; without `ax`, in a figure of that width (mm), or on one of the sheets."""
    hatched = {item for text in texts_of(scored, "not_findable") for item in split_list(text)}
    rows, footer = read_rows(scored), _describe_person(scored)
    return draw_rows(rows, ax, hatched, find_cut_off(scored), footer, title=title, width_mm=width_mm, sheets=sheets)


def draw_rows(
    rows: Sequence[Row],
    ax: Axes | None,
    hatched: set[str],
    cut_off: float,
    footer: Sequence[str],
    *,
    not_findable: str = "profile.not_findable",
    title: str | None,
    width_mm: float,
    sheets: AxesCache | None = None,
) -> Axes:
    """Draw rows over the 13 parameters.

    `hatched` are the findings that cannot be made; `not_findable` is the key of the text that explains the hatching.
    """
    canvas = Canvas(ax, width_mm, _LEFT, _RIGHT)
    sizes = _Sizes(canvas)
    font = sizes.font
    legend = _legend_entries(rows, not_findable if hatched else "", sizes, cut_off)
    # Upwards from the top of the axes, and downwards from their foot.
    shifts = _shifts(len(rows), sizes.column, sizes)
    numbers = {1: _place_numbers(rows, shifts, ABOVE, sizes), -1: _place_numbers(rows, shifts, BELOW, sizes)}
    over, under = (max((number.end for number in those), default=0.0) for those in numbers.values())
    groups_at = under + 0.75 * font + (2.65 if sizes.narrow else 1.35) * font
    foot = groups_at + 2.5 * sizes.small
    scales = (width_mm, under, cut_off, canvas.language.code)
    sheet = sheets.take(scales) if sheets else None
    ax = canvas.open(sizes.height, title=title, footer=footer, legend=legend, over=over, under=foot, sheet=sheet)
    if sheet is None:
        _draw_scales(ax, sizes, under, cut_off)
        _write_groups(ax, groups_at, sizes)
        if sheets:
            sheets.keep(scales, ax)
    _draw_hatches(ax, hatched, cut_off)
    side = _side_axes(ax)
    for row, shift, aside in zip(rows, shifts, _shifts(len(rows), _PHS_WIDTH * font, sizes), strict=True):
        _draw_row(ax, row, shift, sizes)
        _draw_side_values(side, row, aside, sizes)
    for sign, those in numbers.items():
        style = {"ha": "center", "va": "bottom" if sign > 0 else "top", "rotation": 90 if sizes.narrow else 0}
        for column, text, colour, right, out, _ in those:
            _write(ax, text, (column, (sign + 1) / 2), (right, sign * out), size=sizes.small, color=colour, **style)
    return ax


def _describe_person(scored: pd.DataFrame) -> list[str]:
    """Reference set, age, sex and site."""
    language = current_language()
    ages = numbers_of(scored, ["age"])[:, 0]
    texts = dict.fromkeys(language.write(f"{age:.1f}".removesuffix(".0")) for age in ages[~np.isnan(ages)])
    parts = [language.text("people.age", age=" / ".join(texts))] if texts else []
    for column in ("sex", "site"):
        words = [language.word(column, text) for text in distinct_texts(scored, column)]
        parts += [" / ".join(words)] if words else []
    return [*describe_reference(scored), *parts]


def _write(ax: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Write outside of the axes: from x (data) and y (0 foot, 1 top of the axes), some points away."""
    where: Any = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "annotation_clip": False}
    ax.annotate(text, at, offset, parse_math=False, **where, **style)


def _part(ax: Axes, start: float | None, stop: float) -> Callable[[Any, Any], Bbox]:
    """Keep an axes between two distances (points) from the right end of the room that `ax` was given."""

    def locate(_: Any, __: Any) -> Bbox:
        room = ax.get_position(original=True)
        point = room.width / room_of(ax)[0]
        left = room.x0 if start is None else room.x1 - start * point
        return Bbox.from_extents(left, room.y0, room.x1 - stop * point, room.y1)

    return locate


def _draw_scales(ax: Axes, sizes: _Sizes, under: float, cut_off: float) -> None:
    """The axes with their ticks and the band; those of PHS and DMA become the child axes."""
    font = sizes.font
    phs, dma = (ax.inset_axes((1, 0, 0.1, 1), label=code) for code in ("PHS", "DMA"))
    ax.set_axes_locator(_part(ax, None, _SIDE * font))
    phs.set_axes_locator(_part(ax, (_SIDE - _PHS_GAP) * font, (_DMA_GAP + _DMA_WIDTH) * font))
    dma.set_axes_locator(_part(ax, _DMA_WIDTH * font, 0))
    ax.axhspan(-cut_off, cut_off, color=BAND, linewidth=0, zorder=0.5, gid="band")
    ax.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    dma.set_yscale("log")
    for each, codes, low, high in (
        (ax, Z_CODES, -Z_EDGE, Z_EDGE),
        (phs, ("PHS",), *BY_CODE["PHS"].possible),
        (dma, ("DMA",), RATING_OFFSET, 100),
    ):
        each.set(xlim=(-0.5, len(codes) - 0.5), ylim=(low, high), facecolor="none")
        each.grid(False)
        each.spines[["top", "right"]].set_visible(False)
        each.spines[["left", "bottom"]].set(linewidth=0.6, color=INK)
        each.set_xticks(range(len(codes)), codes, rotation=90 if sizes.narrow else 0)
        each.tick_params("x", labelsize=font, length=0, pad=under + 0.75 * font, labelcolor=INK)
        each.tick_params("y", labelsize=font, length=2, width=0.6, pad=1.5, color=INK, labelcolor=INK)
    language = sizes.language
    ax.set_yticks([-4, -2, 0, 2, 4], [language.write(str(z)) for z in (-4, -2, 0, 2, 4)])
    phs.set_yticks([0, 1, 2, 3])
    dma.set_yticks([0.1, 1, 10, 100], [language.number(rating) for rating in (0.1, 1, 10, 100)])
    dma.set_yticks([], minor=True)
    roomy, short = sizes.height > 25 * font, "" if sizes.height > 17.5 * font else "_short"
    gain, loss = (language.text(f"finding.{name}{short}") for name in (GAIN, LOSS))
    for height, text, place, rotation in (
        (1.0, f"{gain}{' →' * roomy}", "top", 90),
        (0.5, language.text("profile.z_score") if roomy else "z", "center", 90 * roomy),
        (0.0, f"{'← ' * roomy}{loss}", "bottom", 90),
    ):
        style = {"size": font, "color": INK, "rotation": rotation, "ha": "right", "va": place}
        _write(ax, text, (-0.5, height), (-2.3 * font, 0), **style)


def _side_axes(ax: Axes) -> list[Axes]:
    """Those of PHS and DMA."""
    return cast(list[Axes], ax.child_axes)


def _draw_hatches(ax: Axes, hatched: set[str], cut_off: float) -> None:
    """Where nothing can be found."""
    for position, code in enumerate(Z_CODES):
        for name, foot in ((f"{code}_gain", cut_off), (f"{code}_loss", -Z_EDGE)):
            if name in hatched:
                ax.add_patch(hatch_patch((position - 0.5, foot), 1, Z_EDGE - cut_off)).set_gid(name)


def _shifts(count: int, width: float, sizes: _Sizes) -> Floats:
    """Distances from the middle of a column of that width (in columns) that keep equal values of several rows apart."""
    half = min(1.25 * sizes.marker / width * (count - 1), 0.7) / 2
    return np.linspace(-half, half, count) if count > 1 else np.zeros(1)


def _style(row: Row, sizes: _Sizes, mark: str | None = None, size: float = 1.0) -> dict[str, Any]:
    """Look of a row's plain marker, or of one of its marks."""
    marker, scale = _MARKS[mark] if mark else (row.shape, 1.0)
    face = "white" if mark == NO_Z else row.face
    style = {"marker": marker, "markersize": size * scale * sizes.marker, "color": row.colour, "markerfacecolor": face}
    return style | {"markeredgewidth": 0.17 * sizes.marker, "linestyle": "none"}


def _draw_row(ax: Axes, row: Row, shift: float, sizes: _Sizes) -> None:
    x, y = np.arange(len(Z_CODES)) + shift, np.clip(row.z, -Z_EDGE, Z_EDGE)
    if row.singles is not None:
        lines = [np.column_stack([x, person]) for person in np.clip(row.singles, -Z_EDGE, Z_EDGE)]
        faint = float(np.clip(8 / max(len(lines), 1), 0.04, 0.35))
        look: Any = {"colors": row.colour, "linewidths": 0.4, "alpha": faint, "rasterized": len(lines) > MOST_LINES}
        ax.add_collection(LineCollection(lines, zorder=1.5, gid=SINGLE_PEOPLE, **look), autolim=False)
    if row.interval is not None:
        _draw_interval(ax, x, np.clip(row.interval, -Z_EDGE, Z_EDGE), row, sizes)
    line = _style(row, sizes) | {"linestyle": row.dashes, "linewidth": 0.9, "label": row.label}
    inside = np.flatnonzero(np.abs(row.z) <= Z_EDGE).tolist()
    ax.plot(x, y, markevery=inside, clip_on=False, zorder=3, **line)
    heights = np.where(np.isnan(y), -0.93 * Z_EDGE, y)
    for mark, flags in row.marks.items():
        if flags.any():
            ax.plot(x[flags], heights[flags], clip_on=False, zorder=4, gid=mark, **_style(row, sizes, mark))


def _draw_interval(ax: Axes, x: npt.NDArray[Any], interval: Floats, row: Row, sizes: _Sizes) -> None:
    """Bars from lower to upper end; `interval` has the shape (2, len(x))."""
    known = ~np.isnan(interval).any(axis=0)
    look: Any = {"ecolor": row.colour, "elinewidth": 1.1, "capsize": 0.22 * sizes.font, "capthick": 1.1, "zorder": 2.5}
    low, high = interval[:, known]
    bars = ax.errorbar(x[known], (low + high) / 2, yerr=(high - low) / 2, fmt="none", **look)
    bars[2][0].set_gid(INTERVAL)


def _draw_side_values(side: Sequence[Axes], row: Row, shift: float, sizes: _Sizes) -> None:
    intervals = (row.phs_interval, row.dma_interval)
    for ax, value, interval in zip(side, (row.phs, row.dma), intervals, strict=True):
        if np.isnan(value):
            style = _style(row, sizes, NO_VALUE) | {"transform": ax.transAxes, "gid": NO_VALUE}
            ax.plot([0.5 + shift], [0.035], clip_on=False, zorder=4, **style)
        else:
            if interval is not None:
                _draw_interval(
                    ax, np.array([shift]), np.asarray(np.clip(interval, *ax.get_ylim()))[:, None], row, sizes
                )
            style = _style(row, sizes) | {"label": row.label}
            ax.plot([shift], [np.clip(value, *ax.get_ylim())], clip_on=False, zorder=3, **style)


def _format_number(z: float, language: Language) -> str:
    if abs(z) > 9999:  # a number that nobody has to read to the end
        return language.write("> 9999" if z > 0 else "< -9999")
    return language.write(f"{z:.1f}" if abs(z) < 100 else f"{z:.0f}")


def _place_numbers(rows: Sequence[Row], shifts: Floats, mark: str, sizes: _Sizes) -> list[_Number]:
    """Numbers of the values beyond one end of the axis: beside each other, or stacked for want of room."""
    # Past the arrow, and at the foot also past the bar of a device's limit.
    gap = (0.85 if mark == ABOVE else 1.65) * sizes.marker
    numbers = []
    for column in range(len(Z_CODES)):
        those = [n for n, row in enumerate(rows) if row.marks[mark][column]]
        texts = [_format_number(rows[n].z[column], sizes.language) for n in those]
        measures = [sizes.measure_number(text) for text in texts]
        total, left, out = sum(width for width, _ in measures), 0.0, gap
        for n, text, (width, height) in zip(those, texts, measures, strict=True):
            spare = max(sizes.column - width, 0) / 2
            right = float(np.clip(shifts[n] * sizes.column, -spare, spare)) if len(those) == 1 else 0.0
            if len(those) > 1 and total <= sizes.column:
                right, left = left + (width - total) / 2, left + width
            numbers.append(_Number(column, text, rows[n].colour, right, out, out + height))
            out += height if total > sizes.column else 0
    return numbers


def _write_groups(ax: Axes, down: float, sizes: _Sizes) -> None:
    """Brackets under the codes with the groups of parameters, and what PHS and DMA count."""
    groups: dict[str, list[int]] = {}
    for position, code in enumerate(Z_CODES):
        groups.setdefault(BY_CODE[code].modality, []).append(position)
    text_of, (phs, dma) = sizes.language.text, _side_axes(ax)
    spans = [(ax, places[0] - 0.4, places[-1] + 0.4, text_of(f"modality.{name}")) for name, places in groups.items()]
    spans += [(phs, -0.5, 0.5, text_of("profile.count")), (dma, -0.5, 0.5, text_of("profile.rating"))]
    for where, start, stop, text in spans:
        flat = where.get_xaxis_transform() + ScaledTranslation(0, -down / 72, ax.figure.dpi_scale_trans)
        where.add_artist(Line2D([start, stop], [0, 0], transform=flat, color=PALE, linewidth=0.6, clip_on=False))
        offset = (0, -down - 0.25 * sizes.font)
        style = {"size": sizes.small, "color": GREY, "ha": "center", "va": "top", "linespacing": 1.1}
        _write(where, text, ((start + stop) / 2, 0), offset, **style)


def _legend_entries(rows: Sequence[Row], not_findable: str, sizes: _Sizes, cut_off: float) -> list[tuple[Any, str]]:
    """Handles and labels of the rows, the band and those marks that are used."""
    text = sizes.language.text
    entries: list[tuple[Any, str]] = [
        (Line2D([], [], **_style(row, sizes) | {"linestyle": row.dashes, "linewidth": 0.9}), row.label) for row in rows
    ]
    if any(row.interval is not None for row in rows):
        bar = Line2D([], [], color=GREY, linewidth=1.1, marker="|", markersize=0.6 * sizes.font, markeredgewidth=1.1)
        entries.append((bar, text("legend.interval_of_mean")))
    if any(row.singles is not None for row in rows):
        entries.append((Line2D([], [], color=PALE, linewidth=0.5), text("legend.single_people")))
    entries.append((Patch(facecolor=BAND, linewidth=0), text("legend.normal_range", cut_off=cut_off)))
    used = {mark for row in rows for mark, flags in row.marks.items() if flags.any()}
    used |= {NO_VALUE for row in rows if np.isnan([row.phs, row.dma]).any()}
    grey = Row("", GREY, GREY, "o", "-", np.empty(0), {}, 0, 0)
    if AT_LIMIT in used:
        both = tuple(Line2D([], [], **_style(grey, sizes, mark, size=0.8)) for mark in (None, AT_LIMIT))
        entries.append((both, text(f"mark.{AT_LIMIT}")))
    if not_findable:
        entries.append((hatch_patch((0, 0), 1, 1), text(not_findable)))
    missing = [mark for mark in (NO_VALUE, NO_Z) if mark in used]
    return entries + [(Line2D([], [], **_style(grey, sizes, mark)), text(f"mark.{mark}")) for mark in missing]
