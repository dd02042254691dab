"""What `expected.toml` states of each broken file, and what `qst` gives for it."""

import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from paths import BROKEN

import qst
from qst.cli import main


class Place(NamedTuple):
    """What of a problem is compared exactly."""

    row: int | None
    column: str | None
    severity: str
    code: str
    sheet: str | None
    value: str | None


@dataclass(frozen=True)
class Expected:
    """A problem as `expected.toml` states it."""

    place: Place
    says: tuple[str, ...]
    never_says: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A broken file and what it must give."""

    name: str
    fault: str
    rows: int | None = None
    z_scores: int | None = None
    problems: list[Expected] = field(default_factory=list)
    output: dict[str, list[str]] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        return int(any(problem.place.severity == "error" for problem in self.problems))


def read_cases() -> list[Case]:
    """All files of the corpus, as `expected.toml` lists them."""
    listed = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))["file"]
    return [Case(**{**case, "problems": [_expect(problem) for problem in case.get("problems", [])]}) for case in listed]


def _expect(stated: dict[str, Any]) -> Expected:
    severity = "error" if "error" in stated else "warning"
    where = {name: stated.get(name) for name in ("row", "column", "sheet", "value")}
    place = Place(severity=severity, code=stated[severity], **where)
    return Expected(place, tuple(stated.get("says", ())), tuple(stated.get("never_says", ())))


def place_of(problem: qst.Problem) -> Place:
    sheet = re.search(r"\[(.*)\]$", problem.file or "")
    value = None if problem.value is None else problem.value.strip("'")
    return Place(problem.row, problem.column, problem.severity, problem.code, sheet and sheet[1], value)


def in_order(problems: list[qst.Problem]) -> list[qst.Problem]:
    return sorted(problems, key=lambda problem: order_of(place_of(problem)))


def order_of(place: Place) -> tuple[int, str, str, str]:
    return (place.row or 0, place.column or "", place.code, place.value or "")


def run(*arguments: str | Path) -> Result:
    """The command in this process; an exception that is none of click's fails the test."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def run_process(
    *arguments: str | bytes | Path, seconds: float = 60, **options: Any
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "qst", *arguments]
    return subprocess.run(command, capture_output=True, timeout=seconds, check=False, **{"text": True} | options)


def find_problems(*arguments: str | Path) -> list[qst.Problem]:
    """What `qst validate` says."""
    found = [qst.Problem(**problem) for problem in json.loads(run("validate", "--json", *arguments).stdout)]
    return in_order(found)


def read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def count_z(rows: list[dict[str, str]]) -> int:
    return sum(bool(row[f"{code}_z"]) for row in rows for code in qst.protocol.Z_CODES)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def limit_memory(size: int) -> Any:
    resource = pytest.importorskip("resource", reason="memory can be limited on POSIX systems only")
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder that everybody can enter, and no more rights than a common user: root reads everything."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no permission bits on this system")
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        run("score", "text_in_numbers.csv", "-o", folder / "x.csv")  # imports all that is needed
        (folder / "x.csv").unlink()
        for part in ("open", "closed"):
            (folder / part).mkdir(mode=0o777)
            (folder / part / "data.csv").write_bytes(Path("text_in_numbers.csv").read_bytes())
        (folder / "secret.csv").write_bytes(Path("text_in_numbers.csv").read_bytes())
        (folder / "secret.csv").chmod(0)
        (folder / "closed").chmod(0)
        try:
            if user == 0:
                os.seteuid(65534)
        except OSError:
            pytest.skip("root cannot become a common user here")
        try:
            yield folder
        finally:
            if user == 0:
                os.seteuid(user)
            (folder / "closed").chmod(stat.S_IRWXU)
