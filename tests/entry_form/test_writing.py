"""The workbook of the entry form: which cells can be written into, their rules, and the command that writes it."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from command_line import run

from qst.entry_form.layout import LANGUAGES, lay_out, read_texts
from qst.entry_form.writing import make_form, write_form
from qst.errors import OptionError

pytestmark = pytest.mark.usefixtures("work")


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_yellow_cells_can_be_written_into_and_each_is_checked(tmp_path: Path, language: str) -> None:
    write_form(tmp_path / "form.xlsx", language)
    book = openpyxl.load_workbook(tmp_path / "form.xlsx")
    assert book.sheetnames == [read_texts(language)["sheets"][name] for name in ("test", "control", "instructions")]
    for area in ("test", "control"):
        layout, sheet = lay_out(area, language), book[read_texts(language)["sheets"][area]]
        assert sheet.protection.sheet
        assert sheet.protection.password is None
        yellow = {str(place) for place in (*layout.about.values(), *(t.place for t in layout.trials), layout.unit)}
        merged = {cell for area_ in sheet.merged_cells.ranges for row in area_.rows for cell in row[:]}
        inside = {sheet.cell(*cell).coordinate for cell in merged} - yellow
        written = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
        assert written - inside == yellow
        rules = {cell: rule for rule in sheet.data_validations.dataValidation for cell in str(rule.sqref).split()}
        free = {str(layout.about[name]) for name in ("subject", "visit", "device", "examiner", "remarks")}
        checked = {cell for reference in rules for cell in expand(sheet, reference)}
        assert checked == yellow - free
        for rule in rules.values():
            assert rule.showErrorMessage
            assert 0 < len(rule.error) <= 255  # what Excel holds
            assert 0 < len(rule.errorTitle) <= 32
            assert len(rule.formula1) <= 255
        assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "portrait")
        assert (sheet.page_setup.fitToWidth, sheet.sheet_properties.pageSetUpPr.fitToPage) == (1, True)
        assert sheet.print_area.endswith(f"$L${layout.last_row}")
        assert sheet.freeze_panes == "A3"


def expand(sheet: Any, reference: str) -> set[str]:
    found = sheet[reference]
    return {found.coordinate} if not isinstance(found, tuple) else {cell.coordinate for row in found for cell in row}


def test_rules_speak_of_the_language_and_of_the_baseline() -> None:
    book = make_form("de")
    rules = {rule.error: rule for rule in book["Kontrollareal"].data_validations.dataValidation}
    cold = next(rule for error, rule in rules.items() if error.startswith("CDT"))
    assert "von -0,5 bis 32 °C" in cold.error
    assert cold.formula1 == "IF($I$5=\"\",'Testareal'!$I$5,$I$5)-32.5"
    assert any(error == "Geschlecht: bitte wählen: weiblich, männlich." for error in rules)


def test_the_same_form_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.xlsx", "other.xlsx"):
        write_form(tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "other.xlsx").read_bytes()


def test_an_existing_form_is_not_overwritten(tmp_path: Path) -> None:
    for name, reason in (("good.csv", "exists already"), ("form.csv", r"its ending must be one of \.xlsx")):
        with pytest.raises(OptionError, match=reason):
            write_form(tmp_path / name)
    with pytest.raises(OptionError, match="there is no form in 'fr': choose one of en, de"):
        write_form(tmp_path / "form.xlsx", "fr")
    assert not (tmp_path / "form.xlsx").exists()


def test_the_command_writes_the_form_and_names_it() -> None:
    result = run("form", "-o", "bogen.xlsx", "--lang", "de")
    assert (result.exit_code, result.stderr) == (0, "Written: bogen.xlsx\n")
    again = run("form", "-o", "bogen.xlsx")
    assert again.exit_code == 2
    assert "bogen.xlsx exists already and may be filled in: choose another name" in again.stderr
    empty = run("score", "bogen.xlsx", "-o", "out.csv")
    assert empty.exit_code == 1
    assert "the form has no value yet: fill in its yellow cells, from D10 on" in empty.stderr
