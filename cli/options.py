"""Options that several commands share, and how errors end a command."""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from qst.loaders.headers.options import LoadOptions
    from qst.problems import Problem
    from qst.settings import Settings

SHOWN_OF_A_KIND = 10
Command = TypeVar("Command", bound=Callable[..., Any])

_INPUT_OPTIONS = (
    click.option(
        "--set", "fixed", multiple=True, metavar="COLUMN=VALUE", help="What the files do not say: sex=female."
    ),
    click.option(
        "--map", "columns", multiple=True, metavar="HEADER=NAME", help="A header's meaning: pin.prick_mN=MPT."
    ),
    click.option("--ignore", multiple=True, metavar="HEADER", help="A column that is not what its name says."),
    click.option("--codes", multiple=True, metavar="COLUMN:CODES", help="What numbers mean: sex:1=female,2=male."),
    click.option("--unit", "units", multiple=True, metavar="NAME=UNIT", help="A column's unit: PPT=N/cm2."),
    click.option(
        "--decimal", type=click.Choice(["point", "comma"]), help="The decimal sign, where files do not show it."
    ),
    click.option(
        "--thermal",
        type=click.Choice(["absolute", "difference"]),
        help="Whether CDT and WDT are temperatures or distances from baseline.",
    ),
    click.option("--demographics", type=click.Path(), metavar="FILE", help="A table of people, joined by subject."),
    click.option(
        "--assign",
        multiple=True,
        metavar="N=PLACE|FILE",
        help="Place or person of a device file's sequences: 1=hand,left,test, or a table.",
    ),
    click.option(
        "--probe-area", type=float, metavar="CM2", help="Area of the algometer's probe, for PPT in N, kgf or lbf."
    ),
    click.option("--sheet", metavar="NAME", help="The sheet of a workbook to read."),
    click.option(
        "--exclude-records",
        multiple=True,
        metavar="ID[,ID]|FILE",
        help="Subjects to leave out, such as test entries; or a file that lists them.",
    ),
    click.option(
        "--format", metavar="NAME", help="How to read the files, where it is not recognised: see `qst formats`."
    ),
    click.option(
        "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes that read many small files."
    ),
    click.option(
        "--names", type=click.Path(), metavar="FILE", help="Names, words, units of your own, as in examples/names.toml."
    ),
)

_SCORING_OPTIONS = (
    click.option("--reference", default="magerl2010", show_default=True, metavar="ID|PATH", help="Reference values."),
    click.option(
        "--site-as", multiple=True, metavar="SITE=SITE", help="Borrow a norm: forearm=hand. Noted on each row."
    ),
    click.option("--cut-off", type=float, default=1.96, show_default=True, help="z beyond which a value is abnormal."),
    click.option(
        "--dma-threshold", type=float, default=0.0, show_default=True, help="Rating above which light touch is painful."
    ),
    click.option(
        "--device-limit", "device_limits", multiple=True, metavar="NAME=VALUE", help="A device's own end: PPT=2000."
    ),
    click.option(
        "--phenotypes",
        default="ours",
        show_default=True,
        metavar="ours|PATH",
        help="Prototypes of the sensory phenotypes. Those of the program are ours, built from the published words "
        "and not its numbers; a CSV file or folder takes their place.",
    ),
    click.option(
        "--criteria",
        default="published",
        show_default=True,
        metavar="published|PATH",
        help="Rules of irritable nociceptor, small and large fibre (a TOML file).",
    ),
    click.option(
        "--mechanisms",
        type=click.Path(),
        metavar="PATH",
        help="Entries (a TOML file or a folder) that are added to the shipped mechanisms or replace them.",
    ),
)


def input_options(command: Command) -> Command:
    """Add the options that say what a file does not say."""
    return _add(_INPUT_OPTIONS, command)


def scoring_options(command: Command) -> Command:
    """Add the options of scoring."""
    return _add(_SCORING_OPTIONS, command)


def _add(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def parse_load_options(given: dict[str, Any]) -> "LoadOptions":
    """Take the input options out of a command's arguments."""
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
    """Take the scoring options out of a command's arguments."""
    from dataclasses import fields

    from qst.settings import Settings

    limits = parse_pairs(given.pop("device_limits"), "--device-limit", "PPT=2000")
    device_limits = {}
    for code, value in limits.items():
        try:
            device_limits[code] = float(value)
        except ValueError as error:
            raise click.UsageError(f"--device-limit '{code}={value}' is not of the form PPT=2000") from error
    context, names = click.get_current_context(), [each.name for each in fields(Settings) if each.name != "given"]
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
    """`NAME=VALUE` texts as a dictionary. The last `=` divides, as a header may hold one."""
    pairs = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.UsageError(f"{option} '{text}' is not of the form {example}")
        if name.strip() in pairs:
            raise click.UsageError(f"{option} gives {name.strip()} twice")
        pairs[name.strip()] = value.strip()
    return pairs


def ends_cleanly(command: Command) -> Command:
    """Turn the library's errors into one line and the right exit status: 1 for a file's fault, 2 for wrong use."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from qst.errors import InputError, QSTError

        try:
            return command(*args, **kwargs)
        except InputError as error:
            from qst.workflows.inputs import WRONG_USE

            print_problems([problem for problem in error.problems if problem != error.problem])
            tell(f"error: {error}")
            sys.exit(2 if error.problem.code in WRONG_USE else 1)
        except QSTError as error:
            tell(f"error: {error}")
            sys.exit(2)
        except BrokenPipeError:
            # The reader of a pipe has seen enough. What is still in the buffer goes nowhere, without a complaint.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            tell(f"error: {error.filename or 'output'}: {error.strerror or error}")
            sys.exit(2)

    return run  # type: ignore[return-value]


def tell(line: str) -> None:
    """A message for the user, on stderr."""
    click.echo(line, err=True)


def print_problems(problems: Sequence["Problem"], most: int | None = SHOWN_OF_A_KIND) -> None:
    """Problems in order of file and row; of each kind no more than `most`."""
    from qst.cohort.summary import sort_problems

    shown: dict[str, int] = {}
    for problem in sort_problems(problems):
        shown[problem.code] = shown.get(problem.code, 0) + 1
        if most is None or shown[problem.code] <= most:
            tell(f"{problem.severity}: {problem}")
    for code, count in shown.items():
        if most is not None and count > most:
            tell(f"… and {count - most} more of the kind {code}; qst validate lists them all")


def exit_status(problems: Sequence["Problem"]) -> int:
    """1 where an error stands, else 0."""
    return int(any(problem.severity == "error" for problem in problems))
