"""Files as devices write them, for the tests of their readers; the values are invented."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl

TCS_HEADER = ("participant_id", "TrialType", "meanTemp", "ReactionTime", "AllTemps", "datetime")
WHO = {"age": "40", "sex": "female", "site": "hand"}


def write_csv(path: Path, rows: Sequence[Sequence[object]], separator: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def tcs_row(subject: str, kind: str, zones: Sequence[float], mean: float | None = None) -> list[object]:
    """A row as the device's program writes it: the mean unrounded, the zones as a list of Python."""
    return [subject, kind, sum(zones) / 5 if mean is None else mean, 1.52, list(zones), "10:12:31.120000"]


def write_tcs(folder: Path, rows: Sequence[Sequence[object]], name: str = "007_2026.csv") -> Path:
    return write_csv(folder / name, [TCS_HEADER, *rows])


def write_workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def ramp_series(thresholds: Sequence[float], step_ms: int = 100, event: str = "Response") -> list[list[object]]:
    """A thermode's recording: ramps of 1 °C/s from 32 °C to each threshold, where the event stands, and back."""
    rows: list[list[object]] = []

    def add(temperature: float, text: str = "") -> None:
        rows.append([len(rows) * step_ms, round(temperature, 2), text])

    for threshold in thresholds:
        add(32.0)
        add(32.0)
        step = step_ms / 1000 * (1 if threshold > 32 else -1)
        for number in range(1, int(abs(threshold - 32) / abs(step)) + 1):
            if abs(32 + number * step - threshold) > abs(step) / 2:
                add(32 + number * step)
        add(threshold, event)
        add((threshold + 32) / 2)
    add(32.0)
    return rows
