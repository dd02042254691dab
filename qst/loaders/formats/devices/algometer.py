"""Lists of pressure algometer readings: a row a reading, or a row a site with numbered readings.

    subject,site,side,pressure,unit            ID;Ort;PPT 1 [N];PPT 2 [N];PPT 3 [N]
    007,hand,left,38.2*,N                      007;Hand;38,2;41,0*;MS

All readings of a site are trials of PPT. A unit stands in the header, in a column of its own or after the number, and
`--unit PPT=N` says it otherwise. N, kgf and lbf become a pressure by the area of the probe: 1 cm², the protocol's, is
assumed and told, unless `--probe-area` says it. An asterisk after a number is left out and told; `MS` is missing.

A table is taken for such a list where a column is named pressure or algometry, or where the only parameter is PPT and
its numbers have a unit in a column of its own, or marks or units behind them. Columns named force or reading are taken
only with `--format algometer`, as they may hold anything.

Basis: inferred from programs that read such lists; no genuine file was at hand.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from qst.errors import InputError
from qst.loaders.files.cells import is_blank
from qst.loaders.files.text_table import HEADER_AMONG, Record, TextTable
from qst.loaders.formats.devices.device_table import DeviceHeader, read_columns
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import FEWEST_TRIALS
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, device_names, is_missing_cell, parameter_names
from qst.vocabulary.units import Unit, find_unit, is_force_of_probe, known_units

_NAME = re.compile(r"(.*?)_?(\d*)")

_CELL = re.compile(r"([+-]?\d*[.,]?\d+)\s*([^\W\d_][^*\s]*)?\s*(\*+)?")

PARAMETER_ROLES = ("parameter", "value")


class Reading(NamedTuple):
    """A column of readings: where it stands, which trial it is (0 where it has no number), and its unit."""

    position: int
    trial: int
    unit: str
    kind: str


def _recognise(tables: Sequence[TextTable]) -> str | None:
    reasons = [_find_reason(table) for table in tables]
    return reasons[0] if reasons and all(reasons) else None


def _find_reason(table: TextTable) -> str | None:
    found = _find_readings(table, ("PPT", "pressure"))
    if found is None:
        return None
    row, readings = found
    if any(reading.kind == "pressure" for reading in readings):
        return "by its columns of pressure readings"
    if any(column_names().get(parse_header(text)[0]) == "unit" for text in table.preview[row - 1]):
        return "by a column for the unit beside its readings"
    cells = [r[c.position] for r in table.preview[row:] for c in readings if c.position < len(r)]
    marked = [match for match in (_CELL.fullmatch(cell.strip()) for cell in cells) if match and (match[2] or match[3])]
    return "by the marks or units behind its numbers" if marked else None


def _find_readings(table: TextTable, kinds: Sequence[str]) -> tuple[int, list[Reading]] | None:
    """The header's row and its columns of readings; None where there are none, or another parameter beside them."""
    for row, texts in enumerate(table.preview[:HEADER_AMONG], start=1):
        readings = []
        for position, text in enumerate(texts):
            name, unit = parse_header(text)
            if column_names().get(name) in PARAMETER_ROLES:
                return None
            match = _NAME.fullmatch(name)
            base, number = (match[1], match[2]) if match else (name, "")
            kind = parameter_names().get(base) or device_names().get(base)
            if kind in kinds:
                readings.append(Reading(position, int(number or 0), unit or "", str(kind)))
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
        message = (
            f"no row among the first {HEADER_AMONG} has a column of readings (pressure, PPT 1, force) without another "
            "parameter beside it: check the file, or say another --format"
        )
        raise InputError(Problem("error", "not-this-format", message, table.file))
    row, readings = found
    header = DeviceHeader(row, table.preview[row - 1], {})
    _check_numbers(table, header, readings)
    rows, columns = read_columns(table, header, on_problem)
    roles = {column_names().get(parse_header(text)[0]): place for place, text in enumerate(header.texts)}
    measured = {reading.position for reading in readings}
    numbered = len(readings) > 1
    left_out = {*measured, *([roles["unit"]] if "unit" in roles else []),
                *([roles["series"]] if numbered and "series" in roles else [])}  # fmt: skip
    base = [place for place in range(len(header.texts)) if place not in left_out]
    blank = [is_blank(columns[reading.position]) for reading in readings]
    records: list[Record] = []
    units: dict[str, None] = {}
    for index, number in enumerate(rows):
        silent = all(column[index] for column in blank)
        for place, reading in enumerate(readings):
            if blank[place][index] and not (silent and place == 0):
                continue
            given = columns[roles["unit"]][index].strip() if "unit" in roles else ""
            text, unit = _read_cell(
                table, header, number, reading, str(columns[reading.position][index]), given, on_problem
            )
            units.setdefault(unit)
            cells = [str(columns[position][index]) for position in base]
            trial = [str(reading.trial)] if numbered else []
            records.append((number, [*cells, "PPT", *trial, unit, text]))
    told = "each reading a trial of PPT" + _tell_probe(table, header, list(units), options, on_problem)
    names = [header.texts[position] for position in base]
    new_header = [*names, "parameter", *(["series"] if numbered else []), "unit", "value"]
    return make_tidy(table, new_header, records, told, header_row=row)


def _check_numbers(table: TextTable, header: DeviceHeader, readings: Sequence[Reading]) -> None:
    """Refuse several columns of readings that are not numbered as trials are."""
    numbers = [reading.trial for reading in readings]
    if len(readings) == 1 or (numbers == [*range(1, len(numbers) + 1)] and len(numbers) >= FEWEST_TRIALS):
        return
    listed = ", ".join(shorten(header.texts[reading.position]) for reading in readings)
    message = (
        f"{listed}: columns that are not numbered 1, 2, 3 … may be trials, sites or other things: number at least "
        f"{FEWEST_TRIALS} trials from 1, or write a row a reading"
    )
    raise InputError(Problem("error", "trials-unclear", message, table.file, header.row))


def _read_cell(
    table: TextTable, header: DeviceHeader, row: int, reading: Reading, text: str, given: str, on_problem: OnProblem
) -> tuple[str, str]:
    """The number of a cell as text, and its unit; what is no number is left for where numbers are read."""
    unit = given or reading.unit
    match = None if is_missing_cell(text) else _CELL.fullmatch(text.strip())
    if match is None:
        return text, unit
    place = (table.file, row, header.texts[reading.position], cut_text(text))
    own = match[2] or ""
    known = find_unit("PPT", own) if own else Unit("", 1.0)
    if known is None and " " not in text.strip():
        return text, unit  # `4O0` is a slip of the pen, and no 4 in an unknown unit
    if known is None or known.foreign:
        message = f"{shorten(text)} has a unit that is none of PPT ({known_units('PPT')}); the reading is missing"
        on_problem(Problem("error", "unit-unknown", message, *place))
        return "", unit
    other = find_unit("PPT", unit) if own and unit else None
    if own and unit and (other is None or other.factor != known.factor):
        message = (
            f"{shorten(text)} is in another unit than {shorten(unit)}; the reading is missing: correct one of them"
        )
        on_problem(Problem("error", "unit-differs", message, *place))
        return "", unit
    if match[3]:
        message = (
            f"the asterisk in {shorten(text)} was left out and the number used: empty the cell if it marks a reading "
            "that does not count"
        )
        on_problem(Problem("warning", "marked-number", message, *place))
    return match[1], unit or own


def _tell_probe(
    table: TextTable, header: DeviceHeader, units: Sequence[str], options: LoadOptions, on_problem: OnProblem
) -> str:
    """The probe on which forces became pressures, for the user; that 1 cm² was assumed is a problem too."""
    given = options.unit_of("PPT")
    known = [given] if given is not None else [find_unit("PPT", unit) for unit in units if unit]
    forces = [unit.text for unit in known if unit is not None and is_force_of_probe("PPT", unit)]
    if not forces:
        return ""
    if options.probe_area is None:
        message = f"readings in {forces[0]} were taken as on a probe of 1 cm²: say --probe-area 0.5 if it was another"
        on_problem(Problem("warning", "probe-area-assumed", message, table.file, header.row))
    return f", on a probe of {options.probe_area or 1:g} cm²"


FORMAT = Format(
    name="algometer",
    title="lists of pressure algometer readings: N, N/cm2, kPa, kgf, lbf; all readings of a site are trials of PPT",
    needs="the unit where the list is silent: --unit PPT=N; --probe-area where it is not 1 cm²; age, sex and site",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
