"""Workbooks of a thermal stimulator: a sheet `Description` of name and value, and a sheet a test with its time series.

The title of a sheet says the test (`Cold Detection`, `Heat Pain left`), and may say side and site. `Description` may
give subject, age, sex, site, side, area, visit and baseline under any of their names. The threshold is the
temperature at an event; the rules stand in `event_trials`.

Basis: inferred from a program that reads such workbooks; no genuine export was at hand. The reader is strict.
"""

from collections.abc import Sequence
from dataclasses import replace

from qst.errors import InputError
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.devices.device_table import find_header
from qst.loaders.formats.devices.event_trials import NEEDED, arrange_series
from qst.loaders.formats.devices.thermal_series import find_test
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.tables import IDENTITY
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, is_missing_word, name_modality, normalise, words

DESCRIPTION = ("description", "beschreibung")


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if not any(map(_is_description, tables)):
        return None
    series = any(find_header(table, NEEDED) is not None for table in tables if not _is_description(table))
    return "by its sheet Description beside time series with events" if series else None


def _is_description(table: TextTable) -> bool:
    return normalise(table.sheet or "") in DESCRIPTION


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    described: dict[str, str] = {}
    told = ""
    for table in tables:
        if _is_description(table):
            described, told = _read_description(table, on_problem)
    arranged: list[TextTable] = []
    errors: list[Problem] = []
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for table in (table for table in tables if not _is_description(table)):
        try:
            arranged.append(_arrange_sheet(table, described, told, options, on_problem, seen))
        except InputError as error:
            errors.append(error.problem)
    if not arranged:
        message = "the workbook has no sheet with a time series: check that this is the right file"
        raise InputError(errors[0] if errors else Problem("error", "no-rows", message, tables[0].file))
    for problem in errors:
        message = f"{problem.message}; this sheet was left out"
        on_problem(Problem("error", problem.code, message, problem.file, problem.row, problem.column))
    return arranged


def _read_description(table: TextTable, on_problem: OnProblem) -> tuple[dict[str, str], str]:
    """What the sheet says of person and place, and a line on it for the user."""
    said: dict[str, str] = {}
    others: list[str] = []
    unclear: set[str] = set()
    for row, cells in table.read_rows(on_problem):
        filled = [cell.strip() for cell in cells if cell.strip()]
        name, value = [*filled[:2], "", ""][:2]
        role = column_names().get(parse_header(name)[0])
        if role not in (*IDENTITY, "baseline") or is_missing_word(value):
            others += [name] if name else []
        elif said.setdefault(role, value) != value:
            message = f"the {role} stands here a second time, as another one; none is used: correct one"
            on_problem(Problem("error", "contradiction", message, table.file, row, value=value))
            unclear.add(role)
    said = {role: value for role, value in said.items() if role not in unclear}
    told = f"its Description says {', '.join(said) or 'nothing of person and place'}"
    if others:
        told += f" (not used: {', '.join(shorten(name, 20) for name in others[:8])}{' …' if len(others) > 8 else ''})"
    return said, told


def _arrange_sheet(
    table: TextTable,
    described: dict[str, str],
    told: str,
    options: LoadOptions,
    on_problem: OnProblem,
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], str],
) -> TextTable:
    header = find_header(table, NEEDED)
    if header is None:
        message = "the sheet has no columns for temperature and events among its first rows"
        raise InputError(Problem("error", "not-this-format", message, table.file))
    title = str(table.sheet)
    code, assigned = find_test(table, options, name_modality(title))
    own = _read_title(title) | described
    for role in (role for role in assigned if own.get(role, assigned[role]) != assigned[role]):
        message = f"--assign says another {role} than the workbook, which counts: correct one of them"
        on_problem(Problem("warning", "contradiction", message, table.file, value=cut_text(own[role])))
    said = assigned | own
    test = (code, tuple(sorted(said.items())))
    if test in seen:
        message = (
            f"the sheet is of the same test and place as {shorten(seen[test])}; the trials of both count: say side or "
            "site in the titles, or delete the one that does not count"
        )
        on_problem(Problem("warning", "test-repeated", message, table.file))
    seen.setdefault(test, title)
    arranged = arrange_series(table, header, code, said, options, on_problem)
    return replace(arranged, understood=f"{arranged.understood}, {told}")


def _read_title(title: str) -> dict[str, str]:
    """Side and site that a sheet's title names; a letter alone says nothing, and `test` is no area here."""
    parts = [part for part in normalise(title).split("_") if len(part) > 1]
    return {role: words(role)[part] for role in ("side", "site") for part in parts if part in words(role)}


FORMAT = Format(
    name="thermal-workbook",
    title="workbooks of a thermal stimulator: a sheet Description, and a sheet a test with temperatures and events",
    needs="titles of sheets that name the test; what Description does not say: --set, --assign, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
