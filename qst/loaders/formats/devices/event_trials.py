"""A thermode's time series to trials: the threshold is the temperature at an event.

Rules, all ours:

- A cell of the event column that is filled, and not 0 or "no", is an event. Samples in a row with the same text are
  one, a button held down, and the first of them counts.
- Where the column has one text, or numbers that count up, each event is a trial. Where it has several texts, those that
  mean a response (names.toml, `words.event`) are trials; where none of them does, the series is refused.
- The ramp at an event is falling or rising from the last sample before it that differs by at least `RAMP_STEP`. Cold
  tests need a falling, warm and heat tests a rising ramp; an event of TSL is `cold` or `warm` by it.
- No event is left out for its place or number. A ramp without one gives no trial; one that went `FAR_RAMP` from the
  baseline, as those do that end at the device's limit, is told.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from qst.arrays import Texts
from qst.errors import InputError
from qst.loaders.files.cells import is_number, read_numbers
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.devices.device_table import (
    BASELINE_NOISE,
    COLD,
    DeviceHeader,
    explain_wrong_direction,
    find_baseline,
    find_decimal,
    format_stated_cells,
    read_columns,
    read_number,
)
from qst.loaders.formats.format import make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, is_missing_cell, normalise, words
from qst.vocabulary.units import find_unit

NEEDED = ("temperature", "event")

SERIES_TESTS = ("CDT", "WDT", "TSL", "CPT", "HPT")

FAR_RAMP = 5.0
"""°C from baseline that tell a ramp without a response from an overshoot on the way back (ours)."""

RAMP_STEP = 0.3
"""°C by which a sample must differ to show which way a ramp goes: more than a thermode's readings waver (ours)."""


def arrange_series(
    table: TextTable,
    header: DeviceHeader,
    code: str,
    said: Mapping[str, str],
    options: LoadOptions,
    on_problem: OnProblem,
    *,
    columns_named_by: str = "",
) -> TextTable:
    """The trials of one time series, a row an event.

    Parameters
    ----------
    table : TextTable
    header : DeviceHeader
        With `temperature` and `event`, and `time` where there is one. Its row is 0 where the names stand elsewhere.
    code : str
        The test: CDT, WDT, TSL, CPT or HPT.
    said : mapping
        Subject, site and the like, as far as they are known.
    options : LoadOptions
    on_problem : callable
    columns_named_by : str
        The file that names the columns, where it is another one.

    Raises
    ------
    InputError
        There is no event, or it is not clear which events are responses; or the temperatures are no °C.
    """
    if code not in SERIES_TESTS:
        message = f"{code} is not measured by ramps of temperature: say --set parameter= {', '.join(SERIES_TESTS)}"
        raise InputError(Problem("error", "test-unknown", message, table.file))
    place = header.positions["temperature"]
    _check_unit(table, header, place)
    rows, columns = read_columns(table, header, on_problem)
    decimal = find_decimal(columns[place], options)
    numbers = read_numbers(columns[place], decimal)
    starts, told = _find_events(table, header, rows, columns[header.positions["event"]])
    _check_time(table, header, rows, columns, decimal)
    unreadable = np.flatnonzero(numbers.unreadable & ~np.isin(np.arange(len(rows)), starts))
    if len(unreadable):
        message = f"{len(unreadable)} samples have no temperature that can be read; they are no events and were passed"
        first = int(unreadable[0])
        text = cut_text(columns[place][first])
        on_problem(
            Problem("warning", "samples-unreadable", message, table.file, rows[first], header.texts[place], text)
        )
    named = read_number(said.get("baseline", ""))
    baseline = find_baseline(options) if named is None else named
    _report_silent_ramps(table, header, rows, numbers.values - baseline, starts, code, on_problem)
    if "subject" in options.fixed:
        said = {"subject": options.fixed["subject"], **said}
    roles = [role for role in said if said[role]]
    records: list[Record] = []
    for number, start in enumerate(starts, start=1):
        text = str(columns[place][start])
        fault, stimulus = _look_at_event(numbers.values, start, code, baseline)
        if fault and not numbers.unreadable[start] and not is_missing_cell(text):
            kind, message = fault
            on_problem(Problem("error", kind, message, table.file, rows[start], header.texts[place], cut_text(text)))
            text = ""
        elif is_missing_cell(text):
            message = "there is an event and no temperature; the trial is missing"
            on_problem(Problem("error", "no-values", message, table.file, rows[start], header.texts[place]))
        if not text.strip() and "subject" not in roles:
            continue  # a row with neither a subject nor a value would be taken for one of a form not filled in
        records.append((rows[start], [*format_stated_cells(said, roles, decimal), code, str(number), stimulus, text]))
    if not records:
        message = "no event has a temperature that can be used; the problems say why"
        raise InputError(Problem("error", "no-values", message, table.file, header.row or None))
    own = header.texts[place]
    value = own if column_names().get(parse_header(own)[0]) == "value" else "value"
    elsewhere = f", columns named by {columns_named_by}" if columns_named_by else ""
    return make_tidy(
        table,
        [*roles, "parameter", "series", "stimulus", value],
        records,
        f"{told} among {len(rows)} samples, each a trial of {code}, ramps from {baseline:g} °C{elsewhere}",
        header_row=header.row,
        thermal="absolute",
    )


def _check_unit(table: TextTable, header: DeviceHeader, place: int) -> None:
    unit = parse_header(header.texts[place])[1]
    known = None if unit is None else find_unit("HPT", unit)
    if unit is not None and (known is None or known.factor != 1 or known.foreign):
        message = f"the temperatures are in {shorten(unit)}: give them in °C"
        raise InputError(Problem("error", "unit-unknown", message, table.file, header.row or None, header.texts[place]))


def _check_time(
    table: TextTable, header: DeviceHeader, rows: Sequence[int], columns: Sequence[Texts], decimal: str
) -> None:
    """Refuse a series that is not in the order of time: no ramp could be told."""
    if "time" not in header.positions:
        return
    place = header.positions["time"]
    time = read_numbers(columns[place], decimal).values
    known = np.flatnonzero(~np.isnan(time))
    back = known[1:][np.diff(time[known]) < 0]
    if len(back):
        message = (
            "the time goes back here, so the rows are not in order, or two recordings stand below each other: give "
            "each recording a file of its own"
        )
        raise InputError(
            Problem("error", "time-goes-back", message, table.file, rows[int(back[0])], header.texts[place])
        )


def _find_events(
    table: TextTable, header: DeviceHeader, rows: Sequence[int], texts: Texts
) -> tuple[npt.NDArray[np.int64], str]:
    """The first sample of each event that is a response, and what was found, for the user."""
    column = header.texts[header.positions["event"]]
    unique = {text: text.strip() for text in set(texts)}
    silent = words("keep")
    names = {
        text: ""
        if is_missing_cell(plain) or (is_number(plain) and float(plain.replace(",", ".")) == 0)
        or silent.get(normalise(plain)) == "no"
        else normalise(plain)
        for text, plain in unique.items()
    }  # fmt: skip
    events = np.array([names[text] for text in texts], dtype=object)
    kinds = sorted(set(events) - {""})
    if not kinds:
        message = (
            f"none of the {len(rows)} samples has an event, so no threshold can be told: write an event at the sample "
            "where the person responded or the device's end was reached, or give thresholds as a row a trial"
        )
        raise InputError(Problem("error", "no-events", message, table.file, header.row or None, column))
    begins = np.append(True, events[1:] != events[:-1])
    responses = [kind for kind in kinds if words("event").get(kind) == "response"]
    in_order = events[begins & (events != "")]
    counts_up = all(map(is_number, kinds)) and bool(np.all(np.diff([float(kind) for kind in in_order]) > 0))
    if len(kinds) > 1 and not counts_up:
        if not responses:
            listed = ", ".join(shorten(kind, 20) for kind in kinds[:6])
            message = (
                f"the events are {listed}, and it is not known which of them is the person's response: delete the "
                "others, or write 'response' for it"
            )
            raise InputError(Problem("error", "events-unclear", message, table.file, header.row or None, column))
        passed = sorted(set(kinds) - set(responses))
    else:
        responses, passed = kinds, []
    starts = np.flatnonzero(np.isin(events, responses) & begins)
    told = f"{len(starts)} events {shorten(responses[0], 20)}" if len(responses) == 1 else f"{len(starts)} events"
    if passed:
        told += f" ({', '.join(shorten(kind, 20) for kind in passed)} are no responses)"
    return starts, told


def _report_silent_ramps(
    table: TextTable,
    header: DeviceHeader,
    rows: Sequence[int],
    away: npt.NDArray[np.float64],
    starts: npt.NDArray[np.int64],
    code: str,
    on_problem: OnProblem,
) -> None:
    """Tell of ramps that went far from the baseline and came back without a response: once a series."""
    known = np.flatnonzero(~np.isnan(away))
    tips: list[int] = []
    for sign in (-1, 1) if code == "TSL" else (-1,) if code in COLD else (1,):
        distance = sign * away[known]
        edges = np.diff(distance > BASELINE_NOISE, prepend=False, append=False)
        for begin, end in np.flatnonzero(edges).reshape(-1, 2):
            tip = known[begin + int(np.argmax(distance[begin:end]))]
            silent = not np.any((starts >= known[begin]) & (starts <= known[end - 1]))
            tips += [int(tip)] if silent and sign * away[tip] >= FAR_RAMP else []
    if tips:
        tip = min(tips)
        count = f"{len(tips)} ramps" if len(tips) > 1 else "a ramp"
        message = (
            f"{count} of {code} went far from the baseline and back without a response, and gave no trial: if nothing "
            "was felt up to the device's end, the mean of the others looks too sensitive; write one at this sample"
        )
        place = header.positions["temperature"]
        on_problem(Problem("warning", "ramp-without-response", message, table.file, rows[tip], header.texts[place]))


def _look_at_event(
    values: npt.NDArray[np.float64], start: int, code: str, baseline: float
) -> tuple[tuple[str, str] | None, str]:
    """What is wrong with the ramp at an event, as code and message, and for TSL which ramp it is."""
    here = values[start]
    before = np.flatnonzero(np.abs(values[:start] - here) >= RAMP_STEP)
    if not len(before):
        message = (
            f"no sample before the event differs by {RAMP_STEP:g} °C, so it lies on no ramp; the trial is not used: "
            "check the event"
        )
        return ("no-ramp", message), ""
    falling = bool(values[before[-1]] > here)
    if code == "TSL":
        return None, "cold" if falling else "warm"
    if falling != (code in COLD):
        is_way, needed = ("falling", "rising") if falling else ("rising", "falling")
        message = (
            f"the ramp is {is_way} at the event, and the {BY_CODE[code].name} is felt on a {needed} one; the trial is "
            "not used: check the event, and that the test is rightly named"
        )
        return ("wrong-direction", message), ""
    wrong = explain_wrong_direction(code, float(here), baseline)
    return (("wrong-direction", wrong) if wrong else None), ""
