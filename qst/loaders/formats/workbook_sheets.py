"""Workbooks with a sheet an area or a test, and a sheet that describes them.

What a sheet's title names (`QST Hand`, `Control`, `HPT`) holds for all its rows where no column says it; so does what
a sheet `Description` of name and value says (subject, age, sex, examiner …).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from qst.errors import InputError
from qst.loaders.files.cells import is_blank, is_number
from qst.loaders.files.text_table import Block, TextTable, rearrange_table
from qst.loaders.formats.format import Format, downgrade_to_warning
from qst.loaders.formats.redcap import dictionary as redcap_dictionary
from qst.loaders.formats.redcap import reader as redcap
from qst.loaders.formats.tidy import arrange_table
from qst.loaders.headers.columns import find_header, recognise
from qst.loaders.headers.options import SETTABLE, LoadOptions
from qst.loaders.headers.parts import PLACES, read_token
from qst.problems import OnProblem, Problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import description_titles, normalise, parameter_names

FEWEST_NAMES = 2
"""Names of ours in the first column that make a sheet a description, whatever its title is (ours)."""


class Constant(NamedTuple):
    """What holds for all rows of a sheet: the header and text that its column gets, and where it is from."""

    header: str
    text: str
    source: str


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if any(table.sheet is None or _is_redcap(table) for table in tables):
        return None
    if any(_read_description(table) for table in tables):
        return "by a sheet that describes the others"
    told = [str(table.sheet) for table in tables if any(_read_title(str(table.sheet), _names_control(tables)).values())]
    return f"by the titles of its sheets: {', '.join(map(shorten, told[:3]))}" if told else None


def _is_redcap(table: TextTable) -> bool:
    return any(known.FORMAT.recognise([table]) is not None for known in (redcap, redcap_dictionary))


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    described: dict[str, Constant] = {}
    sheets: list[TextTable] = []
    for table in tables:
        description = _read_description(table)
        described |= {name: constant for name, constant in description.items() if name not in described}
        sheets += [] if description else [table]
    arranged: list[TextTable] = []
    errors: list[InputError] = []
    for table in sheets:
        try:
            tidy = arrange_table(table, options, on_problem)
        except InputError as error:
            errors.append(error)
            continue
        titled = _settle_title(table, options, _names_control(tables), on_problem)
        arranged.append(_add_constants(tidy, described | titled, options))
    if not arranged:
        message = (
            "the workbook describes a measurement, but no other sheet holds one: check that this is the right file"
        )
        problem = Problem("error", "no-qst-columns", message, tables[0].file)
        raise errors[0] if errors else InputError(problem)
    for failed in errors:
        on_problem(downgrade_to_warning(failed.problem))
    return arranged


def _names_control(tables: Sequence[TextTable]) -> bool:
    """Whether a title names the control area; only then is `Test` the name of an area."""
    return any("control" in _read_title(str(table.sheet), True)["area"] for table in tables)


def _read_title(title: str, with_test: bool) -> dict[str, list[str]]:
    """What the words of a title name: of each kind, all different ones."""
    tokens = [token for token in re.split(r"[^\w]+|_|(?<=[^\W\d])(?=\d{2,})", title) if token]
    found: dict[str, list[str]] = {role: [] for role in (*PLACES, "parameter")}
    start = 0
    while start < len(tokens):
        for stop in range(min(len(tokens), start + 4), start, -1):
            text = normalise(" ".join(tokens[start:stop]))
            role, word = ("parameter", code) if (code := parameter_names().get(text)) else read_token(text)
            if role in found and not (text == "test" and not with_test):
                found[role] += [word] if word not in found[role] else []
                start = stop - 1
                break
        start += 1
    return found


def _settle_title(
    table: TextTable, options: LoadOptions, with_test: bool, on_problem: OnProblem
) -> dict[str, Constant]:
    """What the title says; where it names two things of a kind, or `--set` says another, that is told."""
    settled: dict[str, Constant] = {}
    for role, named in _read_title(str(table.sheet), with_test).items():
        if len(named) > 1:
            message = f"the sheet's title names {' and '.join(named)}; none is taken as its {role}"
            message += f": say --set {role}={named[0]}, or name one" if role in SETTABLE else ": name one"
            on_problem(Problem("warning", "title-unclear", message, table.file))
        elif named and role not in options.fixed:
            settled[role] = Constant(role, named[0], f"the sheet's title {shorten(str(table.sheet))}")
    return settled


def _read_description(table: TextTable) -> dict[str, Constant]:
    """Names and values of a sheet that describes the others; nothing where it is none.

    It has names in the first column that it fills and values in the next, no parameter, and its title says so or at
    least two names are ours.
    """
    pairs: list[tuple[str, str]] = []
    for _, cells in table.read_rows(lambda _: None):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) > FEWEST_NAMES:
            return {}
        pairs += [(filled[0].rstrip(": "), filled[1])] if len(filled) == FEWEST_NAMES else []
    roles = [recognise(0, name, LoadOptions()).role for name, _ in pairs]
    ours = [role for role in roles if role in SETTABLE]
    if any(role in BY_CODE for role in roles) or any(_roles_of_values(pairs)):
        return {}
    fewest = 1 if normalise(str(table.sheet)) in description_titles() else FEWEST_NAMES
    if len(ours) < fewest:
        return {}
    source = f"the sheet {shorten(str(table.sheet))}"
    return {
        role if role in SETTABLE else name: Constant(name, text, source)
        for role, (name, text) in zip(roles, pairs, strict=True)
    }


def _roles_of_values(pairs: Sequence[tuple[str, str]]) -> list[str | None]:
    """What the second cell of the first pair would be as a header: a table of two columns begins with two headers."""
    return [recognise(1, text, LoadOptions()).role for _, text in pairs[:1]]


def _add_constants(table: TextTable, constants: Mapping[str, Constant], options: LoadOptions) -> TextTable:
    """The table with a column for each constant that none of its own columns says."""
    row, columns = find_header(table, options)
    roles = {column.role for column in columns}
    headers = {normalise(column.header) for column in columns}
    needs_parameter = "value" in roles and not roles & {"parameter", *BY_CODE}
    added: list[Constant] = []
    told: list[str] = []
    for name, constant in constants.items():
        if name == "parameter" and not needs_parameter:
            continue
        if name in roles or normalise(constant.header) in headers:
            if name in SETTABLE:
                told.append(f"{name} is taken from its column and not from {constant.source}")
            continue
        added.append(constant)
        told.append(f"{name} is {constant.text!r}, from {constant.source}")
    measured = [column.position for column in columns if column.role in (*BY_CODE, "value")]
    if not added or not measured:
        return replace(table, told=(*table.told, *told)) if measured else table
    header = [*(column.header for column in columns), *(constant.header for constant in added)]
    return rearrange_table(table, row, header, len(columns), _append([one.text for one in added], measured), told=told)


def _append(texts: Sequence[str], measured: Sequence[int]) -> Callable[[Block], Block]:
    """Adds texts to the rows that hold a measurement; a row of a template or a note of one cell stays as it is."""

    def append(block: Block) -> Block:
        blank = np.array([is_blank(column) for column in block.columns])
        holds = ~blank[measured].all(axis=0)
        if len(blank) > 1:
            numbers = np.array([[is_number(text) for text in block.columns[position]] for position in measured])
            holds &= ((~blank).sum(axis=0) > 1) | numbers.any(axis=0)
        added = [np.where(holds, text, "").astype(object) for text in texts]
        return replace(block, columns=[*block.columns, *added])

    return append


FORMAT = Format(
    name="sheets",
    title="a workbook with a sheet an area or a test, whose titles or a sheet Description say what columns do not",
    needs="age, sex and site where neither columns, titles nor the description say them",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
