"""Records that are left out on request, by their subject: test entries, people who must not be analysed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qst.arrays import Texts
from qst.errors import InputError, OptionError
from qst.loaders.files.cells import is_blank, read_texts
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import TEXT_ENDINGS, WORKBOOK_ENDINGS, Block, TextTable, name_file, rearrange_table
from qst.loaders.headers.columns import Layout, find_header
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, cut_text, make_problem
from qst.vocabulary.names import normalise, option_columns, words

FLAG = "exclude"
"""Meaning of the column that states for each listed record whether it is left out."""


def read_excluded(given: Sequence[str | Path], on_problem: OnProblem) -> tuple[str, ...]:
    """The subjects that `--exclude-records` names, directly or in files.

    Parameters
    ----------
    given : sequence of str or Path
        Each is a file, or ids separated by commas. A file has one id per line, or is a table with a column for the
        subject; where the table has a column `exclude`, only rows with yes in it count.
    on_problem : callable

    Raises
    ------
    OptionError
        A file does not exist.
    InputError
        A file cannot be read, or is a table without a column for the subject.
    """
    ids: dict[str, None] = {}
    for text in given:
        path = Path(text)
        if path.is_file():
            ids |= dict.fromkeys(_read_file(path, on_problem))
        elif isinstance(text, Path) or path.suffix.lower() in (*TEXT_ENDINGS, *WORKBOOK_ENDINGS):
            raise OptionError(f"--exclude-records names the file {text}, which does not exist: check its name")
        else:
            ids |= dict.fromkeys(one.strip() for one in text.split(",") if one.strip())
    return tuple(ids)


def _read_file(path: Path, on_problem: OnProblem) -> list[str]:
    table = open_tables(path)[0]
    header = find_header(table, LoadOptions())
    row, columns = header.row, header.columns
    subject = next((column.position for column in columns if column.role == "subject"), None)
    if subject is None:
        records = [[cell.strip() for cell in cells] for _, cells in table.read_rows(on_problem)]
        if any(any(cells[1:]) for cells in records):
            raise InputError(make_problem("no-subject", "excluded", severity="error", file=name_file(path), row=row))
        return [cells[0] for cells in records if cells and cells[0]]
    flag = next((column.position for column in columns if normalise(column.header) in option_columns(FLAG)), None)
    ids: list[str] = []
    for block in table.read_blocks(row, len(columns), on_problem):
        excluded = np.ones(len(block.rows), dtype=bool) if flag is None else _read_flags(table, block, flag, on_problem)
        ids += [text.strip() for text in block.columns[subject][excluded] if text.strip()]
    return ids


def _read_flags(table: TextTable, block: Block, position: int, on_problem: OnProblem) -> npt.NDArray[np.bool_]:
    """Whether each row states that its record is left out; an unknown word is reported, and the record is kept."""
    texts = block.columns[position]
    flags = np.array([words("keep").get(normalise(text), "") for text in texts], dtype=object)
    for place in np.flatnonzero((flags == "") & ~is_blank(texts)):
        on_problem(
            make_problem(
                "word-unknown",
                "exclude",
                severity="error",
                file=table.file,
                row=int(block.rows[place]),
                column=FLAG,
                value=cut_text(texts[place]),
            )
        )
    return np.asarray(flags == "yes", dtype=bool)


class Exclusion:
    """Leaves records out of tables, and remembers which of them occurred and how many rows they had."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        self._rows: dict[str, set[tuple[str, int]]] = {name: set() for name in self.ids}

    def apply(self, table: TextTable, layout: Layout, fixed: Mapping[str, str]) -> TextTable:
        """The table without the rows of excluded records; the same table where there is nothing to leave out."""
        subject = layout.find("subject")
        everybody = fixed.get("subject", "")
        if not self.ids or (subject is None and everybody not in self._rows):
            return table

        def leave_out(block: Block) -> Block:
            texts = _name_subjects(block.columns[subject.position], everybody) if subject else np.array([everybody])
            excluded = np.broadcast_to(np.isin(texts.astype(str), self.ids), block.rows.shape)
            for name, row in zip(np.broadcast_to(texts, block.rows.shape)[excluded], block.rows[excluded], strict=True):
                self._rows[name].add((table.file, int(row)))
            return block.select(~excluded)

        header = [column.header for column in layout.columns]
        return rearrange_table(table, layout.row, header, len(header), leave_out)

    def has_rows_of(self, file: str) -> bool:
        """Whether any row of a file was left out."""
        return any(name == file for rows in self._rows.values() for name, _ in rows)

    @property
    def n_rows(self) -> int:
        """Rows that were left out so far."""
        return sum(map(len, self._rows.values()))

    def take_over(self, other: "Exclusion") -> None:
        """Remember what another process left out."""
        for name, rows in other._rows.items():
            self._rows[name] |= rows

    def explain(self) -> list[str]:
        """What was left out, in one line for the user."""
        if not self.ids:
            return []
        found = sum(1 for rows in self._rows.values() if rows)
        return [f"left out by --exclude-records: {self.n_rows} rows of {found} records"]

    def report_unknown(self, on_problem: OnProblem) -> None:
        """Report the records that occur in no file."""
        for name in self.ids:
            if not self._rows[name]:
                on_problem(make_problem("record-unknown", value=cut_text(name)))


def _name_subjects(texts: Texts, everybody: str) -> Texts:
    """Subjects without surrounding blanks; that of `--set` where a row has none."""
    return np.array([(text or "").strip() or everybody for text in read_texts(texts)], dtype=object)


def hide_excluded(on_problem: OnProblem, subjects: Mapping[int, str], ids: Sequence[str]) -> OnProblem:
    """A callback of problems that drops those of rows (number to subject) whose record is left out."""

    def report_others(problem: Problem) -> None:
        if problem.row is None or subjects.get(problem.row, "").strip() not in ids:
            on_problem(problem)

    return report_others
