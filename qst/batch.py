"""Files to a file: the whole path over any number of rows, with the problems and the summary of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import pandas as pd
from tqdm import tqdm

from qst.criteria import load_criteria
from qst.details import DetailsWriter
from qst.errors import InputError, OptionError
from qst.knowledge import load_mechanisms
from qst.loaders import LoadOptions, Readings, open_readings
from qst.loaders.formats.canonical import is_our_output
from qst.norms import load_reference
from qst.pattern_summary import PatternSummary
from qst.phenotypes import load_prototypes
from qst.scoring import Settings, score_readings
from qst.summary import Summary
from qst.tables import Problem
from qst.writing import check_writable, open_sink, replace_file

Tell = Callable[[str], None]
DETAILS_ENDINGS = (".json",)

WRONG_USE = ("no-file", "no-files")
"""Problems that are the command's fault and not the data's."""


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
    tell: Tell | None = None,
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
        A JSON file with the signs for and against every mechanism, assessment by assessment (`qst.details`).
    volunteers : bool
        All people are taken for healthy: the summary says who probably is not (`qst.criteria.check_volunteers`).

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


def collect_input_error(error: InputError, problems: list[Problem]) -> list[Problem]:
    """The problems with that of an error that ended the reading; of a file that does not exist, it is raised."""
    if error.problem.code in WRONG_USE:
        raise error
    return problems if error.problem in problems else [*problems, error.problem]


def _count(blocks: Iterator[pd.DataFrame], summary: Summary) -> Iterator[pd.DataFrame]:
    for block in blocks:
        summary.add(block)
        yield block


def show_progress(blocks: Iterator[pd.DataFrame], readings: Readings) -> Iterator[pd.DataFrame]:
    """A bar on a terminal, once the work has taken a second."""
    with tqdm(total=readings.n_rows, unit=" rows", delay=1, disable=None, leave=False) as bar:
        for block in blocks:
            yield block
            bar.update(len(block))


def leave_out_earlier(
    inputs: Sequence[str | Path], output: str | Path | None, beside: Sequence[str | Path | None]
) -> list[Path]:
    """An earlier output in an input folder, which is not to be read again.

    Raises
    ------
    OptionError
        The output would be written over anything else that is read: an input, or one of the files `beside` them.
    """
    if output is None:
        return []
    path = Path(output).resolve()
    for other in (*inputs, *beside):
        if other is None or not Path(other).exists():
            continue
        if Path(other).resolve() == path:
            raise OptionError(f"{output} is also an input: write to another file")
        if path.is_file() and Path(other).is_dir() and Path(other).resolve() in path.parents:
            if is_our_output(path):
                return [path]
            raise OptionError(f"{output} is a file of the folder {other}, which is read: write to another file")
    return []
