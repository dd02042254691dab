"""Problems that only the reference set shows: people without a norm, and values further out than people are."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from qst.norms.reference_sets import ReferenceSet
from qst.notes import have_note
from qst.problems import OnProblem, cut_text, make_problem
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
        self._report_far_values(scored)
        for note, report in (("no_norm_for_site", self._report_site), ("age_below_norms", self._report_age)):
            for row in scored.loc[have_note(scored["notes"], note), ["site", "age", *SOURCE]].to_dict("records"):
                report(row)

    def _report_far_values(self, scored: pd.DataFrame) -> None:
        for code in Z_CODES:
            z = scored[f"{code}_z"]
            for row in scored.loc[z.abs() > FARTHEST_Z, [code, f"{code}_z", *SOURCE]].to_dict("records"):
                self.on_problem(
                    make_problem(
                        "z-implausible",
                        **_place(row),
                        column=code,
                        value=f"{row[code]:g}",
                        unit=BY_CODE[code].unit,
                        z=row[f"{code}_z"],
                    )
                )

    def _report_site(self, row: Mapping[Hashable, Any]) -> None:
        site = row["site"]
        if site in self.sites:
            return
        self.sites.add(site)
        self.on_problem(
            make_problem(
                "unknown-site",
                **_place(row),
                column="site",
                value=cut_text(site),
                reference=self.reference.id,
                covered=", ".join(self.reference.sites),
                site=site,
                other=self.reference.sites[-1],
            )
        )

    def _report_age(self, row: Mapping[Hashable, Any]) -> None:
        age = f"{row['age']:g}"
        self.on_problem(
            make_problem("age-below-norms", **_place(row), column="age", value=age, reference=self.reference.id)
        )


def _place(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """File and row of a scored row, as a problem has them."""
    return {"file": str(row["source_file"]), "row": int(row["source_row"])}
