"""Logs of a thermode: a text table without a header, and a JSON file of the same name that names its columns.

    S04_stim.tsv      32.0    0
                      31.9    0
    S04_stim.json     {"SamplingFrequency": 10, "StartTime": 0, "Columns": ["temperature", "response"]}

Such pairs follow the Brain Imaging Data Structure (BIDS, continuous recordings: `Columns`, `SamplingFrequency`,
`StartTime`, and `Units` in an entry with a column's name). A log of temperatures alone shows what was applied, not what
was felt: a log without a column of the participant's responses is refused. With one, it is read like a time series, by
the rules in `event_trials`.

Basis: such a pair was seen. How other logs name responses is not known, so they are read by our rules.
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
from qst.problems import OnProblem, make_problem, shorten
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import device_names, is_missing_cell, normalise, words

LARGEST_SIDECAR = 1_000_000
"""Bytes; a longer file does not name columns (ours)."""


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [_has_no_header(table) and _read_sidecar(table) is not None for table in tables]
    return "by its JSON file, which names the columns" if all(found) else None


def _has_no_header(table: TextTable) -> bool:
    """Whether the first row that is not blank holds only numbers and words for missing."""
    first = next((row for row in table.preview if any(cell.strip() for cell in row)), [])
    return any(map(is_number, first)) and all(is_number(cell) or is_missing_cell(cell) for cell in first)


def _sidecar_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_sidecar(table: TextTable) -> dict[str, Any] | None:
    """The content of the JSON file next to a table; None if there is none with names of columns."""
    if table.path is None or table.sheet is not None:
        return None
    path = _sidecar_of(table.path)
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SIDECAR:
            return None
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    columns = content.get("Columns") if isinstance(content, dict) else None
    return content if isinstance(columns, list) and columns and all(isinstance(c, str) for c in columns) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    content = _read_sidecar(table)
    if content is None or table.path is None:
        raise InputError(make_problem("no-sidecar", file=table.file))
    sidecar = name_file(_sidecar_of(table.path))
    names = [str(name) for name in content["Columns"]]
    width = max(map(len, table.preview))
    if len(names) != width:
        raise InputError(
            make_problem("sidecar-differs", file=table.file, row=1, width=width, sidecar=sidecar, names=len(names))
        )
    header = DeviceHeader(0, [_add_unit(name, content) for name in names], _find_positions(names))
    listed = ", ".join(map(shorten, names))
    if "temperature" not in header.positions:
        raise InputError(make_problem("no-temperature", file=sidecar, columns=listed))
    if "event" not in header.positions:
        raise InputError(make_problem("no-responses", file=table.file, columns=listed))
    code, stated = find_test(table, options, None)
    return arrange_series(table, header, code, stated, options, on_problem, columns_named_by=sidecar)


def _find_positions(names: Sequence[str]) -> dict[str, int]:
    """Positions of temperature, responses and time; a meaning that two columns have is not used."""
    positions: dict[str, int] = {}
    repeated = set()
    for position, name in enumerate(names):
        plain = parse_header(name)[0]
        meaning = device_names().get(plain)
        if meaning is None and words("event").get(normalise(plain)) == "response":
            meaning = "event"
        if meaning in positions:
            repeated.add(meaning)
        elif meaning is not None:
            positions[meaning] = position
    return {meaning: position for meaning, position in positions.items() if meaning not in repeated}


def _add_unit(name: str, content: dict[str, Any]) -> str:
    """A column's name with the unit that the JSON file gives."""
    entry = content.get(name)
    unit = entry.get("Units") if isinstance(entry, dict) else None
    return f"{name} [{unit}]" if isinstance(unit, str) and unit.strip() else name


FORMAT = Format(
    name="thermode-log",
    title="a log without a header, and a JSON file next to it with Columns; read only if it holds responses",
    needs="a column of responses, and the test: --set parameter=CDT; person and place: --set, --assign, --demographics",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
