"""Demographics: a table of people, to be joined to the measurements."""

from pathlib import Path

import numpy as np
import pandas as pd

from qst.errors import InputError
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import name_file
from qst.loaders.headers.columns import Layout, find_layout
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.identity import IdentityReader
from qst.loaders.rows.people import JOINED, People
from qst.problems import OnProblem, make_problem, shorten
from qst.vocabulary.names import normalise


def read_people(path: Path, options: LoadOptions, on_problem: OnProblem) -> People:
    """Read a demographics file.

    Raises
    ------
    InputError
        The file cannot be read, or has no column for the subject.
    """
    file = name_file(path)
    table = open_tables(path)[0]
    # Of the options, only names and codes apply to this file too.
    own = LoadOptions(columns=options.columns, codes=options.codes, ignore=options.ignore, names=options.names)
    layout = find_layout(table, own, on_problem)
    if layout.find("subject") is None:
        raise InputError(make_problem("no-subject", "demographics", severity="error", file=file, row=layout.row))
    reader = IdentityReader(table.file, layout, own, _find_decimal_of_ages(table.preview, layout))
    frames = []
    for block in table.read_blocks(layout.row, len(layout.columns), on_problem):
        columns = reader.read(block, np.zeros(len(block.rows), dtype=bool), on_problem)
        frames.append(pd.DataFrame({name: columns[name] for name in ("subject", *JOINED)}).assign(row=block.rows))
    people = pd.concat(frames) if frames else pd.DataFrame(columns=["subject", *JOINED, "row"])
    people = _drop_contradictions(people.dropna(subset=["subject"]), file, on_problem)
    headers = {normalise(column.header) for column in layout.columns}
    return People(file, headers, {column.role for column in layout.columns if column.role is not None}, people)


def _drop_contradictions(people: pd.DataFrame, file: str, on_problem: OnProblem) -> pd.DataFrame:
    """One row per subject; those with different entries are reported and left out."""
    repeated = people[people["subject"].duplicated(keep=False)]
    for name, rows in repeated.groupby("subject", sort=False):
        if len(rows.drop(columns="row").drop_duplicates()) > 1:
            on_problem(
                make_problem(
                    "contradiction",
                    "demographics",
                    severity="error",
                    file=file,
                    row=int(rows["row"].iloc[0]),
                    subject=shorten(str(name)),
                    rows=", ".join(str(row) for row in rows["row"]),
                )
            )
            people = people[people["subject"] != name]
    return people.drop_duplicates("subject").set_index("subject")


def _find_decimal_of_ages(preview: list[list[str]], layout: Layout) -> str:
    """The decimal sign: a comma if any age in the first rows has one, since ages have no thousands."""
    age = layout.find("age")
    cells = [] if age is None else [row[age.position] for row in preview[layout.row :] if age.position < len(row)]
    return "," if any("," in cell for cell in cells) else "."
