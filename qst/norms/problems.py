"""Problems found by comparison with the norms: people without a norm, and implausible z-scores."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from qst.norms.reference_sets import ReferenceSet
from qst.notes import have_note
from qst.problems import OnProblem, cut_text, make_problem
from qst.protocol import BY_CODE, Z_CODES
from qst.tables import SOURCE

FARTHEST_Z = 10.0
"""A z beyond it, to either side, is reported as a probable error of value or unit (ours)."""


class NormReporter:
    """Reports people without a norm, by their notes, and implausible z-scores, as problems with file and row.

    Parameters
    ----------
    reference : ReferenceSet
    on_problem : callable
        Receives the problems. A site without a norm is reported once.
    """

    def __init__(self, reference: ReferenceSet, on_problem: OnProblem) -> None:
        self.reference, self.on_problem = reference, on_problem
        self.sites: set[str] = set()

    def update(self, scored: pd.DataFrame) -> None:
        """Check some scored rows, which have `source_file` and `source_row`."""
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
