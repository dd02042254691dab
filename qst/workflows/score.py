"""Score files and write the result: any number of rows, with the problems and a summary."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from qst.inference.mechanisms import Weighing
from qst.inference.phenotypes import load_prototypes
from qst.inference.symptoms import has_npsi, report_incomplete_npsi
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import Readings, open_readings
from qst.norms.reference_sets import load_reference
from qst.problems import OnProblem, Problem
from qst.scoring import compute_stages, find_added_ids
from qst.settings import Settings
from qst.tables import ASSESSMENT_COLUMNS, NPSI_COLUMNS, SOURCE, result_columns, unique_column_name
from qst.workflows.carried_settings import find_carried, take_over
from qst.workflows.inputs import OnLine, collect_input_error, leave_out_earlier, show_progress
from qst.workflows.manifest import form_manifest, list_files, manifest_beside, write_manifest
from qst.workflows.result_problems import ResultReporter
from qst.workflows.table_writers import open_sink

DETAILS_ENDINGS = (".json",)

WITH_MANIFEST = (".json",)
"""Formats that always have a manifest next to them."""


@dataclass(frozen=True, eq=False)
class ScoredBlock:
    """Some scored rows, and the computation of their evidence."""

    table: pd.DataFrame
    weighing: Weighing

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, slots=True)
class Batch:
    """The outcome of scoring some files, and whether a table was written."""

    summary: Summary
    problems: list[Problem]
    written: bool


# long: the docstring describes every argument
def score_files(
    inputs: Sequence[str | Path],
    output: str | Path | None,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
    *,
    stdout: IO[str] | None = None,
    on_line: OnLine | None = None,
    dry: bool = False,
    details: str | Path | None = None,
    volunteers: bool = False,
    manifest: bool = False,
) -> Batch:
    """Score files and write the scored table, in blocks: memory does not grow with the rows.

    Parameters
    ----------
    inputs : sequence of paths
        Files or folders.
    output : path or None
        CSV, XLSX, Parquet or JSON, by its ending; written completely or not at all. None writes CSV to `stdout`.
    options : LoadOptions, optional
    settings : Settings, optional
    stdout : text stream, optional
    on_line : callable, optional
        Receives the description of how the files were read, line by line, before they are scored.
    dry : bool
        Only look for problems; write nothing. `on_line` then receives a line for each column of the files.
    details : path, optional
        A JSON file with the signs for and against every mechanism, assessment by assessment
        (`qst.inference.mechanism_details`).
    volunteers : bool
        All people are assumed to be healthy; the summary lists those who probably are not
        (`qst.inference.criteria.check_volunteers`).
    manifest : bool
        Write next to the output how the result was made (`qst.workflows.manifest`). Parquet always holds this in its
        metadata; JSON, which has no metadata, always has it next to it.

    Returns
    -------
    Batch

    Raises
    ------
    InputError
        No input can be used.
    OptionError, ReferenceSetError, MechanismError
        The command was used wrongly. Nothing is written.
    """
    problems: list[Problem] = []
    options, settings = options or LoadOptions(), settings or Settings()
    loaded = settings.load()
    earlier = _check_outputs(inputs, output, details, options, settings, manifest=manifest)
    try:
        readings = open_readings(inputs, options, problems.append, leave_out=earlier)
    except InputError as error:
        return Batch(_open_summary(loaded, volunteers), collect_input_error(error, problems), written=False)
    settings, carried = take_over(settings, find_carried(readings.tables))
    loaded, summary = settings.load(), _open_summary(settings, volunteers)
    for line in [*readings.explain(columns=dry), *carried] if on_line else []:
        on_line(line)  # type: ignore[misc]
    blocks = _count(show_progress(score_readings(readings, loaded, problems.append), readings), summary)
    if dry:
        for _ in blocks:
            pass
    else:
        ending = "" if output is None else Path(output).suffix.lower()
        manifest |= ending in WITH_MANIFEST
        needed = manifest or ending == ".parquet"
        made = form_manifest(list_files(readings.tables), options, settings) if needed else None
        with (
            _open_details(details, loaded) as write_details,
            open_sink(output, stdout, problems.append, manifest=made) as sink,
        ):
            for block in blocks:
                sink.write(block.table)
                write_details(block.table, block.weighing)
        if manifest and output is not None:
            write_manifest(made, manifest_beside(Path(output)))
    summary.report_suspicious(problems.append)
    return Batch(summary, problems, written=not dry)


def _check_outputs(
    inputs: Sequence[str | Path],
    output: str | Path | None,
    details: str | Path | None,
    options: LoadOptions,
    settings: Settings,
    *,
    manifest: bool,
) -> list[Path]:
    """Refuse an output that cannot be written. Give earlier outputs in an input folder, which are not read again."""
    if output is not None:
        check_writable(Path(output))
    elif manifest:
        raise OptionError("a manifest is written next to an output file: name that file with --output")
    data = (settings.reference, settings.mechanisms, settings.phenotypes, settings.criteria)
    other_files = [options.demographics, options.names.file, *(path for path in data if isinstance(path, str | Path))]
    earlier = leave_out_earlier(inputs, output, other_files)
    if details is not None:
        check_writable(Path(details), DETAILS_ENDINGS)
        earlier += leave_out_earlier(inputs, details, other_files)
        if output is not None and Path(details).resolve() == Path(output).resolve():
            raise OptionError(f"{details} is also the output: choose another name for the details")
    return earlier


def _open_summary(settings: Settings, volunteers: bool) -> Summary:
    prototypes, criteria = load_prototypes(settings.phenotypes), load_criteria(settings.criteria)
    base = load_mechanisms(settings.mechanisms)
    return Summary(base, PatternSummary(prototypes, criteria, volunteers=volunteers))


@contextmanager
def _open_details(path: str | Path | None, settings: Settings) -> Iterator[Callable[[pd.DataFrame, Weighing], None]]:
    """Open the details file and give a function that writes blocks; the file is written completely or not at all."""
    if path is None:
        yield lambda _table, _weighing: None
        return
    with replace_file(Path(path), DETAILS_ENDINGS) as temporary, temporary.open("w", encoding="utf-8") as file:
        writer = DetailsWriter(file, load_reference(settings.reference).id, settings.mechanisms)
        yield writer.write
        writer.close()


def _count(blocks: Iterator[ScoredBlock], summary: Summary) -> Iterator[ScoredBlock]:
    for block in blocks:
        summary.add(block.table)
        yield block


def score_readings(readings: Readings, settings: Settings, on_problem: OnProblem) -> Iterator[ScoredBlock]:
    """Score files block by block, as `qst score` writes them, holding only one block in memory.

    Parameters
    ----------
    readings : Readings
        From `qst.loaders.readings.open_readings`.
    settings : Settings
    on_problem : callable
        Receives every problem of the files, and those that only scoring reveals.

    Yields
    ------
    ScoredBlock
        Scored assessments, all with the same columns: `SCORED_COLUMNS` (and those of added mechanisms), the files'
        own columns, `source_file, source_row`.
    """
    reference, base = load_reference(settings.reference), load_mechanisms(settings.mechanisms)
    ours = [*ASSESSMENT_COLUMNS, *result_columns(find_added_ids(base))]
    ours += NPSI_COLUMNS if has_npsi(readings.own_columns) else ()
    report_incomplete_npsi(readings.own_columns, on_problem)
    columns = [*ours, *(unique_column_name(name, ours) for name in readings.own_columns), *SOURCE]
    reporter = ResultReporter(reference, on_problem)
    for frame in readings.frames(on_problem):
        stages = compute_stages(frame, settings)
        reporter.update(stages.scored, frame if is_trials(frame) else None)
        yield ScoredBlock(stages.scored.reindex(columns=columns), stages.weighing)
    reporter.finish()
