"""Files of a laboratory for the tests of the loaders: written, read, refused."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qst
import qst.loaders.files
from qst.errors import InputError

WHO = "subject,age,sex,site"
ME = "007,25,female,hand"
MISSING = ["", "NA", "N/A", "NaN", "#N/A", "NM", "MS", "ms", "missing", "-", "n.d.", "-99", "999"]
"""Texts that laboratories write where nothing was measured."""


def write(folder: Path, text: str, name: str = "lab.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path | list[Path], **options: Any) -> tuple[pd.DataFrame, list[qst.Problem]]:
    problems: list[qst.Problem] = []
    return qst.load(path, problems=problems, **options), problems


def read_column(folder: Path, header: str, values: list[object], **options: Any) -> tuple[pd.DataFrame, list[str]]:
    """A table of one column of measurements, in quotes, and the codes of its problems."""
    rows = [f'"{header}",{WHO}', *(f'"{value}",{ME.replace("007", str(i))}' for i, value in enumerate(values))]
    table, problems = read(write(folder, "\n".join(rows)), **options)
    return table, [problem.code for problem in problems]


def refuse(path: Path, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        qst.load(path, problems=[], **options)
    return str(caught.value)


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
