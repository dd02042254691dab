"""Workbooks that a program, and not Excel, has written or damaged."""

import re
import zipfile
from pathlib import Path

import pytest

import qst
from qst.errors import InputError

BOOK = Path(__file__).parent / "broken" / "ppt_999.xlsx"


def change_sheet(target: Path, pattern: str, replacement: str) -> Path:
    """A copy of a workbook with one change in the XML of its sheet."""
    with zipfile.ZipFile(BOOK) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                changed = re.sub(pattern, replacement, data.decode(), count=1)
                assert changed != data.decode()
                data = changed.encode()
            copy.writestr(name, data)
    return target


def test_a_number_of_four_hundred_digits_is_no_measurement(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "digits.xlsx", r"<v>412</v>", f"<v>{'9' * 400}</v>")
    problems: list[qst.Problem] = []
    table = qst.load(path, problems=problems)
    assert len(table) == 3
    assert [(problem.row, problem.column) for problem in problems if problem.severity == "error"] == [(2, "PPT")]


def test_a_row_number_beyond_those_of_excel_is_damage(tmp_path: Path) -> None:
    path = change_sheet(tmp_path / "far.xlsx", r'<row r="3"', '<row r="3000000"')
    with pytest.raises(InputError, match="save it anew"):
        qst.load(path)
