"""Problems in the data: what a person should see of a file, a row or a cell."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the input that a person should see.

    Attributes
    ----------
    severity : {"error", "warning"}
        Error: a value or row could not be used. Warning: it was used, and may not be what it seems.
    code : str
        Kind of problem, for counting.
    file : str or None
        File as the user named it.
    row : int or None
        Row as a spreadsheet counts; the header is row 1.
    column : str or None
        Header of the column as the file has it.
    value : str or None
        The offending text.
    message : str
        What is wrong, what was expected and what to do.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row) if part is not None)
        column = f"column {' '.join(self.column.split())}" if self.column is not None else ""
        where = ": ".join(part for part in (place, column) if part)
        return f"{where}: {self.message} (code: {self.code})" if where else f"{self.message} (code: {self.code})"

    def as_dict(self) -> dict[str, Any]:
        """The problem as a dictionary, for JSON or a data frame."""
        return asdict(self)


PROBLEM_COLUMNS = ("severity", "code", "file", "row", "column", "value", "message")

PROBLEMS_ENDING = ".problems.csv"
"""What a list of problems beside a table is called."""

OnProblem = Callable[[Problem], None]
"""Where a stage puts the problems it finds."""


def cut_text(text: str, length: int = 40) -> str:
    """A cell's text, short and printable."""
    text = text if len(text) <= length else text[:length] + "…"
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def shorten(text: str, length: int = 40) -> str:
    """A cell's text for a message: short, printable and in quotes."""
    return f"'{cut_text(text, length)}'"
