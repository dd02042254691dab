"""What all figures share: their size and letters, colours, legend, title and the lines at their foot.

Lengths are in points, so that the letters of a picture of 85 mm (one column of a journal) can be read as well as those
of one of 170 mm.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import ScalarFormatter
from matplotlib.transforms import ScaledTranslation

from qst.cohort.scored_rows import distinct_texts, texts_of
from qst.plots.language import NumberFormatter, current_language, describes_people
from qst.tables import HEALTHY, PHENOTYPES

WIDTH_MM = 170.0

PT_PER_MM = 72 / 25.4

LETTER = 0.54
"""Mean width of a letter, in sizes of the font."""

FOOT_LETTER = 0.57
"""Mean width of a letter at the foot, where codes in capitals and numbers are."""

INK, GREY, PALE, BAND, HATCH = "#222222", "#5f5f5f", "#9a9a9a", "#e3e3e3", "#b0b0b0"

# After Okabe and Ito: colour-blind readers tell them apart. The first is darkened, to differ from the second in grey.
AREA_COLOURS = {"test": "#00507f", "control": "#d55e00"}

MORE_COLOURS = ("#009e73", "#cc79a7", "#56b4e9", "#222222")

COLOURS = (*AREA_COLOURS.values(), *MORE_COLOURS)

SHAPES = ("o", "s", "p", "h", "P", "*")

# Purple and green of ColorBrewer's PRGn, which colour-blind readers tell apart; neither is the colour of an area.
GAIN_COLOUR, LOSS_COLOUR = "#762a83", "#5aae61"

# From dark to light, so that they keep their order in grey.
PHENOTYPE_COLOURS = dict(zip((*PHENOTYPES, HEALTHY), ("#00507f", "#d55e00", "#56b4e9", "#e3e3e3"), strict=True))

Legend = Sequence[tuple[Any, str]]

ENOUGH_CONTRAST = 4.5
"""Of letters to their ground, after WCAG 2.2, level AA."""


class Canvas:
    """Size, letters and margins of one figure.

    Attributes
    ----------
    font, small : float
        Sizes of the letters: 6 points at a width of 85 mm, 7.5 at 170.
    room : float
        Width of the axes.
    own_height : float or None
        Height of axes that the caller gave.
    language : Language
        In which the figure is drawn.
    """

    def __init__(self, ax: Axes | None, width_mm: float, left: float, right: float) -> None:
        """`left` and `right` are the margins beside the axes, in letters."""
        self._ax = ax
        self.language = current_language()
        self.own_height: float | None
        self.width, self.own_height = (width_mm * PT_PER_MM, None) if ax is None else room_of(ax)
        self.font = float(np.clip(6 + 1.5 * (self.width / PT_PER_MM - 85) / 85, 5.5, 9))
        self.small = max(5.5, self.font - 0.75)
        self.left, self.right = left * self.font, right * self.font
        self.room = self.width - self.left - self.right if ax is None else self.width

    def open(
        self,
        height: float,
        *,
        title: str | None,
        footer: Sequence[str],
        legend: Legend = (),
        over: float = 0.0,
        under: float = 0.0,
        sheet: Axes | None = None,
    ) -> Axes:
        """The axes to draw into, with title, legend and footer around what stands `over` and `under` them.

        `footer` are parts of a sentence, which are divided by points and broken into lines. `sheet` are axes of an
        earlier figure of the same width, which is used again.
        """
        longest = int(self.room / (0.62 * (self.font + 1)))
        headline = textwrap.wrap(title or "", longest, max_lines=2, placeholder=" …")
        labels = self._shorten(legend)
        columns, lines = self._arrange(labels)
        foot = self._wrap_footer(footer)
        legend_at = over + 0.9 * self.font
        title_at = legend_at + 1.44 * self.font * lines + 0.4 * self.font
        footer_at = under + 0.8 * self.font
        ax = self._ax
        if ax is None:
            above = title_at + 1.25 * (self.font + 1) * len(headline) + 0.2 * self.font
            below = footer_at + 1.25 * self.small * len(foot) + 0.3 * self.font
            whole = height + above + below
            place = (self.left / self.width, below / whole, self.room / self.width, height / whole)
            if sheet is None:
                figure = Figure(figsize=(self.width / 72, whole / 72), facecolor="white")
                FigureCanvasAgg(figure)
                ax = figure.add_axes(place)
            else:
                ax = sheet
                cast(Figure, ax.figure).set_size_inches(self.width / 72, whole / 72)
                ax.set_position(place)
        if labels:
            handles = [handle for handle, _ in legend]
            self._write_legend(ax, handles, labels, columns, legend_at)
        where: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
        style: Any = {"size": self.small, "color": GREY, "va": "top", "linespacing": 1.2, "gid": "footer", "zorder": 4}
        offset = (0.6 * self.font - self.left, -footer_at)
        ax.annotate("\n".join(foot), (0, 0), offset, parse_math=False, **where, **style)
        if headline:
            style = {"fontsize": self.font + 1, "fontweight": "bold", "color": INK, "parse_math": False}
            ax.set_title("\n".join(headline), loc="left", y=1.0, pad=title_at, **style)
        return ax

    def _shorten(self, legend: Legend) -> list[str]:
        longest = int(self.room / (LETTER * self.font)) - 6
        return [shorten(label, longest) for _, label in legend]

    def _arrange(self, labels: Sequence[str]) -> tuple[int, int]:
        """Most columns for which the legend fits, and its number of lines."""
        for columns in range(len(labels), 1, -1):
            parts = np.array_split([len(label) for label in labels], columns)
            if sum(self.font * (4.3 + LETTER * part.max()) for part in parts) <= self.room + self.font:
                return columns, len(parts[0])
        return 1, len(labels)

    def _write_legend(self, ax: Axes, handles: list[Any], labels: list[str], columns: int, up: float) -> None:
        legend = ax.legend(
            handles, labels, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=self.font,
            bbox_transform=ax.transAxes + ScaledTranslation(0, up / 72, ax.figure.dpi_scale_trans),
            borderaxespad=0, borderpad=0, labelspacing=0.35, handlelength=2.2, handletextpad=0.6, columnspacing=1.5,
            labelcolor=INK,
        )  # fmt: skip
        legend.set_gid("legend")
        for entry in legend.get_texts():
            entry.set_parse_math(False)

    def _wrap_footer(self, parts: Sequence[str]) -> list[str]:
        """The parts and what the picture is not, in as few lines as there is room for."""
        longest = int((self.room + self.left - self.font) / (FOOT_LETTER * self.small))
        lines = [""]
        for part in [*parts, self.language.text("disclaimer")]:
            joined = f"{lines[-1]} · {part}" if lines[-1] else part
            if len(joined) <= longest:
                lines[-1] = joined
            else:
                lines += textwrap.wrap(part, longest)
        return [line for line in lines if line]

    def style_axes(self, ax: Axes, *, spines: Sequence[str] = ("left", "bottom")) -> None:
        """Thin lines on the sides named and none on the others; ticks and labels in the figure's letters."""
        ax.set(facecolor="none")
        ax.grid(False)
        for name, spine in ax.spines.items():
            spine.set(visible=name in spines, linewidth=0.6, color=INK)
        for axis in ("x", "y"):
            own = getattr(ax, f"{axis}axis")
            if type(own.get_major_formatter()) is ScalarFormatter:
                own.set_major_formatter(NumberFormatter(self.language))
            ax.tick_params(axis, which="both", labelsize=self.font, length=2, width=0.6, pad=1.5)
            ax.tick_params(axis, which="both", color=INK, labelcolor=INK)
        ax.tick_params("both", which="minor", length=1.2, width=0.4)

    def label_axes(self, ax: Axes, x: str | None = None, y: str | None = None) -> None:
        """Names of the axes, as they are (no mathematics)."""
        for text, setter in ((x, ax.set_xlabel), (y, ax.set_ylabel)):
            if text is not None:
                setter(text, fontsize=self.font, color=INK, labelpad=2, parse_math=False)


def shorten(text: str, longest: int) -> str:
    """The text, or its beginning and its end, by which visits, numbers and subjects differ.

    >>> shorten("a laboratory with a long name, 013", 20)
    'a laborato…name, 013'
    """
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[longest // 2 + 1 - longest :]}"


def room_of(ax: Axes) -> tuple[float, float]:
    """Width and height in points of the room an axes was given."""
    room, whole, point = ax.get_position(original=True), ax.figure.bbox, ax.figure.dpi / 72
    return float(room.width * whole.width / point), float(room.height * whole.height / point)


def hatch_patch(corner: tuple[float, float], width: float, height: float, **style: Any) -> Rectangle:
    """A hatched rectangle, for what cannot be found or was not measured."""
    look: dict[str, Any] = {"fill": False, "hatch": "/////", "edgecolor": HATCH, "linewidth": 0, "zorder": 0.6}
    patch = Rectangle(corner, width, height, **(look | style))
    if hasattr(patch, "set_hatch_linewidth"):  # as of matplotlib 3.10
        patch.set_hatch_linewidth(0.5)
    return patch


def letters_on(ground: Any) -> str:
    """A colour for letters that can be read on this one: ink where it is light enough, else white, else black.

    >>> letters_on("white"), letters_on("#00507f"), letters_on("#808080")
    ('#222222', 'white', 'black')
    """
    return next((ink for ink in (INK, "white") if _contrast(ink, ground) >= ENOUGH_CONTRAST), "black")


def _contrast(one: Any, other: Any) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    parts = np.array([to_rgb(one), to_rgb(other)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return float((light + 0.05) / (dark + 0.05))


def describe_people(table: pd.DataFrame) -> list[str]:
    """Who is shown, for the foot of a figure: numbers, ages, sexes, sites, and the reference set."""
    if not describes_people():
        return []
    language = current_language()
    what = language.text("count.assessments", n=len(table))
    parts = [language.text("people.n", what=what)]
    if "subject" in table and table["subject"].notna().any():
        whom = language.text("count.people", n=int(table["subject"].nunique()))
        parts = [language.text("people.n_of", what=what, whom=whom)]
    if areas := [language.word("area_name", area) for area in distinct_texts(table, "area")]:
        parts.append(language.text("people.areas", n=len(table), areas=language.join(areas)))
    ages = pd.to_numeric(table.get("age", pd.Series(dtype=float)), errors="coerce").dropna()
    if len(ages):
        low, high = float(ages.min()), float(ages.max())
        is_one = f"{low:.0f}" == f"{high:.0f}"
        parts.append(
            language.text("people.age", age=f"{low:.0f}")
            if is_one
            else language.text("people.ages", low=low, high=high)
        )
    for column in ("sex", "site"):
        counts = pd.Series(texts_of(table, column)).value_counts().items()
        if known := [(language.word(column, text), number) for text, number in counts if text]:
            parts.append(", ".join(f"{number} {text}" if len(known) > 1 else text for text, number in known))
    return parts + describe_reference(table)


def describe_reference(table: pd.DataFrame) -> list[str]:
    """The reference set by which a table was scored, for the foot of a figure."""
    sets = distinct_texts(table, "reference_set")
    return [current_language().text("people.reference", names=" / ".join(sets))] if sets else []
