"""The rows of a profile: what is drawn of each assessment, and how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Floats
from qst.cohort.scored_rows import check_scored, find_limits, list_visits, numbers_of, rank_area, texts_of
from qst.errors import OptionError
from qst.plots.canvas import AREA_COLOURS, COLOURS, MORE_COLOURS, SHAPES
from qst.plots.language import current_language
from qst.protocol import Z_CODES
from qst.tables import Z_COLUMNS

Z_EDGE = 4.0
"""The axis reaches from -4 to 4. A value outside is drawn at the edge, with its number."""

ABOVE, BELOW, AT_LIMIT = "above the axis", "below the axis", "at device limit"

NO_VALUE, NO_Z = "no value", "value without z-score"
"""Marks of a value; the texts that explain them in a legend are in `texts_en.toml` under `mark`."""


@dataclass(frozen=True, eq=False)
class Row:
    """One assessment, or the mean of several, as it is drawn; arrays have one entry a parameter with a z.

    Of a mean, `interval` (both ends; separate for PHS and DMA) and `singles` (one row per person) are drawn behind it.
    """

    label: str
    colour: str
    face: str
    shape: str
    dashes: Any
    z: Floats
    marks: dict[str, npt.NDArray[np.bool_]]
    phs: float
    dma: float
    interval: Floats | None = None
    phs_interval: Floats | None = None
    dma_interval: Floats | None = None
    singles: Floats | None = None


def read_rows(scored: pd.DataFrame) -> list[Row]:
    """What is drawn of each assessment: test areas first, then control areas, then others; visits in their order."""
    check_scored(scored, "the rows of one subject, usually a test and a control area")
    if "subject" in scored and (count := scored["subject"].nunique(dropna=False)) > 1:
        raise OptionError(
            f"the table has rows of {count} subjects: give one, or draw a profile of each, or of groups (plot_groups)"
        )
    z = numbers_of(scored, Z_COLUMNS)
    missing, has_value = np.isnan(z), ~np.isnan(numbers_of(scored, Z_CODES))
    marks = {
        ABOVE: z > Z_EDGE, BELOW: z < -Z_EDGE, AT_LIMIT: find_limits(scored) & ~missing,
        NO_VALUE: missing & ~has_value, NO_Z: missing & has_value,
    }  # fmt: skip
    side_values = numbers_of(scored, ("PHS", "DMA"))
    visits = list_visits(scored)
    labels = _label_rows(scored, with_visit=len(visits) > 1)
    looks = _look_over_visits(scored, visits) if len(visits) > 1 else _look(scored)
    rows = []
    for n, (colour, face, shape, dashes) in looks.items():
        own = {mark: flags[n] for mark, flags in marks.items()}
        rows.append(Row(labels[n], colour, face, shape, dashes, z[n], own, *side_values[n]))
    return rows


def _look(scored: pd.DataFrame) -> dict[int, tuple[str, str, str, Any]]:
    """Rows in the order they are drawn: colour, face, shape and dashes of each."""
    areas = texts_of(scored, "area")
    colours, used = list(MORE_COLOURS) * len(scored), {"test": 0, "control": 0, "": 2}
    looks = {}
    for n in sorted(range(len(scored)), key=lambda n: rank_area(areas[n])):
        area = areas[n] if areas[n] in AREA_COLOURS else "test" if not areas[n] else ""
        colour = AREA_COLOURS[area] if area and not used[area] else colours.pop(0)
        looks[n] = _complete_look(area, colour, SHAPES[used[area] % 4])
        used[area] += 1
    return looks


def _look_over_visits(scored: pd.DataFrame, visits: Sequence[str]) -> dict[int, tuple[str, str, str, Any]]:
    """As `_look`, with a colour and a shape for each visit; filled and open markers distinguish the areas.

    When all colours were used, they come again with the shapes moved on by one: no two of 36 visits look the same.
    """
    areas, of_row = texts_of(scored, "area"), [visits.index(visit) for visit in texts_of(scored, "visit")]
    order = sorted(range(len(scored)), key=lambda n: (rank_area(areas[n]), of_row[n]))
    looks = {}
    for n in order:
        again, colour = divmod(of_row[n], len(COLOURS))
        looks[n] = _complete_look(areas[n], COLOURS[colour], SHAPES[(colour + again) % len(SHAPES)])
    return looks


def _complete_look(area: str, colour: str, shape: str) -> tuple[str, str, str, Any]:
    face, dashes = ("white", (0, (4, 2))) if area == "control" else (colour, "-")
    return colour, face, shape, dashes


def _label_rows(scored: pd.DataFrame, *, with_visit: bool = False) -> list[str]:
    """What distinguishes each row from the others, such as 'test (foot, left)'."""
    language = current_language()
    labels: list[str] = []
    visits = texts_of(scored, "visit") if with_visit else [""] * len(scored)
    columns = [texts_of(scored, column) for column in ("area", "site", "side")]
    for visit, area, site, side in zip(visits, *columns, strict=True):
        named, place = language.word("area_short", area), [language.word("site", site), language.word("side", side)]
        where = ", ".join(filter(None, place))
        row = f"{named} ({where})" if named and where else named or where or language.text("row.assessment")
        if with_visit and visit:
            row = language.text("row.at_visit", row=row, visit=visit)
        elif with_visit:
            row = language.text("row.at_visit_without_name", row=row)
        # matplotlib leaves names that begin with an underscore out of a legend.
        row = " " + row if row.startswith("_") else row
        numbered, n = row, 1
        while numbered in labels:
            n += 1
            numbered = language.text("row.again", row=row, n=n)
        labels.append(numbered)
    return labels
