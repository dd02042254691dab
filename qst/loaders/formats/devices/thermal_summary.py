"""Summary sheets of a thermal stimulator: a row a test, with the mean of its trials.

    Sequence,Modality,Trials,Avg,Var,STD
    1,Cold detection,3,30.6,0.02,0.14

`Avg` is an absolute temperature; the ramps start at 32 °C unless `--set baseline` says otherwise. `Modality` is free
text: it must name a quality (cold, or warm, hot, heat) and say detection or pain. The sheet does not say whom, where
or when it measured: `--assign`, `--set` and `--demographics` do.

Rows with the same place are one assessment. Rows of sequences that were not assigned belong together where no test
stands twice among them; otherwise each sequence is an assessment.

Basis: inferred from a program that reads such sheets; no genuine export was at hand. The reader is strict.
"""

from collections.abc import Sequence

from qst.errors import InputError
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    THERMAL,
    DeviceHeader,
    explain_wrong_direction,
    find_baseline,
    find_decimal,
    find_header,
    format_stated_cells,
    need_header,
    read_columns,
    read_number,
)
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BY_CODE
from qst.tables import IDENTITY
from qst.vocabulary.names import is_missing_word, name_modality

NEEDED = ("sequence", "modality", "average")

Place = tuple[tuple[str, str], ...]


def _recognise(tables: Sequence[TextTable]) -> str | None:
    needed = (*NEEDED, "trials", "deviation")
    found = [find_header(table, needed) for table in tables]
    return "by its columns Sequence, Modality, Trials, Avg and STD" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = need_header(table, NEEDED, "a thermal summary", "Sequence, Modality, Trials, Avg, Var, STD")
    rows, columns = read_columns(table, header, on_problem)
    baseline = find_baseline(options)
    found: list[tuple[int, str, str, str]] = []  # row, sequence, test, temperature
    for row, cells in zip(rows, zip(*columns, strict=True), strict=True):
        code = _read_test(table, header, row, cells, on_problem)
        if code is not None and _is_usable(table, header, row, cells, code, baseline, on_problem):
            sequence, average = (cells[header.positions[name]].strip() for name in ("sequence", "average"))
            found.append((row, sequence, code, average))
    if not found:
        message = "no row has a thermal test with a temperature that can be used; the problems say why"
        raise InputError(Problem("error", "no-values", message, table.file, header.row))
    places = _find_places(found, options, table, on_problem)
    groups: dict[Place, dict[str, tuple[int, str]]] = {}
    for row, sequence, code, average in found:
        tests = groups.setdefault(places[sequence], {})
        if code in tests:
            earlier, _ = tests[code]
            message = (
                f"{code} of the same place stands in row {earlier} already; neither is used: tell the sequences apart "
                "with --assign"
            )
            on_problem(
                Problem("error", "two-values", message, table.file, row, header.texts[header.positions["modality"]])
            )
            tests[code] = (earlier, "")
        else:
            tests[code] = (row, average)
    decimal = find_decimal(columns[header.positions["average"]], options)
    said = [role for role in (*IDENTITY, "sequence") if any(role in dict(place) for place in groups)]
    codes = [code for code in THERMAL if any(code in tests for tests in groups.values())]
    records: list[Record] = []
    for place, tests in groups.items():
        values = [*format_stated_cells(dict(place), said, decimal), *(tests.get(code, (0, ""))[1] for code in codes)]
        records.append((min(row for row, _ in tests.values()), values))
    told = f"a row a test, {len(found)} tests in {len(records)} assessments, absolute temperatures from {baseline:g} °C"
    return make_tidy(table, [*said, *codes], records, told, header_row=header.row, thermal="absolute")


def _read_test(
    table: TextTable, header: DeviceHeader, row: int, cells: Sequence[str], on_problem: OnProblem
) -> str | None:
    """The parameter that a row's modality means; None, and a problem, where it is not clear."""
    position = header.positions["modality"]
    code = name_modality(cells[position])
    if code in THERMAL:
        return code
    message = (
        f"{shorten(cells[position])} does not say which test it is; the row is not used: write cold detection, warm "
        "detection, cold pain or heat pain"
    )
    place = (table.file, row, header.texts[position], cut_text(cells[position]))
    on_problem(Problem("warning", "unknown-parameter", message, *place))
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
    """Whether a row's temperature can be a mean of this test; otherwise, and for too few trials, a problem."""
    position = header.positions["average"]
    text = cells[position]
    place = (table.file, row, header.texts[position], cut_text(text))
    value = read_number(text)
    if is_missing_word(text):
        on_problem(Problem("warning", "no-values", "the row has no temperature; it is not used: fill it in", *place))
        return False
    if value is None:
        message = f"{shorten(text)} is not a number; expected {BY_CODE[code].name} in °C: correct it, or leave it empty"
        on_problem(Problem("error", "not-a-number", message, *place))
        return False
    wrong = explain_wrong_direction(code, value, baseline)
    if wrong is not None:
        on_problem(Problem("error", "wrong-direction", wrong, *place))
        return False
    trials = header.positions.get("trials")
    count = None if trials is None else read_number(cells[trials])
    if trials is not None and count is not None and count != BY_CODE[code].trials:
        message = f"the mean was formed from {count:g} trials; the protocol has {BY_CODE[code].trials}"
        on_problem(
            Problem("warning", "trials", message, table.file, row, header.texts[trials], cut_text(cells[trials]))
        )
    return True


def _find_places(
    found: Sequence[tuple[int, str, str, str]], options: LoadOptions, table: TextTable, on_problem: OnProblem
) -> dict[str, Place]:
    """What tells the assessment of each sequence from the others."""
    whole = options.assigned_to(table.path)
    said = {
        sequence: {role: text for role, text in options.assigned_to(table.path, sequence).items() if role in IDENTITY}
        for _, sequence, _, _ in found
    }
    silent = [sequence for sequence in said if said[sequence] == whole]
    if 0 < len(silent) < len(said):
        message = (
            f"not assigned: sequence {', '.join(silent)}; say where it was, such as --assign {silent[0]}=hand,left"
        )
        on_problem(Problem("warning", "not-assigned", message, table.file))
    codes = [code for _, sequence, code, _ in found if sequence in silent]
    apart = len(set(codes)) < len(codes)
    if apart:
        message = (
            "tests stand twice and nothing says where, so each sequence is an assessment of its own: say which belong "
            "together, such as --assign 1-4=hand,left --assign 5-8=hand,right"
        )
        on_problem(Problem("warning", "not-assigned", message, table.file))
    return {
        sequence: (*place.items(), *((("sequence", sequence),) if apart and sequence in silent else ()))
        for sequence, place in said.items()
    }


FORMAT = Format(
    name="thermal-summary",
    title="summary sheets of a thermal stimulator: Sequence, Modality, Trials, Avg, Var, STD",
    needs="where and whom: --assign 1=hand,left,test or a table, and person: --set subject=filename, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
