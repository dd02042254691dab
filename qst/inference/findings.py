"""z-scores to gain and loss of function, what chance alone would show, and the LoGa pattern."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats, Ints, label_flags, take_texts
from qst.norms.reference_sets import ReferenceSet
from qst.norms.zscores import transform
from qst.notes import format_note
from qst.protocol import CODES, CUT_OFF, PARAMETERS, RATING_OFFSET, Z_CODES
from qst.tables import GAIN, LIMIT, LOSS, NORMAL

PHS_BOUND = 1.96
"""PHS is abnormal above the norm's mean + this many SD. Ours: no cut-off for single people is published."""

DMA_THRESHOLD = 0.0
"""Rating (0-100) above which light touch counts as painful: any pain at all, as healthy skin shows none."""

LOGA_GROUPS: dict[str, tuple[str, ...]] = {
    "thermal_loss": ("CDT", "WDT"),
    "mechanical_loss": ("MDT", "VDT"),
    "thermal_gain": ("CPT", "HPT"),
    "mechanical_gain": ("PPT", "MPT", "MPS", "WUR", "DMA"),
}
"""Parameters of each part of the LoGa code (after Maier et al. 2010, Pain 150:439-450; lists as commonly used)."""

LOGA_PARTS = {"thermal_loss": "L1", "mechanical_loss": "L2", "thermal_gain": "G1", "mechanical_gain": "G2"}
"""The part of the code that each group of `LOGA_GROUPS` sets; L1 and L2 together are L3, G1 and G2 are G3."""

_NONE, _NORMAL, _GAIN, _LOSS, _LIMIT = range(5)

_FINDINGS = np.array([np.nan, NORMAL, GAIN, LOSS, LIMIT], dtype=object)

FINDING_NUMBERS = {NORMAL: _NORMAL, GAIN: _GAIN, LOSS: _LOSS, LIMIT: _LIMIT}
"""Number of each finding in `Patterns.numbers`; 0 stands for none."""

_LOGA = np.array([f"L{loss}G{gain}" for loss in range(4) for gain in range(4)] + [np.nan], dtype=object)


@dataclass(frozen=True, eq=False)
class DetectableRange:
    """What the device's range lets one find in each stratum. Arrays have the shape (strata + 1, 13)."""

    insensitive_end: dict[str, float]
    loss: Bools
    gain: Bools
    not_findable: npt.NDArray[np.object_]
    phs_bound: Floats


@dataclass(frozen=True, eq=False)
class Patterns:
    """Findings and their summary; one entry an assessment."""

    findings: dict[str, pd.api.extensions.ExtensionArray]
    numbers: dict[str, npt.NDArray[np.int8]]
    censored: dict[str, npt.NDArray[np.int8]]
    counts: dict[str, npt.NDArray[np.floating] | Ints]
    loga: pd.api.extensions.ExtensionArray
    flags: dict[str, Bools]


def find_detectable_range(
    reference: ReferenceSet, cut_off: float = CUT_OFF, device_limits: Mapping[str, float] | None = None
) -> DetectableRange:
    """Work out which findings the device's range makes impossible in each stratum.

    A loss cannot be found where even the insensitive end of the device (CPT 0 °C, HPT 50 °C, MPT and MDT 512 mN, PPT
    1000 kPa, all pinpricks rated 0, …) does not pass the cut-off; a gain, where the sensitive end (VDT 8/8, MDT
    0.25 mN, MPT 8 mN) does not.

    Parameters
    ----------
    reference : ReferenceSet
    cut_off : float
    device_limits : mapping of str to float, optional
        Insensitive ends that differ from the protocol's, for example ``{"PPT": 2000}``.
    """
    usable = reference.usable()
    ends = {p.code: p.insensitive_end for p in PARAMETERS if p.insensitive_end is not None}
    ends.update(device_limits or {})
    loss, gain = np.zeros(usable.shape, dtype=bool), np.zeros(usable.shape, dtype=bool)
    impossible: dict[str, Bools] = {}
    for column, parameter in enumerate(PARAMETERS):
        if not parameter.has_z:
            continue
        code, judged = parameter.code, usable[:, column]
        loss[:, column] = gain[:, column] = judged
        mean, sd = reference.mean[:, column], reference.sd[:, column]
        if code in ends:
            loss[:, column] &= _z_of_end(code, ends[code], mean, sd, judged) < -cut_off
        if parameter.sensitive_end is not None:
            gain[:, column] &= _z_of_end(code, parameter.sensitive_end, mean, sd, judged) > cut_off
        impossible[f"{code}_loss"] = judged & ~loss[:, column]
        impossible[f"{code}_gain"] = judged & ~gain[:, column]
    phs = CODES.index("PHS")
    bound = reference.mean[:, phs] + PHS_BOUND * reference.sd[:, phs]
    bound = np.where(reference.doubtful[:, phs], np.nan, bound)
    return DetectableRange(ends, loss, gain, label_flags(impossible, len(usable)), bound)


def _z_of_end(code: str, end: float, mean: Floats, sd: Floats, judged: Bools) -> Floats:
    """z of a device's end in every stratum; NaN, which passes no cut-off, where there is no norm."""
    parameter = PARAMETERS[CODES.index(code)]
    if parameter.scale == "log10" and end <= 0:
        return np.full(len(mean), -np.inf * parameter.gain_sign)
    z = np.full(len(mean), np.nan)
    transformed = transform(code, np.array([end]))[0]
    z[judged] = parameter.gain_sign * (transformed - mean[judged]) / sd[judged]
    return z


def find_patterns(
    values: Mapping[str, Floats],
    z_scores: Mapping[str, Floats],
    stratum: Ints,
    reach: DetectableRange,
    *,
    cut_off: float = CUT_OFF,
    dma_threshold: float = DMA_THRESHOLD,
) -> Patterns:
    """Judge each value, count the findings beside what chance would show, and form the LoGa code.

    Parameters
    ----------
    values, z_scores : mapping of str to float array, shape (n,)
        As `prepare_values` and `compute_z_scores` give them.
    stratum : int array, shape (n,)
    reach : Reach
        As `find_detectable_range` gives it for the same reference set and cut-off.
    cut_off : float
        z strictly beyond it is gain (+) or loss (−).
    dma_threshold : float
        DMA is a gain where the geometric mean of the ratings lies above it (rating 0-100).

    Returns
    -------
    Patterns
        `findings` : gain, loss, normal, limit, or NaN without value or norm. PHS is a loss above the norm's mean +
        1.96 SD, DMA a gain above its threshold; both otherwise normal.
        `censored` : for the 11 with a z-score, −1 where the value lies at the insensitive end of the device, +1 at the
        sensitive end: all that is known is that the threshold lies there or beyond.
        `numbers` : the same as `FINDING_NUMBERS`, for the stages that go on from them.
        `counts` : `n_scored`, `n_gain` and `n_loss` over all 13 findings. `expected_by_chance` is how many abnormal
        z-scores healthy variation alone would show: for each z-score the tail beyond the cut-off, times the tails that
        can be found. `p_profile` is the probability that a healthy person shows at least as many abnormal z-scores
        (independent tests); NaN without any. PHS and DMA enter neither, since they have no z and healthy skin hardly
        ever shows them.
        `loga` : `L0G0` … `L3G3`, NaN where a group of tests is too incomplete. A sign is present where any test of its
        group shows it, and absent where none does and at least half of the group was judged (ours).
        `flags` : notes by code.
    """
    length = len(stratum)
    codes: dict[str, npt.NDArray[np.int8]] = {}
    censored: dict[str, npt.NDArray[np.int8]] = {}
    flags: dict[str, Bools] = {}
    tail = float(special.ndtr(-cut_off))
    two_tails, one_tail = np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64)
    for column, parameter in enumerate(PARAMETERS):
        code = parameter.code
        if not parameter.has_z:
            continue
        z = z_scores[code]
        scored = ~np.isnan(z)
        finding = np.where(scored, _NORMAL, _NONE).astype(np.int8)
        at_limit = np.zeros(length, dtype=bool)
        if code in reach.insensitive_end:
            past = parameter.gain_sign * (reach.insensitive_end[code] - values[code])
            at_limit = (past >= -1e-9) & (past <= parameter.overshoot)
            flags[format_note("at_limit", code)] = at_limit
        censored[code] = -at_limit.astype(np.int8)
        if parameter.sensitive_end is not None:
            censored[code] += parameter.gain_sign * (values[code] - parameter.sensitive_end) >= -1e-9
        finding[z > cut_off] = _GAIN
        finding[z < -cut_off] = _LOSS
        finding[scored & at_limit & ~reach.loss[stratum, column]] = _LIMIT
        codes[code] = finding
        tails = (reach.loss[:, column].astype(np.int64) + reach.gain[:, column])[stratum] * scored
        two_tails += tails == 2
        one_tail += tails == 1
    codes["PHS"] = _judge_phs(values["PHS"], reach.phs_bound[stratum])
    codes["DMA"] = _judge_dma(values["DMA"], dma_threshold)

    n_gain = np.sum([codes[code] == _GAIN for code in CODES], axis=0)
    n_loss = np.sum([codes[code] == _LOSS for code in CODES], axis=0)
    abnormal_z = np.sum([(codes[code] == _GAIN) | (codes[code] == _LOSS) for code in Z_CODES], axis=0)
    chance = _chance_table(tail)[two_tails, one_tail, abnormal_z]
    any_z = np.any([codes[code] != _NONE for code in Z_CODES], axis=0)
    counts: dict[str, npt.NDArray[np.floating] | Ints] = {
        "n_scored": np.sum([codes[code] != _NONE for code in CODES], axis=0),
        "n_gain": n_gain,
        "n_loss": n_loss,
        "expected_by_chance": tail * (2.0 * two_tails + one_tail),
        "p_profile": np.where(any_z, chance, np.nan),
    }
    loga, loga_flags = _form_loga(codes)
    findings = {code: take_texts(_FINDINGS, codes[code]) for code in CODES}
    return Patterns(findings, codes, censored, counts, loga, flags | loga_flags)


def _judge_phs(count: Floats, bound: Floats) -> npt.NDArray[np.int8]:
    judged = ~np.isnan(count) & ~np.isnan(bound)
    return np.where(judged, np.where(count > bound, _LOSS, _NORMAL), _NONE).astype(np.int8)


def _judge_dma(rating: Floats, threshold: float) -> npt.NDArray[np.int8]:
    # A geometric mean of fifteen times 0.1 may differ from 0.1 in its last digit.
    painful = rating - RATING_OFFSET > threshold + 1e-9
    return np.where(np.isnan(rating), _NONE, np.where(painful, _GAIN, _NORMAL)).astype(np.int8)


def _spread(tests: int, chance: float) -> Floats:
    """Binomial probabilities of 0 … `tests` abnormal ones (`scipy.stats` takes a second to start)."""
    found = np.arange(tests + 1)
    return np.asarray(special.binom(tests, found) * chance**found * (1 - chance) ** (tests - found))


@lru_cache
def _chance_table(tail: float) -> Floats:
    """P(at least k abnormal of `two` tests with two tails and `one` tests with one). Shape (12, 12, 12)."""
    size = most = len(Z_CODES) + 1
    table = np.zeros((size, size, most))
    for two in range(size):
        for one in range(size):
            # two + one is at most the number of parameters
            probability = np.convolve(_spread(two, 2 * tail), _spread(one, tail))[:most]
            table[two, one, : len(probability)] = probability[::-1].cumsum()[::-1]
    table[:, :, 0] = 1.0
    return table


def _form_loga(codes: Mapping[str, npt.NDArray[np.int8]]) -> tuple[pd.api.extensions.ExtensionArray, dict[str, Bools]]:
    signs, known = {}, {}
    unjudged: dict[str, Bools] = {}
    for group, members in LOGA_GROUPS.items():
        wanted = _LOSS if group.endswith("loss") else _GAIN
        present = np.any([codes[code] == wanted for code in members], axis=0)
        # At the insensitive end there may be a loss that cannot be told; there is certainly no gain.
        missing = {code: codes[code] == _NONE for code in members}
        if wanted == _LOSS:
            missing = {code: missing[code] | (codes[code] == _LIMIT) for code in members}
        unjudged |= missing
        signs[group] = present
        known[group] = present | (2 * np.sum([~m for m in missing.values()], axis=0) >= len(members))
    sayable = np.all(list(known.values()), axis=0)
    loss = signs["thermal_loss"] + 2 * signs["mechanical_loss"].astype(np.int64)
    gain = signs["thermal_gain"] + 2 * signs["mechanical_gain"].astype(np.int64)
    loga = take_texts(_LOGA, np.where(sayable, 4 * loss + gain, len(_LOGA) - 1))
    return loga, {format_note("loga_without", code): sayable & missing for code, missing in unjudged.items()}
