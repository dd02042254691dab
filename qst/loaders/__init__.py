"""Laboratories' files to tables of assessments or trials."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError, OptionError, QSTWarning
from qst.loaders.additions import read_names
from qst.loaders.assignments import Assignments
from qst.loaders.exclusion import Exclusion, read_excluded
from qst.loaders.files import find_files, open_tables
from qst.loaders.formats import choose_formats, name_format, tell_left_out
from qst.loaders.names import normalise, our_vocabulary, parse_header, read_by, using
from qst.loaders.options import FILE_NAME, Decimal, LoadOptions, Thermal
from qst.loaders.parallel import Memory, ReadTable, open_files
from qst.loaders.people import People
from qst.loaders.repeats import DuplicateFinder, check_trials
from qst.loaders.texts import name_file
from qst.loaders.tidy import Columns, Reading, understand
from qst.tables import ASSESSMENT_COLUMNS, SOURCE, Problem, Report

__all__ = ["DuplicateFinder", "LoadOptions", "Readings", "load", "open_readings", "warn_of_problems"]


def load(
    path: str | Path | Sequence[str | Path],
    *,
    fixed: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    units: Mapping[str, str] | None = None,
    decimal: Decimal | None = None,
    thermal: Thermal | None = None,
    demographics: str | Path | None = None,
    sheet: str | None = None,
    ignore: Sequence[str] = (),
    format: str | None = None,
    jobs: int = 1,
    names: str | Path | None = None,
    exclude_records: str | Path | Sequence[str | Path] = (),
    assign: str | Path | Sequence[str | Path] = (),
    probe_area: float | None = None,
    problems: list[Problem] | None = None,
    understood: list[str] | None = None,
) -> pd.DataFrame:
    """Read laboratory files in any of the formats that ``qst formats`` lists: CSV, TSV or XLSX.

    Format, separator, decimal sign, encoding, header row, names and units are recognised from the content.

    Parameters
    ----------
    path : path or sequence of paths
        Files or folders.
    fixed : mapping, optional
        Column to the value it has where the files are silent, for example ``{"sex": "female", "site": "hand"}``. The
        subject ``"filename"`` is each file's name without its ending; ``parameter`` is the test of a time series.
    columns : mapping, optional
        Header to our column or parameter, for example ``{"pin.prick_mN": "MPT"}``.
    codes : mapping, optional
        Column to its codes, for example ``{"sex": {"1": "female", "2": "male"}}``. Numeric codes are never guessed.
    units : mapping, optional
        Parameter to the unit of its column, for example ``{"PPT": "N/cm2"}``, where the header does not say.
    decimal : {".", ","}, optional
        The decimal sign, where the files do not show it.
    thermal : {"absolute", "difference"}, optional
        Whether CDT and WDT are temperatures or distances from baseline, where the values do not say.
    demographics : path, optional
        A table of people, joined by subject, for what the files lack.
    sheet : str, optional
        The sheet of a workbook.
    ignore : sequence of str
        Headers that are not what their name says; they are carried through.
    format : str, optional
        One of the formats that ``qst formats`` lists, where it is not to be recognised.
    jobs : int
        Processes that read small files, where there are many. More than 1 only under ``if __name__ == "__main__":``.
    names : path, optional
        Names, words and units of the laboratory's own, in the form of ``names.toml``; see
        `qst.loaders.additions.read_names`. They hold for this call alone.
    exclude_records : str, path or sequence of them
        Subjects to leave out, for example test entries (``"900,901"`` or a list), or a file that lists them: an id a
        line, or a table with a column for the subject and, if need be, a column `exclude` of 0 and 1.
    assign : str, path or sequence of them
        For device files that do not say where or whom they measured: ``"1=hand,left,test"`` for sequence 1 (or
        ``"1-4=…"``), or a table with any of the columns file, sequence, subject, age, sex, site, side, area, visit and
        parameter.
    probe_area : float, optional
        Area (cm²) of the pressure algometer's probe, for PPT given as a force; 1 cm², the protocol's, is assumed.
    problems : list of Problem, optional
        Collects what a person should see of cells and rows. Without it, a `QSTWarning` says how many there are and the
        first of them. Rows that are implausible beside each other are found by `qst.check_plausibility`, which is for
        the whole cohort: it may come from several calls.
    understood : list of str, optional
        Collects what was recognised, in lines for a person.

    Returns
    -------
    pandas.DataFrame
        Assessments (`qst.tables.ASSESSMENT_COLUMNS`, `notes`) or, where every file has a row a trial, trials
        (`qst.tables.TRIAL_COLUMNS`); then the file's own columns as text, `source_file` and `source_row`. `subject` is
        text exactly as written. A cell that cannot be used is missing, and a problem says why.

    Raises
    ------
    InputError
        The file (or, of several, every file) cannot be read as QST data; its text is the reason and the remedy.
    OptionError
        An option means nothing; or files of both kinds are mixed, which `qst score` can score and this cannot return.

    Examples
    --------
    >>> table = load("examples/cohort_synthetic.csv")
    >>> table.loc[0, "subject"]
    '001'
    """
    collected: list[Problem] = [] if problems is None else problems
    vocabulary = our_vocabulary() if names is None else read_names(names)
    options = LoadOptions(
        fixed=fixed or {},
        columns=columns or {},
        codes=codes or {},
        units=units or {},
        decimal=decimal,
        thermal=thermal,
        demographics=demographics,
        sheet=sheet,
        ignore=tuple(ignore),
        format=format,
        jobs=jobs,
        names=vocabulary,
        exclude_records=(exclude_records,) if isinstance(exclude_records, str | Path) else tuple(exclude_records),
        assign=Assignments([assign] if isinstance(assign, str | Path) else assign, vocabulary),
        probe_area=probe_area,
    )
    readings = open_readings([path] if isinstance(path, str | Path) else path, options, collected.append)
    if understood is not None:
        understood += readings.explain()
    if len({reading.is_trials for reading in readings.tables}) > 1:
        raise OptionError("some files have a row a tested area and others a row a trial: load them one by one")
    table = pd.concat(readings.frames(collected.append), ignore_index=True)
    if problems is None:
        warn_of_problems(collected)
    return table


class Readings:
    """All tables of the given files, understood and ready to be read."""

    def __init__(self, tables: Sequence[Reading | ReadTable], memory: Memory, options: LoadOptions) -> None:
        self.tables, self.people, self.exclusion = tables, memory.people, memory.exclusion
        self._names = options.names

    def explain(self, *, columns: bool = False) -> list[str]:
        """What was understood of each table, in lines for the user; with `columns`, a line for each column."""
        with using(self._names):
            told = [f"names: {self._names.told}"] if self._names.told else []
            lines = [line for table in self.tables for line in table.explain(columns=columns)]
        return told + lines + self.exclusion.explain()

    @property
    def own_columns(self) -> list[str]:
        """Columns of the files that are none of ours, in order of appearance."""
        return list(dict.fromkeys(name for table in self.tables for name in table.own_names.values()))

    @property
    def n_rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.n_rows for table in self.tables)

    def frames(self, report: Report) -> Iterator[pd.DataFrame]:
        """All tables in blocks: those of assessments, repeated ones noted; then all trials in one.

        At the end it is reported who has measurements but no demographics, and the other way round.
        """
        yield from read_by(self._names, self._frames(report))

    def _frames(self, report: Report) -> Iterator[pd.DataFrame]:
        duplicates = DuplicateFinder()
        wide = [*ASSESSMENT_COLUMNS, "notes", *self.own_columns, *SOURCE]
        for table in self.tables:
            for frame in () if table.is_trials else table.frames(report):
                yield duplicates.mark(frame.reindex(columns=wide), report)
        trials = [block for table in self.tables if table.is_trials for block in table.blocks(report)]
        if trials:
            own = [name for name in self.own_columns if any(name in block for block in trials)]
            ours = list(
                dict.fromkeys(name for block in trials for name in block if name not in own and name not in SOURCE)
            )
            names = [*ours, *own, *SOURCE]
            every = pd.DataFrame({name: _join_column(trials, name) for name in names})
            if "notes" in every:
                every["notes"] = every["notes"].fillna("")
            yield check_trials(every, report)
        if self.people is not None:
            self.people.report_unmatched(report)


def _join_column(blocks: Sequence[Columns], name: str) -> npt.NDArray[Any]:
    """A column of all blocks; None in those that have it not."""
    return np.concatenate(
        [block[name] if name in block else np.full(len(block["value"]), None, dtype=object) for block in blocks]
    )


def open_readings(
    paths: Sequence[str | Path], options: LoadOptions, report: Report, leave_out: Sequence[Path] = ()
) -> Readings:
    """Open files and folders and understand their tables.

    A file that cannot be used is reported and left out, unless it is the only one. Files in `leave_out`, and the
    demographics, are not read as measurements.

    Raises
    ------
    InputError
        The only file, or every file, cannot be used.
    OptionError
        `--map` or `--ignore` names a column that no file has.
    """
    with using(options.names):
        return _open_readings(paths, options, report, leave_out)


def _open_readings(
    paths: Sequence[str | Path], options: LoadOptions, report: Report, leave_out: Sequence[Path]
) -> Readings:
    options = replace(options, exclude_records=read_excluded(options.exclude_records, report))
    exclusion = Exclusion([str(name) for name in options.exclude_records])
    people = None if options.demographics is None else People(Path(options.demographics), options, report)
    others = [
        *([options.demographics] if options.demographics else []),
        *(options.assign.files if options.assign else []),
    ]
    not_read = {Path(path).resolve() for path in (*leave_out, *others)}
    files: list[Path] = []
    for path in paths:
        files += [file for file in find_files(Path(path), report) if file.resolve() not in not_read]
    if not files:
        message = (
            "no file is left to read beside the demographics, the assignments and earlier output: name the measurements"
        )
        raise InputError(Problem("error", "no-files", message))
    memory = Memory(people, exclusion, options.assign)
    tables: list[Reading | ReadTable] = []
    errors: list[InputError] = []
    for opened, problems, error in open_files(list(dict.fromkeys(files)), options, memory, open_file):
        for problem in problems:
            report(problem)
        tables += opened
        if error is not None:
            errors.append(error)
            if len(files) > 1:
                report(error.problem)
    if not tables:
        message = "there are no measurements, only what describes them: name the export too"
        raise errors[0] if errors else InputError(Problem("error", "no-measurements", message, name_file(files[0])))
    _check_named_columns(tables, options, people)
    exclusion.report_unknown(report)
    if people is not None:
        people.leave_out(exclusion.ids)
    if options.assign is not None:
        options.assign.report_unused(report)
    return Readings(tables, memory, options)


def open_file(file: Path, options: LoadOptions, memory: Memory, report: Report) -> list[Reading]:
    """The tables of one file that hold QST values; an InputError where none does."""
    tables = open_tables(file)
    if options.sheet is not None:
        titles = [str(table.sheet) for table in tables if table.sheet is not None]
        tables = [table for table in tables if table.sheet == options.sheet]
        if not tables:
            known = f"its sheets are {', '.join(titles)}" if titles else "it is no workbook"
            raise OptionError(f"{file} has no filled sheet '{options.sheet}': {known}")
    if options.fixed.get("subject") == FILE_NAME:
        options = options.for_file(file)
        named = f", subject {options.fixed['subject']!r} from the file's name where it names none itself"
        tables = [replace(table, understood=table.understood + named) for table in tables]
    readings, errors = [], []
    for chosen, group, reason in choose_formats(tables, options):
        try:
            arranged = chosen.arrange(group, options, report)
        except InputError as error:
            errors.append(error)
            continue
        for table in arranged:
            try:
                told = name_format(table, chosen, reason)
                readings.append(understand(told, options, memory.people, report, memory.exclusion))
            except InputError as error:
                errors.append(error)
    if not readings and errors:
        raise errors[0]
    for failed in errors:
        report(tell_left_out(failed.problem))
    return readings


def _check_named_columns(tables: Sequence[Reading | ReadTable], options: LoadOptions, people: People | None) -> None:
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


def warn_of_problems(problems: Sequence[Problem]) -> None:
    """One warning for a caller who gave no list for the problems."""
    if problems:
        more = f" and {len(problems) - 1} more; pass problems=[] to collect them all" if len(problems) > 1 else ""
        warnings.warn(f"{problems[0]}{more}", QSTWarning, stacklevel=3)
