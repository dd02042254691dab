"""Names of visits: which words are such names, and their order in time. The rules are ours."""

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Visit = TypeVar("Visit", str, str | None)

# A minus counts only at the start or after a blank: -7 and `day -7` come before 0, `V-1` is the first visit.
_NUMBERED = re.compile(r"(.*?)[\s_.-]*?((?:(?<!\S)-)?\d+(?:[.,]\d+)?)")

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2}).*")

_PAIRED = {"pre": 0.0, "baseline": 0.0, "post": 1.0, "followup": 1.0, "follow-up": 1.0}

_WORD = re.compile(rf"{'|'.join(_PAIRED)}|[tv]\d+|(visit|session)\d*")


def is_visit(word: str) -> bool:
    """Whether a normalised word names a visit wherever it occurs, for example in a header.

    >>> is_visit("post"), is_visit("t2"), is_visit("2")
    (True, True, False)
    """
    return _WORD.fullmatch(word) is not None


def read_visit(text: object) -> tuple[str | None, float]:
    """The kind of a visit's name, and its place among names of that kind; no kind where the name shows no order."""
    name = str(text).strip().casefold()
    if name in _PAIRED:
        return "pre and post", _PAIRED[name]
    if date := _DATE.fullmatch(name):
        return "date", float("".join(date.groups()))
    if numbered := _NUMBERED.fullmatch(name):
        return numbered[1], float(numbered[2].replace(",", "."))
    return None, np.nan


def order_visits(visits: Sequence[Visit]) -> list[Visit] | None:
    """Distinct visits in the order of time, where their names show it; None where they do not.

    >>> order_visits(["V10", "V2"]), order_visits(["2026-03-01", "2025-11-30"]), order_visits(["first", "second"])
    (['V2', 'V10'], ['2025-11-30', '2026-03-01'], None)
    """
    if len(visits) < 2:
        return list(visits)
    kinds, places = zip(*map(read_visit, visits), strict=True)
    if None in kinds or len(set(kinds)) > 1 or len(set(places)) < len(visits):
        return None
    return [visits[n] for n in np.argsort(places).tolist()]
