"""The rows of a profile: what is drawn of each assessment, and how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.errors import OptionError
from qst.patterns import CUT_OFF
from qst.protocol import Z_CODES
from qst.tables import LIMIT

Floats = npt.NDArray[np.float64]

Z_EDGE = 4.0
"""The axis reaches from -4 to 4. A value outside is drawn at the edge, with its number."""

# After Okabe and Ito: colour-blind readers tell them apart. The first is darkened, to differ from the second in grey.
_COLOURS = {"test": "#00507f", "control": "#d55e00"}
_MORE_COLOURS = ("#009e73", "#cc79a7", "#56b4e9", "#222222")
_SHAPES = ("o", "s", "p", "h")

ABOVE, BELOW, AT_LIMIT = "above the axis", "below the axis", "at device limit"
NO_VALUE, NO_Z = "no value", "value without z-score"


@dataclass(frozen=True, eq=False)
class Row:
    """One assessment as it is drawn; arrays have one entry a parameter with a z."""

    label: str
    colour: str
    face: str
    shape: str
    dashes: Any
    z: Floats
    marks: dict[str, npt.NDArray[np.bool_]]
    phs: float
    dma: float


def texts_of(scored: pd.DataFrame, column: str) -> list[str]:
    """The column as text; empty where it is missing."""
    if column not in scored:
        return [""] * len(scored)
    return ["" if pd.isna(cell) else str(cell) for cell in scored[column].tolist()]


def numbers_of(scored: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """The columns as numbers, shape (rows, columns); NaN where they are missing."""
    absent = pd.Series(np.nan, index=scored.index)
    return np.column_stack([pd.to_numeric(scored.get(c, absent), errors="coerce").astype(float) for c in columns])


def read_rows(scored: pd.DataFrame) -> list[Row]:
    """What is drawn of each assessment: test areas first, then control areas, then others."""
    if "CDT_z" not in scored:
        raise OptionError("the table has no column CDT_z, so it is not scored: give the result of qst.score")
    if scored.empty:
        raise OptionError("the table has no rows: give the rows of one subject, usually a test and a control area")
    for column in ("subject", "visit"):
        if column in scored and (count := scored[column].nunique(dropna=False)) > 1:
            raise OptionError(f"the table has rows of {count} {column}s: give one, or draw a profile of each")
    z = numbers_of(scored, [f"{code}_z" for code in Z_CODES])
    missing, has_value = np.isnan(z), ~np.isnan(numbers_of(scored, Z_CODES))
    limit = np.column_stack([np.array(texts_of(scored, f"{code}_finding")) == LIMIT for code in Z_CODES])
    limit |= [[f"at_limit:{code}" in notes.split(";") for code in Z_CODES] for notes in texts_of(scored, "notes")]
    marks = {
        ABOVE: z > Z_EDGE, BELOW: z < -Z_EDGE, AT_LIMIT: limit & ~missing,
        NO_VALUE: missing & ~has_value, NO_Z: missing & has_value,
    }  # fmt: skip
    side_values = numbers_of(scored, ("PHS", "DMA"))
    areas, labels = texts_of(scored, "area"), _label_rows(scored)
    colours, used = list(_MORE_COLOURS) * len(scored), {"test": 0, "control": 0, "": 2}
    rows = []
    for n in sorted(range(len(scored)), key=lambda n: {"test": 0, "control": 1}.get(areas[n], 2)):
        area = areas[n] if areas[n] in _COLOURS else "test" if not areas[n] else ""
        colour = _COLOURS[area] if area and not used[area] else colours.pop(0)
        face, dashes = ("white", (0, (4, 2))) if area == "control" else (colour, "-")
        shape = _SHAPES[used[area] % len(_SHAPES)]
        used[area] += 1
        own = {mark: flags[n] for mark, flags in marks.items()}
        rows.append(Row(labels[n], colour, face, shape, dashes, z[n], own, *side_values[n]))
    return rows


def _label_rows(scored: pd.DataFrame) -> list[str]:
    """What tells each row from the others, such as 'test (foot, left)'."""
    labels: list[str] = []
    for area, *place in zip(*(texts_of(scored, column) for column in ("area", "site", "side")), strict=True):
        where = ", ".join(filter(None, place))
        label = f"{area} ({where})" if area and where else area or where or "assessment"
        # matplotlib leaves names that begin with an underscore out of a legend.
        label = " " + label if label.startswith("_") else label
        again = sum(earlier == label or earlier.startswith(f"{label} no. ") for earlier in labels)
        labels.append(f"{label} no. {again + 1}" if again else label)
    return labels


def find_cut_off(scored: pd.DataFrame) -> float:
    """The cut-off the rows were scored with, as their notes say."""
    told = [item for text in texts_of(scored, "notes") for item in text.split(";") if item.startswith("cut_off:")]
    return float(told[0].partition(":")[2]) if told else CUT_OFF
