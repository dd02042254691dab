"""Figures of reports: drawn by matplotlib, put into the page as SVG with a text that says the same."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, unescape

import pandas as pd
from matplotlib import rc_context

from qst.report.words import Words

_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "qst", "savefig.bbox": None}
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(href="#|url\(#)([^")]*)')
_FONT = re.compile(r"font-family: [^;\"]*")
_TEXT = re.compile(r"(<text\b[^>]*>)([^<]*)(</text>)")
_FORMS = re.compile(r"(?P<area>test|control) \((?P<place>[^()]*)\)(?P<number> no\. \d+)?")


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as a page takes it: the SVG, its text alternative with the numbers, and what stands below it."""

    svg: str
    alternative: str
    caption: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure of the cohort page.

    Attributes
    ----------
    name : str
        Key of its caption in the catalogues, under `cohort_figures`.
    draw : callable
        Scored rows to the axes or the figure of matplotlib, or None where these rows do not give the picture.
    describe : callable
        Scored rows and words to the text alternative, with the numbers that the picture shows.
    """

    name: str
    draw: Callable[[pd.DataFrame], Any]
    describe: Callable[[pd.DataFrame, Words], str]


COHORT_DRAWINGS: tuple[Drawing, ...] = ()
"""Figures that every cohort page has, in order."""


def draw_cohort(scored: pd.DataFrame, words: Words, drawings: Sequence[Drawing] = COHORT_DRAWINGS) -> list[Picture]:
    """Draw the figures of the cohort page.

    Parameters
    ----------
    scored : pandas.DataFrame
        The whole scored table.
    words : Words
    drawings : sequence of Drawing
    """
    pictures = []
    for number, drawing in enumerate(drawings):
        drawn = drawing.draw(scored)
        if drawn is not None:
            caption = words.texts["cohort_figures"][drawing.name]
            figure = getattr(drawn, "figure", drawn)
            pictures.append(embed(figure, drawing.describe(scored, words), caption, f"c{number}", words))
    return pictures


def embed(figure: Any, alternative: str, caption: str, name: str, words: Words) -> Picture:
    """Turn a figure of matplotlib into SVG that can stand in an HTML page beside others.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alternative : str
        What a reader who does not see it is told, with the numbers.
    caption : str
    name : str
        A name that no other figure of the page has: the ids within it begin with it.
    words : Words
        Texts of the figure that the catalogue has under `figure.texts` are put into its language.
    """
    file = io.StringIO()
    with rc_context(_SETTINGS):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # A rule of this style would hold for the whole page.
    svg = re.sub(r"<style type=\"text/css\">.*?</style>", "", svg, flags=re.DOTALL)
    used = {target for _, target in _REFERENCE.findall(svg)}
    svg = _ID.sub(lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", svg)
    svg = _REFERENCE.sub(rf"\g<1>{name}-\g<2>", svg)
    svg = _FONT.sub("font-family: 'DejaVu Sans', Verdana, Arial, sans-serif", svg)
    svg = _TEXT.sub(lambda match: f"{match[1]}{escape(_translate(unescape(match[2]), words))}{match[3]}", svg)
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(alternative, {chr(34): "&quot;"})}" viewBox="0 0 {width} {height}" '
        'style="stroke-linejoin: round; stroke-linecap: butt">'
    )
    return Picture(re.sub(r"^<svg[^>]*>", lambda _: head, svg), alternative, caption)


def _translate(text: str, words: Words) -> str:
    """A text of a figure in the page's language; what the catalogue does not have stays."""
    texts = words.texts["figure"]["texts"]
    told = []
    for part in text.split(" · "):
        form = _FORMS.fullmatch(part)
        if part in texts:
            told.append(texts[part])
        elif form and words.language != "en":
            places = [words.word("side", words.word("site", name)) for name in form["place"].split(", ")]
            told.append(f"{words.texts['figure']['area'][form['area']]} ({', '.join(places)}){form['number'] or ''}")
        else:
            told.append(_translate_with_number(part, words))
    return " · ".join(told)


def _translate_with_number(text: str, words: Words) -> str:
    """`normal range (±1.96)`, `30.6 years`, `Reference values: …`, or a tick's number."""
    if words.language == "en":
        return text
    for begin, told in words.texts["figure"]["beginnings"].items():
        if text.startswith(begin):
            return str(
                told + text.removeprefix(begin).replace(".", words.texts["decimal"], begin != "Reference values: ")
            )
    if text.endswith(" years"):
        return f"{words.write(text.removesuffix(' years'))} {words.texts['years']}"
    if re.fullmatch(r"[−-]?\d+(\.\d+)?", text):
        return words.write(text)
    return words.word("site", words.word("sex", text))
