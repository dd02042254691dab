"""Tidy tables, with one row per tested area (wide) or per trial (long): from text to our columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats, Texts, join_texts, label_flags
from qst.loaders.files.cells import is_blank, read_texts, read_words
from qst.loaders.files.text_table import HEADER_AMONG, Block, TextTable
from qst.loaders.headers.columns import Column, Layout
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.quantities import Decisions
from qst.loaders.rows.survey import Survey, find_second_headers, find_template_rows
from qst.loaders.rows.values import Measured, convert, describe_conversion, find_measured, name_parameters
from qst.notes import format_note
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BASELINE, BY_CODE, CODES, DISTANCE_CODES
from qst.tables import (
    ASSESSMENT_COLUMNS,
    RESULT_COLUMNS,
    SOURCE,
    SYMPTOM_COLUMNS,
    TRIAL_COLUMNS,
    find_added_mechanisms,
    is_scored,
    unique_column_name,
)
from qst.vocabulary.headers import find_npsi_results, name_symptom
from qst.vocabulary.names import words
from qst.vocabulary.units import Unit, is_force_of_probe

Columns = dict[str, npt.NDArray[Any]]
"""Columns of a block by their names, all of one length."""


@dataclass(frozen=True)
class Reading:
    """One table, understood. Its frames can be read any number of times.

    Attributes
    ----------
    table : TextTable
    layout : Layout
    options : LoadOptions
    decisions : Decisions
    survey : Survey
        What a first pass over all rows showed.
    """

    table: TextTable
    layout: Layout
    options: LoadOptions
    decisions: Decisions
    survey: Survey

    @property
    def file(self) -> str:
        """The file as the user named it, with the sheet of a workbook."""
        return self.table.file

    @property
    def path(self) -> Path | None:
        """Where the file is."""
        return self.table.path

    @property
    def is_trials(self) -> bool:
        """Whether the frames are trials; otherwise they are assessments."""
        return self.layout.is_long

    @property
    def n_rows(self) -> int:
        """Rows with data."""
        return self.survey.n_rows

    @property
    def headers(self) -> list[str]:
        """Headers that a user may name: those of the columns, and those of the table in the file they come from."""
        headers = [column.header for column in self.layout.columns]
        source = self.table.source
        while source is not None:
            headers += [text for row in source.preview[:HEADER_AMONG] for text in row]
            source = source.source
        return headers

    @property
    def decimal(self) -> str:
        """The decimal sign."""
        return self.survey.decimal

    def frames(self, on_problem: OnProblem) -> Iterator[pd.DataFrame]:
        """The table in blocks, as assessments or trials; all problems of its cells are reported."""
        yield from map(pd.DataFrame, self.blocks(on_problem))

    def blocks(self, on_problem: OnProblem) -> Iterator[Columns]:
        """The same, each block as its columns: one frame formed from the blocks of many small files is faster."""
        width = len(self.layout.columns)
        for block in self.survey.only_block or self.table.read_blocks(self.layout.row, width, on_problem):
            # Rows without data were reported when they were counted.
            groups = self.survey.only_groups or find_measured(block, self.layout, self.options, self.decimal)
            without = find_template_rows(block, self.layout) | find_second_headers(block, self.layout, groups)
            if without.all():
                continue
            if without.any():
                block = block.select(~without)  # noqa: PLW2901 (the rest of it)
                groups = find_measured(block, self.layout, self.options, self.decimal)
            read = self._read_trials if self.is_trials else self._read_assessments
            yield read(block, groups, on_problem)

    def explain(self, *, columns: bool = False) -> list[str]:
        """What was understood, in lines for the user; with `columns`, one line for each column of the file."""
        sign = "decimal comma" if self.decimal == "," else "decimal point"
        shape = "one row per trial" if self.is_trials else "one row per tested area"
        lines = [
            f"{self.table.file}: {self.table.understood}, {sign}, header in row {self.layout.row}; "
            f"{self.n_rows} rows, {shape}",
        ]
        if columns:
            lines.append(f"  format: {self.table.format}")
            lines += [
                f"  column {column.position + 1}: {self._describe_column(column)}" for column in self.layout.columns
            ]
        else:
            lines.append("  read: " + ", ".join(self._describe_role(c) for c in self.layout.columns if c.role))
            if self.own_names:
                lines.append("  carried through as they are: " + ", ".join(self.own_names.values()))
        lines += [f"  {code}: {text}" for code, text in self.decisions.explanations.items()]
        lines += [f"  {remark}" for remark in self.table.remarks]
        if self.is_trials and self.survey.converted:
            converted = [
                f"{code} = {self._describe_conversion(code, unit)}" for (code, _), unit in self.survey.converted.items()
            ]
            lines.append("  converted: " + ", ".join(converted))
        if self.options.fixed:
            lines.append("  set: " + ", ".join(f"{column}={value}" for column, value in self.options.fixed.items()))
        missing = self.survey.missing.most_common()
        if missing:
            lines.append("  taken as missing: " + ", ".join(f"{word!r} ({count} cells)" for word, count in missing))
        return lines

    def _describe_column(self, column: Column) -> str:
        """One column: what it was recognised as, its codes, or why it is not used."""
        header = shorten(column.header)
        if column.role is None:
            carried = column.position in self.own_names
            return f"{header} is carried through as it is" if carried else f"{header} is empty and ignored"
        if column.role in self.decisions.refused:
            return (
                f"{header} is carried through and not used as {column.role}: "
                f"{self.decisions.refused[column.role].make_problem(column.role).message}"
            )
        codes = {**column.codes, **self.options.codes.get(column.role, {})}
        meanings = ", ".join(f"{code} means {word}" for code, word in codes.items())
        return f"{self._describe_role(column)}, where {meanings}" if codes else self._describe_role(column)

    def _describe_role(self, column: Column) -> str:
        role = str(column.role)
        name = role if role == column.header else f"{role} from {column.header!r}"
        unit = self.survey.units.get(role) or column.unit
        if unit is None:
            return name
        ours = BY_CODE[role].unit if role in BY_CODE else "years" if role == "age" else "°C"
        formula = self._describe_conversion(role, unit) if role in BY_CODE else _describe_factor(unit)
        text = f"{name} [{formula.replace('*', ' × ')} = {ours}]" if formula else f"{name} [{unit.text}]"
        if not is_force_of_probe(role, unit):
            return text
        area = self.options.probe_area
        return f"{text} on a probe of 1 cm², assumed" if area is None else f"{text} on a probe of {area:g} cm²"

    def _describe_conversion(self, code: str, unit: Unit | None) -> str | None:
        return describe_conversion(code, unit, self.decisions.absolute.get(code))

    def _note_conversion(self, group: Measured, values: Floats, length: int) -> dict[str, npt.NDArray[np.bool_]]:
        """A note for the rows of a block whose values were not in our unit."""
        formula = self._describe_conversion(group.code, group.unit)
        if formula is None:
            return {}
        converted = np.zeros(length, dtype=bool)
        converted[group.positions] = ~np.isnan(values)
        return {format_note("converted", group.code, formula): converted}

    def _read_assessments(self, block: Block, groups: list[Measured], on_problem: OnProblem) -> Columns:
        measured, empty = np.zeros(len(block.rows), dtype=bool), np.ones(len(block.rows), dtype=bool)
        for group in groups:
            measured |= ~np.isnan(group.numbers.values) & (group.code not in self.decisions.refused)
            empty &= np.isnan(group.numbers.values)
        empty[empty] = np.all([is_blank(group.texts[empty]) for group in groups], axis=0)
        for position in np.flatnonzero(empty):
            row = int(block.rows[position])
            on_problem(make_problem("no-values", "row", severity="warning", file=self.table.file, row=row))
        identity = self.survey.identity.read(block, measured, on_problem)
        baseline = np.asarray(identity.pop("baseline"), dtype=float)
        values = {code: np.full(len(block.rows), np.nan) for code in CODES}
        flags: dict[str, npt.NDArray[np.bool_]] = {}
        for group in groups:
            if group.code not in self.decisions.refused:
                values[group.code] = self._convert(group, baseline, on_problem)
                flags |= self._note_conversion(group, values[group.code], len(block.rows))
        columns: Columns = {**identity, **values}
        flags |= {
            format_note("rating_offset_added", code): ~np.isnan(values[code])
            for code in sorted(self.decisions.add_offset)
        }
        flags |= flag_baseline(baseline, ~np.all([np.isnan(values[code]) for code in DISTANCE_CODES], axis=0))
        notes = label_flags(flags, len(block.rows))
        if self.table.canonical or self.table.noted or self.is_scored:
            notes = join_texts([self._read_noted("notes", block), notes])
        ordered = {name: columns[name] for name in ASSESSMENT_COLUMNS}
        return {**ordered, "notes": notes, **self._read_own_columns(block)}

    def _read_trials(self, block: Block, groups: list[Measured], on_problem: OnProblem) -> Columns:
        length = len(block.rows)
        parameter = self.layout.find("parameter")
        named = block.columns[parameter.position] if parameter else np.full(length, "", dtype=object)
        codes = name_parameters(named, self.options.codes.get("parameter", {}))
        known = codes != np.array(None)
        identity = self.survey.identity.read(block, known, on_problem)
        baseline = np.asarray(identity.pop("baseline"), dtype=float)
        values = np.full(length, np.nan)
        flags: dict[str, npt.NDArray[np.bool_]] = {}
        for group in groups:
            if group.code not in self.decisions.refused:
                values[group.positions] = self._convert(group, baseline[group.positions], on_problem)
                flags |= self._note_conversion(group, values[group.positions], length)
        columns: Columns = {
            **identity,
            "parameter": np.where(known, codes, named),
            "series": self._words("series", block),
            "stimulus": self._words("stimulus", block),
            "value": values,
            "keep": self._read_keep(block, on_problem),
            "baseline": baseline,
        }
        ordered = {name: columns[name] for name in (*TRIAL_COLUMNS, "keep", "baseline") if name in columns}
        notes = label_flags(flags, length)
        if self.table.canonical and self._find("notes") is not None:
            ordered["notes"] = join_texts([self._read_noted("notes", block), notes])
        elif self.survey.converted:
            ordered["notes"] = notes
        return ordered | self._read_own_columns(block)

    def _convert(self, group: Measured, baseline: Floats, on_problem: OnProblem) -> Floats:
        return convert(
            group,
            self.decisions,
            baseline,
            file=self.table,
            decimal=self.decimal,
            single_trials=self.is_trials,
            on_problem=on_problem,
        )

    def _read_keep(self, block: Block, on_problem: OnProblem) -> npt.NDArray[np.bool_]:
        """Whether each trial counts; a word that is neither yes nor no is reported, and the trial counts."""
        column, keep = self.layout.find("keep"), self._words("keep", block)
        unclear = np.flatnonzero(~np.isin(keep.astype(str), ("yes", "no", "None")))
        for position in unclear[np.unique(block.rows[unclear], return_index=True)[1]]:  # once per row of the file
            text = shorten(str(keep[position]))
            on_problem(
                make_problem(
                    "word-unknown",
                    "keep",
                    severity="warning",
                    file=self.table.file,
                    row=int(block.rows[position]),
                    column=column.header if column else None,
                    value=text,
                    text=text,
                )
            )
        return np.asarray(keep != "no", dtype=bool)

    def _words(self, role: str, block: Block) -> Texts:
        column = self.layout.find(role)
        if column is None:
            return np.full(len(block.rows), None, dtype=object)
        return read_words(block.columns[column.position], words(role)).values

    def _find(self, header: str) -> int | None:
        """Position of the column with a header."""
        return next((column.position for column in self.layout.columns if column.header == header), None)

    def _read_noted(self, header: str, block: Block) -> Texts:
        """A column that this program wrote next to the measurements."""
        position = self._find(header)
        texts = np.full(len(block.rows), "", dtype=object) if position is None else block.columns[position]
        return np.where(is_blank(texts), "", texts).astype(object)

    @property
    def is_scored(self) -> bool:
        """Whether `qst score` wrote the table: its results are computed again."""
        return is_scored({column.header for column in self.layout.columns})

    @property
    def _computed_again(self) -> set[str]:
        """Columns of a table that this program wrote which are not carried through: origin of rows, notes, results."""
        headers = [column.header for column in self.layout.columns]
        formed = set(find_npsi_results(headers))
        if self.table.canonical:
            formed |= {*SOURCE, "notes"}
        if self.table.noted:
            formed |= {"notes"}
        if self.is_scored:
            formed |= {*RESULT_COLUMNS, *find_added_mechanisms(headers)}
        return formed

    @cached_property
    def own_names(self) -> dict[int, str]:
        """Position and name of the columns that are carried through; one with a name of ours gets `_input` added."""
        ours = TRIAL_COLUMNS if self.is_trials else ASSESSMENT_COLUMNS
        taken = {*ours, *RESULT_COLUMNS, *SOURCE, *(("keep", "baseline", *CODES) if self.is_trials else ())}
        formed = self._computed_again
        names: dict[int, str] = {}
        for column in self.layout.columns:
            name = column.header if column.header.strip() else f"column_{column.position + 1}"
            is_symptom = column.role in SYMPTOM_COLUMNS
            carried = column.role is None or column.role in self.decisions.refused or is_symptom
            empty = not column.header.strip() and column.position not in self.survey.filled
            if not carried or empty or name in formed:
                continue
            if name_symptom(name) != (column.role if is_symptom else None):
                # Scoring finds a symptom by its name: a mapped column gets our name, an ignored one loses it.
                name = str(column.role) if is_symptom else f"{name}_input"
            names[column.position] = unique_column_name(name, taken)
            taken.add(names[column.position])
        return names

    def _read_own_columns(self, block: Block) -> Columns:
        """The user's own columns as text, and the file and row of origin."""
        own = {name: read_texts(block.columns[position]) for position, name in self.own_names.items()}
        file = np.full(len(block.rows), self.table.file, dtype=object)
        if not self.table.canonical:
            return {**own, "source_file": file, "source_row": block.rows}
        # The original file and row.
        named, row = self._read_noted("source_file", block), self._read_noted("source_row", block)
        known = (named != "") & np.array([text.isdigit() for text in row], dtype=bool)
        rows = np.where(known, np.where(known, row, 0).astype(np.int64), block.rows)
        return {**own, "source_file": np.where(known, read_texts(named), file), "source_row": rows}


def flag_baseline(baseline: Floats, measured: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.bool_]]:
    """A note for rows whose thermal detection was measured from another baseline than that of the norms."""
    other = measured & ~np.isnan(baseline) & (baseline != BASELINE)
    return {format_note("baseline", f"{value:g}"): other & (baseline == value) for value in np.unique(baseline[other])}


def _describe_factor(unit: Unit) -> str | None:
    return None if unit.factor == 1 else f"{unit.text}*{unit.factor:g}"
