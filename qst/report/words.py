"""The words of reports: one catalogue a language, and numbers as the language writes them."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from qst.errors import OptionError
from qst.notes import NOTES, parse_note

LANGUAGES = ("en", "de")

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Words:
    """A language's catalogue, and how it writes numbers.

    Attributes
    ----------
    language : str
        As HTML names it.
    texts : mapping
        The catalogue, by section.
    """

    language: str
    texts: Mapping[str, Any]

    def word(self, kind: str, name: object) -> str:
        """The language's word for one of ours; what has none stays as it is written.

        >>> load_words("de").word("site", "foot"), load_words("de").word("site", "knee")
        ('Fuß', 'knee')
        """
        return str(self.texts["words"].get(kind, {}).get(name, name))

    def known(self, text: str) -> str:
        """A text of the shipped knowledge base or criteria in the language; a user's own stays.

        >>> load_words("de").known("activated microglia"), load_words("de").known("my mechanism")
        ('aktivierte Mikroglia', 'my mechanism')
        """
        return str(self.texts["known"].get(text, text))

    def fill(self, text: str, **values: object) -> str:
        """A text of the catalogue with its gaps filled; numbers as the language writes them."""
        return text.format(
            **{name: self.number(value) if isinstance(value, float) else value for name, value in values.items()}
        )

    def number(self, value: float, digits: int = 4) -> str:
        """A number with so many significant digits.

        >>> load_words("de").number(-1.23456)
        '−1,235'
        """
        text = f"{value:.{digits}g}"
        return self.write(f"{value:.0f}" if "e" in text and abs(value) >= 1 else text)

    def z(self, value: float) -> str:
        """A z-score, or any difference, with its sign and two digits."""
        text = f"{value:+.2f}"
        return self.write("0.00" if text in ("+0.00", "-0.00") else text)

    def share(self, value: float, digits: int = 0) -> str:
        r"""A share as percent; one that is not 0 never reads as 0. Its blank does not break.

        >>> load_words("de").share(0.1234, 1), load_words("de").share(0.0001, 1)
        ('12,3\xa0%', '<\xa00,1\xa0%')
        """
        least = 10.0**-digits
        return self.write(f"<\xa0{least:g}\xa0%" if 0 < 100 * value < least / 2 else f"{100 * value:.{digits}f}\xa0%")

    def write(self, text: str) -> str:
        """A number's text with the language's signs."""
        return text.replace("-", _MINUS).replace(".", str(self.texts["decimal"]))

    def place(self, one: Mapping[str, Any]) -> str:
        """Area, site and side of an assessment.

        >>> load_words("de").place({"area": "test", "site": "hand", "side": "left"})
        'Testareal, Hand, links'
        """
        parts = [self.word(kind, one[kind]) for kind in ("area", "site", "side") if one[kind]]
        return ", ".join(parts) or str(self.texts["no_place"])

    def visit(self, visit: str | None) -> str:
        """A visit's name in a heading."""
        return str(self.texts["no_visit"] if visit is None else self.fill(self.texts["visit"], visit=visit))

    def note(self, note: str) -> str:
        """What a note of a scored row means."""
        name = parse_note(note).code
        return str(self.texts["notes"].get(name, NOTES.get(name, "")))


@lru_cache
def load_words(language: str = "en") -> Words:
    """Load the catalogue of a language.

    Raises
    ------
    OptionError
        There is none.
    """
    if language not in LANGUAGES:
        raise OptionError(f"there are no texts in '{language}': choose {' or '.join(LANGUAGES)}")
    text = (files("qst.report") / f"texts_{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))


def walk(texts: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Each text of a catalogue with its place, to compare languages."""
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from walk(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", value
