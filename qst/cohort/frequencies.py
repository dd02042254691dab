"""How often each finding, LoGa code and status of a mechanism occurs in a cohort."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats, Ints, split_list
from qst.cohort.scored_rows import texts_of
from qst.inference.knowledge_base import KnowledgeBase
from qst.inference.mechanisms import (
    CONTRADICTED,
    NOT_ASSESSABLE,
    NOT_SUPPORTED,
    POSSIBLE,
    SUPPORTED,
    judge_evidence,
    take_measured,
    weigh_mechanism,
)
from qst.protocol import CODES
from qst.tables import GAIN, LIMIT, LOSS

COUNTED_STATUSES = (SUPPORTED, POSSIBLE, NOT_SUPPORTED, CONTRADICTED, NOT_ASSESSABLE)
"""The statuses of a mechanism, in the order of figures and tables."""


def count_statuses(scored: pd.DataFrame, mechanisms: KnowledgeBase) -> tuple[list[str], Ints]:
    """Names of the mechanisms, and the number of assessments with each of `COUNTED_STATUSES`; shape (mechanisms, 5)."""
    measured = take_measured(scored)
    counts = []
    for mechanism in mechanisms.mechanisms:
        found = np.asarray(judge_evidence(weigh_mechanism(mechanism, measured, mechanisms), mechanism.threshold))
        counts.append([int((found == status).sum()) for status in COUNTED_STATUSES])
    return [mechanism.name for mechanism in mechanisms.mechanisms], np.array(counts, dtype=np.int64)


def count_loga(scored: pd.DataFrame) -> tuple[Ints, int]:
    """Number of assessments by loss (rows L0 … L3) and gain (columns G0 … G3), and of those without a code."""
    codes = texts_of(scored, "loga")
    table = np.array([[codes.count(f"L{loss}G{gain}") for gain in range(4)] for loss in range(4)], dtype=np.int64)
    return table, len(codes) - int(table.sum())


@dataclass(frozen=True, eq=False)
class Frequencies:
    """Counts by parameter, in the order of the protocol, of `total` assessments.

    `judged` have a finding; `no_gain` and `no_loss` count those of them in which the device's range allows none.
    """

    total: int
    judged: Ints
    gain: Ints
    loss: Ints
    limit: Ints
    no_gain: Ints
    no_loss: Ints

    def share(self, counts: Ints) -> Floats:
        """Percentage of the judged; NaN where nobody was judged."""
        share: Floats = np.divide(100.0 * counts, self.judged, out=np.full(len(CODES), np.nan), where=self.judged > 0)
        return share


def count_findings(scored: pd.DataFrame) -> Frequencies:
    """Count the findings of each parameter over the rows of a scored table."""
    findings = np.column_stack([np.array(texts_of(scored, f"{code}_finding"), dtype=object) for code in CODES])
    judged = findings != ""
    items = [set(split_list(text)) for text in texts_of(scored, "not_findable")]
    impossible = {
        side: np.array([[f"{code}_{side}" in names for code in CODES] for names in items]) for side in (GAIN, LOSS)
    }

    def total(flags: Bools) -> Ints:
        return np.asarray((flags & judged).sum(axis=0), dtype=np.int64)

    gain, loss, limit = (total(findings == word) for word in (GAIN, LOSS, LIMIT))
    return Frequencies(len(scored), total(judged), gain, loss, limit, total(impossible[GAIN]), total(impossible[LOSS]))
