"""The rows of a profile: what is drawn of each assessment, and how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import OptionError
from qst.patterns import CUT_OFF
from qst.plots.canvas import AREA_COLOURS, COLOURS, MORE_COLOURS, SHAPES, texts_of
from qst.protocol import Z_CODES
from qst.tables import AREAS, LIMIT, Z_COLUMNS
from qst.visits import order_visits

Floats = npt.NDArray[np.float64]

Z_EDGE = 4.0
"""The axis reaches from -4 to 4. A value outside is drawn at the edge, with its number."""

ABOVE, BELOW, AT_LIMIT = "above the axis", "below the axis", "at device limit"
NO_VALUE, NO_Z = "no value", "value without z-score"


@dataclass(frozen=True, eq=False)
class Row:
    """One assessment, or the mean of several, as it is drawn; arrays have one entry a parameter with a z.

    Of a mean, `interval` (lower and upper end; for PHS and DMA apart) and `singles` (a row a person) stand behind it.
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


def numbers_of(scored: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """The columns as numbers, shape (rows, columns); NaN where they are missing."""
    return np.column_stack([_read_numbers(scored, column) for column in columns])


def _read_numbers(scored: pd.DataFrame, column: str) -> Floats:
    if column not in scored:
        return np.full(len(scored), np.nan)
    cells = scored[column]
    return np.asarray(cells if cells.dtype == float else pd.to_numeric(cells, errors="coerce").astype(float))


def check_scored(scored: pd.DataFrame, wanted: str) -> None:
    """Refuse a table that is not scored or has no rows; `wanted` says what to give."""
    if "CDT_z" not in scored:
        raise OptionError("the table has no column CDT_z, so it is not scored: give the result of qst.score")
    if scored.empty:
        raise OptionError(f"the table has no rows: give {wanted}")


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


def find_limits(scored: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which values lie at the insensitive end of the device, by finding or note. Shape (rows, parameters with z)."""
    limit = np.column_stack([np.array(texts_of(scored, f"{code}_finding")) == LIMIT for code in Z_CODES])
    return np.asarray(limit | are_at_limit(scored, Z_CODES))


def are_at_limit(table: pd.DataFrame, codes: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Whether the notes say that a parameter lies at the insensitive end of the device. Shape (rows, codes)."""
    notes = [set(text.split(";")) for text in texts_of(table, "notes")]
    said = np.array([[f"at_limit:{code}" in items for code in codes] for items in notes], dtype=bool)
    return said.reshape(len(table), len(codes))


def find_notes(table: pd.DataFrame, name: str) -> list[str]:
    """What stands behind the name of a note, as `ours` in `phenotypes:ours`: each once, in order of the alphabet."""
    notes = {item for text in set(texts_of(table, "notes")) for item in text.split(";")}
    return sorted(item.partition(":")[2] for item in notes if item.startswith(f"{name}:"))


def list_visits(scored: pd.DataFrame) -> list[str]:
    """The visits as text, in the order of time where their names show it, else as they appear."""
    visits = list(dict.fromkeys(texts_of(scored, "visit")))
    return order_visits(visits) or visits


def rank_area(area: str | None) -> int:
    """Test areas come first, then control areas, then others."""
    return AREAS.index(area) if area in AREAS else len(AREAS)


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
    """As `_look`, with a colour and a shape for each visit; areas are told apart by filled and open markers.

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
    """What tells each row from the others, such as 'test (foot, left)'."""
    labels: list[str] = []
    visits = texts_of(scored, "visit") if with_visit else [""] * len(scored)
    columns = [texts_of(scored, column) for column in ("area", "site", "side")]
    for visit, area, *place in zip(visits, *columns, strict=True):
        where = ", ".join(filter(None, place))
        label = f"{area} ({where})" if area and where else area or where or "assessment"
        label = f"{label}, visit {visit or 'not named'}" if with_visit else label
        # matplotlib leaves names that begin with an underscore out of a legend.
        label = " " + label if label.startswith("_") else label
        again = sum(earlier == label or earlier.startswith(f"{label} no. ") for earlier in labels)
        labels.append(f"{label} no. {again + 1}" if again else label)
    return labels


def find_cut_off(scored: pd.DataFrame) -> float:
    """The cut-off the rows were scored with, as their notes say."""
    told = find_notes(scored, "cut_off")
    return float(told[0]) if told else CUT_OFF
