"""From headers to their meaning: which row is the header, and what each column is."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from qst.errors import InputError
from qst.formulas import restore_text
from qst.loaders.files.cells import is_number
from qst.loaders.files.text_table import HEADER_AMONG, LONGEST_HEADER, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import Part, parse_measured_header
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BY_CODE, CODES, DISTANCE_CODES
from qst.tables import SEXES
from qst.vocabulary.headers import find_possible_names, name_symptom, parse_header, remembered, split_thermal_ending
from qst.vocabulary.names import Thermal, column_names, normalise, symptom_names, words
from qst.vocabulary.units import Unit, find_unit

TRIAL_ROLES = ("parameter", "series", "stimulus", "value", "unit", "keep")
"""Columns with a meaning only where a row is a trial; in other tables they are the user's own."""

_CODED = ("sex", "site", "side", "area")

_PAIR = re.compile(r"(\d+)[\s_]*=?[\s_]*([^\W\d_]+)")

_PAIR_REVERSED = re.compile(r"([^\W\d_]+)[\s_]*=?[\s_]*(\d+)")

_PAIRS = re.compile(rf"({_PAIR.pattern}[\s,;/_]*)+")

_PAIRS_REVERSED = re.compile(rf"({_PAIR_REVERSED.pattern}[\s,;/_]*)+")


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a file was recognised as.

    Attributes
    ----------
    position : int
    header : str
        As the file has it.
    role : str or None
        Our column or parameter; None for a column that is carried through.
    unit : Unit or None
    codes : mapping
        Code to word, where the header contains them.
    thermal : {"absolute", "difference"} or None
        Which of the two the header states for a thermal threshold.
    """

    position: int
    header: str
    role: str | None
    unit: Unit | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    thermal: Thermal | None = None


@dataclass(frozen=True)
class Header:
    """The header of a table, and what each of its cells was recognised as by itself: looked up once, and handed on.

    Attributes
    ----------
    row : int
        Counted from 1.
    columns : tuple of Column
    ignored : tuple of str
        Headers that were not to be recognised.
    """

    row: int
    columns: tuple[Column, ...]
    ignored: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The texts of the cells."""
        return [column.header for column in self.columns]

    @cached_property
    def measured(self) -> dict[int, Part]:
        """By position: what the columns that mean nothing by themselves state next to the name of a parameter."""
        parts = (parse_measured_header(c.position, c.header) for c in self.columns if c.role is None)
        return {part.position: part for part in parts if part is not None}


@dataclass(frozen=True)
class Layout:
    """The columns of a table with their settled meanings. `row` is the row of the header, counted from 1."""

    row: int
    columns: tuple[Column, ...]

    def find(self, role: str) -> Column | None:
        """The column with a role, if there is one; of several, the first."""
        return self._by_role.get(role)

    @cached_property
    def _by_role(self) -> dict[str | None, Column]:
        return {column.role: column for column in reversed(self.columns)}

    @cached_property
    def parameters(self) -> list[Column]:
        """The columns that contain one of the 13 parameters."""
        return [column for column in self.columns if column.role in BY_CODE]

    @cached_property
    def is_long(self) -> bool:
        """Whether the table has one row per trial: it names the parameter in a cell."""
        return not self.parameters and self.find("parameter") is not None and self.find("value") is not None

    @property
    def is_measurements(self) -> bool:
        """Whether the table contains QST values at all."""
        return bool(self.parameters) or self.is_long


def find_layout(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> Layout:
    """Find the header among the first rows, and settle the meaning of each column.

    Raises
    ------
    InputError
        No row has the name of a parameter (or, with one row per trial, of parameter and value), or of a subject.
    """
    if table.canonical:
        return Layout(1, tuple(_read_canonical_header(table, options)))
    header = find_header(table, options)
    row, rows = header.row, table.preview
    position = 0 if table.header_row else row - 1
    columns = [replace(c, role=None) if c.role == "response" else c for c in header.columns]  # for yes/no trials only
    found = any(column.role for column in columns)
    if any(column.role in BY_CODE for column in columns):
        columns = [replace(c, role=None) if c.role in TRIAL_ROLES else c for c in columns]
    report_above_header(table.file, rows[:position], row, on_problem)
    layout = Layout(row, tuple(_settle_doubles(table, row, columns, on_problem)))
    if found and (layout.is_measurements or layout.find("subject")):
        return layout
    names = ", ".join(shorten(text, 20) for text in (c.header for c in columns[:12]) if text.strip())
    kind = "names-in-a-column" if _has_names_in_a_column(table.preview) else "no-names"
    raise InputError(
        make_problem(
            "no-qst-columns",
            kind,
            file=table.file,
            row=row,
            codes=" ".join(CODES),
            among=HEADER_AMONG,
            names=names or "no names",
        )
    )


def _has_names_in_a_column(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first filled cells of two rows or more name a parameter, and a number follows."""
    filled = [[text for text in texts if text.strip()] for texts in rows]
    names = [parse_header(texts[0])[0] for texts in filled if len(texts) > 1 and is_number(texts[1])]
    return len({column_names().get(name) for name in names} & set(CODES)) > 1


def report_above_header(file: str, rows: Sequence[Sequence[str]], header_row: int, on_problem: OnProblem) -> None:
    """Report the rows above a header that contain numbers."""
    for number, texts in enumerate(rows, start=1):
        if sum(map(is_number, texts)) > 1:
            on_problem(make_problem("above-header", file=file, row=number, header_row=header_row))


def _read_canonical_header(table: TextTable, options: LoadOptions) -> Iterator[Column]:
    """Columns of a table that this program wrote. A column of the user's own is never taken as one of ours."""
    ours = dict.fromkeys(table.canonical)
    for position, text in enumerate(table.preview[0]):
        header = restore_text(text)
        ignored = header.strip() in options.ignore
        role = header if header in ours and position < len(ours) else name_symptom(header)
        role = options.columns.get(header, role)
        role = None if ignored else role
        yield Column(position, header, role, None if role is None else options.unit_of(role))


def find_header(table: TextTable, options: LoadOptions) -> Header:
    """The one of the first rows with the most names of ours, or the header that was found before."""
    if isinstance(table.header, Header) and table.header.ignored == options.ignore:
        return table.header
    rows = table.preview[: 1 if table.header_row else HEADER_AMONG]
    most, best = -1, 0
    recognised: dict[int, Column] = {}
    for place, texts in enumerate(rows):
        if len(texts) > most:  # otherwise it cannot have more names
            columns = {n: recognise(n, restore_text(texts[n]), options) for n in find_possible_names(texts)}
            known = sum(column.role is not None for column in columns.values())
            if known > most:
                most, best, recognised = known, place, columns
    return recognise_header(table.header_row or best + 1, map(restore_text, rows[best]), options, recognised)


def recognise_header(
    row: int, names: Iterable[str], options: LoadOptions, known: Mapping[int, Column] | None = None
) -> Header:
    """A header whose cells are recognised, except for those that are `known` already, by position."""
    found = known or {}
    columns = (found.get(n) or recognise(n, name, options) for n, name in enumerate(names))
    return Header(row, tuple(columns), options.ignore)


def hand_on(header: Header, table: TextTable, options: LoadOptions) -> TextTable:
    """A table that was arranged from one with this header, with its header recognised: only new names are looked up."""
    names = [restore_text(text) for text in table.preview[0]]
    before = {column.header: column for column in header.columns}
    known = {n: replace(before[name], position=n) for n, name in enumerate(names) if name in before}
    return replace(table, header=recognise_header(table.header_row or 1, names, options, known))


class Meaning(NamedTuple):
    """What a header means by its names alone. `unit` is a text that may be a unit."""

    role: str | None
    unit: str | None
    codes: Mapping[str, str]
    thermal: Thermal | None = None


def recognise(position: int, header: str, options: LoadOptions) -> Column:
    """What one header means by itself."""
    if len(header) > LONGEST_HEADER or header.strip() in options.ignore:
        return Column(position, header, None)
    role, unit_text, codes, thermal = _find_meaning(header)
    if options.columns and (given := _find_given_role(header, options)) is not None:
        role, codes, thermal = given, _find_codes(given, unit_text), None
    if role is None:
        return Column(position, header, None)
    unit = options.unit_of(role)
    if unit is None and unit_text:
        unit = options.on_probe(role, find_unit(role, unit_text))
    return Column(position, header, role, unit, codes, thermal)


def _find_given_role(header: str, options: LoadOptions) -> str | None:
    """The role that `--map` gives a header."""
    mapped = {normalise(text): role for text, role in options.columns.items()}
    name = parse_header(header)[0]
    return (mapped.get(normalise(header)) or mapped.get(name)) if name else None


@remembered
def _find_meaning(header: str) -> Meaning:
    name, unit_text = parse_header(header)
    if not name:
        return Meaning(None, None, {})
    role = column_names().get(normalise(header)) or column_names().get(name) or symptom_names().get(name)
    if role is not None:
        return Meaning(role, unit_text, _find_codes(role, unit_text))
    rest, thermal = split_thermal_ending(name)
    if thermal and column_names().get(rest) in DISTANCE_CODES:
        return Meaning(column_names()[rest], unit_text, {}, thermal)
    role, codes = _read_coded_header(header)
    return Meaning(role, unit_text, codes)


def _find_codes(role: str, unit_text: str | None) -> Mapping[str, str]:
    return _read_pairs(role, unit_text) if role in _CODED and unit_text else {}


def _read_coded_header(header: str) -> tuple[str | None, Mapping[str, str]]:
    """Role and codes of a header such as `sex_m1` or `1hand2foot`."""
    for role in _CODED:
        rest = re.sub(rf"^{role}[\s_]*", "", header.strip(), flags=re.IGNORECASE)
        codes = _read_pairs(role, rest)
        if codes and (rest != header.strip() or len(codes) > 1):
            return role, codes
    return None, {}


def _read_pairs(role: str, text: str) -> dict[str, str]:
    """Codes written as `1hand2foot`, `m1` or `1=f, 2=m`; empty where they are not words of this column."""
    text = text.strip()
    if _PAIRS.fullmatch(text):
        pairs = _PAIR.findall(text)
    elif _PAIRS_REVERSED.fullmatch(text):
        pairs = [(digit, word) for word, digit in _PAIR_REVERSED.findall(text)]
    else:
        return {}
    vocabulary = words(role)
    codes = {digit: vocabulary[normalise(word)] for digit, word in pairs if normalise(word) in vocabulary}
    if len(codes) < len(pairs):
        return {}
    if role == "sex" and len(codes) == 1:
        digit, word = next(iter(codes.items()))
        rest = next(sex for sex in SEXES if sex != word)
        codes |= {code: rest for code in ("0", "1", "2") if code != digit}
    return codes


def _settle_doubles(table: TextTable, row: int, columns: Sequence[Column], on_problem: OnProblem) -> list[Column]:
    """Where two columns mean the same, report them and use neither; where they are alike in all rows, use the first.

    A column in the unit of another quantity, such as `HPT_z` next to `HPT`, does not compete; it is carried through.
    """
    settled = list(columns)
    for role in {column.role: None for column in columns if column.role}:
        same = [column for column in columns if column.role == role]
        foreign = [column for column in same if column.unit is not None and column.unit.foreign]
        if 0 < len(foreign) < len(same):
            same = [column for column in same if column not in foreign]
            for column in foreign:
                settled[column.position] = replace(column, role=None)
        if len(same) == 1:
            continue
        alike = _are_alike(table, row, len(columns), [column.position for column in same])
        for column in same[1:] if alike else same:
            settled[column.position] = replace(column, role=None)
        headers = " and ".join(f"{shorten(c.header)} (column {c.position + 1})" for c in same)
        on_problem(
            make_problem(
                "two-columns",
                "alike" if alike else "differ",
                severity="warning" if alike else "error",
                file=table.file,
                row=row,
                column=same[0].header,
                headers=headers,
                role=role,
            )
        )
    return settled


def _are_alike(table: TextTable, row: int, width: int, positions: Sequence[int]) -> bool:
    """Whether columns have the same text in every row."""
    return all(
        (block.columns[positions[0]] == block.columns[position]).all()
        for block in table.read_blocks(row, width, lambda _: None)
        for position in positions[1:]
    )
