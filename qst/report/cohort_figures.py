"""Figures of the cohort page: how each is drawn from the rows of an area, and the same in words and numbers."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qst.cohort.frequencies import count_findings, count_loga, count_statuses
from qst.cohort.scored_rows import numbers_of
from qst.cohort.selection import ALL
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import NOT_ASSESSABLE
from qst.plots.frequencies import plot_frequencies
from qst.plots.heatmap import plot_heatmap
from qst.plots.language import drawing_in
from qst.plots.loga import plot_loga
from qst.plots.mechanisms import STATUS_COLOURS, plot_mechanisms
from qst.plots.phenotypes import MOST_BARS, NAMES, order_phenotypes, plot_phenotypes
from qst.protocol import CODES, Z_CODES
from qst.report.figures import Picture, embed
from qst.report.page_language import PageLanguage
from qst.settings import Settings
from qst.tables import Z_COLUMNS

FEWEST = 2
"""Of one assessment, the subject's page has better pictures."""

MOST_LABELS = 60
"""So many rows with a label each fill a page of A4 (ours)."""

_FINE_DPI = 220
"""Of what is drawn as pixels, as it would be the largest part of the page as lines."""

_TELLING = ("visit", "site", "side")

_BESIDE_MM = 112.0
"""Width of figures that stand beside a table."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """What the figures of one area are drawn from.

    Attributes
    ----------
    rows : pandas.DataFrame
        Of a scored table.
    labels : list of str
        What the page calls each row; no other name is drawn.
    base : KnowledgeBase
        By which the rows were scored.
    """

    rows: pd.DataFrame
    labels: list[str]
    base: KnowledgeBase


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the cohort page.

    Attributes
    ----------
    name : str
        Key of its caption in the catalogues, under `cohort_figures`, and its place in `templates/cohort.html`.
    draw : callable
        A `Cohort` to the axes or the figure of matplotlib, or None where it has nothing to show.
    describe : callable
        A `Cohort` and a language to the text alternative, with the numbers that the picture shows.
    """

    name: str
    draw: Callable[[Cohort], Any]
    describe: Callable[[Cohort, PageLanguage], str]


def draw_cohort(
    cohort: Cohort, language: PageLanguage, place: str, drawings: Sequence[Drawing] | None = None
) -> dict[str, Picture]:
    """Draw the figures of one area of the cohort page, by name; those that have nothing to show are left out.

    Parameters
    ----------
    cohort : Cohort
    language : PageLanguage
    place : str
        A name that no other area of the page has, for the ids within its figures.
    drawings : sequence of Drawing, optional
        `COHORT_DRAWINGS` where it is not given.
    """
    if len(cohort.rows) < FEWEST:
        return {}
    pictures = {}
    for drawing in COHORT_DRAWINGS if drawings is None else drawings:
        with drawing_in(language.code, with_people=False), warnings.catch_warnings():
            # A letter that matplotlib's font lacks is written by a font of the reader's browser.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            drawn = drawing.draw(cohort)
            if drawn is None:
                continue
            caption, alternative = language.text(f"cohort_figures.{drawing.name}"), drawing.describe(cohort, language)
            figure = getattr(drawn, "figure", drawn)
            pictures[drawing.name] = embed(figure, alternative, caption, f"{place}-{drawing.name}")
    return pictures


def draw_areas(
    areas: Sequence[dict[str, Any]],
    scored: pd.DataFrame,
    labels: Sequence[str],
    settings: Settings,
    language: PageLanguage,
) -> None:
    """Add `pictures` to each area of `qst.report.cohort.form_cohort`, from the rows that it was formed of."""
    base = load_mechanisms(settings.mechanisms)
    for number, area in enumerate(areas):
        own = (scored["area"].isna() if area["area"] is None else scored["area"] == area["area"]).to_numpy(dtype=bool)
        rows = scored[own].reset_index(drop=True)
        called = label_rows(rows, [label for label, is_own in zip(labels, own, strict=True) if is_own], language)
        area["pictures"] = draw_cohort(Cohort(rows, called, base), language, f"a{number}")


def label_rows(rows: pd.DataFrame, labels: Sequence[str], language: PageLanguage) -> list[str]:
    """What tells each row of an area from the others: the subject's label; where it has several, what differs too.

    >>> from qst.report.page_language import load_page_language
    >>> rows = pd.DataFrame({"visit": ["1", "2", "1"], "site": ["foot"] * 3, "side": [None] * 3})
    >>> label_rows(rows, ["058", "058", "007"], load_page_language())
    ['058, 1', '058, 2', '007']
    """
    texts = {name: rows[name].astype(object).where(rows[name].notna(), "").map(str).tolist() for name in _TELLING}
    places: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    told = list(labels)
    for label, same in places.items():
        differing = [name for name, column in texts.items() if len({column[place] for place in same}) > 1]
        for place in same:
            parts = [language.word(name, texts[name][place]) for name in differing if texts[name][place]]
            told[place] = ", ".join([label, *parts])
    return told


def _draw_heatmap(cohort: Cohort) -> Any:
    if cohort.rows[list(Z_COLUMNS)].isna().all(axis=None):
        return None
    return plot_heatmap(cohort.rows, area=ALL, label_people=len(cohort.labels) <= MOST_LABELS and cohort.labels)


def _describe_heatmap(cohort: Cohort, language: PageLanguage) -> str:
    parts = []
    z = numbers_of(cohort.rows, Z_COLUMNS)
    for code, column in zip(Z_CODES, z.T, strict=True):
        known = column[~np.isnan(column)]
        if not len(known):
            parts.append(language.text("cohort_alternatives.heatmap_none", code=code))
            continue
        low, median, high = (language.z(float(value)) for value in (known.min(), np.median(known), known.max()))
        numbers = {"median": median, "low": low, "high": high, "n": len(known)}
        parts.append(language.text("cohort_alternatives.heatmap_part", code=code, **numbers))
    return f"{language.text('cohort_alternatives.heatmap', n=len(z))} {'; '.join(parts)}."


def _draw_frequencies(cohort: Cohort) -> Any:
    if not count_findings(cohort.rows).judged.any():
        return None
    return plot_frequencies(cohort.rows, area=ALL, width_mm=_BESIDE_MM)


def _describe_frequencies(cohort: Cohort, language: PageLanguage) -> str:
    parts = []
    counts = count_findings(cohort.rows)
    for place, code in enumerate(CODES):
        judged, gain, loss, limit, no_gain, no_loss = (
            int(column[place])
            for column in (counts.judged, counts.gain, counts.loss, counts.limit, counts.no_gain, counts.no_loss)
        )
        if not judged:
            parts.append(language.text("cohort_alternatives.frequencies_none", code=code))
            continue
        notes = {"frequencies_limit": limit, "frequencies_no_loss": no_loss, "frequencies_no_gain": no_gain}
        more = "".join(language.text(f"cohort_alternatives.{key}", n=n) for key, n in notes.items() if n)
        counted = {"judged": judged, "gain": gain, "loss": loss, "more": more}
        parts.append(language.text("cohort_alternatives.frequencies_part", code=code, **counted))
    return f"{language.text('cohort_alternatives.frequencies', n=len(cohort.rows))} {'; '.join(parts)}."


def _draw_loga(cohort: Cohort) -> Any:
    table, _ = count_loga(cohort.rows)
    return plot_loga(cohort.rows, area=ALL, width_mm=_BESIDE_MM) if table.any() else None


def _describe_loga(cohort: Cohort, language: PageLanguage) -> str:
    table, unsaid = count_loga(cohort.rows)
    codes = ", ".join(f"L{loss}G{gain} {n}" for (loss, gain), n in np.ndenumerate(table) if n)
    return language.text("cohort_alternatives.loga", n=len(cohort.rows), codes=codes, unsaid=unsaid)


def _draw_phenotypes(cohort: Cohort) -> Any:
    if not order_phenotypes(cohort.rows).said.any():
        return None
    ax = plot_phenotypes(cohort.rows, area=ALL, width_mm=_BESIDE_MM)
    if len(cohort.rows) > MOST_BARS:
        for surface in ax.collections:
            surface.set_rasterized(True)
        ax.figure.set_dpi(_FINE_DPI)
    return ax


def _describe_phenotypes(cohort: Cohort, language: PageLanguage) -> str:
    bars = order_phenotypes(cohort.rows)
    parts = [
        language.text(
            "cohort_alternatives.phenotypes_part",
            name=language.word("phenotype", name),
            n=bars.most_probable.count(name),
            mean=language.share(float(column.mean())),
        )
        for name, column in zip(NAMES, bars.probabilities[bars.said].T, strict=True)
    ]
    told = language.text("cohort_alternatives.phenotypes", n=len(cohort.rows), unsaid=int((~bars.said).sum()))
    return f"{told} {'; '.join(parts)}."


def _draw_mechanisms(cohort: Cohort) -> Any:
    _, counts = count_statuses(cohort.rows, cohort.base)
    if not counts[:, :-1].any():
        return None
    return plot_mechanisms(cohort.rows, area=ALL, mechanisms=cohort.base, width_mm=_BESIDE_MM)


def _describe_mechanisms(cohort: Cohort, language: PageLanguage) -> str:
    names, counts = count_statuses(cohort.rows, cohort.base)
    statuses = [language.word("status", status) for status in (*STATUS_COLOURS, NOT_ASSESSABLE)]
    parts = [
        f"{language.known(name)}: {', '.join(f'{status} {n}' for status, n in zip(statuses, row, strict=True) if n)}"
        for name, row in zip(names, counts.tolist(), strict=True)
    ]
    told = language.text("cohort_alternatives.mechanisms", n=len(cohort.rows))
    return f"{told} {'; '.join(parts)}."


COHORT_DRAWINGS: tuple[Drawing, ...] = (
    Drawing("heatmap", _draw_heatmap, _describe_heatmap),
    Drawing("frequencies", _draw_frequencies, _describe_frequencies),
    Drawing("loga", _draw_loga, _describe_loga),
    Drawing("phenotypes", _draw_phenotypes, _describe_phenotypes),
    Drawing("mechanisms", _draw_mechanisms, _describe_mechanisms),
)
"""Figures of each area of the cohort page, in order."""
