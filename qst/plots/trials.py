"""Single trials for figures: whose they are, and the ratings of one parameter."""

from typing import Any

import numpy as np
import pandas as pd

from qst.cohort.scored_rows import texts_of
from qst.derive.trials import kept_trials
from qst.errors import OptionError
from qst.plots.canvas import AREA_COLOURS, MORE_COLOURS
from qst.plots.language import current_language
from qst.tables import KEY


def take_ratings(trials: pd.DataFrame, codes: tuple[str, ...], needed: str) -> pd.DataFrame:
    """The ratings that count of some parameters.

    Columns `area`, `person`, `assessment`, `parameter`, `stimulus`, `series`, `value`.

    Rows whose `keep` is false and those without a value are left out, as `qst.derive_values` leaves them out. A row
    without an area is of a test area.

    Raises
    ------
    OptionError
        There are none; the text says that single trials are needed, and which (`needed`).
    """
    remedy = f"{needed}; give the file with the trials (columns parameter, stimulus, value), not with one row per area"
    if not {"parameter", "value"} <= set(trials.columns):
        raise OptionError(f"the table has no single trials: this figure needs {remedy}")
    value = pd.to_numeric(trials["value"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wanted = kept_trials(trials) & np.isfinite(value) & trials["parameter"].isin(codes).to_numpy()
    if not wanted.any():
        raise OptionError(f"the trials hold no rating of {' or '.join(codes)}: this figure needs {remedy}")
    key = pd.Series(["\x00".join(parts) for parts in zip(*(texts_of(trials, name) for name in KEY), strict=True)])
    person = [text or f"\x00{row}" for text, row in zip(texts_of(trials, "subject"), pd.factorize(key)[0], strict=True)]
    table = pd.DataFrame(
        {
            "area": [text or "test" for text in texts_of(trials, "area")],
            "person": person,
            "assessment": pd.factorize(key)[0],
            "parameter": texts_of(trials, "parameter"),
            "stimulus": texts_of(trials, "stimulus"),
            "series": texts_of(trials, "series"),
            "value": value,
        }
    )
    kept: pd.DataFrame = table[wanted].reset_index(drop=True)
    return kept


def list_areas(ratings: pd.DataFrame) -> dict[str, str]:
    """The areas in the order drawn, test before control before others, each with its colour."""
    others = sorted(set(ratings["area"]) - set(AREA_COLOURS))
    names = [name for name in AREA_COLOURS if (ratings["area"] == name).any()] + others
    more = iter(MORE_COLOURS * len(names))
    return {name: AREA_COLOURS.get(name) or next(more) for name in names}


def style_area(area: str, colour: str, **look: Any) -> dict[str, Any]:
    """Look of an area's curve: filled, or open and dashed for a control area."""
    shape, face, dashes = ("s", "white", (0, (4, 2))) if area == "control" else ("o", colour, "-")
    own = {"color": colour, "marker": shape, "markerfacecolor": face, "linestyle": dashes, "label": area}
    return own | look


def describe_trials(trials: pd.DataFrame, ratings: pd.DataFrame) -> list[str]:
    """Who gave the ratings, for the foot of a figure."""
    language = current_language()
    people = language.text("count.people", n=int(ratings["person"].nunique()))
    parts = [language.text("people.n", what=people)]
    for column in ("age", "sex", "site"):
        texts = list(dict.fromkeys(text.removesuffix(".0") for text in texts_of(trials, column) if text))
        if column == "age" and len(texts) > 1:
            ages = np.array(texts, dtype=float)
            parts.append(language.text("people.ages", low=float(ages.min()), high=float(ages.max())))
        elif column == "age" and texts:
            parts.append(language.text("people.age", age=language.write(texts[0])))
        elif texts:
            parts.append(" / ".join(language.word(column, text) for text in texts))
    return parts
