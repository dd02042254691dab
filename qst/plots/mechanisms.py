"""Evidence for pain mechanisms: of one assessment in bars, of many as shares of statuses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qst.cohort.frequencies import count_statuses
from qst.cohort.scored_rows import find_notes
from qst.cohort.selection import select_area
from qst.errors import OptionError
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanism_details import explain_mechanisms
from qst.inference.mechanisms import AGAINST, CONTRADICTED, NOT_ASSESSABLE, NOT_SUPPORTED, POSSIBLE, SUPPORTED
from qst.language import MINUS, Language
from qst.plots.canvas import GREY, INK, WIDTH_MM, Canvas, describe_people, hatch_patch
from qst.plots.language import current_language
from qst.tables import is_scored

# From dark to light, so that they keep their order in grey.
STATUS_COLOURS = {SUPPORTED: "#00507f", POSSIBLE: "#56b4e9", NOT_SUPPORTED: "#d9d9d9", CONTRADICTED: "#d55e00"}

_STEP, _STEP_OF_SHARE = 3.9, 2.9  # height of a mechanism, in letters


@dataclass(frozen=True, slots=True)
class EvidenceBar:
    """One mechanism as it is drawn: evidence and threshold as log10 likelihood ratios; signs as `HPT+`, `CDT−`."""

    name: str
    evidence: float | None
    status: str
    threshold: float
    signs_for: tuple[str, ...]
    signs_against: tuple[str, ...]
    lacking: tuple[str, ...]


def read_evidence(scored: pd.DataFrame, mechanisms: KnowledgeBase) -> list[EvidenceBar]:
    """The mechanisms of one assessment, in the order of the knowledge base."""
    bars = []
    for told in explain_mechanisms(scored, mechanisms)[0]["mechanisms"]:
        signs = {side: tuple(dict.fromkeys(map(_tell_sign, told[side]))) for side in ("for", "against")}
        number, needs = (told["evidence"], told["status"], told["threshold"]), tuple(told["needs"])
        bars.append(EvidenceBar(told["name"], *number, signs["for"], signs["against"], needs))
    return bars


def _tell_sign(sign: dict[str, Any]) -> str:
    """A sign by what was measured of it: the parameter with + for gain, − for loss, = for neither."""
    marks = {"gain": "+", "loss": MINUS}
    return f"{sign['parameter']}{marks.get(sign['finding'] or '', '=')}"


def plot_mechanisms(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    area: str = "test",
    mechanisms: Any = None,
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the evidence for pain mechanisms: bars for one assessment, shares of the statuses for several.

    Of one assessment, a bar reaches from 0 to the log10 likelihood ratio: to the right it speaks for the mechanism, to
    the left against it. A black stroke is the threshold from which the mechanism is supported; the dashed line at -0.5
    the one from which the signs speak against it. Below each bar stand the signs, for | against, with + for gain, − for
    loss and = for neither. Of several assessments, stacked bars are the percent that have each status.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`), with all its columns. A mechanism whose tests are missing is said to be not
        assessable, with what it needs.
    ax : matplotlib.axes.Axes, optional
    area : {"test", "control", "all"}
    mechanisms : path or KnowledgeBase, optional
        By which the table was scored, where that was not the shipped knowledge base.
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
    >>> ax = plot_mechanisms(scored[scored["subject"] == "058"])
    >>> [text.get_text() for text in ax.texts][-2:]
    ['sensitised muscle and joint nociceptors', 'for: PPT+ | against: none']
    """
    if not is_scored(scored.columns):
        raise OptionError("the table is not a scored one: give the result of qst.score, with all its columns")
    if scored.empty:
        raise OptionError("the table has no rows: give the rows of a person or a cohort")
    shown = select_area(scored, area)
    base = load_mechanisms(mechanisms)
    # At the right of the shares stand counts of so many digits.
    canvas = Canvas(ax, width_mm, 1.6, 1.2 + 0.65 * len(str(len(shown))))
    footer = describe_people(shown)
    footer += _describe_bases(shown, base)
    if len(shown) == 1:
        return _draw_evidence(read_evidence(shown, base), ax, canvas, footer, title)
    names, counts = count_statuses(shown, base)
    return _draw_shares(names, counts, ax, canvas, footer, title)


def _describe_bases(scored: pd.DataFrame, base: KnowledgeBase) -> list[str]:
    text = current_language().text
    by = [note.about for note in find_notes(scored, "mechanisms")]
    other = [text("mechanisms.other_base", scored=", ".join(by), drawn=base.id)] if by and by != [base.id] else []
    return [*other, text("mechanisms.ours"), text("mechanisms.coexist")]


def _draw_evidence(
    bars: list[EvidenceBar], ax: Axes | None, canvas: Canvas, footer: list[str], title: str | None
) -> Axes:
    language = canvas.language
    legend: list[tuple[Any, str]] = [
        (Patch(facecolor=colour), language.word("status", status))
        for status, colour in STATUS_COLOURS.items()
        if any(bar.status == status for bar in bars)
    ]
    stroke = Line2D([], [], color=INK, linewidth=1.6, marker="|", linestyle="none", markersize=7)
    legend.append((stroke, language.text("mechanisms.threshold")))
    line = Line2D([], [], color=INK, linewidth=0.7, linestyle="--")
    legend.append((line, language.text("mechanisms.speaks_against", evidence=AGAINST)))
    height = _STEP * canvas.font * len(bars)
    ax = canvas.open(height, title=title, footer=footer, legend=legend, under=2.9 * canvas.font)
    known = [bar.evidence for bar in bars if bar.evidence is not None]
    low = min([-1.2, *(value * 1.08 for value in known)])
    high = max([2.2, *(bar.threshold * 1.15 for bar in bars), *(value * 1.08 for value in known)])
    ax.axvline(0, color=INK, linewidth=0.6, zorder=1)
    ax.axvline(AGAINST, color=INK, linewidth=0.7, linestyle="--", zorder=1, gid="against")
    for row, bar in enumerate(bars):
        ax.plot([bar.threshold] * 2, [row - 0.15, row + 0.15], color=INK, linewidth=1.6, zorder=4, gid="threshold")
        if bar.evidence is None:
            ax.add_patch(hatch_patch((low, row - 0.11), high - low, 0.22, zorder=0.5)).set_gid(NOT_ASSESSABLE)
        else:
            colour = STATUS_COLOURS[bar.status]
            ax.barh(row, bar.evidence, height=0.22, color=colour, zorder=2, label=bar.name)
        _write_line(ax, low, row - 0.3, language.known(bar.name), canvas, "name")
        _write_line(ax, low, row + 0.27, _describe_signs(bar, language), canvas, "signs")
    canvas.style_axes(ax, spines=("bottom",))
    ax.set(xlim=(low, high), ylim=(len(bars) - 0.5, -0.5))
    ax.set_yticks([])
    canvas.label_axes(ax, x=language.text("mechanisms.likelihood_ratio"))
    return ax


def _describe_signs(bar: EvidenceBar, language: Language) -> str:
    if bar.evidence is None and bar.lacking:
        return language.text("mechanisms.needs", tests=", ".join(bar.lacking))
    if bar.evidence is None:
        return language.word("status", NOT_ASSESSABLE)
    signs = (", ".join(signs) or language.text("mechanisms.none") for signs in (bar.signs_for, bar.signs_against))
    return language.text("mechanisms.signs", **dict(zip(("signs_for", "signs_against"), signs, strict=True)))


def _draw_shares(
    names: list[str],
    counts: npt.NDArray[np.int64],
    ax: Axes | None,
    canvas: Canvas,
    footer: list[str],
    title: str | None,
) -> Axes:
    language = canvas.language
    legend: list[tuple[Any, str]] = [
        (Patch(facecolor=colour), language.word("status", status)) for status, colour in STATUS_COLOURS.items()
    ]
    legend.append((hatch_patch((0, 0), 1, 1), language.word("status", NOT_ASSESSABLE)))
    ax = canvas.open(
        _STEP_OF_SHARE * canvas.font * len(names), title=title, footer=footer, legend=legend, under=2.9 * canvas.font
    )
    share = 100.0 * counts / counts.sum(axis=1, keepdims=True)
    left = np.cumsum(share, axis=1) - share
    rows = np.arange(len(names))
    for column, (status, colour) in enumerate(STATUS_COLOURS.items()):
        ax.barh(rows, share[:, column], left=left[:, column], height=0.4, color=colour, zorder=2, label=status)
    for row in rows.tolist():
        if counts[row, -1]:
            ax.add_patch(hatch_patch((left[row, -1], row - 0.2), share[row, -1], 0.4, zorder=2)).set_gid(NOT_ASSESSABLE)
        _write_line(ax, 0, row - 0.36, language.known(names[row]), canvas, "name")
        _write_line(ax, 101, row, str(counts[row, 0]), canvas, "supported")
    canvas.style_axes(ax, spines=("bottom",))
    ax.set(xlim=(0, 100), ylim=(len(names) - 0.5, -0.6))
    ax.set_yticks([])
    canvas.label_axes(ax, x=language.text("mechanisms.share"))
    return ax


def _write_line(ax: Axes, x: float, y: float, text: str, canvas: Canvas, gid: str) -> None:
    colour, size = (INK, canvas.font) if gid == "name" else (GREY, canvas.small)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    style: Any = {"ha": "left", "va": "center", "parse_math": False, "bbox": box, "zorder": 1.5}
    ax.text(x, y, text, size=size, color=colour, gid=gid, **style)
