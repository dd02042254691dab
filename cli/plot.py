"""`qst plot`: sensory profiles, and the figures of cohorts."""

import sys
from typing import Any

import click

from .options import (
    ends_cleanly,
    exit_status,
    input_options,
    parse_load_options,
    parse_scoring_options,
    print_problems,
    scoring_options,
    tell,
)

# As `qst.plots.kinds.KINDS`, which would load matplotlib for the help text.
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


@click.command("plot")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="SCORED|INPUT…")
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="A picture (.png, .svg, .pdf), or a folder for one each."
)
@click.option("--kind", type=click.Choice(KINDS), default="profile", show_default=True, help="Which figure.")
@click.option("--each", is_flag=True, help="A picture a person and visit, into a folder.")
@click.option("--over-visits", is_flag=True, help="All visits of a person in one picture.")
@click.option("--by", metavar="COLUMN", help="profile, frequencies: the groups that this column names.")
@click.option("--subject", help="Only this person. Needed for one profile from a file of several people.")
@click.option("--visit", help="Only this visit.")
@click.option("--site", help="Only this site: age needs one.")
@click.option(
    "--area",
    type=click.Choice(["test", "control", "all"]),
    help="Which areas a figure of a cohort shows. [default: test]",
)
@click.option("--parameter", metavar="CODE", help="retest, age: which of the 13, such as HPT.")
@click.option("--visits", metavar="FIRST,SECOND", help="retest: which two, where there are more.")
@click.option(
    "--order",
    type=click.Choice(["phenotype", "cluster", "table"]),
    help="heatmap: order of the people. [default: phenotype]",
)
@click.option("--label-people", is_flag=True, help="heatmap, phenotypes: write the subjects beside their rows.")
@click.option("--title", help="A line above the figure. A person's name is never put there by itself.")
@click.option(
    "--picture", "picture_format", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True,
    help="Format of the pictures in a folder.",
)  # fmt: skip
@click.option("--width", "width_mm", type=float, default=170.0, show_default=True, help="Width in mm; a column is 85.")
@click.option("--dpi", type=int, default=150, show_default=True, help="Resolution of PNG.")
@click.option("--processes", type=int, metavar="N", help="Processes that draw at once. [default: one a core]")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], output: str, kind: str, **given: Any) -> None:
    """Plot sensory profiles, a picture a person and visit; or a figure of a cohort (--kind).

    In a profile test and control area stand together. Takes a file that `qst score` wrote, or the laboratory's own
    files, which it scores first. stimulus-response and windup need single trials. docs/figures.md shows each kind.

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
    look = {name: given.pop(name) for name in names}
    own = {name: given.pop(name) for name in ("by", "area", "parameter", "visits", "order", "label_people")}
    own = {name: value for name, value in own.items() if value}
    if "visits" in own:
        own["visits"] = tuple(part.strip() for part in own["visits"].split(","))
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    pictures = plot_files(inputs, output, load_options, settings, kind=kind, given=own, **look)
    for line in pictures.replaced:
        tell(line)
    print_problems(pictures.problems)
    count = len(pictures.written)
    tell(f"Written: {pictures.written[0] if count == 1 else f'{count} pictures in {output}'}")
    sys.exit(exit_status(pictures.problems))
