"""Small files with the traps that laboratories' files have, and what is read from them."""

from pathlib import Path

import pandas as pd
import pytest
from command_line import REAL
from lab_files import WHO, write

import qst

PEOPLE = ("1,40,f,hand", "2,50,m,foot", "3,50,m,hand")


def rows_of(folder: Path, header: str, *cells: str, who: str = WHO, name: str = "lab.csv") -> Path:
    """A table of three people (or fewer), each with the cells of a row."""
    people = [person for person, _ in zip(PEOPLE, cells, strict=False)]
    lines = [f"{person},{text}" for person, text in zip(people, cells, strict=True)]
    return write(folder, "\n".join([f"{who},{header}", *lines]), name)


def score(path: Path, **options: object) -> tuple[pd.DataFrame, list[qst.Problem], str]:
    """What `qst.load` and `qst.score` give, the problems, and what was understood."""
    problems: list[qst.Problem] = []
    understood: list[str] = []
    table = qst.load(path, problems=problems, understood=understood, **options)  # type: ignore[arg-type]
    return qst.score(table), problems, "\n".join(understood)


def codes(problems: list[qst.Problem]) -> list[str]:
    return [problem.code for problem in problems]


def real(*parts: str) -> Path:
    path = REAL.joinpath(*parts)
    if not path.is_file():
        pytest.skip("the real data of others are not here")
    return path
