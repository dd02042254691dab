"""Write tables to CSV, Excel, Parquet or JSON, by the ending; completely or not at all."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.atomic import ENDINGS, replace_file
from qst.errors import OptionError
from qst.formulas import defuse_text, is_formula
from qst.problems import OnProblem, make_problem, shorten
from qst.tables import (
    ASSESSMENT_COLUMNS,
    COUNTS,
    MECHANISM_COLUMNS,
    NUMBERS,
    PHENOTYPE_COLUMNS,
    find_added_mechanisms,
)
from qst.vocabulary.headers import find_npsi_results

CSV_ROWS = 1_000
"""Number of rows whose cells are converted to Python objects at a time; these need much memory."""

EXCEL_ROWS = 1_048_575
"""Number of rows that an Excel sheet can hold below its header."""

EXCEL_CHARACTERS = 32_767
"""Number of characters that an Excel cell can hold."""

PARQUET_KEY = b"qst_manifest"
"""Key of the manifest in the metadata of a Parquet file."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Sink(Protocol):
    """Writes a table block by block."""

    def write(self, block: pd.DataFrame) -> None: ...

    def close(self) -> None: ...


@contextmanager
def open_sink(
    path: str | Path | None,
    stdout: IO[str] | None = None,
    on_problem: OnProblem = lambda _: None,
    *,
    manifest: Mapping[str, Any] | None = None,
) -> Iterator[Sink]:
    """Open a file for a table that is written in blocks.

    The file appears under its name once everything is written. After an error, an earlier file is unchanged.

    Parameters
    ----------
    path : path or None
        Its ending determines the format; None writes CSV to `stdout`.
    on_problem : callable, optional
        Receives a problem if the format cannot hold a text unchanged.
    manifest : mapping, optional
        How the table was made (`qst.workflows.manifest`). Only Parquet can hold it.

    Raises
    ------
    OptionError
        The ending or the folder cannot be used.
    """
    if path is None:
        if stdout is None:
            raise OptionError("there is neither a file nor a stream to write to")
        yield _CsvSink(stdout)
        return
    path = Path(path)
    with replace_file(path, ENDINGS) as temporary:
        sink = _SINKS[path.suffix.lower()](temporary, on_problem, manifest)
        try:
            yield sink
        except BaseException:
            sink.close()
            raise
        sink.close()


class _CsvSink:
    def __init__(
        self,
        target: Path | IO[str],
        on_problem: OnProblem = lambda _: None,
        manifest: Mapping[str, Any] | None = None,
    ) -> None:
        self._own = isinstance(target, Path)
        self._file: IO[str] = target.open("w", encoding="utf-8", newline="") if isinstance(target, Path) else target
        self._columns: list[str] | None = None

    def write(self, block: pd.DataFrame) -> None:
        first = self._columns is None
        block, self._columns = align_columns(block, self._columns)
        coded = {place: _number_texts(column) for place, (_, column) in enumerate(block.items()) if _is_text(column)}
        # csv does not quote a lone carriage return, which would end the row.
        returns = any("\r" in text for _, texts in coded.values() for text in texts if isinstance(text, str))
        quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
        writer = csv.writer(self._file, lineterminator="\n", quoting=quoting)
        if first:
            writer.writerow([defuse_text(name) for name in self._columns])
        for start in range(0, len(block), CSV_ROWS):
            rows = slice(start, start + CSV_ROWS)
            cells = (
                _take_texts(*coded[place], rows) if place in coded else _list_numbers(column.iloc[rows])
                for place, (_, column) in enumerate(block.items())
            )
            writer.writerows(zip(*cells, strict=True))

    def close(self) -> None:
        if self._own:
            self._file.close()


def _is_text(column: "pd.Series[Any]") -> bool:
    return not pd.api.types.is_numeric_dtype(column)


def _number_texts(column: "pd.Series[Any]") -> tuple[npt.NDArray[np.int32], list[object]]:
    """The index of each cell's text, and the texts, safe in a spreadsheet; index -1 is the empty text at the end."""
    codes, unique = pd.factorize(column.to_numpy(dtype=object))
    return codes.astype(np.int32), [*(defuse_text(text) if isinstance(text, str) else text for text in unique), ""]


def _take_texts(codes: npt.NDArray[np.int32], texts: list[object], rows: slice) -> list[object]:
    return [texts[code] for code in codes[rows].tolist()]


def _list_numbers(column: "pd.Series[Any]") -> list[object]:
    """Python numbers, which csv writes with all their digits; missing numbers are empty texts."""
    numbers = column.to_numpy(dtype=object)
    numbers[column.isna().to_numpy()] = ""
    return numbers.tolist()


class _JsonSink:
    def __init__(self, target: Path, on_problem: OnProblem, manifest: Mapping[str, Any] | None) -> None:
        self._file = target.open("w", encoding="utf-8")
        self._columns: list[str] | None = None

    def write(self, block: pd.DataFrame) -> None:
        self._file.write("[\n" if self._columns is None else ",\n")
        block, self._columns = align_columns(block, self._columns)
        records = block.astype(object).where(block.notna(), None).to_dict("records")
        self._file.write(",\n".join(json.dumps(record, ensure_ascii=False) for record in records))

    def close(self) -> None:
        self._file.write("[]\n" if self._columns is None else "\n]\n")
        self._file.close()


class _ExcelSink:
    def __init__(self, target: Path, on_problem: OnProblem, manifest: Mapping[str, Any] | None) -> None:
        import openpyxl

        self._target, self._rows, self._on_problem = target, 0, on_problem
        self._columns: list[str] | None = None
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet("qst")
        self._sheet.freeze_panes = "B2"

    def write(self, block: pd.DataFrame) -> None:
        first = self._columns is None
        block, self._columns = align_columns(block, self._columns)
        self._rows += len(block)
        if self._rows > EXCEL_ROWS:
            raise OptionError(
                f"an Excel sheet holds {EXCEL_ROWS:,} rows and the table has more: write a .csv or .parquet file"
            )
        if first:
            self._sheet.append([self._cell(name, bold=True) for name in self._columns])
        numbers = {
            "expected_by_chance",
            "p_profile",
            *PHENOTYPE_COLUMNS,
            *MECHANISM_COLUMNS,
            *find_added_mechanisms(self._columns),
        }
        rounded = [name.endswith("_z") or name in numbers for name in self._columns]
        for row in block.astype(object).where(block.notna(), None).itertuples(index=False, name=None):
            self._sheet.append([self._cell(value, two=two) for value, two in zip(row, rounded, strict=True)])

    def _cell(self, value: Any, bold: bool = False, two: bool = False) -> Any:
        """A value, or a cell if a format is needed. A text stays a text, whatever it starts with."""
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font

        if isinstance(value, str):
            value = self._fit(value)
        if isinstance(value, str) and is_formula(value):
            cell = WriteOnlyCell(self._sheet, value="")
            cell.value, cell.data_type, cell.quotePrefix = value, "s", True
            return cell
        if not bold and not (two and isinstance(value, float)):
            return value
        cell = WriteOnlyCell(self._sheet, value=value)
        if bold:
            cell.font = Font(bold=True)
        else:
            cell.number_format = "0.00"
        return cell

    def _fit(self, text: str) -> str:
        """Make a text fit into Excel: without control characters and at most 32,767 characters long."""
        fitting = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))[:EXCEL_CHARACTERS]
        if fitting != text:
            reason = "cut" if len(text) > EXCEL_CHARACTERS else "control"
            self._on_problem(make_problem("text-changed", reason, text=shorten(text), most=EXCEL_CHARACTERS))
        return fitting

    def close(self) -> None:
        self._book.save(self._target)


class _ParquetSink:
    def __init__(self, target: Path, on_problem: OnProblem, manifest: Mapping[str, Any] | None) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise OptionError("Parquet needs one more package: pip install 'qst-toolkit[parquet]'") from error
        self._pa, self._pq, self._target, self._manifest = pa, pq, target, manifest
        self._columns: list[str] | None = None
        self._writer: Any = None

    def write(self, block: pd.DataFrame) -> None:
        block, self._columns = align_columns(block, self._columns)
        # By name and not by content: a column of texts may be empty in one block and filled in the next.
        numbers = {
            **dict.fromkeys(("source_row", *COUNTS), self._pa.int64()),
            **dict.fromkeys(NUMBERS, self._pa.float64()),
            **dict.fromkeys(find_added_mechanisms(self._columns), self._pa.float64()),
            **dict.fromkeys(find_npsi_results(self._columns), self._pa.float64()),
        }
        if not set(ASSESSMENT_COLUMNS) <= set(self._columns):  # trials; in assessments these are the user's own columns
            numbers |= {"value": self._pa.float64(), "baseline": self._pa.float64(), "keep": self._pa.bool_()}
        schema = self._pa.schema([(name, numbers.get(name, self._pa.string())) for name in self._columns])
        block = block.astype({name: object for name in self._columns if name not in numbers})
        table = self._pa.Table.from_pandas(block, schema=schema, preserve_index=False)
        if self._writer is None:
            if self._manifest is not None:
                schema = schema.with_metadata({PARQUET_KEY: json.dumps(self._manifest, ensure_ascii=False)})
            self._writer = self._pq.ParquetWriter(self._target, schema)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


_SINKS: dict[str, Callable[[Path, OnProblem, Mapping[str, Any] | None], Sink]] = {
    ".csv": _CsvSink,
    ".xlsx": _ExcelSink,
    ".parquet": _ParquetSink,
    ".json": _JsonSink,
}


def align_columns(block: pd.DataFrame, columns: list[str] | None) -> tuple[pd.DataFrame, list[str]]:
    """Give a block the columns of the first block; missing columns are empty.

    Raises
    ------
    OptionError
        The block has a column that the first block did not have, so it cannot be written to the same file.
    """
    names = [str(column) for column in block.columns]
    if columns is None or names == columns:
        return block, names
    extra = [name for name in names if name not in columns]
    if extra:
        raise OptionError(
            f"these inputs have different columns of their own ({', '.join(extra)}): score them separately"
        )
    return block.reindex(columns=columns), columns
