"""What a format is: how it is recognised from content, and how its tables become tidy ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text
from qst.vocabulary.names import Thermal

Basis = Literal["seen", "inferred", "ours"]

BASES: dict[Basis, str] = {
    "seen": "seen in real files",
    "inferred": "inferred from programs that read or write such files; no genuine file was available",
    "ours": "defined by this program",
}
"""How certain it is that files of a format look as its reader expects."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    name : str
        For ``--format``.
    title : str
        What such a file holds, in one line.
    needs : str
        What the user must give in addition; empty if nothing.
    basis : {"seen", "inferred", "ours"}
        A key of `BASES`.
    recognise : callable
        Takes tables and returns why they are of this format; None if they are not. It looks at content, not at file
        names, and only at the previews.
    arrange : callable
        Takes tables, options and the callback for problems; returns tidy tables, with one row per test area or one
        row per trial. Raises InputError if nothing of the file can be used.
    whole_file : bool
        Whether all sheets of a workbook belong together; otherwise each sheet is read by itself.
    """

    name: str
    title: str
    needs: str
    basis: Basis
    recognise: Callable[[Sequence[TextTable]], str | None]
    arrange: Callable[[Sequence[TextTable], LoadOptions, OnProblem], list[TextTable]]
    whole_file: bool = False


def locate(table: TextTable, row: int | None, column: str | None = None, text: str | None = None) -> dict[str, Any]:
    """Where a problem is, as arguments for `make_problem`.

    Parameters
    ----------
    table : TextTable
    row : int or None
        0 and None mean the whole table.
    column : str, optional
        Header of the column.
    text : str, optional
        The cell's; it becomes the value, cut to a printable length.
    """
    value = None if text is None else cut_text(text)
    return {"file": table.file, "row": row or None, "column": column, "value": value}


def downgrade_to_warning(problem: Problem) -> Problem:
    """The problem of a sheet that cannot be used, as a warning: other sheets of the workbook can."""
    message = f"{problem.message}; this sheet was left out"
    return replace(problem, severity="warning", message=message, column=None, value=None)


def make_tidy(
    source: TextTable,
    header: Sequence[str],
    records: Iterable[Record],
    understood: str,
    *,
    header_row: int = 1,
    thermal: Thermal | None = None,
    noted: bool = False,
) -> TextTable:
    """A tidy table from rows that a reader arranged.

    Parameters
    ----------
    source : TextTable
        Where the rows come from.
    header : sequence of str
        Names that `names.toml` knows; others are carried through.
    records : iterable of (row, cells)
        Each with its row in the file, which problems name; all rows are below `header_row`.
    understood : str
        How the file was read, for the user.
    header_row : int
        Row of the header in the file.
    thermal : {"absolute", "difference"}, optional
        What CDT and WDT are, where the format defines it.
    noted : bool
        Whether the column `notes` holds codes of `qst.notes.NOTES`.
    """
    kept = list(records)
    return TextTable(
        source.file,
        [list(header)],
        f"{source.understood}, {understood}" if understood else source.understood,
        lambda _: iter(kept),
        path=source.path,
        sheet=source.sheet,
        header_row=header_row,
        thermal=thermal,
        noted=noted,
        source=source,
    )
