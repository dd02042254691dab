"""`qst plot`: sensory profiles."""

import sys
from typing import Any

import click

from .options import (
    ends_cleanly,
    exit_status,
    input_options,
    parse_load_options,
    parse_scoring_options,
    scoring_options,
    tell,
    tell_problems,
)


@click.command("plot")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="SCORED|INPUT…")
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="A picture (.png, .svg, .pdf), or a folder for one each."
)
@click.option("--subject", help="Only this person. Needed for one picture from a file of several people.")
@click.option("--visit", help="Only this visit.")
@click.option("--title", help="A line above the profile. The person's name is never put there by itself.")
@click.option(
    "--picture", "picture_format", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True,
    help="Format of the pictures in a folder.",
)  # fmt: skip
@click.option("--width", "width_mm", type=float, default=170.0, show_default=True, help="Width in mm; a column is 85.")
@click.option("--dpi", type=int, default=150, show_default=True, help="Resolution of PNG.")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], output: str, subject: str | None, visit: str | None, **given: Any) -> None:
    """Plot sensory profiles, a picture a person and visit.

    Test and control area stand together. Takes a file that `qst score` wrote, or the laboratory's own files,
    which it scores first.

    \b
    Examples:
      qst plot cohort.csv --subject 007 -o profile.pdf
      qst plot scored.csv -o profiles/ --picture svg
    """
    from qst.plots.batch import plot_files

    look = {name: given.pop(name) for name in ("title", "picture_format", "width_mm", "dpi")}
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    pictures = plot_files(inputs, output, load_options, settings, subject=subject, visit=visit, **look)
    tell_problems(pictures.problems)
    count = len(pictures.written)
    tell(f"Written: {pictures.written[0] if count == 1 else f'{count} pictures in {output}'}")
    sys.exit(exit_status(pictures.problems))
