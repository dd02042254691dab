"""Logs of thermodes without a header, and the JSON file next to them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from device_files import WHO, ramp_series, write_csv
from hypothesis import given
from hypothesis import strategies as st
from lab_files import read, refuse
from paths import DEVICES

pytestmark = pytest.mark.usefixtures("work")

HPT = WHO | {"subject": "7", "parameter": "HPT"}


def write_log(folder: Path, rows: Sequence[Sequence[object]], sidecar: Any) -> Path:
    text = sidecar if isinstance(sidecar, str) else json.dumps(sidecar)
    (folder / "S04_stim.json").write_text(text, encoding="utf-8")
    return write_csv(folder / "S04_stim.tsv", rows, "\t")


def log(tops: Sequence[float]) -> list[list[object]]:
    return [[temperature, 1 if event else 0] for _, temperature, event in ramp_series(tops)]


NAMED = {"SamplingFrequency": 10, "StartTime": 0, "Columns": ["temperature", "response"]}


def test_a_log_with_responses_is_read(tmp_path: Path) -> None:
    table, problems = read(write_log(tmp_path, log([44.0, 45.5]), NAMED), fixed=HPT)
    assert not problems
    assert table["value"].tolist() == [44.0, 45.5]
    rows = log([44.0, 45.5])
    assert table["source_row"].tolist() == [number for number, row in enumerate(rows, start=1) if row[1]]


def test_a_log_of_temperatures_alone_is_refused_with_the_remedy(tmp_path: Path) -> None:
    rows = [[*row[:1], row[0]] for row in log([44.0])]
    path = write_log(tmp_path, rows, {"SamplingFrequency": 10, "Columns": ["temperature", "setpoint"]})
    shown = refuse(path, fixed=HPT)
    assert "no column with the participant's responses" in shown
    assert "add a column 'response' to the log and to the JSON file" in shown
    result = run("validate", path, "--set", "parameter=HPT")
    assert result.exit_code == 1
    assert "no-responses" in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("sidecar", "shown"),
    [
        ({"Columns": ["temperature"]}, "the table has 2 columns, and"),
        ({"Columns": ["cardiac", "response"]}, "this is not a thermode's log"),
        ({"Columns": ["temperature", "temp", "response"]}, "the table has 2 columns, and"),
        ({"Columns": ["temperature", "response"], "temperature": {"Units": "V"}}, "the temperatures are in 'V'"),
    ],
)
def test_a_json_file_that_does_not_fit_is_refused(tmp_path: Path, sidecar: Any, shown: str) -> None:
    assert shown in refuse(write_log(tmp_path, log([44.0]), sidecar), fixed=HPT)


@pytest.mark.parametrize(
    "sidecar", ["", "{", "[]", '{"Columns": 3}', '{"Columns": []}', '{"Columns": [1]}', "[" * 9999]
)
def test_without_names_of_columns_it_is_not_a_log(tmp_path: Path, sidecar: str) -> None:
    path = write_log(tmp_path, log([44.0]), sidecar)
    assert "no column has the name of a QST parameter" in refuse(path, fixed=HPT)
    assert "needs a JSON file of the same name" in refuse(path, fixed=HPT, format="thermode-log")


def test_a_table_with_a_header_is_not_a_log(tmp_path: Path) -> None:
    path = write_log(tmp_path, [["HPT", "id"], [44.0, "a"]], NAMED)
    assert read(path, fixed=WHO)[0]["HPT"].tolist() == [44.0]


def test_a_unit_of_degrees_is_taken(tmp_path: Path) -> None:
    path = write_log(tmp_path, log([44.0]), NAMED | {"temperature": {"Units": "°C"}})
    assert read(path, fixed=HPT)[0]["value"].tolist() == [44.0]


@given(st.lists(st.integers(3300, 5000), min_size=1, max_size=4), st.permutations(["temperature", "response", "time"]))
def test_thresholds_come_back_in_any_order_of_columns(
    tmp_path_factory: pytest.TempPathFactory, hundredths: list[int], order: list[str]
) -> None:
    tops = [number / 100 for number in hundredths]
    rows = [
        [{"temperature": temperature, "response": "1" if event else "n/a", "time": time}[name] for name in order]
        for time, temperature, event in ramp_series(tops, step_ms=250)
    ]
    table, problems = read(write_log(tmp_path_factory.mktemp("log"), rows, {"Columns": order}), fixed=HPT)
    assert not problems
    assert table["value"].tolist() == tops


def test_the_example_is_scored() -> None:
    person = ("--set", "subject=filename", "--set", "age=30", "--set", "sex=female", "--set", "site=hand")
    path = DEVICES / "S05_HPT_stim_synthetic.tsv"
    assert run("score", path, "--set", "parameter=HPT", *person, "-o", "a.csv").exit_code == 0
    assert "S05_HPT_stim_synthetic" in Path("a.csv").read_text(encoding="utf-8")
