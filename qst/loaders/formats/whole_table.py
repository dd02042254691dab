"""Tables that a reader needs as a whole: all rows at once, and the decimal sign of a column."""

import numpy as np

from qst.arrays import Texts
from qst.errors import InputError
from qst.loaders.files.cells import count_decimal_signs
from qst.loaders.files.text_table import Block, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem


def read_all_rows(
    table: TextTable, header_row: int, width: int, on_problem: OnProblem, *, message: str = "table"
) -> Block:
    """All rows below the header in one block.

    Parameters
    ----------
    table : TextTable
    header_row : int
        Counted from 1; 0 where the table has no header.
    width : int
        Number of columns.
    on_problem : callable
    message : str
        The message of `no-rows` where there are none.

    Raises
    ------
    InputError
        There are no rows.
    """
    blocks = list(table.read_blocks(header_row, width, on_problem))
    if not blocks:
        raise InputError(make_problem("no-rows", message, file=table.file, row=header_row or None))
    columns = zip(*(block.columns for block in blocks), strict=True)
    return Block(np.concatenate([block.rows for block in blocks]), [np.concatenate(parts) for parts in columns])


def find_decimal(texts: Texts, options: LoadOptions) -> str:
    """The decimal sign of a column: from the options, otherwise the one that most of its numbers have."""
    points, commas = count_decimal_signs(texts)
    return options.decimal or ("," if commas > points else ".")
