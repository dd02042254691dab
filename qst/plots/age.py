"""A parameter's values against age, with the band of the norm."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from qst.arrays import Floats
from qst.cohort.scored_rows import (
    are_at_limit,
    check_parameter,
    check_scored,
    distinct_texts,
    find_cut_off,
    find_notes,
    numbers_of,
    scale_values,
    texts_of,
)
from qst.cohort.selection import select_area
from qst.errors import OptionError
from qst.inference.findings import PHS_BOUND
from qst.norms.reference_sets import ReferenceSet, list_references, load_reference, look_up_norms
from qst.norms.zscores import transform
from qst.plots.canvas import GREY, WIDTH_MM, Canvas, describe_people
from qst.plots.language import current_language
from qst.plots.profile_rows import AT_LIMIT
from qst.plots.value_axis import describe_value, ring, set_value_scale
from qst.protocol import BY_CODE, CODES, Parameter
from qst.tables import SEXES

# Colour, marker and hatching of each sex; neither colour is that of an area, of gain or of loss.
_LOOKS = {"female": ("#b8568f", "o", None), "male": ("#222222", "s", "....")}

_BEYOND = 15.0
"""Years that the open top stratum is drawn beyond its beginning, or to the oldest person (ours)."""

_NARROWEST = 20.0
"""Years that the axis shows at least, where few people and no norm would give a part of a year (ours)."""

_LIMIT_LINE: Any = {"color": GREY, "linestyle": ":", "linewidth": 0.9}

# Words on a white ground, above the bands and below the people.
_NOTE: Any = {"zorder": 2, "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8}}


@dataclass(frozen=True, eq=False)
class NormBand:
    """A sex's norm over age: lower and upper bound and mean on the parameter's scale, NaN where there is none."""

    sex: str
    age: Floats
    low: Floats
    mean: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class AgePoints:
    """The people of one sex: age (years) and value on the parameter's scale."""

    sex: str
    age: Floats
    value: Floats
    control: npt.NDArray[np.bool_]
    at_limit: npt.NDArray[np.bool_]


def find_band(
    parameter: Parameter, site: str, sex: str, oldest: float, reference: ReferenceSet, cut_off: float
) -> NormBand:
    """The norm of one parameter, site and sex over all ages it covers, by mean ± cut-off × SD.

    Doubtful norms and those without spread are left out, as they are not used to judge. PHS has only an upper bound.
    """
    edges = reference.edges
    end = max(oldest, float(edges[-1]) + _BEYOND)
    # Each band of ages begins at its edge and reaches to just before the next.
    age = np.unique(np.concatenate([edges, edges[1:] - 1e-6, [end]]))
    people = pd.DataFrame({"age": np.minimum(age, 119.0), "sex": sex, "site": site})
    stratum, column = look_up_norms(people, reference).stratum, CODES.index(parameter.code)
    usable = reference.usable()[stratum, column]
    mean = np.where(usable, reference.mean[stratum, column], np.nan)
    reach = (cut_off if parameter.has_z else PHS_BOUND) * reference.sd[stratum, column]
    low = mean - reach if parameter.has_z else np.where(np.isnan(mean), np.nan, 0.0)
    return NormBand(sex, age, low, mean, mean + reach)


def plot_age(
    scored: pd.DataFrame,
    ax: Axes | None = None,
    *,
    parameter: str,
    reference: str | ReferenceSet | None = None,
    area: str = "test",
    title: str | None = None,
    width_mm: float = WIDTH_MM,
) -> Axes:
    """Draw one parameter's values against age, with the norm's band of each sex: mean ± 1.96 SD, in the value's unit.

    The axis is turned where more means less sensitive, so that gain of function is up and loss down, as in the profile.
    Between two lines lie 95 % of healthy people of that age and sex; where the table was scored with another cut-off
    than 1.96, the band has that. It steps where the norm's age bands do, and is missing where the norm is. Control
    areas are open; a dotted line is the device's limit.

    Parameters
    ----------
    scored : pandas.DataFrame
        Scored table (`qst.score`) of one site: the parameter's value, `age` (years), `sex`, `site`, `notes`,
        `reference_set`. A row without age, sex or value is not drawn, and the foot of the figure counts them.
    ax : matplotlib.axes.Axes, optional
    parameter : str
        One of the 13 codes but DMA, which healthy skin never shows.
    reference : str or ReferenceSet, optional
        The reference set the table was scored by, where it did not come with the program.
    area : {"test", "control", "all"}
    title : str, optional
    width_mm : float
        Width of the figure that is made where there is no `ax`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        The parameter has no band, the rows are of several sites, or the reference set is not the table's.

    Examples
    --------
    >>> import qst
    >>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
    >>> ax = plot_age(scored[scored["site"] == "hand"], parameter="HPT")
    >>> ax.get_ylabel()
    'HPT (°C)'
    """
    check_scored(scored, "the rows of a person or a cohort")
    check_parameter(parameter, scored)
    if parameter == "DMA":
        raise OptionError("DMA has no band: healthy skin never shows it, and any rating above the threshold is a gain")
    shown = select_area(scored, area)
    known = BY_CODE[parameter]
    norms = _find_reference(shown, reference)
    site = _find_site(shown)
    points, lost = read_points(shown, known)
    if not points:
        raise OptionError(f"no row has age, sex and a value of {parameter}: there is nothing to draw")
    oldest = max(float(group.age.max()) for group in points)
    borrowed = _find_stand_in(shown, site)
    cut_off = find_cut_off(shown)
    bands = [find_band(known, borrowed, group.sex, oldest, norms, cut_off) for group in points]
    limit = _find_limit(points, bands, known)
    canvas = Canvas(ax, width_mm, 6.2, 1.2)
    legend = _legend(points, bands, canvas, known, cut_off)
    legend += (
        [(Line2D([], [], **_LIMIT_LINE), canvas.language.text("legend.device_limit"))] if limit is not None else []
    )
    ax = canvas.open(
        0.45 * canvas.room,
        title=title,
        footer=_describe(shown, known, bands, lost, site, borrowed),
        legend=legend,
        under=3.0 * canvas.font,
    )
    _draw(ax, points, bands, canvas, known, limit)
    return ax


def read_points(scored: pd.DataFrame, parameter: Parameter) -> tuple[list[AgePoints], int]:
    """The people of each sex, women first; and how many rows lack age, sex or value."""
    age, value = numbers_of(scored, ["age"])[:, 0], scale_values(scored, parameter)
    sexes, areas = np.array(texts_of(scored, "sex")), np.array(texts_of(scored, "area"))
    limit = are_at_limit(scored, [parameter.code])[:, 0]
    drawn = np.isfinite(age) & np.isfinite(value) & np.isin(sexes, SEXES)
    groups = []
    for sex in SEXES:
        rows = drawn & (sexes == sex)
        if rows.any():
            groups.append(AgePoints(sex, age[rows], value[rows], areas[rows] == "control", limit[rows]))
    return groups, int((~drawn).sum())


def _find_reference(scored: pd.DataFrame, reference: Any) -> ReferenceSet:
    named = distinct_texts(scored, "reference_set")
    if reference is None:
        if len(named) != 1 or named[0] not in list_references():
            told = " and ".join(named) or "no set that is named"
            raise OptionError(f"the rows were scored by {told}: give that reference set")
        return load_reference(named[0])
    norms = load_reference(reference)
    if named and named != [norms.id]:
        raise OptionError(f"the rows were scored by {' and '.join(named)}, not by {norms.id}: give that reference set")
    return norms


def _find_site(scored: pd.DataFrame) -> str:
    sites = distinct_texts(scored, "site")
    if len(sites) != 1:
        told = f"of the sites {', '.join(sites)}" if sites else "without a site"
        raise OptionError(f"the rows are {told}, and norms belong to a site: choose one (--site hand)")
    return sites[0]


def _find_stand_in(scored: pd.DataFrame, site: str) -> str:
    """The site whose norm was used, as the notes say."""
    notes = find_notes(scored, "site_as")
    return next((note.value for note in notes if note.detail.casefold() == site.casefold()), site)


def _describe(
    scored: pd.DataFrame, parameter: Parameter, bands: list[NormBand], lost: int, site: str, borrowed: str
) -> list[str]:
    language, code = current_language(), parameter.code
    footer = describe_people(scored)
    footer += [language.text("age.not_drawn", n=lost, parameter=code)] if lost else []
    if borrowed != site:
        norm, own = (language.word("site", name) for name in (borrowed, site))
        footer.append(language.text("age.borrowed", norm=norm, site=own))
    for band in bands:
        if np.isnan(band.low).any():
            key = "age.no_norm" if np.isnan(band.low).all() else "age.incomplete"
            footer.append(language.text(key, parameter=code, sex=language.word("sex", band.sex)))
    return footer


def _legend(
    points: list[AgePoints], bands: list[NormBand], canvas: Canvas, parameter: Parameter, cut_off: float
) -> list[tuple[Any, str]]:
    language = canvas.language
    legend: list[tuple[Any, str]] = []
    for group, band in zip(points, bands, strict=True):
        colour, marker, hatch = _LOOKS[group.sex]
        style: Any = {"marker": marker, "color": colour, "linestyle": "none", "markersize": 0.6 * canvas.font}
        sex = language.word("sex", group.sex)
        legend.append((Line2D([], [], **style), f"{sex} ({len(group.age)})"))
        key = "age.norm" if parameter.has_z else "age.norm_up_to"
        if not np.isnan(band.low).all():
            legend.append((_patch(colour, hatch), language.text(key, sex=sex, cut_off=cut_off, bound=PHS_BOUND)))
    if any(group.at_limit.any() for group in points):
        legend.append((Line2D([], [], **ring(canvas)), language.text(f"mark.{AT_LIMIT}")))
    return legend


def _find_limit(points: list[AgePoints], bands: list[NormBand], parameter: Parameter) -> float | None:
    """Where the insensitive end of the device lies, if that is near what is drawn; on the parameter's scale."""
    most = parameter.insensitive_end
    if most is None or (parameter.scale == "log10" and most <= 0):
        return None
    ends = [end for band in bands for end in (band.low, band.high)]
    drawn = np.concatenate([*(group.value for group in points), *ends])
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    place = float(transform(parameter.code, np.array([most]))[0])
    near = low - 0.35 * (high - low) <= place <= high + 0.35 * (high - low)
    return place if near else None


def _patch(colour: str, hatch: str | None) -> Patch:
    return Patch(facecolor=(colour, 0.13), edgecolor=colour, hatch=hatch, linewidth=0.5)


def _draw(
    ax: Axes,
    points: list[AgePoints],
    bands: list[NormBand],
    canvas: Canvas,
    parameter: Parameter,
    limit: float | None,
) -> None:
    for band in bands:
        colour, _, hatch = _LOOKS[band.sex]
        look: Any = {"facecolor": (colour, 0.13), "edgecolor": (colour, 0.35), "linewidth": 0.0, "zorder": 0.5}
        ax.fill_between(band.age, band.low, band.high, hatch=hatch, label=f"norm {band.sex}", **look)
        for ends, width in ((band.low, 0.7), (band.high, 0.7), (band.mean, 1.1)):
            ax.plot(band.age, ends, color=colour, linewidth=width, zorder=1, gid=f"norm {band.sex}")
    for group in points:
        colour, marker, _ = _LOOKS[group.sex]
        for control, face in ((False, colour), (True, "white")):
            rows = group.control == control
            style: Any = {"marker": marker, "color": colour, "markerfacecolor": face, "linestyle": "none", "zorder": 3}
            ax.plot(
                group.age[rows], group.value[rows], markersize=0.6 * canvas.font, gid=f"people {group.sex}", **style
            )
        where = group.at_limit
        ax.plot(group.age[where], group.value[where], gid=AT_LIMIT, zorder=4, **ring(canvas))
    if limit is not None:
        ax.axhline(limit, zorder=0.8, gid="device limit", **_LIMIT_LINE)
    if parameter.gain_sign < 0:
        ax.invert_yaxis()
    canvas.style_axes(ax)
    set_value_scale(ax, "y", parameter)
    if parameter.code == "PHS":
        ax.set(yticks=range(4), ylim=(3.2, -0.2))
    young, old = ax.get_xlim()
    if old - young < _NARROWEST:
        ax.set_xlim((young + old - _NARROWEST) / 2, (young + old + _NARROWEST) / 2)
    text = canvas.language.text
    canvas.label_axes(ax, x=text("age.age"), y=describe_value(parameter))
    corner: Any = {"xycoords": "axes fraction", "size": canvas.small, "color": GREY, "ha": "left"} | _NOTE
    if parameter.has_z:
        ax.annotate(f"{text('finding.gain_short')} ↑", (0.01, 0.985), va="top", **corner)
    ax.annotate(f"{text('finding.loss_short')} ↓", (0.01, 0.015), va="bottom", **corner)
