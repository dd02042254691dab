"""Options that several commands share, and the handling of errors."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from qst.protocol import CUT_OFF

if TYPE_CHECKING:
    from qst.loaders.headers.options import LoadOptions
    from qst.problems import Problem
    from qst.settings import Settings

# Copies of the library's values, because a help text must not wait for numpy and the like to load;
# tests/cli/test_cli_defaults.py holds them equal.
DEFAULT_REFERENCE = "magerl2010"
DMA_THRESHOLD = 0.0
PHENOTYPES = "ours"
CRITERIA = "published"
LANGUAGES = ("en", "de")

MOST_PER_CODE = 10
"""Number of problems with the same code that a command prints; `qst validate` prints all."""

Command = TypeVar("Command", bound=Callable[..., Any])

_INPUT_OPTIONS = (
    click.option(
        "--set",
        "fixed",
        multiple=True,
        metavar="COLUMN=VALUE",
        help="A value that is missing from the files: sex=female.",
    ),
    click.option(
        "--map", "columns", multiple=True, metavar="HEADER=NAME", help="The meaning of a header: pin.prick_mN=MPT."
    ),
    click.option(
        "--ignore", multiple=True, metavar="HEADER", help="A column that does not hold what its name suggests."
    ),
    click.option(
        "--codes", multiple=True, metavar="COLUMN:CODES", help="The meaning of numeric codes: sex:1=female,2=male."
    ),
    click.option("--unit", "units", multiple=True, metavar="NAME=UNIT", help="The unit of a column: PPT=N/cm2."),
    click.option(
        "--decimal", type=click.Choice(["point", "comma"]), help="The decimal separator, if the files leave it open."
    ),
    click.option(
        "--thermal",
        type=click.Choice(["absolute", "difference"]),
        help="Whether CDT and WDT are temperatures or differences from baseline.",
    ),
    click.option("--demographics", type=click.Path(), metavar="FILE", help="A table of people, joined by subject."),
    click.option(
        "--assign",
        multiple=True,
        metavar="N=PLACE|FILE",
        help="Place of a sequence in a device file: 1=hand,left,test; or a table of places and people.",
    ),
    click.option(
        "--probe-area",
        type=float,
        metavar="CM2",
        help="Area of the algometer's probe; needed for PPT in N, kgf or lbf.",
    ),
    click.option("--sheet", metavar="NAME", help="The sheet to read from a workbook."),
    click.option(
        "--exclude-records",
        multiple=True,
        metavar="ID[,ID]|FILE",
        help="Subjects to leave out, such as test entries, or a file that lists them.",
    ),
    click.option("--format", metavar="NAME", help="Format of the files, if it is not recognised: see `qst formats`."),
    click.option(
        "--jobs",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        help="Number of processes for reading many small files.",
    ),
    click.option(
        "--names", type=click.Path(), metavar="FILE", help="Your own names, words and units, as in examples/names.toml."
    ),
)

_SCORING_OPTIONS = (
    click.option(
        "--reference", default=DEFAULT_REFERENCE, show_default=True, metavar="ID|PATH", help="The reference set."
    ),
    click.option(
        "--site-as",
        multiple=True,
        metavar="SITE=SITE",
        help="Use another site's reference values: forearm=hand. Noted on each row.",
    ),
    click.option(
        "--cut-off",
        type=float,
        default=CUT_OFF,
        show_default=True,
        help="A value is abnormal if its z lies beyond this.",
    ),
    click.option(
        "--dma-threshold",
        type=float,
        default=DMA_THRESHOLD,
        show_default=True,
        help="Light touch is painful if rated above this.",
    ),
    click.option(
        "--device-limit",
        "device_limits",
        multiple=True,
        metavar="NAME=VALUE",
        help="The limit of your device: PPT=2000.",
    ),
    click.option(
        "--phenotypes",
        default=PHENOTYPES,
        show_default=True,
        metavar="ours|PATH",
        help="Prototypes of the sensory phenotypes: ours, built from the published description because the numbers "
        "are not available; or a CSV file or folder to use instead.",
    ),
    click.option(
        "--criteria",
        default=CRITERIA,
        show_default=True,
        metavar="published|PATH",
        help="Rules for irritable nociceptor, small fibre and large fibre: the published ones, or a TOML file.",
    ),
    click.option(
        "--mechanisms",
        type=click.Path(),
        metavar="PATH",
        help="A TOML file, or a folder of TOML files, with mechanisms that extend or replace the built-in ones.",
    ),
)


def input_options(command: Command) -> Command:
    """Add the options that supply what the files leave open."""
    return _add(_INPUT_OPTIONS, command)


def scoring_options(command: Command) -> Command:
    """Add the options for scoring."""
    return _add(_SCORING_OPTIONS, command)


def _add(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def parse_load_options(given: dict[str, Any]) -> "LoadOptions":
    """Remove the input options from a command's arguments, and parse them."""
    from qst.loaders.headers.additions import read_names
    from qst.loaders.headers.assignments import Assignments
    from qst.loaders.headers.options import LoadOptions
    from qst.vocabulary.names import our_vocabulary

    names = given.pop("names")
    vocabulary = our_vocabulary() if names is None else read_names(names)
    codes = {}
    for text in given.pop("codes"):
        column, colon, pairs = text.partition(":")
        if not colon:
            raise click.UsageError(f"--codes '{text}' is not of the form sex:1=female,2=male")
        codes[column.strip()] = parse_pairs(pairs.split(","), "--codes", "sex:1=female,2=male")
    return LoadOptions(
        fixed=parse_pairs(given.pop("fixed"), "--set", "sex=female"),
        columns=parse_pairs(given.pop("columns"), "--map", "pin.prick_mN=MPT"),
        codes=codes,
        units=parse_pairs(given.pop("units"), "--unit", "PPT=N/cm2"),
        decimal={"point": ".", "comma": ",", None: None}[given.pop("decimal")],
        thermal=given.pop("thermal"),
        demographics=given.pop("demographics"),
        sheet=given.pop("sheet"),
        ignore=tuple(given.pop("ignore")),
        format=given.pop("format"),
        jobs=given.pop("jobs"),
        names=vocabulary,
        exclude_records=tuple(given.pop("exclude_records")),
        assign=Assignments(given.pop("assign"), vocabulary),
        probe_area=given.pop("probe_area"),
    )


def parse_scoring_options(given: dict[str, Any]) -> "Settings":
    """Remove the scoring options from a command's arguments, and parse them."""
    from dataclasses import fields

    from qst.settings import Settings

    limits = parse_pairs(given.pop("device_limits"), "--device-limit", "PPT=2000")
    device_limits = {}
    for code, value in limits.items():
        try:
            device_limits[code] = float(value)
        except ValueError as error:
            raise click.UsageError(f"--device-limit '{code}={value}' is not of the form PPT=2000") from error
    context = click.get_current_context()
    names = [setting.name for setting in fields(Settings) if setting.name != "given"]
    stated = {name for name in names if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
    return Settings(
        given=frozenset(stated),
        reference=given.pop("reference"),
        cut_off=given.pop("cut_off"),
        dma_threshold=given.pop("dma_threshold"),
        site_as=parse_pairs(given.pop("site_as"), "--site-as", "forearm=hand"),
        device_limits=device_limits,
        phenotypes=given.pop("phenotypes"),
        criteria=given.pop("criteria"),
        mechanisms=given.pop("mechanisms"),
    )


def parse_pairs(texts: Sequence[str], option: str, example: str) -> dict[str, str]:
    """Parse `NAME=VALUE` texts into a dictionary. The last `=` separates, because a header may contain one."""
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.UsageError(f"{option} '{text}' is not of the form {example}")
        if name.strip() in pairs:
            raise click.UsageError(f"{option} gives {name.strip()} twice")
        pairs[name.strip()] = value.strip()
    return pairs


def exits_on_errors(command: Command) -> Command:
    """Turn an error of the library into one line and an exit status: 1 for an unusable file, 2 for a usage error."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from qst.errors import InputError, QSTError

        try:
            return command(*args, **kwargs)
        except InputError as error:
            from qst.workflows.inputs import WRONG_USE

            print_problems([problem for problem in error.problems if problem != error.problem])
            print_line(f"error: {error}")
            sys.exit(2 if error.problem.code in WRONG_USE else 1)
        except QSTError as error:
            print_line(f"error: {error}")
            sys.exit(2)
        except BrokenPipeError:
            # The reader closed the pipe. Discard what is still buffered, so that Python does not report it on exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            print_line(f"error: {error.filename or 'output'}: {error.strerror or error}")
            sys.exit(2)

    return run  # type: ignore[return-value]


def print_line(line: str) -> None:
    """Print a message to stderr; stdout is for data."""
    click.echo(line, err=True)


def print_problems(problems: Sequence["Problem"], most: int = MOST_PER_CODE) -> None:
    """Print problems by file and row, and at most `most` of each code."""
    from qst.cohort.summary import sort_problems

    counts: dict[str, int] = {}
    for problem in sort_problems(problems):
        counts[problem.code] = counts.get(problem.code, 0) + 1
        if counts[problem.code] <= most:
            print_line(f"{problem.severity}: {problem}")
    for code, count in counts.items():
        if count > most:
            print_line(f"… and {count - most} more with the code {code}; `qst validate` lists them all")


def exit_status(problems: Sequence["Problem"]) -> int:
    """The exit status of a finished command: 1 if the data contain an error, otherwise 0."""
    return int(any(problem.severity == "error" for problem in problems))
