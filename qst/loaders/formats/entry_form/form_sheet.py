"""A sheet of the entry form as it was filled in: its cells, and what is wrong with them, by row and column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from qst.entry_form.layout import LANGUAGES, MARK, MARK_PLACE, VERSION, Layout, Place, lay_out
from qst.errors import InputError
from qst.formulas import NUMBER
from qst.loaders.files.text_table import TextTable
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BASELINE

FILL_ANEW = "labels and rows must stay where they are: copy the values into a new form, as `qst form -o FILE` writes it"


@dataclass(slots=True)
class FormSheet:
    """A filled sheet of the form.

    Attributes
    ----------
    table : TextTable
    layout : Layout
    cells : mapping of Place to str
        The filled cells, as text without blanks around it.
    on_problem : callable
    head : dict of str to str
        Entries of the head that can be used, by column.
    told : list of str
        What was taken from where, for the user.
    """

    table: TextTable
    layout: Layout
    cells: Mapping[Place, str]
    on_problem: OnProblem
    head: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    @property
    def is_measured(self) -> bool:
        """Whether any cell for a trial is filled."""
        return any(trial.place in self.cells for trial in self.layout.trials)

    @property
    def baseline(self) -> float:
        return float(self.head.get("baseline", BASELINE))

    def find_numbers(self, code: str) -> dict[Place, float]:
        """The numbers that a test's cells hold, whatever they are."""
        places = [trial.place for trial in self.layout.trials if trial.code == code]
        numbers = {place: parse_number(self.cells.get(place, "")) for place in places}
        return {place: number for place, number in numbers.items() if number is not None}

    def complain(
        self, place: Place, code: str, what: str, reason: str, severity: Literal["error", "warning"] = "error"
    ) -> None:
        """Report a cell by its sheet, row and column."""
        text = self.cells.get(place, "")
        message = f"{what}: {shorten(text)} {reason}" if text else f"{what}: {reason}"
        value = cut_text(text) if text else None
        self.on_problem(Problem(severity, code, message, self.table.file, place.row, place.letters, value))


def find_mark(table: TextTable) -> tuple[Place, str] | None:
    """The cell with the form's mark, wherever it was moved to, and its text."""
    for row, texts in enumerate(table.preview, start=1):
        for column, text in enumerate(texts, start=1):
            if text.startswith("qst-entry-form") and MARK.fullmatch(text.strip()):
                return Place(row, column), text.strip()
    return None


def open_sheet(table: TextTable, place: Place, text: str, on_problem: OnProblem) -> FormSheet:
    """A sheet of the form with its cells.

    Raises
    ------
    InputError
        Another version of the form, or one whose labels are not where they were.
    """
    mark = MARK.fullmatch(text)
    version, language, area = mark.groups() if mark else ("", "", "")
    if version != str(VERSION) or language not in LANGUAGES:
        told = f"version {version} ({language}) of the entry form, and this program reads version {VERSION}"
        known = ", ".join(LANGUAGES)
        message = f"this is {told} ({known}): use the qst that wrote it, or copy the values into a new form"
        raise InputError(Problem("error", "form-version", message, table.file, place.row, place.letters))
    layout = lay_out(area, language)
    cells = {
        Place(row, column): content.strip()
        for row, texts in table.read_rows(on_problem)
        for column, content in enumerate(texts, start=1)
        if content.strip()
    }
    expected = {MARK_PLACE: layout.mark, **layout.labels}
    for where, label in expected.items():
        found = " ".join(cells.get(where, "").split())
        if found != label:
            there = shorten(found) if found else "nothing"
            message = f"expected {shorten(label, 60)} in cell {where}, found {there}; {FILL_ANEW}"
            problem = Problem("error", "form-changed", message, table.file, where.row, where.letters, cut_text(found))
            raise InputError(problem)
    return FormSheet(table, layout, cells, on_problem)


def report_stray_cells(sheet: FormSheet) -> None:
    """Say what was written beside the cells of the form, as it is not read."""
    layout = sheet.layout
    trials = {trial.place for trial in layout.trials}
    known = {MARK_PLACE, layout.unit, *layout.labels, *layout.hints, *layout.about.values(), *trials}
    for place in sorted(sheet.cells.keys() - known):
        reason = "stands beside the yellow cells and is not read: put it into one of them, or into the remarks"
        sheet.complain(place, "not-read", f"cell {place}", reason, "warning")


def read_number(
    sheet: FormSheet, place: Place, what: str, limits: tuple[float, float], unit: str, code: str = "out-of-range"
) -> float | None:
    """The number in a cell, with a decimal point or comma; None, and a problem, where there is none within limits."""
    number = parse_number(sheet.cells[place])
    expected = f"expected {limits[0]:.4g} to {limits[1]:.4g} {unit}".rstrip()
    if number is not None and limits[0] <= number <= limits[1]:
        return number
    if sheet.cells[place].startswith("="):
        reason = f"is a formula that was never calculated; {expected}: write the number"
        sheet.complain(place, "formula-without-result", what, reason)
    elif number is None:
        sheet.complain(place, "not-a-number", what, f"is not a number; {expected}: correct it or leave the cell empty")
    else:
        sheet.complain(place, code, what, f"is not possible here; {expected}: correct it or leave the cell empty")
    return None


def parse_number(text: str) -> float | None:
    """A number with a decimal point or comma; None for any other text."""
    plain = text.replace(",", ".").replace("\u2212", "-")
    return float(plain) if NUMBER.fullmatch(plain) else None
