"""Notes: written and read in one place, and the same for one text as for a column."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest
from paths import ROOT

from qst.notes import (
    NOTES,
    NOTES_BEFORE_SCORING,
    count_notes,
    format_note,
    has_note,
    have_note,
    have_notes,
    list_notes,
    parse_note,
    parse_notes,
    read_baseline,
)

SOURCES = [path for folder in ("qst", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
FORMATTED = ("format_note", "has_note", "have_note", "have_notes", "list_notes", "find_notes")
NOT_YET: set[str] = set()
"""Files that still take notes apart themselves."""


@pytest.mark.parametrize(
    ("note", "parts"),
    [
        ("no_age", ("no_age", "", "")),
        ("at_limit:CPT", ("at_limit", "CPT", "")),
        ("trials:HPT=2", ("trials", "HPT", "2")),
        ("site_as:forearm=hand", ("site_as", "forearm", "hand")),
        ("no_norm:at_limit:MPT", ("no_norm", "at_limit:MPT", "")),
        ("converted:PPT=N*10 on a probe of 1 cm²", ("converted", "PPT", "N*10 on a probe of 1 cm²")),
    ],
)
def test_a_note_is_written_as_it_was_read(note: str, parts: tuple[str, str, str]) -> None:
    assert parse_note(note) == parts
    assert format_note(*parts) == note


@pytest.mark.parametrize(("code", "detail"), [("no_age", None), ("at_limit", "CPT"), ("at_limit", None), ("CPT", None)])
def test_a_column_of_notes_is_read_as_one_text_at_a_time(code: str, detail: str | None) -> None:
    column = pd.Series(["", "no_age", "trials_at_limit:CPT=1", "at_limit:CPT", "no_age;at_limit:HPT", None, "no_age"])
    one_by_one = [has_note(text, code, detail) for text in column.fillna("")]
    assert have_note(column, code, detail).tolist() == one_by_one
    assert have_notes(column, "at_limit", ["HPT", "CPT"]).tolist() == [
        [has_note(text, "at_limit", name) for name in ("HPT", "CPT")] for text in column.fillna("")
    ]
    assert [note.detail for note in list_notes(column, "at_limit")] == ["CPT", "HPT"]
    assert sum(n for notes, n in count_notes(column) if parse_note("no_age") in notes) == 3


def test_an_empty_column_has_no_notes() -> None:
    none = pd.Series([], dtype=object)
    assert have_notes(none, "at_limit", ["CPT"]).shape == (0, 1)
    assert have_note(none, "no_age").tolist() == []
    assert parse_notes("") == []


def test_the_baseline_is_that_of_the_notes_or_the_protocol_s() -> None:
    notes = pd.Series(["baseline:30", "", "no_age;baseline:31.5", "baseline:", None])
    assert read_baseline(notes).tolist() == [30, 32, 31.5, 32, 32]


def test_each_code_that_is_written_or_read_is_explained() -> None:
    assert set(NOTES_BEFORE_SCORING) <= set(NOTES)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORMATTED:
                constants = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                assert set(constants) <= set(NOTES) | {""}, f"{path}:{node.lineno}"


def test_no_other_file_writes_notes_or_takes_them_apart() -> None:
    """No text of the program begins with the code of a note and a colon, but in `qst/notes.py`."""
    begins = re.compile(rf"({'|'.join(NOTES)}):\S*$")
    found: set[str] = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        starts = [node.values[0] for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) and node.values]
        starts += [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        if any(isinstance(node, ast.Constant) and begins.match(str(node.value)) for node in starts):
            found.add(Path(path).name)
    assert found - {"notes.py"} <= NOT_YET
