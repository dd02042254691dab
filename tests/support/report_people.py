"""People for the tests of reports."""

from pathlib import Path

import pandas as pd
from paths import COHORT

PEOPLE = ("058", "005", "028", "040")


def write_people(folder: Path) -> Path:
    """Four people; one has a second visit, one id is a script, one a path."""
    table = pd.read_csv(COHORT, dtype=str)
    table = table[table["subject"].isin(PEOPLE)]
    again = table[table["subject"] == "058"].assign(visit="2", HPT="42.1", WUR=None)
    table = pd.concat([table, again]).assign(examiner="A & B", device="MSA", date="2026-03-01", name="Mustermann")
    table["subject"] = table["subject"].replace({"005": "<script>alert(1)</script>", "028": "../../x"})
    table.to_csv(folder / "people.csv", index=False)
    return folder / "people.csv"
