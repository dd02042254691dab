"""Pictures of scored tables, drawn with matplotlib and without pyplot."""

from pathlib import Path
from typing import Any, cast

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qst.errors import OptionError
from qst.plots.profile import WIDTH_MM, draw_profile
from qst.writing import replace_file

__all__ = ["PICTURE_ENDINGS", "check_size", "plot_profile", "save_profile"]

PICTURE_ENDINGS = (".png", ".svg", ".pdf")
NARROWEST_MM, WIDEST_MM = 70, 1000
COARSEST_DPI, FINEST_DPI = 30, 2400

# Letters stay letters, so that a journal can set them anew, and two runs give the same bytes.
_FILE_SETTINGS: Any = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "qst", "savefig.bbox": None}
_WITHOUT_DATE: dict[str, dict[str, None]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def plot_profile(scored: pd.DataFrame, ax: Axes | None = None, *, title: str | None = None) -> Axes:
    """Draw the sensory profile of one person: z-scores of the test and the control area, PHS and DMA.

    Gain of function points up, loss of function down. The grey band holds 95 % of healthy people (±1.96). Markers of
    control areas are open, all others filled. A z beyond ±4 is an arrow at the edge with its number. A bar below a
    marker says that the value lies at the device's limit; hatching, that the device's range leaves no room for such a
    finding in at least one of the areas. No subject's name is drawn unless it is in `title`.

    Parameters
    ----------
    scored : pandas.DataFrame, at least one row
        Rows of one subject at one visit of the scored table (`qst.score`), one line each, usually of the areas
        ``test`` and ``control``. Columns used: `area`, `site`, `side`, `age` (years), `sex`, `CDT_z … VDT_z`,
        `CDT_finding … VDT_finding`, the 13 values, `not_findable`, `notes`, `reference_set`; all but `CDT_z` may be
        absent. Of the values only `PHS` (count, 0-3) and `DMA` (geometric mean of rating + 0.1, so 0.1 is never
        painful) are drawn. A missing z is a gap in the line and a mark at the foot of the axis: a cross where there
        is no value, a diamond where there is a value without z. A missing PHS or DMA is a cross too.
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
        No row, no column `CDT_z`, or rows of several subjects or visits.

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
        Rows of one subject at one visit of the scored table; columns, units and missing values as for `plot_profile`.
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
    path = Path(path)
    check_size(width_mm, dpi)
    with replace_file(path, PICTURE_ENDINGS) as beside:
        figure = cast(Figure, draw_profile(scored, title=title, width_mm=width_mm).figure)
        ending = path.suffix.lower()
        with rc_context(_FILE_SETTINGS):
            figure.savefig(beside, format=ending[1:], dpi=dpi, metadata=_WITHOUT_DATE[ending])


def check_size(width_mm: float, dpi: float) -> None:
    """Refuse a size of which no picture can be drawn.

    Raises
    ------
    OptionError
        The width is not 70 to 1000 mm, or the resolution not 30 to 2400 dpi.
    """
    if not NARROWEST_MM <= width_mm <= WIDEST_MM:
        raise OptionError(f"a width of {width_mm:g} mm cannot be drawn: give {NARROWEST_MM} to {WIDEST_MM}")
    if not COARSEST_DPI <= dpi <= FINEST_DPI:
        raise OptionError(f"a resolution of {dpi:g} dpi cannot be drawn: give {COARSEST_DPI} to {FINEST_DPI}")
