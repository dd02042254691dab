"""The probabilities of the sensory phenotypes, person by person."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from qst.arrays import Floats
from qst.cohort.scored_rows import check_scored, find_notes, numbers_of, texts_of
from qst.cohort.selection import select_area
from qst.errors import OptionError
from qst.plots.canvas import HATCH, INK, PHENOTYPE_COLOURS, WIDTH_MM, Canvas, describe_people, hatch_patch
from qst.plots.language import current_language
from qst.plots.row_labels import measure_names, write_names
from qst.tables import HEALTHY, PHENOTYPE_COLUMNS, PHENOTYPES

NAMES = (*PHENOTYPES, HEALTHY)

MOST_BARS = 150
"""Bars of more people touch each other, and are drawn as one surface a phenotype (ours)."""

_MOST_LABELS = 60
"""More people than that have no room for a label each (ours)."""


@dataclass(frozen=True, eq=False)
class PhenotypeBars:
    """One row an assessment, in the order drawn: its number in the table, and the four probabilities (or NaN)."""

    order: npt.NDArray[np.int64]
    probabilities: Floats
    most_probable: list[str]

    @property
    def said(self) -> npt.NDArray[np.bool_]:
        """Where there are probabilities."""
        return np.asarray(~np.isnan(self.probabilities).any(axis=1))


def order_phenotypes(scored: pd.DataFrame) -> PhenotypeBars:
    """Put assessments in order: by the most probable phenotype, then by its probability; last, those without any."""
    probabilities = numbers_of(scored, PHENOTYPE_COLUMNS)
    names = texts_of(scored, "phenotype")
    rank = np.array([NAMES.index(name) if name in NAMES else len(NAMES) for name in names])
    strength = np.nan_to_num(probabilities.max(axis=1, initial=-np.inf), nan=-1.0)
    order = np.lexsort((-strength, rank))
    return PhenotypeBars(order, probabilities[order], [names[n] for n in order])


def plot_phenotypes(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    area: str = "test",
    label_people: bool = False,
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the probabilities of the sensory phenotypes: a bar an assessment, ordered by phenotype.

    From left to right: sensory loss, thermal hyperalgesia, mechanical hyperalgesia, healthy; the lengths sum to 1.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`): `phenotype` and `phenotype_sensory_loss … phenotype_healthy`. Where they are missing
        (too few tests), the bar is hatched.
    ax : matplotlib.axes.Axes, optional
    area : {"test", "control", "all"}
    label_people : bool
        Write the subjects beside their bars, up to 60. Without it no subject is named.
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        The table is not scored or has no phenotypes, no row is left, or more than 60 people are to be labelled.

    Examples
    --------
    >>> import qst
    >>> ax = plot_phenotypes(qst.score(qst.load("examples/cohort_synthetic.csv")))
    >>> [text.get_text() for text in ax.get_legend().get_texts()][:2]
    ['sensory loss (12)', 'thermal hyperalgesia (11)']
    """
    check_scored(scored, "the rows of a cohort")
    if "phenotype_healthy" not in scored:
        raise OptionError("the table has no phenotypes: score it with this version of qst")
    shown = select_area(scored, area)
    bars = order_phenotypes(shown)
    if label_people and len(shown) > _MOST_LABELS:
        raise OptionError(f"{len(shown)} bars have no room for labels: at most {_MOST_LABELS} have")
    subjects = texts_of(shown, "subject")
    names = [subjects[n] for n in bars.order] if label_people else []
    canvas = Canvas(ax, width_mm, max(2.2, measure_names(names)), 1.5)
    language = canvas.language
    legend: list[tuple[Any, str]] = [
        (Patch(facecolor=colour), f"{language.word('phenotype', name)} ({bars.most_probable.count(name)})")
        for name, colour in PHENOTYPE_COLOURS.items()
    ]
    silent = int((~bars.said).sum())
    legend += [(hatch_patch((0, 0), 1, 1), f"{language.text('phenotypes.not_said')} ({silent})")] if silent else []
    each = 1.4 * canvas.font if label_people else float(np.clip(20 * canvas.font / len(shown), 0.05, 1.4 * canvas.font))
    counted = language.text("count.assessments", n=len(shown))
    footer = [*describe_people(shown), language.text("phenotypes.in_brackets", assessments=counted)]
    footer += _name_prototypes(shown)
    ax = canvas.open(each * len(shown), title=title, footer=footer, legend=legend, under=2.9 * canvas.font)
    _draw_bars(ax, bars, canvas)
    write_names(ax, names)
    return ax


def _name_prototypes(scored: pd.DataFrame) -> list[str]:
    """Which prototypes the probabilities are from; those of the program are its own, which a reader must know."""
    text = current_language().text
    by = [note.about for note in find_notes(scored, "phenotypes")]
    names = [text("phenotypes.ours", name=n) if n == "ours" else n for n in by]
    return [text("phenotypes.prototypes", names=" / ".join(names))] if names else []


def _draw_bars(ax: Axes, bars: PhenotypeBars, canvas: Canvas) -> None:
    rows = np.arange(len(bars.order))
    said = bars.said
    ends = np.cumsum(bars.probabilities[said], axis=1)
    apart = len(rows) <= MOST_BARS
    height = 0.86 if apart else 1.0
    for number, (name, colour) in enumerate(PHENOTYPE_COLOURS.items()):
        width, left = bars.probabilities[said, number], ends[:, number] - bars.probabilities[said, number]
        look: Any = {"color": colour, "linewidth": 0, "label": name}
        if apart:
            ax.barh(rows[said], width, left=left, height=height, **look)
        else:
            edges = np.add.outer(rows[said], [-0.5, 0.5]).ravel()
            ax.fill_betweenx(edges, np.repeat(left, 2), np.repeat(left + width, 2), **look)
    for row in rows[~said].tolist():
        ax.add_patch(hatch_patch((0, row - height / 2), 1, height, linewidth=0.4, edgecolor=HATCH)).set_gid("not said")
    canvas.style_axes(ax, spines=("bottom",))
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    ticks = (0, 0.25, 0.5, 0.75, 1)
    ax.set_xticks(ticks, [canvas.language.number(tick) for tick in ticks])
    canvas.label_axes(ax, x=canvas.language.text("phenotypes.probability"))
    before = ""
    for row, name in enumerate(bars.most_probable):
        if row and name != before:
            ax.axhline(row - 0.5, color=INK, linewidth=0.5, gid="boundary")
        before = name
