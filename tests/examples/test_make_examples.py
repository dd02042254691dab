"""The example files are what their program makes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
from paths import EXAMPLES


def cells_of(path: Path) -> dict[str, dict[str, Any]]:
    book = openpyxl.load_workbook(path)
    return {
        sheet.title: {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value is not None}
        for sheet in book
    }


def test_the_program_makes_them_byte_for_byte_from_any_folder(tmp_path: Path) -> None:
    program = [sys.executable, EXAMPLES / "make_examples.py", "--output", "made"]
    subprocess.run(program, cwd=tmp_path, check=True)
    made = {path.name for path in (tmp_path / "made").iterdir()}
    assert made == {"entry_form.xlsx", *(path.name for path in EXAMPLES.glob("*_synthetic*.csv"))}
    for name in made - {"entry_form.xlsx"}:
        assert (tmp_path / "made" / name).read_bytes() == (EXAMPLES / name).read_bytes(), name
    assert cells_of(tmp_path / "made" / "entry_form.xlsx") == cells_of(EXAMPLES / "entry_form.xlsx")
