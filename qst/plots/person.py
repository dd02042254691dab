"""Pictures of scored tables and of trials, drawn with matplotlib and without pyplot."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from qst.atomic import check_writable
from qst.plots.age import plot_age
from qst.plots.canvas import WIDTH_MM
from qst.plots.files import PICTURE_ENDINGS, check_size, save_figure
from qst.plots.frequencies import plot_frequencies
from qst.plots.groups import plot_groups
from qst.plots.heatmap import plot_heatmap
from qst.plots.loga import plot_loga
from qst.plots.mechanisms import plot_mechanisms
from qst.plots.phenotypes import plot_phenotypes
from qst.plots.profile import draw_profile
from qst.plots.retest import plot_retest
from qst.plots.stimulus_response import plot_stimulus_response
from qst.plots.windup import plot_windup

__all__ = [
    "PICTURE_ENDINGS",
    "check_size",
    "plot_age",
    "plot_frequencies",
    "plot_groups",
    "plot_heatmap",
    "plot_loga",
    "plot_mechanisms",
    "plot_phenotypes",
    "plot_profile",
    "plot_retest",
    "plot_stimulus_response",
    "plot_windup",
    "save_figure",
    "save_profile",
]


def plot_profile(scored: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw the sensory profile of one person: z-scores of the test and the control area, PHS and DMA; over visits too.

    Gain of function points up, loss of function down. The grey band holds 95 % of healthy people (±1.96). Markers of
    control areas are open, all others filled; of several visits, each has a colour and a shape. A z beyond ±4 is an
    arrow at the edge with its number. A bar below a marker says that the value lies at the device's limit; hatching,
    that the device's range leaves no room for such a finding in at least one of the areas. No subject's name is drawn
    unless it is in `title`.

    Parameters
    ----------
    scored : pandas.DataFrame, at least one row
        Rows of one subject of the scored table (`qst.score`), one line each, usually of the areas ``test`` and
        ``control`` at one visit or several. Columns used: `visit`, `area`, `site`, `side`, `age` (years), `sex`,
        `CDT_z … VDT_z`, `CDT_finding … VDT_finding`, the 13 values, `not_findable`, `notes`, `reference_set`; all but
        `CDT_z` may be absent. Of the values only `PHS` (count, 0-3) and `DMA` (geometric mean of rating + 0.1, so 0.1
        is never painful) are drawn. A missing z is a gap in the line and a mark at the foot of the axis: a cross where
        there is no value, a diamond where there is a value without z. A missing PHS or DMA is a cross too.
    ax : matplotlib.axes.Axes, optional
        Axes to draw into; PHS and DMA take their room from its right side, text stands around it. Without it, a
        figure 170 mm wide is made that pyplot does not know of: write it with ``ax.figure.savefig``.
    title : str, optional
        Text above the picture, as it is (no mathematics).

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the z-scores. Those of PHS and DMA are its `child_axes`, with the labels ``"PHS"`` and ``"DMA"``.

    Raises
    ------
    OptionError
        No row, no column `CDT_z`, or rows of several subjects.

    Examples
    --------
    >>> import qst
    >>> person = {"subject": "007", "age": 25, "sex": "female", "site": "hand", "area": "test"}
    >>> ax = qst.plot_profile(qst.score(pd.DataFrame([person | {"CPT": 31.0, "HPT": 42.68, "PHS": 0}])))
    >>> [label.get_text() for label in ax.get_xticklabels()][:5]
    ['CDT', 'WDT', 'TSL', 'CPT', 'HPT']
    """
    return draw_profile(scored, ax, title=title)


def save_profile(
    scored: pd.DataFrame, path: str | Path, *, title: str | None = None, dpi: float = 150, width_mm: float = WIDTH_MM
) -> None:
    """Draw a sensory profile and write it as PNG, SVG or PDF, by the ending of the name.

    The file appears whole or not at all, and holds no date: the same rows give the same file. PDF embeds its fonts;
    SVG keeps its text as text and names the font.

    Parameters
    ----------
    scored : pandas.DataFrame, at least one row
        Rows of one subject of the scored table; columns, units and missing values as for `plot_profile`.
    path : str or Path
        Where to write. A file of that name is replaced.
    title : str, optional
        Text above the picture, as it is (no mathematics).
    dpi : float
        Dots per inch of a PNG, 30 to 2400.
    width_mm : float
        Width of the picture, 70 to 1000 mm; 85 is one column of most journals. Its height follows.

    Raises
    ------
    OptionError
        Another ending, a folder that does not exist, a size out of its bounds, or what `plot_profile` refuses.

    Examples
    --------
    >>> import tempfile
    >>> import qst
    >>> person = {"subject": "007", "age": 25, "sex": "female", "site": "hand", "area": "test", "CPT": 31.0}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_profile(qst.score(pd.DataFrame([person])), f"{folder}/profile.svg", width_mm=85)
    ...     [file.name for file in Path(folder).iterdir()]
    ['profile.svg']
    """
    check_size(width_mm, dpi)
    check_writable(Path(path), PICTURE_ENDINGS)
    save_figure(draw_profile(scored, title=title, width_mm=width_mm), path, dpi=dpi)
