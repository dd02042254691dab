"""Demographics: a table of people that is joined to the measurements by subject."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError
from qst.loaders.columns import Layout, find_layout
from qst.loaders.files import open_tables
from qst.loaders.identity import Columns, IdentityReader
from qst.loaders.names import normalise
from qst.loaders.options import LoadOptions
from qst.loaders.texts import name_file
from qst.tables import Problem, Report, cut_text, shorten

JOINED = ("age", "sex", "site", "side", "area", "baseline")


class People:
    """The people of a demographics file, and which of them were met in the measurements.

    Values are joined where the measurements have none. Subjects are compared as text: `7` is not `007`.
    """

    def __init__(self, path: Path, options: LoadOptions, report: Report) -> None:
        """Read the file.

        Raises
        ------
        InputError
            The file cannot be read, or has no column for the subject.
        """
        self.file = name_file(path)
        table = open_tables(path)[0]
        # Only codes and names are meant for this file too; the rest is for the measurements.
        own = LoadOptions(columns=options.columns, codes=options.codes, ignore=options.ignore, names=options.names)
        self._layout = find_layout(table, own, report)
        subject = self._layout.find("subject")
        if subject is None:
            message = "the demographics have no column for the subject: name it 'subject' or say --map 'header=subject'"
            raise InputError(Problem("error", "no-subject", message, self.file, self._layout.row))
        reader = IdentityReader(table.file, self._layout, own, _find_decimal(table.preview, self._layout))
        frames = []
        for block in table.read_blocks(self._layout.row, len(self._layout.columns), report):
            columns = reader.read(block, np.zeros(len(block.rows), dtype=bool), report)
            frames.append(pd.DataFrame({name: columns[name] for name in ("subject", *JOINED)}).assign(row=block.rows))
        people = pd.concat(frames) if frames else pd.DataFrame(columns=["subject", *JOINED, "row"])
        self._people = self._drop_contradictions(people.dropna(subset=["subject"]), report)
        self._rows = dict(zip(self._people.index.astype(str), self._people["row"], strict=True))
        self._met: set[str] = set()
        self._absent: dict[str, None] = {}

    @property
    def headers(self) -> set[str]:
        """The file's headers, normalised."""
        return {normalise(column.header) for column in self._layout.columns}

    def has(self, role: str) -> bool:
        """Whether the file has a column for this."""
        return self._layout.find(role) is not None

    def fill(self, columns: Columns, gaps: Mapping[str, npt.NDArray[np.bool_]]) -> None:
        """Fill the gaps of a block's identity columns in place."""
        subject = columns["subject"]
        positions = self._people.index.get_indexer(pd.Index(subject, dtype=object))
        names = {str(name) for name in pd.unique(pd.Series(subject).dropna())}
        known = set(self._people.index)
        self._met |= names & known
        self._absent |= dict.fromkeys(sorted(names - known))
        for role in JOINED:
            if not self.has(role):
                continue
            theirs = self._people[role].to_numpy(dtype=columns[role].dtype)
            given = np.where(positions >= 0, theirs[positions], columns[role]) if len(theirs) else columns[role]
            columns[role][gaps[role]] = given[gaps[role]]

    def leave_out(self, names: Sequence[str]) -> None:
        """Say nothing of these people: their measurements were left out on request."""
        self._met |= set(names)

    def take_over(self, other: "People") -> None:
        """Remember whom another process has met."""
        self._met |= other._met
        self._absent |= other._absent

    def report_unmatched(self, report: Report) -> None:
        """Name the people who are missing on either side; called once all measurements are read."""
        for name in self._absent:
            who = f"subject {shorten(name)}"
            message = f"{who} has measurements but does not stand here, so age or sex may be missing: put it in"
            report(Problem("error", "not-in-demographics", message, self.file, value=cut_text(name)))
        for name in self._people.index:
            if name not in self._met:
                message = f"subject {shorten(name)} has no measurements"
                row = int(self._rows[str(name)])
                report(Problem("warning", "no-measurements", message, self.file, row, value=cut_text(name)))

    def _drop_contradictions(self, people: pd.DataFrame, report: Report) -> pd.DataFrame:
        repeated = people[people["subject"].duplicated(keep=False)]
        for name, rows in repeated.groupby("subject", sort=False):
            if len(rows.drop(columns="row").drop_duplicates()) > 1:
                places = ", ".join(str(row) for row in rows["row"])
                who = f"subject {shorten(str(name))}"
                message = f"{who} stands in rows {places} with different entries; none is used: correct one"
                report(Problem("error", "contradiction", message, self.file, int(rows["row"].iloc[0])))
                people = people[people["subject"] != name]
        return people.drop_duplicates("subject").set_index("subject")


def _find_decimal(preview: list[list[str]], layout: Layout) -> str:
    """Decimal sign of the ages in the first rows."""
    age = layout.find("age")
    cells = [] if age is None else [row[age.position] for row in preview[layout.row :] if age.position < len(row)]
    return "," if any("," in cell for cell in cells) else "."
