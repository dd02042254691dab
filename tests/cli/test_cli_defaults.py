"""The defaults and choices of the commands are those of the library, which the help texts do not load."""

from inspect import signature
from typing import Any, get_args

import click
import pytest
from command_line import commands

from qst.cli import options as shared
from qst.cli import plot
from qst.inference.criteria import PUBLISHED
from qst.inference.findings import DMA_THRESHOLD
from qst.inference.phenotypes import OURS
from qst.language import LANGUAGES
from qst.norms.reference_sets import DEFAULT_REFERENCE
from qst.plots.canvas import WIDTH_MM
from qst.plots.files import PICTURE_ENDINGS
from qst.plots.heatmap import ORDERS
from qst.plots.kinds import KINDS
from qst.settings import Settings
from qst.vocabulary.names import Thermal
from qst.workflows.convert import Target
from qst.workflows.plot import plot_files

COMMANDS = dict(commands())
SCORING = [name for name, command in COMMANDS.items() if any(each.name == "cut_off" for each in command.params)]


def option(command: str, name: str) -> click.Option:
    (found,) = [each for each in COMMANDS[command].params if each.name == name]
    assert isinstance(found, click.Option)
    return found


def choices(command: str, name: str) -> tuple[str, ...]:
    kind = option(command, name).type
    assert isinstance(kind, click.Choice)
    return tuple(kind.choices)


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        (shared.DEFAULT_REFERENCE, DEFAULT_REFERENCE),
        (shared.DMA_THRESHOLD, DMA_THRESHOLD),
        (shared.PHENOTYPES, OURS),
        (shared.CRITERIA, PUBLISHED),
        (shared.LANGUAGES, LANGUAGES),
        (plot.KINDS, tuple(KINDS)),
        (plot.PICTURE_FORMATS, tuple(ending.removeprefix(".") for ending in PICTURE_ENDINGS)),
        (plot.ORDERS, ORDERS),
        (plot.WIDTH_MM, WIDTH_MM),
    ],
)
def test_a_copied_value_equals_the_library_s(copy: object, original: object) -> None:
    assert copy == original


@pytest.mark.parametrize("name", ["reference", "cut_off", "dma_threshold", "phenotypes", "criteria"])
def test_every_command_scores_with_the_default_settings(name: str) -> None:
    assert {"score", "validate", "explain", "plot", "report"} == set(SCORING)
    for command in SCORING:
        default = option(command, name).get_default(click.Context(COMMANDS[command]))
        assert default == getattr(Settings(), name), command


@pytest.mark.parametrize("name", ["kind", "picture_format", "width_mm", "dpi", "each", "over_visits"])
def test_plots_have_the_defaults_of_the_library(name: str) -> None:
    default: Any = signature(plot_files).parameters[name].default
    assert option("plot", name).get_default(click.Context(COMMANDS["plot"])) == default


def test_choices_are_those_of_the_library() -> None:
    assert choices("convert", "to") == get_args(Target)
    assert choices("score", "thermal") == get_args(Thermal)
    assert choices("form", "language") == choices("report", "language") == LANGUAGES
