"""Tables with one row per trial that name the test in another way than by a parameter.

`TrialType` with CDT1 … HPT3, for several tests in one file; or the instruction (detect, pain) and the quality (cold,
warm, heat). They get a column `parameter`, and are then read like any other table.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from qst.arrays import Texts
from qst.loaders.files.text_table import Block, TextTable, rearrange_table
from qst.loaders.headers.columns import Column, find_header, hand_on
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import are_trials
from qst.problems import shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import instructed_parameters, normalise, parameter_names, trial_columns, words

_NUMBERED = re.compile(r"(.*[^\d\s_.\-])[\s_.\-]*(\d+)")


def name_trials(table: TextTable, options: LoadOptions) -> TextTable:
    """The table with a column for the parameter; the same table where it has one, or where a row is not a trial."""
    found = find_header(table, options)
    table, columns, row = replace(table, header=found), found.columns, found.row
    if found.measured or any(column.role in BY_CODE for column in columns):
        return table
    parameter, value = (_find_column(columns, meaning, options) for meaning in ("parameter", "value"))
    if value is None:
        return table
    header = [column.header for column in columns]
    if columns[value].role is None:
        header[value] = "value"
    remarks: list[str] = []
    if header[value] != columns[value].header:
        remarks.append(f"{shorten(columns[value].header)} is read as the value")
    if parameter is not None:
        named = _split_numbers(table, row, columns, header, parameter, remarks)
        return table if named is table else hand_on(found, named, options)
    instruction, quality = (_find_column(columns, meaning, options) for meaning in ("instruction", "quality"))
    if instruction is None or quality is None:
        return table

    def name_parameters(block: Block) -> Block:
        instructions = _translate(block.columns[instruction], words("instruction"))
        qualities = _translate(block.columns[quality], words("quality"))
        pairs = [f"{one} {other}".strip() for one, other in zip(instructions, qualities, strict=True)]
        names = [instructed_parameters().get(pair, pair) for pair in pairs]
        return Block(block.rows, [*block.columns, np.array(names, dtype=object)])

    remarks.append(
        f"the parameter is formed from {shorten(header[instruction])} and {shorten(header[quality])}: "
        + ", ".join(f"{pair} is {code}" for pair, code in instructed_parameters().items())
    )
    named = rearrange_table(table, row, [*header, "parameter"], len(header), name_parameters, remarks=remarks)
    return hand_on(found, named, options)


def _find_column(columns: Sequence[Column], meaning: str, options: LoadOptions) -> int | None:
    """The column with a meaning: by its role, otherwise by a name that counts only in tables of trials."""
    by_role = next((column.position for column in columns if column.role == meaning), None)
    names = trial_columns(meaning)
    free = [column for column in columns if column.role in (None, "stimulus") and normalise(column.header) in names]
    named = next((column.position for column in free if column.header.strip() not in options.ignore), None)
    return named if by_role is None else by_role


def _translate(texts: Texts, vocabulary: Mapping[str, str]) -> list[str]:
    known = {text: vocabulary.get(normalise(text), text.strip()) for text in set(texts)}
    return [known[text] for text in texts]


def _split_numbers(
    table: TextTable, row: int, columns: Sequence[Column], header: list[str], position: int, remarks: list[str]
) -> TextTable:
    """Split names such as CDT1 into parameter and number, where the numbers of a parameter run from 1 to 3 or more.

    `CPT1` and `CPT2` alone may be something else; they are left unchanged.
    """
    named = columns[position].role is None
    header[position] = "parameter" if named else header[position]
    remarks += [f"{shorten(columns[position].header)} is read as the parameter"] if named else []
    numbers: dict[str, set[int]] = {}
    for text in _list_names(table, row, len(header), position):
        if (found := _split_name(text)) is not None:
            numbers.setdefault(found[0], set()).add(int(found[1]))
    trials = {code for code, seen in numbers.items() if are_trials(seen)}
    if not trials and not remarks:
        return table
    has_series = any(column.role == "series" for column in columns)

    def split(block: Block) -> Block:
        texts = block.columns[position]
        known = {text: _split_name(text) for text in set(texts)}
        split = {text: found for text, found in known.items() if found is not None and found[0] in trials}
        new = list(block.columns)
        new[position] = np.array([split[text][0] if text in split else text for text in texts], dtype=object)
        number = np.array([split[text][1] if text in split else "" for text in texts], dtype=object)
        return Block(block.rows, new if has_series or not trials else [*new, number])

    if trials:
        names = ", ".join(f"{code}1 … {code}{len(numbers[code])}" for code in sorted(trials))
        remarks.append(f"numbered names are the trials of a test: {names}")
        header += [] if has_series else ["series"]
    return rearrange_table(table, row, header, len(columns), split, remarks=remarks)


def _list_names(table: TextTable, row: int, width: int, position: int) -> set[str]:
    """All distinct texts of the column, where its first rows have a numbered name."""
    first = 1 if table.header_row else row
    shown = {cells[position] for cells in table.preview[first:] if position < len(cells)}
    if table.header_row is None and not any(_split_name(text) for text in shown):
        return set()
    names: set[str] = set()
    for block in table.read_blocks(row, width, lambda _: None):
        names |= set(block.columns[position])
    return names


def _split_name(text: str) -> tuple[str, str] | None:
    """Parameter and number of a name such as `CDT1`; None for any other name."""
    found = _NUMBERED.fullmatch(text.strip())
    code = parameter_names().get(normalise(found[1])) if found else None
    return (code, str(int(found[2]))) if found and code else None
