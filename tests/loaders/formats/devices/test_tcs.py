"""Threshold files of the TCS stimulator."""

import tempfile
from pathlib import Path

import pytest
from command_line import run
from device_files import TCS_HEADER, WHO, tcs_row, write_csv, write_tcs
from hypothesis import given
from hypothesis import strategies as st
from lab_files import read, refuse
from paths import DEVICES

import qst

pytestmark = pytest.mark.usefixtures("work")

EXAMPLE = DEVICES / "S01_tcs_synthetic.csv"


def test_trials_become_distances_and_temperatures(tmp_path: Path) -> None:
    rows = [
        tcs_row("007", "CDT1", (30.9, 31.0, 30.9, 30.9, 30.8)),
        tcs_row("007", "HPT2", (43.0, 43.2, 43.1, 43.1, 43.1)),
    ]
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert not problems
    assert table[["subject", "parameter", "series"]].to_numpy().tolist() == [["007", "CDT", "1"], ["007", "HPT", "2"]]
    assert table["value"].tolist() == pytest.approx([32 - 30.9, 43.1])
    assert table["AllTemps"][0] == "[30.9, 31.0, 30.9, 30.9, 30.8]"
    assert table["source_row"].tolist() == [2, 3]


def test_a_failed_reading_of_0_is_missing_and_reported(tmp_path: Path) -> None:
    rows = [tcs_row("007", "HPT1", (0, 0, 0, 0, 0)), tcs_row("007", "HPT2", (43, 43, 43, 43, 43))]
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False]
    assert [(p.severity, p.code, p.row, p.column) for p in problems] == [("error", "failed-read", 2, "meanTemp")]


def test_a_cold_pain_threshold_of_0_can_be_marked_as_genuine(tmp_path: Path) -> None:
    failed, floor = tcs_row("7", "CPT1", (0, 0, 0, 0, 0)), ["7", "CPT2", "0.0", "30", "", "10:12"]
    table, problems = read(write_tcs(tmp_path, [failed, floor]), fixed=WHO)
    assert table["value"].tolist()[1] == 0
    assert table["value"].isna().tolist() == [True, False]
    assert [p.code for p in problems] == ["failed-read", "zones-missing"]
    assert "no pain down to 0 °C, empty AllTemps" in problems[0].message
    detection = ["7", "CDT2", "0.0", "30", "", "10:12"]
    assert [p.code for p in read(write_tcs(tmp_path, [detection]), fixed=WHO)[1]] == ["failed-read"]


def test_the_last_repetition_of_a_trial_counts_and_the_others_are_reported(tmp_path: Path) -> None:
    same = (30, 30, 30, 30, 30)
    rows = [tcs_row("7", "CDT1", same), tcs_row("7", "CDT2", (31, 31, 31, 31, 31)), tcs_row("7", "CDT1", same)]
    rows.append(tcs_row("7", "CDT1", (29, 29, 29, 29, 29)))
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert table["keep"].tolist() == [False, True, False, True]
    assert [(p.code, p.severity, p.row) for p in problems] == [("trial-repeated", "warning", row) for row in (2, 4)]
    assert qst.derive_values(table)["CDT"].tolist() == pytest.approx([(1 + 3) / 2])


def test_a_header_in_the_middle_is_left_out_and_reported(tmp_path: Path) -> None:
    rows = [tcs_row("7", "HPT1", (43, 43, 43, 43, 43)), TCS_HEADER, tcs_row("7", "HPT2", (44, 44, 44, 44, 44))]
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert table["value"].tolist() == [43, 44]
    assert [(p.code, p.row) for p in problems] == [("second-header", 3)]


def test_a_mean_that_differs_from_that_of_the_zones_is_not_used(tmp_path: Path) -> None:
    zones = (43.0, 43.0, 43.0, 43.0, 43.0)
    rows = [tcs_row("7", "HPT1", zones, 43.06), tcs_row("7", "HPT2", zones, 43.04), tcs_row("7", "HPT3", zones, 0)]
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False, True]
    assert [(p.code, p.row) for p in problems] == [("zones-differ", 2), ("zones-differ", 4)]
    assert "the mean of the 5 zones (43.00 °C)" in problems[0].message


@pytest.mark.parametrize("zones", ["", "[43.0, 43.0]", "43", "[a, b, c, d, e]"])
def test_without_zones_the_mean_is_used_and_that_is_reported(tmp_path: Path, zones: str) -> None:
    table, problems = read(write_tcs(tmp_path, [["7", "HPT1", "43.1", "2", zones, "10:12"]]), fixed=WHO)
    assert table["value"].tolist() == [43.1]
    assert [(p.code, p.severity) for p in problems] == [("zones-missing", "warning")]


def test_a_threshold_on_the_wrong_side_of_the_baseline_is_not_used(tmp_path: Path) -> None:
    rows = [tcs_row("7", "CDT1", (34, 34, 34, 34, 34)), tcs_row("7", "CDT2", (32.2, 32.2, 32.2, 32.2, 32.2))]
    rows.append(tcs_row("7", "WDT1", (31, 31, 31, 31, 31)))
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False, True]
    assert [(p.code, p.row) for p in problems] == [("wrong-direction", 2), ("wrong-direction", 4)]
    assert "a falling ramp" in problems[0].message
    table, problems = read(write_tcs(tmp_path, rows), fixed=WHO | {"baseline": "30"})
    assert table["value"].isna().tolist() == [True, True, False]
    assert table["value"].tolist()[2] == pytest.approx(1)


def test_other_tests_and_numbers_that_cannot_be_read_end_in_a_problem(tmp_path: Path) -> None:
    rows = [["7", "tempTSP", "45", "", "", "10:12"], ["7", "HPT1", "4E.1", "", "", ""], ["7", "HPT2", "", "", "", ""]]
    rows.append(["7", "HPT3", "43,1", "2", "[43.1, 43.1, 43.1, 43.1, 43.1]", "10:12"])
    table, problems = read(write_tcs(tmp_path, [*rows, ["7", "HPT4", "43.2"]]), fixed=WHO)
    assert len(table) == 5
    shown = {(p.code, p.row) for p in problems}
    assert shown >= {("unknown-parameter", 2), ("not-a-number", 3), ("row-too-short", 6)}
    assert ("not-a-number", 5) in shown  # a comma among points
    assert table["value"].isna().tolist() == [True, True, True, True, False]


def test_a_file_truncated_in_a_row_keeps_the_rows_before(tmp_path: Path) -> None:
    path = write_tcs(tmp_path, [tcs_row("7", f"HPT{i}", (43, 43, 43, 43, 43)) for i in (1, 2, 3)])
    path.write_bytes(path.read_bytes()[:-45])
    table, problems = read(path, fixed=WHO)
    assert table["value"].tolist()[:2] == [43, 43]
    assert problems


@pytest.mark.parametrize("missing", range(5))
def test_without_one_of_its_columns_it_is_another_file(tmp_path: Path, missing: int) -> None:
    row = tcs_row("7", "HPT1", (43, 43, 43, 43, 43))
    path = write_csv(tmp_path / "x.csv", [[c for i, c in enumerate(r) if i != missing] for r in (TCS_HEADER, row)])
    if missing != 3:  # the reaction time is not needed
        assert "has the columns of a TCS file" in refuse(path, format="tcs", fixed=WHO)
    else:
        assert read(path, fixed=WHO)[0]["value"].tolist() == [43]


def test_a_german_excel_file_of_it_is_read(tmp_path: Path) -> None:
    rows = [TCS_HEADER, ["007", "CDT1", "30,92", "1,5", "[30.9, 30.9, 31.0, 30.9, 30.9]", "10:12"]]
    table, problems = read(write_csv(tmp_path / "x.csv", rows, ";", "cp1252"), fixed=WHO)
    assert not problems
    assert table["value"].tolist() == pytest.approx([1.08])


def test_explain_names_the_reader_and_what_it_took(tmp_path: Path) -> None:
    path = write_tcs(tmp_path, [tcs_row("7", "HPT1", (43, 43, 43, 43, 43))])
    shown = run("validate", "--explain", path, "--set", "site=hand").stderr
    assert "format: tcs, by its columns TrialType, meanTemp and AllTemps" in shown
    assert "absolute temperatures, ramps from 32 °C" in shown


def test_the_example_is_scored() -> None:
    result = run("score", EXAMPLE, "--set", "site=hand", "--set", "age=34", "--set", "sex=male", "-o", "scored.csv")
    assert result.exit_code == 1  # a failed reading is an error in the data
    assert "failed-read" in result.stderr
    scored = qst.score(qst.load(EXAMPLE, fixed={"site": "hand", "age": "34", "sex": "male"}, problems=[]))
    assert scored[["CDT_z", "CPT_z", "HPT_z"]].notna().all(axis=None)


temperatures = {"CDT": (0.1, 32), "WDT": (32, 50), "CPT": (0.1, 32), "HPT": (32, 50)}
trials = st.lists(
    st.sampled_from(sorted(temperatures)).flatmap(
        lambda code: st.tuples(st.just(code), st.lists(st.floats(*temperatures[code]), min_size=5, max_size=5))
    ),
    min_size=1,
    max_size=9,
)


@given(
    trials,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.booleans(),
)
def test_values_come_back_in_any_dialect(
    written: list[tuple[str, list[float]]], separator: str, encoding: str, comma: bool
) -> None:
    rows: list[list[object]] = [list(TCS_HEADER)]
    for number, (code, zones) in enumerate(written, start=1):
        rows.append(tcs_row("Müller 007", f"{code}{number}", [round(zone, 1) for zone in zones]))
        if comma and separator != ",":
            rows[-1][2] = str(rows[-1][2]).replace(".", ",")
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "x.csv", rows, separator, encoding)
        table, problems = read(path, fixed=WHO)
    assert not problems
    assert table["subject"].tolist() == ["Müller 007"] * len(written)
    for value, (code, zones) in zip(table["value"], written, strict=True):
        mean = sum(round(zone, 1) for zone in zones) / 5
        assert value == pytest.approx(abs(mean - 32) if code in ("CDT", "WDT") else mean)
