"""`qst validate`: list every problem in files, one per line."""

import json
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
    scoring_options,
)


def print_code(code: str) -> None:
    """Print the entry of a problem code in the catalogue."""
    from difflib import get_close_matches

    from qst.problems import explain_code, load_catalogue

    catalogue = load_catalogue()
    if code not in catalogue:
        similar = get_close_matches(code, catalogue, 3)
        hint = f"did you mean {' or '.join(similar)}?" if similar else "docs/problems.md lists all codes"
        raise click.UsageError(f"there is no code '{code}': {hint}")
    for line in explain_code(code):
        click.echo(line)


@click.command("validate")
@click.argument("inputs", nargs=-1, type=click.Path(), metavar="INPUT…")
@click.option("--explain", is_flag=True, help="Also print how the files were read, column by column.")
@click.option("--explain-code", metavar="CODE", help="Only print what a problem code means and how to fix the problem.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON, for programs.")
@input_options
@scoring_options
@exits_on_errors
def command(inputs: tuple[str, ...], explain: bool, explain_code: str | None, as_json: bool, **given: Any) -> None:
    """List every problem in files, one per line.

    No file is written. The exit status is 1 if there is an error, that is, a value or row that cannot be scored.
    Warnings alone give 0.

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
    batch = score_files(inputs, None, load_options, settings, on_line=print_line if explain else None, dry=True)
    problems = sort_problems(batch.problems)
    if as_json:
        click.echo(json.dumps([problem.as_dict() for problem in problems], indent=1, ensure_ascii=False))
    else:
        for problem in problems:
            click.echo(f"{problem.severity}: {problem}")
    for (code, severity), count in count_problems(problems):
        print_line(f"{count:>8,}  {code} ({severity})")
    if not problems:
        print_line(f"No problems in {batch.summary.n_assessments:,} assessments.")
    sys.exit(exit_status(problems))
