"""Workbooks with one sheet per area or test, and a sheet that describes them.

What a sheet's title names (`QST Hand`, `Control`, `HPT`) applies to all its rows unless a column gives it; so does what
a sheet `Description` of names and values gives (subject, age, sex, examiner …).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

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
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import description_titles, normalise, parameter_names

PAIR = 2
"""Filled cells in a row of a description: name and value."""

FEWEST_NAMES = 2
"""Names of ours in the first column that make a sheet a description, whatever its title (ours)."""


class Constant(NamedTuple):
    """What applies to all rows of a sheet: the header and text of the column for it, and its source."""

    header: str
    text: str
    source: str


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if any(table.sheet is None or _is_redcap(table) for table in tables):
        return None
    if any(_read_description(table) for table in tables):
        return "by a sheet that describes the others"
    with_test = _names_control(tables)
    titles = [str(table.sheet) for table in tables if any(_read_title(str(table.sheet), with_test).values())]
    return f"by the titles of its sheets: {', '.join(map(shorten, titles[:3]))}" if titles else None


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
        raise errors[0] if errors else InputError(make_problem("no-qst-columns", "sheets", file=tables[0].file))
    for failed in errors:
        on_problem(downgrade_to_warning(failed.problem))
    return arranged


def _names_control(tables: Sequence[TextTable]) -> bool:
    """Whether a title names the control area; only then is `Test` the name of an area too."""
    return any("control" in _read_title(str(table.sheet), True)["area"] for table in tables)


def _read_title(title: str, with_test: bool) -> dict[str, list[str]]:
    """What the words of a title name: for each role, all different words.

    Parameters
    ----------
    title : str
    with_test : bool
        Whether `Test` is the name of an area.
    """
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
    """What the title names and `--set` does not give; a problem if it names two words for one role."""
    settled: dict[str, Constant] = {}
    for role, named in _read_title(str(table.sheet), with_test).items():
        if len(named) > 1:
            message = "settable" if role in SETTABLE else "other"
            details: dict[str, Any] = {"words": " and ".join(named), "role": role, "first": named[0]}
            on_problem(make_problem("title-unclear", message, file=table.file, **details))
        elif named and role not in options.fixed:
            settled[role] = Constant(role, named[0], f"the sheet's title {shorten(str(table.sheet))}")
    return settled


def _read_description(table: TextTable) -> dict[str, Constant]:
    """Names and values of a sheet that describes the others; empty for any other sheet.

    Such a sheet has names in its first filled column and values in the next, and no parameter; its title is that of a
    description, or at least two of its names are ours.
    """
    pairs: list[tuple[str, str]] = []
    for _, cells in table.read_rows(lambda _: None):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) > PAIR:
            return {}
        pairs += [(filled[0].rstrip(": "), filled[1])] if len(filled) == PAIR else []
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
    """The role of the second cell of the first pair as a header: a table of two columns begins with two headers."""
    return [recognise(1, text, LoadOptions()).role for _, text in pairs[:1]]


def _add_constants(table: TextTable, constants: Mapping[str, Constant], options: LoadOptions) -> TextTable:
    """The table with a column for each constant that none of its own columns gives."""
    found = find_header(table, options)
    row, columns = found.row, found.columns
    roles = {column.role for column in columns}
    headers = {normalise(column.header) for column in columns}
    needs_parameter = "value" in roles and not roles & {"parameter", *BY_CODE}
    added: list[Constant] = []
    understood: list[str] = []
    for name, constant in constants.items():
        if name == "parameter" and not needs_parameter:
            continue
        if name in roles or normalise(constant.header) in headers:
            if name in SETTABLE:
                understood.append(f"{name} is taken from its column and not from {constant.source}")
            continue
        added.append(constant)
        understood.append(f"{name} is {constant.text!r}, from {constant.source}")
    measured = [column.position for column in columns if column.role in (*BY_CODE, "value")]
    if not added or not measured:
        return replace(table, remarks=(*table.remarks, *understood)) if measured else table
    header = [*(column.header for column in columns), *(constant.header for constant in added)]
    append = _make_appender([constant.text for constant in added], measured)
    return rearrange_table(table, row, header, len(columns), append, remarks=understood)


def _make_appender(texts: Sequence[str], measured: Sequence[int]) -> Callable[[Block], Block]:
    """A function that adds texts to the rows with a measurement; unused rows and notes of one cell stay as they are."""

    def append(block: Block) -> Block:
        blank = np.array([is_blank(column) for column in block.columns])
        has_values = ~blank[measured].all(axis=0)
        if len(blank) > 1:
            numbers = np.array([[is_number(text) for text in block.columns[position]] for position in measured])
            has_values &= ((~blank).sum(axis=0) > 1) | numbers.any(axis=0)
        added = [np.where(has_values, text, "").astype(object) for text in texts]
        return replace(block, columns=[*block.columns, *added])

    return append


FORMAT = Format(
    name="sheets",
    title="a workbook with one sheet per area or test; titles or a sheet Description give what columns do not",
    needs="age, sex and site if neither columns, titles nor the description give them",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
