"""The language of a page: what `qst.language` has, and the texts of pages."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from qst.language import Language, load_language
from qst.notes import NOTES, parse_note


class PageLanguage(Language):
    """A language with the texts of pages."""

    __slots__ = ()

    def place(self, one: Mapping[str, Any]) -> str:
        """Area, site and side of an assessment.

        >>> load_page_language("de").place({"area": "test", "site": "hand", "side": "left"})
        'Testareal, Hand, links'
        """
        parts = [self.word(kind, one[kind]) for kind in ("area", "site", "side") if one[kind]]
        return ", ".join(parts) or self.text("no_place")

    def visit(self, visit: str | None) -> str:
        """A visit's name in a heading."""
        return self.text("no_visit") if visit is None else self.text("visit", visit=visit)

    def note(self, note: str) -> str:
        """What a note of a scored row means."""
        name = parse_note(note).code
        return str(self.texts["notes"].get(name, NOTES.get(name, "")))


@lru_cache
def load_page_language(code: str = "en") -> PageLanguage:
    """Load the words and texts of pages in a language.

    Raises
    ------
    OptionError
        There is no such language.
    """
    return PageLanguage(code, load_language(code, "qst.report").texts)
