"""Tables that `qst score` wrote, read back as they were; recognised by their columns, never by their ending."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from qst.errors import InputError
from qst.formulas import restore_text
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import TextTable
from qst.problems import Problem
from qst.tables import COUNTS, LISTS, NUMBERS, find_added_mechanisms, is_scored
from qst.vocabulary.headers import find_npsi_results


def read_scored(path: str | Path) -> pd.DataFrame | None:
    """Read a scored table, or find that the file is not one.

    Parameters
    ----------
    path : path
        CSV, XLSX, Parquet or JSON, whatever its ending.

    Returns
    -------
    pandas.DataFrame or None
        The table as `qst.score` gave it, its own columns as text; None where the file does not have its columns, or
        has rows that do not fit them.

    Raises
    ------
    OptionError
        The package that reads Parquet is not installed.
    """
    tables = _open_scored(Path(path))
    if not tables:
        return None
    problems: list[Problem] = []
    frames = [_read(table, problems) for table in tables]
    if any(problem.severity == "error" for problem in problems):
        return None  # what is wrong with the rows is reported when the file is read as any other
    return pd.concat(frames, ignore_index=True)


def read_settings(path: Path) -> Iterator[tuple[str, str]]:
    """Notes and reference set of each row of a scored table, each different pair once per block of rows."""
    for table in _open_scored(path):
        names = _names_of(table)
        places = [names.index(name) for name in ("notes", "reference_set")]
        for block in table.read_blocks(1, len(names), lambda _: None):
            notes, references = (block.columns[place] for place in places)
            yield from set(zip(notes.tolist(), references.tolist(), strict=True))


def _open_scored(path: Path) -> list[TextTable]:
    """The tables of a file, where all of them are scored."""
    if not path.is_file():
        return []
    try:
        tables = open_tables(path)
    except InputError:
        return []  # why it cannot be read is reported when the file is read as any other
    return tables if all(is_scored(_names_of(table)) for table in tables) else []


def _names_of(table: TextTable) -> list[str]:
    return [restore_text(text) for text in table.preview[0]] if table.preview else []


def _read(table: TextTable, problems: list[Problem]) -> pd.DataFrame:
    names = _names_of(table)
    blocks = list(table.read_blocks(1, len(names), problems.append))
    numeric = {*NUMBERS, *COUNTS, *find_added_mechanisms(names), *find_npsi_results(names)}
    columns = {}
    for place, name in enumerate(names):
        texts = np.concatenate([np.asarray(block.columns[place], dtype=object) for block in blocks] or [np.array([])])
        if name in numeric:
            numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce")
            columns[name] = numbers if name in COUNTS else numbers.astype(float)
        else:
            empty = "" if name in LISTS else np.nan
            columns[name] = pd.Series([restore_text(text) if text else empty for text in texts], dtype=object)
    return pd.DataFrame(columns)
