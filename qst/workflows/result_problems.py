"""Problems that only scoring reveals."""

import pandas as pd

from qst.derive.plausibility import Plausibility
from qst.inference.symptoms import report_symptoms
from qst.norms.problems import NormReporter
from qst.norms.reference_sets import ReferenceSet
from qst.problems import OnProblem


class ResultReporter:
    """Reports, for rows with a source file, what only scoring reveals: missing norms, symptoms, implausible values."""

    def __init__(self, reference: ReferenceSet, on_problem: OnProblem) -> None:
        self._norms, self._plausibility, self._on_problem = (
            NormReporter(reference, on_problem),
            Plausibility(on_problem),
            on_problem,
        )

    def update(self, scored: pd.DataFrame, trials: pd.DataFrame | None) -> None:
        """Report problems of some rows; `trials` are those from which their values were computed."""
        self._norms.update(scored)
        report_symptoms(scored, self._on_problem)
        self._plausibility.update(scored, trials)

    def finish(self) -> None:
        """Report problems across all rows. Call it once, after the last block."""
        self._plausibility.finish()
