"""Threshold files of the TCS thermal stimulator: a row a trial, as a public program for that device writes them.

    participant_id,TrialType,meanTemp,ReactionTime,AllTemps,datetime
    007,CDT1,30.92,1.11,"[30.9, 31.0, 30.9, 30.9, 30.9]",10:12:31.120000

Temperatures are absolute. The ramps start at 32 °C, which that program sets, unless `--set baseline` says otherwise.
`AllTemps` are the five zones of the thermode, of which `meanTemp` is the mean. A read that failed is written as 0 in
all zones. A trial that was repeated stands twice, and the last one counts. `datetime` is a time without a date.

Basis: the program (AlbertojacGon/painless, 3_HPT_CDT_CPT.py) was read; no file of a laboratory was at hand.
"""

import re
from collections.abc import Sequence

from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    THERMAL,
    DeviceHeader,
    explain_wrong_direction,
    find_baseline,
    find_header,
    need_header,
    read_columns,
    read_number,
)
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.vocabulary.names import is_missing_cell, parameter_names

NEEDED = ("subject", "trial_type", "mean_temperature", "zones")

ZONES = 5

ZONES_AGREE = 0.05
"""Largest difference (°C) of `meanTemp` from the mean of the zones: half of the device's 0.1 (ours)."""

_TRIAL = re.compile(r"([A-Za-z]+)[\s_]*0*([1-9]\d*)")

_BETWEEN_ZONES = re.compile(r"[,;]\s+|;")


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [find_header(table, NEEDED) for table in tables]
    return "by its columns TrialType, meanTemp and AllTemps" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = need_header(table, NEEDED, "a TCS file", "participant_id, TrialType, meanTemp, AllTemps")
    rows, columns = read_columns(table, header, on_problem)
    subject, kind, mean = (header.positions[name] for name in NEEDED[:3])
    baseline = find_baseline(options)
    last: dict[tuple[str, str], int] = {}
    records: list[Record] = []
    for row, cells in zip(rows, map(list, zip(*columns, strict=True)), strict=True):
        if cells == header.texts:
            message = "the header stands again, as it does when the device was connected twice; the row was left out"
            on_problem(Problem("warning", "second-header", message, table.file, row))
            continue
        match = _TRIAL.fullmatch(cells[kind].strip())
        code = parameter_names().get(match[1].casefold()) if match else None
        known = match is not None and code in THERMAL
        problem = _find_fault(table, header, row, cells, str(code), baseline) if known else None
        if problem is not None:
            on_problem(problem)
        test = [str(code), match[2]] if match is not None and known else [cells[kind], ""]
        value = "" if problem is not None and problem.severity == "error" else cells[mean]
        rest = [cell for position, cell in enumerate(cells) if position != mean]
        if known:
            earlier = last.get((cells[subject], cells[kind].strip()))
            if earlier is not None:
                message = f"{shorten(cells[kind])} is repeated in row {row}, and the last one counts; this one does not"
                place = (records[earlier][0], header.texts[kind], cut_text(cells[kind]))
                on_problem(Problem("warning", "trial-repeated", message, table.file, *place))
                records[earlier][1][-1] = "0"
            last[cells[subject], cells[kind].strip()] = len(records)
        records.append((row, [*rest, *test, value, "1"]))
    names = [text for position, text in enumerate(header.texts) if position != mean]
    told = f"absolute temperatures, ramps from {baseline:g} °C"
    tidy_header = [*names, "parameter", "series", header.texts[mean], "keep"]
    return make_tidy(table, tidy_header, records, told, header_row=header.row, thermal="absolute")


def _find_fault(
    table: TextTable, header: DeviceHeader, row: int, cells: Sequence[str], code: str, baseline: float
) -> Problem | None:
    """What is wrong with a trial; an error where its temperature cannot be used."""
    mean, zones = header.positions["mean_temperature"], header.positions["zones"]
    value, temperatures = read_number(cells[mean]), _read_zones(cells[zones])
    if value is None:
        return None  # said when the number is read
    place = (table.file, row, header.texts[mean], cut_text(cells[mean]))
    if temperatures is None:
        if value == 0 and code != "CPT":
            return Problem("error", "failed-read", _tell_failed_read(code), *place)
        what = "are missing" if is_missing_cell(cells[zones]) else f"cannot be read as {ZONES} temperatures"
        message = f"the zones {what}, so {header.texts[mean]} was used without checking it against them"
        return Problem("warning", "zones-missing", message, *place[:2], header.texts[zones], cut_text(cells[zones]))
    if value == 0 and not any(temperatures):
        return Problem("error", "failed-read", _tell_failed_read(code), *place)
    average = sum(temperatures) / ZONES
    if abs(average - value) > ZONES_AGREE:
        message = (
            f"{shorten(cells[mean])} is not the mean of the {ZONES} zones ({average:.2f} °C); the trial is not used: "
            f"correct one of them, or empty {header.texts[zones]}"
        )
        return Problem("error", "zones-differ", message, *place)
    wrong = explain_wrong_direction(code, value, baseline)
    return None if wrong is None else Problem("error", "wrong-direction", wrong, *place)


def _read_zones(text: str) -> list[float] | None:
    parts = [read_number(part) for part in _BETWEEN_ZONES.split(text.strip().strip("[]()"))]
    numbers = [part for part in parts if part is not None]
    return numbers if len(numbers) == len(parts) == ZONES else None


def _tell_failed_read(code: str) -> str:
    message = "0 is how the device's program writes a temperature that it could not read; the trial is missing"
    floor = "; if there was no pain down to 0 °C, empty AllTemps, and the 0 is used"
    return message + (floor if code == "CPT" else ": leave it so, or write the temperature if it was noted")


FORMAT = Format(
    name="tcs",
    title="threshold files of the TCS stimulator: participant_id, TrialType, meanTemp, AllTemps",
    needs="age, sex and site, by --set or --demographics; --set baseline=30 where ramps do not start at 32 °C",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
