"""Tables with several assessments, or several trials, in one row: area, side, visit or trial stand in the header.

`cdt` beside `cdt_affected`, `PPT_left_kPa`, `hpt_pre`, `vdt_t1`; `hpt_1 hpt_2 hpt_3`. Each such row becomes several
rows, of an area or of a trial, and is then read like any other table.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from qst.errors import InputError
from qst.loaders.cells import Texts, is_blank
from qst.loaders.columns import recognise
from qst.loaders.names import find_unit, normalise, parameter_names, parse_header, words
from qst.loaders.options import LoadOptions
from qst.loaders.texts import HEADER_AMONG, LONGEST_HEADER, Block, TextTable, rearrange_table
from qst.protocol import BY_CODE, CODES
from qst.tables import Problem, Report, shorten

FEWEST_TRIALS = 3
"""Columns numbered 1 to at least this are trials; `CPT1` and `CPT2` alone may be two other things (ours)."""

PLACES = ("visit", "site", "side", "area")
_VISIT = re.compile(r"(pre|post|t\d+|v\d+|visit\d*|session\d*|baseline|followup)")
_AS_ONE_TRIAL = ("mean", "distance", "geometric mean")


class Part(NamedTuple):
    """What the header of one measured column says.

    Attributes
    ----------
    position : int
    header : str
    code : str
        Parameter.
    unit : str
        As written; empty where there is none.
    place : tuple of (column, word)
        Visit, site, side and area, as far as the header names them.
    stimulus : str
    trial : str
        Number of the trial; empty where the column holds the value.
    """

    position: int
    header: str
    code: str
    unit: str = ""
    place: tuple[tuple[str, str], ...] = ()
    stimulus: str = ""
    trial: str = ""


def unfold_table(table: TextTable, options: LoadOptions, report: Report) -> TextTable:
    """The table with a row an area or a trial; the same table where no header names an area or a trial.

    Raises
    ------
    InputError
        A header names what a column of its own says too, or columns of one parameter have different units.
    """
    row, parts = _find_parts(table, options)
    parts = _leave_out_unclear(table, row, parts, report)
    if not any(part.place or part.trial for part in parts):
        return table
    header = table.preview[0 if table.header_row else row - 1]
    parts = _leave_out_doubles(table, row, _name_control_area(parts), report)
    roles = [role for role in PLACES if any(role in dict(part.place) for part in parts)]
    for position, text in enumerate(header):
        role = recognise(position, text, options).role
        if role in roles:
            message = (
                f"headers such as {shorten(parts[-1].header)} name the {role}, and so does this column: say --ignore"
            )
            raise InputError(Problem("error", "two-columns", message, table.file, row, text))
    measured = {part.position for part in parts}
    base = [position for position in range(len(header)) if position not in measured]
    names = [header[position] for position in base]
    if any(part.trial for part in parts):
        parts = _leave_out_values(table, row, parts, report)
        new_header = [*names, *roles, "parameter", "series", "stimulus", "value", "unit"]
        unfold = _Trials(base, roles, parts)
        told = f"a row unfolded into {len(parts)} trials"
    else:
        codes = [code for code in CODES if any(part.code == code for part in parts)]
        new_header = [*names, *roles, *(_name_column(table, row, code, parts) for code in codes)]
        unfold = _Areas(base, roles, codes, parts)  # type: ignore[assignment]
        told = f"a row unfolded into {len(unfold.places)} assessments"
    places = dict.fromkeys(", ".join(f"{role} {word}" for role, word in part.place) or "as it stands" for part in parts)
    told = f"{told} by its headers ({'; '.join(places)})"
    return rearrange_table(table, row, new_header, len(header), unfold, understood=told)


def _find_parts(table: TextTable, options: LoadOptions) -> tuple[int, list[Part]]:
    """The header's row, and what its measured columns say."""
    best: tuple[int, int, list[Part]] = (-1, 1, [])
    first, among = (table.header_row, 1) if table.header_row else (1, HEADER_AMONG)
    for number, texts in enumerate(table.preview[:among], start=first):
        known = [recognise(position, text, options) for position, text in enumerate(texts)]
        parts = []
        for column in known:
            if column.role in BY_CODE and not (column.unit is not None and column.unit.foreign):
                unit = column.unit.text if column.unit is not None else ""
                parts.append(Part(column.position, column.header, str(column.role), unit))
            elif column.role is None and column.header.strip() not in options.ignore:
                part = take_apart(column.position, column.header)
                parts += [part] if part is not None else []
        found = sum(column.role is not None for column in known) + len(parts)
        if found > best[0]:
            best = (found, number, parts)
    return best[1], best[2]


def take_apart(position: int, header: str) -> Part | None:
    """What a header such as `PPT_left_kPa` or `hpt_3` says; None where any part of it is not known.

    >>> take_apart(0, "PPT_left_kPa")[2:5]
    ('PPT', 'kPa', (('side', 'left'),))
    >>> take_apart(0, "hpt_3").trial
    '3'
    >>> take_apart(0, "ppt_quad_1") is None
    True
    """
    if len(header) > LONGEST_HEADER:
        return None
    name, unit = parse_header(header)
    tokens = [token for piece in name.split("_") for token in _split(piece)]
    for start, stop in _spans(len(tokens)):
        code = parameter_names().get("_".join(tokens[start:stop]))
        if code is None:
            continue
        rest = _read_rest([*tokens[:start], *tokens[stop:]])
        known_unit = unit is None or find_unit(code, unit) is not None
        if rest is not None and known_unit and rest:
            place = tuple((role, rest[role]) for role in PLACES if role in rest)
            return Part(position, header, code, unit or "", place, rest.get("stimulus", ""), rest.get("trial", ""))
    return None


def _split(piece: str) -> list[str]:
    """A piece of a name with its number apart, but for visits such as `t1`."""
    return [piece] if _VISIT.fullmatch(piece) else re.findall(r"\d+|[^\d]+", piece)


def _spans(length: int) -> list[tuple[int, int]]:
    """Runs of tokens, longest first."""
    return sorted(
        ((i, j) for i in range(length) for j in range(i + 1, min(length, i + 5) + 1)),
        key=lambda span: span[0] - span[1],
    )


def _read_rest(tokens: Sequence[str]) -> dict[str, str] | None:
    """What is named beside the parameter; None where a token is unknown or two say the same kind of thing."""
    found: dict[str, str] = {}
    for token in tokens:
        role, word = read_token(token)
        if role is None or role in found:
            return None
        found[role] = word
    return found


def read_token(token: str) -> tuple[str | None, str]:
    """What a piece of a header names, and which; None where it is not known."""
    if token.isdigit():
        return "trial", str(int(token))
    if _VISIT.fullmatch(token):
        return "visit", token
    for role in ("side", "area", "site", "stimulus"):
        if normalise(token) in words(role):
            return role, words(role)[normalise(token)]
    return None, ""


def _leave_out_unclear(table: TextTable, row: int, parts: list[Part], report: Report) -> list[Part]:
    """Parts without numbered columns that may be no trials; these are carried through, and that is said."""
    numbers: dict[tuple[object, ...], set[int]] = {}
    for part in parts:
        numbers.setdefault((part.code, part.place, part.stimulus), set()).add(int(part.trial or 0))
    unclear: dict[str, list[str]] = {}
    kept = []
    for part in parts:
        found = numbers[part.code, part.place, part.stimulus]
        if not part.trial or (found == set(range(1, len(found) + 1)) and len(found) >= FEWEST_TRIALS):
            kept.append(part)
        else:
            unclear.setdefault(part.code, []).append(part.header)
    for code, headers in unclear.items():
        message = (
            f"{', '.join(map(shorten, headers))}: columns numbered otherwise than 1, 2, 3 … may be trials of {code} or "
            f"other things; they are carried through: say --map '{headers[0]}={code}' if one of them holds the value"
        )
        report(Problem("warning", "trials-unclear", message, table.file, row, headers[0]))
    return kept


def _name_control_area(parts: list[Part]) -> list[Part]:
    """Where some headers name the test area and others none, the others are of the control area."""
    named = {dict(part.place).get("area") for part in parts}
    if named != {"test", None}:
        return parts
    return [p if "area" in dict(p.place) else p._replace(place=(*p.place, ("area", "control"))) for p in parts]


def _leave_out_doubles(table: TextTable, row: int, parts: list[Part], report: Report) -> list[Part]:
    """Parts whose headers say something else than any other's; two that say the same are not used, and that is said."""
    same: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        same.setdefault((part.code, part.place, part.stimulus, part.trial), []).append(part)
    for doubles in (found for found in same.values() if len(found) > 1):
        headers = " and ".join(shorten(part.header) for part in doubles)
        message = f"{headers} mean the same; none is used: rename the wrong one, or say --ignore with its header"
        report(Problem("error", "two-columns", message, table.file, row, doubles[0].header))
    return [part for part in parts if len(same[part.code, part.place, part.stimulus, part.trial]) == 1]


def _leave_out_values(table: TextTable, row: int, parts: list[Part], report: Report) -> list[Part]:
    """Beside trials, a column with a value counts as one trial, unless it was formed from ratings or ramps."""
    mixed = [p for p in parts if not p.trial and BY_CODE[p.code].summary not in _AS_ONE_TRIAL and not p.stimulus]
    for part in mixed:
        message = (
            f"a value of {part.code} cannot be read beside single trials of others: put it into a table of its own"
        )
        report(Problem("error", "mixed-shapes", message, table.file, row, part.header))
    return [part for part in parts if part not in mixed]


def _name_column(table: TextTable, row: int, code: str, parts: Sequence[Part]) -> str:
    """Header of a parameter's column, with the unit that its columns have."""
    units = dict.fromkeys(part.unit for part in parts if part.code == code)
    if len(units) > 1:
        told = ", ".join(shorten(unit) if unit else "none" for unit in units)
        message = f"the columns of {code} have different units ({told}): write one in all headers"
        raise InputError(Problem("error", "unit-unclear", message, table.file, row, code))
    unit = next(iter(units))
    return f"{code} [{unit}]" if unit else code


class _Areas:
    """Unfolds a row into one for each place that its headers name."""

    def __init__(self, base: list[int], roles: list[str], codes: list[str], parts: list[Part]) -> None:
        self.base, self.roles, self.codes = base, roles, codes
        self.places: dict[tuple[tuple[str, str], ...], dict[str, int]] = {}
        for part in parts:
            self.places.setdefault(part.place, {})[part.code] = part.position

    def __call__(self, block: Block) -> Block:
        blank = np.full(len(block.rows), "", dtype=object)
        layers = []
        for place, positions in self.places.items():
            words_of_place = dict(place)
            layers.append(
                [
                    *(block.columns[position] for position in self.base),
                    *(np.full(len(block.rows), words_of_place.get(role, ""), dtype=object) for role in self.roles),
                    *(block.columns[positions[code]] if code in positions else blank for code in self.codes),
                ]
            )
        return _stack(block, layers, len(self.codes))


class _Trials:
    """Unfolds a row into one for each trial."""

    def __init__(self, base: list[int], roles: list[str], parts: list[Part]) -> None:
        self.base, self.roles, self.parts = base, roles, parts

    @property
    def places(self) -> Mapping[tuple[tuple[str, str], ...], None]:
        """The places that the headers name."""
        return dict.fromkeys(part.place for part in self.parts)

    def __call__(self, block: Block) -> Block:
        layers = []
        for part in self.parts:
            told = [*(dict(part.place).get(role, "") for role in self.roles), part.code, part.trial, part.stimulus]
            layers.append(
                [
                    *(block.columns[position] for position in self.base),
                    *(np.full(len(block.rows), text, dtype=object) for text in told),
                    np.full(len(block.rows), part.unit, dtype=object),
                    block.columns[part.position],
                ]
            )
        stacked = _stack(block, layers, 1)
        *others, unit, value = stacked.columns
        return Block(stacked.rows, [*others, value, unit])


def _stack(block: Block, layers: list[list[Texts]], n_values: int) -> Block:
    """Layers of rows, those of one row of the file together; of its rows, those without a value are left out."""
    columns = [np.concatenate(column) for column in zip(*layers, strict=True)]
    rows = np.tile(block.rows, len(layers))
    empty = np.all([is_blank(column) for column in columns[-n_values:]], axis=0).reshape(len(layers), -1)
    dropped = empty & ~empty.all(axis=0)
    dropped[1:] |= empty.all(axis=0)
    order = np.argsort(np.tile(np.arange(len(block.rows)), len(layers)), kind="stable")
    order = order[~dropped.ravel()[order]]
    return Block(rows[order], [column[order] for column in columns])
