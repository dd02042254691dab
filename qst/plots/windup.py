"""Wind-up: the rating of a single pinprick against that of a train, pair by pair."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from qst.arrays import Floats
from qst.derive.trials import SINGLE, TRAIN
from qst.language import Language
from qst.plots.canvas import INK, PALE, WIDTH_MM, Canvas
from qst.plots.trials import describe_trials, list_areas, style_area, take_ratings

NEEDED = "ratings of WUR with the stimulus single or train"


@dataclass(frozen=True, eq=False)
class WindUp:
    """One area: `pairs` (single, train), one row per series of one person or the means of each of several people.

    `mean` is the mean of each kind of stimulus; `ratio` the wind-up ratio, of several people their geometric mean, NaN
    where there is none; `ratios` is the number of assessments that have one, `undefined` of those whose single stimuli
    were all rated 0.
    """

    area: str
    colour: str
    pairs: Floats
    mean: Floats
    ratio: float
    ratios: int
    undefined: int
    people: int


def read_windup(trials: pd.DataFrame) -> list[WindUp]:
    """Pairs of ratings by area, in the order drawn.

    A single stimulus and a train of one series are a pair; where the series is not given or repeats, the first with the
    first, the second with the second.
    """
    ratings = take_ratings(trials, ("WUR",), NEEDED)
    ratings = ratings[ratings["stimulus"].isin([SINGLE, TRAIN])]
    if ratings.empty:
        ratings = take_ratings(trials.iloc[:0], ("WUR",), NEEDED)
    same = ["assessment", "series", "stimulus"]
    unclear = ratings["series"].eq("") | ratings.duplicated(same, keep=False)
    order = ratings.groupby(["assessment", "stimulus"]).cumcount().astype(str)
    ratings = ratings.assign(pair=ratings["series"].where(~unclear, "no. " + order))
    found = []
    for area, colour in list_areas(ratings).items():
        of_area = ratings[ratings["area"] == area]
        both = [SINGLE, TRAIN]
        # As for WUR itself: means over all ratings of a kind, whether or not they have a partner.
        means = of_area.pivot_table("value", "assessment", "stimulus", aggfunc="mean").reindex(columns=both)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(means[SINGLE] > 0, means[TRAIN] / means[SINGLE], np.nan)
        known = ratio[np.isfinite(ratio) & (ratio > 0)]
        geometric = float(10 ** np.log10(known).mean()) if len(known) else float("nan")
        pairs = means
        if len(means) == 1:
            # Python keeps the order of appearance, so that the series of one person stay in it.
            pairs = of_area.pivot_table("value", "pair", "stimulus", sort=False).reindex(columns=both)
        geometric = float(ratio[0]) if len(means) == 1 else geometric
        mean = means.mean().to_numpy(dtype=float)
        people, undefined = of_area["person"].nunique(), int((means[SINGLE] == 0).sum())
        found.append(WindUp(area, colour, pairs.to_numpy(dtype=float), mean, geometric, len(known), undefined, people))
    return found


def plot_windup(
    trials: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None, width_mm: float = WIDTH_MM
) -> Axes:
    """Draw the rating of single pinpricks against that of trains of ten, area by area.

    Of one person, each faint line is one series: the single stimulus and its train; of several, each is a person's
    means. The bold line joins the means. Above stands the wind-up ratio, mean of the trains over mean of the single
    stimuli (of several people the geometric mean of theirs), or that it is undefined since all single stimuli were
    rated 0.

    Parameters
    ----------
    trials : pandas.DataFrame
        Single trials (`qst.load`): `parameter` WUR, `stimulus` single or train, `value` (rating 0-100); `subject`,
        `area`, `series` and `keep` where given. Discarded trials and missing values do not count; a rating without its
        partner is drawn as a point.
    ax : matplotlib.axes.Axes, optional
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        There are no such trials.

    Examples
    --------
    >>> import qst
    >>> trials = qst.load("examples/trials_synthetic.csv", problems=[])
    >>> ax = plot_windup(trials[trials["subject"] == "S03"])
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "ratio"]
    ['WUR 5.7', 'WUR 4.3']
    """
    areas = read_windup(trials)
    canvas = Canvas(ax, width_mm, 4.4, 1.0)
    several = max(area.people for area in areas) > 1
    text = canvas.language.text
    names = [canvas.language.word("area_name", area.area) for area in areas]
    legend: list[tuple[Any, str]] = [
        (Line2D([], [], **_style(area, canvas)), text("windup.mean", area=name))
        for area, name in zip(areas, names, strict=True)
    ]
    single = text("legend.single_people" if several else "windup.single_series")
    legend.append((Line2D([], [], color=PALE, linewidth=0.7), single))
    footer = describe_trials(trials, take_ratings(trials, ("WUR",), NEEDED))
    footer.append(text("windup.ratio_of_people" if several else "windup.ratio"))
    for area, name in zip(areas, names, strict=True):
        if area.undefined:
            assessments = text("count.assessments", n=area.undefined)
            footer.append(text("windup.no_ratio", area=name, assessments=assessments))
    height = min(0.5 * canvas.room, 24 * canvas.font)
    ax = canvas.open(height, title=title, footer=footer, legend=legend, under=1.8 * canvas.font, over=1.6 * canvas.font)
    _draw_pairs(ax, areas, canvas)
    return ax


def _style(area: WindUp, canvas: Canvas) -> dict[str, Any]:
    return style_area(area.area, area.colour, markersize=0.8 * canvas.font, linewidth=1.4)


def _describe_ratio(area: WindUp, language: Language, *, short: bool) -> str:
    """The wind-up ratio of an area, or why there is none."""
    if np.isnan(area.ratio):
        key = "windup.undefined" if area.undefined else "windup.lacking"
        return language.text(key) if short else f"{language.text(key)}: {language.text(f'{key}_why')}"
    return language.write(f"WUR {area.ratio:.1f}") + (f" (n = {area.ratios})" if area.people > 1 else "")


def _draw_pairs(ax: Axes, areas: list[WindUp], canvas: Canvas) -> None:
    for number, area in enumerate(areas):
        x = np.array([0.0, 1.0]) + 2.2 * number
        faint: Any = {"color": area.colour, "alpha": 0.4, "marker": ".", "markersize": 3, "linewidth": 0.6}
        ax.plot(x, area.pairs.T, gid="pair", zorder=2, **faint)
        ax.plot(x, area.mean, zorder=3, clip_on=False, **_style(area, canvas))
        text = _describe_ratio(area, canvas.language, short=canvas.room < 150 * len(areas))
        style: Any = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "gid": "ratio"}
        ax.annotate(text, (x.mean(), 1.0), (0, 3), textcoords="offset points", size=canvas.font, color=INK, **style)
    top = max([10.0, *(float(np.nanmax(area.pairs, initial=0)) for area in areas)])
    canvas.style_axes(ax)
    ax.set(xlim=(-0.6, 2.2 * len(areas) - 0.6), ylim=(0, min(100, 1.08 * top) if top <= 100 else 1.08 * top))
    kinds = [canvas.language.text(f"windup.{kind}") for kind in (SINGLE, TRAIN)]
    ax.set_xticks([2.2 * n + kind for n in range(len(areas)) for kind in (0, 1)], kinds * len(areas))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    canvas.label_axes(ax, y=canvas.language.text("windup.rating"))
