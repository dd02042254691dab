"""From a thermode's time series to trials: the threshold is the temperature at an event.

Rules, all ours:

- A cell of the event column that is filled, and not 0 or "no", is an event. Consecutive samples with the same text are
  one event (a button held down), and the first of them counts.
- If the column has only one text, or numbers that count up, each event is a trial. If it has several texts, those that
  mean a response (names.toml, `words.event`) are trials; if none of them does, the series is refused.
- The ramp at an event is falling or rising from the last sample before it that differs by at least `RAMP_STEP`. Cold
  tests need a falling ramp, warm and heat tests a rising one; it makes an event of TSL `cold` or `warm`.
- No event is left out for its position or number. A ramp without one gives no trial; a ramp that went `FAR_RAMP` from
  the baseline, as ramps up to the device's limit do, is reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from qst.arrays import Floats, Texts
from qst.errors import InputError
from qst.loaders.files.cells import Numbers, is_number, read_numbers
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    BASELINE_NOISE,
    DeviceHeader,
    describe_wrong_side,
    find_baseline,
    format_stated_cells,
    locate_cell,
    read_columns,
    read_number,
)
from qst.loaders.formats.format import make_tidy
from qst.loaders.formats.thermal_tests import COLD_TESTS
from qst.loaders.formats.whole_table import find_decimal
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, make_problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, is_missing_cell, normalise, words
from qst.vocabulary.units import find_unit

SERIES_COLUMNS = ("temperature", "event")
"""What every time series has; most have `time` too."""

SERIES_TESTS = ("CDT", "WDT", "TSL", "CPT", "HPT")

FAR_RAMP = 5.0
"""°C from baseline that distinguish a ramp without a response from an overshoot on the way back (ours)."""

RAMP_STEP = 0.3
"""°C by which a sample must differ to show a ramp's direction: more than a thermode's readings fluctuate (ours)."""


@dataclass(frozen=True, slots=True)
class _Series:
    """A time series as read.

    Attributes
    ----------
    table : TextTable
    header : DeviceHeader
    code : str
        The test.
    baseline : float
        °C.
    rows : sequence of int
        Row of each sample in the file.
    texts : object array of str
        Temperatures as written.
    temperatures : Numbers
        Temperatures as numbers, °C.
    starts : int array
        The first sample of each event that is a response.
    """

    table: TextTable
    header: DeviceHeader
    code: str
    baseline: float
    rows: Sequence[int]
    texts: Texts
    temperatures: Numbers
    starts: npt.NDArray[np.int64]

    def problem_at(self, code: str, message: str, sample: int, text: str | None = None, **details: Any) -> Problem:
        """A problem with the temperature of a sample."""
        place = self.header.positions["temperature"]
        where = locate_cell(self.table, self.header, self.rows[sample], place, text)
        return make_problem(code, message, **where, **details)


def arrange_series(
    table: TextTable,
    header: DeviceHeader,
    code: str,
    stated: Mapping[str, str],
    options: LoadOptions,
    on_problem: OnProblem,
    *,
    columns_named_by: str = "",
) -> TextTable:
    """The trials of one time series, one row per event.

    Parameters
    ----------
    table : TextTable
    header : DeviceHeader
        With `temperature` and `event`, and `time` if there is one. Its row is 0 if another file names the columns.
    code : str
        The test: CDT, WDT, TSL, CPT or HPT.
    stated : mapping
        Subject, site and the like, as far as they are known.
    options : LoadOptions
    on_problem : callable
    columns_named_by : str
        The file that names the columns, if it is another one.

    Raises
    ------
    InputError
        There is no event, or it is not clear which events are responses; or the temperatures are not in °C.
    """
    place = header.positions["temperature"]
    _check_test(table, code)
    _check_unit(table, header, place)
    rows, columns = read_columns(table, header, on_problem)
    decimal = find_decimal(columns[place], options)
    temperatures = read_numbers(columns[place], decimal)
    starts, events = _find_events(table, header, len(rows), columns[header.positions["event"]])
    _check_time(table, header, rows, columns, decimal)
    named = read_number(stated.get("baseline", ""))
    baseline = find_baseline(options) if named is None else named
    series = _Series(table, header, code, baseline, rows, columns[place], temperatures, starts)
    _report_unreadable_samples(series, on_problem)
    _report_silent_ramps(series, on_problem)
    if "subject" in options.fixed:
        stated = {"subject": options.fixed["subject"], **stated}
    roles = [role for role in stated if stated[role]]
    records = _make_records(series, roles, format_stated_cells(stated, roles, decimal), on_problem)
    own = header.texts[place]
    value = own if column_names().get(parse_header(own)[0]) == "value" else "value"
    elsewhere = f", columns named by {columns_named_by}" if columns_named_by else ""
    return make_tidy(
        table,
        [*roles, "parameter", "series", "stimulus", value],
        records,
        f"{events} among {len(rows)} samples, each a trial of {code}, ramps from {baseline:g} °C{elsewhere}",
        header_row=header.row,
        thermal="absolute",
    )


def _make_records(series: _Series, roles: Sequence[str], stated: Sequence[str], on_problem: OnProblem) -> list[Record]:
    """One row per event.

    Raises
    ------
    InputError
        No event has a temperature that can be used.
    """
    records: list[Record] = []
    for number, start in enumerate(series.starts.tolist(), start=1):
        text, stimulus = _read_event(series, start, on_problem)
        if not text.strip() and "subject" not in roles:
            continue  # a row with neither subject nor value would be taken for an unused row of a template
        records.append((series.rows[start], [*stated, series.code, str(number), stimulus, text]))
    if not records:
        file, row = series.table.file, series.header.row or None
        raise InputError(make_problem("no-values", "series", severity="error", file=file, row=row))
    return records


def _read_event(series: _Series, start: int, on_problem: OnProblem) -> tuple[str, str]:
    """Temperature and stimulus of an event; no temperature, and a problem, if it cannot be a threshold."""
    text = str(series.texts[start])
    if is_missing_cell(text):
        on_problem(series.problem_at("no-values", "event", start, severity="error"))
        return text, ""
    if series.temperatures.unreadable[start]:
        return text, ""  # reported when the number is read
    fault, stimulus = _check_ramp(series, start, text)
    if fault is None:
        return text, stimulus
    on_problem(fault)
    return "", stimulus


def _check_ramp(series: _Series, start: int, text: str) -> tuple[Problem | None, str]:
    """What is wrong with the ramp at an event, and for TSL which ramp it is."""
    values, code = series.temperatures.values, series.code
    here = float(values[start])
    before = np.flatnonzero(np.abs(values[:start] - here) >= RAMP_STEP)
    if not len(before):
        return series.problem_at("no-ramp", "", start, text, step=RAMP_STEP), ""
    is_falling = bool(values[before[-1]] > here)
    if code == "TSL":
        return None, "cold" if is_falling else "warm"
    if is_falling != (code in COLD_TESTS):
        direction, expected = ("falling", "rising") if is_falling else ("rising", "falling")
        name = BY_CODE[code].name
        problem = series.problem_at(
            "wrong-direction", "ramp", start, text, direction=direction, expected=expected, parameter=name
        )
        return problem, ""
    details = describe_wrong_side(code, here, series.baseline)
    if details is None:
        return None, ""
    return series.problem_at("wrong-direction", "baseline", start, text, **details), ""


def _check_test(table: TextTable, code: str) -> None:
    """Refuse a test that is not measured with ramps."""
    if code not in SERIES_TESTS:
        tests = ", ".join(SERIES_TESTS)
        raise InputError(make_problem("test-unknown", "not-thermal", file=table.file, code=code, tests=tests))


def _check_unit(table: TextTable, header: DeviceHeader, place: int) -> None:
    """Refuse temperatures that are not in °C."""
    unit = parse_header(header.texts[place])[1]
    known = None if unit is None else find_unit("HPT", unit)
    if unit is not None and (known is None or known.factor != 1 or known.foreign):
        where = locate_cell(table, header, header.row, place)
        raise InputError(make_problem("unit-unknown", "temperatures", **where, unit=shorten(unit)))


def _check_time(
    table: TextTable, header: DeviceHeader, rows: Sequence[int], columns: Sequence[Texts], decimal: str
) -> None:
    """Refuse a series that is not in the order of time: no ramp could be recognised."""
    if "time" not in header.positions:
        return
    place = header.positions["time"]
    time = read_numbers(columns[place], decimal).values
    known = np.flatnonzero(~np.isnan(time))
    back = known[1:][np.diff(time[known]) < 0]
    if len(back):
        raise InputError(make_problem("time-goes-back", **locate_cell(table, header, rows[int(back[0])], place)))


def _find_events(
    table: TextTable, header: DeviceHeader, samples: int, texts: Texts
) -> tuple[npt.NDArray[np.int64], str]:
    """The first sample of each event that is a response, and a description of the events for the user."""
    where = locate_cell(table, header, header.row, header.positions["event"])
    names = {text: _name_event(text.strip()) for text in set(texts)}
    events = np.array([names[text] for text in texts], dtype=object)
    kinds = sorted(set(events) - {""})
    if not kinds:
        raise InputError(make_problem("no-events", **where, samples=samples))
    begins = np.append(True, events[1:] != events[:-1])
    responses = [kind for kind in kinds if words("event").get(kind) == "response"]
    in_order = events[begins & (events != "")]
    counts_up = all(map(is_number, kinds)) and bool(
        np.all(np.diff([float(kind.replace(",", ".")) for kind in in_order]) > 0)
    )
    others: list[str] = []
    if len(kinds) == 1 or counts_up:
        responses = kinds
    elif responses:
        others = sorted(set(kinds) - set(responses))
    else:
        listed = ", ".join(shorten(kind, 20) for kind in kinds[:6])
        raise InputError(make_problem("events-unclear", **where, events=listed))
    starts = np.flatnonzero(np.isin(events, responses) & begins)
    description = f"{len(starts)} events"
    if len(responses) == 1:
        description += f" {shorten(responses[0], 20)}"
    if others:
        description += f" ({', '.join(shorten(kind, 20) for kind in others)} are not responses)"
    return starts, description


def _name_event(text: str) -> str:
    """An event's name, normalised; empty if the text says that there is none."""
    if is_missing_cell(text) or (is_number(text) and float(text.replace(",", ".")) == 0):
        return ""
    name = normalise(text)
    return "" if words("keep").get(name) == "no" else name


def _report_unreadable_samples(series: _Series, on_problem: OnProblem) -> None:
    """Report once the samples without an event whose temperature cannot be read."""
    is_event = np.isin(np.arange(len(series.rows)), series.starts)
    unreadable = np.flatnonzero(series.temperatures.unreadable & ~is_event)
    if len(unreadable):
        first = int(unreadable[0])
        text = str(series.texts[first])
        on_problem(series.problem_at("samples-unreadable", "", first, text, count=len(unreadable)))


def _report_silent_ramps(series: _Series, on_problem: OnProblem) -> None:
    """Report once the ramps that went far from the baseline and came back without a response."""
    away: Floats = series.temperatures.values - series.baseline
    known = np.flatnonzero(~np.isnan(away))
    tips: list[int] = []
    for sign in (-1, 1) if series.code == "TSL" else (-1,) if series.code in COLD_TESTS else (1,):
        distance = sign * away[known]
        edges = np.diff(distance > BASELINE_NOISE, prepend=False, append=False)
        for begin, end in np.flatnonzero(edges).reshape(-1, 2):
            tip = known[begin + int(np.argmax(distance[begin:end]))]
            is_silent = not np.any((series.starts >= known[begin]) & (series.starts <= known[end - 1]))
            tips += [int(tip)] if is_silent and sign * away[tip] >= FAR_RAMP else []
    if tips:
        message = "several" if len(tips) > 1 else "one"
        on_problem(
            series.problem_at("ramp-without-response", message, min(tips), count=len(tips), parameter=series.code)
        )
