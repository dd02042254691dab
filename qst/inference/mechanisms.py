"""Evidence for pain mechanisms: how much more likely the measured signs are under each than in healthy people.

`docs/mechanisms.md` derives the model; what is known of the mechanisms is data (`qst.inference.knowledge_base`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats, TextColumn, Texts, join_list, take_texts
from qst.inference.entries import Mechanism, Sign
from qst.inference.findings import FINDING_NUMBERS, Patterns
from qst.inference.knowledge_base import KnowledgeBase
from qst.norms.correlations import CAP
from qst.notes import format_note, have_notes
from qst.protocol import Z_CODES
from qst.tables import GAIN, LOSS

AGAINST = -0.5
"""Evidence (log10) at or below which the signs speak against a mechanism: they are 3 times more likely in healthy
people, which Kass and Raftery 1995, J Am Stat Assoc 90:773-795, call substantial."""

SUPPORTED, POSSIBLE, NOT_SUPPORTED, CONTRADICTED, NOT_ASSESSABLE = (
    "supported",
    "possible",
    "not supported",
    "contradicted",
    "not assessable",
)

STATUSES: dict[str, str] = {
    SUPPORTED: "the evidence reaches the mechanism's threshold, as in at most 5 % of healthy people",
    CONTRADICTED: "not supported, and the signs are at least 3 times more likely in healthy people, or a pattern "
    "against it costs at least half a unit of evidence",
    POSSIBLE: "the evidence is above 0 and below the threshold",
    NOT_SUPPORTED: "the evidence is 0 or less",
    NOT_ASSESSABLE: "a test that it needs is missing",
}
"""Every status and its rule. The last comes before all others; of the others, the first that applies holds."""

_LN10 = math.log(10)

_DIGITS = 9


@dataclass(frozen=True, slots=True)
class MeasuredSigns:
    """What the inference uses of some assessments; one entry per assessment in every array.

    Attributes
    ----------
    z : mapping of str to float array
        By parameter; NaN where missing.
    at_limit : mapping of str to bool array
        Where the value is at the insensitive end of the device, so that the true z is this or lower.
    present : mapping of str to float array
        PHS and DMA: 1 where the finding is present, 0 where it is absent, NaN where it was not judged.
    """

    z: Mapping[str, Floats]
    at_limit: Mapping[str, Bools]
    present: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.z[Z_CODES[0]])


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence for one mechanism; one entry per assessment.

    `evidence` is the support by the signs minus `cost`, as log10; NaN where the mechanism is not assessable. `cost` is
    what the patterns that speak against it take away, never below 0.
    """

    evidence: Floats
    cost: Floats


def gather_measured(z_scores: Mapping[str, Floats], patterns: Patterns) -> MeasuredSigns:
    """The z-scores and findings of an assessment, as the inference uses them."""
    notes = {code: format_note("at_limit", code) for code in Z_CODES}
    at_limit = {code: patterns.flags[note] for code, note in notes.items() if note in patterns.flags}
    present = {}
    for code, finding in (("PHS", LOSS), ("DMA", GAIN)):
        number = patterns.numbers[code]
        present[code] = np.where(number == 0, np.nan, (number == FINDING_NUMBERS[finding]).astype(float))
    return MeasuredSigns(z_scores, at_limit, present)


def weigh_mechanisms(measured: MeasuredSigns, base: KnowledgeBase) -> dict[str, Floats]:
    """Evidence for every mechanism that QST can assess.

    Each sign has a log likelihood ratio of its z under the mechanism against healthy variation. Signs that measure the
    same are pooled by their correlation; the pools are added up (`all`) or mixed (`any`); patterns against the
    mechanism are subtracted.

    Parameters
    ----------
    measured : MeasuredSigns
    base : KnowledgeBase

    Returns
    -------
    dict of str to float array, shape (n,)
        log10 likelihood ratio by mechanism; NaN where a test that it needs is missing. 1 means that the signs are ten
        times more likely under the mechanism. The evidence of an assessment depends only on its own tests, and only on
        those that the mechanism uses.
    """
    return weigh_all(measured, base).evidence


@dataclass(frozen=True, slots=True)
class Weighing:
    """All mechanisms weighed, with what they were weighed from.

    Attributes
    ----------
    measured : MeasuredSigns
    by_sign : dict of tuple to float array
        Log likelihood ratio (natural) of each sign that was looked at, by its parameter and size.
    weighed : dict of mechanism id to Weighed
    """

    measured: MeasuredSigns
    by_sign: dict[tuple[object, ...], Floats]
    weighed: dict[str, Weighed]

    @property
    def evidence(self) -> dict[str, Floats]:
        """The evidence alone, by mechanism."""
        return {name: weighed.evidence for name, weighed in self.weighed.items()}

    def rate(self, sign: Sign) -> Floats:
        """Evidence of one sign by itself, as log10 likelihood ratio; NaN where its test is missing."""
        return _Ratios(self.measured, self.by_sign).of(sign) / _LN10


def weigh_all(measured: MeasuredSigns, base: KnowledgeBase) -> Weighing:
    """`weigh_mechanisms`, handing on what it was computed from."""
    ratios = _Ratios(measured, {})
    weighed = {mechanism.id: _weigh(mechanism, ratios, base) for mechanism in base.mechanisms}
    return Weighing(measured, ratios.known, weighed)


def weigh_mechanism(mechanism: Mechanism, measured: MeasuredSigns, base: KnowledgeBase) -> Weighed:
    """`weigh_mechanisms` for one mechanism, with the cost of what speaks against it."""
    return _weigh(mechanism, _Ratios(measured, {}), base)


def judge_evidence(weighed: Weighed, threshold: float) -> Texts:
    """Status of a mechanism in each assessment: see `STATUSES`."""
    evidence = weighed.evidence
    known = [
        np.isnan(evidence),
        evidence >= threshold,
        (evidence <= AGAINST) | (weighed.cost >= -AGAINST),
        evidence > 0,
    ]
    status = np.select(known, [NOT_ASSESSABLE, SUPPORTED, CONTRADICTED, POSSIBLE], default=NOT_SUPPORTED)
    return status.astype(object)


def list_supported(evidence: Mapping[str, Floats], base: KnowledgeBase) -> TextColumn:
    """List the supported mechanisms of each assessment by identifier, the strongest first.

    Mechanisms with equal evidence are in the order of the knowledge base. Empty text where nothing is supported.
    """
    names = base.ids
    supports = [evidence[mechanism.id] >= mechanism.threshold for mechanism in base.mechanisms]  # NaN is not
    length = len(supports[0])
    rows = np.flatnonzero(np.any(supports, axis=0))
    supported = np.column_stack([support[rows] for support in supports])
    # Rounded, so that evidence held at the same bound is equal, whatever the order of computation.
    columns = np.column_stack([evidence[name][rows] for name in names]).round(_DIGITS)
    ranked = np.where(supported, -columns, np.inf)
    order = np.argsort(ranked, axis=1, kind="stable")
    count = supported.sum(axis=1)
    keys = np.zeros(len(rows), dtype=np.int64)
    for place in range(int(count.max(initial=0))):
        named = np.where(place < count, order[:, place] + 1, 0)
        keys = pd.factorize(keys * (len(base.mechanisms) + 1) + named)[0].astype(np.int64)
    first = np.unique(keys, return_index=True)[1]
    texts = [join_list(names[column] for column in order[row, : count[row]]) for row in first]
    codes = np.full(length, len(texts), dtype=np.int64)
    codes[rows] = keys
    return take_texts(np.array([*texts, ""], dtype=object), codes)


class _Ratios:
    """Natural log likelihood ratios of signs, each computed once, as several mechanisms have the same signs."""

    def __init__(self, measured: MeasuredSigns, known: dict[tuple[object, ...], Floats]) -> None:
        self._measured, self.known = measured, known

    def of(self, sign: Sign) -> Floats:
        opposite = sign.direction == "preserved"
        key = (
            (sign.parameter, sign.mean, sign.sd)
            if sign.size != "present"
            else (sign.parameter, sign.present, sign.healthy)
        )
        if key not in self.known:
            self.known[key] = self._compute(sign)
        return -self.known[key] if opposite else self.known[key]

    def _compute(self, sign: Sign) -> Floats:
        code = sign.parameter
        if sign.size == "present":
            shown, hidden = math.log(sign.present / sign.healthy), math.log((1 - sign.present) / (1 - sign.healthy))
            present = self._measured.present[code]
            return np.where(np.isnan(present), np.nan, np.where(present > 0, shown, hidden))
        z = self._measured.z[code]
        ratio = compute_log_ratio(z, sign.mean, sign.sd)
        at_limit = self._measured.at_limit.get(code)
        if at_limit is not None and at_limit.any():
            ratio[at_limit] = compute_censored_log_ratio(z[at_limit], sign.mean, sign.sd)
        return ratio


def find_held(mean: float, sd: float) -> tuple[float, float]:
    """The range of z in which the log likelihood ratio is used as it is; outside, it is held at its value at the end.

    The ends are ± `CAP`. Where the SDs differ, the ratio of two normal densities has its extremum at
    −mean / (sd² − 1); it is held there, so that a stronger sign never lowers the evidence.

    >>> find_held(2.5, 1.0), find_held(2.5, 1.5)
    ((-4.0, 4.0), (-2.0, 4.0))
    """
    low, high = -CAP, CAP
    if sd != 1:
        turn = -mean / (sd * sd - 1)
        if abs(turn) < CAP:
            low, high = (turn, high) if turn < 0 else (low, turn)
    return low, high


def compute_log_ratio(z: Floats, mean: float, sd: float) -> Floats:
    """Log likelihood ratio of a normal (mean, sd) against the standard normal distribution, held beyond its extremum.

    Parameters
    ----------
    z : float array
    mean, sd : float
        Of z under the mechanism; mean > 0 for a gain, < 0 for a loss.

    Returns
    -------
    float array
        −ln sd − (z − mean)² / 2 sd² + z² / 2, with z clipped to `find_held`; NaN where z is.

    Examples
    --------
    >>> compute_log_ratio(np.array([2.5, 0.0, 9.0]), 2.5, 1.0).tolist()
    [3.125, -3.125, 6.875]
    """
    low, high = find_held(mean, sd)
    held = np.clip(z, low, high)
    # As a polynomial in z: for an SD of 1 it is a straight line and needs no square.
    square, line, constant = (1 - 1 / sd**2) / 2, mean / sd**2, -math.log(sd) - (mean / sd) ** 2 / 2
    result: Floats = (square * held + line) * held + constant if square else line * held + constant
    return result


def compute_censored_log_ratio(z: Floats, mean: float, sd: float) -> Floats:
    """Log ratio of the probabilities of "z or less", under the mechanism and in healthy people.

    It is the log of the mean likelihood ratio over every true z that a healthy person could have, with the ratio held
    as in `compute_log_ratio`. If the ratio were not held, it would be ln Φ((z − mean) / sd) − ln Φ(z).

    Examples
    --------
    >>> compute_censored_log_ratio(np.array([-1.5]), -2.5, 1.0).round(4).tolist()
    [2.4893]
    """
    low, high = find_held(mean, sd)
    at_low, at_high = np.exp(compute_log_ratio(np.array([low, high]), mean, sd))
    z = np.maximum(z, low)  # below it the ratio is constant, and so is its mean
    between = special.ndtr((np.minimum(z, high) - mean) / sd) - special.ndtr((low - mean) / sd)
    below = at_low * special.ndtr(low)
    above = at_high * (special.ndtr(np.maximum(z, high)) - special.ndtr(high))
    result: Floats = np.log(below + between + above) - special.log_ndtr(z)
    return result


def _weigh(mechanism: Mechanism, ratios: _Ratios, base: KnowledgeBase) -> Weighed:
    pools = _pool(mechanism.signs, ratios, base)
    support = _mix(mechanism, pools, base) if mechanism.combine == "any" else _add(pools) / _LN10
    cost = np.zeros(len(support))
    for pattern in mechanism.against:
        seen = _any_known([ratios.of(sign) for sign in pattern.signs])
        cost += np.where(seen, np.logaddexp(0.0, _add(_pool(pattern.signs, ratios, base))) / _LN10, 0.0)
    used = {sign.parameter: sign for pattern in mechanism.against for sign in pattern.signs}
    used |= {sign.parameter: sign for sign in mechanism.signs}
    judged = np.all([_any_known([ratios.of(used[code]) for code in group]) for group in mechanism.needs], axis=0)
    # + 0.0 turns -0.0 into 0.0.
    return Weighed(np.where(judged, support - cost + 0.0, np.nan), cost)


def _add(pools: Mapping[str, Floats]) -> Floats:
    total: Floats = np.sum(list(pools.values()), axis=0)
    return total


def _mix(mechanism: Mechanism, pools: Mapping[str, Floats], base: KnowledgeBase) -> Floats:
    """log10 of the weighted mean of the pools' likelihood ratios. A pool without a test has a ratio of 1."""
    weights = {pool: _find_weight(mechanism, pool, base) for pool in pools}
    total = sum(weights.values())
    strongest = np.max(list(pools.values()), axis=0)  # factored out, so that exp does not overflow
    mixed = np.zeros(len(strongest))
    for pool, ratio in pools.items():
        mixed += weights[pool] / total * np.exp(ratio - strongest)
    result: Floats = (np.log(mixed) + strongest) / _LN10
    return result


def _any_known(columns: Sequence[Floats]) -> Bools:
    known: Bools = ~np.isnan(columns[0])
    for column in columns[1:]:
        known |= ~np.isnan(column)
    return known


def _pool(signs: Sequence[Sign], ratios: _Ratios, base: KnowledgeBase) -> dict[str, Floats]:
    """Log likelihood ratio of each pool: the sum over its tests, divided by 1 + (tests − 1) × their correlation."""
    groups: dict[str, list[Floats]] = {}
    for sign in signs:
        groups.setdefault(base.correlations.pool_of(sign.parameter), []).append(ratios.of(sign))
    pooled = {}
    for pool, single in groups.items():
        known = [~np.isnan(ratio) for ratio in single]
        total = np.zeros(len(single[0]))
        for ratio, there in zip(single, known, strict=True):
            np.add(total, ratio, out=total, where=there)
        if len(single) > 1:
            total /= 1.0 + np.maximum(np.sum(known, axis=0) - 1, 0) * base.correlations.rho[pool]
        pooled[pool] = total
    return pooled


def _find_weight(mechanism: Mechanism, pool: str, base: KnowledgeBase) -> float:
    codes = base.correlations.pools[pool]
    return next((weight for code, weight in mechanism.weights.items() if code in codes), 1.0)


def take_measured(scored: pd.DataFrame) -> MeasuredSigns:
    """z, limits and findings out of a scored table."""
    z = {code: pd.to_numeric(scored[f"{code}_z"], errors="coerce").to_numpy(float) for code in Z_CODES}
    limits = have_notes(scored["notes"], "at_limit", Z_CODES)
    at_limit = {code: limits[:, place] for place, code in enumerate(Z_CODES)}
    present = {}
    for code, finding in (("PHS", LOSS), ("DMA", GAIN)):
        found = scored[f"{code}_finding"]
        present[code] = np.where(found.isna(), np.nan, (found == finding).fillna(False).to_numpy(float))
    return MeasuredSigns(z, at_limit, present)
