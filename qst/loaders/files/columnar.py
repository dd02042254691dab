"""Parquet and JSON: tables whose cells have types, as tables of text. A number's text reads back as that number."""

import json
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from qst.arrays import Texts
from qst.errors import OptionError
from qst.loaders.files import text_table as texts
from qst.loaders.files.text_table import SAMPLE_ROWS, Block, Record, TextTable, name_file, refuse
from qst.problems import OnProblem, shorten

PARQUET_MARK = b"PAR1"

FIRST_ROW = 2
"""Number of the first row: the names of the columns count as row 1."""


def open_parquet(path: Path) -> TextTable:
    """A Parquet file as a table, read in blocks.

    Raises
    ------
    InputError
        The file is damaged, or has cells that are not numbers or texts.
    OptionError
        The package that reads Parquet is missing.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise OptionError("Parquet needs another package: pip install 'qst-toolkit[parquet]'") from error
    try:
        with pq.ParquetFile(path) as file:
            names = [str(name) for name in file.schema_arrow.names]
            nested = [str(field.name) for field in file.schema_arrow if pa.types.is_nested(field.type)]
            first = next(file.iter_batches(batch_size=SAMPLE_ROWS), None) if not nested else None
            sample = [] if first is None else _read_batch(first)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise refuse(path, "damaged", "parquet") from error
    if nested:
        raise refuse(path, "not-a-table", "parquet-nested", name=shorten(nested[0]))

    def read_blocks() -> Iterator[Block]:
        row = FIRST_ROW
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(batch_size=texts.BLOCK_ROWS):
                    if batch.num_rows:
                        yield Block(np.arange(row, row + batch.num_rows), _read_batch(batch))
                    row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise refuse(path, "damaged", "parquet-end") from error

    def read_rows(on_problem: OnProblem) -> Iterator[Record]:
        yield 1, names
        for block in read_blocks():
            yield from zip(block.rows.tolist(), map(list, zip(*block.columns, strict=True)), strict=True)

    def read_plain(header_row: int, width: int) -> Iterator[Block] | None:
        return read_blocks() if header_row == 1 and width == len(names) else None

    preview = [names, *map(list, zip(*sample, strict=True))]
    return TextTable(name_file(path), preview, "Parquet", read_rows, read_plain, path)


def _read_batch(batch: Any) -> list[Texts]:
    """The columns of a pyarrow batch as texts, empty where a cell is null or not a number."""
    import pyarrow as pa

    columns = []
    for column in batch.columns:
        if pa.types.is_floating(column.type):
            numbers = column.to_numpy(zero_copy_only=False)
            cells = np.where(np.isnan(numbers), "", numbers.astype(str)).astype(object)
        else:
            cells = column.cast(pa.string()).fill_null("").to_numpy(zero_copy_only=False)
        columns.append(cells)
    return columns


def open_json(path: Path) -> TextTable:
    """A JSON file with a list of objects, one per row, as a table.

    Raises
    ------
    InputError
        The file is not JSON, or not a list of such objects.
    """
    try:
        listed = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refuse(path, "damaged", "json", reason=error) from error
    if not all(isinstance(record, dict) for record in listed):
        raise refuse(path, "not-a-table", "json")
    names = list(dict.fromkeys(str(name) for record in listed for name in record))
    if any(isinstance(value, list | dict) for record in listed for value in record.values()):
        raise refuse(path, "not-a-table", "json-nested")

    def read_rows(on_problem: OnProblem) -> Iterator[Record]:
        yield 1, names
        for row, record in enumerate(listed, start=FIRST_ROW):
            yield row, [_write_value(record.get(name)) for name in names]

    preview = [cells for _, cells in islice(read_rows(lambda _: None), SAMPLE_ROWS)]
    return TextTable(name_file(path), preview, "JSON", read_rows, path=path)


def _write_value(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
