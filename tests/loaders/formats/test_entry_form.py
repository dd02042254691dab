"""The entry form: every trial that is written into it is read again."""

import math
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from entry_forms import LIMITS, WHO, Entries, as_entries, edit, trials_of, write_both, write_filled, write_full
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lab_files import read, refuse
from paths import ROOT

import qst
from qst.entry_form.layout import LANGUAGES, VERSION
from qst.protocol import CODES

EXAMPLE = ROOT / "examples" / "entry_form.xlsx"

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    return write_full(tmp_path)


# --- what is written is read again ----------------------------------------------------------------------------------
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
    """The entries as they are typed: PPT in the device's unit, fractions with a comma as text if `comma` is set."""
    typed: Entries = {}
    for key, value in entries.items():
        number = value / factor if key[0] == "PPT" and isinstance(value, float) else value
        typed[key] = str(number).replace(".", ",") if comma and isinstance(number, float) else number
    return typed


def geometric(values: list[float]) -> float:
    return math.exp(fmean(math.log(value) for value in values))


def derive_by_hand(entries: Entries, baseline: float) -> dict[str, float]:
    """The values by DESIGN section 4 from the entries of the form, without any code of the program."""

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
    """Cells named by hand from the printed form, to notice a layout that moved without a new version."""
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


# --- both areas -----------------------------------------------------------------------------------------------------
def test_an_area_that_was_not_measured_is_mentioned_and_not_a_problem(filled: Path) -> None:
    shown: list[str] = []
    problems: list[qst.Problem] = []
    table = qst.load(filled, problems=problems, understood=shown)
    assert not problems
    assert set(table["area"]) == {"test"}
    assert "sheet 'Control area' has no trial" in shown[0]


def test_a_control_area_alone_takes_the_person_from_the_other_sheet(tmp_path: Path) -> None:
    entries: Entries = {("HPT", 1, ""): 44.0}
    path = write_filled(tmp_path / "form.xlsx", test=(WHO, {}), control=({"side": "right"}, entries))
    shown: list[str] = []
    table = qst.load(path, problems=(problems := []), understood=shown)
    assert not problems
    assert table[["subject", "age", "site", "side", "area"]].values.tolist() == [
        ["007", 45.5, "hand", "right", "control"]
    ]
    assert "subject, visit, age, sex, site, baseline as on sheet 'Test area'" in shown[0]


def test_sheets_about_two_people_are_refused(tmp_path: Path) -> None:
    reason = refuse(write_both(tmp_path / "form.xlsx", subject="008"))
    assert "[Control area]:2: column B: subject is '008' here and '007' in cell B2 of sheet 'Test area'" in reason


def test_sheets_about_the_same_area_are_refused(tmp_path: Path) -> None:
    reason = refuse(write_both(tmp_path / "form.xlsx", side="left", area="test"))
    assert (
        "[Control area]:2: column I: site, side and area (hand, left, test) are the same as on sheet 'Test area'"
        in reason
    )


def test_entries_of_the_control_area_take_precedence(tmp_path: Path) -> None:
    table, problems = read(write_both(tmp_path / "form.xlsx", site="foot", examiner="B", sex="f"))
    assert not problems
    assert table["site"].tolist() == ["hand", "foot"]
    assert table["examiner"].fillna("").tolist() == ["", "B"]


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
