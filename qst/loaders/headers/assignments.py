"""What a user assigns to device files and their sequences: place, person, visit, test.

    --assign 1=hand,left,test      sequence 1 was at the left hand, the test area
    --assign 1-4=foot,right        sequences 1 to 4 were at the right foot
    --assign map.csv               a table: file, sequence, subject, age, sex, site, side, area, visit, parameter

In the table, `file` (a file's name, with or without its ending) and `sequence` state which measurements a row applies
to. Either may be empty or absent; a row that names both takes precedence over one that names less.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from qst.errors import InputError, OptionError
from qst.loaders.files.cells import is_number
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import HEADER_AMONG
from qst.problems import OnProblem, Problem, make_problem, shorten
from qst.protocol import THERMODE_CODES
from qst.tables import IDENTITY, OLDEST
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import (
    Vocabulary,
    column_names,
    device_names,
    is_missing_word,
    name_modality,
    normalise,
    option_columns,
    our_vocabulary,
    parameter_names,
    using,
    words,
)

ASSIGNABLE = (*IDENTITY, "parameter")
"""What can be assigned to a file or a sequence."""

_COLUMNS = "file, sequence, subject, age, sex, site, side, area, visit, parameter"

_SEQUENCES = re.compile(r"(\d+)(?:\s*-\s*(\d+))?")

MOST_SEQUENCES = 1000
"""A longer range is a slip (ours)."""


class Entry(NamedTuple):
    """One assignment. An empty `file` or `sequence` means all of them; `source` is what the user wrote."""

    file: str
    sequence: str
    values: dict[str, str]
    source: str


class Assignments:
    """All assignments of a call, and which of them were used."""

    def __init__(self, given: Sequence[str | Path] = (), names: Vocabulary | None = None) -> None:
        """Read them.

        Parameters
        ----------
        given : sequence of str or path
            ``1=hand,left,test``, or tables.
        names : Vocabulary, optional
            For words and headers.

        Raises
        ------
        OptionError
            An assignment cannot be understood, or two are about the same file and sequence.
        InputError
            A table cannot be read.
        """
        self.files: list[Path] = []
        self._entries: dict[tuple[str, str], Entry] = {}
        self._met: set[str] = set()
        with using(names or our_vocabulary()):
            for text in given:
                if isinstance(text, str) and "=" in text and not Path(text).is_file():
                    self._add_text(text)
                else:
                    self._add_table(Path(text))

    def find(self, path: Path | None, sequence: str) -> dict[str, str]:
        """What is assigned to a sequence of a file; with an empty `sequence`, to the file itself."""
        values: dict[str, str] = {}
        sequence = _name_sequence(sequence)
        known = [e for e in self._entries.values() if not e.file or (path is not None and _is_named(path, e.file))]
        for entry in sorted(known, key=lambda e: (bool(e.file), bool(e.sequence))):
            if not entry.sequence or entry.sequence == sequence:
                values |= entry.values
                self._met.add(entry.source)
        return values

    def take_over(self, other: "Assignments") -> None:
        """Remember which assignments another process has used."""
        self._met |= other._met

    def report_unused(self, on_problem: OnProblem) -> None:
        """Report the assignments that apply to no file or sequence."""
        for source in dict.fromkeys(entry.source for entry in self._entries.values()):
            if source not in self._met:
                on_problem(make_problem("assign-unused", assignment=source))

    def _add(self, entry: Entry) -> None:
        if (entry.file, entry.sequence) in self._entries:
            what = " ".join(filter(None, [entry.file, entry.sequence and f"sequence {entry.sequence}"])) or "every file"
            raise OptionError(f"--assign is given twice for {what}: omit one")
        self._entries[entry.file, entry.sequence] = entry

    def _add_text(self, text: str) -> None:
        sequences, _, place = text.partition("=")
        match = _SEQUENCES.fullmatch(sequences.strip())
        if match is None:
            raise OptionError(f"--assign '{text}' is neither of the form 1=hand,left,test nor a file: correct it")
        first, last = int(match[1]), int(match[2] or match[1])
        if not first <= last < first + MOST_SEQUENCES:
            raise OptionError(f"--assign '{text}': the first sequence must not be above the last")
        for number in range(first, last + 1):
            self._add(Entry("", str(number), _read_place(text, place), text))

    def _add_table(self, path: Path) -> None:
        table = open_tables(path)[0]
        self.files.append(path)
        roles = [[_name_column(text) for text in row] for row in table.preview[:HEADER_AMONG]]
        row = max(range(len(roles)), key=lambda number: sum(role is not None for role in roles[number]))
        header = roles[row]
        unknown = [text for text, role in zip(table.preview[row], header, strict=True) if role is None and text.strip()]
        if unknown or len({role for role in header if role}) < sum(role is not None for role in header):
            what = f"has an unknown column {shorten(unknown[0])}" if unknown else "has two columns with one meaning"
            raise OptionError(f"--assign {path} {what}: its columns can be {_COLUMNS}, each once")
        if not set(header) & set(ASSIGNABLE):
            raise OptionError(f"--assign {path} assigns nothing to its files: its columns can be {_COLUMNS}")
        faults: list[Problem] = []
        for block in table.read_blocks(row + 1, len(header), faults.append):
            for number, cells in zip(block.rows.tolist(), zip(*block.columns, strict=True), strict=True):
                filled = {str(r): c.strip() for r, c in zip(header, cells, strict=True) if r and not is_missing_word(c)}
                file, sequence = filled.pop("file", ""), _name_sequence(filled.pop("sequence", ""))
                if filled:
                    source = f"{path}, row {number}"
                    self._add(Entry(file, sequence, _check_values(filled, source), source))
        if faults:
            raise InputError(faults[0])


def _name_column(header: str) -> str | None:
    """What a column of an assignment table means: `file`, `sequence` or one of ASSIGNABLE."""
    name = parse_header(header)[0]
    if name in option_columns("file"):
        return "file"
    role = "sequence" if device_names().get(name) == "sequence" else column_names().get(name)
    return role if role in ("sequence", *ASSIGNABLE) else None


def _name_sequence(text: str) -> str:
    """A sequence in the form that is compared: pandas and Excel write 1 as 1.0 in a column with gaps."""
    text = text.strip()
    return text.removesuffix(".0").lstrip("0") or "0" if text.removesuffix(".0").isdigit() else text


def _is_named(path: Path, name: str) -> bool:
    """Whether a name, with or without the ending, and with any folders in it, is that of a file."""
    parts = Path(name).parts
    return parts in (path.parts[-len(parts) :], path.with_suffix("").parts[-len(parts) :])


def _read_place(text: str, place: str) -> dict[str, str]:
    """Site, side and area in any order; a word that is neither a side nor an area is the site."""
    values: dict[str, str] = {}
    for word in filter(None, (part.strip() for part in place.split(","))):
        role = next((role for role in ("side", "area") if normalise(word) in words(role)), "site")
        if role in values:
            raise OptionError(f"--assign '{text}' names two {role}s: give site, side and area, as in 1=hand,left,test")
        values[role] = word
    if not values:
        raise OptionError(f"--assign '{text}' names no place: give site, side and area, as in 1=hand,left,test")
    return values


def _check_values(values: dict[str, str], where: str) -> dict[str, str]:
    """The values of one row, with the parameter as its code and a decimal point in the age."""
    checked = dict(values)
    if "parameter" in values:
        text = values["parameter"]
        code = parameter_names().get(normalise(text)) or name_modality(text)
        if code is None:
            raise OptionError(
                f"--assign {where}: '{text}' is not a test of a thermode: use one of {' '.join(THERMODE_CODES)}"
            )
        checked["parameter"] = code
    if "age" in values:
        checked["age"] = values["age"].replace(",", ".")
        if not is_number(checked["age"]) or not 0 <= float(checked["age"]) <= OLDEST:
            raise OptionError(f"--assign {where}: '{values['age']}' is not an age: give years, 0 to {OLDEST:g}")
    return checked
