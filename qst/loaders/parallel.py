"""Many small files, read by several processes at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from qst.errors import InputError
from qst.loaders.headers.assignments import Assignments
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.exclusion import Exclusion
from qst.loaders.rows.people import People
from qst.loaders.rows.table import Columns, Reading
from qst.problems import OnProblem, Problem
from qst.vocabulary.names import using

SMALL_FILE = 1_000_000
"""Largest size (bytes) of a file that another process reads: its rows are then held in memory (ours)."""

FEWEST_FILES = 16
"""Fewest small files for which it is worth starting processes (ours)."""

FILES_AT_ONCE = 16
"""Files that a process takes at a time."""


@dataclass(slots=True)
class Memory:
    """What reading remembers across files: the people, records and assignments that occurred."""

    people: People | None
    exclusion: Exclusion
    assign: Assignments | None

    def take_over(self, other: "Memory") -> None:
        """Remember what occurred in another process."""
        if self.people is not None and other.people is not None:
            self.people.take_over(other.people)
        self.exclusion.take_over(other.exclusion)
        if self.assign is not None and other.assign is not None:
            self.assign.take_over(other.assign)


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that another process has read to the end; it has the interface of a `Reading`."""

    file: str
    path: Path | None
    is_trials: bool
    n_rows: int
    own_names: dict[int, str]
    headers: list[str]
    explanations: tuple[list[str], list[str]]
    read: list[Columns]
    problems: list[Problem]

    def explain(self, *, columns: bool = False) -> list[str]:
        """What was understood, in lines for the user."""
        return self.explanations[columns]

    def blocks(self, on_problem: OnProblem) -> Iterator[Columns]:
        """The table in blocks, and all problems of its cells."""
        for problem in self.problems:
            on_problem(problem)
        yield from self.read

    def frames(self, on_problem: OnProblem) -> Iterator[pd.DataFrame]:
        """The blocks as data frames."""
        yield from map(pd.DataFrame, self.blocks(on_problem))


OpenFile = Callable[[Path, LoadOptions, Memory, OnProblem], list[Reading]]

Opened = tuple[Sequence[Reading | ReadTable], list[Problem], InputError | None]
"""The tables of a file, the problems met in opening it, and why it cannot be used at all."""


def open_files(files: Sequence[Path], options: LoadOptions, memory: Memory, open_file: OpenFile) -> Iterator[Opened]:
    """Open files in their order; where there are many small ones, `options.jobs` processes read them.

    Parameters
    ----------
    files : sequence of Path
    options : LoadOptions
    memory : Memory
        Receives what occurred in all processes.
    open_file : callable
        Opens one file; it raises InputError where it cannot be used.
    """
    small = [file for file in files if options.jobs > 1 and _is_small(file)]
    if len(small) < FEWEST_FILES:
        for file in files:
            yield _open(file, options, memory, open_file)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context

    # A server with the libraries loaded starts the processes: fast, and safe where a program has threads.
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["qst.loaders.readings"])
    chunks = [small[start : start + FILES_AT_ONCE] for start in range(0, len(small), FILES_AT_ONCE)]
    workers = min(options.jobs - 1, len(chunks))
    with ProcessPoolExecutor(workers, context, _start, (options, memory, open_file)) as pool:
        waiting = [pool.submit(_read_chunk, chunk) for chunk in chunks]
        own: dict[int, list[Opened]] = {}
        # While the others start, and then read from the front, this process reads from the end.
        for place in reversed(range(len(chunks))):
            if not waiting[place].cancel():
                break
            own[place] = _read_files(chunks[place], options, memory, open_file)
        parts = (
            own[place] if place in own else _take_over(future.result(), memory) for place, future in enumerate(waiting)
        )
        done = (opened for part in parts for opened in part)
        by_process = set(small)
        for file in files:
            yield next(done) if file in by_process else _open(file, options, memory, open_file)


def _is_small(file: Path) -> bool:
    try:
        return file.stat().st_size <= SMALL_FILE
    except OSError:
        return False  # the problem is reported when the file is opened


def _take_over(part: tuple[list[Opened], Memory], memory: Memory) -> list[Opened]:
    opened, theirs = part
    memory.take_over(theirs)
    return opened


def _open(file: Path, options: LoadOptions, memory: Memory, open_file: OpenFile) -> Opened:
    problems: list[Problem] = []
    try:
        return open_file(file, options, memory, problems.append), problems, None
    except InputError as error:
        return [], problems, error


_STATE: dict[str, tuple[LoadOptions, Memory, OpenFile]] = {}
"""The arguments that a process was started with."""


def _start(options: LoadOptions, memory: Memory, open_file: OpenFile) -> None:
    _STATE["given"] = (options, memory, open_file)


def _read_chunk(files: Sequence[Path]) -> tuple[list[Opened], Memory]:
    options, memory, open_file = _STATE["given"]
    with using(options.names):
        return _read_files(files, options, memory, open_file), memory


def _read_files(files: Sequence[Path], options: LoadOptions, memory: Memory, open_file: OpenFile) -> list[Opened]:
    """Files read to the end."""
    read: list[Opened] = []
    for file in files:
        tables, problems, error = _open(file, options, memory, open_file)
        read.append(([_read(table) for table in tables if isinstance(table, Reading)], problems, error))
    return read


def _read(table: Reading) -> ReadTable:
    problems: list[Problem] = []
    explanations = (table.explain(), table.explain(columns=True))
    blocks = list(table.blocks(problems.append))
    about = (table.file, table.path, table.is_trials, table.n_rows, table.own_names, table.headers)
    return ReadTable(*about, explanations, blocks, problems)
