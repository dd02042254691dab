"""Headers with a single name: the column or parameter they mean, and the unit."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import wraps

from qst.tables import NPSI_COLUMNS, RESULT_COLUMNS, is_scored
from qst.vocabulary.names import (
    Item,
    Thermal,
    column_names,
    normalise,
    normalise_unit,
    our_vocabulary,
    vocabulary_in_use,
)
from qst.vocabulary.units import find_unit

MOST_HEADERS = 4096
"""Headers whose meaning is remembered."""


def may_be_name(text: str) -> bool:
    """Whether a text has a letter; no name of ours is without one."""
    return text.lower() != text.upper()


def find_possible_names(texts: Sequence[str]) -> list[int]:
    """Positions of the texts that may be names."""
    return [position for position, text in enumerate(texts) if may_be_name(text)]


def count_known_names(texts: Sequence[str]) -> int:
    """How many of the texts are names of columns or parameters, with or without a unit."""
    names = column_names()
    return sum(parse_header(texts[position])[0] in names for position in find_possible_names(texts))


def remembered(understand: Callable[[str], Item]) -> Callable[[str], Item]:
    """Remember what a header was understood as, separately for each vocabulary: many files have the same headers."""

    @wraps(understand)
    def look_up(header: str) -> Item:
        known = vocabulary_in_use().remembered.setdefault(understand.__name__, {})
        if header not in known:
            if len(known) >= MOST_HEADERS:
                known.clear()
            known[header] = understand(header)
        meaning: Item = known[header]
        return meaning

    return look_up


@remembered
def parse_header(header: str) -> tuple[str, str | None]:
    """Split a header into its name and a text that may be its unit.

    >>> parse_header("ppt [N/cm2]")
    ('ppt', 'N/cm2')
    >>> parse_header("pin.prick_mN")
    ('pin_prick', 'mN')
    >>> parse_header("visit")
    ('visit', None)
    """
    text = unicodedata.normalize("NFKC", header).strip()
    bracketed = re.fullmatch(r"(.*?)\s*[\[(]\s*([^\])]+?)\s*[\])]", text)
    if bracketed:
        return normalise(bracketed[1]), bracketed[2]
    for gap in re.finditer(r"[\s._]+", text):  # the longest ending first: N_cm2 before cm2
        name, ending = normalise(text[: gap.start()]), text[gap.end() :]
        if name and _is_unit_suffix(name, ending):
            return name, ending
    return normalise(text), None


def split_thermal_ending(name: str) -> tuple[str, Thermal | None]:
    """The normalised name of a column without an ending that makes it a temperature or a distance from baseline.

    >>> split_thermal_ending("cdt_diff"), split_thermal_ending("cdt")
    (('cdt', 'difference'), ('cdt', None))
    """
    for ending, meaning in vocabulary_in_use().thermal_endings.items():
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending).removesuffix("_"), meaning
    return name, None


def name_symptom(header: str) -> str | None:
    """The symptom, or the item of the NPSI, that a header names. Only our own names count, as in scoring.

    >>> name_symptom("Dauerschmerz"), name_symptom("NPSI Q10 [0-10]"), name_symptom("remark")
    ('ongoing_pain', 'npsi_q10', None)
    """
    return our_vocabulary().symptom_names.get(parse_header(header)[0])


def find_npsi_results(columns: Sequence[str]) -> list[str]:
    """Scores of the NPSI among the columns of a scored table: those that `qst` formed, not a laboratory's own.

    They follow the other results directly, and the items they were formed from are in the table.
    """
    names = list(columns)
    if not is_scored(names):
        return []
    place = names.index(RESULT_COLUMNS[-1]) + 1
    found = tuple(names[place : place + len(NPSI_COLUMNS)]) == NPSI_COLUMNS
    return list(NPSI_COLUMNS) if found and any(name_symptom(name) == "npsi_q1" for name in names) else []


def _is_unit_suffix(name: str, suffix: str) -> bool:
    """Whether the end of a header is a unit. One letter counts only after a name that can have such a unit."""
    if not any(character.isalpha() for character in suffix):
        return False
    column = column_names().get(name)
    if column is not None:
        return find_unit(column, suffix) is not None
    vocabulary = vocabulary_in_use()
    families = vocabulary.catalogue["units"]
    return len(suffix) > 1 and any(normalise_unit(suffix) in vocabulary.units(family) for family in families)
