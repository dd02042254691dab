"""Figures to files: PNG, SVG, PDF."""

import warnings
from pathlib import Path
from typing import Any, cast

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from qst.atomic import replace_file
from qst.errors import OptionError
from qst.plots.fallback_fonts import describe_missing_glyphs, save_with_fallback_fonts

PICTURE_ENDINGS = (".png", ".svg", ".pdf")

NARROWEST_MM, WIDEST_MM = 70, 1000

COARSEST_DPI, FINEST_DPI = 30, 2400

# Letters stay letters, so that a journal can set them anew, and two runs give the same bytes. In a PNG they have the
# widths that they have in PDF, and are drawn in half of the time, as they are not fitted to pixels.
FILE_SETTINGS: Any = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "qst",
    "savefig.bbox": None,
    "text.hinting": "no_hinting",
}

_WITHOUT_DATE: dict[str, dict[str, None]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}

# A third of the time of the library's own level, for 2 % more bytes.
_PNG = {"compress_level": 3}


def save_figure(ax: Axes, path: str | Path, *, dpi: float = 150) -> None:
    """Write the figure of an axes as PNG, SVG or PDF, by the ending of the name.

    The file appears whole or not at all, and holds no date: the same figure gives the same file. PDF embeds its fonts;
    SVG keeps its text as text and names the font. Signs that the font lacks, as those of Chinese names, are drawn by
    another font of the machine; where none has them, a warning says so.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        As any of the functions `qst.plot_…` returns it.
    path : str or Path
        Where to write. A file of that name is replaced.
    dpi : float
        Dots per inch of a PNG, 30 to 2400.

    Raises
    ------
    OptionError
        Another ending, a folder that does not exist, or a resolution out of its bounds.

    Examples
    --------
    >>> import tempfile
    >>> import qst
    >>> scored = qst.score(qst.load("examples/cohort_synthetic.csv"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_figure(qst.plot_loga(scored), f"{folder}/loga.pdf")
    ...     [file.name for file in Path(folder).iterdir()]
    ['loga.pdf']
    """
    if missing := write_figure(ax, Path(path), dpi=dpi):
        warnings.warn(describe_missing_glyphs(missing), stacklevel=2)


def write_figure(ax: Axes, path: Path, *, dpi: float) -> str:
    """As `save_figure`, but without a warning: gives the signs for which an empty box stands."""
    check_size(WIDEST_MM, dpi)
    with replace_file(path, PICTURE_ENDINGS) as beside, rc_context(FILE_SETTINGS):
        ending = path.suffix.lower()
        look: Any = {"format": ending[1:], "dpi": dpi, "metadata": _WITHOUT_DATE[ending]}
        look |= {"pil_kwargs": _PNG} if ending == ".png" else {}
        figure = cast(Figure, ax.figure)
        missing = save_with_fallback_fonts(figure, lambda: figure.savefig(beside, **look))
    return "" if ending == ".svg" else missing


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
