"""A first pass over all rows of a table: what values and words it has, before any of them is used."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from qst.arrays import Texts
from qst.loaders.files.cells import find_decimal, is_blank, is_number, read_words
from qst.loaders.files.text_table import Block, TextTable
from qst.loaders.headers.columns import Layout
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.identity import IdentityReader, UnknownWords
from qst.loaders.rows.people import People
from qst.loaders.rows.quantities import Evidence
from qst.loaders.rows.values import Measured, find_measured, name_parameters, possible_range, repeats_header, to_unit
from qst.problems import OnProblem, Problem, cut_text, make_problem, shorten
from qst.protocol import BY_CODE, CODES, STIMULI
from qst.vocabulary.names import normalise, words
from qst.vocabulary.units import Unit

DECIMALS_AMONG = 10_000
"""Rows at the top of a table that decide its decimal sign; a number with the other sign is an error anywhere."""

SUMMARIES_AMONG = 100
"""Rows at the end of a block whose subjects may be names of summaries, such as mean (ours)."""


def find_template_rows(block: Block, layout: Layout) -> npt.NDArray[np.bool_]:
    """Rows with neither a subject nor a value, as in a form that was not filled in to the end."""
    subject, value = layout.find("subject"), layout.find("value")
    anonymous = is_blank(block.columns[subject.position]) if subject else np.ones(len(block.rows), dtype=bool)
    if not anonymous.any():
        return anonymous
    columns = [value] if layout.is_long and value is not None else layout.parameters
    blank = np.all([is_blank(block.columns[column.position]) for column in columns], axis=0)
    return np.asarray(anonymous & blank, dtype=bool)


def find_second_headers(block: Block, layout: Layout, groups: Sequence[Measured]) -> npt.NDArray[np.bool_]:
    """Rows with names or units where numbers are expected; `groups` are the measured cells of the block."""
    columns = [block.columns[column.position] for column in layout.columns]
    suspect = np.zeros(len(block.rows), dtype=bool)
    for group in groups:
        suspect[group.positions] |= group.numbers.unreadable
    parameter = layout.find("parameter")
    if layout.is_long and parameter is not None:
        suspect |= block.columns[parameter.position] == parameter.header
    for position in np.flatnonzero(suspect):
        suspect[position] = repeats_header([column[position] for column in columns], layout)
    return suspect


class Survey:
    """What a first pass over all rows of a table shows.

    Attributes
    ----------
    problems : list of Problem
        Of rows that do not fit the table.
    decimal : str
        `.` or `,`.
    identity : IdentityReader
    evidence : dict of parameter code to Evidence
    units : dict of parameter code to Unit or None
    headers : dict of parameter code to dict of str
        The file's own headers, in order.
    converted : dict of (parameter code, name of a unit) to Unit
        Units of the file that are not ours.
    missing : Counter of str
        Words and codes that were taken as missing.
    filled : set of int
        Positions of columns without a name that are not empty.
    n_rows : int
        Rows with data.
    only_block : list of Block
        The rows themselves, where there is one block only.
    only_groups : list of Measured
        Their measured cells.
    """

    def __init__(self, table: TextTable, layout: Layout, options: LoadOptions, people: People | None) -> None:
        self.problems: list[Problem] = []
        blocks = table.read_blocks(layout.row, len(layout.columns), self.problems.append)
        head: list[Block] = []
        while sum(len(block.rows) for block in head) < DECIMALS_AMONG and (block := next(blocks, None)) is not None:
            head.append(block)
        self.layout, self.options = layout, options
        self.decimal = options.decimal or find_decimal(_list_number_columns(head, layout))
        self.identity = IdentityReader(table.file, layout, options, self.decimal, people)
        self.evidence: dict[str, Evidence] = {}
        self.units: dict[str, Unit | None] = {}
        self.headers: dict[str, dict[str, None]] = {}
        self.converted: dict[tuple[str, str], Unit] = {}
        self.missing: Counter[str] = Counter()
        self.unknown: UnknownWords = {}
        self.look_alikes: dict[str, dict[str, str]] = {}
        self.parameters: dict[str, list[int]] = {}
        self.stimuli: dict[tuple[str, str], int] = {}
        self.dropped: dict[int, tuple[str, str]] = {}
        self.summaries: dict[int, str] = {}
        self.nameless: dict[int, int] = {}
        self.templates: list[int] = []
        self.second_headers: list[int] = []
        self.filled: set[int] = set()
        self.n_rows = self.n_blocks = 0
        self.only_block: list[Block] = []
        self.only_groups: list[Measured] = []
        for block in chain(head, blocks):
            self._add(block)
        if self.n_blocks != 1:
            self.only_block, self.only_groups = [], []

    def _add(self, block: Block) -> None:
        if not self.n_blocks:
            self.look_alikes = self.identity.find_look_alikes(block)
        self.n_blocks, self.only_block = self.n_blocks + 1, [block]
        template = find_template_rows(block, self.layout)
        groups = self.only_groups = find_measured(block, self.layout, self.options, self.decimal)
        second = find_second_headers(block, self.layout, groups)
        self.templates += block.rows[template].tolist()
        self.second_headers += block.rows[second].tolist()
        template |= second
        self.n_rows += int((~template).sum())
        self.identity.collect_words(block, self.unknown)
        if (subject := self.layout.find("subject")) is not None:
            texts = block.columns[subject.position]
            known = words("subject")
            kinds = {text: known.get(normalise(text)) for text in set(texts[-SUMMARIES_AMONG:])}
            found = [place for place, text in enumerate(texts) if kinds.get(text) == "summary"]
            self.summaries |= {int(block.rows[place]): str(texts[place]) for place in found}
        for column in self.layout.columns:
            if not column.header.strip() and not is_blank(block.columns[column.position]).all():
                self.filled.add(column.position)
                self._add_nameless(block, column.position)
        for group in groups:
            self.missing += group.numbers.missing
            self.units.setdefault(group.code, group.unit)
            self.headers.setdefault(group.code, {}).update(dict.fromkeys(group.all_headers))
            if self.layout.is_long and group.unit is not None and group.unit.foreign:
                continue  # reported for each of its cells
            if group.unit is not None and group.unit.factor != 1:
                self.converted[group.code, group.unit.name] = group.unit
            values = to_unit(group.code, group.numbers.values, group.unit)
            possible = possible_range(BY_CODE[group.code], self.layout.is_long)
            self.evidence.setdefault(group.code, Evidence()).add(group.code, values, possible, group.texts)
        parameter = self.layout.find("parameter")
        if self.layout.is_long and parameter is not None:
            self._add_trials(block, block.columns[parameter.position], parameter.header, template)

    def _add_nameless(self, block: Block, position: int) -> None:
        """Remember a column without a name that follows a measured one and contains numbers, and the first such row."""
        before = self.layout.columns[position - 1] if position else None
        if before is None or not (before.role in BY_CODE or before.position in self.nameless):
            return
        numbers = [row for row, text in zip(block.rows, block.columns[position], strict=True) if is_number(text)]
        if numbers:
            self.nameless.setdefault(position, int(numbers[0]))

    def _add_trials(self, block: Block, named: Texts, header: str, template: npt.NDArray[np.bool_]) -> None:
        if block.headers:
            self._add_dropped(block)
        codes = name_parameters(named, self.options.codes.get("parameter", {}))
        stimulus = self.layout.find("stimulus")
        for position in np.flatnonzero((codes == np.array(None)) & ~template):
            if named[position] != header:
                self.parameters.setdefault(named[position], []).append(int(block.rows[position]))
        for code, ours in STIMULI.items() if stimulus is not None else ():
            texts = block.columns[stimulus.position]  # type: ignore[union-attr]
            read = read_words(texts, words("stimulus"))
            for position in np.flatnonzero((codes == code) & ~np.isin(read.values.astype(str), (*ours, "None"))):
                self.stimuli.setdefault((code, texts[position]), int(block.rows[position]))

    def _add_dropped(self, block: Block) -> None:
        """Remember rows that were unfolded into trials of which none counts, and the cell or header that states it."""
        keep, value = self.layout.find("keep"), self.layout.find("value")
        if keep is None or value is None:
            return
        texts = block.columns[keep.position]
        counts = read_words(texts, words("keep")).values != "no"
        filled = ~is_blank(block.columns[value.position])
        rows = np.setdiff1d(block.rows[filled], block.rows[counts])
        headers = block.headers[keep.position]
        first, after = np.searchsorted(block.rows, rows), np.searchsorted(block.rows, rows, "right")
        for row, start, stop in zip(rows.tolist(), first.tolist(), after.tolist(), strict=True):
            own = np.flatnonzero(headers[start:stop] == keep.header)
            place = start + (own[0] if len(own) else 0)
            self.dropped[row] = (str(headers[place]), str(texts[place]))

    def report_second_headers(self, file: str, on_problem: OnProblem) -> None:
        """Report the rows that were taken as headers."""
        for row in self.second_headers:
            on_problem(make_problem("second-header", "table", file=file, row=row))

    def report_problems(self, file: str, on_problem: OnProblem) -> None:
        """Report once what concerns the table as a whole."""
        if self.templates:
            on_problem(make_problem("empty-row", file=file, row=self.templates[0], count=len(self.templates)))
        self.report_second_headers(file, on_problem)
        subject = self.layout.find("subject")
        header = subject.header if subject else None
        for row, text in self.summaries.items():
            on_problem(make_problem("summary-row", file=file, row=row, column=header, value=text, text=shorten(text)))
        for position, row in self.nameless.items():
            number = position + 1
            on_problem(
                make_problem("column-without-name", file=file, row=row, column=f"column_{number}", number=number)
            )
        self.identity.report_words(self.unknown, on_problem)
        self.identity.report_absent(self.look_alikes, on_problem)
        for (code, text), row in self.stimuli.items():
            stimulus = self.layout.find("stimulus")
            on_problem(
                make_problem(
                    "word-unknown",
                    "stimulus",
                    severity="error",
                    file=file,
                    row=row,
                    column=stimulus.header if stimulus else None,
                    value=cut_text(text),
                    expected=" nor ".join(STIMULI[code]),
                    parameter=code,
                )
            )
        keep = self.layout.find("keep")
        for row, (header, text) in self.dropped.items():
            by_cell = keep is not None and header == keep.header
            on_problem(
                make_problem(
                    "no-trial-counts",
                    "cell" if by_cell else "practice",
                    file=file,
                    row=row,
                    column=header,
                    value=cut_text(text) if by_cell else None,
                    text=shorten(text),
                )
            )
        parameter = self.layout.find("parameter")
        for name, rows in self.parameters.items():
            on_problem(
                make_problem(
                    "unknown-parameter",
                    "table",
                    severity="warning",
                    file=file,
                    row=rows[0],
                    column=parameter.header if parameter else None,
                    value=cut_text(name),
                    codes=" ".join(CODES),
                    count=len(rows),
                )
            )


def _list_number_columns(blocks: list[Block], layout: Layout) -> Iterator[Texts]:
    """The first rows of the columns with numbers."""
    for role in (*CODES, "value", "age", "baseline"):
        column = layout.find(role)
        if column is not None:
            yield from (block.columns[column.position][:DECIMALS_AMONG] for block in blocks)
