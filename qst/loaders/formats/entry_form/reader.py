"""The entry form that `qst form` writes: a person and visit, a sheet for each area, read back to the last trial.

Labels that were edited and rows that were moved make a form another one: it is refused, with the cell.
"""

from collections.abc import Sequence
from typing import Literal

from qst.entry_form.layout import INSTRUCTIONS, MARK_PLACE, OWN, TITLES_ROW, VERSION, Trial, limit_trial, name_trial
from qst.errors import InputError
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.entry_form.form_sheet import (
    FILL_ANEW,
    FormSheet,
    find_mark,
    open_sheet,
    read_number,
    report_stray_cells,
)
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.identity import NEEDED
from qst.loaders.rows.quantities import FAR_FROM_BASELINE
from qst.problems import OnProblem, Problem, shorten
from qst.protocol import BY_CODE, THERMODE_RANGE
from qst.tables import AREAS, IDENTITY, OLDEST, SEXES
from qst.vocabulary.names import is_missing_word, normalise, words
from qst.vocabulary.units import find_unit, known_units

INHERITED = ("subject", "visit", "age", "sex", "site", "baseline", "date", "device", "examiner")
"""Cells of the head that a sheet for the control area may leave empty: it is as on the sheet for the test area."""

ONE_PERSON = ("subject", "visit", "age", "sex")
"""What both sheets of a form must agree on."""

_NUMBERS = {"age": ((0.0, OLDEST), "years", "age-impossible"), "baseline": (THERMODE_RANGE, "°C", "out-of-range")}
"""Entries of the head that are numbers: limits, unit, and the code of a problem with them."""


def _recognise(tables: Sequence[TextTable]) -> str | None:
    if any(table.sheet is not None and find_mark(table) for table in tables):
        return f"by the mark in cell {MARK_PLACE} of its sheets"
    return None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    """A table an area; of a record that is left out on request, no problem is told."""
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
        This is no form of ours, none that is filled in, or not one person's.
    """
    sheets, unknown = [], []
    for table in tables:
        found = find_mark(table)
        if found is None:
            unknown.append(table)
        elif not found[1].endswith(INSTRUCTIONS):
            sheets.append(open_sheet(table, *found, on_problem))
    if not sheets:
        message = f"no sheet has the mark of the entry form in cell {MARK_PLACE}: {FILL_ANEW}"
        raise InputError(Problem("error", "no-form", message, tables[0].file))
    for table in unknown:
        message = "the sheet is none of the entry form, and was not read: move it to a file of its own"
        on_problem(Problem("warning", "not-read", message, table.file))
    measured = [sheet for sheet in sheets if sheet.is_measured]
    if not measured:
        trial = sheets[0].layout.trials[0]
        message = f"the form has no value yet: fill in its yellow cells, from {trial.place} on"
        raise InputError(Problem("error", "no-values", message, sheets[0].table.file, trial.place.row))
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
        sheet.told += [
            f"sheet {shorten(str(other.table.sheet))} has no trial" for other in sheets if not other.is_measured
        ]
    return measured


# --- the head -------------------------------------------------------------------------------------------------------
def _read_head(sheet: FormSheet, options: LoadOptions) -> None:
    """Take the entries of the head that can be used; each other one is a problem."""
    for name, place in sheet.layout.about.items():
        text = sheet.cells.get(place, "")
        if not text or (name not in ("subject", "remarks") and is_missing_word(text)):
            continue
        usable = True
        if name in _NUMBERS:
            number = read_number(sheet, place, sheet.layout.label(place), *_NUMBERS[name])
            usable, text = number is not None, repr(number)
        elif name == "sex" and not _is_word("sex", text, options):
            reason = f"is neither {' nor '.join(SEXES)}: correct it, or say --codes sex:{text}=female"
            sheet.complain(place, "word-unknown", sheet.layout.label(place), reason)
            usable = False
        elif name == "date":
            text = text.removesuffix(" 00:00:00")
        if usable:
            sheet.head[name] = text


def _is_word(column: str, text: str, options: LoadOptions) -> bool:
    """Whether the loader knows the word or its code; a bare number is left to it, as it asks what that means."""
    codes = {normalise(code) for code in options.codes.get(column, {})}
    return normalise(text) in words(column) or normalise(text) in codes or text.isdigit()


def _inherit_head(sheet: FormSheet, main: FormSheet) -> None:
    """Take over what the sheet leaves empty from the sheet for the test area; both must be about one person.

    Raises
    ------
    InputError
        The sheets name two people or visits.
    """
    for name in ONE_PERSON:
        here, there = sheet.head.get(name), main.head.get(name)
        if here is not None and there is not None and _compare(name, here) != _compare(name, there):
            place = sheet.layout.about[name]
            message = (
                f"{name} is {shorten(here)} here and {shorten(there)} in cell {place} of sheet "
                f"{shorten(str(main.table.sheet))}, and a form is about one person and visit: correct one"
            )
            raise InputError(Problem("error", "contradiction", message, sheet.table.file, place.row, place.letters))
    taken = [name for name in INHERITED if name not in sheet.head and name in main.head]
    unreadable = [name for name in taken if sheet.layout.about[name] in sheet.cells]
    taken = [name for name in taken if name not in unreadable]
    sheet.head |= {name: main.head[name] for name in taken}
    if taken:
        sheet.told.append(f"{', '.join(taken)} as on sheet {shorten(str(main.table.sheet))}")


def _report_gaps(sheets: Sequence[FormSheet], main: FormSheet | None, options: LoadOptions) -> None:
    """Name once the cell of the head without which there is no name or no norm, unless it is said elsewhere."""
    for name in ("subject", *NEEDED):
        elsewhere = name in options.fixed or (options.demographics is not None and name != "subject")
        lacking = [sheet for sheet in sheets if name not in sheet.head]
        if lacking and not elsewhere:
            sheet = main or lacking[0]
            place = sheet.layout.about[name]
            loss = "without a name" if name == "subject" else "without z-scores"
            if place not in sheet.cells:
                reason = f"no {name} is given; the trials are kept {loss}: fill it in"
                sheet.complain(place, f"missing-{name}", sheet.layout.label(place), reason, "warning")


def _compare(name: str, text: str) -> str:
    return words(name).get(normalise(text), text)


def _check_places(sheets: Sequence[FormSheet]) -> None:
    """Refuse a form whose sheets say the same area of the body: their trials would be taken as one assessment's."""
    seen: dict[tuple[str, ...], FormSheet] = {}
    for sheet in sheets:
        where = tuple(_compare(name, sheet.head.get(name, "")) for name in ("site", "side", "area"))
        if where in seen:
            place = sheet.layout.about["area"]
            told = ", ".join(part for part in where if part) or "nothing"
            other = shorten(str(seen[where].table.sheet))
            message = f"site, side and area ({told}) are those of sheet {other} too: correct one of them"
            raise InputError(Problem("error", "same-area", message, sheet.table.file, place.row, place.letters))
        seen[where] = sheet


# --- the trials -----------------------------------------------------------------------------------------------------
def _make_table(sheet: FormSheet, options: LoadOptions) -> TextTable:
    """A row a trial. An empty cell is no trial; one that cannot be used is a trial without a value."""
    identity = [name for name in (*IDENTITY, "baseline") if name in sheet.head]
    header = [*identity, "parameter", "series", "stimulus", "value", "unit", *OWN]
    absolute = (options.thermal or "absolute") == "absolute"
    refused = _refuse_differences(sheet)
    unit = _read_pressure_unit(sheet, options)
    about = [_write_number(sheet.head[name], options) if name in _NUMBERS else sheet.head[name]
             for name in identity]  # fmt: skip
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
            if number is not None and trial.code in ("CDT", "WDT") and not absolute:
                number -= sheet.baseline
            value = "" if number is None else _write_number(repr(number), options)
        row_unit = unit or "" if trial.code == "PPT" else ""
        described = [trial.code, str(trial.series), trial.stimulus, value, row_unit]
        records.append((trial.place.row, [*about, *described, *own]))
    told = f"entry form {VERSION} ({sheet.layout.language}), {sheet.layout.area} area"
    told = "; ".join([told, *sheet.told])
    kind: Literal["absolute", "difference"] = "absolute" if absolute else "difference"
    return make_tidy(sheet.table, header, records, told, header_row=TITLES_ROW, thermal=kind)


def _read_trial(sheet: FormSheet, trial: Trial, unit: str | None) -> float | None:
    """The number in a trial's cell; None, and a problem, where it is none that the cell can hold."""
    what, text = name_trial(trial, sheet.layout.language), sheet.cells[trial.place]
    if trial.code == "PHS":
        ticked = words("tick").get(normalise(text))
        if ticked is None:
            sheet.complain(trial.place, "word-unknown", what, "is neither yes nor no: write one of them")
        return None if ticked is None else float(ticked == "yes")
    parameter, found = BY_CODE[trial.code], find_unit(trial.code, unit or "")
    low, high = limit_trial(trial.code, sheet.baseline)
    if found is not None:
        return read_number(sheet, trial.place, what, (low / found.factor, high / found.factor), found.text)
    shown = "" if parameter.is_rating or parameter.summary == "ratio" else parameter.unit.partition(" from ")[0]
    return read_number(sheet, trial.place, what, (low, high), shown)


def _write_number(text: str, options: LoadOptions) -> str:
    """A number with the decimal sign that the user says all files have."""
    return text.replace(".", options.decimal) if options.decimal else text


def _refuse_differences(sheet: FormSheet) -> tuple[str, ...]:
    """CDT and WDT, and a problem, where WDT holds differences from the baseline, so that CDT may do so too."""
    warm, cold = sheet.find_numbers("WDT"), sheet.find_numbers("CDT")
    if warm and max(warm.values()) <= BY_CODE["WDT"].possible[1]:
        reason = (
            "can only be a difference from the baseline, and the form wants the temperature that the device shows; CDT "
            "and WDT of this sheet are not used: write 33.5 for a difference of 1.5"
        )
        sheet.complain(next(iter(warm)), "temperature-unclear", "WDT", reason)
        return ("CDT", "WDT")
    if cold and max(cold.values()) < sheet.baseline - FAR_FROM_BASELINE:
        reason = "was taken as a temperature, which is nearly no feeling of cold: check that it is no difference"
        sheet.complain(next(iter(cold)), "distance-suspected", "CDT", reason, "warning")
    return ()


def _read_pressure_unit(sheet: FormSheet, options: LoadOptions) -> str | None:
    """The unit of PPT; None, and a problem, where there is none that is known."""
    text = options.units.get("PPT") or sheet.cells.get(sheet.layout.unit, "")
    unit, numbers = find_unit("PPT", text), sheet.find_numbers("PPT")
    if not numbers:
        return text
    if unit is None or unit.foreign:
        reason = f"is no unit of PPT, so PPT is not used: choose one of {known_units('PPT')}"
        reason = reason if text else reason.replace("is no unit of PPT", "no unit of PPT is given")
        sheet.complain(sheet.layout.unit, "unit-unknown", "PPT", reason)
        return None
    if max(numbers.values()) * unit.factor < BY_CODE["PPT"].usual[0]:
        reason = f"is the unit, and all trials lie below {BY_CODE['PPT'].usual[0]:g} kPa: check that it is the device's"
        sheet.complain(sheet.layout.unit, "value-suspicious", "PPT", reason, "warning")
    return text


FORMAT = Format(
    name="entry-form",
    title="the form that `qst form` writes: a workbook a person and visit, with all trials of both areas",
    needs="",
    basis="ours",
    recognise=_recognise,
    arrange=_arrange,
    whole_file=True,
)
