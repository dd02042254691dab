"""`qst validate`: every problem of files, one a line."""

import json
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
)


def print_code(code: str) -> None:
    """Print the catalogue's entry of a code."""
    from difflib import get_close_matches

    from qst.problems import explain_code, load_catalogue

    catalogue = load_catalogue()
    if code not in catalogue:
        near = get_close_matches(code, catalogue, 3)
        known = f"did you mean {' or '.join(near)}?" if near else "docs/problems.md lists all."
        raise click.UsageError(f"there is no code '{code}': {known}")
    for line in explain_code(code):
        click.echo(line)


@click.command("validate")
@click.argument("inputs", nargs=-1, type=click.Path(), metavar="INPUT…")
@click.option("--explain", is_flag=True, help="Also print how files were read, column by column.")
@click.option("--explain-code", metavar="CODE", help="Only print what a code of a problem means and how to fix it.")
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON, for programs.")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], explain: bool, explain_code: str | None, as_json: bool, **given: Any) -> None:
    """List every problem of files, one a line.

    Nothing is written. Exit status 1 where an error stands: a value or row that cannot be scored. Warnings
    alone give 0.

    \b
    Examples:
      qst validate cohort.csv
      qst validate --explain-code not-a-number
    """
    if explain_code is not None:
        print_code(explain_code)
        return
    if not inputs:
        raise click.UsageError("Missing argument 'INPUT…'.")
    from qst.cohort.summary import count_problems, sort_problems
    from qst.workflows.score import score_files

    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    batch = score_files(inputs, None, load_options, settings, on_line=tell if explain else None, dry=True)
    problems = sort_problems(batch.problems)
    if as_json:
        click.echo(json.dumps([problem.as_dict() for problem in problems], indent=1, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{problem.severity}: {problem}")
    for (code, severity), count in count_problems(problems):
        tell(f"{count:>8,}  {code} ({severity})")
    if not problems:
        tell(f"No problems in {batch.summary.n_assessments:,} assessments.")
    sys.exit(exit_status(problems))
