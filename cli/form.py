"""`qst form`: the entry form."""

import click

from .options import exits_on_errors, print_line


@click.command("form")
@click.option("-o", "--output", required=True, type=click.Path(), help="The workbook to write, a new file: form.xlsx.")
@click.option(
    "--lang", "language", type=click.Choice(["en", "de"]), default="en", show_default=True, help="English or German."
)
@exits_on_errors
def command(output: str, language: str) -> None:
    """Write an empty entry form for all trials of a person and visit.

    A workbook with a sheet for the test area, one for the control area, and instructions. Copies that are filled in
    are read by every command, to the last trial.

    \b
    Example:
      qst form -o form.xlsx
    """
    from qst.entry_form.writing import write_form

    write_form(output, language)
    print_line(f"Written: {output}")
