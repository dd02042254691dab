"""What the readers of device files share: their columns, single numbers, and which way a ramp goes."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from qst.arrays import Texts
from qst.errors import InputError
from qst.formulas import NUMBER
from qst.loaders.files.cells import count_decimal_signs
from qst.loaders.files.text_table import HEADER_AMONG, LONGEST_HEADER, TextTable
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem, shorten
from qst.protocol import BASELINE, BY_CODE
from qst.vocabulary.headers import may_be_name, parse_header
from qst.vocabulary.names import Vocabulary, is_missing_cell, vocabulary_in_use

COLD = ("CDT", "CPT")

THERMAL = ("CDT", "WDT", "CPT", "HPT")
"""Tests whose threshold is one temperature on a ramp."""

BASELINE_NOISE = 0.5
"""A threshold may lie so far (°C) on the wrong side of the baseline, as a thermode's readings waver (ours)."""


class DeviceHeader(NamedTuple):
    """The header of a device's table.

    Attributes
    ----------
    row : int
        Counted from 1.
    texts : list of str
    positions : dict of str to int
        Where the columns that names.toml lists under `device`, or the subject, stand.
    """

    row: int
    texts: list[str]
    positions: dict[str, int]


def find_header(table: TextTable, needed: Sequence[str]) -> DeviceHeader | None:
    """The first row with all needed columns, each once; None where there is none."""
    rows = table.preview[:HEADER_AMONG]
    found = _find_names(tuple(map(tuple, rows)), vocabulary_in_use())
    for row, (positions, doubles) in enumerate(found, start=1):
        if positions.keys() >= set(needed) and not doubles & set(needed):
            return DeviceHeader(row, rows[row - 1], positions)
    return None


@lru_cache(maxsize=1)  # each reader asks it of the same table
def _find_names(
    rows: tuple[tuple[str, ...], ...], vocabulary: Vocabulary
) -> tuple[tuple[dict[str, int], frozenset[str]], ...]:
    """Where each row has which column, and which of them more than once."""
    found = []
    for texts in rows:
        positions: dict[str, int] = {}
        doubles = set()
        for position, text in enumerate(texts):
            is_short = len(text) <= LONGEST_HEADER  # a long remark would take seconds to parse
            name = parse_header(text)[0] if is_short and may_be_name(text) else ""
            meaning = vocabulary.device_names.get(name) or vocabulary.column_names.get(name)
            if meaning in positions:
                doubles.add(meaning)
            elif meaning is not None:
                positions[meaning] = position
        found.append((positions, frozenset(doubles)))
    return tuple(found)


def need_header(table: TextTable, needed: Sequence[str], title: str, example: str) -> DeviceHeader:
    """The header; an InputError where the table is not what `--format` says."""
    header = find_header(table, needed)
    if header is None:
        message = (
            f"no row among the first {HEADER_AMONG} has the columns of {title} ({example}), each once: check the file, "
            "or say another --format"
        )
        raise InputError(Problem("error", "not-this-format", message, table.file))
    return header


def read_columns(table: TextTable, header: DeviceHeader, on_problem: OnProblem) -> tuple[list[int], list[Texts]]:
    """All rows below the header: their numbers, and their cells a column at a time."""
    blocks = list(table.read_blocks(header.row, len(header.texts), on_problem))
    if not blocks:
        message = "the table has a header and no rows with data: check that this is the right file"
        raise InputError(Problem("error", "no-rows", message, table.file, header.row))
    columns = [np.concatenate(parts) for parts in zip(*(block.columns for block in blocks), strict=True)]
    return np.concatenate([block.rows for block in blocks]).tolist(), columns


def read_number(text: str) -> float | None:
    """A single number with either decimal sign; None where the text is none."""
    text = text.strip().replace("\u2212", "-").replace(",", ".")
    return float(text) if NUMBER.fullmatch(text) and not is_missing_cell(text) else None


def find_decimal(texts: Texts, options: LoadOptions) -> str:
    """The decimal sign of a column: as the user says, or as most of its numbers have it."""
    points, commas = count_decimal_signs(texts)
    return options.decimal or ("," if commas > points else ".")


def format_stated_cells(said: Mapping[str, str], roles: Sequence[str], decimal: str) -> list[str]:
    """What was said of a person and place, as cells of a table with this decimal sign."""
    cells = (said.get(role, "") for role in roles)
    return [
        cell.replace(".", decimal) if role in ("age", "baseline") else cell
        for role, cell in zip(roles, cells, strict=True)
    ]


def find_baseline(options: LoadOptions) -> float:
    """The temperature (°C) from which ramps start: as the user says, or the protocol's."""
    return float(options.fixed.get("baseline", BASELINE))


def explain_wrong_direction(code: str, temperature: float, baseline: float) -> str | None:
    """Why a temperature cannot be the threshold of a test; None where it can."""
    cold = code in COLD
    if (baseline - temperature if cold else temperature - baseline) >= -BASELINE_NOISE:
        return None
    where, way = ("above", "falling") if cold else ("below", "rising")
    return (
        f"{shorten(f'{temperature:g}')} lies {where} the baseline of {baseline:g} °C, but the {BY_CODE[code].name} is "
        f"felt on a {way} ramp; it is not used: check the test's name, or say --set baseline=30 if ramps start there"
    )
