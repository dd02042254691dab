"""Logs of a thermode: a text table without a header, and beside it a JSON file of the same name that names its columns.

    S04_stim.tsv      32.0    0
                      31.9    0
    S04_stim.json     {"SamplingFrequency": 10, "StartTime": 0, "Columns": ["temperature", "response"]}

Such pairs follow the Brain Imaging Data Structure (BIDS, continuous recordings: `Columns`, `SamplingFrequency`,
`StartTime`, and `Units` within an entry of a column's name). A log of temperatures alone shows what was given, not what
was felt: where no column holds the person's responses, it is refused. With one, it is read as a time series is, by the
rules in `event_trials`.

Basis: such a pair was seen. How responses are named in others is not known, so their reading is by our rules.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qst.errors import InputError
from qst.loaders.files.cells import is_number
from qst.loaders.files.text_table import TextTable, name_file
from qst.loaders.formats.devices.device_table import DeviceHeader
from qst.loaders.formats.devices.event_trials import arrange_series
from qst.loaders.formats.devices.thermal_series import find_test
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, shorten
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import device_names, is_missing_cell, normalise, words

LARGEST_SIDECAR = 1_000_000
"""Bytes; a longer file names no columns (ours)."""


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [_has_no_header(table) and _read_sidecar(table) is not None for table in tables]
    return "by its JSON file, which names the columns" if all(found) else None


def _has_no_header(table: TextTable) -> bool:
    """Whether the first row with any cell holds only numbers and words for missing."""
    first = next((row for row in table.preview if any(cell.strip() for cell in row)), [])
    return any(map(is_number, first)) and all(is_number(cell) or is_missing_cell(cell) for cell in first)


def _sidecar_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_sidecar(table: TextTable) -> dict[str, Any] | None:
    """What the JSON file beside a table says; None where there is none with names of columns."""
    if table.path is None or table.sheet is not None:
        return None
    path = _sidecar_of(table.path)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SIDECAR:
            return None
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    columns = said.get("Columns") if isinstance(said, dict) else None
    return said if isinstance(columns, list) and columns and all(isinstance(c, str) for c in columns) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    said = _read_sidecar(table)
    if said is None or table.path is None:
        message = (
            "a log without a header needs a JSON file of the same name beside it, with its columns: "
            '{"Columns": ["temperature", "response"]}'
        )
        raise InputError(Problem("error", "no-sidecar", message, table.file))
    sidecar = name_file(_sidecar_of(table.path))
    names = [str(name) for name in said["Columns"]]
    width = max(map(len, table.preview))
    if len(names) != width:
        message = f"the table has {width} columns, and {sidecar} names {len(names)}: correct one of them"
        raise InputError(Problem("error", "sidecar-differs", message, table.file, 1))
    header = DeviceHeader(0, [_with_unit(name, said) for name in names], _find_positions(names))
    if "temperature" not in header.positions:
        message = f"none of its columns ({', '.join(map(shorten, names))}) is a temperature: this is no thermode's log"
        raise InputError(Problem("error", "no-temperature", message, sidecar))
    if "event" not in header.positions:
        message = (
            f"the log has {', '.join(map(shorten, names))} and no column with the person's responses: it shows what "
            "was given, not what was felt, so no threshold can be told. Give the table of thresholds, or add a column "
            "'response' to the log and to the JSON file"
        )
        raise InputError(Problem("error", "no-responses", message, table.file))
    code, person = find_test(table, options, None)
    return arrange_series(table, header, code, person, options, on_problem, columns_named_by=sidecar)


def _find_positions(names: Sequence[str]) -> dict[str, int]:
    """Where temperature, responses and time stand; a meaning that two columns have is not used."""
    positions: dict[str, int] = {}
    doubles = set()
    for position, name in enumerate(names):
        plain = parse_header(name)[0]
        meaning = device_names().get(plain)
        if meaning is None and words("event").get(normalise(plain)) == "response":
            meaning = "event"
        if meaning in positions:
            doubles.add(meaning)
        elif meaning is not None:
            positions[meaning] = position
    return {meaning: position for meaning, position in positions.items() if meaning not in doubles}


def _with_unit(name: str, said: dict[str, Any]) -> str:
    """A column's name with the unit that the JSON file gives."""
    entry = said.get(name)
    unit = entry.get("Units") if isinstance(entry, dict) else None
    return f"{name} [{unit}]" if isinstance(unit, str) and unit.strip() else name


FORMAT = Format(
    name="thermode-log",
    title="a log without a header, and a JSON file beside it with Columns; read only where it holds responses",
    needs="a column of responses, and the test: --set parameter=CDT; where and whom: --set, --assign, --demographics",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
