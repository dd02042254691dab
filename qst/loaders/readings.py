"""From laboratories' files to tables of assessments or trials."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError, OptionError
from qst.loaders.files.find import find_files, open_tables
from qst.loaders.files.text_table import name_file
from qst.loaders.formats.choose import choose_formats, name_format
from qst.loaders.formats.format import downgrade_to_warning
from qst.loaders.headers.options import FILE_NAME, LoadOptions
from qst.loaders.parallel import Memory, ReadTable, open_files
from qst.loaders.rows.demographics import read_people
from qst.loaders.rows.exclusion import Exclusion, read_excluded
from qst.loaders.rows.people import People
from qst.loaders.rows.repeats import DuplicateFinder, check_trials
from qst.loaders.rows.table import Columns, Reading
from qst.loaders.rows.understand import understand
from qst.problems import OnProblem, make_problem
from qst.tables import ASSESSMENT_COLUMNS, SOURCE
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import normalise, read_by, using


class Readings:
    """All tables of the given files, understood and ready to be read."""

    def __init__(self, tables: Sequence[Reading | ReadTable], memory: Memory, options: LoadOptions) -> None:
        self.tables, self.people, self.exclusion = tables, memory.people, memory.exclusion
        self._names = options.names

    def explain(self, *, columns: bool = False) -> list[str]:
        """What was understood of each table, in lines for the user; with `columns`, one line for each column."""
        with using(self._names):
            names = [f"names: {self._names.description}"] if self._names.description else []
            lines = [line for table in self.tables for line in table.explain(columns=columns)]
        return names + lines + self.exclusion.explain()

    @property
    def own_columns(self) -> list[str]:
        """Columns of the files that are not ours, in order of appearance."""
        return list(dict.fromkeys(name for table in self.tables for name in table.own_names.values()))

    @property
    def n_rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.n_rows for table in self.tables)

    def frames(self, on_problem: OnProblem) -> Iterator[pd.DataFrame]:
        """All tables in blocks: first assessments, with notes on repeated ones, then all trials in one frame.

        At the end, people with measurements but without demographics are reported, and the reverse.
        """
        yield from read_by(self._names, self._frames(on_problem))

    def _frames(self, on_problem: OnProblem) -> Iterator[pd.DataFrame]:
        duplicates = DuplicateFinder()
        wide = [*ASSESSMENT_COLUMNS, "notes", *self.own_columns, *SOURCE]
        for table in self.tables:
            for frame in () if table.is_trials else table.frames(on_problem):
                yield duplicates.mark(frame.reindex(columns=wide), on_problem)
        trials = [block for table in self.tables if table.is_trials for block in table.blocks(on_problem)]
        if trials:
            own = [name for name in self.own_columns if any(name in block for block in trials)]
            ours = list(
                dict.fromkeys(name for block in trials for name in block if name not in own and name not in SOURCE)
            )
            names = [*ours, *own, *SOURCE]
            every = pd.DataFrame({name: _join_column(trials, name) for name in names})
            if "notes" in every:
                every["notes"] = every["notes"].fillna("")
            yield check_trials(every, on_problem)
        if self.people is not None:
            self.people.report_unmatched(on_problem)


def _join_column(blocks: Sequence[Columns], name: str) -> npt.NDArray[Any]:
    """A column of all blocks; None in those without it."""
    return np.concatenate(
        [block[name] if name in block else np.full(len(block["value"]), None, dtype=object) for block in blocks]
    )


def open_readings(
    paths: Sequence[str | Path], options: LoadOptions, on_problem: OnProblem, leave_out: Sequence[Path] = ()
) -> Readings:
    """Open files and folders and understand their tables.

    A file that cannot be used is reported and left out, unless it is the only one. Files in `leave_out`, the
    demographics and the assignments are not read as measurements.

    Raises
    ------
    InputError
        The only file, or every file, cannot be used.
    OptionError
        `--map` or `--ignore` names a column that no file has.
    """
    with using(options.names):
        return _open_readings(paths, options, on_problem, leave_out)


def _open_readings(
    paths: Sequence[str | Path], options: LoadOptions, on_problem: OnProblem, leave_out: Sequence[Path]
) -> Readings:
    options = replace(options, exclude_records=read_excluded(options.exclude_records, on_problem))
    exclusion = Exclusion([str(name) for name in options.exclude_records])
    people = None if options.demographics is None else read_people(Path(options.demographics), options, on_problem)
    others = [
        *([options.demographics] if options.demographics else []),
        *(options.assign.files if options.assign else []),
    ]
    not_read = {Path(path).resolve() for path in (*leave_out, *others)}
    files: list[Path] = []
    for path in paths:
        files += [file for file in find_files(Path(path), on_problem) if file.resolve() not in not_read]
    if not files:
        raise InputError(make_problem("no-files", "not-measurements"))
    memory = Memory(people, exclusion, options.assign)
    tables: list[Reading | ReadTable] = []
    errors: list[InputError] = []
    for opened, problems, error in open_files(list(dict.fromkeys(files)), options, memory, open_file):
        for problem in problems:
            on_problem(problem)
        tables += opened
        if error is not None:
            errors.append(error)
            if len(files) > 1:
                on_problem(error.problem)
    if not tables:
        none = make_problem("no-measurements", "none", severity="error", file=name_file(files[0]))
        raise errors[0] if errors else InputError(none)
    _check_named_columns(tables, options, people)
    exclusion.report_unknown(on_problem)
    if people is not None:
        people.leave_out(exclusion.ids)
    if options.assign is not None:
        options.assign.report_unused(on_problem)
    return Readings(tables, memory, options)


def open_file(file: Path, options: LoadOptions, memory: Memory, on_problem: OnProblem) -> list[Reading]:
    """The tables of one file that contain QST values; raises InputError where there is none."""
    tables = open_tables(file)
    if options.sheet is not None:
        titles = [str(table.sheet) for table in tables if table.sheet is not None]
        tables = [table for table in tables if table.sheet == options.sheet]
        if not tables:
            known = f"its sheets are {', '.join(titles)}" if titles else "it is not a workbook"
            raise OptionError(f"{file} has no filled sheet '{options.sheet}': {known}")
    if options.fixed.get("subject") == FILE_NAME:
        options = options.for_file(file)
        named = f", subject {options.fixed['subject']!r} from the file's name where the file has none"
        tables = [replace(table, understood=table.understood + named) for table in tables]
    readings, errors = [], []
    for chosen, group, reason in choose_formats(tables, options):
        try:
            arranged = chosen.arrange(group, options, on_problem)
        except InputError as error:
            errors.append(error)
            continue
        for table in arranged:
            try:
                named_table = name_format(table, chosen, reason)
                readings.append(understand(named_table, options, memory.people, on_problem, memory.exclusion))
            except InputError as error:
                errors.append(error)
    if not readings and errors:
        raise errors[0]
    for failed in errors:
        on_problem(downgrade_to_warning(failed.problem))
    return readings


def _check_named_columns(tables: Sequence[Reading | ReadTable], options: LoadOptions, people: People | None) -> None:
    """Refuse `--map` and `--ignore` with a column that no file has."""
    if not options.columns and not options.ignore:
        return
    headers = {header for table in tables for header in table.headers}
    seen = {normalise(header) for header in headers} | {parse_header(header)[0] for header in headers}
    if people is not None:
        seen |= people.headers
    for option, named in (("--map", options.columns), ("--ignore", options.ignore)):
        for header in named:
            if normalise(header) not in seen:
                raise OptionError(f"{option} names the column '{header}', which no file has")
