"""What all commands do with their input files."""

from collections.abc import Callable, Iterator, Sequence, Sized
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from qst.errors import InputError, OptionError
from qst.loaders.formats.canonical import is_our_output
from qst.loaders.readings import Readings
from qst.problems import Problem

Rows = TypeVar("Rows", bound=Sized)
OnLine = Callable[[str], None]

WRONG_USE = ("no-file", "no-files")
"""Codes of problems that are caused by the command, not by the data."""


def collect_input_error(error: InputError, problems: list[Problem]) -> list[Problem]:
    """Add the problem of an error that ended the reading. If a file does not exist, the error is raised again."""
    if error.problem.code in WRONG_USE:
        raise error
    return problems if error.problem in problems else [*problems, error.problem]


def show_progress(blocks: Iterator[Rows], readings: Readings) -> Iterator[Rows]:
    """Show a progress bar on a terminal once the work has taken a second."""
    with tqdm(total=readings.n_rows, unit=" rows", delay=1, disable=None, leave=False) as bar:
        for block in blocks:
            yield block
            bar.update(len(block))


def leave_out_earlier(
    inputs: Sequence[str | Path], output: str | Path | None, other_files: Sequence[str | Path | None]
) -> list[Path]:
    """Find an earlier output in an input folder, so that it is not read again.

    Raises
    ------
    OptionError
        The output would overwrite anything else that is read: an input or one of `other_files`.
    """
    if output is None:
        return []
    path = Path(output).resolve()
    for other in (*inputs, *other_files):
        if other is None or not Path(other).exists():
            continue
        if Path(other).resolve() == path:
            raise OptionError(f"{output} is also an input: write to another file")
        if path.is_file() and Path(other).is_dir() and Path(other).resolve() in path.parents:
            if is_our_output(path):
                return [path]
            raise OptionError(f"{output} is a file in the input folder {other}: write to another file")
    return []
