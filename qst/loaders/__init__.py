"""Laboratories' files to tables of assessments or trials."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import InputError, OptionError, QSTWarning
from qst.loaders.files import find_files, open_tables
from qst.loaders.names import normalise, parse_header
from qst.loaders.options import LoadOptions, Thermal
from qst.loaders.people import People
from qst.loaders.tidy import Reading, understand
from qst.tables import KEY, Problem, Report, join_texts, label_flags, shorten

__all__ = ["DuplicateFinder", "LoadOptions", "Readings", "load", "open_readings", "warn_of_problems"]


def load(
    path: str | Path | Sequence[str | Path],
    *,
    fixed: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    units: Mapping[str, str] | None = None,
    thermal: Thermal | None = None,
    demographics: str | Path | None = None,
    sheet: str | None = None,
    ignore: Sequence[str] = (),
    problems: list[Problem] | None = None,
    understood: list[str] | None = None,
) -> pd.DataFrame:
    """Read laboratory files: CSV, TSV or XLSX with a row a tested area, or a row a trial.

    Separator, decimal sign, encoding, header row, names, units and the kind of file are recognised from the content.

    Parameters
    ----------
    path : path or sequence of paths
        Files or folders.
    fixed : mapping, optional
        Column to the value it has where the files are silent, for example ``{"sex": "female", "site": "hand"}``.
    columns : mapping, optional
        Header to our column or parameter, for example ``{"pin.prick_mN": "MPT"}``.
    codes : mapping, optional
        Column to its codes, for example ``{"sex": {"1": "female", "2": "male"}}``. Numeric codes are never guessed.
    units : mapping, optional
        Parameter to the unit of its column, for example ``{"PPT": "N/cm2"}``, where the header does not say.
    thermal : {"absolute", "difference"}, optional
        Whether CDT and WDT are temperatures or distances from baseline, where the values do not say.
    demographics : path, optional
        A table of people, joined by subject, for what the files lack.
    sheet : str, optional
        The sheet of a workbook.
    ignore : sequence of str
        Headers that are not what their name says; they are carried through.
    problems : list of Problem, optional
        Collects what a person should see. Without it, a `QSTWarning` says how many there are and the first of them.
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
    options = LoadOptions(
        fixed or {}, columns or {}, codes or {}, units or {}, thermal, demographics, sheet, tuple(ignore)
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

    def __init__(self, tables: list[Reading], people: People | None) -> None:
        self.tables, self.people = tables, people

    def explain(self) -> list[str]:
        """What was understood of each table, in lines for the user."""
        return [line for table in self.tables for line in table.explain()]

    @property
    def own_columns(self) -> list[str]:
        """Columns of the files that are none of ours, in order of appearance."""
        return list(dict.fromkeys(name for table in self.tables for name in table.own_names.values()))

    @property
    def n_rows(self) -> int:
        """Rows of all tables together."""
        return sum(table.n_rows for table in self.tables)

    def frames(self, report: Report) -> Iterator[pd.DataFrame]:
        """All tables in blocks: those of assessments, repeated ones noted; then those of trials.

        At the end it is reported who has measurements but no demographics, and the other way round.
        """
        duplicates = DuplicateFinder()
        for table in sorted(self.tables, key=lambda table: table.is_trials):
            for frame in table.frames(report):
                yield frame if table.is_trials else duplicates.mark(frame, report)
        if self.people is not None:
            self.people.report_unmatched(report)


def open_readings(paths: Sequence[str | Path], options: LoadOptions, report: Report) -> Readings:
    """Open files and folders and understand their tables.

    A file that cannot be used is reported and left out, unless it is the only one.

    Raises
    ------
    InputError
        The only file, or every file, cannot be used.
    OptionError
        `--map` or `--ignore` names a column that no file has.
    """
    people = None if options.demographics is None else People(Path(options.demographics), options, report)
    files: list[Path] = []
    for path in paths:
        found = find_files(Path(path))
        files += [
            f for f in found if options.demographics is None or f.resolve() != Path(options.demographics).resolve()
        ]
    tables: list[Reading] = []
    errors: list[InputError] = []
    for file in dict.fromkeys(files):
        try:
            tables += _open_file(file, options, people, report)
        except InputError as error:
            errors.append(error)
            if len(files) > 1:
                report(error.problem)
    if not tables and errors:
        raise errors[0]
    _check_named_columns(tables, options, people)
    return Readings(tables, people)


def _open_file(file: Path, options: LoadOptions, people: People | None, report: Report) -> list[Reading]:
    """The tables of one file that hold QST values; an InputError where none does."""
    tables = open_tables(file)
    if options.sheet is not None and len(tables) > 1:
        titles = [table.file.removeprefix(f"{file}[").removesuffix("]") for table in tables]
        tables = [table for table, title in zip(tables, titles, strict=True) if title == options.sheet]
        if not tables:
            raise OptionError(f"{file} has no filled sheet '{options.sheet}': its sheets are {', '.join(titles)}")
    readings, errors = [], []
    for table in tables:
        try:
            readings.append(understand(table, options, people, report))
        except InputError as error:
            errors.append(error)
    if not readings:
        raise errors[0]
    for left_out in (error.problem for error in errors):
        message = f"{left_out.message}; this sheet was left out"
        report(Problem("warning", left_out.code, message, left_out.file, left_out.row))
    return readings


def _check_named_columns(tables: list[Reading], options: LoadOptions, people: People | None) -> None:
    seen = {normalise(column.header) for table in tables for column in table.layout.columns}
    seen |= {parse_header(column.header)[0] for table in tables for column in table.layout.columns}
    if people is not None:
        seen |= people.headers
    for option, headers in (("--map", options.columns), ("--ignore", options.ignore)):
        for header in headers:
            if normalise(header) not in seen:
                raise OptionError(f"{option} names the column '{header}', which no file has")


class DuplicateFinder:
    """Finds assessments that stand twice, over any number of blocks, and remembers no more of a row than its hash."""

    def __init__(self) -> None:
        self._hashes = np.array([], dtype=np.uint64)
        self._places: list[tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]] = []

    def mark(self, assessments: pd.DataFrame, report: Report) -> pd.DataFrame:
        """Report each later row that repeats an earlier one, and note it on the row; both are kept."""
        named = assessments["subject"].notna().to_numpy()
        keys = assessments[list(KEY)].astype(object).where(assessments[list(KEY)].notna(), "")
        hashes = pd.util.hash_pandas_object(keys.astype(str), index=False).to_numpy(dtype=np.uint64)
        before = len(self._hashes)
        every = np.concatenate([self._hashes, hashes])
        self._places.append((assessments["source_file"].to_numpy(dtype=object), assessments["source_row"].to_numpy()))
        repeated = pd.Series(every).duplicated().to_numpy()[before:] & named
        self._hashes = every
        for position in np.flatnonzero(repeated):
            file, row = self._place(int(np.argmax(every == hashes[position])))
            here = assessments.iloc[position]
            message = (
                f"subject {shorten(str(here['subject']))} has this visit, site, side and area already in "
                f"{'' if file == here['source_file'] else f'{file}, '}row {row}: both are kept; tell them apart by a "
                "column for visit, site, side or area"
            )
            place = (str(here["source_file"]), int(here["source_row"]))
            report(Problem("warning", "duplicate-assessment", message, *place))
        if not repeated.any():
            return assessments
        return assessments.assign(notes=_add_note(assessments["notes"], "duplicate_assessment", repeated))

    def _place(self, position: int) -> tuple[str, int]:
        """File and row of the assessment with this number among all that were seen."""
        for files, rows in self._places:
            if position < len(rows):
                return str(files[position]), int(rows[position])
            position -= len(rows)
        raise IndexError(position)


def _add_note(notes: "pd.Series[str]", note: str, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.object_]:
    return join_texts([notes.to_numpy(dtype=object), label_flags({note: where}, len(notes))])


def warn_of_problems(problems: Sequence[Problem]) -> None:
    """One warning for a caller who gave no list for the problems."""
    if problems:
        more = f" and {len(problems) - 1} more; pass problems=[] to collect them all" if len(problems) > 1 else ""
        warnings.warn(f"{problems[0]}{more}", QSTWarning, stacklevel=3)
