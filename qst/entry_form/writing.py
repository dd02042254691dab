"""The entry form as a workbook: labels, yellow cells with validation, instructions; identical bytes each time."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qst.atomic import replace_file
from qst.entry_form.layout import (
    FIRST_PAIR,
    HEAD_ROW,
    INSTRUCTIONS,
    LABEL,
    LANGUAGES,
    LAST_COLUMN,
    MARK_PLACE,
    TITLES_ROW,
    UNIT,
    VERSION,
    Layout,
    Place,
    Trial,
    lay_out,
    limit_trial,
    make_mark,
    read_texts,
)
from qst.errors import OptionError
from qst.protocol import BASELINE, BY_CODE, THERMODE_RANGE
from qst.tables import AREAS, OLDEST
from qst.vocabulary.units import find_unit

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

PRESSURE_UNITS = ("kPa", "N/cm²", "N", "kgf", "lbf")
"""Units of PPT to choose from."""

VERSION_DATE = datetime(2026, 11, 25)
"""When this version was made; in the file's properties instead of the current time, so that forms are identical."""

_WIDTHS = {LABEL: 36.0, UNIT: 15.0}

_LABEL_WIDTH, _CELL_WIDTH, _ROW_HEIGHT = 10.5, 8.0, 32.0

_PARAGRAPH_WIDTH, _LINE_HEIGHT = 80, 13.0

_YELLOW, _GREY = "FFF8DC", "E7E9EC"

FilledTrials = Mapping[tuple[str, int, str], float | str]
"""Parameter, series and stimulus of each trial, and what is written into its cell."""


def write_form(path: str | Path, language: str = "en") -> None:
    """Write an empty entry form.

    Parameters
    ----------
    path : path
        A new file ending in .xlsx.
    language : {"en", "de"}

    Raises
    ------
    OptionError
        The file exists already or cannot be written, or there is no form in that language.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "form.xlsx"
    >>> write_form(path, "de")
    >>> path.exists()
    True
    """
    path = Path(path)
    if path.exists():
        raise OptionError(f"{path} exists already and may be filled in: choose another name")
    with replace_file(path, (".xlsx",)) as temporary:
        save_form(make_form(language), temporary)


def make_form(language: str = "en") -> "Workbook":
    """The empty form: a sheet for each area, with a title in the form's language, and instructions.

    Raises
    ------
    OptionError
        There is no form in that language.
    """
    from openpyxl import Workbook

    if language not in LANGUAGES:
        raise OptionError(f"there is no form in '{language}': choose one of {', '.join(LANGUAGES)}")
    book, texts = Workbook(), read_texts(language)
    book.remove(book.worksheets[0])
    for area in AREAS:
        _make_sheet(book.create_sheet(texts["sheets"][area]), lay_out(area, language))
    _make_instructions(book.create_sheet(texts["sheets"][INSTRUCTIONS]), language)
    return book


def fill_form(
    book: "Workbook", area: str, language: str, about: Mapping[str, float | str | date], trials: FilledTrials
) -> None:
    """Write entries into the yellow cells of a form that `make_form` returned.

    Parameters
    ----------
    book : openpyxl.Workbook
    area : {"test", "control"}
    language : {"en", "de"}
        Of the form.
    about : mapping
        Entries of the head by column (`subject`, `visit`, `age`, `sex`, `site`, `side`, `area`, `baseline`, `date`,
        `device`, `examiner`), `remarks`, and `unit` of PPT. Words such as `female` are translated for the form.
    trials : mapping of (parameter, series, stimulus) to number or text
        As the form expects them: CDT and WDT as temperatures (°C), PHS as yes or no.

    Raises
    ------
    KeyError
        The form has no such cell.

    Examples
    --------
    >>> book = make_form("de")
    >>> fill_form(book, "test", "de", {"subject": "007", "sex": "female"}, {("HPT", 1, ""): 45.2})
    >>> book["Testareal"]["B5"].value, book["Testareal"]["D16"].value
    ('weiblich', 45.2)
    """
    texts, layout = read_texts(language), lay_out(area, language)
    sheet = book[texts["sheets"][area]]
    places = {trial[1:]: trial.place for trial in layout.trials}
    for key, value in trials.items():
        _put(sheet, places[key], texts["words"]["tick"].get(value, value) if key[0] == "PHS" else value)
    for name, entry in about.items():
        words = texts["words"].get(name, {})
        _put(sheet, layout.unit if name == "unit" else layout.about[name], words.get(entry, entry))


def save_form(book: "Workbook", path: Path) -> None:
    """Save a form so that the same cells give the same bytes: without the time in the archive or its properties."""
    book.properties.created = VERSION_DATE
    buffer = io.BytesIO()
    book.save(buffer)
    stamp = VERSION_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            target.writestr(zipfile.ZipInfo(entry.filename), data, zipfile.ZIP_DEFLATED)


def _put(sheet: "Worksheet", place: Place, value: Any) -> None:
    """Write into a cell. A text stays a text, even if it looks like a formula."""
    cell = sheet.cell(*place)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def _make_sheet(sheet: "Worksheet", layout: Layout) -> None:
    """The sheet of one area: locked and yellow cells, rules for entries, and printing."""
    from openpyxl.styles import Alignment, PatternFill

    texts = read_texts(layout.language)
    for column in range(1, LAST_COLUMN + 1):
        pair = _CELL_WIDTH if (column - FIRST_PAIR) % 2 else _LABEL_WIDTH
        sheet.column_dimensions[Place(1, column).letters].width = _WIDTHS.get(column, pair)
    for row in range(1, layout.last_row + 1):
        sheet.row_dimensions[row].height = _ROW_HEIGHT
    for place, label in layout.labels.items():
        cell = sheet.cell(*place, value=label)
        left = place.column <= UNIT or place.row < TITLES_ROW
        cell.alignment = Alignment(
            horizontal="left" if left else "right", vertical="center", indent=int(not left), wrap_text=place.column == 1
        )
        cell.font = _font(10 if left else 9)
    for place, text in layout.hints.items():
        sheet.cell(*place, value=text).alignment = Alignment(vertical="center")
    sheet.cell(1, LABEL).font = _font(13, bold=True)
    sheet.cell(TITLES_ROW - 1, LABEL).font = _font(9, italic=True)
    for column in range(1, LAST_COLUMN + 1):
        title = sheet.cell(TITLES_ROW, column)
        title.font, title.fill = _font(10, bold=True), PatternFill("solid", fgColor=_GREY)
    _mark(sheet, layout.mark)
    _frame_tests(sheet, layout)
    for place in (*layout.about.values(), *(trial.place for trial in layout.trials), layout.unit):
        _make_yellow(sheet, place)
    _merge_head(sheet, layout)
    _put(sheet, layout.about["area"], texts["words"]["area"][layout.area])
    _put(sheet, layout.unit, PRESSURE_UNITS[0])
    if layout.area == AREAS[0]:
        _put(sheet, layout.about["baseline"], BASELINE)
    _Validator(sheet, layout).add_all()
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    _set_page(sheet, layout.last_row, texts)


def _make_yellow(sheet: "Worksheet", place: Place) -> None:
    """Make a cell yellow and unlock it."""
    from openpyxl.styles import Alignment, Border, PatternFill, Protection, Side

    line = Side(style="thin", color="9AA0A6")
    cell = sheet.cell(*place)
    cell.font = _font(11)
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    cell.fill, cell.protection = PatternFill("solid", fgColor=_YELLOW), Protection(locked=False)
    cell.alignment = Alignment(horizontal="left" if place.column == UNIT else "center", vertical="center")


def _merge_head(sheet: "Worksheet", layout: Layout) -> None:
    """Make the cells of the head and of the remarks several columns wide, for long entries."""
    for name, place in layout.about.items():
        last = LAST_COLUMN if name == "remarks" or place.column > UNIT else UNIT + 2
        for column in range(place.column, last + 1):
            _make_yellow(sheet, Place(place.row, column))
        sheet.merge_cells(start_row=place.row, end_row=place.row, start_column=place.column, end_column=last)
        left = name in ("remarks", "examiner")
        sheet.cell(*place).alignment = _align(left)
    sheet.cell(*layout.about["subject"]).number_format = "@"
    sheet.cell(*layout.about["visit"]).number_format = "@"
    sheet.cell(*layout.about["date"]).number_format = "yyyy-mm-dd"


def _align(left: bool) -> Any:
    from openpyxl.styles import Alignment

    return Alignment(horizontal="left" if left else "center", vertical="center", shrink_to_fit=True)


def _frame_tests(sheet: "Worksheet", layout: Layout) -> None:
    """Draw a line above each test."""
    from openpyxl.styles import Border, Side

    for row in [place.row for place in layout.labels if place.column == LABEL and place.row > TITLES_ROW]:
        for column in range(1, LAST_COLUMN + 1):
            sheet.cell(row, column).border = Border(top=Side(style="thin", color="5F6368"))
        sheet.cell(row, LABEL).font = _font(10, bold=True)


def _font(size: float, **look: Any) -> Any:
    from openpyxl.styles import Font

    return Font(name="Calibri", size=size, **look)


class _Validator:
    """The rules of the yellow cells: what Excel accepts, and the message it shows otherwise."""

    def __init__(self, sheet: "Worksheet", layout: Layout) -> None:
        self.sheet, self.layout, self.texts = sheet, layout, read_texts(layout.language)

    def add_all(self) -> None:
        for code in dict.fromkeys(trial.code for trial in self.layout.trials):
            self._add_test(code, [trial for trial in self.layout.trials if trial.code == code])
        places = self.layout.about
        for name in ("sex", "side", "area", "site"):
            self._add_words(self.texts["about"][name], name, [places[name]], strict=name != "site")
        self._add_list(self.texts["unit"], PRESSURE_UNITS, [self.layout.unit])
        self._add_numbers(self.texts["about"]["age"], (0.0, OLDEST), [places["age"]])
        self._add_numbers(self.texts["about"]["baseline"], THERMODE_RANGE, [places["baseline"]])
        day = self._make_rule(type="date", operator="greaterThan", formula1="36526")  # 2000-01-01
        self._add_rule(day, self.texts["errors"]["date"].format(what=self.texts["about"]["date"]), [places["date"]])

    def _add_test(self, code: str, trials: list[Trial]) -> None:
        places = [trial.place for trial in trials]
        if code == "PHS":
            self._add_words(code, "tick", places)
        elif code == "PPT":
            # In any of the units: the lowest number is one in the largest unit, the highest is one in kPa.
            low, high = limit_trial(code)
            factors = [unit.factor for text in PRESSURE_UNITS if (unit := find_unit(code, text)) is not None]
            self._add_numbers(code, (round(low / max(factors), 2), high / min(factors)), places)
        elif BY_CODE[code].summary == "distance":
            low, high = limit_trial(code)
            start = self._refer_to_baseline()
            rule = self._make_rule(
                type="decimal",
                operator="between",
                formula1=f"{start}{low - BASELINE:+g}",
                formula2=f"{start}{high - BASELINE:+g}",
            )
            self._add_rule(rule, self._format_error("thermal", what=code, low=low, high=high), places)
        else:
            self._add_numbers(code, limit_trial(code), places)

    def _refer_to_baseline(self) -> str:
        """The baseline as a formula; the test area's if it is empty on the sheet of the control area."""
        row, letters = self.layout.about["baseline"].row, self.layout.about["baseline"].letters
        here = f"${letters}${row}"
        there = f"'{self.texts['sheets'][AREAS[0]]}'!{here}"
        return here if self.layout.area == AREAS[0] else f'IF({here}="",{there},{here})'

    def _add_numbers(self, what: str, limits: tuple[float, float], places: list[Place]) -> None:
        low, high = limits
        rule = self._make_rule(type="decimal", operator="between", formula1=f"{low:g}", formula2=f"{high:g}")
        self._add_rule(rule, self._format_error("number", what=what, low=low, high=high), places)

    def _add_words(self, what: str, column: str, places: list[Place], *, strict: bool = True) -> None:
        self._add_list(what, tuple(self.texts["words"][column].values()), places, strict=strict)

    def _add_list(self, what: str, words: tuple[str, ...], places: list[Place], *, strict: bool = True) -> None:
        rule = self._make_rule(type="list", formula1=f'"{",".join(words)}"')
        if not strict:
            rule.errorStyle = "warning"
        self._add_rule(
            rule, self._format_error("word" if strict else "other_word", what=what, words=", ".join(words)), places
        )

    def _make_rule(self, **settings: Any) -> "DataValidation":
        from openpyxl.worksheet.datavalidation import DataValidation

        return DataValidation(allow_blank=True, **settings)

    def _format_error(self, kind: str, **parts: float | str) -> str:
        written = {
            name: f"{part:g}".replace(".", self.texts["decimal"]) if isinstance(part, float | int) else part
            for name, part in parts.items()
        }
        return str(self.texts["errors"][kind].format(**written))

    def _add_rule(self, rule: "DataValidation", error: str, places: list[Place]) -> None:
        rule.showErrorMessage, rule.errorTitle, rule.error = True, self.texts["errors"]["title"], error
        for place in places:
            rule.add(str(place))
        self.sheet.add_data_validation(rule)


def _mark(sheet: "Worksheet", mark: str) -> None:
    """Write the text by which the reader recognises the sheet, small and in grey."""
    from openpyxl.styles import Alignment

    cell = sheet.cell(*MARK_PLACE, value=mark)
    cell.font, cell.alignment = _font(7, color="9AA0A6"), Alignment(horizontal="right", vertical="top")


def _make_instructions(sheet: "Worksheet", language: str) -> None:
    """Write the instructions as a column of paragraphs; those that begin with # are headings."""
    from openpyxl.styles import Alignment

    texts = read_texts(language)
    sheet.column_dimensions["A"].width = _PARAGRAPH_WIDTH
    for row, line in enumerate(texts["instructions"]["lines"], start=1):
        cell = sheet.cell(row, 1, value=line.removeprefix("# "))
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        heading = line.startswith("# ")
        cell.font = _font(12 if heading else 10, bold=heading)
        # Not every program adjusts the height of a row to wrapped text.
        lines = -(-len(line) // (_PARAGRAPH_WIDTH + 5))
        sheet.row_dimensions[row].height = _LINE_HEIGHT * lines + 6
    _mark(sheet, make_mark(language, INSTRUCTIONS))
    _set_page(sheet, len(texts["instructions"]["lines"]), texts, last_column=1)


def _set_page(sheet: "Worksheet", last_row: int, texts: Mapping[str, Any], last_column: int = LAST_COLUMN) -> None:
    """One A4 page in portrait; locked without a password, except for the yellow cells."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.print_area = f"A1:{Place(last_row, last_column)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "portrait", 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.page_margins.footer = 0.3
    sheet.oddFooter.center.text = texts["footer"].format(version=VERSION)  # type: ignore[union-attr]
    sheet.sheet_view.showGridLines = False
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
