"""Axes in a parameter's own unit."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from qst.plots.canvas import INK, Canvas
from qst.plots.language import current_language
from qst.protocol import Parameter

_STEPS = (1, 2, 5)

_FEWEST = 3
"""Ticks of a logarithmic axis at least (ours)."""


def describe_value(parameter: Parameter) -> str:
    """Name and unit, for an axis."""
    return f"{parameter.code} ({current_language().word('unit', parameter.unit)})"


def ring(canvas: Canvas) -> dict[str, Any]:
    """Look of what stands about a value at the device's limit."""
    look = {"marker": "o", "markerfacecolor": "none", "color": INK, "linestyle": "none"}
    return look | {"markersize": canvas.font}


def set_value_scale(ax: Axes, axis: str, parameter: Parameter) -> None:
    """Ticks in the parameter's unit on an axis that holds log10 of the value, where that is the parameter's scale."""
    if parameter.scale != "log10":
        return
    low, high = getattr(ax, f"get_{axis}lim")()
    low, high = min(low, high), max(low, high)
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in _STEPS]
    ticks = [tick for tick in ticks if low <= np.log10(tick) <= high]
    if len(ticks) > 7:
        ticks = [tick for tick in ticks if f"{tick:e}".startswith("1")]
    if len(ticks) < _FEWEST:
        # So narrow that whole steps of the unit lie almost evenly.
        steps = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(10**low, 10**high)
        ticks = [float(tick) for tick in steps if tick > 0 and low <= np.log10(tick) <= high]
    setter: Any = getattr(ax, f"set_{axis}ticks")
    setter([float(np.log10(tick)) for tick in ticks], [current_language().write(f"{tick:g}") for tick in ticks])
