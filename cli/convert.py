"""`qst convert`: write files as the canonical table."""

import sys
from typing import Any

import click

from .options import exit_status, exits_on_errors, input_options, parse_load_options, print_line, print_problems


@click.command("convert")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option(
    "-o", "--output", type=click.Path(), help="File to write: .csv, .xlsx, .parquet, .json. Default: CSV to stdout."
)
@click.option(
    "--to", type=click.Choice(["auto", "trials", "assessments"]), default="auto", show_default=True,
    help="Rows of the output. Trials can become assessments, but not the reverse.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print only problems to stderr, not how the files were read.")
@input_options
@exits_on_errors
def command(inputs: tuple[str, ...], output: str | None, to: Any, quiet: bool, **given: Any) -> None:
    """Convert files to one table with standard names, words and units.

    Nothing is scored. Every command reads the output back as the same table. Problems, if any, are listed next to it in
    a file that ends in .problems.csv.

    \b
    Example:
      qst convert lab/ --demographics people.csv -o lab.xlsx
    """
    from qst.workflows.convert import convert_files

    options = parse_load_options(given)
    conversion = convert_files(inputs, output, options, to=to, stdout=sys.stdout, on_line=None if quiet else print_line)
    print_problems(conversion.problems)
    if not quiet and output is not None and conversion.kind is not None:
        print_line(f"Written: {output} ({conversion.n_rows:,} {conversion.kind})")
    if not quiet and conversion.problem_file is not None:
        print_line(f"Problems: {conversion.problem_file}")
    sys.exit(exit_status(conversion.problems))
