"""What a format is: how it is recognised from content, and how its tables become tidy ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from qst.loaders.files.text_table import Record, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem
from qst.vocabulary.names import Thermal

Basis = Literal["seen", "inferred", "ours"]

BASES: dict[Basis, str] = {
    "seen": "seen in real files",
    "inferred": "inferred from programs that read or write such files; no genuine file was at hand",
    "ours": "defined by this program",
}
"""How sure it is that files of a format look as its reader expects."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    name : str
        For ``--format``.
    title : str
        What such a file holds, in a line.
    needs : str
        What a user must say in addition; empty where nothing.
    basis : {"seen", "inferred", "ours"}
    recognise : callable
        Takes tables and says why they are of this format; None where they are not. It looks at content, not at names
        of files, and at no more than the previews.
    arrange : callable
        Takes tables, options and where problems go; gives tidy tables, a row a tested area or a row a trial. Raises
        InputError where nothing of it can be used.
    whole_file : bool
        Whether all sheets of a workbook belong together; otherwise each stands for itself.
    """

    name: str
    title: str
    needs: str
    basis: Basis
    recognise: Callable[[Sequence[TextTable]], str | None]
    arrange: Callable[[Sequence[TextTable], LoadOptions, OnProblem], list[TextTable]]
    whole_file: bool = False


def downgrade_to_warning(problem: Problem) -> Problem:
    """What is said of one sheet of several that cannot be used."""
    message = f"{problem.message}; this sheet was left out"
    return Problem("warning", problem.code, message, problem.file, problem.row)


def make_tidy(
    source: TextTable,
    header: Sequence[str],
    records: Iterable[Record],
    told: str,
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
        Each with the row of the file it comes from, which is what problems name; all lie below `header_row`.
    told : str
        How the file was read, for the user.
    header_row : int
        Row of the file's own header.
    thermal : {"absolute", "difference"}, optional
        What CDT and WDT are, where the format says so.
    noted : bool
        Whether the column `notes` holds codes of `qst.notes.NOTES`.
    """
    kept = list(records)
    return TextTable(
        source.file,
        [list(header)],
        f"{source.understood}, {told}" if told else source.understood,
        lambda _: iter(kept),
        path=source.path,
        sheet=source.sheet,
        header_row=header_row,
        thermal=thermal,
        noted=noted,
        source=source,
    )
