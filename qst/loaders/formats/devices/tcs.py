"""Threshold files of the TCS thermal stimulator: one row per trial, as a public program for that device writes them.

    participant_id,TrialType,meanTemp,ReactionTime,AllTemps,datetime
    007,CDT1,30.92,1.11,"[30.9, 31.0, 30.9, 30.9, 30.9]",10:12:31.120000

Temperatures are absolute. The ramps start at 32 °C, which that program sets, unless `--set baseline` gives another
temperature. `AllTemps` has the five zones of the thermode; `meanTemp` is their mean. A failed reading is written as 0
in all zones. A trial that was repeated appears twice, and the last one counts. `datetime` is a time without a date.

Basis: the program (AlbertojacGon/painless, 3_HPT_CDT_CPT.py) was read; no laboratory's file was available.
"""

import re
from collections.abc import Sequence

from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    DeviceHeader,
    describe_wrong_side,
    find_baseline,
    find_device_header,
    locate_cell,
    read_columns,
    read_number,
    require_device_header,
)
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.formats.thermal_tests import THERMAL_TESTS
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, make_problem
from qst.vocabulary.names import is_missing_cell, parameter_names

TCS_COLUMNS = ("subject", "trial_type", "mean_temperature", "zones")

ZONES = 5

ZONES_AGREE = 0.05
"""Largest difference (°C) of `meanTemp` from the mean of the zones: half of the device's 0.1 °C (ours)."""

_TRIAL = re.compile(r"([A-Za-z]+)[\s_]*0*([1-9]\d*)")

_BETWEEN_ZONES = re.compile(r"[,;]\s+|;")


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [find_device_header(table, TCS_COLUMNS) for table in tables]
    return "by its columns TrialType, meanTemp and AllTemps" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = require_device_header(table, TCS_COLUMNS, "a TCS file", "participant_id, TrialType, meanTemp, AllTemps")
    rows, columns = read_columns(table, header, on_problem)
    mean = header.positions["mean_temperature"]
    baseline = find_baseline(options)
    records = _make_records(table, header, rows, list(map(list, zip(*columns, strict=True))), baseline, on_problem)
    names = [text for position, text in enumerate(header.texts) if position != mean]
    return make_tidy(
        table,
        [*names, "parameter", "series", header.texts[mean], "keep"],
        records,
        f"absolute temperatures, ramps from {baseline:g} °C",
        header_row=header.row,
        thermal="absolute",
    )


def _make_records(
    table: TextTable,
    header: DeviceHeader,
    rows: Sequence[int],
    cells_by_row: Sequence[list[str]],
    baseline: float,
    on_problem: OnProblem,
) -> list[Record]:
    """One row per trial: the file's other columns, then parameter, series, temperature and whether it counts."""
    subject, kind, mean = (header.positions[name] for name in ("subject", "trial_type", "mean_temperature"))
    last: dict[tuple[str, str], int] = {}
    records: list[Record] = []
    for row, cells in zip(rows, cells_by_row, strict=True):
        if cells == header.texts:
            on_problem(make_problem("second-header", "tcs", file=table.file, row=row))
            continue
        rest = [cell for position, cell in enumerate(cells) if position != mean]
        match = _TRIAL.fullmatch(cells[kind].strip())
        code = parameter_names().get(match[1].casefold()) if match else None
        if match is None or code not in THERMAL_TESTS:
            records.append((row, [*rest, cells[kind], "", cells[mean], "1"]))
            continue
        fault = _find_fault(table, header, row, cells, code, baseline)
        if fault is not None:
            on_problem(fault)
        trial = cells[subject], cells[kind].strip()
        if trial in last:
            earlier = records[last[trial]]
            where = locate_cell(table, header, earlier[0], kind, cells[kind])
            on_problem(make_problem("trial-repeated", **where, last=row))
            earlier[1][-1] = "0"
        last[trial] = len(records)
        value = "" if fault is not None and fault.severity == "error" else cells[mean]
        records.append((row, [*rest, code, match[2], value, "1"]))
    return records


def _find_fault(
    table: TextTable, header: DeviceHeader, row: int, cells: Sequence[str], code: str, baseline: float
) -> Problem | None:
    """What is wrong with a trial; an error if its temperature cannot be used."""
    mean, zones = header.positions["mean_temperature"], header.positions["zones"]
    value, temperatures = read_number(cells[mean]), _read_zones(cells[zones])
    if value is None:
        return None  # reported when the number is read
    where = locate_cell(table, header, row, mean, cells[mean])
    failed_reading = "cold-pain" if code == "CPT" else "other"
    if temperatures is None:
        if value == 0 and code != "CPT":
            return make_problem("failed-read", failed_reading, **where)
        message = "empty" if is_missing_cell(cells[zones]) else "unreadable"
        where = locate_cell(table, header, row, zones, cells[zones])
        return make_problem("zones-missing", message, **where, mean=header.texts[mean], zones=ZONES)
    if value == 0 and not any(temperatures):
        return make_problem("failed-read", failed_reading, **where)
    average = sum(temperatures) / ZONES
    if abs(average - value) > ZONES_AGREE:
        return make_problem("zones-differ", **where, average=average, zones=ZONES, zones_column=header.texts[zones])
    details = describe_wrong_side(code, value, baseline)
    return None if details is None else make_problem("wrong-direction", "baseline", **where, **details)


def _read_zones(text: str) -> list[float] | None:
    """The temperatures of the zones; None unless there is one for each."""
    parts = [read_number(part) for part in _BETWEEN_ZONES.split(text.strip().strip("[]()"))]
    numbers = [part for part in parts if part is not None]
    return numbers if len(numbers) == len(parts) == ZONES else None


FORMAT = Format(
    name="tcs",
    title="threshold files of the TCS stimulator: participant_id, TrialType, meanTemp, AllTemps",
    needs="age, sex and site: --set or --demographics; --set baseline=30 if ramps do not start at 32 °C",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
