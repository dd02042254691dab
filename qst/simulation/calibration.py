"""Thresholds of the mechanisms, calibrated by the evidence that simulated healthy people show."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qst.inference.entries import Mechanism
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import MeasuredSigns, take_measured, weigh_mechanism
from qst.norms.reference_sets import DEFAULT_REFERENCE, ReferenceSet
from qst.scoring import score_table
from qst.settings import Settings
from qst.simulation.simulate import simulate_healthy

SHARE = 0.025
"""Share of healthy people who may show a mechanism in the least favourable battery of tests: as many as show one
finding, to one side, beyond 1.96. A mechanism that depends on one test is therefore supported where that test is
abnormal (ours; 5 % is the upper bound)."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The evidence that healthy people show for one mechanism.

    Attributes
    ----------
    evidence : float
        The evidence that `SHARE` of healthy people exceed, in the battery of tests in which it is highest.
    battery : tuple of str
        That battery, from the tests that the mechanism uses.
    batteries : int
        Number of batteries that were tried: all with which the mechanism can be judged.
    """

    evidence: float
    battery: tuple[str, ...]
    batteries: int


def measure_healthy(n: int, seed: int, reference: str | Path | ReferenceSet = DEFAULT_REFERENCE) -> MeasuredSigns:
    """The z-scores and findings of simulated healthy people; see `qst.simulation.simulate.simulate_healthy`."""
    return take_measured(score_table(simulate_healthy(n, reference, seed), Settings(reference)))


def calibrate_mechanism(
    mechanism: Mechanism, healthy: MeasuredSigns, base: KnowledgeBase, share: float = SHARE
) -> Calibrated:
    """Find the evidence that a share of healthy people exceed, in the least favourable battery of tests.

    A test that a mechanism does not use never changes its evidence, so the subsets of the tests that it uses are all
    the batteries there are.
    """
    worst, number = -np.inf, 0
    battery: tuple[str, ...] = ()
    for number, tests in enumerate(_list_batteries(mechanism), 1):  # noqa: B007 (the last number is their count)
        evidence = weigh_mechanism(mechanism, keep_tests(healthy, tests), base).evidence
        bound = float(np.quantile(evidence[~np.isnan(evidence)], 1 - share))
        if bound > worst:
            worst, battery = bound, tests
    return Calibrated(worst, battery, number)


def calibrate_mechanisms(
    n: int,
    seed: int,
    mechanisms: str | Path | KnowledgeBase | None = None,
    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE,
    share: float = SHARE,
) -> dict[str, Calibrated]:
    """`calibrate_mechanism` for every mechanism that QST can assess, with `n` simulated healthy people."""
    base, healthy = load_mechanisms(mechanisms), measure_healthy(n, seed, reference)
    return {mechanism.id: calibrate_mechanism(mechanism, healthy, base, share) for mechanism in base.mechanisms}


def keep_tests(measured: MeasuredSigns, tests: tuple[str, ...]) -> MeasuredSigns:
    """The same people with these tests only."""
    z = {code: values if code in tests else np.full(len(measured), np.nan) for code, values in measured.z.items()}
    present = {
        code: values if code in tests else np.full(len(measured), np.nan) for code, values in measured.present.items()
    }
    return MeasuredSigns(z, measured.at_limit, present)


def _list_batteries(mechanism: Mechanism) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(mechanism.tests) + 1):
        for tests in itertools.combinations(mechanism.tests, size):
            if all(set(group) & set(tests) for group in mechanism.needs):
                yield tests
