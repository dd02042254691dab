"""The entry form: problems name sheet, row and column, and a form that was changed is refused."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from command_line import run
from entry_forms import WHO, Entries, as_entries, edit, place_of, write_both, write_filled, write_full
from lab_files import read, refuse

import qst
from qst.entry_form.writing import write_form

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    return write_full(tmp_path)


# --- cells and entries ----------------------------------------------------------------------------------------------
CELLS = [
    ("D10", "-7", "out-of-range", "CDT 1: '-7' is not possible here; expected -0.5 to 32 °C"),
    ("F11", 60, "out-of-range", "WDT 2: '60' is not possible here; expected 32 to 52.5 °C"),
    ("H12", "3O", "not-a-number", "TSL 3 warm: '3O' is not a number; expected -5 to 55 °C"),
    ("F14", "maybe", "word-unknown", "PHS 2 cold: 'maybe' is neither yes nor no"),
    ("D15", "=A1", "formula-without-result", "CPT 1: '=A1' is a formula that was never calculated"),
    ("D17", 5000, "out-of-range", "MDT 1 ascending: '5000' is not possible here; expected 0.01 to 1024 mN"),
    ("D22", 101, "out-of-range", "MPS 1 8 mN: '101' is not possible here; expected 0 to 100: correct it"),
    ("D34", 9, "out-of-range", "VDT 1: '9' is not possible here; expected 0 to 8 x/8"),
    ("D35", 0, "out-of-range", "PPT 1: '0' is not possible here; expected 1 to 2500 kPa"),
    ("B4", 455, "age-impossible", "Age (years): '455' is not possible here; expected 0 to 120 years"),
    ("B5", "f/m", "word-unknown", "Sex: 'f/m' is neither female nor male"),
    ("I5", "warm", "not-a-number", "Baseline (°C): 'warm' is not a number; expected 0 to 50 °C"),
    ("N12", 33, "not-read", "cell N12: '33' is outside the yellow cells and is not read"),
]


@pytest.mark.parametrize(("cell", "value", "code", "message"), CELLS, ids=[cell for cell, *_ in CELLS])
def test_a_cell_that_cannot_be_used_is_named(filled: Path, cell: str, value: Any, code: str, message: str) -> None:
    before, _ = read(filled)
    table, problems = read(edit(filled, {cell: value}))
    letters, row = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()  # type: ignore[union-attr]
    named = [problem for problem in problems if problem.code == code]
    assert [(p.file, p.row, p.column) for p in named] == [(f"{filled}[Test area]", int(row), letters)]
    assert message in str(named[0])
    assert len(table) == len(before)  # the trial is kept, without a value
    lost = int(before["value"].notna().sum() - table["value"].notna().sum())
    assert lost == (int(row) > 9 and code != "not-read")


def test_an_empty_cell_is_a_missing_trial_and_a_dash_is_listed(filled: Path) -> None:
    table, problems = read(edit(filled, {place_of("VDT", 3): None, place_of("CPT", 2): "n.d."}))
    assert not problems
    assert len(table[table["parameter"] == "VDT"]) == 2
    scored = qst.score(table)
    assert scored["notes"].iloc[0].split(";")[:2] == ["trials:CPT=2", "trials:VDT=2"]
    shown: list[str] = []
    qst.load(filled, understood=shown)
    assert "taken as missing: 'n.d.' (1 cells)" in "\n".join(shown)


def test_999_kpa_is_a_value_as_an_empty_cell_is_what_means_missing(filled: Path) -> None:
    table, problems = read(edit(filled, {place_of("PPT"): 999}))
    assert not problems
    assert as_entries(table)["PPT", 1, ""] == 999.0


def test_differences_from_the_baseline_are_not_taken_as_temperatures(filled: Path) -> None:
    entries = {place_of("WDT", n): 1.5 + n for n in (1, 2, 3)} | {place_of("CDT", n): 1.0 for n in (1, 2, 3)}
    table, problems = read(edit(filled, entries))
    assert [(p.code, p.row, p.column) for p in problems] == [("temperature-unclear", 11, "D")]
    assert "write 33.5 for a difference of 1.5" in problems[0].message
    assert table.loc[table["parameter"].isin(["CDT", "WDT"]), "value"].isna().all()


def test_cold_thresholds_far_from_the_baseline_are_questioned(filled: Path) -> None:
    table, problems = read(edit(filled, {place_of("CDT", n): 1.0 for n in (1, 2, 3)}))
    assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("warning", "distance-suspected", 10, "D")]
    assert as_entries(table)["CDT", 1, ""] == 31.0


def test_a_low_pressure_is_questioned_and_an_unknown_unit_refused(filled: Path) -> None:
    low = {place_of("PPT", n): 30 + n for n in (1, 2, 3)}
    table, problems = read(edit(filled, low))
    assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("warning", "value-suspicious", 35, "L")]
    assert as_entries(table)["PPT", 1, ""] == 31.0
    for text, message in (("furlong", "'furlong' is not a unit of PPT"), (None, "no unit of PPT is given")):
        table, problems = read(edit(filled, {"L35": text}))
        assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("error", "unit-unknown", 35, "L")]
        assert message in problems[0].message
        assert table.loc[table["parameter"] == "PPT", "value"].isna().all()


def test_gaps_of_the_head_are_named_and_can_be_filled_by_options(filled: Path) -> None:
    edit(filled, {"B2": None, "B4": None})
    table, problems = read(filled)
    assert [(p.code, p.row, p.column) for p in problems if p.severity == "warning"] == [
        ("missing-subject", 2, "B"), ("missing-age", 4, "B"), ("no-subject", 9, None),
    ]  # fmt: skip
    assert [p.code for p in problems if p.severity == "error"] == ["no-age"]
    table, problems = read(filled, fixed={"age": "33", "subject": "P9"})
    assert not problems
    assert (set(table["subject"]), set(table["age"])) == ({"P9"}, {33.0})


def test_age_and_sex_can_come_from_the_demographics(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,age,sex\n007,61,m\n", encoding="utf-8")
    table, problems = read(edit(filled, {"B4": None, "B5": None}), demographics=tmp_path / "people.csv")
    assert not problems
    assert (set(table["age"]), set(table["sex"])) == ({61.0}, {"male"})


def test_options_for_other_files_do_not_change_the_values_of_the_form(filled: Path) -> None:
    plain, _ = read(filled)
    for options in ({"thermal": "difference"}, {"thermal": "absolute"}, {"decimal": ","}, {"format": "entry-form"}):
        table, problems = read(filled, **options)
        assert not problems
        assert table["value"].tolist() == pytest.approx(
            [
                -value if options.get("thermal") == "difference" and code == "CDT" else value
                for code, value in zip(plain["parameter"], plain["value"], strict=True)
            ]
        )  # fmt: skip  (the sign of a difference does not matter)


# --- changed forms and other workbooks ------------------------------------------------------------------------------
CHANGES = [
    ({"A10": "Cold"}, "[Test area]:10: column A: expected 'Cold detection threshold (CDT)' in cell A10, found 'Cold'"),
    ({"C22": "512 mN"}, ":22: column C: expected '8 mN' in cell C22, found '512 mN'"),
    ({"F2": None}, ":2: column F: expected 'Area' in cell F2, found nothing"),
    ({"L1": "qst-entry-form 2 en test"}, "version 2 (en) of the entry form, and this program reads version 1"),
    ({"L1": "qst-entry-form 1 fr test"}, "version 1 (fr) of the entry form, and this program reads version 1 (en, de)"),
]


@pytest.mark.parametrize(
    ("cells", "message"), CHANGES, ids=[next(iter(cells)) + message[-8:] for cells, message in CHANGES]
)
def test_an_edited_form_is_refused_with_the_cell(filled: Path, cells: dict[str, Any], message: str) -> None:
    assert message in refuse(edit(filled, cells))


@pytest.mark.parametrize("change", ["insert_rows", "delete_rows"])
def test_moved_rows_are_refused(filled: Path, change: str) -> None:
    book = openpyxl.load_workbook(filled)
    getattr(book["Test area"], change)(12)
    book.save(filled)
    assert "column A: expected 'Thermal sensory limen (TSL)' in cell A12, found" in refuse(filled)


def test_a_row_above_all_others_is_refused(filled: Path) -> None:
    book = openpyxl.load_workbook(filled)
    book["Test area"].insert_rows(1)
    book.save(filled)
    assert "expected 'qst-entry-form 1 en test' in cell L1, found nothing" in refuse(filled)


def test_another_table_is_not_a_form() -> None:
    assert "no sheet has the mark of the entry form in cell L1" in refuse(Path("good.csv"), format="entry-form")


def test_sheets_may_be_renamed_and_others_are_not_read(filled: Path) -> None:
    book = openpyxl.load_workbook(filled)
    book["Test area"].title = "Knie"
    book.create_sheet("Notes")["A1"] = "called on Monday"
    book.save(filled)
    table, problems = read(filled)
    assert [(p.severity, p.code, p.file) for p in problems] == [("warning", "not-read", f"{filled}[Notes]")]
    assert set(table["source_file"]) == {f"{filled}[Knie]"}


def test_a_sheet_can_be_chosen(tmp_path: Path) -> None:
    table, _ = read(write_both(tmp_path / "form.xlsx"), sheet="Test area")
    assert table["area"].tolist() == ["test"]


def test_a_folder_of_forms_is_a_cohort(tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    one: Entries = {("HPT", n, ""): 44.0 + n for n in (1, 2, 3)}
    for number, language in enumerate(("en", "de", "en")):
        write_filled(folder / f"{number}.xlsx", language, test=({**WHO, "subject": f"00{number}"}, one))
    write_form(folder / "empty.xlsx")
    result = run("score", folder, "-o", "out.csv")
    scored = pd.read_csv("out.csv", dtype={"subject": str})
    assert scored[["subject", "HPT", "n_scored"]].values.tolist() == [[f"00{n}", 46.0, 1] for n in range(3)]
    assert "empty.xlsx[Test area]:10: the form has no value yet" in result.stderr
    assert result.exit_code == 1


def test_a_form_is_read_from_the_file_once(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook with formulas is read a second time for their results; rules of validation are not formulas."""
    opened = []
    load = openpyxl.load_workbook
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *a, **k: (opened.append(1), load(*a, **k))[1])
    read(filled)
    assert len(opened) == 1


def test_a_form_of_an_excluded_record_is_left_out_with_its_problems(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    folder.mkdir()
    edit(filled, {"D10": 70}).rename(folder / "a.xlsx")
    write_filled(folder / "b.xlsx", test=({**WHO, "subject": "008"}, {("HPT", 1, ""): 45.0}))
    table, problems = read(folder, exclude_records="007")
    assert table["subject"].tolist() == ["008"]
    assert {problem.code for problem in problems} == {"all-excluded"}
