"""Data files with a `source.toml` next to them, such as reference sets and prototypes: find, read, check the hash."""

import hashlib
import io
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from qst.errors import ReferenceSetError


class Sourced(NamedTuple):
    """The bytes of a data file and of its `source.toml` (empty if there is none), and its name in messages."""

    values: bytes
    source: bytes
    name: str
    file: str


def open_packaged(folder: str, values: str) -> Sourced:
    """A data file of `reference_values`."""
    place = files("qst.reference_values") / folder
    return Sourced((place / values).read_bytes(), (place / "source.toml").read_bytes(), folder, f"{folder}/{values}")


def open_given(path: Path, values: str, folder_of: str) -> Sourced | None:
    """A user's data file: a folder with the file `values` and, optionally, `source.toml`; or the file alone.

    None where there is neither.

    Raises
    ------
    ReferenceSetError
        The folder lacks the file; `folder_of` describes the folder in the message.
    """
    if path.is_dir():
        file, source = path / values, path / "source.toml"
        if not file.is_file():
            raise ReferenceSetError(f"{path}: {folder_of} needs a file {values}")
        return Sourced(file.read_bytes(), source.read_bytes() if source.is_file() else b"", path.name, str(file))
    return Sourced(path.read_bytes(), b"", path.stem, str(path)) if path.is_file() else None


def read_source(data: Sourced) -> dict[str, Any]:
    """The content of `source.toml`.

    Raises
    ------
    ReferenceSetError
        It cannot be read, or its hash is not that of the data.
    """
    try:
        source = tomllib.loads(data.source.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReferenceSetError(f"{data.file}: its source.toml cannot be read: {error}") from error
    expected, found = source.get("sha256"), hashlib.sha256(data.values).hexdigest()
    if expected is not None and found != expected:
        raise ReferenceSetError(
            f"{data.file}: the SHA-256 is {found}, but source.toml has {expected}: the data were changed"
        )
    return source


def read_table(data: Sourced, required: Sequence[str]) -> pd.DataFrame:
    """The data as texts without outer blanks, with the number of each row in the file as the first column, `row`.

    Raises
    ------
    ReferenceSetError
        They are not a table with commas, or lack a required column.
    """
    try:
        table = pd.read_csv(io.BytesIO(data.values), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise ReferenceSetError(f"{data.file}: not a comma-separated table: {error}") from error
    missing = [column for column in required if column not in table]
    if missing:
        raise ReferenceSetError(f"{data.file}: lacks the columns {', '.join(missing)}")
    table = table.drop(columns="row", errors="ignore").assign(
        **{column: table[column].str.strip() for column in required}
    )
    table.insert(0, "row", np.arange(2, len(table) + 2))
    return table


def refuse_rows(table: pd.DataFrame, bad: "pd.Series[bool]", file: str, column: str, reason: str) -> None:
    """Refuse a table of `read_table` in which any row is bad.

    Raises
    ------
    ReferenceSetError
        Names the first bad row and its value in the column.
    """
    if bad.any():
        row = table.loc[bad.to_numpy().argmax()]
        raise ReferenceSetError(f"{file}:{row['row']}: column {column}: '{row[column]}' {reason}")


def read_numbers(table: pd.DataFrame, column: str, needed: "pd.Series[bool]", file: str) -> "pd.Series[float]":
    """A column of a table of `read_table` as numbers; NaN where none is needed.

    Raises
    ------
    ReferenceSetError
        A text is not a finite number where one is needed.
    """
    numbers = pd.to_numeric(table[column], errors="coerce")
    refuse_rows(table, needed & ~np.isfinite(numbers), file, column, "is not a number")
    return numbers
