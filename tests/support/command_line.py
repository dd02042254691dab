"""The command line for tests: its commands, run in this process, and tables compared."""

import math
from collections.abc import Iterator
from pathlib import Path

import click
import pandas as pd
from click.testing import CliRunner, Result

from qst.cli import main

GOOD = "id,age,sex,site,HPT,CPT\n007,25,f,hand,45.1,20\n8,61.5,m,foot,46,12.25\n"
BAD_CELL = "id,age,sex,site,HPT,CPT\n007,25,f,hand,5O.1,20\n8,61.5,m,foot,46,12.25\n"


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def frames_agree(left: pd.DataFrame, right: pd.DataFrame, *, rel: float = 0.0) -> None:
    """Two tables hold the same texts, the same gaps, and the same numbers (bit by bit, where `rel` is 0)."""
    assert list(left.columns) == list(right.columns)
    assert len(left) == len(right)
    for column in left:
        pairs = zip(left[column], right[column], strict=True)
        assert all(same(a, b, rel) for a, b in pairs), column


def same(a: object, b: object, rel: float) -> bool:
    if pd.isna(a) or pd.isna(b):
        return bool(pd.isna(a) and pd.isna(b))
    if rel and isinstance(a, float | int) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=rel)
    return bool(a == b)


def commands() -> Iterator[tuple[str, click.Command]]:
    group = main
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            yield from ((f"{name} {sub}", command.commands[sub]) for sub in sorted(command.commands))
