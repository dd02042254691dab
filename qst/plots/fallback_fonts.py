"""Signs that the figures' font does not have, as those of Chinese names: another font of the machine draws them."""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font
from matplotlib.text import Text

_MISSING = re.compile(r"Glyph (\d+) .*missing from")

_NO_FONT = "Last Resort"
"""A font that has a box for every sign there is."""


def save_with_all_signs(figure: Figure, save: Callable[[], object]) -> str:
    """Save a figure, once more with other fonts where its own lacks signs; give the signs that no font here has."""
    missing = _find_missing(save)
    if not missing or not (fonts := _find_fonts(missing)):
        return missing
    fonts_before = {
        text: text.get_fontproperties().copy() for text in figure.findobj(Text) if set(missing) & set(text.get_text())
    }
    for text in fonts_before:
        # Not every font has a bold face, or all of its signs there.
        text.set(fontfamily=[*text.get_fontfamily(), *fonts], fontweight="normal")
    try:
        return _find_missing(save)
    finally:  # another picture may be drawn on the same axes
        for text, font in fonts_before.items():
            text.set_fontproperties(font)


def describe_missing_glyphs(signs: str) -> str:
    """What is wrong with a picture, and how to mend it."""
    shown = " ".join(signs[:10])
    return (
        f"no font of this machine has {shown}{' …' * (len(signs) > 10)}, so empty boxes stand there: install one that "
        "has (Noto Sans CJK has most), or write SVG, whose letters the reader's fonts draw"
    )


def _find_missing(save: Callable[[], object]) -> str:
    """Save, and give the signs for which the fonts had an empty box, sorted; other warnings are passed on."""
    with warnings.catch_warnings(record=True) as told:
        warnings.filterwarnings("always", _MISSING.pattern)
        save()
    found = set()
    for one in told:
        if match := _MISSING.match(str(one.message)):
            found.add(chr(int(match[1])))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return "".join(sorted(found))


@lru_cache
def _find_fonts(signs: str) -> tuple[str, ...]:
    """Fonts of the machine that together have as many of the signs as can be had, most first."""
    left, fonts = set(signs), []
    having = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (abs(int(entry.weight) - 400), entry.name)):
        if entry.name not in having and not entry.name.startswith(_NO_FONT):
            having[entry.name] = {sign for sign in signs if get_font(entry.fname).get_char_index(ord(sign))}
    while having and (best := max(having, key=lambda name: len(having[name] & left))) and having[best] & left:
        fonts.append(best)
        left -= having[best]
    return tuple(fonts)
