"""The notes on scored rows: what each means, and how they are written and read."""

import re

import numpy as np
import pandas as pd

from qst.arrays import Floats
from qst.protocol import BASELINE

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


def read_baseline(notes: "pd.Series[str]") -> Floats:
    """Temperature (°C) from which each row's detection was measured."""
    codes, texts = pd.factorize(notes.to_numpy(dtype=object))
    found = [re.search(r"(?:^|;)baseline:([\d.]+)", str(text)) for text in texts]
    return np.array([*(float(match[1]) if match else BASELINE for match in found), BASELINE])[codes]


def keep_notes_before_scoring(text: str) -> str | None:
    """The part of a row's notes that scoring does not form; None where the text is not made of notes."""
    items = [item for item in text.split(";") if item]
    if not all(item.partition(":")[0] in NOTES for item in items):
        return None
    return ";".join(item for item in items if item.partition(":")[0] in NOTES_BEFORE_SCORING)
