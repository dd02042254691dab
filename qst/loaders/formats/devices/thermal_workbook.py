"""Workbooks of a thermal stimulator: a sheet `Description` of names and values, and one sheet per test.

The title of a sheet names the test (`Cold Detection`, `Heat Pain left`), and may name side and site; the sheet holds a
time series. `Description` may give subject, age, sex, site, side, area, visit and baseline under any of their names.
The threshold is the temperature at an event, by the rules in `event_trials`.

Basis: inferred from a program that reads such workbooks; no genuine export was available. The reader is strict.
"""

from collections.abc import Sequence
from dataclasses import replace

from qst.errors import InputError
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.devices.device_table import find_device_header
from qst.loaders.formats.devices.event_trials import SERIES_COLUMNS, arrange_series
from qst.loaders.formats.devices.thermal_series import find_test
from qst.loaders.formats.format import Format, locate
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, make_problem, shorten
from qst.tables import IDENTITY
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, is_missing_word, name_modality, normalise, words

DESCRIPTION_TITLES = ("description", "beschreibung")

_MOST_LISTED = 8
"""Entries of `Description` that are listed as not used."""

_TestAndPlace = tuple[str, tuple[tuple[str, str], ...]]


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if not any(map(_is_description, tables)):
        return None
    others = [table for table in tables if not _is_description(table)]
    if any(find_device_header(table, SERIES_COLUMNS) is not None for table in others):
        return "by its sheet Description next to time series with events"
    return None


def _is_description(table: TextTable) -> bool:
    return normalise(table.sheet or "") in DESCRIPTION_TITLES


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    described: dict[str, str] = {}
    summary = ""
    for table in tables:
        if _is_description(table):
            described, summary = _read_description(table, on_problem)
    arranged: list[TextTable] = []
    errors: list[Problem] = []
    seen: dict[_TestAndPlace, str] = {}
    for table in (table for table in tables if not _is_description(table)):
        try:
            sheet = _arrange_sheet(table, described, options, on_problem, seen)
        except InputError as error:
            errors.append(error.problem)
        else:
            arranged.append(replace(sheet, understood=f"{sheet.understood}, {summary}"))
    if not arranged:
        raise InputError(errors[0] if errors else make_problem("no-rows", "workbook", file=tables[0].file))
    for problem in errors:
        on_problem(replace(problem, message=f"{problem.message}; this sheet was left out", value=None))
    return arranged


def _read_description(table: TextTable, on_problem: OnProblem) -> tuple[dict[str, str], str]:
    """What the sheet states about person and place, and a summary of it for the user."""
    stated: dict[str, str] = {}
    others: list[str] = []
    unclear: set[str] = set()
    for row, cells in table.read_rows(on_problem):
        filled = [cell.strip() for cell in cells if cell.strip()]
        name, value = [*filled[:2], "", ""][:2]
        role = column_names().get(parse_header(name)[0])
        if role not in (*IDENTITY, "baseline") or is_missing_word(value):
            others += [name] if name else []
        elif stated.setdefault(role, value) != value:
            where = locate(table, row, text=value)
            on_problem(make_problem("contradiction", "description", severity="error", **where, role=role))
            unclear.add(role)
    stated = {role: value for role, value in stated.items() if role not in unclear}
    summary = f"its Description gives {', '.join(stated) or 'neither person nor place'}"
    if others:
        listed = ", ".join(shorten(name, 20) for name in others[:_MOST_LISTED])
        summary += f" (not used: {listed}{' …' if len(others) > _MOST_LISTED else ''})"
    return stated, summary


def _arrange_sheet(
    table: TextTable,
    described: dict[str, str],
    options: LoadOptions,
    on_problem: OnProblem,
    seen: dict[_TestAndPlace, str],
) -> TextTable:
    """The trials of one sheet; `seen` has the titles of the sheets before it, by test and place."""
    header = find_device_header(table, SERIES_COLUMNS)
    if header is None:
        raise InputError(make_problem("not-this-format", "sheet", file=table.file))
    title = str(table.sheet)
    code, assigned = find_test(table, options, name_modality(title))
    own = _read_title(title) | described
    for role in (role for role in assigned if own.get(role, assigned[role]) != assigned[role]):
        where = locate(table, None, text=own[role])
        on_problem(make_problem("contradiction", "assigned", severity="warning", **where, role=role))
    stated = assigned | own
    test = (code, tuple(sorted(stated.items())))
    if test in seen:
        on_problem(make_problem("test-repeated", file=table.file, sheet=shorten(seen[test])))
    seen.setdefault(test, title)
    return arrange_series(table, header, code, stated, options, on_problem)


def _read_title(title: str) -> dict[str, str]:
    """Side and site that a sheet's title names. Single letters are ignored, and `test` is not an area here."""
    parts = [part for part in normalise(title).split("_") if len(part) > 1]
    return {role: words(role)[part] for role in ("side", "site") for part in parts if part in words(role)}


FORMAT = Format(
    name="thermal-workbook",
    title="workbooks of a thermal stimulator: a sheet Description, and one sheet per test with temperatures and events",
    needs="sheet titles that name the test; what Description does not give: --set, --assign, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
