"""Lists of pressure algometer readings: one row per reading, or one row per site with numbered readings.

    subject,site,side,pressure,unit            ID;Ort;PPT 1 [N];PPT 2 [N];PPT 3 [N]
    007,hand,left,38.2*,N                      007;Hand;38,2;41,0*;MS

All readings of a site are trials of PPT. The unit is in the header, in a column of its own or after the number;
`--unit PPT=N` overrides it. N, kgf and lbf become a pressure through the area of the probe: 1 cm², the protocol's, is
assumed and reported, unless `--probe-area` gives it. An asterisk after a number is ignored and reported; `MS` is
missing.

A table is recognised as such a list if a column is named pressure or algometry, or if the only parameter is PPT and its
numbers have a unit in a column of its own, or marks or units after them. Columns named force or reading are read only
with `--format algometer`, as they may hold anything.

Basis: inferred from programs that read such lists; no genuine file was available.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from qst.arrays import Texts
from qst.errors import InputError
from qst.loaders.files.cells import is_blank
from qst.loaders.files.text_table import HEADER_AMONG, Record, TextTable
from qst.loaders.formats.devices.device_table import DeviceHeader, locate_cell, read_columns
from qst.loaders.formats.format import Format, locate, make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import FEWEST_TRIALS
from qst.problems import OnProblem, make_problem, shorten
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, device_names, is_missing_cell, parameter_names
from qst.vocabulary.units import Unit, find_unit, is_force_of_probe, known_units

_NAME = re.compile(r"(.*?)_?(\d*)")

_CELL = re.compile(r"([+-]?\d*[.,]?\d+)\s*([^\W\d_][^*\s]*)?\s*(\*+)?")
"""Number, unit and mark of a cell."""

_OTHER_SHAPE = ("parameter", "value")
"""Columns of tables that have one row per trial of any parameter, which `tidy` reads."""


class _Reading(NamedTuple):
    """A column of readings: its position, its trial (0 without a number), its unit, and what its name means."""

    position: int
    trial: int
    unit: str
    kind: str


def _recognise(tables: Sequence[TextTable]) -> str | None:
    reasons = [_find_reason(table) for table in tables]
    return reasons[0] if reasons and all(reasons) else None


def _find_reason(table: TextTable) -> str | None:
    """Why a table is a list of readings; None if it is not."""
    found = _find_readings(table, ("PPT", "pressure"))
    if found is None:
        return None
    row, readings = found
    if any(reading.kind == "pressure" for reading in readings):
        return "by its columns of pressure readings"
    if any(column_names().get(parse_header(text)[0]) == "unit" for text in table.preview[row - 1]):
        return "by a column for the unit of its readings"
    cells = [r[c.position] for r in table.preview[row:] for c in readings if c.position < len(r)]
    marked = [match for match in (_CELL.fullmatch(cell.strip()) for cell in cells) if match and (match[2] or match[3])]
    return "by the marks or units after its numbers" if marked else None


def _find_readings(table: TextTable, kinds: Sequence[str]) -> tuple[int, list[_Reading]] | None:
    """The header's row and its columns of readings; None if there are none, or another parameter too."""
    for row, texts in enumerate(table.preview[:HEADER_AMONG], start=1):
        readings = []
        for position, text in enumerate(texts):
            name, unit = parse_header(text)
            if column_names().get(name) in _OTHER_SHAPE:
                return None
            match = _NAME.fullmatch(name)
            base, number = (match[1], match[2]) if match else (name, "")
            kind = parameter_names().get(base) or device_names().get(base)
            if kind in kinds:
                readings.append(_Reading(position, int(number or 0), unit or "", str(kind)))
            elif parameter_names().get(base):
                return None
        if readings:
            return row, readings
    return None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    found = _find_readings(table, ("PPT", "pressure")) or _find_readings(table, ("PPT", "pressure", "reading"))
    if found is None:
        raise InputError(make_problem("not-this-format", "readings", file=table.file, first_rows=HEADER_AMONG))
    header_row, readings = found
    header = DeviceHeader(header_row, table.preview[header_row - 1], {})
    _check_numbers(table, header, readings)
    rows, columns = read_columns(table, header, on_problem)
    roles = {column_names().get(parse_header(text)[0]): place for place, text in enumerate(header.texts)}
    are_numbered = len(readings) > 1
    of_trial = ("unit", "series") if are_numbered else ("unit",)
    replaced = {reading.position for reading in readings} | {roles[role] for role in of_trial if role in roles}
    kept = [position for position in range(len(header.texts)) if position not in replaced]
    records, units = _make_records(table, header, rows, columns, readings, kept, roles.get("unit"), on_problem)
    understood = "each reading a trial of PPT" + _describe_probe(table, header, units, options, on_problem)
    series = ["series"] if are_numbered else []
    new_header = [*(header.texts[position] for position in kept), "parameter", *series, "unit", "value"]
    return make_tidy(table, new_header, records, understood, header_row=header_row)


def _make_records(
    table: TextTable,
    header: DeviceHeader,
    rows: Sequence[int],
    columns: Sequence[Texts],
    readings: Sequence[_Reading],
    kept: Sequence[int],
    unit_column: int | None,
    on_problem: OnProblem,
) -> tuple[list[Record], list[str]]:
    """One row per reading, and the different units; of a row without any reading, one row is kept."""
    blank = [is_blank(columns[reading.position]) for reading in readings]
    records: list[Record] = []
    units: dict[str, None] = {}
    for index, row in enumerate(rows):
        is_empty = all(column[index] for column in blank)
        for place, reading in enumerate(readings):
            if blank[place][index] and not (is_empty and place == 0):
                continue
            given = "" if unit_column is None else columns[unit_column][index].strip()
            text = str(columns[reading.position][index])
            number, unit = _read_cell(table, header, row, reading, text, given, on_problem)
            units.setdefault(unit)
            cells = [str(columns[position][index]) for position in kept]
            trial = [str(reading.trial)] if len(readings) > 1 else []
            records.append((row, [*cells, "PPT", *trial, unit, number]))
    return records, list(units)


def _check_numbers(table: TextTable, header: DeviceHeader, readings: Sequence[_Reading]) -> None:
    """Refuse several columns of readings that are not numbered like trials."""
    numbers = [reading.trial for reading in readings]
    if len(readings) == 1 or (numbers == [*range(1, len(numbers) + 1)] and len(numbers) >= FEWEST_TRIALS):
        return
    listed = ", ".join(shorten(header.texts[reading.position]) for reading in readings)
    where = locate(table, header.row)
    raise InputError(
        make_problem("trials-unclear", "readings", severity="error", **where, headers=listed, fewest=FEWEST_TRIALS)
    )


def _read_cell(
    table: TextTable, header: DeviceHeader, row: int, reading: _Reading, text: str, given: str, on_problem: OnProblem
) -> tuple[str, str]:
    """The number of a cell as text, and its unit; a text that is not a number is returned for the reader of numbers."""
    unit = given or reading.unit
    match = None if is_missing_cell(text) else _CELL.fullmatch(text.strip())
    if match is None:
        return text, unit
    where = locate_cell(table, header, row, reading.position, text)
    own = match[2] or ""
    known = find_unit("PPT", own) if own else Unit("", 1.0)
    if known is None and " " not in text.strip():
        return text, unit  # `4O0` is a typing error, not 4 in an unknown unit
    if known is None or known.foreign:
        on_problem(make_problem("unit-unknown", "reading", **where, units=known_units("PPT")))
        return "", unit
    other = find_unit("PPT", unit) if own and unit else None
    if own and unit and (other is None or other.factor != known.factor):
        on_problem(make_problem("unit-differs", **where, unit=shorten(unit)))
        return "", unit
    if match[3]:
        on_problem(make_problem("marked-number", **where))
    return match[1], unit or own


def _describe_probe(
    table: TextTable, header: DeviceHeader, units: Sequence[str], options: LoadOptions, on_problem: OnProblem
) -> str:
    """The probe by which forces became pressures, for the user; that 1 cm² was assumed is a problem too."""
    given = options.unit_of("PPT")
    known = [given] if given is not None else [find_unit("PPT", unit) for unit in units if unit]
    forces = [unit.text for unit in known if unit is not None and is_force_of_probe("PPT", unit)]
    if not forces:
        return ""
    if options.probe_area is None:
        on_problem(make_problem("probe-area-assumed", file=table.file, row=header.row, unit=forces[0]))
    return f", on a probe of {options.probe_area or 1:g} cm²"


FORMAT = Format(
    name="algometer",
    title="lists of pressure algometer readings: N, N/cm2, kPa, kgf, lbf; all readings of a site are trials of PPT",
    needs="the unit if the list does not give it: --unit PPT=N; --probe-area if it is not 1 cm²; age, sex and site",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
