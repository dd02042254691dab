"""Problems in the data: what a person should see of a file, a row or a cell.

Each kind of problem has a code, and each code one entry in `qst/problem_codes/*.toml`: its severity, its messages as
templates, what it means and how to fix it. `make_problem` is the only place that forms a message.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

Severity = Literal["error", "warning"]


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

    severity: Severity
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


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """An entry of the catalogue.

    Attributes
    ----------
    code : str
        For counting and looking up; a contract that does not change.
    severities : tuple of {"error", "warning"}
        Nearly always one. Where there are two, `meaning` says when it is which.
    messages : mapping of str to str
        Templates by name; the name is empty where the code has one message only.
    meaning : str
        What was found, and what became of the value, row or file.
    remedy : str
        What the user can do.
    group : str
        The catalogue file it is in: the stage that reports it.
    """

    code: str
    severities: tuple[Severity, ...]
    messages: Mapping[str, str]
    meaning: str
    remedy: str
    group: str


@cache
def load_catalogue() -> Mapping[str, ProblemKind]:
    """Every kind of problem by its code, in the order of the catalogue files."""
    kinds: dict[str, ProblemKind] = {}
    folder = files("qst") / "problem_codes"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml"):
            continue
        for code, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            severity, message = entry["severity"], entry["message"]
            kinds[code] = ProblemKind(
                code,
                cast("tuple[Severity, ...]", (severity,) if isinstance(severity, str) else tuple(severity)),
                {"": message} if isinstance(message, str) else message,
                " ".join(entry["meaning"].split()),
                " ".join(entry["remedy"].split()),
                file.name.removesuffix(".toml"),
            )
    return kinds


def make_problem(
    code: str,
    message: str = "",
    /,
    *,
    file: str | None = None,
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
    severity: Severity | None = None,
    **details: object,
) -> Problem:
    """Form a problem from the catalogue.

    Parameters
    ----------
    code : str
        A key of `load_catalogue`.
    message : str
        Which of the code's templates; empty where it has one only.
    file, row, column, value
        As in `Problem`. A template may use them too.
    severity : {"error", "warning"}, optional
        Needed where the catalogue allows both.
    **details
        What the template's other gaps are filled with.

    Raises
    ------
    KeyError
        The code, the template or a gap's filling is missing: a fault of the program, not of the data.
    """
    kind = load_catalogue()[code]
    if severity is None:
        (severity,) = kind.severities
    elif severity not in kind.severities:
        raise KeyError(f"{code} is never of the severity {severity}")
    text = kind.messages[message].format(file=file, row=row, column=column, value=value, **details)
    return Problem(severity, code, text, file, row, column, value)


def explain_code(code: str) -> list[str]:
    """What a code means and how to fix it, in lines for a person.

    Raises
    ------
    KeyError
        There is no such code.
    """
    kind = load_catalogue()[code]
    return [
        f"{code} ({' or '.join(kind.severities)})",
        *(f"  message: {text}" for text in kind.messages.values()),
        f"  meaning: {kind.meaning}",
        f"  remedy:  {kind.remedy}",
    ]
