"""`qst form`: an empty form for entering trials."""

import click

from .options import LANGUAGES, exits_on_errors, print_line


@click.command("form")
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="The workbook to write; it must not exist yet: form.xlsx."
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="English or German.",
)
@exits_on_errors
def command(output: str, language: str) -> None:
    """Write an empty entry form for all trials of one person and visit.

    The workbook has a sheet for the test area, a sheet for the control area, and instructions. Every command reads
    filled-in copies, with all their trials.

    \b
    Example:
      qst form -o form.xlsx
    """
    from qst.entry_form.writing import write_form

    write_form(output, language)
    print_line(f"Written: {output}")
