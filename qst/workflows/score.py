"""Files to a file: the whole path over any number of rows, with the problems and the summary of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pandas as pd

from qst.atomic import check_writable, replace_file
from qst.cohort.pattern_summary import PatternSummary
from qst.cohort.summary import Summary
from qst.derive.trials import is_trials
from qst.errors import InputError, OptionError
from qst.inference.criteria import load_criteria
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.mechanism_details import DetailsWriter
from qst.inference.phenotypes import load_prototypes
from qst.inference.symptoms import has_npsi, report_incomplete_npsi
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import Readings, open_readings
from qst.norms.reference_sets import load_reference
from qst.problems import OnProblem, Problem
from qst.scoring import Settings, _find_added, score_table
from qst.tables import ASSESSMENT_COLUMNS, NPSI_COLUMNS, SOURCE, result_columns, unique_column_name
from qst.workflows.inputs import OnLine, collect_input_error, leave_out_earlier, show_progress
from qst.workflows.result_problems import ResultReporter
from qst.workflows.table_writers import open_sink

DETAILS_ENDINGS = (".json",)


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of scoring some files, and whether a table was written."""

    summary: Summary
    problems: list[Problem]
    written: bool


def score_files(
    inputs: Sequence[str | Path],
    output: str | Path | None,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
    *,
    stdout: IO[str] | None = None,
    tell: OnLine | None = None,
    dry: bool = False,
    details: str | Path | None = None,
    volunteers: bool = False,
) -> Batch:
    """Score files and write the scored table, in blocks: memory does not grow with the rows.

    Parameters
    ----------
    inputs : sequence of paths
        Files or folders.
    output : path or None
        CSV, XLSX, Parquet or JSON by its ending; it appears whole or not at all. None writes CSV to `stdout`.
    options : LoadOptions, optional
    settings : Settings, optional
    stdout : text stream, optional
    tell : callable, optional
        Gets what was understood of the files, line by line, before they are scored.
    dry : bool
        Look for problems only; write nothing. Then `tell` gets a line for each column of the files.
    details : path, optional
        A JSON file with the signs for and against every mechanism, assessment by assessment
        (`qst.inference.mechanism_details`).
    volunteers : bool
        All people are taken for healthy: the summary says who probably is not
        (`qst.inference.criteria.check_volunteers`).

    Returns
    -------
    Batch

    Raises
    ------
    InputError
        No input can be used.
    OptionError, ReferenceSetError, MechanismError
        Wrong use. Nothing is written then.
    """
    problems: list[Problem] = []
    options, settings = options or LoadOptions(), settings or Settings()
    reference = load_reference(settings.reference)
    if output is not None:
        check_writable(Path(output))
    data = (settings.reference, settings.mechanisms, settings.phenotypes, settings.criteria)
    beside = [options.demographics, options.names.file, *(path for path in data if isinstance(path, str | Path))]
    earlier = leave_out_earlier(inputs, output, beside)
    if details is not None:
        check_writable(Path(details), DETAILS_ENDINGS)
        earlier += leave_out_earlier(inputs, details, beside)
        if output is not None and Path(details).resolve() == Path(output).resolve():
            raise OptionError(f"{details} is the output already: give the details another name")
    base = load_mechanisms(settings.mechanisms)
    prototypes, criteria = load_prototypes(settings.phenotypes), load_criteria(settings.criteria)
    settings = replace(settings, reference=reference, mechanisms=base, phenotypes=prototypes, criteria=criteria)
    summary = Summary(base, PatternSummary(prototypes, criteria, volunteers=volunteers))
    try:
        readings = open_readings(inputs, options, problems.append, leave_out=earlier)
    except InputError as error:
        return Batch(summary, collect_input_error(error, problems), written=False)
    for line in readings.explain(columns=dry) if tell else ():
        tell(line)  # type: ignore[misc]
    scored = score_readings(readings, settings, problems.append)
    blocks = _count(show_progress(scored, readings), summary)
    if dry:
        for _ in blocks:
            pass
    else:
        with _open_details(details, settings) as take, open_sink(output, stdout, problems.append) as sink:
            for block in blocks:
                sink.write(block)
                take(block)
    summary.report_suspicious(problems.append)
    return Batch(summary, problems, written=not dry)


@contextmanager
def _open_details(path: str | Path | None, settings: Settings) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Something that takes blocks for the details file; it appears whole or not at all."""
    if path is None:
        yield lambda _: None
        return
    with replace_file(Path(path), DETAILS_ENDINGS) as temporary, temporary.open("w", encoding="utf-8") as file:
        writer = DetailsWriter(file, load_reference(settings.reference).id, settings.mechanisms)
        yield writer.write
        writer.close()


def _count(blocks: Iterator[pd.DataFrame], summary: Summary) -> Iterator[pd.DataFrame]:
    for block in blocks:
        summary.add(block)
        yield block


def score_readings(readings: Readings, settings: Settings, on_problem: OnProblem) -> Iterator[pd.DataFrame]:
    """Score files block by block: what `qst score` writes, without holding more of it than one block.

    Parameters
    ----------
    readings : Readings
        As `qst.loaders.readings.open_readings` gives them.
    settings : Settings
    on_problem : callable
        Gets every problem of the files, and those that only the reference set shows.

    Yields
    ------
    pandas.DataFrame
        Scored assessments, all with the same columns: `SCORED_COLUMNS` (and those of added mechanisms), the files'
        own, `source_file, source_row`.
    """
    settings = settings.load()
    reference, base = load_reference(settings.reference), load_mechanisms(settings.mechanisms)
    ours = [*ASSESSMENT_COLUMNS, *result_columns(_find_added(base))]
    ours += NPSI_COLUMNS if has_npsi(readings.own_columns) else ()
    report_incomplete_npsi(readings.own_columns, on_problem)
    columns = [*ours, *(unique_column_name(name, ours) for name in readings.own_columns), *SOURCE]
    reporter = ResultReporter(reference, on_problem)
    for frame in readings.frames(on_problem):
        scored = score_table(frame, settings)
        reporter.update(scored, frame if is_trials(frame) else None)
        yield scored.reindex(columns=columns)
    reporter.finish()
