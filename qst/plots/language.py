"""The language in which figures are drawn: English, unless `drawing_in` chooses another one.

A text that a figure draws is looked up under its key in `texts_en.toml` or `texts_de.toml`; names of subjects and other
texts of the user's are drawn as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from matplotlib.ticker import ScalarFormatter

from qst.language import Language, load_language

_CHOSEN: ContextVar[Language | None] = ContextVar("language of figures", default=None)

_WITH_PEOPLE: ContextVar[bool] = ContextVar("figures describe who is shown", default=True)


def load_figure_language(code: str) -> Language:
    """The texts of figures in a language.

    Raises
    ------
    OptionError
        There is no such language.
    """
    return load_language(code, "qst.plots")


@contextmanager
def drawing_in(language: str | Language, *, with_people: bool = True) -> Iterator[None]:
    """Draw the figures within this block in a language.

    Parameters
    ----------
    language : {"en", "de"} or Language
    with_people : bool
        Whether the foot of a figure describes who is shown; a page does that once for all of its figures.

    Examples
    --------
    >>> import qst
    >>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
    >>> with drawing_in("de"):
    ...     qst.plot_phenotypes(scored).get_xlabel()
    'Wahrscheinlichkeit'
    """
    chosen = load_figure_language(language) if isinstance(language, str) else language
    tokens = _CHOSEN.set(chosen), _WITH_PEOPLE.set(with_people)
    try:
        yield
    finally:
        _CHOSEN.reset(tokens[0])
        _WITH_PEOPLE.reset(tokens[1])


def current_language() -> Language:
    """The language in which figures are drawn now."""
    return _CHOSEN.get() or load_figure_language("en")


def describes_people() -> bool:
    """Whether figures that are drawn now describe who is shown."""
    return _WITH_PEOPLE.get()


class NumberFormatter(ScalarFormatter):
    """Labels of ticks as matplotlib chooses them, with the signs of a language."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._language.write(super().__call__(x, pos))
