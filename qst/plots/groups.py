"""Sensory profiles of groups: mean z-scores with their 95 % intervals, and the single profiles faint behind."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from qst.arrays import Floats, split_list
from qst.cohort.intervals import average
from qst.cohort.scored_rows import are_at_limit, check_scored, find_cut_off, numbers_of, texts_of
from qst.cohort.selection import Groups, select_groups
from qst.plots.canvas import COLOURS, SHAPES, WIDTH_MM, describe_people
from qst.plots.language import current_language
from qst.plots.profile import draw_rows
from qst.plots.profile_rows import ABOVE, BELOW, NO_VALUE, Z_EDGE, Row
from qst.protocol import RATING_OFFSET, Z_CODES
from qst.tables import Z_COLUMNS

_DASHES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (2, 2)))


def plot_groups(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    by: str | None = None,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw the sensory profile of groups: mean z with its 95 % interval, and every person's profile faint behind.

    The interval is mean ± t · SD / √n over people (Student's t, n − 1 degrees of freedom). PHS is a mean of counts,
    DMA a geometric mean of rating + 0.1 with an interval formed on the logarithm. Hatching: the finding cannot be made
    in more than half of the people shown. Axes, order, band and arrows are those of `plot_profile`.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`); columns as for `plot_profile`. A person who has several rows in a group (two sites
        or visits) counts once, by the mean of their z; missing z are left out, parameter by parameter.
    ax : matplotlib.axes.Axes, optional
    by : str, optional
        Column that names the groups, for example ``"diagnosis_label"``; rows without a name are left out, and the foot
        of the figure says how many. Without it, all people are one group.
    area : str
        ``"test"``, ``"control"`` or ``"all"``. Rows without an area count as test areas.
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        No row is left, the table is not scored, there is no column `by`, or it names more than 6 groups.

    Examples
    --------
    >>> import qst
    >>> ax = plot_groups(qst.score(qst.load("examples/cohort_synthetic.csv")), by="diagnosis_label")
    >>> ax.get_legend().get_texts()[0].get_text()
    'synthetic healthy (n = 15)'
    """
    check_scored(scored, "the rows of a cohort")
    shown, groups = select_groups(scored, by, area)
    rows, notes = read_groups(shown, groups, by)
    texts = texts_of(shown, "not_findable")
    names = [name for text in texts for name in split_list(text)]
    hatched = {name for name in names if 2 * names.count(name) > len(shown)} if names else set()
    footer = [*describe_people(shown), *notes]
    options: dict[str, Any] = {"not_findable": "groups.not_findable", "title": title, "width_mm": width_mm}
    return draw_rows(rows, ax, hatched, find_cut_off(shown), footer, **options)


def read_groups(scored: pd.DataFrame, groups: Groups, by: str | None) -> tuple[list[Row], list[str]]:
    """What is drawn of each group, and what the foot of the figure has to say of it."""
    values = np.column_stack([numbers_of(scored, Z_COLUMNS), numbers_of(scored, ["PHS"]), _log_dma(scored)])
    subjects = np.array([text or f"\x00{row}" for row, text in enumerate(texts_of(scored, "subject"))], dtype=object)
    language = current_language()
    rows, notes, averaged = [], describe_left_out(groups, by), 0
    for position, name in enumerate(groups.names):
        among = groups.of_row == name
        people = pd.DataFrame(values[among]).groupby(subjects[among], sort=False).mean().to_numpy()
        averaged += int(among.sum()) - len(people)
        shown = language.text("groups.everybody") if by is None else str(name)
        rows.append(_form_row(shown, people, position))
        known = dict(zip((*Z_CODES, "PHS", "DMA"), (~np.isnan(people)).sum(axis=0).tolist(), strict=True))
        usual = max(known[code] for code in Z_CODES)
        fewer = {code: n for code, n in known.items() if n < (usual if code in Z_CODES else len(people))}
        lacking = [language.text("groups.z_scores", n=usual)] if usual < len(people) else []
        lacking += [f"{code} {n}" for code, n in fewer.items()]
        if lacking:
            key = "groups.fewer" if by is None else "groups.fewer_in"
            notes.append(language.text(key, group=name, counts=", ".join(lacking)))
    if averaged:
        notes.insert(0, language.text("people.averaged"))
    return rows, notes + _describe_limits(scored)


def describe_left_out(groups: Groups, by: str | None) -> list[str]:
    """How many rows are in no group, for the foot of a figure."""
    return [current_language().text("groups.left_out", n=groups.left_out, column=by)] if groups.left_out else []


def _log_dma(scored: pd.DataFrame) -> Floats:
    return np.asarray(np.log10(np.maximum(numbers_of(scored, ["DMA"]), RATING_OFFSET)))


def _form_row(name: str, people: Floats, position: int) -> Row:
    mean, interval = average(people)
    z, (phs, dma) = mean[: len(Z_CODES)], mean[len(Z_CODES) :]
    marks = {ABOVE: z > Z_EDGE, BELOW: z < -Z_EDGE, NO_VALUE: np.isnan(z)}
    colour = COLOURS[position]
    return Row(
        label=f"{name} (n = {len(people)})",
        colour=colour,
        face=colour,
        shape=SHAPES[position],
        dashes=_DASHES[position],
        z=z,
        marks=marks,
        phs=float(phs),
        dma=float(10**dma),
        interval=interval[:, : len(Z_CODES)],
        phs_interval=interval[:, -2],
        dma_interval=10 ** interval[:, -1],
        singles=people[:, : len(Z_CODES)],
    )


def _describe_limits(scored: pd.DataFrame) -> list[str]:
    """How many values lie at the end of the device, so that a mean understates what is there."""
    counts = are_at_limit(scored, Z_CODES).sum(axis=0).tolist()
    shown = [f"{code} {number}" for code, number in zip(Z_CODES, counts, strict=True) if number]
    return [current_language().text("groups.at_limit", counts=", ".join(shown))] if shown else []
