"""A REDCap export in memory: its columns, what they mean, and which of them are REDCap's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from qst.arrays import Bools, Texts
from qst.loaders.files.cells import is_blank
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.format import locate
from qst.loaders.formats.redcap.dictionary import Dictionary
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import Part, parse_measured_header
from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise

# REDCap's own columns in exports of raw data and of labels, normalised.
RECORD = ("record_id",)

EVENT = ("redcap_event_name", "event_name")

INSTRUMENT = ("redcap_repeat_instrument", "repeat_instrument")

INSTANCE = ("redcap_repeat_instance", "repeat_instance")

OTHERS = ("redcap_data_access_group", "redcap_survey_identifier", "data_access_group", "survey_identifier")

OWN_COLUMNS = (*EVENT, *INSTRUMENT, *INSTANCE, *OTHERS)

COMPLETE = re.compile(r"(.+)_complete|complete\?(_\d+)?")
"""The status of a form: `<form>_complete`, or `Complete?` after each form if labels were exported."""

CHECKBOX = re.compile(r"(?P<raw>.+?)___(?P<code>.+)|(?P<label>.+?) \(choice=(?P<choice>.*)\)")


@dataclass(slots=True)
class Export:
    """All rows of an export.

    Attributes
    ----------
    table : TextTable
    header_row : int
    names : list of str
        Headers as they are in the file.
    header : list of str
        Headers as they are read: with label and unit of the dictionary, if the file's own say less.
    rows : int array
        Row numbers in the file.
    columns : list of object arrays of str
    options : LoadOptions
    dictionary : Dictionary or None
    understood : list of str
        How the export was read; lines for the user.
    ignored : list of str
        Headers that are not what their name says.
    meanings : dict
        Role and part of each header that was looked up.
    """

    table: TextTable
    header_row: int
    names: list[str]
    header: list[str]
    rows: npt.NDArray[np.int64]
    columns: list[Texts]
    options: LoadOptions
    dictionary: Dictionary | None = None
    understood: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    meanings: dict[str, tuple[str | None, Part | None]] = field(default_factory=dict)

    def role(self, position: int) -> str | None:
        """The column of ours or the parameter that a header names, without further parts."""
        return self._find_meaning(self.header[position])[0]

    def part(self, position: int) -> Part | None:
        """The meaning of a header that names area, side, visit or trial with a parameter."""
        return self._find_meaning(self.header[position])[1]

    def _find_meaning(self, text: str) -> tuple[str | None, Part | None]:
        """Role and part of a header, looked up once."""
        if text.strip() in self.ignored:
            return None, None
        if text not in self.meanings:
            role = recognise(0, text, self.options).role
            is_free = role is None and text.strip() not in self.options.ignore
            self.meanings[text] = role, parse_measured_header(0, text) if is_free else None
        return self.meanings[text]

    def find_roles(self, *roles: str) -> list[int]:
        """Positions of the columns with one of these roles."""
        return [position for position in range(len(self.header)) if self.role(position) in roles]

    def find_own(self, names: Sequence[str]) -> int | None:
        """Position of a column of REDCap's own."""
        return next((i for i, text in enumerate(self.names) if normalise(text) in names), None)

    def find_measured(self) -> list[int]:
        """Positions of the columns that hold measurements; of `value`, if a row is a trial."""
        measured = [i for i in range(len(self.header)) if self.role(i) in BY_CODE or self.part(i) is not None]
        return measured or self.find_roles("value")

    def find_complete(self) -> list[int]:
        """Positions of the columns that hold the status of a form."""
        return [i for i, text in enumerate(self.names) if COMPLETE.fullmatch(normalise(text))]

    def locate(self, index: int | None, column: str, text: str | None = None) -> dict[str, Any]:
        """Where a problem is, as arguments for `make_problem`; the header's row if there is no index."""
        row = self.header_row if index is None else int(self.rows[index])
        return locate(self.table, row, column, text)

    def cells(self, position: int | None) -> Texts:
        """The texts of a column, stripped; empty texts if there is no such column."""
        if position is None:
            return np.full(len(self.rows), "", dtype=object)
        return np.array([text.strip() for text in self.columns[position]], dtype=object)

    def filled(self, positions: Sequence[int]) -> Bools:
        """Rows with a text in any of these columns."""
        filled = np.zeros(len(self.rows), dtype=bool)
        for position in positions:
            filled |= ~is_blank(self.columns[position])
        return filled

    def select(self, kept: Bools) -> None:
        """Keep only these rows."""
        self.rows, self.columns = self.rows[kept], [column[kept] for column in self.columns]
