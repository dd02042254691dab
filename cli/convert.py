"""`qst convert`: files to the canonical table."""

import sys
from typing import Any

import click

from .options import ends_cleanly, exit_status, input_options, parse_load_options, print_problems, tell


@click.command("convert")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option(
    "-o", "--output", type=click.Path(), help="File to write: .csv, .xlsx, .parquet, .json. Default: CSV to stdout."
)
@click.option(
    "--to", type=click.Choice(["auto", "trials", "assessments"]), default="auto", show_default=True,
    help="Rows of the output. Trials become assessments; not the other way round.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Only problems on stderr, nothing of what was understood.")
@input_options
@ends_cleanly
def command(inputs: tuple[str, ...], output: str | None, to: Any, quiet: bool, **given: Any) -> None:
    """Write the table that files hold, in our names, words and units.

    Nothing is scored. The output reads back as the same table, in every command. Problems, if any, are listed beside it
    in a file that ends in .problems.csv.

    \b
    Example:
      qst convert lab/ --demographics people.csv -o lab.xlsx
    """
    from qst.workflows.convert import convert_files

    options = parse_load_options(given)
    done = convert_files(inputs, output, options, to=to, stdout=sys.stdout, on_line=None if quiet else tell)
    print_problems(done.problems)
    if not quiet and output is not None and done.kind is not None:
        tell(f"Written: {output} ({done.n_rows:,} {done.kind})")
    if not quiet and done.problem_file is not None:
        tell(f"Problems: {done.problem_file}")
    sys.exit(exit_status(done.problems))
