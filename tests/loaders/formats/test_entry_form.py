"""The entry form: what is written into it comes back to the last trial, and what is no form of ours is refused."""

import math
import re
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import openpyxl
import pandas as pd
import pytest
from command_line import ROOT, run, work  # noqa: F401 (work is a fixture for all tests)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lab_files import read, refuse

import qst
from qst.entry_form.layout import LANGUAGES, VERSION, Place, Trial, lay_out, order_runs, read_texts
from qst.entry_form.writing import fill_form, make_form, save_form, write_form
from qst.errors import OptionError
from qst.protocol import BY_CODE, CODES

EXAMPLE = ROOT / "examples" / "entry_form.xlsx"
WHO = {"subject": "007", "visit": "2", "age": 45.5, "sex": "female", "site": "hand", "side": "left"}
LIMITS = {
    "CDT": (0, 30.4), "WDT": (32.1, 50), "TSL": (0, 50), "CPT": (0, 32), "HPT": (32, 50), "MDT": (0.25, 512),
    "MPT": (8, 512), "MPS": (0, 100), "DMA": (0, 100), "WUR": (0, 100), "VDT": (0, 8), "PPT": (110, 1000),
}  # fmt: skip
"""What the tests write into the cells, in the unit of the form."""

Entries = dict[tuple[str, int, str], float | str]


def trials_of(area: str = "test") -> tuple[Trial, ...]:
    return lay_out(area, "en").trials


def place_of(code: str, series: int = 1, stimulus: str = "", area: str = "test") -> str:
    return str(next(trial.place for trial in trials_of(area) if trial[1:] == (code, series, stimulus)))


def make_entries(start: float = 0.5) -> Entries:
    """A number for each cell, all different within a test as far as possible."""
    entries: Entries = {}
    for number, trial in enumerate(trials_of()):
        low, high = LIMITS.get(trial.code, (0, 1))
        share = (start + 0.37 * number) % 1
        entries[trial[1:]] = round(low + share * (high - low), 2) if trial.code != "PHS" else ("yes", "no")[number % 2]
    return entries


def write_filled(path: Path, language: str = "en", **areas: tuple[dict[str, Any], Entries]) -> Path:
    book = make_form(language)
    for area, (about, entries) in areas.items():
        fill_form(book, area, language, about, entries)
    save_form(book, path)
    return path


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A form with every cell of the test area filled, and the control area not measured."""
    return write_filled(tmp_path / "filled.xlsx", test=(WHO, make_entries()))


def edit(path: Path, cells: dict[str, Any], sheet: str = "Test area") -> Path:
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        book[sheet][cell] = value
    book.save(path)
    return path


def as_entries(table: pd.DataFrame) -> dict[tuple[str, int, str], float]:
    keys = zip(table["parameter"], table["series"].astype(int), table["stimulus"].fillna(""), strict=True)
    return dict(zip(keys, table["value"], strict=True))


# --- the layout -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", ["test", "control"])
def test_the_form_has_a_cell_for_each_trial_of_the_protocol(area: str, language: str) -> None:
    layout = lay_out(area, language)
    counts = pd.Series([trial.code for trial in layout.trials]).value_counts()
    assert counts.to_dict() == {code: BY_CODE[code].trials for code in CODES}
    cells = [trial.place for trial in layout.trials] + [*layout.about.values(), layout.unit, *layout.labels]
    assert len(set(cells)) == len(cells)
    assert all(Place(trial.place.row, trial.place.column - 1) in layout.labels for trial in layout.trials)
    assert layout.trials == tuple(Trial(*trial) for trial in lay_out(area, "en").trials)


def test_the_tests_stand_in_record_sheet_order() -> None:
    # FIELD: CDT WDT TSL PHS CPT HPT MDT MPT MPS DMA WUR VDT PPT; DMA is rated among the pinpricks.
    order = list(dict.fromkeys(trial.code for trial in trials_of()))
    assert order == ["CDT", "WDT", "TSL", "PHS", "CPT", "HPT", "MDT", "MPT", "MPS", "DMA", "WUR", "VDT", "PPT"]


def test_runs_are_balanced() -> None:
    neighbours: set[tuple[str, str]] = set()
    for area in ("test", "control"):
        runs = order_runs(area)
        assert len(runs) == 5
        assert all(len(set(run)) == 10 for run in runs)
        for stimulus in runs[0]:
            assert len({run.index(stimulus) for run in runs}) == 5
        pairs = [pair for run in runs for pair in pairwise(run)]
        assert not neighbours & set(pairs)
        assert len(set(pairs)) == len(pairs)
        neighbours |= set(pairs)
    assert len(neighbours) == 10 * 9  # both areas together: each stimulus follows each other one once


def test_the_languages_have_the_same_texts() -> None:
    def keys(texts: dict[str, Any], above: str = "") -> set[str]:
        below = [keys(v, f"{above}{k}.") if isinstance(v, dict) else {above + k} for k, v in texts.items()]
        return set().union(*below)

    english, german = (read_texts(language) for language in LANGUAGES)
    assert keys(english) == keys(german)
    assert len(english["instructions"]["lines"]) == len(german["instructions"]["lines"])


# --- the workbook ---------------------------------------------------------------------------------------------------


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


def test_a_form_that_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    for name, reason in (("good.csv", "exists already"), ("form.csv", r"its ending must be one of \.xlsx")):
        with pytest.raises(OptionError, match=reason):
            write_form(tmp_path / name)
    with pytest.raises(OptionError, match="there is no form in 'fr': choose one of en, de"):
        write_form(tmp_path / "form.xlsx", "fr")
    assert not (tmp_path / "form.xlsx").exists()


def test_command_writes_the_form_and_says_so() -> None:
    result = run("form", "-o", "bogen.xlsx", "--lang", "de")
    assert (result.exit_code, result.stderr) == (0, "Written: bogen.xlsx\n")
    again = run("form", "-o", "bogen.xlsx")
    assert again.exit_code == 2
    assert "bogen.xlsx exists already and may be filled in: choose another name" in again.stderr
    empty = run("score", "bogen.xlsx", "-o", "out.csv")
    assert empty.exit_code == 1
    assert "the form has no value yet: fill in its yellow cells, from D10 on" in empty.stderr


# --- what is written comes back -------------------------------------------------------------------------------------


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """What a person may write into a form: any cells, in a language, a unit of pressure, with commas as texts."""

    def fill(area: str) -> Entries:
        share = draw(st.sampled_from([0.1, 0.8, 1.0]))
        random = draw(st.randoms(use_true_random=False))
        entries: Entries = {}
        for trial in trials_of(area):
            if random.random() < share:
                low, high = LIMITS.get(trial.code, (0, 1))
                number = round(random.uniform(low, high), random.choice((0, 1, 2)))
                entries[trial[1:]] = min(max(number, low), high)
                if trial.code == "PHS":
                    entries[trial[1:]] = random.choice(("yes", "no"))
        return entries or {("HPT", 1, ""): 45.0}

    return {
        "language": draw(st.sampled_from(LANGUAGES)),
        "unit": draw(st.sampled_from([("kPa", 1.0), ("N/cm²", 10.0), ("kgf", 98.0665)])),
        "comma": draw(st.booleans()),
        "baseline": draw(st.sampled_from([32, 30.5])),
        "test": fill("test"),
        "control": fill("control") if draw(st.booleans()) else {},
    }


def write_as_person(entries: Entries, factor: float, comma: bool) -> Entries:
    """The entries as they are typed: PPT in the device's unit, fractions with a comma as text if that is wanted."""
    typed: Entries = {}
    for key, value in entries.items():
        number = value / factor if key[0] == "PPT" and isinstance(value, float) else value
        typed[key] = str(number).replace(".", ",") if comma and isinstance(number, float) else number
    return typed


def geometric(values: list[float]) -> float:
    return math.exp(fmean(math.log(value) for value in values))


def derive_by_hand(entries: Entries, baseline: float) -> dict[str, float]:
    """The values after DESIGN section 4, from what stands on the form; without any code of the program."""

    def numbers(code: str, stimulus: str | None = None) -> list[float]:
        return [float(v) for (c, _, s), v in entries.items() if c == code and stimulus in (None, s)]

    values = {code: fmean(numbers(code)) for code in ("CPT", "HPT", "PPT", "VDT") if numbers(code)}
    values |= {code: abs(fmean(numbers(code)) - baseline) for code in ("CDT", "WDT") if numbers(code)}
    values |= {code: geometric(numbers(code)) for code in ("MDT", "MPT") if numbers(code)}
    values |= {code: geometric([n + 0.1 for n in numbers(code)]) for code in ("MPS", "DMA") if numbers(code)}
    if numbers("TSL", "warm") and numbers("TSL", "cold"):
        values["TSL"] = fmean(numbers("TSL", "warm")) - fmean(numbers("TSL", "cold"))
    if numbers("WUR", "train") and numbers("WUR", "single") and fmean(numbers("WUR", "single")):
        values["WUR"] = fmean(numbers("WUR", "train")) / fmean(numbers("WUR", "single"))
    ticks = [value == "yes" for (code, _, _), value in entries.items() if code == "PHS"]
    return values | ({"PHS": float(sum(ticks))} if ticks else {})


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # a workbook takes long to write and read
    suppress_health_check=list(HealthCheck),
)
@given(form=forms())
def test_every_trial_comes_back_and_is_scored_as_its_value(
    form: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    (unit, factor), baseline = form["unit"], form["baseline"]
    head = {**WHO, "baseline": baseline, "unit": unit, "examiner": "=A; b"}
    areas = {
        "test": (head, write_as_person(form["test"], factor, form["comma"])),
        "control": ({"side": "right", "unit": unit}, write_as_person(form["control"], factor, form["comma"])),
    }
    path = write_filled(tmp_path_factory.mktemp("form") / "form.xlsx", form["language"], **areas)
    table, problems = read(path)
    assert [problem for problem in problems if problem.code != "distance-suspected"] == []
    for area in ("test", "control"):
        rows = table[table["area"] == area]
        expected = {
            key: float(value == "yes") if key[0] == "PHS" else abs(float(value) - baseline)
            if key[0] in ("CDT", "WDT") else float(value)
            for key, value in form[area].items()
        }  # fmt: skip
        assert as_entries(rows) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    who = table.drop_duplicates("area").set_index("area")
    assert who["side"].to_dict() == ({"test": "left", "control": "right"} if form["control"] else {"test": "left"})
    for column, value in (("subject", "007"), ("visit", "2"), ("age", 45.5), ("sex", "female"), ("site", "hand")):
        assert set(table[column]) == {value}
    assert set(table["examiner"]) == {"=A; b"}

    by_hand = [
        {**WHO, "area": area, "side": side, **derive_by_hand(form[area], baseline)}
        for area, side in (("test", "left"), ("control", "right"))
        if form[area]
    ]
    scored, wide = qst.score(table), qst.score(pd.DataFrame(by_hand))
    for column in (*CODES, *(name for name in wide if name.endswith("_z"))):
        assert scored[column].tolist() == pytest.approx(wide[column].tolist(), rel=1e-9, abs=1e-9, nan_ok=True)
    for code in CODES:
        assert scored[f"{code}_finding"].fillna("").tolist() == wide[f"{code}_finding"].fillna("").tolist()


def test_what_is_needed_for_stimulus_response_curves_survives(filled: Path) -> None:
    table, _ = read(filled)
    ratings = table[table["parameter"] == "MPS"].pivot_table(index="stimulus", columns="series", values="value")
    assert set(ratings.index) == {"8 mN", "16 mN", "32 mN", "64 mN", "128 mN", "256 mN", "512 mN"}
    assert list(ratings.columns) == ["1", "2", "3", "4", "5"]
    assert ratings.notna().all(axis=None)
    touch = table[table["parameter"] == "DMA"].groupby("stimulus")["series"].nunique()
    assert touch.to_dict() == {"cotton wisp": 5, "cotton tip": 5, "brush": 5}
    for code, stimuli in (("MDT", {"up", "down"}), ("WUR", {"single", "train"}), ("TSL", {"warm", "cold"})):
        assert set(table.loc[table["parameter"] == code, "stimulus"]) == stimuli


def test_the_reader_finds_each_cell_where_a_person_sees_it(tmp_path: Path) -> None:
    """Cells named by hand from the printed form, so that a layout that moved without a new version is noticed."""
    path = edit(
        write_filled(tmp_path / "form.xlsx"),
        {"B2": "P1", "B4": 50, "B5": "male", "I3": "foot", "I4": "right", "D10": 30.5, "H11": 34.25, "F13": 29.5,
         "H14": "yes", "L20": 128, "J23": 7, "L32": 33, "H34": 7.5, "D35": 3, "L35": "kgf", "B36": "tired"},
    )  # fmt: skip
    table, problems = read(path)
    assert not problems
    assert as_entries(table) == pytest.approx(
        {("CDT", 1, ""): 1.5, ("WDT", 3, ""): 2.25, ("TSL", 2, "cold"): 29.5, ("PHS", 3, "cold"): 1.0,
         ("MPT", 5, "down"): 128.0, ("DMA", 4, "cotton wisp"): 7.0, ("WUR", 5, "single"): 33.0,
         ("VDT", 3, ""): 7.5, ("PPT", 1, ""): 3 * 98.0665}
    )  # fmt: skip
    row = table.iloc[0]
    assert (row["subject"], row["age"], row["sex"], row["site"], row["side"]) == ("P1", 50.0, "male", "foot", "right")
    assert set(table["remarks"]) == {"tired"}
    assert table["source_row"].tolist() == [10, 11, 13, 14, 20, 23, 32, 34, 35]
    assert VERSION == 1


# --- problems name sheet, row and column ----------------------------------------------------------------------------

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


def test_an_empty_cell_is_a_missing_trial_and_a_dash_is_said(filled: Path) -> None:
    table, problems = read(edit(filled, {place_of("VDT", 3): None, place_of("CPT", 2): "n.d."}))
    assert not problems
    assert len(table[table["parameter"] == "VDT"]) == 2
    scored = qst.score(table)
    assert scored["notes"].iloc[0].split(";")[:2] == ["trials:CPT=2", "trials:VDT=2"]
    told: list[str] = []
    qst.load(filled, understood=told)
    assert "taken as missing: 'n.d.' (1 cells)" in "\n".join(told)


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


def test_cold_thresholds_far_from_the_baseline_are_asked_about(filled: Path) -> None:
    table, problems = read(edit(filled, {place_of("CDT", n): 1.0 for n in (1, 2, 3)}))
    assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("warning", "distance-suspected", 10, "D")]
    assert as_entries(table)["CDT", 1, ""] == 31.0


def test_a_low_pressure_is_asked_about_and_an_unknown_unit_refused(filled: Path) -> None:
    low = {place_of("PPT", n): 30 + n for n in (1, 2, 3)}
    table, problems = read(edit(filled, low))
    assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("warning", "value-suspicious", 35, "L")]
    assert as_entries(table)["PPT", 1, ""] == 31.0
    for text, message in (("furlong", "'furlong' is not a unit of PPT"), (None, "no unit of PPT is given")):
        table, problems = read(edit(filled, {"L35": text}))
        assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("error", "unit-unknown", 35, "L")]
        assert message in problems[0].message
        assert table.loc[table["parameter"] == "PPT", "value"].isna().all()


def test_gaps_of_the_head_are_named_and_can_be_said(filled: Path) -> None:
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


def test_options_for_other_files_do_not_change_what_the_form_says(filled: Path) -> None:
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


# --- both areas -----------------------------------------------------------------------------------------------------


def test_an_area_that_was_not_measured_is_told_and_is_no_problem(filled: Path) -> None:
    told: list[str] = []
    problems: list[qst.Problem] = []
    table = qst.load(filled, problems=problems, understood=told)
    assert not problems
    assert set(table["area"]) == {"test"}
    assert "sheet 'Control area' has no trial" in told[0]


def test_a_control_area_alone_takes_the_person_from_the_other_sheet(tmp_path: Path) -> None:
    entries: Entries = {("HPT", 1, ""): 44.0}
    path = write_filled(tmp_path / "form.xlsx", test=(WHO, {}), control=({"side": "right"}, entries))
    told: list[str] = []
    table = qst.load(path, problems=(problems := []), understood=told)
    assert not problems
    assert table[["subject", "age", "site", "side", "area"]].values.tolist() == [
        ["007", 45.5, "hand", "right", "control"]
    ]
    assert "subject, visit, age, sex, site, baseline as on sheet 'Test area'" in told[0]


def both(path: Path, **control: Any) -> Path:
    one: Entries = {("HPT", 1, ""): 44.0}
    return write_filled(path, test=(WHO, one), control=({"side": "right", **control}, one))


def test_sheets_about_two_people_are_refused(tmp_path: Path) -> None:
    reason = refuse(both(tmp_path / "form.xlsx", subject="008"))
    assert "[Control area]:2: column B: subject is '008' here and '007' in cell B2 of sheet 'Test area'" in reason


def test_sheets_about_the_same_area_are_refused(tmp_path: Path) -> None:
    reason = refuse(both(tmp_path / "form.xlsx", side="left", area="test"))
    assert (
        "[Control area]:2: column I: site, side and area (hand, left, test) are the same as on sheet 'Test area'"
        in reason
    )


def test_what_the_control_area_says_itself_counts(tmp_path: Path) -> None:
    table, problems = read(both(tmp_path / "form.xlsx", site="foot", examiner="B", sex="f"))
    assert not problems
    assert table["site"].tolist() == ["hand", "foot"]
    assert table["examiner"].fillna("").tolist() == ["", "B"]


# --- what is no form of ours ----------------------------------------------------------------------------------------

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


def test_another_table_is_no_form() -> None:
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
    table, _ = read(both(tmp_path / "form.xlsx"), sheet="Test area")
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
    """Rules of validation are no formulas, for whose results a workbook is read a second time."""
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


# --- the example ----------------------------------------------------------------------------------------------------


def test_the_example_is_scored_as_the_same_trials_in_a_table() -> None:
    form, problems = read(EXAMPLE)
    assert not problems
    table = qst.load(ROOT / "examples" / "trials_synthetic.csv")
    listed = qst.score(table[table["subject"] == "S03"])
    scored = qst.score(form)
    assert scored[["subject", "age", "sex", "site", "side", "area"]].equals(
        listed[["subject", "age", "sex", "site", "side", "area"]].reset_index(drop=True)
    )
    for column in (*CODES, *(name for name in scored if name.endswith("_z"))):
        assert scored[column].tolist() == pytest.approx(listed[column].tolist(), rel=1e-9, nan_ok=True)
    assert set(form["date"]) == {"2026-03-05"}
