"""Tidy tables: a row a tested area (wide) or a row a trial (long), from text to our columns."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError
from qst.loaders.cells import Texts, count_decimal_signs, is_blank, read_texts, read_words
from qst.loaders.columns import Column, Layout, find_layout
from qst.loaders.files import Block, TextTable
from qst.loaders.identity import IdentityReader
from qst.loaders.names import Unit, find_unit, words
from qst.loaders.options import LoadOptions
from qst.loaders.people import People
from qst.loaders.quantities import Decisions, Evidence, decide
from qst.loaders.values import Measured, convert, measure, name_parameters, possible_range, repeats_header, to_unit
from qst.protocol import BASELINE, BY_CODE, CODES
from qst.tables import ASSESSMENT_COLUMNS, RESULT_COLUMNS, TRIAL_COLUMNS, Problem, Report, label_flags, shorten

Floats = npt.NDArray[np.float64]

DECIMALS_AMONG = 10_000
"""Rows at the top of a table that decide its decimal sign; a number with the other one is an error wherever it is."""


@dataclass(slots=True)
class Reading:
    """One table, understood. Its frames can be read any number of times.

    Attributes
    ----------
    table : TextTable
    layout : Layout
    options : LoadOptions
    decimal : str
        `.` or `,`.
    identity : IdentityReader
    units : dict of parameter code to Unit or None
    decisions : Decisions
    missing : Counter of str
        Words and codes that were taken as missing.
    n_rows : int
    cached : list of Block
        The rows themselves, where they are few enough to be kept.
    """

    table: TextTable
    layout: Layout
    options: LoadOptions
    decimal: str
    identity: IdentityReader
    units: dict[str, Unit | None]
    decisions: Decisions
    missing: Counter[str]
    n_rows: int
    cached: list[Block]

    @property
    def is_trials(self) -> bool:
        """Whether the frames are trials; otherwise they are assessments."""
        return self.layout.is_long

    def frames(self, report: Report) -> Iterator[pd.DataFrame]:
        """The table in blocks, as assessments or trials, with all problems of its cells reported."""
        width = len(self.layout.columns)
        for block in self.cached or self.table.read_blocks(self.layout.row, width, report):
            filled = self._drop_rows_without_data(block, report)
            if len(filled.rows):
                yield self._read_trials(filled, report) if self.is_trials else self._read_assessments(filled, report)

    def explain(self) -> list[str]:
        """What was understood, in lines for the user."""
        sign = "decimal comma" if self.decimal == "," else "decimal point"
        shape = "a row a trial" if self.is_trials else "a row a tested area"
        lines = [
            f"{self.table.file}: {self.table.understood}, {sign}, header in row {self.layout.row}; "
            f"{self.n_rows} rows, {shape}",
            "  read: " + ", ".join(self._explain_column(c) for c in self.layout.columns if c.role),
        ]
        carried = [column.header for column in self.layout.columns if column.role is None and column.header.strip()]
        if carried:
            lines.append("  carried through as they are: " + ", ".join(carried))
        lines += [f"  {code}: {told}" for code, told in self.decisions.told.items()]
        if self.options.fixed:
            lines.append("  set: " + ", ".join(f"{column}={value}" for column, value in self.options.fixed.items()))
        if self.missing:
            lines.append(
                "  taken as missing: " + ", ".join(f"{w!r} ({n} cells)" for w, n in self.missing.most_common())
            )
        return lines

    def _explain_column(self, column: Column) -> str:
        role = str(column.role)
        name = role if role == column.header else f"{role} from {column.header!r}"
        unit = self.units.get(role) or column.unit
        if unit is None:
            return name
        ours = BY_CODE[role].unit if role in BY_CODE else "years" if role == "age" else "°C"
        return f"{name} [{unit.text}]" if unit.factor == 1 else f"{name} [{unit.text} × {unit.factor:g} = {ours}]"

    def _drop_rows_without_data(self, block: Block, report: Report) -> Block:
        """Leave out template rows (neither a subject nor a value) and repeated headers, and say so."""
        file, subject = self.table.file, self.layout.find("subject")
        value = self.layout.find("value")
        value_columns = [value] if self.is_trials and value is not None else self.layout.parameters
        texts = [block.columns[column.position] for column in value_columns]
        anonymous = is_blank(block.columns[subject.position]) if subject else np.ones(len(block.rows), dtype=bool)
        template = anonymous & np.all([is_blank(column) for column in texts], axis=0)
        if template.any():
            message = f"rows with neither a subject nor a value: {int(template.sum())}; they were left out"
            report(Problem("warning", "empty-row", message, file, int(block.rows[template.argmax()])))
        unreadable = np.zeros(len(block.rows), dtype=bool)
        for group in measure(block, self.layout, self.decimal):
            unreadable[group.positions] |= group.numbers.unreadable
        headers, codes = [c.header for c in value_columns], [str(c.role) for c in value_columns]
        dropped = template.copy()
        for position in np.flatnonzero(unreadable & ~template):
            if repeats_header([column[position] for column in texts], headers, codes):
                dropped[position] = True
                message = (
                    "the row has names or units where numbers are expected, like a second header, and was left out: "
                    "write units into the header itself, as PPT [kPa]"
                )
                report(Problem("warning", "second-header", message, file, int(block.rows[position])))
        if not dropped.any():
            return block
        return Block(block.rows[~dropped], [column[~dropped] for column in block.columns])

    def _read_assessments(self, block: Block, report: Report) -> pd.DataFrame:
        groups = [m for m in measure(block, self.layout, self.decimal) if m.code not in self.decisions.refused]
        measured = np.zeros(len(block.rows), dtype=bool)
        for group in groups:
            measured |= ~np.isnan(group.numbers.values)
        identity = self.identity.read(block, measured, report)
        baseline = np.asarray(identity.pop("baseline"), dtype=float)
        values = {code: np.full(len(block.rows), np.nan) for code in CODES}
        for group in groups:
            values[group.code] = self._convert(group, baseline, report)
        frame = pd.DataFrame({**identity, **values})[list(ASSESSMENT_COLUMNS)]
        flags = {f"rating_offset_added:{code}": ~np.isnan(values[code]) for code in sorted(self.decisions.add_offset)}
        flags |= _flag_baseline(baseline, ~np.isnan(values["CDT"]) | ~np.isnan(values["WDT"]))
        notes = label_flags(flags, len(block.rows))
        return self._append_own_columns(frame.assign(notes=notes), block)

    def _read_trials(self, block: Block, report: Report) -> pd.DataFrame:
        length = len(block.rows)
        parameter = self.layout.find("parameter")
        named = block.columns[parameter.position] if parameter else np.full(length, "", dtype=object)
        codes = name_parameters(named)
        self._report_unknown_parameters(named, codes, block, report)
        groups = [m for m in measure(block, self.layout, self.decimal) if m.code not in self.decisions.refused]
        identity = self.identity.read(block, codes != np.array(None), report)
        baseline = np.asarray(identity.pop("baseline"), dtype=float)
        values = np.full(length, np.nan)
        for group in groups:
            values[group.positions] = self._convert(group, baseline[group.positions], report)
        frame = pd.DataFrame(
            {
                **identity,
                "parameter": np.where(codes == np.array(None), named, codes),
                "series": self._words("series", block),
                "stimulus": self._words("stimulus", block),
                "value": values,
            }
        )[[column for column in TRIAL_COLUMNS if not column.startswith("source")]]
        if self.layout.find("keep") is not None:
            frame["keep"] = self._words("keep", block) != "no"
        frame["baseline"] = baseline
        return self._append_own_columns(frame, block)

    def _convert(self, group: Measured, baseline: Floats, report: Report) -> Floats:
        return convert(
            group,
            self.units.get(group.code),
            self.decisions,
            baseline,
            file=self.table.file,
            single_trials=self.is_trials,
            report=report,
        )

    def _words(self, role: str, block: Block) -> Texts:
        column = self.layout.find(role)
        if column is None:
            return np.full(len(block.rows), None, dtype=object)
        return read_words(block.columns[column.position], words(role)).values

    def _report_unknown_parameters(self, named: Texts, codes: Texts, block: Block, report: Report) -> None:
        column = self.layout.find("parameter")
        for name in dict.fromkeys(named[codes == np.array(None)]):
            here = named == name
            message = (
                f"{shorten(name)} is no parameter ({' '.join(CODES)}); its {int(here.sum())} rows are kept "
                "and not scored"
            )
            row, header = int(block.rows[here.argmax()]), column.header if column else None
            report(Problem("warning", "unknown-parameter", message, self.table.file, row, header, shorten(name)))

    @property
    def own_names(self) -> dict[int, str]:
        """Position and name of the columns that are carried through. A clash with ours is settled by `_input`."""
        taken = {*TRIAL_COLUMNS, *ASSESSMENT_COLUMNS, *RESULT_COLUMNS, "keep", "baseline"}
        names: dict[int, str] = {}
        for column in self.layout.columns:
            if column.header.strip() and (column.role is None or column.role in self.decisions.refused):
                name = column.header
                while name in taken:
                    name += "_input"
                taken.add(name)
                names[column.position] = name
        return names

    def _append_own_columns(self, frame: pd.DataFrame, block: Block) -> pd.DataFrame:
        """The user's own columns as text, and where each row came from."""
        own = {name: read_texts(block.columns[position]) for position, name in self.own_names.items()}
        source = {"source_file": np.full(len(block.rows), self.table.file, dtype=object), "source_row": block.rows}
        return pd.concat([frame, pd.DataFrame(own | source, index=frame.index)], axis=1)


def understand(table: TextTable, options: LoadOptions, people: People | None, report: Report) -> Reading:
    """Find out what a table holds: its header, decimal sign, units, and whether its columns are the protocol's.

    Raises
    ------
    InputError
        The table holds no QST values, no rows, or only columns that cannot be what their names say.
    """
    layout = find_layout(table.file, table.preview, options, report)
    if not layout.is_measurements:
        message = f"the table names subjects, but no QST parameter ({' '.join(CODES)}): say --map 'header=HPT'"
        raise InputError(Problem("error", "no-qst-columns", message, table.file, layout.row))
    decimal, n_rows, n_blocks = "", 0, 0
    first: list[Block] = []
    evidence: dict[str, Evidence] = {}
    units: dict[str, Unit | None] = {column.role: column.unit for column in layout.parameters if column.role}
    missing: Counter[str] = Counter()
    seen: list[Problem] = []
    for block in table.read_blocks(layout.row, len(layout.columns), seen.append):
        n_blocks, n_rows = n_blocks + 1, n_rows + len(block.rows)
        if n_blocks == 1:
            decimal, first = _find_decimal(block, layout), [block]
            if layout.is_long:
                units = _units_of_trials(block, layout, options)
        for group in measure(block, layout, decimal):
            missing += group.numbers.missing
            values = to_unit(group.code, group.numbers.values, units.get(group.code))
            possible = possible_range(BY_CODE[group.code], layout.is_long)
            evidence.setdefault(group.code, Evidence()).add(group.code, values, possible)
    if not n_rows:
        for problem in seen:
            report(problem)
        raise InputError(Problem("error", "no-rows", "the table has a header and no rows", table.file, layout.row))
    hints = {str(c.role): c.thermal for c in layout.parameters if c.thermal is not None}
    decisions = decide(evidence, units, options.thermal, hints, single_trials=layout.is_long)
    _report_refused(table.file, layout, decisions, report)
    if decisions.refused and set(evidence) <= set(decisions.refused):
        reason = next(iter(decisions.refused.values()))[1]
        message = f"none of its columns can be used as QST values, so the file is refused. {reason}"
        raise InputError(Problem("error", "not-qst-data", message, table.file, layout.row))
    if n_blocks == 1:
        for problem in seen:  # these rows are not read a second time
            report(problem)
    identity = IdentityReader(table.file, layout, options, decimal, people)
    identity.report_absent(report)
    cached = first if n_blocks == 1 else []
    return Reading(table, layout, options, decimal, identity, units, decisions, missing, n_rows, cached)


def _find_decimal(block: Block, layout: Layout) -> str:
    """The decimal sign that most numbers of the first block have; a point where there is no fraction at all."""
    points = commas = 0
    for role in (*CODES, "value", "age", "baseline"):
        column = layout.find(role)
        if column is not None:
            more_points, more_commas = count_decimal_signs(block.columns[column.position][:DECIMALS_AMONG])
            points, commas = points + more_points, commas + more_commas
    return "," if commas > points else "."


def _units_of_trials(block: Block, layout: Layout, options: LoadOptions) -> dict[str, Unit | None]:
    """Unit of each parameter of a table with a row a trial: from an option or from its column `unit`."""
    units: dict[str, Unit | None] = {code: options.unit_of(code) for code in options.units}
    parameter, unit = layout.find("parameter"), layout.find("unit")
    if parameter is None or unit is None:
        return units
    codes = name_parameters(block.columns[parameter.position])
    for code, text in dict.fromkeys(zip(codes, block.columns[unit.position], strict=True)):
        if code is not None and code not in units and text.strip():
            units[code] = find_unit(code, text)
    return units


def _report_refused(file: str, layout: Layout, decisions: Decisions, report: Report) -> None:
    for code, (kind, message) in decisions.refused.items():
        column = layout.find(code) or layout.find("value")
        header = column.header if column else code
        report(
            Problem("error", kind, f"{message}" if header == code else f"{code}: {message}", file, layout.row, header)
        )


def _flag_baseline(baseline: Floats, measured: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.bool_]]:
    """A note on rows whose thermal detection was measured from another baseline than the norms'."""
    other = measured & ~np.isnan(baseline) & (baseline != BASELINE)
    return {f"baseline:{value:g}": other & (baseline == value) for value in np.unique(baseline[other])}
