"""Who was measured, where and when: subject, visit, age, sex, site, side, area and baseline of each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Texts, number_keys
from qst.loaders.files.cells import add_float_spellings, find_remedy, read_numbers, read_texts, read_words
from qst.loaders.files.text_table import Block
from qst.loaders.headers.columns import Layout
from qst.loaders.headers.options import FILE_NAME, LoadOptions
from qst.loaders.rows.people import Columns, People
from qst.problems import OnProblem, Severity, cut_text, make_problem, shorten
from qst.tables import OLDEST, SEXES
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import column_names, is_missing_cell, is_missing_word, normalise, words

WORD_COLUMNS = ("sex", "site", "side", "area")

NEEDED = ("age", "sex", "site")
"""Without these there is no norm."""

_ABSENT = {"age": "no-age", "sex": "no-sex", "site": "no-site"}
"""Codes of problems: no row of a table can have this value."""

_MISSING = {"subject": "missing-subject", "age": "missing-age", "sex": "missing-sex", "site": "missing-site"}
"""Codes of problems: a row with measurements lacks this value."""

FIRST_ROWS = 100
"""Rows of a column that show whether it contains sites or sexes under another name, for a hint (ours)."""

_EXAMPLES_OF_CODES = {
    "sex": "1=female,2=male",
    "site": "1=hand,2=foot",
    "side": "1=left,2=right",
    "area": "1=test,2=control",
}


UnknownWords = dict[str, dict[str, int]]
"""Column to its unknown words, and the first row with each."""


@dataclass(frozen=True, slots=True)
class IdentityReader:
    """Reads the identity columns of one table, block by block."""

    file: str
    layout: Layout
    options: LoadOptions
    decimal: str
    people: People | None = None

    def read(self, block: Block, measured: Bools, on_problem: OnProblem) -> Columns:
        """Identity columns of a block; what the file lacks is filled in from options and demographics.

        Parameters
        ----------
        block : Block
        measured : bool array
            Rows with any value; only their gaps are reported.
        on_problem : callable

        Returns
        -------
        dict
            `subject, visit, sex, site, side, area` as text (None where missing), `age` and `baseline` as numbers. A
            cell whose text cannot be used is missing too, but it is not a gap: nothing is filled in there.
        """
        columns: Columns = {role: self._text(block, role, on_problem) for role in ("subject", "visit")}
        columns["age"] = self._age(block, on_problem)
        for role in WORD_COLUMNS:
            columns[role] = self._words(block, role, on_problem)
        columns["baseline"] = self._number(block, "baseline", on_problem)
        gaps = {role: self._find_gaps(block, role, _is_none(values)) for role, values in columns.items()}
        if self.people is not None:
            self.people.fill(columns, gaps)
        for role, value in self.options.fixed.items():
            if role not in columns:
                continue
            empty = gaps[role] & _is_none(columns[role])  # demographics may have filled some
            number = role in ("age", "baseline")
            columns[role][empty] = float(value) if number else words(role).get(normalise(value), value)
        for role in ("subject", *NEEDED):
            if self.layout.find(role) is not None:
                self._report_gaps(role, block, measured & gaps[role] & _is_none(columns[role]), on_problem)
        return columns

    def collect_words(self, block: Block, unknown: UnknownWords) -> None:
        """Remember the first row of each word of a block that the vocabularies do not have."""
        for role in WORD_COLUMNS:
            column = self.layout.find(role)
            if column is None:
                continue
            read = read_words(block.columns[column.position], words(role) | dict(self._codes(role)))
            for text, position in read.unknown.items():
                if text != column.header:
                    unknown.setdefault(role, {}).setdefault(text, int(block.rows[position]))

    def report_words(self, unknown: UnknownWords, on_problem: OnProblem) -> None:
        """Report codes whose meaning is unknown, and sides and areas that are not ours; once per table."""
        for role, found in unknown.items():
            column = self.layout.find(role)
            header = column.header if column else role
            numbers = [text for text in found if _is_code(text)]
            if numbers:
                on_problem(
                    make_problem(
                        "code-unknown",
                        "column",
                        severity="error" if role in NEEDED else "warning",
                        file=self.file,
                        row=found[numbers[0]],
                        column=header,
                        value=cut_text(numbers[0]),
                        role=role,
                        codes=", ".join(sorted(map(str.strip, numbers))),
                        example=_EXAMPLES_OF_CODES[role],
                    )
                )
            if role in ("side", "area"):
                expected = "left or right" if role == "side" else "test or control"
                for text in found:
                    if text not in numbers:
                        on_problem(
                            make_problem(
                                "word-unknown",
                                "site" if normalise(text) in words("site") else "expected",
                                severity="warning",
                                file=self.file,
                                row=found[text],
                                column=header,
                                value=cut_text(text),
                                expected=expected,
                            )
                        )

    def is_absent(self, role: str) -> bool:
        """Whether no row of the table can have a value of an identity column, from any source."""
        in_people = self.people is not None and self.people.has(role)
        return self.layout.find(role) is None and role not in self.options.fixed and not in_people

    def find_look_alikes(self, block: Block) -> dict[str, dict[str, str]]:
        """For sex and site, where absent: the column with such words under another name, as details of a message."""
        found_columns: dict[str, dict[str, str]] = {}
        for role in ("sex", "site"):
            for column in self.layout.columns if self.is_absent(role) else ():
                if column.role not in (None, "side", "area") or not column.header.strip():
                    continue
                texts = dict.fromkeys(text.strip() for text in block.columns[column.position][:FIRST_ROWS])
                known = [text for text in texts if not is_missing_cell(text)]
                if known and all(normalise(text) in words(role) for text in known):
                    header = column.header.strip()
                    listed = cut_text(", ".join(known))
                    found_columns[role] = {"header": header, "other": shorten(header), "words": listed}
                    break
        return found_columns

    def report_absent(self, look_alikes: Mapping[str, Mapping[str, str]], on_problem: OnProblem) -> None:
        """Report once per table what none of its rows can have, and which column may contain it under another name."""
        named = any(column_names().get(parse_header(c.header)[0]) == "subject" for c in self.layout.columns)
        if self.is_absent("subject") and not named:  # one that is named but not used was reported before
            on_problem(
                make_problem(
                    "no-subject",
                    "measurements",
                    severity="warning",
                    file=self.file,
                    row=self.layout.row,
                    filename=FILE_NAME,
                )
            )
        for role in filter(self.is_absent, NEEDED):
            other: Mapping[str, Any] = look_alikes.get(role, {})
            message = "" if role == "age" else "other-name" if other else "absent"
            on_problem(make_problem(_ABSENT[role], message, file=self.file, row=self.layout.row, **other))

    def _texts(self, block: Block, role: str) -> Texts | None:
        column = self.layout.find(role)
        return None if column is None else block.columns[column.position]

    def _report_damage(self, texts: Texts, block: Block, on_problem: OnProblem) -> None:
        column = self.layout.find("subject")
        for position in [i for i, text in enumerate(texts) if "\x00" in text]:
            on_problem(
                make_problem(
                    "control-character",
                    file=self.file,
                    row=int(block.rows[position]),
                    column=column.header if column else None,
                    text=shorten(texts[position]),
                )
            )

    def _text(self, block: Block, role: str, on_problem: OnProblem) -> Texts:
        """A column exactly as written, None where blank."""
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), None, dtype=object)
        if role == "subject":
            self._report_damage(texts, block, on_problem)
        texts = read_texts(texts)
        if role != "subject" and role in self.options.codes:
            texts = read_words(np.array([t or "" for t in texts], dtype=object), dict(self._codes(role))).values
        return texts

    def _codes(self, role: str) -> Mapping[str, str]:
        """Codes of a column from its header and the options, in our words."""
        column = self.layout.find(role)
        given = {**(column.codes if column else {}), **self.options.codes.get(role, {})}
        return add_float_spellings(
            {normalise(code): words(role).get(normalise(word), word) for code, word in given.items()}
        )

    def _words(self, block: Block, role: str, on_problem: OnProblem) -> Texts:
        """A column in our words; other words are kept for site, side and area, unless they are bare numbers."""
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), None, dtype=object)
        read = read_words(texts, words(role) | dict(self._codes(role)))
        codes = [text.strip() for text in read.unknown if _is_code(text)]
        dropped = np.isin(read.values.astype(str), codes) if role in NEEDED else np.zeros(len(texts), dtype=bool)
        if role == "sex":
            dropped |= ~np.isin(read.values.astype(str), (*SEXES, "None"))
            for position in np.flatnonzero(dropped):
                if not _is_code(texts[position]):
                    self._report_sex(texts[position].strip(), int(block.rows[position]), on_problem)
        read.values[dropped] = None
        return read.values

    def _report_sex(self, text: str, row: int, on_problem: OnProblem) -> None:
        column = self.layout.find("sex")
        on_problem(
            make_problem(
                "word-unknown",
                "sex",
                severity="error",
                file=self.file,
                row=row,
                column=column.header if column else "sex",
                value=cut_text(text),
                text=text,
            )
        )

    def _find_gaps(self, block: Block, role: str, empty: Bools) -> Bools:
        """Where nothing was read because the file states nothing: no column, or a cell that means "not known"."""
        texts = self._texts(block, role)
        if texts is None or not empty.any():
            return empty
        is_silent = is_missing_word if role in ("subject", "visit") else is_missing_cell
        codes, unique = number_keys(texts[empty])
        gaps = empty.copy()
        gaps[empty] = np.array([is_silent(text) for text in unique], dtype=bool)[codes]
        return gaps

    def _number(self, block: Block, role: str, on_problem: OnProblem) -> npt.NDArray[np.float64]:
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), np.nan)
        column = self.layout.find(role)
        numbers = read_numbers(texts, self.decimal)
        for position in np.flatnonzero(numbers.unreadable):
            text = texts[position].strip()
            on_problem(
                make_problem(
                    "not-a-number",
                    "formula" if text.startswith("=") else "identity",
                    file=self.file,
                    row=int(block.rows[position]),
                    column=column.header if column else role,
                    value=cut_text(texts[position]),
                    text=shorten(text),
                    hint=find_remedy(text),
                )
            )
        unit = column.unit if column else None
        return numbers.values * (unit.factor if unit else 1.0)

    def _age(self, block: Block, on_problem: OnProblem) -> npt.NDArray[np.float64]:
        age = self._number(block, "age", on_problem)
        column = self.layout.find("age")
        for position in np.flatnonzero((age < 0) | (age > OLDEST)):
            text = block.columns[column.position][position] if column else ""
            on_problem(
                make_problem(
                    "age-impossible",
                    "year-of-birth" if 1800 < age[position] < 2200 else "outside",
                    file=self.file,
                    row=int(block.rows[position]),
                    column=column.header if column else "age",
                    value=cut_text(text),
                    oldest=OLDEST,
                )
            )
            age[position] = np.nan
        return age

    def _report_gaps(self, role: str, block: Block, gaps: Bools, on_problem: OnProblem) -> None:
        column = self.layout.find(role)
        header = column.header if column else role
        severity: Severity = "warning" if role == "subject" else "error"
        for row in block.rows[gaps].tolist():
            on_problem(make_problem(_MISSING[role], "row", file=self.file, row=row, column=header, severity=severity))


def _is_code(text: str) -> bool:
    """Whether a text is a bare number, which has no meaning by itself."""
    return text.strip().lstrip("-").replace(".", "", 1).isdigit()


def _is_none(values: Texts | npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.asarray(pd.isna(values), dtype=bool)
