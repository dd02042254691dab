"""Columns of texts and keys, handled as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

Ints = npt.NDArray[np.int64]


Bools = npt.NDArray[np.bool_]


FEW_KEYS = 1000
"""Texts up to which a dictionary numbers them sooner than pandas does."""


def label_flags(flags: Mapping[str, npt.NDArray[np.bool_]], length: int) -> npt.NDArray[np.object_]:
    """Names of the true flags of each row, joined by `;` in the order given.

    Parameters
    ----------
    flags : mapping of str to bool array, shape (length,)
    length : int

    Returns
    -------
    object array of str, shape (length,)
        Empty text where no flag is true.
    """
    present = {name: flag for name, flag in flags.items() if flag.any()}
    keys = np.zeros(length, dtype=np.int64)
    names = list(present)
    for start in range(0, len(names), 32):
        word = np.zeros(length, dtype=np.int64)
        for bit, name in enumerate(names[start : start + 32]):
            word |= present[name].astype(np.int64) << bit
        keys = _combine(keys, word)
    codes, first = first_rows(keys)
    texts = [";".join(name for name in names if present[name][row]) for row in first]
    return np.array([*texts, ""], dtype=object)[codes]


def join_texts(columns: Sequence[npt.NDArray[np.object_]]) -> npt.NDArray[np.object_]:
    """Texts of several columns joined row by row with `;`, leaving out empty ones and repetitions.

    Parameters
    ----------
    columns : sequence of object arrays of str, all of one length

    Returns
    -------
    object array of str
    """
    keys = np.zeros(len(columns[0]), dtype=np.int64)
    columns = [column for column in columns if (column != "").any()]
    for column in columns:
        keys = _combine(keys, pd.factorize(column)[0])
    codes, first = first_rows(keys)
    joined = [";".join(str(column[row]) for column in columns if column[row]) for row in first]
    texts = [";".join(dict.fromkeys(text.split(";"))) for text in joined]
    return np.array([*texts, ""], dtype=object)[codes]


def take_texts(texts: npt.NDArray[np.object_], codes: npt.NDArray[np.integer]) -> pd.api.extensions.ExtensionArray:
    """A column of few different texts from their numbers; quicker than to convert every text of an object array."""
    column: pd.api.extensions.ExtensionArray = pd.Series(texts).array.take(codes)
    return column


def number_groups(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number each row's combination of some columns, from 0 in order of appearance; missing values are alike."""
    keys = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        if column in frame:
            keys = _combine(keys, pd.factorize(frame[column])[0])
    return pd.factorize(keys)[0].astype(np.int64)


def _combine(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """One key for each pair of keys."""
    left_codes, right_codes = pd.factorize(left)[0].astype(np.int64), pd.factorize(right)[0]
    return left_codes * (int(right_codes.max(initial=0)) + 1) + right_codes


def number_keys(keys: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Number of each row's key in order of appearance, and the different keys; −1 for None and NaN."""
    if keys.dtype != object or len(keys) > FEW_KEYS:
        codes, unique = pd.factorize(keys)
        return codes.astype(np.int64), np.asarray(unique)
    numbers: dict[Any, int] = {}
    few = [-1 if key is None or key != key else numbers.setdefault(key, len(numbers)) for key in keys.tolist()]  # noqa: PLR0124 (NaN)
    return np.array(few, dtype=np.int64), np.array([*numbers, None], dtype=object)[:-1]


def first_rows(keys: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Number of each row's key, and the first row of each key."""
    codes, unique = number_keys(keys)
    first = np.full(len(unique), len(keys), dtype=np.int64)
    np.minimum.at(first, codes, np.arange(len(keys)))
    return codes, first


Texts = npt.NDArray[np.object_]


Rows = TypeVar("Rows")


def take_rows(columns: Rows, rows: npt.NDArray[np.int64]) -> Rows:
    """Some rows of everything that has one entry per row: an array, or arrays in a mapping or a dataclass."""
    if isinstance(columns, Mapping):
        return {name: take_rows(column, rows) for name, column in columns.items()}  # type: ignore[return-value]
    if is_dataclass(columns) and not isinstance(columns, type):
        taken = {each.name: take_rows(getattr(columns, each.name), rows) for each in fields(columns)}
        return replace(columns, **taken)
    return columns[rows]  # type: ignore[index,no-any-return]
