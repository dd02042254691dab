"""The notes on scored rows: what each means, and the only place where they are written and read.

A row's notes are a list, `;` between. A note is a code, and may have a detail and a value: `trials:HPT=2`.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats, Ints, join_list, number_keys, split_list
from qst.protocol import BASELINE

NOTES: dict[str, str] = {
    "no_age": "no age, so there is no norm: no z-score",
    "age_impossible": "not a possible age in years (0 to 120): no z-score",
    "no_sex": "no sex, so there is no norm: no z-score",
    "no_site": "no site, so there is no norm: no z-score",
    "unknown_sex": "sex is neither female nor male: no z-score",
    "no_norm_for_site": "the reference set does not cover this site: no z-score",
    "no_norm": "the reference set has no value of this parameter for this site, sex and age",
    "norm_doubtful": "the reference value is marked as doubtful and was not used",
    "norm_without_spread": "the reference value has an SD of 0: no z-score",
    "age_below_norms": "younger than the youngest norm: no z-score",
    "age_above_norms": "older than the people the norm is based on; its open-ended top age band was used if it has one",
    "site_as": "the norm of another site was used, as requested; there is none for this site",
    "at_limit": "the value is at the insensitive end of the device: the true threshold may lie beyond it",
    "trials_at_limit": "some but not all trials reached the end of the device: the mean understates the loss",
    "not_positive": "0 or less, which has no logarithm: no z-score",
    "out_of_range": "not a value this parameter can have: no z-score",
    "wur_undefined": "all single stimuli were rated 0, so there is no wind-up ratio",
    "rating_offset_added": "the file holds plain mean ratings (some are 0); 0.1 was added before the logarithm",
    "trials": "fewer or more trials than in the protocol; the number follows",
    "converted": "the file uses another unit than the protocol; parameter, unit and factor follow",
    "baseline": "thermal thresholds were measured from another baseline than 32 °C; the norms are for 32 °C",
    "yes_no_trials": "thresholds fitted to yes/no trials, without reaction time; the norms are by the method of limits",
    "threshold_beyond": "not felt even at the end of the device, which was taken as the threshold of the yes/no trials",
    "no_threshold": "the yes/no trials of this parameter do not support a threshold; the reason follows",
    "loga_without": "the LoGa code was formed without this parameter",
    "phenotypes": "the prototypes used for the sensory phenotypes; 'ours' are built from the published description",
    "criteria": "criteria other than the published ones were used; their name follows",
    "mechanisms": "the user's own entries were added to the mechanisms; the name of their file or folder follows",
    "by_symptom": "status of a mechanism by the symptoms in the file, as the tests cannot assess it",
    "npsi_unusable": "an NPSI answer is not a number from 0 to 10, so the scores that need it are missing",
    "answer_unusable": "an answer to a symptom is not one of the expected words and was not used",
    "cut_off": "a cut-off other than 1.96 was used",
    "dma_threshold": "a DMA threshold other than 0 was used",
    "device_limit": "the user gave another end of the device for this parameter",
    "duplicate_assessment": "another row has the same subject, visit, site, side and area",
}
"""Each code of a note that a scored row can have, and what it means."""

NOTES_BEFORE_SCORING = (
    "trials",
    "trials_at_limit",
    "wur_undefined",
    "converted",
    "baseline",
    "rating_offset_added",
    "duplicate_assessment",
    "yes_no_trials",
    "threshold_beyond",
    "no_threshold",
)
"""Notes set by loading and deriving; all others are formed anew whenever a table is scored."""


class Note(NamedTuple):
    """One note of a row: its code, what it is about (a parameter, a site, a file) and a number or word on it."""

    code: str
    detail: str = ""
    value: str = ""

    @property
    def about(self) -> str:
        """Everything after the code, as in `site_as:forearm=hand`: `forearm=hand`."""
        return f"{self.detail}={self.value}" if self.value else self.detail


def format_note(code: str, detail: str = "", value: str = "") -> str:
    """The text of a note: `code`, `code:detail` or `code:detail=value`.

    >>> format_note("no_age"), format_note("at_limit", "CPT"), format_note("trials", "HPT", "2")
    ('no_age', 'at_limit:CPT', 'trials:HPT=2')
    """
    about = f"{detail}={value}" if value else detail
    return f"{code}:{about}" if about else code


def parse_note(text: str) -> Note:
    """The parts of one note.

    >>> parse_note("trials:HPT=2")
    Note(code='trials', detail='HPT', value='2')
    """
    code, _, about = text.partition(":")
    detail, _, value = about.partition("=")
    return Note(code, detail, value)


def parse_notes(text: str) -> list[Note]:
    """The notes of one row, as `notes` has them.

    >>> [note.code for note in parse_notes("no_age;at_limit:CPT")], parse_notes("")
    (['no_age', 'at_limit'], [])
    """
    return [parse_note(note) for note in split_list(text)]


def has_note(text: str, code: str, detail: str | None = None) -> bool:
    """Whether a row's notes hold one of this code, and of this detail where one is given.

    >>> has_note("trials_at_limit:CPT=1", "at_limit", "CPT"), has_note("no_age;at_limit:CPT", "at_limit")
    (False, True)
    """
    return any(note.code == code and detail in (None, note.detail) for note in parse_notes(text))


def have_note(notes: "pd.Series[str]", code: str, detail: str | None = None) -> Bools:
    """`has_note` for each row of a column; each different text is parsed once."""
    codes, texts = _number_texts(notes)
    found = [has_note(text, code, detail) for text in texts]
    return np.array([*found, False], dtype=bool)[codes]


def have_notes(notes: "pd.Series[str]", code: str, details: Sequence[str]) -> Bools:
    """Which rows have a note of this code about each of some details; shape (rows, details)."""
    codes, texts = _number_texts(notes)
    found = np.zeros((len(texts) + 1, len(details)), dtype=bool)
    for row, text in enumerate(texts):
        about = {note.detail for note in parse_notes(text) if note.code == code}
        found[row] = [detail in about for detail in details]
    return np.asarray(found[codes])


def list_notes(notes: "pd.Series[str]", code: str) -> list[Note]:
    """The different notes of this code in a column, in alphabetical order."""
    return sorted({note for text in _number_texts(notes)[1] for note in parse_notes(text) if note.code == code})


def count_notes(notes: "pd.Series[str]") -> Iterator[tuple[list[Note], int]]:
    """The notes of each different text of a column, and how many rows have it."""
    for text, count in notes.value_counts().items():
        yield parse_notes(str(text)), int(count)


def _number_texts(notes: "pd.Series[str]") -> tuple[Ints, list[str]]:
    """Number of each row's text, −1 where it is missing, and the different texts."""
    codes, texts = number_keys(notes.to_numpy(dtype=object, na_value=np.nan))
    return codes, [str(text) for text in texts]


def format_status_note(mechanism: str, status: str) -> str:
    """The note that an answer gives a mechanism a status."""
    return format_note("by_symptom", mechanism, status.replace(" ", "_"))


def read_status(note: Note) -> str:
    """The status in a note of `format_status_note`.

    >>> read_status(parse_note(format_status_note("sympathetic_coupling", "not supported")))
    'not supported'
    """
    return note.value.replace("_", " ")


def name_in_notes(name: str) -> str:
    """A file's or set's name as a note can hold it: without blanks and the characters that separate notes.

    >>> name_in_notes("our criteria; 2024")
    'our_criteria_2024'
    """
    return re.sub(r"[;:\s]+", "_", name)


def read_baseline(notes: "pd.Series[str]") -> Floats:
    """Temperature (°C) from which detection was measured in each row."""
    codes, texts = _number_texts(notes)
    return np.array([*(_find_baseline(text) for text in texts), BASELINE])[codes]


def _find_baseline(text: str) -> float:
    for note in parse_notes(text):
        if note.code == "baseline" and (number := re.match(r"[\d.]+", note.detail)):
            return float(number[0])
    return BASELINE


def keep_notes_before_scoring(text: str) -> str | None:
    """The part of a row's notes that scoring does not form; None where the text is not made of notes."""
    notes = split_list(text)
    if not all(parse_note(note).code in NOTES for note in notes):
        return None
    return join_list(note for note in notes if parse_note(note).code in NOTES_BEFORE_SCORING)
