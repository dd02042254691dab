"""The kinds of figures by name: what each needs, and whether it can be drawn of one person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from matplotlib.axes import Axes

from qst.errors import OptionError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of figure.

    Attributes
    ----------
    name : str
        As ``qst plot --kind`` takes it.
    home, function : str
        Module and name of the function that draws it.
    trials : bool
        Whether it is drawn from single trials; otherwise from a scored table.
    single : str
        ``"only"``: of one person and visit at a time; ``"also"``: of one or of many; ``"never"``: of a cohort.
    options : tuple of str
        Options of the function that ``qst plot`` hands on.
    by_assessment : bool
        Whether each of a person's assessments has a picture, where each person has; else each visit.
    on_sheets : bool
        Whether it is drawn on `qst.plots.axes_cache`.
    """

    name: str
    home: str
    function: str
    trials: bool
    single: str
    options: tuple[str, ...]
    by_assessment: bool = False
    on_sheets: bool = False

    @property
    def needed(self) -> str:
        """Which single trials it is drawn from."""
        return str(import_module(self.home).NEEDED)

    def draw(self, table: Any, *, title: str | None, width_mm: float, options: Mapping[str, Any]) -> Axes:
        """Draw it; `options` are those of its own."""
        function: Callable[..., Axes] = getattr(import_module(self.home), self.function)
        return function(table, title=title, width_mm=width_mm, **options)


_P = "qst.plots."

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("profile", _P + "profile", "draw_profile", False, "only", (), on_sheets=True),
        Kind("heatmap", _P + "heatmap", "plot_heatmap", False, "never", ("area", "order", "label_people")),
        Kind("frequencies", _P + "frequencies", "plot_frequencies", False, "never", ("area", "by")),
        Kind("loga", _P + "loga", "plot_loga", False, "never", ("area",)),
        Kind("phenotypes", _P + "phenotypes", "plot_phenotypes", False, "also", ("area", "label_people")),
        Kind(
            "mechanisms",
            _P + "mechanisms",
            "plot_mechanisms",
            False,
            "also",
            ("area", "mechanisms"),
            by_assessment=True,
        ),
        Kind("stimulus-response", _P + "stimulus_response", "plot_stimulus_response", True, "also", ()),
        Kind("windup", _P + "windup", "plot_windup", True, "also", ()),
        Kind("retest", _P + "retest", "plot_retest", False, "never", ("area", "parameter", "visits")),
        Kind("age", _P + "age", "plot_age", False, "also", ("area", "parameter", "reference")),
    )
}

GROUPS = Kind("profile", _P + "groups", "plot_groups", False, "never", ("area", "by"))
"""What `profile` is with `by`."""

NEEDED = {"retest": ("parameter",), "age": ("parameter",)}


def choose_kind(name: str, given: Mapping[str, Any]) -> Kind:
    """The kind by its name, and by whether `by` makes a profile one of groups.

    Raises
    ------
    OptionError
        There is no such kind, an option of it is missing, or one was given that it does not have.
    """
    if name not in KINDS:
        raise OptionError(f"there is no kind '{name}': choose one of {', '.join(KINDS)}")
    kind = GROUPS if name == "profile" and "by" in given else KINDS[name]
    for option in NEEDED.get(name, ()):
        if option not in given:
            raise OptionError(f"--kind {name} needs --{option}: for example --{option} HPT")
    for option in given:
        if option not in kind.options:
            having = [each for each in (*KINDS, "profile --by") if _has(each, option)]
            raise OptionError(f"--kind {name} has no --{option.replace('_', '-')}: that is for {', '.join(having)}")
    return kind


def _has(name: str, option: str) -> bool:
    return option in (GROUPS if name == "profile --by" else KINDS[name]).options
