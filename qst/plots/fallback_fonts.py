"""Characters that the figures' font lacks, as those of Chinese names: another font of the machine draws them."""

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager, get_font
from matplotlib.text import Text

_MISSING = re.compile(r"Glyph (\d+) .*missing from")

_NO_FONT = "Last Resort"
"""A font that has a box for every character there is."""

_FOUND: dict[object, str] = {}
"""Characters that the fonts lack, by the texts of a figure: many figures have the same ones, such as a title."""

MOST_FOUND = 1000


def save_with_fallback_fonts(figure: Figure, save: Callable[[], object]) -> str:
    """Save a figure, once more with other fonts where its own lack characters.

    The figure keeps its fonts, so that what is drawn into it next looks as if it were the first.

    Returns
    -------
    str
        The characters that no font of this machine has, sorted.
    """
    texts = [text for text in figure.findobj(Text) if not text.get_text().isascii()]
    key = frozenset((text.get_text(), *text.get_fontfamily(), text.get_fontweight()) for text in texts)
    missing = _FOUND.get(key) or _find_missing(save)
    if not missing or not (fonts := _find_fonts(missing)):
        return missing
    if len(_FOUND) < MOST_FOUND:
        _FOUND[key] = missing
    with _other_fonts([text for text in texts if set(missing) & set(text.get_text())], fonts):
        return _find_missing(save)


@contextmanager
def _other_fonts(texts: Iterable[Text], fonts: tuple[str, ...]) -> Iterator[None]:
    """Draw texts with these fonts where their own lack a character."""
    before = [(text, text.get_fontfamily(), text.get_fontweight()) for text in texts]
    try:
        for text, family, _ in before:
            # Not every font has a bold face, or all of its characters there.
            text.set(fontfamily=[*family, *fonts], fontweight="normal")
        yield
    finally:
        for text, family, weight in before:
            text.set(fontfamily=family, fontweight=weight)


def describe_missing_glyphs(characters: str) -> str:
    """What is wrong with a picture, and how to fix it."""
    shown = " ".join(characters[:10])
    return (
        f"no font of this machine has {shown}{' …' * (len(characters) > 10)}, so the picture has empty boxes instead: "
        "install one that has (Noto Sans CJK has most), or write SVG, whose text the reader's fonts draw"
    )


def _find_missing(save: Callable[[], object]) -> str:
    """Save, and give the characters for which the fonts had an empty box, sorted; other warnings are passed on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", _MISSING.pattern)
        save()
    found = set()
    for one in caught:
        if match := _MISSING.match(str(one.message)):
            found.add(chr(int(match[1])))
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return "".join(sorted(found))


@lru_cache
def _find_fonts(characters: str) -> tuple[str, ...]:
    """Fonts of the machine that together have as many of the characters as any can, most first."""
    left, fonts = set(characters), []
    having = {}
    for entry in sorted(fontManager.ttflist, key=lambda entry: (abs(int(entry.weight) - 400), entry.name)):
        if entry.name not in having and not entry.name.startswith(_NO_FONT):
            font = get_font(entry.fname)
            having[entry.name] = {character for character in characters if font.get_char_index(ord(character))}
    while having and (best := max(having, key=lambda name: len(having[name] & left))) and having[best] & left:
        fonts.append(best)
        left -= having[best]
    return tuple(fonts)
