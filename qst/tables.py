"""The tables that pass between the stages, the notes on their rows, and `Problem`.

trials : one row a stimulus or determination, columns `TRIAL_COLUMNS`.
assessments : one row a tested area, columns `ASSESSMENT_COLUMNS`.
scored : assessments with z-scores, findings and patterns, columns `SCORED_COLUMNS`.

Columns of a user's file that are none of ours follow after ours, untouched. Missing numbers and missing findings are
NaN; the columns of `LISTS` are empty text where there is nothing to list.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.protocol import CODES, Z_CODES

IDENTITY = ("subject", "visit", "age", "sex", "site", "side", "area")
SOURCE = ("source_file", "source_row")
TRIAL_COLUMNS = (*IDENTITY, "parameter", "series", "stimulus", "value", *SOURCE)
ASSESSMENT_COLUMNS = (*IDENTITY, *CODES)
KEY = ("subject", "visit", "site", "side", "area")
"""What tells one assessment from another."""

SEXES = ("female", "male")
OLDEST = 120.0
"""Age (years) above which a number is no age."""
SIDES = ("left", "right")
AREAS = ("test", "control")

Z_COLUMNS = tuple(f"{code}_z" for code in Z_CODES)
FINDING_COLUMNS = tuple(f"{code}_finding" for code in CODES)
COUNTS = ("n_scored", "n_gain", "n_loss")

HEALTHY = "healthy"
PHENOTYPES = ("sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia")
"""Sensory phenotypes of Baron et al. 2017, Pain 158:261; `healthy` stands beside them."""
PHENOTYPE_COLUMNS = tuple(f"phenotype_{name}" for name in (*PHENOTYPES, HEALTHY))
CRITERIA = ("irritable_nociceptor", "small_fibre", "large_fibre")

MECHANISMS = (
    "deafferentation_small_fibre",
    "deafferentation_large_fibre",
    "peripheral_sensitisation",
    "irritable_nociceptor",
    "cold_sensitisation",
    "cold_disinhibition",
    "central_sensitisation_pinprick",
    "central_sensitisation_touch",
    "temporal_summation",
    "deep_tissue_sensitisation",
)
"""Mechanisms QST can speak about; every scored table has them. What is known of them: `reference_values/mechanisms`."""
MECHANISM_PREFIX = "mechanism_"
MECHANISM_COLUMNS = tuple(MECHANISM_PREFIX + name for name in MECHANISMS)

NUMBERS = ("age", *CODES, *Z_COLUMNS, "expected_by_chance", "p_profile", *PHENOTYPE_COLUMNS, *MECHANISM_COLUMNS)
"""Columns of numbers with fractions; all columns but these and the counts are text."""

RESULT_COLUMNS = (
    *Z_COLUMNS,
    *FINDING_COLUMNS,
    *COUNTS,
    "expected_by_chance",
    "p_profile",
    "not_findable",
    "loga",
    "phenotype",
    *PHENOTYPE_COLUMNS,
    *CRITERIA,
    "mechanisms",
    *MECHANISM_COLUMNS,
    "reference_set",
    "notes",
    "phenotypes_all",
)
NPSI_COLUMNS = (
    "npsi_total",
    "npsi_burning",
    "npsi_pressing",
    "npsi_paroxysmal",
    "npsi_evoked",
    "npsi_paraesthesia",
)
"""Scores of the Neuropathic Pain Symptom Inventory; after the results, where a file has the items."""
LISTS = ("not_findable", "mechanisms", "notes", "phenotypes_all")
"""Columns of names with `;` between; empty text where there is nothing to list."""
SCORED_COLUMNS = (*ASSESSMENT_COLUMNS, *RESULT_COLUMNS)

FEW_KEYS = 1000
"""Texts up to which a dictionary numbers them sooner than pandas does."""

DISCLAIMER = "Research use; QST alone is no diagnosis."
"""Stands wherever a person reads a result."""

GAIN, LOSS, NORMAL, LIMIT = "gain", "loss", "normal", "limit"
YES, NO = "yes", "no"

NOTES: dict[str, str] = {
    "no_age": "no age, so no norm: no z-score",
    "age_impossible": "the age is not one in years (0 to 120): no z-score",
    "no_sex": "no sex, so no norm: no z-score",
    "no_site": "no site, so no norm: no z-score",
    "unknown_sex": "sex is neither female nor male: no z-score",
    "no_norm_for_site": "the reference set has nothing for this site: no z-score",
    "no_norm": "the reference set has no value for this parameter in this stratum",
    "norm_doubtful": "the reference value is marked doubtful and is not used to judge",
    "norm_without_spread": "the reference value has an SD of 0: no z-score",
    "age_below_norms": "younger than the youngest norm: no z-score",
    "age_above_norms": "older than the ages the norm stands on; its open top stratum was used if it has one",
    "site_as": "the norm of another site was used, as asked for; there is none for this site",
    "at_limit": "the value lies at the insensitive end of the device: the true threshold may be further out",
    "trials_at_limit": "some trials, not all, reached the end of the device: the mean understates the loss",
    "not_positive": "0 or less, which has no logarithm: no z-score",
    "out_of_range": "not a value this parameter can take: no z-score",
    "wur_undefined": "all single stimuli were rated 0, so there is no wind-up ratio",
    "rating_offset_added": "the file holds plain mean ratings (0 occurs); 0.1 was added before the logarithm",
    "trials": "fewer or more trials than the protocol has; the number follows",
    "converted": "the file has another unit than ours; parameter, unit and factor follow",
    "baseline": "thermal thresholds were measured from another baseline than 32 °C; the norms are for 32 °C",
    "yes_no_trials": "thresholds fitted to yes/no trials, without reaction time; the norms are of the method of limits",
    "threshold_beyond": "not felt even at the device's end, which stands for the threshold of the yes/no trials",
    "no_threshold": "the yes/no trials of this parameter support no threshold; the reason follows",
    "loga_without": "the LoGa code was formed without these parameters",
    "phenotypes": "the prototypes the sensory phenotypes were judged by; 'ours' are built from the published words",
    "criteria": "criteria from another file than the published ones were asked for",
    "mechanisms": "entries from another file or folder were added to the mechanisms; its name follows",
    "by_symptom": "status of a mechanism by the symptoms in the file, as the tests cannot tell it",
    "npsi_unusable": "an answer of the NPSI is not a number from 0 to 10, so scores that need it are missing",
    "answer_unusable": "an answer to a symptom says neither yes nor no and was not used",
    "cut_off": "another cut-off than 1.96 was asked for",
    "dma_threshold": "another threshold for DMA than 0 was asked for",
    "device_limit": "the device's end was given for this parameter",
    "duplicate_assessment": "another row has the same subject, visit, site, side and area",
}
"""Each note a scored row can carry, and what it means. A parameter or detail may follow after a colon."""

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
"""Notes that loading and deriving set; all others are formed anew whenever a table is scored."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the input that a person should see.

    Attributes
    ----------
    severity : {"error", "warning"}
        Error: a value or row could not be used. Warning: it was used, and may not be what it seems.
    code : str
        Kind of problem, for counting.
    file : str or None
        File as the user named it.
    row : int or None
        Row as a spreadsheet counts; the header is row 1.
    column : str or None
        Header of the column as the file has it.
    value : str or None
        The offending text.
    message : str
        What is wrong, what was expected and what to do.
    """

    severity: Literal["error", "warning"]
    code: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row) if part is not None)
        column = f"column {' '.join(self.column.split())}" if self.column is not None else ""
        where = ": ".join(part for part in (place, column) if part)
        return f"{where}: {self.message} (code: {self.code})" if where else f"{self.message} (code: {self.code})"

    def as_dict(self) -> dict[str, Any]:
        """The problem as a dictionary, for JSON or a data frame."""
        return asdict(self)


PROBLEM_COLUMNS = ("severity", "code", "file", "row", "column", "value", "message")
PROBLEMS_ENDING = ".problems.csv"
"""What a list of problems beside a table is called."""

Report = Callable[[Problem], None]
"""Where a stage puts the problems it finds."""


def cut_text(text: str, length: int = 40) -> str:
    """A cell's text, short and printable."""
    text = text if len(text) <= length else text[:length] + "…"
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def shorten(text: str, length: int = 40) -> str:
    """A cell's text for a message: short, printable and in quotes."""
    return f"'{cut_text(text, length)}'"


def is_scored(columns: Collection[object]) -> bool:
    """Whether a table with these columns was scored: its results can be formed anew."""
    return set(SCORED_COLUMNS) <= set(columns)


def result_columns(added_mechanisms: Sequence[str] = ()) -> list[str]:
    """`RESULT_COLUMNS`, with a column after the shipped mechanisms for each that a user added."""
    place = RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1
    added = [MECHANISM_PREFIX + name for name in added_mechanisms]
    return [*RESULT_COLUMNS[:place], *added, *RESULT_COLUMNS[place:]]


def find_added_mechanisms(columns: Sequence[str]) -> list[str]:
    """Columns of mechanisms that a user added to a scored table: those between the shipped ones and what follows.

    By place and not by name alone, as a laboratory may have a column `mechanism_of_injury` of its own.
    """
    names = list(columns)
    following = RESULT_COLUMNS[RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1]
    if not is_scored(names):
        return []
    between = names[names.index(MECHANISM_COLUMNS[-1]) + 1 : names.index(following)]
    return [name for name in between if name.startswith(MECHANISM_PREFIX)]


def free_name(name: str, taken: Collection[str]) -> str:
    """A name for a column of the user's that no other column has: `_input` is added until it is free."""
    while name in taken:
        name += "_input"
    return name


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
