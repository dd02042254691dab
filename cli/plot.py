"""`qst plot`: sensory profiles and figures of cohorts."""

import sys
from typing import Any

import click

from .options import (
    exit_status,
    exits_on_errors,
    input_options,
    parse_load_options,
    parse_scoring_options,
    print_line,
    print_problems,
    scoring_options,
)

# Copies of the values of qst.plots, which loads matplotlib; tests/cli/test_cli_defaults.py holds them equal.
KINDS = (
    "profile",
    "heatmap",
    "frequencies",
    "loga",
    "phenotypes",
    "mechanisms",
    "stimulus-response",
    "windup",
    "retest",
    "age",
)
PICTURE_FORMATS = ("png", "svg", "pdf")
ORDERS = ("phenotype", "cluster", "table")
WIDTH_MM = 170.0
DPI = 150


@click.command("plot")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="SCORED|INPUT…")
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="A picture (.png, .svg, .pdf), or a folder for several."
)
@click.option("--kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="Which figure.")
@click.option("--each", is_flag=True, help="Write one picture per person and visit to a folder.")
@click.option("--over-visits", is_flag=True, help="Show all visits of a person in one picture.")
@click.option("--by", metavar="COLUMN", help="profile, frequencies: compare the groups in this column.")
@click.option("--subject", help="Only this person; required for a single profile if the files hold several people.")
@click.option("--visit", help="Only this visit.")
@click.option("--site", help="Only this site; age shows a single one.")
@click.option(
    "--area",
    type=click.Choice(["test", "control", "all"]),
    help="Which areas to show in a figure of a cohort. [default: test]",
)
@click.option("--parameter", metavar="CODE", help="retest, age: one of the 13 parameters, such as HPT.")
@click.option("--visits", metavar="FIRST,SECOND", help="retest: which two visits to compare, if there are more.")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    help="heatmap: order of the rows. [default: phenotype]",
)
@click.option("--label-people", is_flag=True, help="heatmap, phenotypes: label each row with its subject.")
@click.option("--title", help="A title above the figure. By default no person is named.")
@click.option(
    "--picture", "picture_format", type=click.Choice(PICTURE_FORMATS), default=PICTURE_FORMATS[0], show_default=True,
    help="Format of pictures in a folder.",
)  # fmt: skip
@click.option(
    "--width",
    "width_mm",
    type=float,
    default=WIDTH_MM,
    show_default=True,
    help="Width in mm; 85 fits one column of a journal.",
)
@click.option("--dpi", type=int, default=DPI, show_default=True, help="Resolution of PNG pictures.")
@click.option("--processes", type=int, metavar="N", help="Number of processes that draw. [default: one per core]")
@input_options
@scoring_options
@exits_on_errors
def command(inputs: tuple[str, ...], output: str, kind: str, **given: Any) -> None:
    """Plot sensory profiles, one picture per person and visit, or a figure of a cohort (--kind).

    A profile shows test and control area together. Reads a file that `qst score` wrote, or laboratory files, which are
    scored first. stimulus-response and windup need single trials. docs/figures.md shows each kind.

    \b
    Examples:
      qst plot cohort.csv --subject 007 -o profile.pdf
      qst plot scored.csv -o profiles/ --picture svg
      qst plot scored.csv --by diagnosis -o groups.svg --width 85
      qst plot scored.csv --kind frequencies --by diagnosis -o shares.pdf
      qst plot scored.csv --kind heatmap --order cluster -o heatmap.pdf
      qst plot trials.csv --kind stimulus-response --each -o curves/
    """
    from qst.workflows.plot import plot_files

    names = (
        "title",
        "picture_format",
        "width_mm",
        "dpi",
        "processes",
        "each",
        "over_visits",
        "subject",
        "visit",
        "site",
    )
    shared = {name: given.pop(name) for name in names}
    of_kind = {name: given.pop(name) for name in ("by", "area", "parameter", "visits", "order", "label_people")}
    of_kind = {name: value for name, value in of_kind.items() if value}
    if "visits" in of_kind:
        of_kind["visits"] = tuple(part.strip() for part in of_kind["visits"].split(","))
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    pictures = plot_files(inputs, output, load_options, settings, kind=kind, given=of_kind, **shared)
    for line in pictures.replaced:
        print_line(line)
    print_problems(pictures.problems)
    count = len(pictures.written)
    print_line(f"Written: {pictures.written[0] if count == 1 else f'{count} pictures in {output}'}")
    sys.exit(exit_status(pictures.problems))
