"""Convert files to one file of the canonical table (assessments or trials), with a list of problems next to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, get_args

import pandas as pd

from qst.atomic import check_writable, replace_file
from qst.cohort.summary import sort_problems
from qst.derive.plausibility import Plausibility
from qst.derive.trials import derive_values, is_trials
from qst.errors import InputError, OptionError
from qst.loaders.files.find import is_problem_list
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import Readings, open_readings
from qst.problems import PROBLEM_COLUMNS, PROBLEMS_ENDING, Problem
from qst.tables import ASSESSMENT_COLUMNS, SOURCE
from qst.workflows.inputs import OnLine, collect_input_error, leave_out_earlier, show_progress
from qst.workflows.table_writers import open_sink

Kind = Literal["trials", "assessments"]

Target = Literal["auto", "trials", "assessments"]


@dataclass(frozen=True, slots=True)
class Conversion:
    """The outcome of converting some files.

    Attributes
    ----------
    kind : {"assessments", "trials"} or None
        What the rows of the output are; None if nothing was written.
    n_rows : int
    problems : list of Problem
    problem_file : Path or None
        Where the problems were written.
    """

    kind: Kind | None
    n_rows: int
    problems: list[Problem]
    problem_file: Path | None


def convert_files(
    inputs: Sequence[str | Path],
    output: str | Path | None,
    options: LoadOptions | None = None,
    *,
    to: Target = "auto",
    stdout: IO[str] | None = None,
    on_line: OnLine | None = None,
) -> Conversion:
    """Write the table that files contain, in canonical names and units. It reads back as the same table.

    Parameters
    ----------
    inputs : sequence of paths
        Files or folders.
    output : path or None
        CSV, XLSX, Parquet or JSON, by its ending; written completely or not at all. None writes CSV to `stdout`.
        Problems are listed in `<output without ending>.problems.csv`; if there are none, an earlier list is removed.
    options : LoadOptions, optional
    to : {"auto", "trials", "assessments"}
        Trials become assessments by `qst.derive_values`. Assessments cannot become trials. `auto` keeps trials if
        all files have them, and gives assessments otherwise.
    stdout : text stream, optional
    on_line : callable, optional
        Receives the description of how the files were read, line by line.

    Raises
    ------
    InputError
        An input file does not exist.
    OptionError
        Single trials are requested and a file has none; or the output is also an input or cannot be written.
    """
    if to not in get_args(Target):
        raise OptionError(f"the table to write is '{to}': use one of {', '.join(get_args(Target))}")
    problems: list[Problem] = []
    options = options or LoadOptions()
    problem_file = _name_problem_file(inputs, output)
    earlier = leave_out_earlier(inputs, output, [options.demographics, options.names.file])
    try:
        readings = open_readings(inputs, options, problems.append, leave_out=earlier)
    except InputError as error:
        problems = collect_input_error(error, problems)
        return Conversion(None, 0, problems, _write_problems(problems, problem_file))
    kind = _choose_kind(readings, to, on_line)
    for line in readings.explain() if on_line else ():
        on_line(line)  # type: ignore[misc]
    n_rows = 0
    with open_sink(output, stdout, problems.append) as sink:
        for block in show_progress(_convert(readings, kind, problems), readings):
            sink.write(block)
            n_rows += len(block)
    return Conversion(kind, n_rows, problems, _write_problems(problems, problem_file))


def _choose_kind(readings: Readings, to: Target, on_line: OnLine | None) -> Kind:
    trials = [reading.file for reading in readings.tables if reading.is_trials]
    values = [reading.file for reading in readings.tables if not reading.is_trials]
    if to == "trials" and values:
        raise OptionError(
            f"{values[0]} has one row per tested area, and the trials cannot be recovered from the values: use "
            "--to assessments, or omit the file"
        )
    if trials and values and on_line is not None:
        on_line(
            f"{trials[0]} has one row per trial and {values[0]} one row per tested area: values are computed from the "
            "trials, and all rows are assessments"
        )
    return "trials" if to == "trials" or (to == "auto" and not values) else "assessments"


def _convert(readings: Readings, kind: Kind, problems: list[Problem]) -> Iterator[pd.DataFrame]:
    columns = [*ASSESSMENT_COLUMNS, "notes", *readings.own_columns, *SOURCE]
    plausibility = Plausibility(problems.append)
    for frame in readings.frames(problems.append):
        trials = frame if is_trials(frame) else None
        assessments = frame if trials is None else derive_values(trials)
        plausibility.update(assessments, trials)
        yield frame if kind == "trials" else assessments.reindex(columns=columns)
    plausibility.finish()


def _name_problem_file(inputs: Sequence[str | Path], output: str | Path | None) -> Path | None:
    """Where problems are written. Refuse a file that is not a list of problems, so that none is overwritten."""
    if output is None:
        return None
    output = Path(output)
    check_writable(output)
    path = output.with_name(output.stem + PROBLEMS_ENDING)
    if path == output or any(Path(other).resolve() == path.resolve() for other in inputs):
        raise OptionError(f"the list of problems would overwrite {path}: give the output another name")
    if path.exists() and not is_problem_list(path):
        raise OptionError(
            f"the list of problems would overwrite {path}, which is not a list of problems: move it elsewhere"
        )
    return path


def _write_problems(problems: Sequence[Problem], path: Path | None) -> Path | None:
    """Write the list next to the output; if there are no problems, remove an earlier list."""
    if path is None:
        return None
    if not problems:
        path.unlink(missing_ok=True)
        return None
    listed = pd.DataFrame([problem.as_dict() for problem in sort_problems(problems)], columns=list(PROBLEM_COLUMNS))
    with replace_file(path, (".csv",)) as temporary, open_sink(temporary) as sink:
        sink.write(listed.astype({"row": "Int64"}))
    return path
