"""The rows of one person that were found in files."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from qst.problems import Problem
from qst.settings import Settings

CHOICES = ("visit", "site", "side", "area")
"""The columns that distinguish several assessments of one person."""


@dataclass
class Found:
    """The rows of one person.

    Attributes
    ----------
    assessments : pandas.DataFrame
        As the loaders return them, including values derived from trials; or rows of a scored table.
    trials : pandas.DataFrame or None
        Single trials, if the files have them.
    understood : dict of str to list of str
        Lines on how each file was read; those that apply to all files are under the empty name.
    problems : list of Problem
        Of all files.
    settings : Settings
        By which the rows are to be scored: those given, and for a scored table those it carries.
    files : list of Path
        The files that were read.
    """

    assessments: pd.DataFrame
    trials: pd.DataFrame | None
    understood: dict[str, list[str]]
    problems: list[Problem] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    files: list[Path] = field(default_factory=list)

    def lines_on(self, file: str | None) -> list[str]:
        """Lines on how one file was read; on how all files were read, if the file is not known."""
        lines = [*self.understood.get("", []), *self.understood.get(file or "", [])]
        return lines if file else [line for own in self.understood.values() for line in own]
