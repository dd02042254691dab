"""Tables that `qst convert` or `qst score` wrote, recognised by our columns in our order; values are in our units."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from qst.errors import InputError
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem
from qst.tables import ASSESSMENT_COLUMNS, SOURCE, TRIAL_COLUMNS, is_scored
from qst.vocabulary.names import missing_codes

TRIAL_ROLES = (*(column for column in TRIAL_COLUMNS if column not in SOURCE), "keep", "baseline")

_TEXT_ROLES = ("subject", "visit", "sex", "site", "side", "area", "parameter", "series", "stimulus")
"""Columns that hold text; the others hold numbers."""


def find_roles(table: TextTable) -> tuple[str, ...]:
    """Our columns of a table that this program wrote; empty for any other table.

    Such a table begins with all columns of assessments, or of trials, in order, and has columns for the source of
    each row.
    """
    header = tuple(table.preview[0]) if table.preview else ()
    for roles, further in ((ASSESSMENT_COLUMNS, ("notes", *SOURCE)), (TRIAL_ROLES, SOURCE)):
        if header[: len(roles)] == roles and set(further) <= set(header):
            return roles
    return ASSESSMENT_COLUMNS if header[: len(ASSESSMENT_COLUMNS)] == ASSESSMENT_COLUMNS and is_scored(header) else ()


def is_our_output(path: Path) -> bool:
    """Whether a file is a table that this program wrote."""
    try:
        return any(find_roles(table) for table in open_tables(path))
    except InputError:
        return False


def _recognise(tables: Sequence[TextTable]) -> str | None:
    return "by all columns of ours, in our order" if find_roles(tables[0]) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    arranged = []
    for table in tables:
        roles = find_roles(table)
        if not roles:
            raise InputError(make_problem("another-format", file=table.file, row=1))
        arranged.append(replace(table, canonical=roles, header_row=1, read_rows=_RowReader(table, roles)))
    return arranged


class _RowReader:
    """Reads rows in which 999 is a number and not a code: an Excel cell does not keep that it was written as 999.0."""

    def __init__(self, table: TextTable, roles: tuple[str, ...]) -> None:
        self._read_rows = table.read_rows
        self._number_columns = [i for i, role in enumerate(roles) if role not in _TEXT_ROLES]

    def __call__(self, on_problem: OnProblem) -> Iterator[Record]:
        for row, cells in self._read_rows(on_problem):
            codes = [i for i in self._number_columns if i < len(cells) and cells[i] in missing_codes()]
            yield row, [f"{cell}.0" if i in codes else cell for i, cell in enumerate(cells)] if codes else cells


FORMAT = Format(
    name="qst",
    title="a table that qst convert or qst score wrote, as csv, xlsx, parquet or json",
    needs="",
    basis="ours",
    recognise=_recognise,
    arrange=_arrange,
)
