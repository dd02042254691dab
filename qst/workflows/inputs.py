"""What all commands do with the files they are given."""

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
"""Problems that are the command's fault and not the data's."""


def collect_input_error(error: InputError, problems: list[Problem]) -> list[Problem]:
    """The problems with that of an error that ended the reading; of a file that does not exist, it is raised."""
    if error.problem.code in WRONG_USE:
        raise error
    return problems if error.problem in problems else [*problems, error.problem]


def show_progress(blocks: Iterator[Rows], readings: Readings) -> Iterator[Rows]:
    """Show a bar on a terminal, once the work has taken a second."""
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
