"""The stimulus–response curve: pain ratings by the force of the pinprick, and of light touch apart."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from qst.arrays import Floats
from qst.cohort.intervals import average
from qst.language import Language
from qst.plots.canvas import GREY, INK, PALE, WIDTH_MM, Canvas
from qst.plots.profile import INTERVAL
from qst.plots.trials import describe_trials, list_areas, style_area, take_ratings
from qst.protocol import LIGHT_TOUCH, PINPRICKS, RATING_OFFSET

NEEDED = "ratings of MPS with the pinprick's force as stimulus (8 to 512 mN), and of DMA with the kind of touch"

_TOUCHES = {"cotton wisp": ("wisp", "cws"), "cotton tip": ("tip", "q-tip", "qt"), "brush": ("brush", "bru")}

_ROOM = 0.27
"""Share of the width for light touch (ours)."""


@dataclass(frozen=True, eq=False)
class Response:
    """The ratings of one area: + 0.1, columns in the order of the stimuli; NaN where there is none.

    `people` has one row per person (geometric means), `single` one per rating of one person; `mean` and `interval` (of
    several people, 95 %) are what is drawn as the curve.
    """

    area: str
    colour: str
    stimuli: tuple[Any, ...]
    people: Floats
    single: Floats
    mean: Floats
    interval: Floats
    ratings: int


def read_responses(trials: pd.DataFrame) -> tuple[list[Response], list[Response], int]:
    """Responses to pinpricks and to light touch, an area each; and how many ratings have no usable stimulus."""
    ratings = take_ratings(trials, ("MPS", "DMA"), NEEDED)
    colours = list_areas(ratings)
    named = {text: _read_force(text) for text in ratings["stimulus"].unique()}
    ratings["force"] = ratings["stimulus"].map(named).astype(float)
    ratings["touch"] = ratings["stimulus"].map(_read_touch)
    pinpricks = ratings[(ratings["parameter"] == "MPS") & ratings["force"].notna()]
    touches = ratings[(ratings["parameter"] == "DMA") & (ratings["touch"] != "")]
    lost = len(ratings) - len(pinpricks) - len(touches)
    forces = tuple(sorted({*PINPRICKS, *pinpricks["force"].tolist()}))
    both = ((pinpricks, "force", forces), (touches, "touch", LIGHT_TOUCH))
    curves = [
        [_summarise(part[part["area"] == area], area, colour, column, stimuli) for area, colour in colours.items()]
        for part, column, stimuli in both
    ]
    return curves[0], curves[1], lost


def _read_force(text: str) -> float:
    """A force in mN from `8` or `8 mN`; NaN from anything else."""
    found = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*(?:mN)?\s*", text)
    return float(found[1].replace(",", ".")) if found and float(found[1].replace(",", ".")) > 0 else float("nan")


def _read_touch(text: str) -> str:
    plain = text.strip().lower()
    return next((name for name, others in _TOUCHES.items() if plain == name or plain in others), "")


def _summarise(part: pd.DataFrame, area: str, colour: str, column: str, stimuli: tuple[Any, ...]) -> Response:
    shown = part.assign(log=np.log10(np.maximum(part["value"], 0) + RATING_OFFSET))
    means = shown.pivot_table("log", "person", column, aggfunc="mean").reindex(columns=list(stimuli))
    people = means.to_numpy(dtype=float).reshape(-1, len(stimuli))
    mean, interval = (
        average(people) if len(people) else (np.full(len(stimuli), np.nan), np.full((2, len(stimuli)), np.nan))
    )
    place = shown[column].map({stimulus: n for n, stimulus in enumerate(stimuli)})
    single = np.column_stack([place.to_numpy(float), 10 ** shown["log"].to_numpy(float)])
    single = single if len(people) == 1 else np.empty((0, 2))
    return Response(area, colour, stimuli, 10**people, single, 10**mean, 10**interval, len(part))


def plot_stimulus_response(
    trials: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None, width_mm: float = WIDTH_MM
) -> Axes:
    """Draw pain ratings by the force of the pinprick (MPS), and beside them those of light touch (DMA).

    The curve is the geometric mean of rating + 0.1, on logarithmic axes; a rating of 0 lies at 0.1. Of one person the
    single ratings stand behind it; of several, each person's curve, and the 95 % interval of their mean (Student's t on
    the logarithms). Test areas are filled, control areas open and dashed. A cross at the foot is a stimulus that was
    never rated.

    Parameters
    ----------
    trials : pandas.DataFrame
        Single trials (`qst.load`): `parameter`, `stimulus` (the force in mN, or cotton wisp, cotton tip, brush) and
        `value` (rating 0-100); `subject`, `area` and `keep` where given. Discarded trials and missing values do not
        count; ratings without a usable stimulus are left out, and the foot of the figure counts them.
    ax : matplotlib.axes.Axes, optional
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes
        That of the pinpricks; that of light touch is in its `child_axes`, with the label ``"touch"``.

    Raises
    ------
    OptionError
        There are no such trials: a table with one row per tested area has only their means.

    Examples
    --------
    >>> import qst
    >>> trials = qst.load("examples/trials_synthetic.csv", problems=[])
    >>> ax = plot_stimulus_response(trials[trials["subject"] == "S03"])
    >>> [line.get_label() for line in ax.lines if not line.get_label().startswith("_")]
    ['test', 'control']
    """
    pinpricks, touches, lost = read_responses(trials)
    canvas = Canvas(ax, width_mm, 4.6, 1.0)
    several = max(len(response.people) for response in (*pinpricks, *touches)) > 1
    language = canvas.language
    areas = [language.word("area_name", response.area) for response in pinpricks]
    legend: list[tuple[Any, str]] = [
        (Line2D([], [], **_style(response, canvas)), area) for response, area in zip(pinpricks, areas, strict=True)
    ]
    if several:
        bar = Line2D([], [], color=GREY, linewidth=1.1, marker="|", markersize=4)
        legend.append((bar, language.text("legend.interval_of_mean")))
    behind = {"color": PALE, "linewidth": 0.5} if several else {"color": PALE, "marker": ".", "linestyle": "none"}
    key = "legend.single_people" if several else "stimulus_response.single_ratings"
    legend.append((Line2D([], [], **behind), language.text(key)))
    if any(np.isnan(response.mean).any() for response in (*pinpricks, *touches)):
        cross = Line2D([], [], color=GREY, marker="x", linestyle="none", markersize=4)
        legend.append((cross, language.text("stimulus_response.not_rated")))
    counted = [
        language.text("stimulus_response.ratings", area=area, pinprick=one.ratings, touch=other.ratings)
        for area, one, other in zip(areas, pinpricks, touches, strict=True)
    ]
    footer = [*describe_trials(trials, take_ratings(trials, ("MPS", "DMA"), NEEDED)), *counted]
    if lost:
        footer.append(language.text("stimulus_response.left_out", ratings=language.text("count.ratings", n=lost)))
    footer.append(language.text("stimulus_response.geometric"))
    ax = canvas.open(
        0.42 * canvas.room, title=title, footer=footer, legend=legend, under=1.8 * canvas.font, over=1.7 * canvas.font
    )
    touch = ax.inset_axes((1 - _ROOM, 0, _ROOM, 1), label="touch")
    ax.set_axes_locator(_part(ax, 0, 1 - _ROOM - 0.04))
    touch.set_axes_locator(_part(ax, 1 - _ROOM, 1))
    _draw_curves(ax, pinpricks, canvas, language.text("stimulus_response.pinprick"))
    _draw_curves(touch, touches, canvas, language.text("stimulus_response.light_touch"))
    touch.set_yticklabels([])
    canvas.label_axes(ax, y=language.text("stimulus_response.rating"))
    return ax


def _part(ax: Axes, start: float, stop: float) -> Any:
    """Keep an axes between two shares of the width that `ax` was given."""

    def locate(_: Any, __: Any) -> Bbox:
        room = ax.get_position(original=True)
        return Bbox.from_extents(room.x0 + start * room.width, room.y0, room.x0 + stop * room.width, room.y1)

    return locate


def _style(response: Response, canvas: Canvas) -> dict[str, Any]:
    return style_area(response.area, response.colour, markersize=0.62 * canvas.font, linewidth=1)


def _name_stimulus(stimulus: Any, language: Language) -> str:
    return language.text(f"touch.{stimulus}") if isinstance(stimulus, str) else language.write(f"{stimulus:g}")


def _draw_curves(ax: Axes, responses: list[Response], canvas: Canvas, name: str) -> None:
    stimuli = responses[0].stimuli
    x = np.arange(len(stimuli), dtype=float)
    shifts = np.linspace(-0.09, 0.09, len(responses)) if len(responses) > 1 else np.zeros(1)
    for response, shift in zip(responses, shifts, strict=True):
        faint: Any = {"color": response.colour, "alpha": 0.35, "zorder": 1.5}
        if len(response.people) > 1:
            ax.plot(x + shift, response.people.T, linewidth=0.5, gid="people", **faint)
        ax.plot(response.single[:, 0] + shift, response.single[:, 1], ".", markersize=3, gid="ratings", **faint)
        known = ~np.isnan(response.interval).any(axis=0)
        for place, low, high in zip(x[known] + shift, *response.interval[:, known], strict=True):
            ends = np.clip([low, high], RATING_OFFSET, 100 + RATING_OFFSET)
            ax.plot([place] * 2, ends, color=response.colour, linewidth=1.1, zorder=2.5, gid=INTERVAL)
        ax.plot(x + shift, response.mean, zorder=3, clip_on=False, **_style(response, canvas))
        missing = np.isnan(response.mean)
        cross: Any = {"marker": "x", "linestyle": "none", "markersize": 0.6 * canvas.font, "color": response.colour}
        if missing.any():
            ax.plot(x[missing] + 3 * shift, np.full(missing.sum(), 0.125), gid="no value", **cross)
    canvas.style_axes(ax)
    ax.set_yscale("log")
    ax.set(xlim=(-0.5, len(stimuli) - 0.5), ylim=(RATING_OFFSET * 0.93, 110))
    ax.set_yticks([0.1, 1, 10, 100], [canvas.language.number(rating) for rating in (0.1, 1, 10, 100)])
    ax.set_yticks([], minor=True)
    ax.set_xticks(x, [_name_stimulus(stimulus, canvas.language) for stimulus in stimuli])
    ax.axhline(RATING_OFFSET, color=PALE, linewidth=0.4, zorder=0.5)
    style: Any = {"xycoords": "axes fraction", "ha": "left", "va": "bottom", "size": canvas.font, "color": INK}
    ax.annotate(name, (0, 1), (0, 2), textcoords="offset points", **style)
