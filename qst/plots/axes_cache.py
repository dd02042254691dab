"""Axes whose scales stay while the people drawn on them change: of many profiles, scales take half of the time."""

import threading
from collections.abc import Hashable

from matplotlib.artist import Artist
from matplotlib.axes import Axes

MOST = 32
"""So many scales are kept (ours); numbers in heaps beyond the axis make more of them than are worth their memory."""


class AxesCache(threading.local):
    """Axes with their scales, kept by what the scales depend on; each thread has its own.

    A picture on a sheet must be written before the next one is drawn there by the same thread.
    """

    def __init__(self) -> None:
        self._sheets: dict[Hashable, tuple[Axes, set[Artist]]] = {}

    def take(self, key: Hashable) -> Axes | None:
        """The axes of that key, with nothing on them but what they were kept with; None where there are none."""
        if key not in self._sheets:
            return None
        ax, scales = self._sheets[key]
        for each in (ax, *ax.child_axes):
            for artist in each.get_children():
                if artist not in scales:
                    artist.remove()
            each.containers.clear()
        ax.set_title("", loc="left")
        return ax

    def keep(self, key: Hashable, ax: Axes) -> None:
        """Keep axes on which nothing but scales, legend and footer are drawn yet."""
        everything = (ax, *ax.child_axes)
        for each in everything:
            for axis in (each.xaxis, each.yaxis):
                axis.set_label_coords(0, 0)  # there is none, and to place it every tick would be measured
        if len(self._sheets) == MOST:
            self._sheets.clear()
        self._sheets[key] = (
            ax,
            {
                artist
                for each in everything
                for artist in each.get_children()
                if artist.get_gid() not in ("legend", "footer")
            },
        )


AXES_CACHES = AxesCache()
"""Those of each thread, for pictures that are written as soon as they are drawn."""
