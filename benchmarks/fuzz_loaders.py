"""Damaged files by the thousand: whatever a file holds, it is a table or a refusal that says why.

Takes the examples and the broken files, in several separators, encodings and as workbooks, damages bytes, cells, rows,
columns, headers and parts of workbooks, and loads and scores each mutant twice. A finding is another exception than
`QSTError`, a warning, a row with data that is neither in the table nor named by a problem, a second reading that
differs, more than 5 s of processor time, or more than 500 MB. Mutant number n is made by the seed S + n alone, so
`--seed THAT --count 1` makes it again, and `--keep FILE` keeps it.

    python benchmarks/fuzz_loaders.py [--count 20000] [--seconds N] [--seed S] [--keep FILE]
"""

import argparse
import csv
import io
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import NamedTuple

import openpyxl
import pandas as pd
from fuzz_damage import Grid, Source, make_mutant, write_text, write_workbook

import qst
from qst.errors import InputError, OptionError

ROOT = Path(__file__).parent.parent
SEED = 20260101
EXAMPLE_ROWS = 41
SECONDS_A_FILE = 5.0
BYTES_A_FILE = 500_000_000
NO_TABLES = (".py", ".toml", ".gitattributes")

CONDITIONS = {"1": "warm detection"}


class Outcome(NamedTuple):
    """What loading gave; `table` is None where the file was refused, `told` says why."""

    table: pd.DataFrame | None
    problems: list[qst.Problem]
    told: list[str]

    def differs(self, other: "Outcome") -> bool:
        """Whether another reading of the same file gave something else."""
        if (self.problems, self.told) != (other.problems, other.told):
            return True
        if self.table is None or other.table is None:
            return self.table is not other.table
        return not self.table.equals(other.table)


@dataclass
class Result:
    """Counts of a run, and each distinct finding with how often it occurred and the first mutant that shows it."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def add(self, finding: str, seed: int, name: str) -> None:
        """Count one finding."""
        times, first, where = self.findings.get(finding, (0, seed, name))
        self.findings[finding] = (times + 1, first, where)

    def lines(self) -> Iterator[str]:
        """The result for a person."""
        yield ", ".join(f"{name}: {self.counts[name]:,}" for name in ("mutants", "tables", "refusals", "problems"))
        for finding, (times, seed, name) in self.findings.items():
            yield f"FINDING {finding}\n  {times} times, first in a mutant of {name}: --seed {seed} --count 1"
        yield f"distinct findings: {len(self.findings)}"


class TooSlow(BaseException):
    """A file took too long; no library catches this one."""


# --- what is damaged --------------------------------------------------------------------------------------------------


def find_sources() -> list[Source]:
    """Examples in several forms, and all broken files."""
    sources = []
    for path in sorted((ROOT / "examples").glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[:EXAMPLE_ROWS]
        grid = list(csv.reader(lines))
        if "condition" in grid[0]:  # a number, or cold alone, would be refused
            place = grid[0].index("condition")
            grid = [[CONDITIONS.get(c, c) if i == place else c for i, c in enumerate(row)] for row in grid]
        with_commas = [[re.sub(r"^(-?\d+)\.(\d+)$", r"\1,\2", cell) for cell in row] for row in grid]
        umlauts = [[*row, "Prüfer" if number else "µ"] for number, row in enumerate(grid)]
        forms = {
            "comma": (grid, ",", "utf-8"),
            "semicolon": (with_commas, ";", "utf-8-sig"),
            "tab": (grid, "\t", "utf-8"),
            "utf-16": (grid, "\t", "utf-16"),
            "latin-1": (umlauts, ";", "latin-1"),
        }
        for form, (cells, separator, encoding) in forms.items():
            sources.append(Source(f"{path.name} ({form})", write_text(cells, separator).encode(encoding), cells))
        sources.append(Source(f"{path.name} (xlsx)", write_workbook(grid), grid))
    devices = (ROOT / "examples" / "devices").glob("*.*sv")
    for path in sorted([*(ROOT / "examples").rglob("*.xlsx"), *devices]):
        sources.append(Source(path.name, path.read_bytes(), _read_grid(path.read_bytes())))
    for path in sorted((ROOT / "tests" / "loaders" / "broken").rglob("*")):
        if path.is_file() and path.suffix not in NO_TABLES and path.name not in NO_TABLES:
            data = path.read_bytes()
            sources.append(Source(path.name, data, _read_grid(data)))
    return sources


def _read_grid(data: bytes) -> Grid | None:
    """The cells of a file, if it has any."""
    if data.startswith(b"PK"):
        try:
            sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        except Exception:  # noqa: BLE001 (broken on purpose)
            return None
        width = min(sheet.max_column, 50)  # a blank cell may stand very far away
        rows = sheet.iter_rows(max_row=min(sheet.max_row, EXAMPLE_ROWS), max_col=width, values_only=True)
        return [["" if value is None else str(value) for value in row] for row in rows]
    text = data.replace(b"\x00", b"").decode("utf-8", "ignore")
    separator = max(",;\t", key=text.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) or None


# --- what must hold ---------------------------------------------------------------------------------------------------


def read(path: Path, scored: bool = False) -> Outcome:
    """Load a file, and score it if that is wanted."""
    problems: list[qst.Problem] = []
    told: list[str] = []
    try:
        try:
            table = qst.load(path, problems=problems, understood=told)
        except InputError as error:
            if error.problem.code != "test-unknown":
                raise
            table = qst.load(path, problems=problems, understood=told, fixed={"parameter": "HPT"})
        if scored:
            qst.score(table)
        return Outcome(table, problems, told)
    except (InputError, OptionError) as error:
        return Outcome(None, problems, [str(error)])


def find_lost_rows(data: bytes, outcome: Outcome) -> str | None:
    """What is wrong with the rows of a text file: one with data that is neither in the table nor named."""
    unclear = {"quote-not-closed", "cell-too-long"} & {problem.code for problem in outcome.problems}
    read_as = re.match(r".*?(\w+)-separated.*header in row (\d+)", outcome.told[0], re.DOTALL)
    if outcome.table is None or unclear or read_as is None:
        return None
    if re.search("yes/no trials|samples, each a trial|tests in ", outcome.told[0]):
        return None  # many rows become one, which says how many
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    separator = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}[read_as[1]]
    try:
        records = list(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), start=1))
    except csv.Error:  # a cell too long for this reader
        return None
    filled = {row: cells for row, cells in records if any(cell.strip(" \t\r\n\f\v\xa0\ufffd\x1a") for cell in cells)}
    known = set(outcome.table["source_row"]) | {problem.row for problem in outcome.problems}
    strange = set(outcome.table["source_row"]) - set(filled)
    header = int(read_as[2])
    lost = [row for row in filled if row > header and row not in known and any(c.strip() for c in filled[row])]
    counted = [re.search(r": (\d+);", problem.message) for problem in outcome.problems if problem.code == "empty-row"]
    told = [re.match(r"  (\d+) rows (?:without|were joined|are copies)", line) for line in outcome.told]
    counted_all = sum(int(count[1]) - 1 for count in counted if count) + sum(int(count[1]) for count in told if count)
    if len(lost) > counted_all:
        return "row lost in silence"
    # Several rows of the table are from one of the file then.
    unfolded = re.search("unfolded|each reading a trial", outcome.told[0])
    if strange or (outcome.table["source_row"].duplicated().any() and not unfolded):
        return "row in the table that the file has not, or twice"
    number = re.compile(r"\s*-?\d+([.,]\d+)?\s*")
    above = [row for row in filled if row < header and row not in known]
    if any(sum(number.fullmatch(cell) is not None for cell in filled[row]) >= 3 for row in above):
        return "row with numbers lost in silence above the header"
    return None


def check(path: Path, data: bytes) -> tuple[Outcome | None, list[str]]:
    """Read a file twice: what it gave, and what is wrong with that."""
    findings = []
    outcome = None
    before, start = peak_memory(), time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with time_limit(2 * SECONDS_A_FILE):
                outcome = read(path, scored=True)
                seconds = time.process_time() - start
                again = read(path)
            if seconds > SECONDS_A_FILE:
                findings.append(f"more than {SECONDS_A_FILE:g} s of processor time")
            if outcome.differs(again):
                findings.append("the second reading differs")
            if outcome.table is not None and path.suffix != ".xlsx" and (lost := find_lost_rows(data, outcome)):
                findings.append(lost)
        except (Exception, TooSlow) as error:  # noqa: BLE001 (that none comes is what is tested)
            findings.append(describe(error))
    if peak_memory() - before > BYTES_A_FILE:
        findings.append(f"more than {BYTES_A_FILE:,} bytes")
    places = {f"{w.category.__name__} at {_short(w.filename)}:{w.lineno}: {str(w.message)[:80]}" for w in caught}
    return outcome, findings + sorted(places)


def describe(error: BaseException) -> str:
    """An exception as its type, its last frame, and the last frame that is ours."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "qst" in Path(frame.filename).parts] or frames
    places = dict.fromkeys(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in (frames[-1], ours[-1]))
    where = " < ".join(places) if not isinstance(error, TooSlow) else next(reversed(places)).split(":")[0]
    return f"{type(error).__name__} at {where}"


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-3:])


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` after some seconds, where the system has alarms."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    earlier = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, earlier)


def peak_memory() -> int:
    """Most bytes that this process had so far; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def fuzz(count: int, seed: int = SEED, seconds: float = float("inf"), keep: Path | None = None) -> Result:
    """Make and read mutants."""
    result, sources, end = Result(), find_sources(), time.monotonic() + seconds
    read(ROOT / "examples" / "trials_synthetic.csv", scored=True)  # what is imported late is not the first mutant's
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            if time.monotonic() > end:
                break
            random = Random(number)
            source = random.choice(sources[:12] if random.random() < 0.3 else sources)
            mutant = make_mutant(source, random)
            path = Path(folder) / mutant.name
            path.write_bytes(mutant.data)
            outcome, findings = check(path, mutant.data)
            for finding in findings:
                result.add(finding, number, source.name)
            if keep is not None:
                shutil.copyfile(path, keep)
            kind = "failures" if outcome is None else "refusals" if outcome.table is None else "tables"
            result.counts.update({"mutants": 1, kind: 1, "problems": len(outcome.problems) if outcome else 0})
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--keep", type=Path, help="where to keep the last mutant")
    options = parser.parse_args()

    start = time.perf_counter()
    result = fuzz(options.count, options.seed, options.seconds, options.keep)
    print("\n".join(result.lines()))
    print(f"{time.perf_counter() - start:.0f} s")
    sys.exit(1 if result.findings else 0)


if __name__ == "__main__":
    main()
