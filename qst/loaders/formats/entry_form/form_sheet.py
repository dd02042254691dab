"""A sheet of the entry form as it was filled in: its cells, and what is wrong with them, by row and column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qst.entry_form.layout import LANGUAGES, MARK, MARK_PLACE, VERSION, Layout, Place, lay_out
from qst.errors import InputError
from qst.formulas import NUMBER
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.format import locate
from qst.problems import OnProblem, Severity, make_problem, shorten
from qst.protocol import BASELINE


@dataclass(slots=True)
class FormSheet:
    """A filled sheet of the form.

    Attributes
    ----------
    table : TextTable
    layout : Layout
    cells : mapping of Place to str
        The filled cells, as stripped text.
    on_problem : callable
    head : dict of str to str
        Entries of the head that can be used, by column.
    understood : list of str
        What was taken from other sheets, for the user.
    """

    table: TextTable
    layout: Layout
    cells: Mapping[Place, str]
    on_problem: OnProblem
    head: dict[str, str] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The sheet's title, for a message."""
        return shorten(str(self.table.sheet))

    @property
    def is_measured(self) -> bool:
        """Whether any cell for a trial is filled."""
        return any(trial.place in self.cells for trial in self.layout.trials)

    @property
    def baseline(self) -> float:
        return float(self.head.get("baseline", BASELINE))

    def find_numbers(self, code: str) -> dict[Place, float]:
        """The numbers in a test's cells, whether possible or not."""
        places = [trial.place for trial in self.layout.trials if trial.code == code]
        numbers = {place: parse_number(self.cells.get(place, "")) for place in places}
        return {place: number for place, number in numbers.items() if number is not None}

    def locate(self, place: Place, text: str | None = None) -> dict[str, Any]:
        """File, row, column and text of a cell, as arguments for `make_problem`."""
        return locate(self.table, place.row, place.letters, text)

    def report(
        self, place: Place, code: str, message: str, entry: str, *, severity: Severity = "error", **details: Any
    ) -> None:
        """Report a cell, with its text.

        Parameters
        ----------
        place : Place
        code, message : str
            As for `make_problem`.
        entry : str
            What the cell is for, in the words of the form.
        severity : {"error", "warning"}
        **details
            Further gaps of the message.
        """
        where = self.locate(place, self.cells.get(place))
        self.on_problem(make_problem(code, message, severity=severity, **where, entry=entry, **details))


def find_mark(table: TextTable) -> tuple[Place, str] | None:
    """The cell with the form's mark, even if it was moved, and its text."""
    for row, texts in enumerate(table.preview, start=1):
        for column, text in enumerate(texts, start=1):
            if text.startswith("qst-entry-form") and MARK.fullmatch(text.strip()):
                return Place(row, column), text.strip()
    return None


def open_sheet(table: TextTable, place: Place, text: str, on_problem: OnProblem) -> FormSheet:
    """A sheet of the form with its cells.

    Parameters
    ----------
    table : TextTable
    place, text
        The cell with the mark, from `find_mark`.
    on_problem : callable

    Raises
    ------
    InputError
        The form is of another version, or its labels are not in their cells.
    """
    mark = MARK.fullmatch(text)
    version, language, area = mark.groups() if mark else ("", "", "")
    if version != str(VERSION) or language not in LANGUAGES:
        details: dict[str, Any] = {"version": version, "language": language, "own_version": VERSION}
        where, languages = locate(table, place.row, place.letters), ", ".join(LANGUAGES)
        raise InputError(make_problem("form-version", **where, **details, languages=languages))
    layout = lay_out(area, language)
    cells = {
        Place(row, column): content.strip()
        for row, texts in table.read_rows(on_problem)
        for column, content in enumerate(texts, start=1)
        if content.strip()
    }
    sheet = FormSheet(table, layout, cells, on_problem)
    for label_place, label in {MARK_PLACE: layout.mark, **layout.labels}.items():
        found = " ".join(cells.get(label_place, "").split())
        if found != label:
            where, there = sheet.locate(label_place, found), shorten(found) if found else "nothing"
            expected = shorten(label, 60)
            raise InputError(make_problem("form-changed", **where, expected=expected, cell=label_place, found=there))
    return sheet


def report_stray_cells(sheet: FormSheet) -> None:
    """Report what was written outside the cells of the form, as it is not read."""
    layout = sheet.layout
    trials = {trial.place for trial in layout.trials}
    known = {MARK_PLACE, layout.unit, *layout.labels, *layout.hints, *layout.about.values(), *trials}
    for place in sorted(sheet.cells.keys() - known):
        sheet.report(place, "not-read", "cell", f"cell {place}", severity="warning")


def read_number(
    sheet: FormSheet, place: Place, entry: str, limits: tuple[float, float], unit: str, code: str = "out-of-range"
) -> float | None:
    """The number in a cell, with a decimal point or comma; None, and a problem, if there is none within limits.

    Parameters
    ----------
    sheet : FormSheet
    place : Place
    entry : str
        What the cell is for, in the words of the form.
    limits : tuple of float
        The lowest and the highest number, in `unit`.
    unit : str
        Empty for a number without a unit.
    code : str
        The problem of a number outside the limits.
    """
    number = parse_number(sheet.cells[place])
    if number is not None and limits[0] <= number <= limits[1]:
        return number
    expected = f"{limits[0]:.4g} to {limits[1]:.4g} {unit}".rstrip()
    if sheet.cells[place].startswith("="):
        sheet.report(place, "formula-without-result", "entry-form", entry, expected=expected)
    elif number is None:
        sheet.report(place, "not-a-number", "entry-form", entry, expected=expected)
    else:
        sheet.report(place, code, "entry-form", entry, expected=expected)
    return None


def parse_number(text: str) -> float | None:
    """A number with a decimal point or comma; None for any other text."""
    plain = text.replace(",", ".").replace("\u2212", "-")
    return float(plain) if NUMBER.fullmatch(plain) else None
