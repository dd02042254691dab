"""Figures of reports: drawn by matplotlib, put into the page as SVG with a text that says the same."""

import io
import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from matplotlib import rc_context

from qst.plots.files import FILE_SETTINGS

# Within a tag, which ends before another begins: a text may read like an attribute.
_IN_TAG = "(?=[^<>]*>)"

_ID = re.compile(rf' id="([^"<>]*)"{_IN_TAG}')

_REFERENCE = re.compile(rf'(href="#|url\(#)([^")<>]*){_IN_TAG}')

_FONT = re.compile(rf'font-family: [^;"<>]*{_IN_TAG}')


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as a page takes it: the SVG, its text alternative with the numbers, and what stands below it."""

    svg: str
    alternative: str
    caption: str


def embed(figure: Any, alternative: str, caption: str, name: str) -> Picture:
    """Turn a figure of matplotlib into SVG that can stand in an HTML page beside others.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alternative : str
        What a reader who cannot see it gets instead, with the numbers.
    caption : str
    name : str
        A name that no other figure of the page has: the ids within it begin with it.
    """
    file = io.StringIO()
    with rc_context(FILE_SETTINGS):
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
    width, height = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-label="{escape(alternative, {chr(34): "&quot;"})}" viewBox="0 0 {width} {height}" '
        'style="stroke-linejoin: round; stroke-linecap: butt">'
    )
    return Picture(re.sub(r"^<svg[^>]*>", lambda _: head, svg), alternative, caption)
