"""Problems that only scoring shows."""

import pandas as pd

from qst.derive.plausibility import Plausibility
from qst.inference.symptoms import report_symptoms
from qst.norms.problems import NormReporter
from qst.norms.reference_sets import ReferenceSet
from qst.problems import Report


class ResultReporter:
    """Reports what only scoring shows of rows that name their file: norms they lack, symptoms, what is implausible."""

    def __init__(self, reference: ReferenceSet, report: Report) -> None:
        self._norms, self._plausibility, self._report = NormReporter(reference, report), Plausibility(report), report

    def look_at(self, scored: pd.DataFrame, trials: pd.DataFrame | None) -> None:
        """Report what some rows show; `trials` are those they were formed from."""
        self._norms.look_at(scored)
        report_symptoms(scored, self._report)
        self._plausibility.look_at(scored, trials)

    def finish(self) -> None:
        """Report what all rows together show. Call it once, after the last block."""
        self._plausibility.finish()
