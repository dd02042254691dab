"""Summary sheets of a thermal stimulator: one row per test, with the mean of its trials.

    Sequence,Modality,Trials,Avg,Var,STD
    1,Cold detection,3,30.6,0.02,0.14

`Avg` is an absolute temperature; the ramps start at 32 °C unless `--set baseline` gives another temperature. `Modality`
is free text: it must name a quality (cold; warm, hot or heat) and either detection or pain. Person, place and date are
not in the sheet: `--assign`, `--set` and `--demographics` give them.

Rows of the same place are one assessment. Rows of sequences that were not assigned are one assessment if no test occurs
twice among them; otherwise each sequence is an assessment of its own.

Basis: inferred from a program that reads such sheets; no genuine export was available. The reader is strict.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qst.errors import InputError
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    DeviceHeader,
    describe_wrong_side,
    find_baseline,
    find_device_header,
    format_stated_cells,
    locate_cell,
    read_columns,
    read_number,
    require_device_header,
)
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.formats.thermal_tests import THERMAL_TESTS
from qst.loaders.formats.whole_table import find_decimal
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem
from qst.protocol import BY_CODE
from qst.tables import IDENTITY
from qst.vocabulary.names import is_missing_word, name_modality

SUMMARY_COLUMNS = ("sequence", "modality", "average")
"""What the reader cannot do without; a sheet is recognised by more."""

_Place = tuple[tuple[str, str], ...]
"""What distinguishes one assessment from another: columns and their texts."""


class _Mean(NamedTuple):
    """The mean of one test, as its row gives it."""

    row: int
    sequence: str
    code: str
    temperature: str


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [find_device_header(table, (*SUMMARY_COLUMNS, "trials", "deviation")) for table in tables]
    return "by its columns Sequence, Modality, Trials, Avg and STD" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = require_device_header(
        table, SUMMARY_COLUMNS, "a thermal summary", "Sequence, Modality, Trials, Avg, Var, STD"
    )
    rows, columns = read_columns(table, header, on_problem)
    baseline = find_baseline(options)
    means: list[_Mean] = []
    for row, cells in zip(rows, zip(*columns, strict=True), strict=True):
        code = _read_test(table, header, row, cells, on_problem)
        if code is not None and _is_usable(table, header, row, cells, code, baseline, on_problem):
            sequence, average = (cells[header.positions[name]].strip() for name in ("sequence", "average"))
            means.append(_Mean(row, sequence, code, average))
    if not means:
        raise InputError(make_problem("no-values", "summary", severity="error", file=table.file, row=header.row))
    places = _find_places(means, options, table, on_problem)
    assessments = _group_by_place(means, places, table, header, on_problem)
    decimal = find_decimal(columns[header.positions["average"]], options)
    roles = [role for role in (*IDENTITY, "sequence") if any(role in dict(place) for place in assessments)]
    codes = [code for code in THERMAL_TESTS if any(code in tests for tests in assessments.values())]
    records: list[Record] = []
    for place, tests in assessments.items():
        values = [*format_stated_cells(dict(place), roles, decimal), *(tests.get(code, (0, ""))[1] for code in codes)]
        records.append((min(row for row, _ in tests.values()), values))
    understood = (
        f"one row per test, {len(means)} tests in {len(records)} assessments, "
        f"absolute temperatures from {baseline:g} °C"
    )
    return make_tidy(table, [*roles, *codes], records, understood, header_row=header.row, thermal="absolute")


def _group_by_place(
    means: Sequence[_Mean],
    places: Mapping[str, _Place],
    table: TextTable,
    header: DeviceHeader,
    on_problem: OnProblem,
) -> dict[_Place, dict[str, tuple[int, str]]]:
    """Row and temperature of each test, by place; no temperature, and a problem, if a test occurs twice."""
    groups: dict[_Place, dict[str, tuple[int, str]]] = {}
    for row, sequence, code, temperature in means:
        tests = groups.setdefault(places[sequence], {})
        if code in tests:
            earlier, _ = tests[code]
            where = locate_cell(table, header, row, header.positions["modality"])
            on_problem(make_problem("two-values", **where, code=code, earlier=earlier))
            tests[code] = (earlier, "")
        else:
            tests[code] = (row, temperature)
    return groups


def _read_test(
    table: TextTable, header: DeviceHeader, row: int, cells: Sequence[str], on_problem: OnProblem
) -> str | None:
    """The parameter that a row's modality means; None, and a problem, if it is not clear."""
    position = header.positions["modality"]
    code = name_modality(cells[position])
    if code in THERMAL_TESTS:
        return code
    where = locate_cell(table, header, row, position, cells[position])
    on_problem(make_problem("unknown-parameter", "summary", severity="warning", **where))
    return None


def _is_usable(
    table: TextTable,
    header: DeviceHeader,
    row: int,
    cells: Sequence[str],
    code: str,
    baseline: float,
    on_problem: OnProblem,
) -> bool:
    """Whether a row's temperature can be a mean of this test; a problem if not, or if trials are missing."""
    text = cells[header.positions["average"]]
    where = locate_cell(table, header, row, header.positions["average"], text)
    value = read_number(text)
    if is_missing_word(text):
        on_problem(make_problem("no-values", "summary-row", severity="warning", **where))
        return False
    if value is None:
        on_problem(make_problem("not-a-number", "temperature", **where, parameter=BY_CODE[code].name))
        return False
    details = describe_wrong_side(code, value, baseline)
    if details is not None:
        on_problem(make_problem("wrong-direction", "baseline", **where, **details))
        return False
    trials = header.positions.get("trials")
    count = None if trials is None else read_number(cells[trials])
    if trials is not None and count is not None and count != BY_CODE[code].trials:
        where = locate_cell(table, header, row, trials, cells[trials])
        on_problem(make_problem("trials", **where, count=count, expected=BY_CODE[code].trials))
    return True


def _find_places(
    means: Sequence[_Mean], options: LoadOptions, table: TextTable, on_problem: OnProblem
) -> dict[str, _Place]:
    """The place of each sequence, which distinguishes its assessment from the others."""
    of_file = options.assigned_to(table.path)
    stated = {
        mean.sequence: {
            role: text for role, text in options.assigned_to(table.path, mean.sequence).items() if role in IDENTITY
        }
        for mean in means
    }
    unassigned = [sequence for sequence in stated if stated[sequence] == of_file]
    if 0 < len(unassigned) < len(stated):
        on_problem(
            make_problem("not-assigned", "some", file=table.file, sequences=", ".join(unassigned), first=unassigned[0])
        )
    codes = [mean.code for mean in means if mean.sequence in unassigned]
    are_separate = len(set(codes)) < len(codes)
    if are_separate:
        on_problem(make_problem("not-assigned", "all", file=table.file))
    return {
        sequence: (*place.items(), *((("sequence", sequence),) if are_separate and sequence in unassigned else ()))
        for sequence, place in stated.items()
    }


FORMAT = Format(
    name="thermal-summary",
    title="summary sheets of a thermal stimulator: Sequence, Modality, Trials, Avg, Var, STD",
    needs="place: --assign 1=hand,left,test or a table; person: --set subject=filename, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
