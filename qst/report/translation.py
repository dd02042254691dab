"""Texts of figures in the language of a page."""

import re
from collections.abc import Callable
from functools import lru_cache

from qst.report.words import Words, load_words

_FORMS = re.compile(r"(?P<area>test|control) \((?P<place>[^()]*)\)(?P<number> no\. \d+)?")

_GAP = re.compile(r"\{(\w+)\}")

_WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d+)"

_NUMBER = rf"[+−-]?{_WHOLE}(?:\.\d+)?"
"""A number as figures have it. One in German is none (`30,6`), so that a text that was translated stays as it is."""

_GAPS = {"n": _NUMBER, "m": _NUMBER, "text": ".+"}
"""What may stand in the gaps of a template: numbers, which are written anew, and texts, which stay."""

AS_IT_IS = "\N{NO-BREAK SPACE}"
"""A text that begins with it is of the user's files, such as a subject's name, and stays."""

_LISTED = re.compile(rf"(?:(?P<n>{_WHOLE}) )?(?P<name>.+)")


def translate(text: str, words: Words) -> str:
    """A text of a figure in the page's language; what the catalogue does not have stays.

    The catalogue has whole texts under `figure.texts`, and texts with gaps under `figure.templates`: a number in `{n}`
    and `{m}`, any text in `{text}`. A text of several parts has points between them. Numbers of people by sex or site
    (`30 female, 30 male`), areas (`test (foot, left)`) and bare numbers need no template.

    >>> translate("62.4 years · 30 hand, 30 knee · 0.25", load_words("de"))
    '62,4 Jahre · 30 Hand, 30 knee · 0,25'
    """
    if words.language == "en" or text.startswith(AS_IT_IS):
        return text
    return " · ".join(_translate_part(part, words) for part in text.split(" · "))


def _translate_part(part: str, words: Words) -> str:
    figure = words.texts["figure"]
    if part in figure["texts"]:
        return str(figure["texts"][part])
    if part in words.texts["known"]:
        return words.known(part)
    if form := _FORMS.fullmatch(part):
        places = [words.word("side", words.word("site", name)) for name in form["place"].split(", ")]
        return f"{figure['area'][form['area']]} ({', '.join(places)}){form['number'] or ''}"
    if re.fullmatch(_NUMBER, part):
        return _write(part, words)
    for pattern, fill in _templates(words.language):
        if found := pattern.fullmatch(part):
            return fill(found)
    return ", ".join(_translate_listed(item, words) for item in part.split(", "))


def _translate_listed(item: str, words: Words) -> str:
    """`female`, or `30 female`."""
    found = _LISTED.fullmatch(item)
    if found is None:
        return item
    name = words.word("site", words.word("sex", found["name"]))
    return f"{_write(found['n'], words)} {name}" if found["n"] else name


@lru_cache
def _templates(language: str) -> list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]]:
    """Each template as an expression that finds its texts, and a function that writes what was found."""
    words = load_words(language)

    def make(told: str) -> Callable[[re.Match[str]], str]:
        def fill(found: re.Match[str]) -> str:
            gaps = found.groupdict()
            return told.format(**{gap: text if gap == "text" else _write(text, words) for gap, text in gaps.items()})

        return fill

    made = []
    for template, told in words.texts["figure"]["templates"].items():
        parts = _GAP.split(template)
        pattern = "".join(
            f"(?P<{part}>{_GAPS[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        made.append((re.compile(pattern), make(told)))
    return made


def _write(number: str, words: Words) -> str:
    """A number of a figure, thousands apart, with the language's signs."""
    return words.write(number.replace(",", "\N{NARROW NO-BREAK SPACE}"))
