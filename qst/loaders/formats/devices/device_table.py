"""What the readers of device files share: their columns, single numbers, and the direction of ramps."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from qst.arrays import Texts
from qst.errors import InputError
from qst.formulas import NUMBER
from qst.loaders.files.text_table import HEADER_AMONG, LONGEST_HEADER, TextTable
from qst.loaders.formats.format import locate
from qst.loaders.formats.thermal_tests import COLD_TESTS
from qst.loaders.formats.whole_table import read_all_rows
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem
from qst.protocol import BASELINE, BY_CODE
from qst.vocabulary.headers import may_be_name, parse_header
from qst.vocabulary.names import Vocabulary, is_missing_cell, vocabulary_in_use

BASELINE_NOISE = 0.5
"""A threshold may be this far (°C) on the wrong side of the baseline, as a thermode's readings fluctuate (ours)."""


class DeviceHeader(NamedTuple):
    """The header of a device's table.

    Attributes
    ----------
    row : int
        Counted from 1; 0 where the names are not in the file.
    texts : list of str
    positions : dict of str to int
        Positions of the subject and of the columns that names.toml lists under `device`.
    """

    row: int
    texts: list[str]
    positions: dict[str, int]


def find_device_header(table: TextTable, columns: Sequence[str]) -> DeviceHeader | None:
    """The first row that has all these columns, each once; None if there is none."""
    rows = table.preview[:HEADER_AMONG]
    found = _find_columns(tuple(map(tuple, rows)), vocabulary_in_use())
    for row, (positions, repeated) in enumerate(found, start=1):
        if positions.keys() >= set(columns) and not repeated & set(columns):
            return DeviceHeader(row, rows[row - 1], positions)
    return None


@lru_cache(maxsize=1)  # each reader asks for the same table
def _find_columns(
    rows: tuple[tuple[str, ...], ...], vocabulary: Vocabulary
) -> tuple[tuple[dict[str, int], frozenset[str]], ...]:
    """The positions of the columns that each row names, and the columns that it names more than once."""
    found = []
    for texts in rows:
        positions: dict[str, int] = {}
        repeated = set()
        for position, text in enumerate(texts):
            is_short = len(text) <= LONGEST_HEADER  # a long remark would take seconds to parse
            name = parse_header(text)[0] if is_short and may_be_name(text) else ""
            meaning = vocabulary.device_names.get(name) or vocabulary.column_names.get(name)
            if meaning in positions:
                repeated.add(meaning)
            elif meaning is not None:
                positions[meaning] = position
        found.append((positions, frozenset(repeated)))
    return tuple(found)


def require_device_header(table: TextTable, columns: Sequence[str], title: str, example: str) -> DeviceHeader:
    """The header; an InputError where the table is not of the format that `--format` names."""
    header = find_device_header(table, columns)
    if header is None:
        raise InputError(
            make_problem(
                "not-this-format", "columns", file=table.file, title=title, example=example, first_rows=HEADER_AMONG
            )
        )
    return header


def read_columns(table: TextTable, header: DeviceHeader, on_problem: OnProblem) -> tuple[list[int], list[Texts]]:
    """All rows below the header: their numbers, and their cells by column."""
    block = read_all_rows(table, header.row, len(header.texts), on_problem)
    return block.rows.tolist(), block.columns


def locate_cell(
    table: TextTable, header: DeviceHeader, row: int, position: int, text: str | None = None
) -> dict[str, Any]:
    """File, row, column and text of a cell, as arguments for `make_problem`."""
    return locate(table, row, header.texts[position], text)


def read_number(text: str) -> float | None:
    """A single number with either decimal sign; None if the text is not a number."""
    text = text.strip().replace("\u2212", "-").replace(",", ".")
    return float(text) if NUMBER.fullmatch(text) and not is_missing_cell(text) else None


def format_stated_cells(stated: Mapping[str, str], roles: Sequence[str], decimal: str) -> list[str]:
    """What was stated about person and place, as cells of a table with this decimal sign."""
    cells = (stated.get(role, "") for role in roles)
    return [
        cell.replace(".", decimal) if role in ("age", "baseline") else cell
        for role, cell in zip(roles, cells, strict=True)
    ]


def find_baseline(options: LoadOptions) -> float:
    """The temperature (°C) from which ramps start: from the options, otherwise the protocol's."""
    return float(options.fixed.get("baseline", BASELINE))


def describe_wrong_side(code: str, temperature: float, baseline: float) -> dict[str, Any] | None:
    """Details of the problem of a threshold on the wrong side of the baseline; None if it is on the right side."""
    is_cold = code in COLD_TESTS
    if (baseline - temperature if is_cold else temperature - baseline) >= -BASELINE_NOISE:
        return None
    side, direction = ("above", "falling") if is_cold else ("below", "rising")
    return {
        "temperature": temperature,
        "baseline": baseline,
        "side": side,
        "direction": direction,
        "parameter": BY_CODE[code].name,
    }
