"""Single trials of simulated participants: on the record sheet, on the entry form, and yes/no trials.

Their values are drawn as in `example_assessments`. The spread between trials is ours: plausible, but not estimated from
data.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from example_assessments import (
    HEALTHY,
    MECHANICAL_HYPERALGESIA,
    RANGES,
    SENSORY_LOSS,
    Floats,
    draw_assessments,
    format_number,
)
from scipy import special

from qst.entry_form.writing import fill_form, make_form, save_form
from qst.norms.reference_sets import ReferenceSet
from qst.protocol import BASELINE, LIGHT_TOUCH, RATING_OFFSET, RECORD_ORDER, THERMODE_RANGE
from qst.protocol import PINPRICKS as PINPRICK_FORCES
from qst.tables import AREAS, IDENTITY

TRIAL_PEOPLE = pd.DataFrame(
    {
        "subject": ["S01", "S02", "S03"],
        "visit": 1,
        "age": [34.0, 57.0, 52.0],
        "sex": ["male", "female", "female"],
        "site": ["hand", "foot", "hand"],
        "side": ["right", "left", "left"],
        "diagnosis_label": [HEALTHY, SENSORY_LOSS, MECHANICAL_HYPERALGESIA],
    }
)
# Distance from baseline in °C: the intensities of each condition and the width of the psychometric function.
YES_NO_LEVELS = {
    1: (np.array([0.4, 0.8, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0]), 2.0),
    2: (np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0]), 4.0),
    3: (np.array([4.0, 8.0, 11.0, 14.0, 17.0, 20.0, 23.0, 26.0, 28.0, 29.8]), 8.0),
    4: (np.array([8.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.5, 19.8]), 3.0),
}
YES_NO_PEOPLE = pd.DataFrame(
    {
        "subject": ["Y1", "Y2", "Y3", "Y4"],
        "age": [28, 46, 67, 71],
        "sex": ["female", "male", "male", "female"],
        "site": "foot",
        "side": "right",
    }
)
YES_NO_THRESHOLDS = {
    "Y1": (1.4, 4.0, 16.0, 13.5),
    "Y2": (1.8, 5.0, 19.0, 15.0),
    "Y3": (5.0, 9.5, 35.0, 17.0),
    "Y4": (4.0, 6.0, 21.0, 15.5),
}
NEVER_FELT, REVERSED = ("Y3", 3), ("Y4", 2)
MISTAKES = 0.02
PRACTICE_TRIALS = {("S01", "test", "HPT"): 38.5, ("S02", "control", "WDT"): 7.4, ("S03", "test", "PPT"): 240.0}
INCOMPLETE = {("S02", "test", "VDT"): 2}
SINGLE_PINPRICK_RATING = {HEALTHY: 9.0, SENSORY_LOSS: 5.0, MECHANICAL_HYPERALGESIA: 14.0}
PINPRICKS = np.array(PINPRICK_FORCES, dtype=float)
VON_FREY_HAIRS = 0.25 * 2.0 ** np.arange(12)

ON_THE_FORM = "S03"
FORM_HEAD = {
    "date": date(2026, 3, 5),
    "examiner": "synthetic",
    "device": "synthetic",
    "remarks": "synthetic: an invented person, measured by nobody",
}


# The record sheet


def make_trials(reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Make the record sheets of `TRIAL_PEOPLE`, one row per trial."""
    assessments = draw_assessments(TRIAL_PEOPLE, reference, rng)
    sheets = []
    for _, assessment in assessments.iterrows():
        for code in RECORD_ORDER:
            trials = draw_trials(code, assessment, rng)
            key = (assessment["subject"], assessment["area"], code)
            if key in INCOMPLETE:
                trials = trials.head(INCOMPLETE[key])
            if key in PRACTICE_TRIALS:
                trials = put_practice_first(trials, PRACTICE_TRIALS[key])
            identity = {column: assessment[column] for column in IDENTITY}
            sheets.append(pd.DataFrame({**identity, "parameter": code}, index=trials.index).join(trials))
    table = pd.concat(sheets, ignore_index=True)
    table["age"] = [format_number(age, 1) for age in table["age"]]
    table["value"] = [f"{value + 0.0:g}" for value in table["value"]]
    return table


def draw_trials(code: str, assessment: "pd.Series[Any]", rng: np.random.Generator) -> pd.DataFrame:
    """Draw the trials of one parameter so that their summary is close to the assessment's value."""
    value = float(assessment[code])
    low, high = RANGES[code]
    match code:
        case "CDT":
            return tabulate(-np.round(np.clip(value * draw_factors(0.12, 3, rng), low, high), 1))
        case "WDT":
            return tabulate(np.round(np.clip(value * draw_factors(0.12, 3, rng), low, high), 1))
        case "TSL":
            return draw_limen(value, rng)
        case "PHS":
            return tabulate(np.where(rng.permutation(3) < value, 1.0, 0.0), "cold")
        case "CPT":
            return tabulate(np.round(np.clip(value + rng.normal(0, 1.2, 3), low, high), 1))
        case "HPT":
            return tabulate(np.round(np.clip(value + rng.normal(0, 0.5, 3), low, high), 1))
        case "MDT":
            return draw_turning_points(value, VON_FREY_HAIRS, rng)
        case "MPT":
            return draw_turning_points(value, PINPRICKS, rng)
        case "MPS":
            return draw_pinprick_ratings(value, rng)
        case "DMA":
            return draw_touch_ratings(value, rng)
        case "WUR":
            label = assessment["diagnosis_label"] if assessment["area"] == "test" else HEALTHY
            return draw_wind_up(value, SINGLE_PINPRICK_RATING[label], rng)
        case "VDT":
            return tabulate(np.clip(np.round(2 * (value + rng.normal(0, 0.25, 3))) / 2, low, high))
        case "PPT":
            return tabulate(np.round(np.clip(value * draw_factors(0.06, 3, rng), low, high)))
    raise ValueError(f"no trials are defined for {code}")


def draw_factors(spread: float, number: int, rng: np.random.Generator) -> Floats:
    """Draw factors around 1; `spread` is their SD on the log scale."""
    return np.exp(rng.normal(0, spread, number))


def tabulate(values: Floats, stimuli: str | npt.ArrayLike = "", series: npt.ArrayLike | None = None) -> pd.DataFrame:
    """Put trials in a table; without a series they are numbered."""
    number = np.arange(1, len(values) + 1) if series is None else series
    return pd.DataFrame({"series": number, "stimulus": stimuli, "value": values, "keep": 1})


def put_practice_first(trials: pd.DataFrame, value: float) -> pd.DataFrame:
    """Put a practice trial that does not count before the trials: series 0, keep 0."""
    practice = trials.head(1).assign(series=0, value=value, keep=0)
    return pd.concat([practice, trials], ignore_index=True)


def draw_limen(limen: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw TSL: three pairs of alternating ramps, with the temperatures at which warm and cold were felt."""
    half = np.round(limen / 2 * draw_factors(0.1, 6, rng), 1)
    direction = np.tile([1.0, -1.0], 3)
    temperature = np.clip(BASELINE + direction * half, *THERMODE_RANGE)
    return tabulate(temperature, np.tile(["warm", "cold"], 3), np.repeat(np.arange(1, 4), 2))


def draw_turning_points(threshold: float, forces: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Draw MDT or MPT: five times the first force felt going up and the first force not felt going down."""
    doublings = np.log2(threshold / forces[0]) + rng.normal(0, 0.4, 10)
    up = np.tile([True, False], 5)
    step = np.where(up, np.floor(doublings) + 1, np.ceil(doublings) - 1)
    place = np.clip(step, 0, len(forces) - 1).astype(np.int64)
    return tabulate(forces[place], np.where(up, "up", "down"), np.repeat(np.arange(1, 6), 2))


def draw_pinprick_ratings(mean_rating: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw MPS: five runs of the seven pinpricks, each in its own random order; heavier ones hurt more."""
    force = rng.permuted(np.tile(PINPRICKS, (5, 1)), axis=1).ravel()
    ratings = draw_ratings(mean_rating, 0.3 * np.log2(force), rng)
    return tabulate(ratings, [f"{f:g}" for f in force], np.repeat(np.arange(1, 6), len(PINPRICKS)))


def draw_touch_ratings(mean_rating: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw DMA: five runs of the three light touches, each in its own random order; the brush hurts most."""
    touch = rng.permuted(np.tile(np.arange(len(LIGHT_TOUCH)), (5, 1)), axis=1).ravel()
    ratings = draw_ratings(mean_rating, 0.2 * touch, rng)
    return tabulate(ratings, np.array(LIGHT_TOUCH)[touch], np.repeat(np.arange(1, 6), len(LIGHT_TOUCH)))


def draw_ratings(mean_rating: float, log_strength: Floats, rng: np.random.Generator) -> Floats:
    """Draw whole ratings 0-100 that rise with the stimulus; geometric mean of rating + 0.1 near `mean_rating`."""
    log_strength = log_strength + rng.normal(0, 0.2, len(log_strength))
    levels = np.linspace(-5, 3, 801)[:, np.newaxis]
    candidates = np.clip(np.round(10 ** (levels + log_strength) - RATING_OFFSET), 0, 100)
    distance = np.abs(np.log10(candidates + RATING_OFFSET).mean(axis=1) - np.log10(mean_rating))
    return np.asarray(candidates[distance.argmin()])


def draw_wind_up(ratio: float, single_rating: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw WUR: five times one pinprick and then a train of ten, each rated 0-100."""
    is_train = np.tile([False, True], 5)
    expected = np.where(is_train, ratio * single_rating, single_rating)
    ratings = np.clip(np.round(expected * draw_factors(0.15, 10, rng)), 0, 100)
    return tabulate(ratings, np.where(is_train, "train", "single"), np.repeat(np.arange(1, 6), 2))


# The same trials on the entry form


def write_form_of(trials: pd.DataFrame, path: Path) -> None:
    """Write the trials of one participant on the entry form, without practice trials, for which it has no cells."""
    book = make_form("en")
    counted = trials[trials["keep"] == 1]
    for area in AREAS:
        rows = counted[counted["area"] == area].to_dict("records")
        person = {name: rows[0][name] for name in ("subject", "sex", "site", "side")}
        head = {**person, "visit": str(rows[0]["visit"]), "age": float(rows[0]["age"]), **FORM_HEAD}
        entries = dict(map(convert_to_form_entry, rows))
        fill_form(book, area, "en", head if area == "test" else {"side": rows[0]["side"]}, entries)
    save_form(book, path)


def convert_to_form_entry(trial: dict[Any, Any]) -> tuple[tuple[str, int, str], float | str]:
    """Find the key of a trial's cell on the form, and what is entered there: a temperature, yes or no, a rating."""
    code, value, stimulus = trial["parameter"], float(trial["value"]), trial["stimulus"]
    key = (code, int(trial["series"]), f"{stimulus} mN" if code == "MPS" else stimulus)
    match code:
        case "CDT" | "WDT":
            return key, round(BASELINE + value, 1)
        case "PHS":
            return key, "yes" if value else "no"
    return key, value


# Yes/no trials: constant stimuli at the foot, from a baseline of 30 °C


def make_yes_no_trials(rng: np.random.Generator) -> pd.DataFrame:
    """Draw cold and warm detection (1, 2), cold and heat pain (3, 4): ten intensities, four times each, shuffled."""
    tables = []
    for _, person in YES_NO_PEOPLE.iterrows():
        for condition, (levels, width) in YES_NO_LEVELS.items():
            threshold = YES_NO_THRESHOLDS[person["subject"]][condition - 1]
            intensity = rng.permutation(np.repeat(levels, 4))
            rise = special.ndtr((intensity - threshold) / width * 2 * special.ndtri(0.95))
            felt = rng.random(len(intensity)) < MISTAKES + (1 - 2 * MISTAKES) * rise
            if (person["subject"], condition) == NEVER_FELT:
                felt[:] = False
            if (person["subject"], condition) == REVERSED:
                felt = ~felt
            identity = {name: person[name] for name in YES_NO_PEOPLE}
            trials = {
                "condition": condition,
                "intensity": [f"{x:.1f}" for x in intensity],
                "response": felt.astype(int),
            }
            tables.append(pd.DataFrame(identity | trials))
    return pd.concat(tables, ignore_index=True)
