"""Who was measured, where and when: subject, visit, age, sex, site, side, area and baseline of each row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.loaders.cells import Texts, is_missing_word, read_numbers, read_texts, read_words
from qst.loaders.columns import Layout
from qst.loaders.files import Block
from qst.loaders.names import normalise, words
from qst.loaders.options import LoadOptions
from qst.tables import SEXES, Problem, Report, shorten

if TYPE_CHECKING:
    from qst.loaders.people import People

OLDEST = 120.0
WORD_COLUMNS = ("sex", "site", "side", "area")
NEEDED = ("age", "sex", "site")
"""Without these there is no norm."""

_HOW_TO_SAY = {
    "age": "say --set age=45 or --demographics FILE",
    "sex": "say --set sex=female or --demographics FILE",
    "site": "say --set site=hand",
}

Columns = dict[str, Texts | npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class IdentityReader:
    """Reads the identity columns of one table, block by block."""

    file: str
    layout: Layout
    options: LoadOptions
    decimal: str
    people: "People | None" = None

    def read(self, block: Block, measured: npt.NDArray[np.bool_], report: Report) -> Columns:
        """Identity columns of a block, with what the file lacks filled in from options and demographics.

        Parameters
        ----------
        block : Block
        measured : bool array
            Rows that hold any value; only their gaps are reported.
        report : callable

        Returns
        -------
        dict
            `subject, visit, sex, site, side, area` as text (None where missing), `age` and `baseline` as numbers.
        """
        columns: Columns = {"subject": self._text(block, "subject"), "visit": self._text(block, "visit")}
        if self.layout.find("subject") is not None:
            self._report_gaps("subject", block, measured & _is_none(columns["subject"]), report)
        columns["age"] = self._age(block, report)
        for role in WORD_COLUMNS:
            columns[role] = self._words(block, role, report)
        columns["baseline"] = self._number(block, "baseline", report)
        if self.people is not None:
            self.people.fill(columns, report)
        for role, value in self.options.fixed.items():
            gaps = _is_none(columns[role])
            columns[role][gaps] = (
                float(value) if role in ("age", "baseline") else words(role).get(normalise(value), value)
            )
        for role in NEEDED:
            if self.layout.find(role) is not None:
                self._report_gaps(role, block, measured & _is_none(columns[role]), report)
        return columns

    def report_absent(self, report: Report) -> None:
        """Say once a table what no row of it can have."""
        for role in NEEDED:
            in_people = self.people is not None and self.people.has(role)
            if self.layout.find(role) is None and role not in self.options.fixed and not in_people:
                message = f"the table has no column for {role}, so nothing in it can be scored: {_HOW_TO_SAY[role]}"
                report(Problem("error", f"no-{role}", message, self.file, self.layout.row))

    def _texts(self, block: Block, role: str) -> Texts | None:
        column = self.layout.find(role)
        return None if column is None else block.columns[column.position]

    def _text(self, block: Block, role: str) -> Texts:
        """A column exactly as written, None where it is blank."""
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), None, dtype=object)
        texts = read_texts(texts)
        if role != "subject" and role in self.options.codes:
            texts = read_words(np.array([t or "" for t in texts], dtype=object), dict(self._codes(role))).values
        return texts

    def _codes(self, role: str) -> Mapping[str, str]:
        """Codes of a column from its header and the options, in our words."""
        column = self.layout.find(role)
        given = {**(column.codes if column else {}), **self.options.codes.get(role, {})}
        return {normalise(code): words(role).get(normalise(word), word) for code, word in given.items()}

    def _words(self, block: Block, role: str, report: Report) -> Texts:
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), None, dtype=object)
        translated = read_words(texts, words(role) | dict(self._codes(role)))
        values = translated.values
        numbers = [text for text in translated.unknown if text.strip().lstrip("-").replace(".", "", 1).isdigit()]
        for text, position in translated.unknown.items():
            if text in numbers[1:]:
                continue
            self._report_unknown_word(role, text, numbers, int(block.rows[position]), report)
        if role == "sex":
            values[~np.isin(values.astype(str), SEXES)] = None
        return values

    def _report_unknown_word(self, role: str, text: str, numbers: list[str], row: int, report: Report) -> None:
        header = self.layout.find(role)
        name = header.header if header else role
        if text in numbers:
            codes = ", ".join(sorted({number.strip() for number in numbers}))
            example = {"sex": "1=female,2=male", "site": "1=hand,2=foot", "side": "1=left,2=right"}.get(
                role, "1=test,2=control"
            )
            message = (
                f"{role} is coded as {codes}, and laboratories differ in what that means: say --codes {role}:{example} "
                "or the other way round"
            )
            severity = "error" if role in NEEDED else "warning"
            report(Problem(severity, "code-unknown", message, self.file, row, name, shorten(text)))  # type: ignore[arg-type]
        elif role == "sex":
            message = (
                f"{shorten(text)} is neither female nor male: correct it, or say --codes sex:{text.strip()}=female"
            )
            report(Problem("error", "word-unknown", message, self.file, row, name, shorten(text)))
        elif role in ("side", "area"):
            expected = "left or right" if role == "side" else "test or control"
            message = (
                f"{shorten(text)} is not {expected}; it is kept as written (--codes {role}:{text.strip()}=… changes it)"
            )
            report(Problem("warning", "word-unknown", message, self.file, row, name, shorten(text)))

    def _number(self, block: Block, role: str, report: Report) -> npt.NDArray[np.float64]:
        texts = self._texts(block, role)
        if texts is None:
            return np.full(len(block.rows), np.nan)
        column = self.layout.find(role)
        numbers = read_numbers(texts, self.decimal)
        for position in np.flatnonzero(numbers.unreadable):
            message = f"{shorten(texts[position])} is not a number: write one, or leave the cell empty"
            row = int(block.rows[position])
            name = column.header if column else role
            report(Problem("error", "not-a-number", message, self.file, row, name, shorten(texts[position])))
        unit = column.unit if column else None
        return numbers.values * (unit.factor if unit else 1.0)

    def _age(self, block: Block, report: Report) -> npt.NDArray[np.float64]:
        age = self._number(block, "age", report)
        column = self.layout.find("age")
        for position in np.flatnonzero((age < 0) | (age > OLDEST)):
            text = block.columns[column.position][position] if column else ""
            meant = (
                "looks like a year of birth, and no date of the test is known"
                if 1800 < age[position] < 2200
                else (f"is not an age in years (0 to {OLDEST:g})")
            )
            message = f"{shorten(text)} {meant}: write the age at the test"
            name = column.header if column else "age"
            report(
                Problem("error", "age-impossible", message, self.file, int(block.rows[position]), name, shorten(text))
            )
            age[position] = np.nan
        return age

    def _report_gaps(self, role: str, block: Block, gaps: npt.NDArray[np.bool_], report: Report) -> None:
        column = self.layout.find(role)
        for position in np.flatnonzero(gaps):
            text = block.columns[column.position][position] if column else ""
            if not is_missing_word(text) and role != "subject":
                continue  # reported with its own reason
            loss = "the row is kept without a name" if role == "subject" else "the row is kept without z-scores"
            row = int(block.rows[position])
            severity = "warning" if role == "subject" else "error"
            message = f"no {role} is given; {loss}: fill it in"
            report(Problem(severity, f"missing-{role}", message, self.file, row, column.header if column else role))  # type: ignore[arg-type]


def _is_none(values: Texts | npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.asarray(pd.isna(values), dtype=bool)
