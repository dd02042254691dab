"""Time series of thermodes with events: alone, and as sheets of a workbook."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import run
from device_files import WHO, ramp_series, write_csv, write_workbook
from hypothesis import given
from hypothesis import strategies as st
from lab_files import read, refuse
from paths import DEVICES

import qst

pytestmark = pytest.mark.usefixtures("work")

HEADER = ("Timestamp(msec)", "Tec(C)", "Events")


def write_series(folder: Path, rows: Sequence[Sequence[object]], name: str = "S03.csv") -> Path:
    return write_csv(folder / name, [HEADER, *rows])


def options_for(code: str) -> dict[str, dict[str, str]]:
    return {"fixed": WHO | {"subject": "7", "parameter": code}}


def test_the_temperature_at_an_event_is_the_threshold(tmp_path: Path) -> None:
    rows = ramp_series([30.4, 30.7, 30.6])
    table, problems = read(write_series(tmp_path, rows), **options_for("CDT"))
    assert not problems
    assert table["value"].tolist() == pytest.approx([1.6, 1.3, 1.4])
    assert table["series"].tolist() == ["1", "2", "3"]
    events = [number for number, row in enumerate(rows, start=2) if row[2]]
    assert table["source_row"].tolist() == events


def test_the_test_must_be_given(tmp_path: Path) -> None:
    path = write_series(tmp_path, ramp_series([44]))
    assert "use --set parameter=HPT" in refuse(path, fixed=WHO)
    assert "PPT is not measured with temperature ramps" in refuse(path, **options_for("PPT"))
    (tmp_path / "map.csv").write_text("file,parameter,subject\nS03,heat pain,009\n", encoding="utf-8")
    table, problems = read(path, fixed=WHO, assign=tmp_path / "map.csv")
    assert not problems
    assert table[["subject", "parameter", "value"]].to_numpy().tolist() == [["009", "HPT", 44]]
    wrong = run("score", path, "--set", "parameter=ELISA")
    assert wrong.exit_code == 2
    assert "parameter cannot be 'ELISA'" in wrong.stderr


def test_an_event_on_a_ramp_in_the_wrong_direction_is_not_used(tmp_path: Path) -> None:
    rows = [*ramp_series([30.5])[:-1], *([9000 + row[0], *row[1:]] for row in ramp_series([34.0]))]  # type: ignore[operator]
    table, problems = read(write_series(tmp_path, rows), **options_for("CDT"))
    assert table["value"].isna().tolist() == [False, True]
    assert [(p.code, p.row) for p in problems] == [("wrong-direction", int(table["source_row"][1]))]
    assert "the ramp is rising at the event" in problems[0].message
    assert read(write_series(tmp_path, rows), **options_for("WDT"))[0]["value"].isna().tolist() == [True, False]


def test_an_event_on_the_way_back_is_not_used(tmp_path: Path) -> None:
    rows = ramp_series([40.0], event="")
    rows[-3][2] = "Response"  # the way down after the peak, not yet half of it
    rows[-3][1], rows[-4][1] = 38.0, 40.0
    table, problems = read(write_series(tmp_path, rows), **options_for("HPT"))
    assert table["value"].isna().all()
    assert [p.code for p in problems] == ["wrong-direction"]


def test_an_event_before_any_ramp_is_not_used(tmp_path: Path) -> None:
    rows = [[0, 32.0, "Response"], *([100 + row[0], *row[1:]] for row in ramp_series([44.0]))]  # type: ignore[operator]
    table, problems = read(write_series(tmp_path, rows), **options_for("HPT"))
    assert table["value"].isna().tolist() == [True, False]
    assert [(p.code, p.row) for p in problems] == [("no-ramp", 2)]


def test_alternating_ramps_are_a_thermal_sensory_limen(tmp_path: Path) -> None:
    table, problems = read(write_series(tmp_path, ramp_series([34, 30, 34.5, 29.5, 34, 30])), **options_for("TSL"))
    assert not problems
    assert table["stimulus"].tolist() == ["warm", "cold"] * 3
    assert qst.derive_values(table)["TSL"].tolist() == pytest.approx([(34 + 34.5 + 34) / 3 - (30 + 29.5 + 30) / 3])


def test_a_button_held_down_is_one_event(tmp_path: Path) -> None:
    rows = ramp_series([44.0, 45.0], event="1")
    places = [number for number, row in enumerate(rows) if row[2]]
    for place in places:
        rows[place + 1][2] = "1"
    for row in rows:
        row[2] = row[2] or "0"
    table, problems = read(write_series(tmp_path, rows), **options_for("HPT"))
    assert not problems
    assert table["value"].tolist() == [44.0, 45.0]


@pytest.mark.parametrize(
    ("events", "values"),
    [
        (("Response", "Response"), [44, 45]),
        (("1", "2"), [44, 45]),
        (("1,0", "2,0"), [44, 45]),
        (("Antwort", "Antwort"), [44, 45]),
        (("Response", "Cut-off"), [44]),
        (("x", "x"), [44, 45]),
    ],
)
def test_which_events_are_responses(tmp_path: Path, events: tuple[str, str], values: list[float]) -> None:
    rows = [row for event, top in zip(events, (44, 45), strict=True) for row in ramp_series([top], event=event)]
    rows = [[number * 100, *row[1:]] for number, row in enumerate(rows)]
    shown: list[str] = []
    table, problems = read(write_series(tmp_path, rows), **options_for("HPT"), understood=shown)
    silent = ["ramp-without-response"] * (len(events) - len(values))
    assert [problem.code for problem in problems] == silent
    assert table["value"].tolist() == values
    assert ("'cut_off' are not responses" in shown[0]) == ("Cut-off" in events)


@pytest.mark.parametrize("events", [("x", "y"), ("2", "1"), ("start", "1")])
def test_events_of_several_kinds_are_refused_if_none_is_known_to_be_the_response(
    tmp_path: Path, events: tuple[str, str]
) -> None:
    rows = [row for event, top in zip(events, (44, 45), strict=True) for row in ramp_series([top], event=event)]
    rows = [[number * 100, *row[1:]] for number, row in enumerate(rows)]
    assert "not known which of them is the participant's response" in refuse(
        write_series(tmp_path, rows), **options_for("HPT")
    )


def test_a_series_without_events_or_out_of_order_is_refused(tmp_path: Path) -> None:
    rows = ramp_series([44.0, 45.0])
    assert "has an event, so there is no threshold" in refuse(
        write_series(tmp_path, [[*row[:2], ""] for row in rows]), **options_for("HPT")
    )
    assert "the time goes back here" in refuse(write_series(tmp_path, [*rows, *rows]), **options_for("HPT"))
    fahrenheit = write_csv(tmp_path / "f.csv", [("Timestamp(msec)", "Tec(F)", "Events"), *rows])
    assert "the temperatures are in 'F'" in refuse(fahrenheit, **options_for("HPT"))


def test_samples_and_events_without_a_temperature_are_reported(tmp_path: Path) -> None:
    rows = ramp_series([44.0, 45.0, 44.5])
    first, second, third = (number for number, row in enumerate(rows) if row[2])
    rows[first - 3][1], rows[first][1], rows[second][1] = "err", "4E", ""
    table, problems = read(write_series(tmp_path, rows), **options_for("HPT"))
    assert table["value"].isna().tolist() == [True, True, False]
    shown = {(p.code, p.row) for p in problems}
    assert shown == {("samples-unreadable", first - 1), ("not-a-number", first + 2), ("no-values", second + 2)}
    assert third


def test_a_truncated_file_keeps_the_events_before(tmp_path: Path) -> None:
    path = write_series(tmp_path, ramp_series([44.0, 45.0]))
    path.write_bytes(path.read_bytes()[:-30])
    table, _ = read(path, **options_for("HPT"))
    assert table["value"].tolist()[0] == 44


def test_a_laboratory_may_add_the_names_that_its_device_writes(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", [("ms", "Thermode", "Marker"), *ramp_series([44.0], event="klick")])
    own = tmp_path / "own.toml"
    own.write_text('[device]\ntime = ["ms"]\ntemperature = ["Thermode"]\nevent = ["Marker"]\n', encoding="utf-8")
    assert "name of a QST parameter" in refuse(path, **options_for("HPT"))
    assert read(path, **options_for("HPT"), names=own)[0]["value"].tolist() == [44.0]


TESTS = {"Cold Detection": 30.5, "Wärmeschwelle": 34.0, "Cold Pain": 12.0, "Hot pain": 45.0}


def write_book(folder: Path, about: Sequence[Sequence[object]], tests: dict[str, float]) -> Path:
    sheets: dict[str, Sequence[Sequence[object]]] = {"Description": about}
    for title, top in tests.items():
        sheets[title] = [("Time", "Temperature", "Event"), *ramp_series([top, top], step_ms=500)]
    return write_workbook(folder / "book.xlsx", sheets)


ABOUT = [["Subject ID", "007"], ["Alter", 41.5], ["Geschlecht", "w"], ["Site", "hand"], ["Operator", "xy"]]


def test_a_workbook_gives_the_tests_of_its_sheets(tmp_path: Path) -> None:
    table, problems = read(write_book(tmp_path, ABOUT, TESTS))
    assert not problems
    assert table["parameter"].tolist() == ["CDT", "CDT", "WDT", "WDT", "CPT", "CPT", "HPT", "HPT"]
    assert table["value"].tolist() == pytest.approx([1.5, 1.5, 2, 2, 12, 12, 45, 45])
    assert set(table["subject"]) == {"007"}
    assert set(table["age"]) == {41.5}
    assert set(table["sex"]) == {"female"}


def test_titles_may_name_side_and_site(tmp_path: Path) -> None:
    tests = {"Heat Pain Left Hand": 44.0, "Heat Pain right foot": 46.0}
    table, problems = read(write_book(tmp_path, ABOUT[:3], tests))
    assert not problems
    assert table[["site", "side", "value"]].drop_duplicates().to_numpy().tolist() == [
        ["hand", "left", 44.0],
        ["foot", "right", 46.0],
    ]


def test_two_sheets_of_one_test_and_place_are_reported(tmp_path: Path) -> None:
    table, problems = read(write_book(tmp_path, ABOUT, {"Heat Pain": 44.0, "Heat Pain (2)": 46.0}))
    assert len(table) == 4
    assert [p.code for p in problems] == ["test-repeated"]


def test_a_sheet_without_a_series_or_a_test_is_left_out_and_reported(tmp_path: Path) -> None:
    path = write_book(tmp_path, ABOUT, {"Heat Pain": 44.0, "Vibration": 45.0})
    table, problems = read(path)
    assert set(table["parameter"]) == {"HPT"}
    assert [(p.code, "Vibration" in str(p.file)) for p in problems] == [("test-unknown", True)]
    rows = [("Time", "Temperature", "Event"), *ramp_series([44.0], step_ms=500)]
    sheets = {"Description": ABOUT, "Heat pain": rows, "Notes": [["see", "there"]]}
    _, problems = read(write_workbook(tmp_path / "notes.xlsx", sheets))
    assert [(p.code, "Notes" in str(p.file)) for p in problems] == [("not-this-format", True)]


def test_a_description_that_contradicts_itself_or_the_user(tmp_path: Path) -> None:
    table, problems = read(write_book(tmp_path, [*ABOUT, ["ID", "008"]], {"Heat Pain": 44.0}))
    assert table["subject"].isna().all()
    assert "contradiction" in [p.code for p in problems]
    (tmp_path / "map.csv").write_text("site,side\nfoot,left\n", encoding="utf-8")
    table, problems = read(write_book(tmp_path, ABOUT, {"Heat Pain": 44.0}), assign=tmp_path / "map.csv")
    assert table[["site", "side"]].iloc[0].tolist() == ["hand", "left"]
    assert [p.code for p in problems] == ["contradiction"]


def test_a_baseline_in_the_description_is_used(tmp_path: Path) -> None:
    table, problems = read(write_book(tmp_path, [*ABOUT, ["Baseline", 30]], {"Warm detection": 34.0}))
    assert not problems
    assert table["value"].tolist() == [4, 4]


def test_the_examples_are_scored() -> None:
    assert run("score", DEVICES / "S03_thermal_synthetic.xlsx", "-o", "a.csv").exit_code == 0
    scored = qst.score(qst.load(DEVICES / "S03_thermal_synthetic.xlsx"))
    assert scored[["CDT_z", "WDT_z", "CPT_z", "HPT_z"]].notna().all(axis=None)
    alone = qst.load(DEVICES / "S03_CDT_series_synthetic.csv", fixed=WHO | {"subject": "S03", "parameter": "CDT"})
    assert qst.derive_values(alone)["CDT"].tolist() == pytest.approx(scored["CDT"].tolist())


tops = {"CDT": (20, 31.5), "WDT": (32.5, 45), "CPT": (0, 31), "HPT": (33, 50)}


@given(
    st.sampled_from(sorted(tops)).flatmap(
        lambda code: st.tuples(st.just(code), st.lists(st.floats(*tops[code]), min_size=1, max_size=4))
    ),
    st.sampled_from([(",", "."), (";", ","), ("\t", ","), ("\t", ".")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([HEADER, ("Zeit", "Temperatur", "Ereignis"), ("time (ms)", "Temp (°C)", "event")]),
    st.sampled_from(["", "NA", "n.d.", "-", "0"]),
)
def test_thresholds_come_back_in_any_dialect(
    recorded: tuple[str, list[float]], dialect: tuple[str, str], encoding: str, header: Sequence[str], missing: str
) -> None:
    code, thresholds = recorded[0], [round(value, 2) for value in recorded[1]]
    separator, decimal = dialect
    rows = [
        [time, str(temperature).replace(".", decimal), event or missing]
        for time, temperature, event in ramp_series(thresholds, step_ms=250)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "x.csv", [header, *rows], separator, encoding)
        table, problems = read(path, **options_for(code))
    assert not [problem for problem in problems if problem.code != "temperature-suspected"]
    expected = [abs(value - 32) if code in ("CDT", "WDT") else value for value in thresholds]
    assert table["value"].tolist() == pytest.approx(expected)


def silence(rows: list[list[object]], *events: int) -> list[list[object]]:
    """The recording without some of its events."""
    at = [number for number, row in enumerate(rows) if row[2]]
    for event in events:
        rows[at[event]][2] = ""
    return rows


@pytest.mark.parametrize(("code", "thresholds", "tip"), [("CPT", [12, 0, 14, 0], 0), ("HPT", [45, 50, 44, 50], 50)])
def test_ramps_to_the_device_limit_without_an_event_are_reported(
    tmp_path: Path, code: str, thresholds: list[float], tip: float
) -> None:
    rows = silence(ramp_series(thresholds), 1, 3)
    table, problems = read(write_series(tmp_path, rows), **options_for(code))
    assert table["value"].tolist() == [thresholds[0], thresholds[2]]
    first = next(number for number, row in enumerate(rows, start=2) if row[1] == tip)
    assert [(p.code, p.severity, p.row) for p in problems] == [("ramp-without-response", "warning", first)]
    assert f"2 ramps of {code} went far from the baseline and back without a response" in problems[0].message
    assert "write a response at this sample" in problems[0].message
    rows[first - 2][2] = "Response"
    table, problems = read(write_series(tmp_path, rows), **options_for(code))
    assert table["value"].tolist() == [thresholds[0], tip, thresholds[2]]
    assert "a ramp of" in problems[0].message


def test_an_overshoot_is_not_a_ramp_without_an_event(tmp_path: Path) -> None:
    rows = silence(ramp_series([30.5, 28, 30.6]), 1)
    assert not read(write_series(tmp_path, rows), **options_for("CDT"))[1]
    rows = silence(ramp_series([30.5, 26, 30.6]), 1)
    assert [p.code for p in read(write_series(tmp_path, rows), **options_for("CDT"))[1]] == ["ramp-without-response"]


def test_ramps_in_the_other_direction_matter_for_tsl_alone(tmp_path: Path) -> None:
    rows = silence(ramp_series([34, 30, 45, 30]), 2)
    assert [p.code for p in read(write_series(tmp_path, rows), **options_for("TSL"))[1]] == ["ramp-without-response"]
    cold = silence(ramp_series([12, 45, 14]), 1)
    assert not read(write_series(tmp_path, cold), **options_for("CPT"))[1]


def test_a_series_without_any_event_names_the_remedy(tmp_path: Path) -> None:
    message = refuse(write_series(tmp_path, silence(ramp_series([45, 44]), 0, 1)), **options_for("HPT"))
    assert "write an event at the sample where the participant responded or the device's limit was reached" in message


def test_each_sheet_of_a_workbook_reports_its_ramps_without_an_event(tmp_path: Path) -> None:
    who = [["Subject", "7"], ["Age", 40], ["Sex", "female"], ["Site", "hand"]]
    sheets = {
        "Description": who,
        "Heat Pain": [HEADER, *silence(ramp_series([45, 50]), 1)],
        "Cold Pain": [HEADER, *silence(ramp_series([12, 0]), 1)],
        "Warm Detection": [HEADER, *silence(ramp_series([34]), 0)],
    }
    _, problems = read(write_workbook(tmp_path / "thermal.xlsx", sheets))
    assert [(p.code, str(p.file).rpartition("[")[2]) for p in problems] == [
        ("ramp-without-response", "Heat Pain]"),
        ("ramp-without-response", "Cold Pain]"),
        ("no-events", "Warm Detection]"),
    ]
    assert "this sheet was left out" in problems[2].message
