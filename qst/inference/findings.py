"""Gain and loss of function by z-scores, what chance alone would show, and the LoGa pattern."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

from qst.arrays import Bools, Floats, Ints, TextColumn, Texts, label_flags, take_texts
from qst.norms.reference_sets import ReferenceSet
from qst.norms.zscores import transform
from qst.notes import format_note
from qst.protocol import CODES, CUT_OFF, PARAMETERS, RATING_OFFSET, Z_CODES, Parameter
from qst.tables import GAIN, LIMIT, LOSS, NORMAL

PHS_BOUND = 1.96
"""PHS is abnormal above the norm's mean + this many SD. Ours: no cut-off for individuals is published."""

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
"""Number of each finding in `Patterns.numbers`; 0 means no finding."""

FindingNumbers = npt.NDArray[np.int8]
"""Findings of one parameter as numbers."""

_LOGA = np.array([f"L{loss}G{gain}" for loss in range(4) for gain in range(4)] + [np.nan], dtype=object)


@dataclass(frozen=True, eq=False)
class DetectableRange:
    """Which findings the device's range allows in each stratum. Arrays have the shape (strata + 1, 13)."""

    insensitive_end: dict[str, float]
    loss: Bools
    gain: Bools
    not_findable: Texts
    phs_bound: Floats


@dataclass(frozen=True, eq=False)
class Patterns:
    """Findings and their summary; one entry per assessment in every array.

    Attributes
    ----------
    findings : dict of str to text array
        gain, loss, normal, limit, or NaN without a value or a norm. PHS is a loss above the norm's mean + 1.96 SD, DMA
        a gain above its threshold; both are otherwise normal.
    numbers : dict of str to int array
        The same as `FINDING_NUMBERS`, for the stages that use the findings.
    censored : dict of str to int array
        For the 11 parameters with a z-score, −1 where the value is at the insensitive end of the device, +1 at the
        sensitive end: the threshold is there or beyond, and no more is known.
    counts : dict of str to array
        `n_scored`, `n_gain` and `n_loss` over all 13 findings. `expected_by_chance` is the number of abnormal z-scores
        that healthy variation alone would show: for each z-score, the tail beyond the cut-off times the number of tails
        that can be found. `p_profile` is the probability that a healthy person shows at least as many abnormal z-scores
        (independent tests); NaN without any. PHS and DMA enter neither, since they have no z and healthy skin hardly
        ever shows them.
    loga : text array
        `L0G0` … `L3G3`, NaN where a group of tests is too incomplete. A part of the code is set where any test of its
        group shows it, and not set where none does and at least half of the group was judged (ours).
    flags : dict of str to bool array
        Notes by code.
    """

    findings: dict[str, TextColumn]
    numbers: dict[str, FindingNumbers]
    censored: dict[str, FindingNumbers]
    counts: dict[str, Floats | Ints]
    loga: TextColumn
    flags: dict[str, Bools]


def find_detectable_range(
    reference: ReferenceSet, cut_off: float = CUT_OFF, device_limits: Mapping[str, float] | None = None
) -> DetectableRange:
    """Find the findings that the device's range makes impossible in each stratum.

    A loss cannot be found where even the insensitive end of the device (CPT 0 °C, HPT 50 °C, MPT and MDT 512 mN, PPT
    1000 kPa, all pinpricks rated 0, …) is not beyond the cut-off; a gain, where the sensitive end (VDT 8/8, MDT
    0.25 mN, MPT 8 mN) is not.

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
    """z of a device's end in every stratum; NaN, which is beyond no cut-off, where there is no norm."""
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
    detectable_range: DetectableRange,
    *,
    cut_off: float = CUT_OFF,
    dma_threshold: float = DMA_THRESHOLD,
) -> Patterns:
    """Judge each value, count the findings and what chance alone would show, and form the LoGa code.

    Parameters
    ----------
    values, z_scores : mapping of str to float array, shape (n,)
        As `prepare_values` and `compute_z_scores` return them.
    stratum : int array, shape (n,)
    detectable_range : DetectableRange
        As `find_detectable_range` returns it for the same reference set and cut-off.
    cut_off : float
        z strictly beyond it is gain (+) or loss (−).
    dma_threshold : float
        DMA is a gain where the geometric mean of the ratings is above it (rating 0-100).

    Returns
    -------
    Patterns
    """
    codes: dict[str, FindingNumbers] = {}
    censored: dict[str, FindingNumbers] = {}
    flags: dict[str, Bools] = {}
    two_tails, one_tail = np.zeros(len(stratum), dtype=np.int64), np.zeros(len(stratum), dtype=np.int64)
    for column, parameter in enumerate(PARAMETERS):
        code = parameter.code
        if not parameter.has_z:
            continue
        z, gain, loss = z_scores[code], detectable_range.gain[:, column], detectable_range.loss[:, column]
        scored = ~np.isnan(z)
        finding = np.where(scored, _NORMAL, _NONE).astype(np.int8)
        at_limit = _is_at_limit(parameter, values[code], detectable_range.insensitive_end.get(code))
        if code in detectable_range.insensitive_end:
            flags[format_note("at_limit", code)] = at_limit
        censored[code] = -at_limit.astype(np.int8)
        if parameter.sensitive_end is not None:
            censored[code] += parameter.gain_sign * (values[code] - parameter.sensitive_end) >= -1e-9
        finding[z > cut_off] = _GAIN
        finding[z < -cut_off] = _LOSS
        finding[scored & at_limit & ~loss[stratum]] = _LIMIT
        codes[code] = finding
        tails = (loss.astype(np.int64) + gain)[stratum] * scored
        two_tails += tails == 2
        one_tail += tails == 1
    codes["PHS"] = _judge_phs(values["PHS"], detectable_range.phs_bound[stratum])
    codes["DMA"] = _judge_dma(values["DMA"], dma_threshold)
    counts = _count_findings(codes, float(special.ndtr(-cut_off)), two_tails, one_tail)
    loga, loga_flags = _form_loga(codes)
    findings = {code: take_texts(_FINDINGS, codes[code]) for code in CODES}
    return Patterns(findings, codes, censored, counts, loga, flags | loga_flags)


def _is_at_limit(parameter: Parameter, values: Floats, end: float | None) -> Bools:
    """Which values are at the insensitive end of the device, or past it by no more than the overshoot."""
    if end is None:
        return np.zeros(len(values), dtype=bool)
    past = parameter.gain_sign * (end - values)
    return np.asarray((past >= -1e-9) & (past <= parameter.overshoot))


def _count_findings(
    codes: Mapping[str, FindingNumbers], tail: float, two_tails: Ints, one_tail: Ints
) -> dict[str, Floats | Ints]:
    """The counts of `Patterns`; `two_tails` and `one_tail` are the number of tests with so many findable tails."""
    n_gain = np.sum([codes[code] == _GAIN for code in CODES], axis=0)
    n_loss = np.sum([codes[code] == _LOSS for code in CODES], axis=0)
    abnormal_z = np.sum([(codes[code] == _GAIN) | (codes[code] == _LOSS) for code in Z_CODES], axis=0)
    chance = _chance_table(tail)[two_tails, one_tail, abnormal_z]
    any_z = np.any([codes[code] != _NONE for code in Z_CODES], axis=0)
    return {
        "n_scored": np.sum([codes[code] != _NONE for code in CODES], axis=0),
        "n_gain": n_gain,
        "n_loss": n_loss,
        "expected_by_chance": tail * (2.0 * two_tails + one_tail),
        "p_profile": np.where(any_z, chance, np.nan),
    }


def _judge_phs(count: Floats, bound: Floats) -> FindingNumbers:
    judged = ~np.isnan(count) & ~np.isnan(bound)
    return np.where(judged, np.where(count > bound, _LOSS, _NORMAL), _NONE).astype(np.int8)


def _judge_dma(rating: Floats, threshold: float) -> FindingNumbers:
    # The geometric mean of fifteen values of 0.1 may differ from 0.1 in the last digit.
    painful = rating - RATING_OFFSET > threshold + 1e-9
    return np.where(np.isnan(rating), _NONE, np.where(painful, _GAIN, _NORMAL)).astype(np.int8)


def _binomial(tests: int, chance: float) -> Floats:
    """Binomial probabilities of 0 … `tests` abnormal tests (importing `scipy.stats` takes a second)."""
    found = np.arange(tests + 1)
    return np.asarray(special.binom(tests, found) * chance**found * (1 - chance) ** (tests - found))


@lru_cache
def _chance_table(tail: float) -> Floats:
    """P(at least k abnormal) by the number of tests with two tails, the number with one tail, and k. 12 × 12 × 12."""
    size = most = len(Z_CODES) + 1
    table = np.zeros((size, size, most))
    for two in range(size):
        for one in range(size):
            # Entries with more tests than parameters are never used.
            probability = np.convolve(_binomial(two, 2 * tail), _binomial(one, tail))[:most]
            table[two, one, : len(probability)] = probability[::-1].cumsum()[::-1]
    table[:, :, 0] = 1.0
    return table


def _form_loga(codes: Mapping[str, FindingNumbers]) -> tuple[TextColumn, dict[str, Bools]]:
    parts, known = {}, {}
    unjudged: dict[str, Bools] = {}
    for group, members in LOGA_GROUPS.items():
        wanted = _LOSS if group.endswith("loss") else _GAIN
        present = np.any([codes[code] == wanted for code in members], axis=0)
        # At the insensitive end there may be a loss that cannot be found; there is certainly no gain.
        missing = {code: codes[code] == _NONE for code in members}
        if wanted == _LOSS:
            missing = {code: missing[code] | (codes[code] == _LIMIT) for code in members}
        unjudged |= missing
        parts[group] = present
        known[group] = present | (2 * np.sum([~m for m in missing.values()], axis=0) >= len(members))
    complete = np.all(list(known.values()), axis=0)
    loss = parts["thermal_loss"] + 2 * parts["mechanical_loss"].astype(np.int64)
    gain = parts["thermal_gain"] + 2 * parts["mechanical_gain"].astype(np.int64)
    loga = take_texts(_LOGA, np.where(complete, 4 * loss + gain, len(_LOGA) - 1))
    return loga, {format_note("loga_without", code): complete & missing for code, missing in unjudged.items()}
