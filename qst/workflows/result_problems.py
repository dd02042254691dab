"""Problems that only scoring shows."""

import pandas as pd

from qst.derive.plausibility import Plausibility
from qst.inference.symptoms import report_symptoms
from qst.norms.problems import NormReporter
from qst.norms.reference_sets import ReferenceSet
from qst.problems import OnProblem


class ResultReporter:
    """Reports what only scoring shows of rows that name their file: norms they lack, symptoms, what is implausible."""

    def __init__(self, reference: ReferenceSet, on_problem: OnProblem) -> None:
        self._norms, self._plausibility, self._on_problem = (
            NormReporter(reference, on_problem),
            Plausibility(on_problem),
            on_problem,
        )

    def update(self, scored: pd.DataFrame, trials: pd.DataFrame | None) -> None:
        """Report what some rows show; `trials` are those they were formed from."""
        self._norms.update(scored)
        report_symptoms(scored, self._on_problem)
        self._plausibility.update(scored, trials)

    def finish(self) -> None:
        """Report what all rows together show. Call it once, after the last block."""
        self._plausibility.finish()
