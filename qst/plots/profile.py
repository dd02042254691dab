"""The sensory profile: one person's tested areas over the 13 parameters, as papers of the field print it.

Order and band as in Rolke et al. 2006 (Pain 123:231-243). Lengths are in points, so that the letters of a picture of
85 mm (one column of a journal) can be read as well as those of one of 170 mm.
"""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Bbox, ScaledTranslation

from qst.plots.rows import ABOVE, AT_LIMIT, BELOW, NO_VALUE, NO_Z, Z_EDGE, Row, find_cut_off, read_rows, texts_of
from qst.protocol import BY_CODE, RATING_OFFSET, Z_CODES
from qst.tables import DISCLAIMER

WIDTH_MM = 170.0

Floats = npt.NDArray[np.float64]
_PT_PER_MM = 72 / 25.4
# In heights of a letter: margins; from the z-axis on, the gap before and the width of the axes of PHS and of DMA.
_LEFT, _RIGHT, _PHS_GAP, _PHS_WIDTH, _DMA_GAP, _DMA_WIDTH = 4.4, 0.7, 2.1, 2.3, 2.9, 2.3
_SIDE = _PHS_GAP + _PHS_WIDTH + _DMA_GAP + _DMA_WIDTH
_LETTER = 0.54  # mean width of a letter
_MINUS = "\N{MINUS SIGN}"

_INK, _GREY, _PALE, _BAND, _HATCH = "#222222", "#5f5f5f", "#9a9a9a", "#e3e3e3", "#b0b0b0"
_NOT_FINDABLE = "not findable (device range)"
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

    def __init__(self, room: float, font: float, height: float | None) -> None:
        self.room, self.font, self.small, self.marker = room, font, max(5.5, font - 0.75), 0.78 * font
        self.column = (room - _SIDE * font) / len(Z_CODES)
        self.narrow = self.column < 2.7 * font  # then codes and numbers stand upright
        self.height = height or 0.35 * (room + _LEFT * font) + 36  # of the axes

    def measure_number(self, text: str) -> tuple[float, float]:
        """Width and height of a number beyond the axis."""
        length, line = self.small * (0.6 * len(text) + 0.3), 1.12 * self.small
        return (line, length) if self.narrow else (length, line)


def draw_profile(
    scored: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None, width_mm: float = WIDTH_MM
) -> Axes:
    """Draw what `plot_profile` describes; without `ax`, in a figure of that width (mm)."""
    rows = read_rows(scored)
    hatched = {item for text in texts_of(scored, "not_findable") for item in text.split(";") if item}
    width, own_height = (width_mm * _PT_PER_MM, None) if ax is None else _room_of(ax)
    font = float(np.clip(6 + 1.5 * (width / _PT_PER_MM - 85) / 85, 5.5, 9))
    sizes = _Sizes(width - (_LEFT + _RIGHT) * font if ax is None else width, font, own_height)
    cut_off = find_cut_off(scored)
    handles, labels = _legend_entries(rows, hatched, sizes, cut_off)
    columns, legend_lines = _arrange_legend(labels, sizes)
    headline = textwrap.wrap(title or "", int(sizes.room / (0.62 * (font + 1))), max_lines=2, placeholder=" …")
    footer = _footer(scored, sizes)

    # Upwards from the top of the axes, and downwards from their foot.
    shifts = _shifts(len(rows), sizes.column, sizes)
    numbers = {1: _place_numbers(rows, shifts, ABOVE, sizes), -1: _place_numbers(rows, shifts, BELOW, sizes)}
    over, under = (max((number.end for number in those), default=0.0) for those in numbers.values())
    legend_at = over + 0.9 * font
    title_at = legend_at + 1.38 * font * legend_lines + 0.4 * font
    groups_at = under + 0.75 * font + (2.65 if sizes.narrow else 1.35) * font
    footer_at = groups_at + 0.8 * font + 2.5 * sizes.small
    if ax is None:
        above = title_at + 1.25 * (font + 1) * len(headline) + 0.2 * font
        below = footer_at + 1.25 * sizes.small * len(footer) + 0.3 * font
        height = sizes.height + above + below
        figure = Figure(figsize=(width / 72, height / 72), facecolor="white")
        FigureCanvasAgg(figure)
        ax = figure.add_axes((_LEFT * font / width, below / height, sizes.room / width, sizes.height / height))

    side = _draw_scales(ax, sizes, hatched, under, cut_off)
    for row, shift, aside in zip(rows, shifts, _shifts(len(rows), _PHS_WIDTH * font, sizes), strict=True):
        _draw_row(ax, row, shift, sizes)
        _draw_side_values(side, row, aside, sizes)
    for sign, those in numbers.items():
        style = {"ha": "center", "va": "bottom" if sign > 0 else "top", "rotation": 90 if sizes.narrow else 0}
        for column, text, colour, right, out, _ in those:
            _write(ax, text, (column, (sign + 1) / 2), (right, sign * out), size=sizes.small, color=colour, **style)
    _write_groups(ax, side, groups_at, sizes)
    legend = ax.legend(
        handles, labels, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=font,
        bbox_transform=ax.transAxes + ScaledTranslation(0, legend_at / 72, ax.figure.dpi_scale_trans),
        borderaxespad=0, borderpad=0, labelspacing=0.35, handlelength=2.2, handletextpad=0.6, columnspacing=1.5,
        labelcolor=_INK,
    )  # fmt: skip
    for entry in legend.get_texts():
        entry.set_parse_math(False)
    look: Any = {"size": sizes.small, "color": _GREY, "va": "top", "linespacing": 1.2}
    _write(ax, "\n".join(footer), (-0.5, 0), (-(_LEFT - 0.6) * font, -footer_at), **look)
    if headline:
        look = {"fontsize": font + 1, "fontweight": "bold", "color": _INK, "parse_math": False}
        ax.set_title("\n".join(headline), loc="left", y=1.0, pad=title_at, **look)
    return ax


def _footer(scored: pd.DataFrame, sizes: _Sizes) -> list[str]:
    """Reference set, age, sex and site, and what the picture is not; on one line if there is room."""
    parts = []
    for column, form in {"reference_set": "Reference values: {}", "age": "{} years", "sex": "{}", "site": "{}"}.items():
        texts = dict.fromkeys(text.removesuffix(".0") for text in texts_of(scored, column) if text)
        parts.extend([form.format(" / ".join(texts))] if texts else [])
    longest = int((sizes.room + (_LEFT - 1) * sizes.font) / (_LETTER * sizes.small))
    line = " · ".join([*parts, DISCLAIMER])
    return [line] if len(line) <= longest else [*textwrap.wrap(" · ".join(parts), longest), DISCLAIMER]


def _room_of(ax: Axes) -> tuple[float, float]:
    """Width and height in points of the room an axes was given."""
    room, whole, point = ax.get_position(original=True), ax.figure.bbox, ax.figure.dpi / 72
    return float(room.width * whole.width / point), float(room.height * whole.height / point)


def _write(ax: Axes, text: str, at: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Write outside of the axes: from x (data) and y (0 foot, 1 top of the axes), some points away."""
    where: Any = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "annotation_clip": False}
    ax.annotate(text, at, offset, parse_math=False, **where, **style)


def _part(ax: Axes, start: float | None, stop: float) -> Callable[[Any, Any], Bbox]:
    """Keep an axes between two distances (points) from the right end of the room that `ax` was given."""

    def locate(_: Any, __: Any) -> Bbox:
        room = ax.get_position(original=True)
        point = room.width / _room_of(ax)[0]
        left = room.x0 if start is None else room.x1 - start * point
        return Bbox.from_extents(left, room.y0, room.x1 - stop * point, room.y1)

    return locate


def _draw_scales(ax: Axes, sizes: _Sizes, hatched: set[str], under: float, cut_off: float) -> tuple[Axes, Axes]:
    """Axes, band, and what cannot be found; gives the axes of PHS and DMA."""
    font = sizes.font
    phs, dma = (ax.inset_axes((1, 0, 0.1, 1), label=code) for code in ("PHS", "DMA"))
    ax.set_axes_locator(_part(ax, None, _SIDE * font))
    phs.set_axes_locator(_part(ax, (_SIDE - _PHS_GAP) * font, (_DMA_GAP + _DMA_WIDTH) * font))
    dma.set_axes_locator(_part(ax, _DMA_WIDTH * font, 0))
    ax.axhspan(-cut_off, cut_off, color=_BAND, linewidth=0, zorder=0.5, gid="band")
    ax.axhline(0, color=_GREY, linewidth=0.6, zorder=1)
    for position, code in enumerate(Z_CODES):
        for name, foot in ((f"{code}_gain", cut_off), (f"{code}_loss", -Z_EDGE)):
            if name in hatched:
                ax.add_patch(_hatched_patch((position - 0.5, foot), Z_EDGE - cut_off)).set_gid(name)
    dma.set_yscale("log")
    for each, codes, low, high in (
        (ax, Z_CODES, -Z_EDGE, Z_EDGE),
        (phs, ("PHS",), *BY_CODE["PHS"].possible),
        (dma, ("DMA",), RATING_OFFSET, 100),
    ):
        each.set(xlim=(-0.5, len(codes) - 0.5), ylim=(low, high), facecolor="none")
        each.grid(False)
        each.spines[["top", "right"]].set_visible(False)
        each.spines[["left", "bottom"]].set(linewidth=0.6, color=_INK)
        each.set_xticks(range(len(codes)), codes, rotation=90 if sizes.narrow else 0)
        each.tick_params("x", labelsize=font, length=0, pad=under + 0.75 * font, labelcolor=_INK)
        each.tick_params("y", labelsize=font, length=2, width=0.6, pad=1.5, color=_INK, labelcolor=_INK)
    ax.set_yticks([-4, -2, 0, 2, 4], [f"{_MINUS}4", f"{_MINUS}2", "0", "2", "4"])
    phs.set_yticks([0, 1, 2, 3])
    dma.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    dma.set_yticks([], minor=True)
    roomy, words = sizes.height > 25 * font, " of function" if sizes.height > 17.5 * font else ""
    for height, text, place, rotation in (
        (1.0, f"gain{words}{' →' * roomy}", "top", 90),
        (0.5, "z-score" if roomy else "z", "center", 90 * roomy),
        (0.0, f"{'← ' * roomy}loss{words}", "bottom", 90),
    ):
        style = {"size": font, "color": _INK, "rotation": rotation, "ha": "right", "va": place}
        _write(ax, text, (-0.5, height), (-2.3 * font, 0), **style)
    return phs, dma


def _hatched_patch(corner: tuple[float, float], height: float) -> Rectangle:
    patch = Rectangle(corner, 1, height, fill=False, hatch="/////", edgecolor=_HATCH, linewidth=0, zorder=0.6)
    if hasattr(patch, "set_hatch_linewidth"):  # as of matplotlib 3.10
        patch.set_hatch_linewidth(0.5)
    return patch


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
    line = _style(row, sizes) | {"linestyle": row.dashes, "linewidth": 0.9, "label": row.label}
    inside = np.flatnonzero(np.abs(row.z) <= Z_EDGE).tolist()
    ax.plot(x, y, markevery=inside, clip_on=False, zorder=3, **line)
    heights = np.where(np.isnan(y), -0.93 * Z_EDGE, y)
    for mark, flags in row.marks.items():
        if flags.any():
            ax.plot(x[flags], heights[flags], clip_on=False, zorder=4, gid=mark, **_style(row, sizes, mark))


def _draw_side_values(side: tuple[Axes, Axes], row: Row, shift: float, sizes: _Sizes) -> None:
    for ax, value in zip(side, (row.phs, row.dma), strict=True):
        if np.isnan(value):
            style = _style(row, sizes, NO_VALUE) | {"transform": ax.transAxes, "gid": NO_VALUE}
            ax.plot([0.5 + shift], [0.035], clip_on=False, zorder=4, **style)
        else:
            style = _style(row, sizes) | {"label": row.label}
            ax.plot([shift], [np.clip(value, *ax.get_ylim())], clip_on=False, zorder=3, **style)


def _format_number(z: float) -> str:
    text = f"{z:.1f}" if abs(z) < 100 else f"{z:.0f}" if abs(z) < 10_000 else f"{z:.0e}"
    return text.replace("-", _MINUS)


def _place_numbers(rows: Sequence[Row], shifts: Floats, mark: str, sizes: _Sizes) -> list[_Number]:
    """Numbers of the values beyond one end of the axis: beside each other, or stacked for want of room."""
    # Past the arrow, and at the foot also past the bar of a device's limit.
    gap = (0.85 if mark == ABOVE else 1.65) * sizes.marker
    numbers = []
    for column in range(len(Z_CODES)):
        those = [n for n, row in enumerate(rows) if row.marks[mark][column]]
        texts = [_format_number(rows[n].z[column]) for n in those]
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


def _write_groups(ax: Axes, side: tuple[Axes, Axes], down: float, sizes: _Sizes) -> None:
    """Brackets under the codes with the groups of parameters, and what PHS and DMA count."""
    groups: dict[str, list[int]] = {}
    for position, code in enumerate(Z_CODES):
        groups.setdefault(BY_CODE[code].modality, []).append(position)
    spans = [(ax, places[0] - 0.4, places[-1] + 0.4, name.replace(" ", "\n")) for name, places in groups.items()]
    for where, start, stop, text in (*spans, (side[0], -0.5, 0.5, "count"), (side[1], -0.5, 0.5, "rating")):
        flat = where.get_xaxis_transform() + ScaledTranslation(0, -down / 72, ax.figure.dpi_scale_trans)
        where.add_artist(Line2D([start, stop], [0, 0], transform=flat, color=_PALE, linewidth=0.6, clip_on=False))
        offset = (0, -down - 0.25 * sizes.font)
        style = {"size": sizes.small, "color": _GREY, "ha": "center", "va": "top", "linespacing": 1.1}
        _write(where, text, ((start + stop) / 2, 0), offset, **style)


def _legend_entries(
    rows: Sequence[Row], hatched: set[str], sizes: _Sizes, cut_off: float
) -> tuple[list[Any], list[str]]:
    """Handles and labels of the rows, the band and those marks that are used."""
    longest = int(sizes.room / (_LETTER * sizes.font)) - 6
    labels = [row.label if len(row.label) <= longest else row.label[: longest - 1] + "…" for row in rows]
    handles: list[Any] = [
        Line2D([], [], **_style(row, sizes) | {"linestyle": row.dashes, "linewidth": 0.9}) for row in rows
    ]
    handles.append(Patch(facecolor=_BAND, linewidth=0))
    labels.append(f"normal range (±{cut_off:g})")
    used = {mark for row in rows for mark, flags in row.marks.items() if flags.any()}
    used |= {NO_VALUE for row in rows if np.isnan([row.phs, row.dma]).any()}
    grey = Row("", _GREY, _GREY, "o", "-", np.empty(0), {}, 0, 0)
    if AT_LIMIT in used:
        handles.append(tuple(Line2D([], [], **_style(grey, sizes, mark, size=0.8)) for mark in (None, AT_LIMIT)))
        labels.append(AT_LIMIT)
    if hatched:
        handles.append(_hatched_patch((0, 0), 1))
        labels.append(_NOT_FINDABLE)
    for mark in (NO_VALUE, NO_Z):
        if mark in used:
            handles.append(Line2D([], [], **_style(grey, sizes, mark)))
            labels.append(mark)
    return handles, labels


def _arrange_legend(labels: Sequence[str], sizes: _Sizes) -> tuple[int, int]:
    """Most columns for which the legend fits, and its number of lines."""
    for columns in range(len(labels), 1, -1):
        parts = np.array_split([len(label) for label in labels], columns)
        if sum(sizes.font * (4.3 + _LETTER * part.max()) for part in parts) <= sizes.room + sizes.font:
            return columns, len(parts[0])
    return 1, len(labels)
