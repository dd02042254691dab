"""From single trials to the 13 values, by the rules of the DFNS protocol (Rolke et al. 2006, Pain 123:231-243)."""

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats, Ints, Texts, join_texts, label_flags, number_groups, split_list
from qst.errors import OptionError
from qst.notes import format_note
from qst.protocol import BASELINE, CODES, PARAMETERS, RATING_OFFSET, STIMULI, Parameter
from qst.tables import ASSESSMENT_COLUMNS, KEY, SOURCE, TRIAL_COLUMNS

WARM, COLD = STIMULI["TSL"]

SINGLE, TRAIN = STIMULI["WUR"]

_DISCARDED = ("false", "0", "0.0", "no")


def is_trials(frame: pd.DataFrame) -> bool:
    """Whether a table holds single trials: it has the columns `parameter` and `value`, and none for a parameter."""
    return {"parameter", "value"} <= set(frame.columns) and not any(code in frame for code in CODES)


def derive_values(trials: pd.DataFrame) -> pd.DataFrame:
    """Derive the 13 values of each assessment from its trials.

    CDT, WDT, CPT, HPT, VDT and PPT are arithmetic means; TSL is mean warm minus mean cold of the alternating ramps;
    PHS is the number of cold ramps felt as hot; MDT and MPT are geometric means of the turning points; MPS and DMA are
    geometric means of rating + 0.1; WUR is the mean rating of the trains divided by that of the single stimuli.

    Parameters
    ----------
    trials : pandas.DataFrame
        Columns `parameter` (code) and `value`, and any of `subject, visit, age, sex, site, side, area, series,
        stimulus, keep, baseline, notes`. An assessment is one combination of subject, visit, site, side and area.
        `value` is °C from baseline (CDT, WDT), °C (TSL, CPT, HPT), kPa (PPT), mN (MPT, MDT), a rating 0-100 (MPS, DMA,
        WUR), x/8 (VDT), or 0/1 per ramp or a count (PHS). `stimulus` distinguishes warm from cold (TSL) and single
        from train (WUR); TSL rows without a stimulus hold differences. Rows whose `keep` is false, missing values, and
        forces of 0 or less do not count.

    Returns
    -------
    pandas.DataFrame
        Assessments in order of first appearance, with `notes`: another number of trials than the protocol's, a wind-up
        ratio that is undefined because all single stimuli were rated 0, a mean that includes trials at the device's
        end, another baseline, and the notes of the trials. Age and sex are those of the trials, missing where the
        trials disagree. The caller's own columns are kept where they have one value in all trials of each assessment,
        and omitted otherwise.

    Raises
    ------
    OptionError
        The table does not have the columns `parameter` and `value`.

    Examples
    --------
    >>> import pandas as pd
    >>> trials = pd.DataFrame({"subject": "1", "parameter": "CPT", "value": [10.0, 12.0, 14.0]})
    >>> derive_values(trials)[["subject", "CPT"]].values.tolist()
    [['1', 12.0]]
    """
    missing = [column for column in ("parameter", "value") if column not in trials]
    if missing:
        raise OptionError(f"a table of trials needs the columns parameter and value; it lacks {' and '.join(missing)}")
    group = number_groups(trials, KEY)
    n_groups = int(group.max(initial=-1)) + 1
    derived = _carry_constant_columns(trials, group)
    notes = _derive_each(trials, group, derived)
    notes.append(_note_baseline(trials, group, n_groups))
    notes.append(_gather_notes(trials, group, n_groups))
    derived["notes"] = join_texts(notes) if n_groups else np.array([], dtype=object)
    ours = [column for column in ASSESSMENT_COLUMNS if column in derived]
    own = [column for column in derived if column not in ours and column != "notes" and column not in SOURCE]
    return derived[[*ours, *own, *(column for column in SOURCE if column in derived), "notes"]]


def _derive_each(trials: pd.DataFrame, group: Ints, derived: pd.DataFrame) -> list[Texts]:
    """Add the column of each parameter to `derived`, which has one row per group, and return the notes on them."""
    value = pd.to_numeric(trials["value"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    counts = kept_trials(trials) & np.isfinite(value)
    code_of_row = trials["parameter"].to_numpy(dtype=object)
    stimulus = _text(trials, "stimulus")
    notes = []
    for parameter in PARAMETERS:
        rows = counts & (code_of_row == parameter.code)
        if parameter.is_force:
            rows &= value > 0
        part = _Part(group[rows], value[rows], stimulus[rows], len(derived))
        derived[parameter.code] = _summarise(parameter, part)
        notes.append(_note_trial_count(parameter, part))
        notes.append(_note_trials_at_limit(parameter, part))
        if parameter.summary == "ratio":
            undefined = (part.mean(SINGLE) == 0) & ~np.isnan(part.mean(TRAIN))
            notes.append(np.where(undefined, format_note("wur_undefined"), "").astype(object))
    return notes


class _Part:
    """The trials of one parameter, grouped by assessment."""

    def __init__(self, group: Ints, value: Floats, stimulus: Texts, n_groups: int) -> None:
        self.group, self.value, self.stimulus, self.n_groups = group, value, stimulus, n_groups

    def count(self, among: Bools | None = None) -> Ints:
        """Number of trials of each assessment, or of those in `among`."""
        group = self.group if among is None else self.group[among]
        return np.bincount(group, minlength=self.n_groups).astype(np.int64)

    def total(self, value: Floats) -> Floats:
        return np.bincount(self.group, weights=value, minlength=self.n_groups).astype(np.float64)

    def mean(self, stimulus: str | None = None) -> Floats:
        """Mean over all trials, or over those with one stimulus; NaN where there is none."""
        among = np.ones(len(self.value), dtype=bool) if stimulus is None else self.stimulus == stimulus
        return self.average(np.where(among, self.value, 0.0), self.count(among))

    def average(self, value: Floats, count: Ints | None = None) -> Floats:
        count = self.count() if count is None else count
        mean: Floats = np.divide(self.total(value), count, out=np.full(self.n_groups, np.nan), where=count > 0)
        return mean


def _summarise(parameter: Parameter, part: _Part) -> Floats:
    """The value of one parameter for each assessment."""
    match parameter.summary:
        case "mean":
            return part.mean()
        case "distance":
            return np.abs(part.mean())
        case "ramp difference":
            differences = part.count(part.stimulus != "") == 0
            return np.where(differences, np.abs(part.mean()), part.mean(WARM) - part.mean(COLD))
        case "count":
            return np.where(part.count() > 0, part.total(part.value), np.nan)
        case "geometric mean":
            return np.asarray(10 ** part.average(np.log10(part.value)))
        case "rating geometric mean":
            # Ratings below 0 cannot occur; max() keeps their logarithm defined.
            return np.asarray(10 ** part.average(np.log10(np.maximum(part.value, 0) + RATING_OFFSET)))
        case "ratio":
            single, train = part.mean(SINGLE), part.mean(TRAIN)
            ratio: Floats = np.divide(train, single, out=np.full(part.n_groups, np.nan), where=single > 0)
            return ratio


def _note_trial_count(parameter: Parameter, part: _Part) -> Texts:
    expected = np.full(part.n_groups, parameter.trials)
    if parameter.summary == "ramp difference":
        alternating = part.count((part.stimulus == WARM) | (part.stimulus == COLD)) > 0
        expected = np.where(alternating, expected, expected // 2)
    count = part.count()
    return _label_counts("trials", parameter.code, count, (count > 0) & (count != expected))


def _note_trials_at_limit(parameter: Parameter, part: _Part) -> Texts:
    end = parameter.insensitive_end
    if end is None or parameter.summary not in ("mean", "distance", "geometric mean"):
        return np.full(part.n_groups, "", dtype=object)
    value = np.abs(part.value) if parameter.is_distance else part.value
    beyond = part.count(value <= end if parameter.gain_sign > 0 else value >= end)
    return _label_counts("trials_at_limit", parameter.code, beyond, (beyond > 0) & (beyond < part.count()))


def _label_counts(note: str, code: str, count: Ints, where: Bools) -> Texts:
    numbers = range(int(count.max(initial=0)) + 1)
    labels = np.array([*(format_note(note, code, str(number)) for number in numbers), ""], dtype=object)
    return labels[np.where(where, count, len(labels) - 1)]


def kept_trials(trials: pd.DataFrame) -> Bools:
    """Rows that were not discarded: `keep` is true, 1, or not given."""
    if "keep" not in trials:
        return np.ones(len(trials), dtype=bool)
    codes, words = pd.factorize(trials["keep"])
    kept = [str(word).strip().lower() not in _DISCARDED for word in words]
    return np.array([*kept, True], dtype=bool)[codes]


def _text(trials: pd.DataFrame, column: str) -> Texts:
    if column not in trials:
        return np.full(len(trials), "", dtype=object)
    return trials[column].astype(object).fillna("").to_numpy()


def _carry_constant_columns(trials: pd.DataFrame, group: Ints) -> pd.DataFrame:
    """One row per assessment, with the columns that describe the assessment and not a trial.

    Age and sex are missing where the trials disagree.
    """
    per_trial = {*TRIAL_COLUMNS, "keep", "baseline", "notes"} - {*ASSESSMENT_COLUMNS, *SOURCE}
    candidates = [column for column in trials if column not in per_trial]
    first = ~pd.Series(group).duplicated().to_numpy()
    carried = trials.loc[first, candidates].reset_index(drop=True)
    for column in candidates:
        values = pd.Series(trials[column].to_numpy()).groupby(group)
        if column in ("age", "sex"):
            carried[column] = values.first().where(values.nunique() == 1)
        elif column not in ASSESSMENT_COLUMNS and column not in SOURCE and (values.nunique(dropna=False) > 1).any():
            carried = carried.drop(columns=column)
    return carried


def _note_baseline(trials: pd.DataFrame, group: Ints, n_groups: int) -> Texts:
    """The note on assessments whose thermal detection was measured from another baseline than 32 °C."""
    notes = np.full(n_groups, "", dtype=object)
    if "baseline" not in trials:
        return notes
    baseline = pd.to_numeric(trials["baseline"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    other = trials["parameter"].isin(["CDT", "WDT"]).to_numpy() & np.isfinite(baseline) & (baseline != BASELINE)
    notes[group[other]] = [format_note("baseline", f"{value:g}") for value in baseline[other]]
    return notes


def _gather_notes(trials: pd.DataFrame, group: Ints, n_groups: int) -> Texts:
    """The notes of each assessment's trials."""
    if "notes" not in trials:
        return np.full(n_groups, "", dtype=object)
    codes, texts = pd.factorize(trials["notes"])
    flags: dict[str, Bools] = {}
    for number, text in enumerate(texts):
        for note in split_list(str(text)):
            flags.setdefault(note, np.zeros(n_groups, dtype=bool))[group[codes == number]] = True
    return label_flags(flags, n_groups)
