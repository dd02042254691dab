"""The people of a demographics table, joined to the measurements by subject."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats, Texts
from qst.problems import OnProblem, cut_text, make_problem

JOINED = ("age", "sex", "site", "side", "area", "baseline")
Columns = dict[str, Texts | Floats]
"""Identity columns of a block of rows, by name."""


class People:
    """The people of a demographics file, and which of them occur in the measurements.

    Values are joined where the measurements have none. Subjects are compared as text: `7` is not `007`.

    Parameters
    ----------
    file : str
        As the user named it.
    headers : collection of str
        The file's headers, normalised.
    roles : collection of str
        Columns of ours that it has.
    people : pandas.DataFrame
        One row per subject, which is the index; columns `JOINED`, and `row`, the row in the file.
    """

    def __init__(self, file: str, headers: Collection[str], roles: Collection[str], people: pd.DataFrame) -> None:
        self.file, self.headers = file, set(headers)
        self._roles, self._people = set(roles), people
        self._met: set[str] = set()
        self._absent: dict[str, None] = {}

    def has(self, role: str) -> bool:
        """Whether the file has a column with this role."""
        return role in self._roles

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
        """Report nothing about these people: their measurements were left out on request."""
        self._met |= set(names)

    def take_over(self, other: "People") -> None:
        """Remember the people that occurred in another process."""
        self._met |= other._met
        self._absent |= other._absent

    def report_unmatched(self, on_problem: OnProblem) -> None:
        """Report the people who are missing on either side; to be called when all measurements were read."""
        for name in self._absent:
            on_problem(make_problem("not-in-demographics", file=self.file, value=cut_text(name)))
        rows = dict(zip(self._people.index.astype(str), self._people["row"], strict=True))
        for name in self._people.index:
            if name not in self._met:
                on_problem(
                    make_problem(
                        "no-measurements",
                        "subject",
                        severity="warning",
                        file=self.file,
                        row=int(rows[str(name)]),
                        value=cut_text(name),
                    )
                )
