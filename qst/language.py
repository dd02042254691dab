"""A language: its words for the names in our tables, its texts with gaps, and how it writes numbers.

Words that figures and pages share are in `languages/`. A package that writes texts has its own next to its modules, in
`texts_en.toml` and `texts_de.toml`.
"""

import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from numbers import Real
from typing import Any

from qst.errors import OptionError

LANGUAGES = ("en", "de")

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Language:
    """The words and texts of one language.

    Attributes
    ----------
    code : str
        As HTML names it.
    texts : mapping
        The texts by section and name; a text is a string with gaps (`{n}`), or a pair of them under `one` and `many`.
    """

    code: str
    texts: Mapping[str, Any]

    def text(self, key: str, **gaps: object) -> str:
        r"""A text by its key, with its gaps filled; the gap `n` chooses between the forms for one and for many.

        A text that is put into a gap stays as it is. Numbers are written as the language writes them.

        >>> load_language("de", "qst.plots").text("count.assessments", n=1200)
        '1\u202f200 Messungen'
        """
        found: Any = self.texts
        for part in key.split("."):
            found = found[part]
        if isinstance(found, Mapping):
            found = found["one" if gaps["n"] == 1 else "many"]
        return self.fill(found, **gaps)

    def fill(self, text: str, **gaps: object) -> str:
        """A text with its gaps filled. A number in a gap without a format has up to four significant digits."""
        return _Filler(self).vformat(text, (), gaps)

    def word(self, kind: str, name: object) -> str:
        """The language's word for a name in our tables; any other name stays as it is.

        >>> load_language("de").word("site", "foot"), load_language("de").word("site", "knee")
        ('Fuß', 'knee')
        """
        return str(self.texts["words"].get(kind, {}).get(name, name))

    def known(self, text: str) -> str:
        """A text of the shipped knowledge base or criteria in this language; a user's own text stays as it is.

        >>> load_language("de").known("activated microglia"), load_language("de").known("my mechanism")
        ('aktivierte Mikroglia', 'my mechanism')
        """
        return str(self.texts["known"].get(text, text))

    def join(self, names: Iterable[str]) -> str:
        """Names with `and` between them."""
        return f" {self.texts['and']} ".join(names)

    def number(self, value: float, digits: int = 4) -> str:
        """A number with up to so many significant digits.

        >>> load_language("de").number(-1.23456)
        '−1,235'
        """
        text = f"{value:.{digits}g}"
        return self.write(f"{value:.0f}" if "e" in text and abs(value) >= 1 else text)

    def z(self, value: float) -> str:
        """A z-score, or any difference, with its sign and two decimals."""
        text = f"{value:+.2f}"
        return self.write("0.00" if text in ("+0.00", "-0.00") else text)

    def share(self, value: float, digits: int = 0) -> str:
        r"""A share in percent; one that is not 0 is never written as 0. Its blank does not break.

        >>> load_language("de").share(0.1234, 1), load_language("de").share(0.0001, 1)
        ('12,3\xa0%', '<\xa00,1\xa0%')
        """
        least = 10.0**-digits
        return self.write(f"<\xa0{least:g}\xa0%" if 0 < 100 * value < least / 2 else f"{100 * value:.{digits}f}\xa0%")

    def write(self, number: str) -> str:
        """A number that Python formatted, with the language's decimal sign, thousands separator and minus."""
        signs = {"-": MINUS, ".": self.texts["decimal"], ",": self.texts["thousands"]}
        return "".join(signs.get(sign, sign) for sign in number)


class _Filler(string.Formatter):
    """Fills gaps; numbers are written as the language writes them."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str) or not isinstance(value, Real):
            return format(value, format_spec)
        if not format_spec:
            return self._language.number(value) if isinstance(value, float) else str(value)
        return self._language.write(format(value, format_spec))


@lru_cache
def load_language(code: str = "en", package: str | None = None) -> Language:
    """Load the words that all share, and the texts of a package.

    Parameters
    ----------
    code : {"en", "de"}
    package : str, optional
        For example ``"qst.plots"``.

    Raises
    ------
    OptionError
        There is no such language.
    """
    if code not in LANGUAGES:
        raise OptionError(f"there are no texts in '{code}': choose {' or '.join(LANGUAGES)}")
    own = {} if package is None else tomllib.loads((files(package) / f"texts_{code}.toml").read_text(encoding="utf-8"))
    shared = tomllib.loads((files("qst") / "languages" / f"{code}.toml").read_text(encoding="utf-8"))
    return Language(code, shared | own)


def walk(texts: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Each text with its key, for comparing languages."""
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from walk(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", value
