"""The entry form that `qst form` writes: one workbook per person and visit, one sheet per area, read trial by trial.

A form with edited labels or moved rows is not our form any more: it is refused, and the cell is named.
"""

from collections.abc import Sequence
from typing import Any, Literal

from qst.entry_form.layout import INSTRUCTIONS, MARK_PLACE, OWN, TITLES_ROW, VERSION, Trial, limit_trial, name_trial
from qst.errors import InputError
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.entry_form.form_sheet import FormSheet, find_mark, open_sheet, read_number, report_stray_cells
from qst.loaders.formats.format import Format, locate, make_tidy
from qst.loaders.formats.thermal_tests import DETECTION_TESTS
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.identity import NEEDED
from qst.loaders.rows.quantities import FAR_FROM_BASELINE
from qst.problems import OnProblem, Problem, make_problem, shorten
from qst.protocol import BY_CODE, THERMODE_RANGE
from qst.tables import AREAS, IDENTITY, OLDEST, SEXES
from qst.vocabulary.names import is_missing_word, normalise, words
from qst.vocabulary.units import find_unit, known_units

INHERITED = ("subject", "visit", "age", "sex", "site", "baseline", "date", "device", "examiner")
"""Cells of the head that the control area's sheet may leave empty: the entries of the test area's sheet apply."""

ONE_PERSON = ("subject", "visit", "age", "sex")
"""Entries that both sheets of a form must agree on."""

_NUMBERS = {"age": ((0.0, OLDEST), "years", "age-impossible"), "baseline": (THERMODE_RANGE, "°C", "out-of-range")}
"""Entries of the head that are numbers: limits, unit, and the code of the problem of a number outside the limits."""

_MISSING_CODES = {
    "subject": "missing-subject",
    "age": "missing-age",
    "sex": "missing-sex",
    "site": "missing-site",
}
"""The problem of each entry of the head that is needed and empty."""


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if any(table.sheet is not None and find_mark(table) for table in tables):
        return f"by the mark in cell {MARK_PLACE} of its sheets"
    return None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    """One table per area. The problems of an excluded record are not reported."""
    problems: list[Problem] = []
    subject = None
    try:
        sheets = _read_form(tables, options, problems.append)
        subject = sheets[0].head.get("subject", options.fixed.get("subject"))
        return [_make_table(sheet, options) for sheet in sheets]
    finally:
        for problem in problems if subject not in options.exclude_records else ():
            on_problem(problem)


def _read_form(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[FormSheet]:
    """The sheets that have trials, each with its whole head.

    Raises
    ------
    InputError
        The workbook is not our form, is not filled in, or is about more than one person.
    """
    sheets, unknown = [], []
    for table in tables:
        found = find_mark(table)
        if found is None:
            unknown.append(table)
        elif not found[1].endswith(INSTRUCTIONS):
            sheets.append(open_sheet(table, *found, on_problem))
    if not sheets:
        raise InputError(make_problem("no-form", file=tables[0].file, cell=MARK_PLACE))
    for table in unknown:
        on_problem(make_problem("not-read", "sheet", file=table.file))
    measured = [sheet for sheet in sheets if sheet.is_measured]
    if not measured:
        first = sheets[0].layout.trials[0].place
        where = locate(sheets[0].table, first.row)
        raise InputError(make_problem("no-values", "entry-form", severity="error", **where, cell=first))
    main = next((sheet for sheet in sheets if sheet.layout.area == AREAS[0]), None)
    for sheet in sheets:
        report_stray_cells(sheet)
        _read_head(sheet, options)
    for sheet in measured:
        if main is not None and sheet is not main:
            _inherit_head(sheet, main)
    _check_places(measured)
    _report_gaps(measured, main, options)
    for sheet in measured:
        sheet.understood += [f"sheet {other.title} has no trial" for other in sheets if not other.is_measured]
    return measured


# --- the head -------------------------------------------------------------------------------------------------------
def _read_head(sheet: FormSheet, options: LoadOptions) -> None:
    """Read the entries of the head that can be used; report the others."""
    for name, place in sheet.layout.about.items():
        text = sheet.cells.get(place, "")
        if not text or (name not in ("subject", "remarks") and is_missing_word(text)):
            continue
        is_usable = True
        if name in _NUMBERS:
            number = read_number(sheet, place, sheet.layout.label(place), *_NUMBERS[name])
            is_usable, text = number is not None, repr(number)
        elif name == "sex" and not _is_word("sex", text, options):
            entry, expected = sheet.layout.label(place), " nor ".join(SEXES)
            sheet.report(place, "word-unknown", "entry-form-sex", entry, text=text, expected=expected)
            is_usable = False
        elif name == "date":
            text = text.removesuffix(" 00:00:00")
        if is_usable:
            sheet.head[name] = text


def _is_word(column: str, text: str, options: LoadOptions) -> bool:
    """Whether the loader knows the word or its code; the loader also asks what a bare number means."""
    codes = {normalise(code) for code in options.codes.get(column, {})}
    return normalise(text) in words(column) or normalise(text) in codes or text.isdigit()


def _inherit_head(sheet: FormSheet, main: FormSheet) -> None:
    """Fill what the sheet leaves empty from the test area's sheet; both must be about the same person and visit.

    Raises
    ------
    InputError
        The sheets name two people or visits.
    """
    for name in ONE_PERSON:
        here, there = sheet.head.get(name), main.head.get(name)
        if here is not None and there is not None and _compare(name, here) != _compare(name, there):
            place = sheet.layout.about[name]
            details: dict[str, Any] = {"entry": name, "here": shorten(here), "there": shorten(there), "cell": place}
            where = sheet.locate(place)
            raise InputError(
                make_problem("contradiction", "entry-form", severity="error", **where, **details, sheet=main.title)
            )
    empty = [name for name in INHERITED if name not in sheet.head and name in main.head]
    taken = [name for name in empty if sheet.layout.about[name] not in sheet.cells]
    sheet.head |= {name: main.head[name] for name in taken}
    if taken:
        sheet.understood.append(f"{', '.join(taken)} as on sheet {main.title}")


def _report_gaps(sheets: Sequence[FormSheet], main: FormSheet | None, options: LoadOptions) -> None:
    """Report once each entry without which there is no name or no z-score, unless the options give it."""
    for name in ("subject", *NEEDED):
        is_given = name in options.fixed or (options.demographics is not None and name != "subject")
        lacking = [sheet for sheet in sheets if name not in sheet.head]
        if lacking and not is_given:
            sheet = main or lacking[0]
            place = sheet.layout.about[name]
            if place not in sheet.cells:
                entry = sheet.layout.label(place)
                sheet.report(place, _MISSING_CODES[name], "entry-form", entry, severity="warning")


def _compare(name: str, text: str) -> str:
    """A text that is the same for all words of one meaning."""
    return words(name).get(normalise(text), text)


def _check_places(sheets: Sequence[FormSheet]) -> None:
    """Refuse a form whose sheets are about the same area of the body: they would become one assessment."""
    seen: dict[tuple[str, ...], FormSheet] = {}
    for sheet in sheets:
        where = tuple(_compare(name, sheet.head.get(name, "")) for name in ("site", "side", "area"))
        if where in seen:
            place = sheet.layout.about["area"]
            listed = ", ".join(part for part in where if part) or "nothing"
            raise InputError(make_problem("same-area", **sheet.locate(place), entries=listed, sheet=seen[where].title))
        seen[where] = sheet


# --- the trials -----------------------------------------------------------------------------------------------------
def _make_table(sheet: FormSheet, options: LoadOptions) -> TextTable:
    """One row per trial. An empty cell is not a trial; an entry that cannot be used is a trial without a value."""
    identity = [name for name in (*IDENTITY, "baseline") if name in sheet.head]
    header = [*identity, "parameter", "series", "stimulus", "value", "unit", *OWN]
    is_absolute = (options.thermal or "absolute") == "absolute"
    refused = _refuse_differences(sheet)
    unit = _read_pressure_unit(sheet, options)
    about = [_format_number(sheet.head[name], options) if name in _NUMBERS else sheet.head[name] for name in identity]
    own = [sheet.head.get(name, "") for name in OWN]
    records: list[Record] = []
    for trial in sheet.layout.trials:
        text = sheet.cells.get(trial.place, "")
        if not text:
            continue
        if is_missing_word(text):
            value = text
        elif trial.code in refused or (trial.code == "PPT" and unit is None):
            value = ""
        else:
            number = _read_trial(sheet, trial, unit if trial.code == "PPT" else None)
            if number is not None and trial.code in DETECTION_TESTS and not is_absolute:
                number -= sheet.baseline
            value = "" if number is None else _format_number(repr(number), options)
        row_unit = unit or "" if trial.code == "PPT" else ""
        described = [trial.code, str(trial.series), trial.stimulus, value, row_unit]
        records.append((trial.place.row, [*about, *described, *own]))
    understood = f"entry form {VERSION} ({sheet.layout.language}), {sheet.layout.area} area"
    kind: Literal["absolute", "difference"] = "absolute" if is_absolute else "difference"
    return make_tidy(
        sheet.table, header, records, "; ".join([understood, *sheet.understood]), header_row=TITLES_ROW, thermal=kind
    )


def _read_trial(sheet: FormSheet, trial: Trial, unit: str | None) -> float | None:
    """The number in a trial's cell; None, and a problem, if the cell cannot hold its text."""
    entry, text = name_trial(trial, sheet.layout.language), sheet.cells[trial.place]
    if trial.code == "PHS":
        answer = words("tick").get(normalise(text))
        if answer is None:
            sheet.report(trial.place, "word-unknown", "entry-form-tick", entry)
        return None if answer is None else float(answer == "yes")
    parameter, found = BY_CODE[trial.code], find_unit(trial.code, unit or "")
    low, high = limit_trial(trial.code, sheet.baseline)
    if found is not None:
        return read_number(sheet, trial.place, entry, (low / found.factor, high / found.factor), found.text)
    shown = "" if parameter.is_rating or parameter.summary == "ratio" else parameter.unit.partition(" from ")[0]
    return read_number(sheet, trial.place, entry, (low, high), shown)


def _format_number(text: str, options: LoadOptions) -> str:
    """A number with the decimal sign that the options give for all files."""
    return text.replace(".", options.decimal) if options.decimal else text


def _refuse_differences(sheet: FormSheet) -> tuple[str, ...]:
    """CDT and WDT, and a problem, if WDT holds differences from the baseline, as CDT may do so too."""
    warm, cold = sheet.find_numbers("WDT"), sheet.find_numbers("CDT")
    if warm and max(warm.values()) <= BY_CODE["WDT"].possible[1]:
        sheet.report(next(iter(warm)), "temperature-unclear", "entry-form", "WDT")
        return DETECTION_TESTS
    if cold and max(cold.values()) < sheet.baseline - FAR_FROM_BASELINE:
        sheet.report(next(iter(cold)), "distance-suspected", "entry-form", "CDT", severity="warning")
    return ()


def _read_pressure_unit(sheet: FormSheet, options: LoadOptions) -> str | None:
    """The unit of PPT; None, and a problem, if there is none that is known."""
    text = options.units.get("PPT") or sheet.cells.get(sheet.layout.unit, "")
    unit, numbers = find_unit("PPT", text), sheet.find_numbers("PPT")
    if not numbers:
        return text
    if unit is None or unit.foreign:
        message = "entry-form" if text else "entry-form-empty"
        sheet.report(sheet.layout.unit, "unit-unknown", message, "PPT", unit=shorten(text), units=known_units("PPT"))
        return None
    lowest = BY_CODE["PPT"].usual[0]
    if max(numbers.values()) * unit.factor < lowest:
        details: dict[str, Any] = {"unit": shorten(text), "lowest": lowest}
        sheet.report(sheet.layout.unit, "value-suspicious", "entry-form", "PPT", severity="warning", **details)
    return text


FORMAT = Format(
    name="entry-form",
    title="the form that `qst form` writes: one workbook per person and visit, with all trials of both areas",
    needs="",
    basis="ours",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
