"""Texts of cells to numbers and words, one column at a time."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Texts, first_rows, number_keys
from qst.formulas import NUMBER, restore_text
from qst.vocabulary.names import is_missing_cell, is_missing_word, missing_codes, normalise

FEW = 100
"""Up to this many texts are read as numbers one by one, which is faster than a call of pandas."""

_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")

_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")

_MONTH = r"(jan|feb|fév|mar|mär|mrz|apr|avr|may|mai|jun|jui|jul|aug|aoû|sep|oct|okt|nov|dec|dez|déc)[^\W\d_]*"

_DATE = re.compile(
    rf"\d{{4}}-\d\d-\d\d.*|\d{{1,2}}:\d\d(:\d\d.*)?|\d{{1,2}}\.\d{{1,2}}\.(\d{{2}}|\d{{4}})?"
    rf"|\d{{1,2}}[ .\-/]*{_MONTH}[ .\-/]*\d*|{_MONTH}[ .\-/]*\d+",
    re.IGNORECASE,
)

_NUMBER = r"[+-]?\d+([.,]\d+)?"

_REMEDIES = (
    (
        _DATE,
        "It is a date or time (spreadsheets turn 1.5 into one): write the number in a cell formatted as a number",
    ),
    (re.compile(rf"{_NUMBER}\s*%"), "It is a percentage: write the number in the column's own unit"),
    (
        re.compile(rf"[<>≤≥]\s*=?\s*{_NUMBER}"),
        "It is a value beyond a limit: write the limit itself",
    ),
    (re.compile(rf"{_NUMBER}\s*(±|\+/?-)\s*{_NUMBER}"), "It is a mean with its spread: write only the mean"),
    (re.compile(rf"['’´`]\s*{_NUMBER}"), "The apostrophe marks a text: delete it"),
)
"""Patterns of texts where a number is expected, and what to do about each."""


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes
    ----------
    values : float array
        NaN where there is no number.
    unreadable : bool array
        Where the text is neither a number nor a word for missing.
    missing : Counter of str
        Words and codes that were taken as missing.
    """

    values: npt.NDArray[np.float64]
    unreadable: npt.NDArray[np.bool_]
    missing: Counter[str]


def is_blank(texts: Texts) -> npt.NDArray[np.bool_]:
    """Where a text is empty or only blanks."""
    codes, unique = number_keys(texts)
    return np.array([not str(text).strip() for text in unique] + [True], dtype=bool)[codes]


def count_decimal_signs(texts: Texts) -> tuple[int, int]:
    """How many of the distinct texts are numbers with a decimal point, and how many with a decimal comma."""
    different = set(texts)
    points = sum(1 for text in different if "." in text and _POINT_NUMBER.fullmatch(text.strip()))
    commas = sum(
        1 for text in different if "," in text and _COMMA_NUMBER.fullmatch(text.strip()) and not is_thousands(text)
    )
    return points, commas


def find_decimal(columns: Iterable[Texts]) -> str:
    """The decimal sign of most distinct numbers; a point where there are no fractions."""
    points = commas = 0
    for texts in columns:
        more_points, more_commas = count_decimal_signs(texts)
        points, commas = points + more_points, commas + more_commas
    return "," if commas > points else "."


def is_number(text: str) -> bool:
    """Whether a text is a number, with either decimal sign."""
    return NUMBER.fullmatch(text.strip().replace(",", ".")) is not None


def is_thousands(text: str) -> bool:
    """Whether a number may have a thousands separator, as in `1,050` and `1.050`, unlike `0,435` and `12,5`."""
    return _THOUSANDS.fullmatch(text.strip()) is not None


def count_thousands(texts: Texts) -> int:
    """How many texts may have a thousands separator."""
    return sum(1 for text in texts if is_thousands(text))


def is_other_decimal(text: str, decimal: str) -> bool:
    """Whether a text is a number with the decimal sign that its file does not use."""
    pattern = _POINT_NUMBER if decimal == "," else _COMMA_NUMBER
    return pattern.fullmatch(text.strip()) is not None


def find_remedy(text: str) -> str:
    """What to do about a text that should be a number, as the next sentence of a message; empty where nothing is known.

    >>> find_remedy("1. Mai"), find_remedy("abc")
    ('. It is a date or time (spreadsheets turn 1.5 into one): write the number in a cell formatted as a number', '')
    """
    return next((f". {remedy}" for pattern, remedy in _REMEDIES if pattern.fullmatch(text.strip())), "")


def read_numbers(texts: Texts, decimal: str = ".") -> Numbers:
    """Read a column of numbers.

    Parameters
    ----------
    texts : object array of str
    decimal : {".", ","}
        The file's decimal sign. A number with the other sign is unreadable: that may separate thousands.

    Returns
    -------
    Numbers
    """
    plain = np.array([_point_for_comma(text) for text in texts], dtype=object) if decimal == "," else texts
    if len(plain) > FEW:
        values = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    else:
        values = np.array([float(text) if NUMBER.fullmatch(text) else np.nan for text in plain], dtype=np.float64)
    unreadable = np.zeros(len(texts), dtype=bool)
    missing: Counter[str] = Counter()
    odd = np.flatnonzero(~np.isfinite(values))
    if len(odd):
        codes, unique = number_keys(plain[odd])
        counts = np.bincount(codes)
        numbers, bad = np.full(len(unique), np.nan), np.zeros(len(unique), dtype=bool)
        for position, text in enumerate(unique):
            plain_text = str(text).strip().replace("\u2212", "-")
            if is_missing_word(plain_text):
                if plain_text:
                    missing[plain_text] += int(counts[position])
            elif NUMBER.fullmatch(plain_text) and np.isfinite(float(plain_text)):
                numbers[position] = float(plain_text)
            else:
                bad[position] = True
        values[odd], unreadable[odd] = numbers[codes], bad[codes]
    for written, code in missing_codes().items():
        for row in np.flatnonzero(values == code):
            if texts[row].strip() == written:
                values[row] = np.nan
                missing[written] += 1
    return Numbers(values, unreadable, missing)


def _point_for_comma(text: str) -> str:
    """A number of a file with decimal commas, with a point instead; one that has a point already becomes unreadable."""
    if "," in text:
        return text.replace(",", ".")
    return f"{text}?" if "." in text and _POINT_NUMBER.fullmatch(text.strip()) else text


def read_texts(texts: Texts) -> Texts:
    """A column of texts exactly as written, None where blank; a formula that `qst` defused is restored.

    A NUL byte, which is not a character, becomes the replacement character.
    """
    codes, unique = number_keys(texts)
    read = [restore_text(text.replace("\x00", "\ufffd")) if text.strip() else None for text in unique]
    return np.array([*read, None], dtype=object)[codes]


def add_float_spellings(codes: Mapping[str, str]) -> dict[str, str]:
    """Codes by their normalised spelling, and by the one with .0: pandas writes 1 as 1.0 in a column with gaps."""
    return {f"{code}_0": word for code, word in codes.items() if code.isdigit()} | dict(codes)


class Words(NamedTuple):
    """A column of words in our vocabulary.

    Attributes
    ----------
    values : object array
        Our word; the text as written where the vocabulary does not have it; None where missing.
    unknown : dict of str to int
        Texts that the vocabulary does not have, and the first position of each.
    """

    values: Texts
    unknown: dict[str, int]


def read_words(texts: Texts, vocabulary: dict[str, str]) -> Words:
    """Translate a column of words.

    Parameters
    ----------
    texts : object array of str
    vocabulary : dict
        Normalised spelling to our word.
    """
    codes, first = first_rows(texts)
    translated: list[str | None] = []
    unknown: dict[str, int] = {}
    for position, text in zip(first.tolist(), texts[first], strict=True):
        ours = vocabulary.get(normalise(text))
        if ours is None and is_missing_cell(text):
            translated.append(None)
            continue
        if ours is None:
            unknown[text] = position
        translated.append(ours if ours is not None else restore_text(text).strip())
    return Words(np.array([*translated, None], dtype=object)[codes], unknown)
