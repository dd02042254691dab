"""Test and retest: the differences between two visits against their means, after Bland and Altman."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qst.arrays import Floats
from qst.cohort.agreement import SPREAD, Retest, pair_visits
from qst.cohort.scored_rows import check_parameter
from qst.cohort.selection import select_area
from qst.language import Language
from qst.plots.canvas import AREA_COLOURS, BAND, COLOURS, GREY, INK, LETTER, WIDTH_MM, Canvas
from qst.plots.profile_rows import AT_LIMIT
from qst.plots.value_axis import describe_value, ring, set_value_scale


def plot_retest(
    table: pd.DataFrame,
    ax: Axes | None = None,
    *,
    parameter: str,
    visits: Sequence[str] | None = None,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw one parameter at two visits after Bland and Altman: second minus first against the mean of both.

    Parameters that are normal after log10 are compared on that scale: the difference is a ratio, 1 where nothing has
    changed, and the mean a geometric one. Lines: the mean difference, and the limits of agreement (± 1.96 SD); bands:
    their 95 % intervals. A ring marks values at the device's limit.

    Parameters
    ----------
    table : pandas.DataFrame
        Assessments or a scored table: the parameter's value, `subject`, `visit`, and `site, side, area` where given.
        A person without a value at one of the visits is left out, and the foot of the figure counts them.
    ax : matplotlib.axes.Axes, optional
    parameter : str
        One of the 13 codes, such as ``"PPT"``.
    visits : sequence of two str, optional
        The earlier and the later visit; needed where there are more than two.
    area : {"test", "control", "all"}
        With all, several areas of a person count as independent, which they are not.
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        As `pair_visits` and for an unknown parameter.

    Examples
    --------
    >>> people = pd.DataFrame({"subject": list("abcabc"), "visit": list("111222"), "HPT": [44, 45, 46, 45, 45, 47.0]})
    >>> ax = plot_retest(people, parameter="HPT")
    >>> [round(line.get_ydata()[0], 2) for line in ax.lines if line.get_gid() == "bias"]
    [0.67]
    """
    check_parameter(parameter, table)
    retest = pair_visits(select_area(table, area), parameter, visits)
    canvas = Canvas(ax, width_mm, 5.6, 6.4)
    log = retest.parameter.scale == "log10"
    names = list(dict.fromkeys(retest.areas))
    looks = {name: AREA_COLOURS.get(name, COLOURS[2]) for name in names}
    language = canvas.language
    legend: list[tuple[Any, str]] = [
        (
            Line2D([], [], **_dot(canvas, colour, name)),
            f"{language.word('area_name', name)} ({retest.areas.count(name)})",
        )
        for name, colour in looks.items()
    ]
    legend += [(Patch(facecolor=BAND), language.text("retest.intervals"))]
    if retest.at_limit.any():
        legend.append((Line2D([], [], **ring(canvas)), language.text(f"mark.{AT_LIMIT}")))
    first, second = retest.visits
    pairs = language.text("count.pairs", n=len(retest.mean))
    footer = [language.text("retest.pairs", pairs=pairs, first=first, second=second)]
    if retest.single:
        footer.append(language.text("retest.without_partner", values=language.text("count.values", n=retest.single)))
    footer += [language.text("people.areas_not_independent")] if area == "all" else []
    footer.append(language.text("retest.method"))
    height = canvas.own_height or 0.5 * canvas.room
    ax = canvas.open(height, title=title, footer=footer, legend=legend, under=3.0 * canvas.font)
    _draw_lines(ax, retest, canvas, height, log=log)
    for name, colour in looks.items():
        of_area = np.array([other == name for other in retest.areas])
        style: Any = {"zorder": 3, "gid": "pairs", "label": name}
        ax.plot(retest.mean[of_area], retest.difference[of_area], **_dot(canvas, colour, name), **style)
    where = retest.at_limit
    ax.plot(retest.mean[where], retest.difference[where], gid=AT_LIMIT, **ring(canvas))
    canvas.style_axes(ax)
    set_value_scale(ax, "x", retest.parameter)
    _label_differences(ax, language, log=log)
    longest = int(height / (LETTER * canvas.font))
    x = language.text("retest.geometric_mean_of" if log else "retest.mean_of", value=describe_value(retest.parameter))
    canvas.label_axes(ax, x=x, y=_name_change(retest, language, longest, log=log))
    return ax


def _name_change(retest: Retest, language: Language, longest: int, *, log: bool) -> str:
    """What the differences are; the visits by name where there is room, as the foot of the figure names them too."""
    key, (first, second) = "retest.ratio" if log else "retest.difference", retest.visits
    unit = language.word("unit", retest.parameter.unit)
    named = language.text(key, first=first, second=second, unit=unit)
    return named if len(named) <= longest else language.text(f"{key}_unnamed", unit=unit)


def _dot(canvas: Canvas, colour: str, area: str) -> dict[str, Any]:
    face, shape = ("white", "s") if area == "control" else (colour, "o")
    look = {"color": colour, "markerfacecolor": face, "marker": shape, "markersize": 0.6 * canvas.font}
    return look | {"linestyle": "none"}


def _spread(places: Floats, gap: float, height: float) -> Floats:
    """Rising places, moved apart to at least that gap, about the middle one and within the height."""
    middle = places[1]
    apart = np.array([min(places[0], middle - gap), middle, max(places[2], middle + gap)])
    return np.asarray(apart - max(apart[2] - height, 0) - min(apart[0], 0))


def _draw_lines(ax: Axes, retest: Retest, canvas: Canvas, height: float, *, log: bool) -> None:
    language, (low, high) = canvas.language, retest.limits
    reach = 1.15 * max(abs(low - retest.limit_reach), abs(high + retest.limit_reach), np.abs(retest.difference).max())
    reach = reach or (0.1 if log else 1.0)
    ax.set_ylim(-reach, reach)
    points = height / (2 * reach)
    centres = np.array([low, retest.bias, high])
    shifts = _spread((centres + reach) * points, 2.5 * canvas.small, height) - (centres + reach) * points
    for shift, word, centre, ends, dashes, name in (
        (shifts[1], language.text("retest.mean"), retest.bias, retest.bias_interval, "-", "bias"),
        (
            shifts[0],
            language.write(f"-{SPREAD} SD"),
            low,
            (low - retest.limit_reach, low + retest.limit_reach),
            "--",
            "limit of agreement",
        ),
        (
            shifts[2],
            language.write(f"+{SPREAD} SD"),
            high,
            (high - retest.limit_reach, high + retest.limit_reach),
            "--",
            "limit of agreement",
        ),
    ):
        ax.axhspan(*ends, color=BAND, linewidth=0, zorder=0.5, gid=f"{name} interval")
        ax.axhline(centre, color=INK, linestyle=dashes, linewidth=0.9, zorder=1, gid=name)
        number = language.write(f"× {_format_ratio(10**centre)}" if log else _format_difference(centre))
        style: Any = {"xycoords": ("axes fraction", "data"), "va": "center", "size": canvas.small, "color": GREY}
        ax.annotate(f"{word}\n{number}", (1, centre), (4, shift), textcoords="offset points", gid="number", **style)
    ax.axhline(0, color=GREY, linewidth=0.5, linestyle=":", zorder=0.9, gid="no change")


def _format_ratio(ratio: float) -> str:
    """Three digits and no exponent: 0.0123, 0.95, 1.00, 12.3.

    >>> [_format_ratio(ratio) for ratio in (0.01234, 0.951, 1.0, 12.34, 1234.0)]
    ['0.0123', '0.951', '1.00', '12.3', '1230']
    """
    return np.format_float_positional(ratio, precision=3, unique=False, fractional=False, trim="k").rstrip(".")


def _format_difference(value: float) -> str:
    """With its sign, but for 0; two decimals, or none where it is large.

    >>> [_format_difference(value) for value in (0.456, -0.001, -123.4)]
    ['+0.46', '0.00', '-123']
    """
    text = f"{value:+.2f}" if abs(value) < 100 else f"{value:+.0f}"
    return "0.00" if float(text) == 0 else text


def _label_differences(ax: Axes, language: Language, *, log: bool) -> None:
    """Ticks of ratios, where differences are those of logarithms."""
    if not log:
        return
    top = 10 ** ax.get_ylim()[1]
    steps = next((s for s in ([1, 1.1, 1.2], [1, 1.25, 1.5], [1, 1.5, 2], [1, 2, 4], [1, 3, 10], [1, 10, 100])
                  if s[-1] * 1.3 > top), [1, 100, 10_000])  # fmt: skip
    ratios = [value for step in steps for value in {step, 1 / step} if step <= top]
    labels = [language.write(f"{ratio:g}" if ratio >= 1 else f"{ratio:.2g}") for ratio in ratios]
    ax.set_yticks(np.log10(ratios), labels)
