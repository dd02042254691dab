"""Problems that only the reference set shows: people without a norm, and values further out than people are."""

import numpy as np
import pandas as pd

from qst.norms.reference_sets import ReferenceSet
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BY_CODE, Z_CODES
from qst.tables import SOURCE

FARTHEST_Z = 10.0
"""A z beyond it, to either side, is reported as a slip of value or unit (ours)."""


class NormReporter:
    """Turns notes that mean "no norm for this person", and z-scores that nobody has, into problems with their place.

    Parameters
    ----------
    reference : ReferenceSet
    on_problem : callable
        Gets the problems. A site without a norm is told once.
    """

    def __init__(self, reference: ReferenceSet, on_problem: OnProblem) -> None:
        self.reference, self.on_problem = reference, on_problem
        self.sites: set[str] = set()

    def update(self, scored: pd.DataFrame) -> None:
        """Report what the notes and the z-scores of some scored rows show; they have `source_file, source_row`."""
        self._look_for_far_values(scored)
        codes, texts = pd.factorize(scored["notes"])
        for note, tell in (("no_norm_for_site", self._tell_site), ("age_below_norms", self._tell_age)):
            marked = np.array([note in text.split(";") for text in texts], dtype=bool)[codes]
            for row in scored.loc[marked, ["site", "age", *SOURCE]].to_dict("records"):
                tell(row["site"], row["age"], (str(row["source_file"]), int(row["source_row"])))

    def _look_for_far_values(self, scored: pd.DataFrame) -> None:
        for code in Z_CODES:
            z = scored[f"{code}_z"]
            for row in scored.loc[z.abs() > FARTHEST_Z, [code, f"{code}_z", *SOURCE]].to_dict("records"):
                place, value = (str(row["source_file"]), int(row["source_row"])), f"{row[code]:g}"
                far = f"has a z of {row[f'{code}_z']:.1f}, further out than people are"
                message = f"{code} of {value} {BY_CODE[code].unit} {far}: check value and unit"
                self.on_problem(Problem("warning", "z-implausible", message, *place, code, value))

    def _tell_site(self, site: str, age: float, place: tuple[str, int]) -> None:
        if site in self.sites:
            return
        self.sites.add(site)
        covered = ", ".join(self.reference.sites)
        message = (
            f"{self.reference.id} has no norm for the site {shorten(site)} (it has {covered}), so its rows have no "
            f"z-score; to borrow another site's norm, say --site-as {site}={self.reference.sites[-1]}"
        )
        self.on_problem(Problem("error", "unknown-site", message, *place, "site", cut_text(site)))

    def _tell_age(self, site: str, age: float, place: tuple[str, int]) -> None:
        message = f"{age:g} years is below the youngest norm of {self.reference.id}, so the row has no z-score"
        self.on_problem(Problem("warning", "age-below-norms", message, *place, "age", f"{age:g}"))
