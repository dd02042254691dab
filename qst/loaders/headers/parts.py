"""What a header states next to a parameter, piece by piece: area, side, visit, site, stimulus, number of a trial."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qst.loaders.files.text_table import LONGEST_HEADER
from qst.protocol import BY_CODE, CODES
from qst.vocabulary.headers import parse_header, remembered
from qst.vocabulary.names import header_stimuli, header_words, normalise, parameter_names, words
from qst.vocabulary.units import find_unit
from qst.vocabulary.visits import is_visit

FEWEST_TRIALS = 3
"""Columns numbered 1 to at least this are trials; `CPT1` and `CPT2` alone may be something else (ours)."""

SHORTEST_WORD = 3
"""Fewest letters of a word that is joined to a parameter: `mdtnot`, `dmacontr`, but not `hptr` (ours)."""

FELT = ("felt", "not felt")
"""Stimuli of a turning point: the weakest that was felt, and the strongest that was not."""

PLACES = ("visit", "site", "side", "area")

_UNIT_WITHIN = re.compile(r"^\s*([^\[(]+?)\s*([\[(][^\])]+[\])])\s*([^\[(]+?)\s*$")
"""A unit within a header, as in `PPT (kPa) left`."""


class Part(NamedTuple):
    """What the header of one measured column states.

    Attributes
    ----------
    position : int
    header : str
    code : str
        Parameter.
    unit : str
        As written; empty where there is none.
    place : tuple of (column, word)
        Visit, site, side and area, those that the header names.
    stimulus : str
    trial : str
        Number of the trial; empty where the column contains the value.
    keep : bool
        False for a practice trial.
    """

    position: int
    header: str
    code: str
    unit: str = ""
    place: tuple[tuple[str, str], ...] = ()
    stimulus: str = ""
    trial: str = ""
    keep: bool = True


def parse_measured_header(position: int, header: str) -> Part | None:
    """What a header such as `PPT_left_kPa` or `hpt_3` states; None where any part of it is unknown.

    >>> parse_measured_header(0, "PPT_left_kPa")[2:5]
    ('PPT', 'kPa', (('side', 'left'),))
    >>> parse_measured_header(0, "PPT (kPa) links")[2:5]
    ('PPT', 'kPa', (('side', 'left'),))
    >>> parse_measured_header(0, "hpt_3").trial
    '3'
    >>> parse_measured_header(0, "ppt_quad_1") is None
    True
    """
    part = _parse_measured_header(header)
    return None if part is None else part._replace(position=position)


@remembered
def _parse_measured_header(header: str) -> Part | None:
    if len(header) > LONGEST_HEADER:
        return None
    name, unit = parse_header(_UNIT_WITHIN.sub(r"\1 \3 \2", header))
    for beginning, (named, stimulus) in header_stimuli().items():
        if name == beginning or name.startswith(f"{beginning}_"):
            rest = _read_rest(named, [token for piece in name.split("_")[1:] for token in _split(piece)])
            return None if rest is None else _make_part(header, named, unit, rest | {"stimulus": stimulus})
    tokens = [token for piece in name.split("_") for token in _split(piece)]
    for start, stop in _spans(len(tokens)):
        code = parameter_names().get("_".join(tokens[start:stop]))
        if code is None:
            continue
        rest = _read_rest(code, [*tokens[:start], *tokens[stop:]])
        known_unit = unit is None or find_unit(code, unit) is not None
        if rest is not None and known_unit and rest:
            return _make_part(header, code, unit, rest)
    return None


def _make_part(header: str, code: str, unit: str | None, rest: Mapping[str, str]) -> Part:
    place = tuple((role, rest[role]) for role in PLACES if role in rest)
    stimulus, trial = rest.get("stimulus", ""), rest.get("trial", "")
    return Part(0, header, code, unit or "", place, stimulus, trial, "keep" not in rest)


def _split(piece: str) -> list[str]:
    """The tokens of a piece of a name: numbers apart, except in visits such as `t1`; `mdtnot` as parameter and word."""
    if is_visit(piece):
        return [piece]
    tokens: list[str] = []
    for token in re.findall(r"\d+|[^\d]+", piece):
        code = next((code for code in map(str.lower, CODES) if token.startswith(code)), "")
        word = token.removeprefix(code)
        known = code and len(word) >= SHORTEST_WORD and (read_token(word)[0] or word in header_words("ratings"))
        tokens += [code, word] if known and token not in parameter_names() else [token]
    return tokens


def _spans(length: int) -> list[tuple[int, int]]:
    """Start and stop of runs of tokens, the longest first."""
    return sorted(
        ((i, j) for i in range(length) for j in range(i + 1, min(length, i + 5) + 1)),
        key=lambda span: span[0] - span[1],
    )


def _read_rest(code: str, tokens: Sequence[str]) -> dict[str, str] | None:
    """What is named next to the parameter; None where a token is unknown, or two name the same kind of thing."""
    found: dict[str, str] = {}
    is_rated = BY_CODE[code].has_rated_trials
    for place, token in enumerate(tokens):
        if token in header_words("fillers") and "".join(tokens[place + 1 : place + 2]).isdigit():
            continue
        if is_rated and token in header_words("ratings"):
            continue
        role, word = read_token(token)
        if role is None or role in found or (word in FELT and BY_CODE[code].summary != "geometric mean"):
            return None
        found[role] = word
    return found


def read_token(token: str) -> tuple[str | None, str]:
    """What one word of a header or a title names: the kind of thing, and our word for it."""
    if token.isdigit():
        return "trial", str(int(token))
    if is_visit(token):
        return "visit", token
    if token in header_words("practice"):
        return "keep", "no"
    for role in ("side", "area", "site", "stimulus"):
        if normalise(token) in words(role):
            return role, words(role)[normalise(token)]
    return None, ""


def are_trials(numbers: set[int]) -> bool:
    """Whether numbers run from 1 to at least `FEWEST_TRIALS` without gaps."""
    return len(numbers) >= FEWEST_TRIALS and numbers == set(range(1, len(numbers) + 1))
