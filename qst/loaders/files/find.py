"""The files that a user means, and the kind of each, which its bytes show and not its name."""

import os
import re
from pathlib import Path

from qst.errors import InputError
from qst.loaders.files.columnar import PARQUET_MARK, open_json, open_parquet
from qst.loaders.files.delimited import open_delimited
from qst.loaders.files.text_table import PARQUET_ENDINGS, TEXT_ENDINGS, WORKBOOK_ENDINGS, TextTable, refuse
from qst.loaders.files.workbooks import open_workbook, refuse_old_document
from qst.problems import PROBLEM_COLUMNS, PROBLEMS_ENDING, OnProblem

SAMPLE_BYTES = 65_536

IN_FOLDERS = (*TEXT_ENDINGS, *WORKBOOK_ENDINGS, *PARQUET_ENDINGS)
"""Endings of the files that are read from a folder. A JSON file is rarely a table there, and must be named itself."""

_JSON = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*(\{|\])")


def find_files(path: Path, on_problem: OnProblem) -> list[Path]:
    """The file itself, or the tables in a folder and its subfolders, sorted. Unreadable subfolders are reported.

    Raises
    ------
    InputError
        There is no such file, or no table in the folder.
    """
    try:
        if path.is_file():
            return [path]
        if not path.exists():
            raise refuse(path, "no-file")
    except PermissionError as error:
        raise _refuse_permission(path) from error
    if not path.is_dir():
        raise refuse(path, "not-a-table", "neither")
    closed: list[Path] = []
    found: list[Path] = []
    for folder, _, names in os.walk(path, onerror=lambda error: closed.append(Path(str(error.filename)))):
        for name in names:
            entry = Path(folder) / name
            if entry.suffix.lower() in IN_FOLDERS and not name.startswith((".", "~$")) and not is_problem_list(entry):
                found.append(entry)
    if path in closed:
        raise _refuse_permission(path)
    for folder_path in closed:
        on_problem(_refuse_permission(folder_path).problem)
    if not found:
        raise refuse(path, "no-files", "folder", endings=", ".join(IN_FOLDERS))
    return sorted(found)


def is_problem_list(path: Path) -> bool:
    """Whether a file is a list of problems that this program wrote next to a table."""
    if not path.name.endswith(PROBLEMS_ENDING):
        return False
    with path.open("rb") as file:
        return file.readline(SAMPLE_BYTES).decode("utf-8", "replace").strip() == ",".join(PROBLEM_COLUMNS)


def open_tables(path: Path) -> list[TextTable]:
    """The tables of a file: one for a text file, one per sheet for a workbook.

    Raises
    ------
    InputError
        The file cannot be opened, is empty, damaged or encrypted, or is not a table.
    """
    try:
        with path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
    except PermissionError as error:
        raise _refuse_permission(path, "file") from error
    except FileNotFoundError as error:
        raise refuse(path, "no-file") from error
    except OSError as error:
        raise refuse(path, "unreadable", reason=error.strerror or error) from error
    if not head.strip():
        raise refuse(path, "empty-file", "file")
    if head.startswith(b"PK\x03\x04"):
        return open_workbook(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse_old_document(path)
    if head.startswith(PARQUET_MARK):
        return [open_parquet(path)]
    if _JSON.match(head):
        return [open_json(path)]
    return [open_delimited(path, head)]


def _refuse_permission(path: Path, kind: str = "folder") -> InputError:
    return refuse(path, "no-permission", kind=kind)
