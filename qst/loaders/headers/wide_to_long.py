"""Tables with several assessments, or several trials, in one row: the header names area, side, visit or trial.

`cdt` next to `cdt_affected`, `PPT_left_kPa`, `hpt_pre`, `vdt_t1`; `hpt_1 hpt_2 hpt_3`, `mdtNot1` with `mdt1`, `pin10_1`
with `pin2_1`. Each such row becomes several rows, one per area or trial, which are then read like any other table.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from qst.arrays import Texts
from qst.errors import InputError
from qst.loaders.files.cells import is_blank
from qst.loaders.files.text_table import HEADER_AMONG, Block, TextTable, rearrange_table
from qst.loaders.headers.columns import Column, Header, find_header, hand_on, recognise_header, report_above_header
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import FEWEST_TRIALS, PLACES, Part, are_trials
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BY_CODE, CODES
from qst.vocabulary.units import find_unit

_AS_ONE_TRIAL = ("mean", "distance", "geometric mean")


def wide_to_long(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    """The table with one row per area or trial; the same table where no header names an area or a trial.

    Raises
    ------
    InputError
        A header names something for which there is also a column, or columns of one parameter have different units.
    """
    found, parts, ignored = _find_parts(table, options)
    row = found.row
    parts = _leave_out_lone_stimuli(_leave_out_unclear(table, row, parts, ignored, on_problem))
    if not any(part.place or part.trial or part.stimulus for part in parts):
        return table
    _ask_for_practice(table, row, parts, on_problem)
    header = table.preview[0 if table.header_row else row - 1]
    parts = _leave_out_doubles(table, row, _name_control_area(parts), on_problem)
    roles = [role for role in PLACES if any(role in dict(part.place) for part in parts)]
    for role, text in ((column.role, column.header) for column in found.columns):
        if role in roles:
            raise InputError(
                make_problem(
                    "two-columns",
                    "place",
                    severity="error",
                    file=table.file,
                    row=row,
                    column=text,
                    header=shorten(parts[-1].header),
                    role=role,
                )
            )
    measured = {part.position for part in parts}
    base = [position for position in range(len(header)) if position not in measured]
    names = [header[position] for position in base]
    unfold: Callable[[Block], Block]
    if any(part.trial or part.stimulus for part in parts):
        parts = _leave_out_values(table, row, parts, on_problem)
        keep = next((found.columns[position] for position in base if found.columns[position].role == "keep"), None)
        unfold = trials = _Trials(base, roles, parts, keep)
        new_header = [*names, *trials.header]
        understood = f"each row unfolded into {len(parts)} trials"
    else:
        codes = [code for code in CODES if any(part.code == code for part in parts)]
        unfold = areas = _Areas(base, roles, codes, parts)
        new_header = [*names, *roles, *(_name_column(table, row, code, parts) for code in codes)]
        understood = f"each row unfolded into {len(areas.places)} assessments"
    report_above_header(table.file, table.preview[: row - 1] if not table.header_row else [], row, on_problem)
    places = dict.fromkeys(
        ", ".join(f"{role} {word}" for role, word in part.place) or "no place named" for part in parts
    )
    understood = f"{understood} by its headers ({'; '.join(places)})"
    return hand_on(found, rearrange_table(table, row, new_header, len(header), unfold, understood=understood), options)


def _find_parts(table: TextTable, options: LoadOptions) -> tuple[Header, list[Part], list[Part]]:
    """The header, what its measured columns state, and what those state that the user ignores."""
    known = find_header(table, options)
    best: tuple[int, Header, list[Part], list[Part]] = (-1, known, [], [])
    first, among = (table.header_row, 1) if table.header_row else (1, HEADER_AMONG)
    for number, texts in enumerate(table.preview[:among], start=first):
        if len(texts) <= best[0]:
            continue  # it cannot have more names
        is_known = number == known.row and known.names == texts
        header = known if is_known else recognise_header(number, texts, options)
        parts: list[Part] = []
        ignored: list[Part] = []
        for column in header.columns:
            if column.role in BY_CODE and not (column.unit is not None and column.unit.foreign):
                unit = column.unit.text if column.unit is not None else ""
                parts.append(Part(column.position, column.header, str(column.role), unit))
            elif (part := header.measured.get(column.position)) is not None:
                (ignored if column.header.strip() in options.ignore else parts).append(part)
        found = sum(column.role is not None for column in header.columns) + len(parts)
        if found > best[0]:
            best = (found, header, parts, ignored)
    return best[1:]


def _leave_out_unclear(
    table: TextTable, row: int, parts: list[Part], ignored: list[Part], on_problem: OnProblem
) -> list[Part]:
    """Parts without the numbered columns that may not be trials; these are carried through and reported."""
    shown, every = _number_trials(parts), _number_trials([*parts, *ignored])
    unclear: dict[str, list[str]] = {}
    kept = []
    for part in parts:
        test = part.code, part.place, part.stimulus
        if not part.keep or not part.trial or any(are_trials(numbers[test]) for numbers in (shown, every)):
            kept.append(part)
        else:
            unclear.setdefault(part.code, []).append(part.header)
    for code, headers in unclear.items():
        on_problem(
            make_problem(
                "trials-unclear",
                "columns",
                severity="warning",
                file=table.file,
                row=row,
                column=headers[0],
                headers=", ".join(map(shorten, headers)),
                parameter=code,
            )
        )
    return kept


def _number_trials(parts: Sequence[Part]) -> dict[tuple[object, ...], set[int]]:
    """The numbers of each test's columns; 0 stands for a column without a number."""
    numbers: dict[tuple[object, ...], set[int]] = {}
    for part in parts:
        if part.keep:
            numbers.setdefault((part.code, part.place, part.stimulus), set()).add(int(part.trial or 0))
    return numbers


def _ask_for_practice(table: TextTable, row: int, parts: list[Part], on_problem: OnProblem) -> None:
    """Report tests with one trial more than the protocol: all count, but the first may be for practice."""
    counted: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        if part.trial and part.keep:
            counted.setdefault((part.code, part.place, part.stimulus), []).append(part)
    for found in counted.values():
        expected = BY_CODE[found[0].code].trials
        if len(found) == expected + 1 and expected == FEWEST_TRIALS:
            first = min(found, key=lambda part: int(part.trial))
            on_problem(
                make_problem(
                    "practice-unclear",
                    file=table.file,
                    row=row,
                    column=first.header,
                    parameter=first.code,
                    found=len(found),
                    expected=expected,
                )
            )


def _leave_out_lone_stimuli(parts: list[Part]) -> list[Part]:
    """`WUR_train`, a stimulus without a number, is a trial; next to a value formed from such trials it is left out."""
    formed = [p for p in parts if not p.trial and not p.stimulus and BY_CODE[p.code].summary not in _AS_ONE_TRIAL]
    if not formed or any(part.trial for part in parts):
        return parts
    return [part for part in parts if not part.stimulus]


def _name_control_area(parts: list[Part]) -> list[Part]:
    """Where some headers name the test area and the others no area, the others are those of the control area."""
    named = {dict(part.place).get("area") for part in parts}
    if named != {"test", None}:
        return parts
    return [p if "area" in dict(p.place) else p._replace(place=(*p.place, ("area", "control"))) for p in parts]


def _leave_out_doubles(table: TextTable, row: int, parts: list[Part], on_problem: OnProblem) -> list[Part]:
    """Parts whose headers state something that no other header states; the others are reported and not used."""
    same: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        same.setdefault((part.code, part.place, part.stimulus, part.trial, part.keep), []).append(part)
    for doubles in (found for found in same.values() if len(found) > 1):
        on_problem(
            make_problem(
                "two-columns",
                "measured",
                severity="error",
                file=table.file,
                row=row,
                column=doubles[0].header,
                headers=" and ".join(shorten(part.header) for part in doubles),
            )
        )
    return [part for part in parts if len(same[part.code, part.place, part.stimulus, part.trial, part.keep]) == 1]


def _leave_out_values(table: TextTable, row: int, parts: list[Part], on_problem: OnProblem) -> list[Part]:
    """Next to trials, a column with a value counts as one trial, unless it was formed from ratings or ramps."""
    values = [part for part in parts if not part.trial and not part.stimulus and part.keep]
    mixed = [part for part in values if BY_CODE[part.code].summary not in _AS_ONE_TRIAL]
    for part in mixed:
        code, header = part.code, part.header
        on_problem(make_problem("mixed-shapes", file=table.file, row=row, column=header, parameter=code))
    return [part for part in parts if part not in mixed]


def _name_column(table: TextTable, row: int, code: str, parts: Sequence[Part]) -> str:
    """The header of a parameter's column, with the unit of its columns."""
    units = dict.fromkeys(part.unit for part in parts if part.code == code)
    named = [find_unit(code, unit) for unit in units if unit]
    if named and all(unit is not None and unit.factor == 1 and not unit.foreign for unit in named):
        units.pop("", None)  # a header without a unit means ours, as the others do
    if len(units) > 1:
        raise InputError(
            make_problem(
                "unit-unclear",
                "several",
                file=table.file,
                row=row,
                column=next(part.header for part in parts if part.code == code),
                parameter=code,
                units=", ".join(shorten(unit) if unit else "none" for unit in units),
            )
        )
    unit = next(iter(units))
    return f"{code} [{unit}]" if unit else code


class _Areas:
    """Unfolds each row into one for each place that the headers name."""

    def __init__(self, base: list[int], roles: list[str], codes: list[str], parts: list[Part]) -> None:
        self.base, self.roles, self.codes = base, roles, codes
        self.headers = {part.position: part.header for part in parts}
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
        first = len(self.base) + len(self.roles)
        headers = {
            first + number: [self.headers.get(positions.get(code, -1), "") for positions in self.places.values()]
            for number, code in enumerate(self.codes)
        }
        return _stack(block, layers, range(first, first + len(self.codes)), headers)


class _Trials:
    """Unfolds each row into one for each trial. `keep` is the base column that states whether a row's trials count."""

    def __init__(self, base: list[int], roles: list[str], parts: list[Part], keep: Column | None) -> None:
        self.base, self.roles, self.parts = base, roles, parts
        self.keep = None if keep is None else keep.position
        self.keep_header = "" if keep is None else keep.header
        self.adds_keep = keep is None and any(not part.keep for part in parts)

    @property
    def header(self) -> list[str]:
        """The headers of the columns that are added to those of the base."""
        return [*self.roles, "parameter", "series", "stimulus", *(["keep"] if self.adds_keep else []), "value", "unit"]

    def __call__(self, block: Block) -> Block:
        layers = []
        for part in self.parts:
            stated = [*(dict(part.place).get(role, "") for role in self.roles), part.code, part.trial, part.stimulus]
            stated += ["yes" if part.keep else "no"] if self.adds_keep else []
            columns = {position: block.columns[position] for position in self.base}
            if self.keep is not None and not part.keep:  # a practice trial, whatever the row states
                columns[self.keep] = np.full(len(block.rows), "no", dtype=object)
            layers.append(
                [
                    *columns.values(),
                    *(np.full(len(block.rows), text, dtype=object) for text in stated),
                    block.columns[part.position],
                    np.full(len(block.rows), part.unit, dtype=object),
                ]
            )
        value = len(layers[0]) - 2
        named = [part.header for part in self.parts]
        headers = {value: named}
        if self.keep is not None:
            headers[self.base.index(self.keep)] = [self.keep_header if p.keep else p.header for p in self.parts]
        elif self.adds_keep:
            headers[value - 1] = named
        return _stack(block, layers, [value], headers)


def _stack(
    block: Block, layers: list[list[Texts]], values: Sequence[int], headers: Mapping[int, Sequence[str]]
) -> Block:
    """Layers of rows as one block: rows from one row of the file together, and those without a value left out.

    `values` are the positions of the measured columns; `headers` are the file's own names of a column, one per layer.
    """
    columns = [np.concatenate(column) for column in zip(*layers, strict=True)]
    rows = np.tile(block.rows, len(layers))
    empty = np.all([is_blank(columns[position]) for position in values], axis=0).reshape(len(layers), -1)
    dropped = empty & ~empty.all(axis=0)
    dropped[1:] |= empty.all(axis=0)
    order = np.argsort(np.tile(np.arange(len(block.rows)), len(layers)), kind="stable")
    order = order[~dropped.ravel()[order]]
    layer = order // len(block.rows)
    named = {position: np.array(texts, dtype=object)[layer] for position, texts in headers.items()}
    return Block(rows[order], [column[order] for column in columns], named)
