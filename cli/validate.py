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


@click.command("validate")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option("--explain", is_flag=True, help="Also print how files were read, column by column.")
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON, for programs.")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], explain: bool, as_json: bool, **given: Any) -> None:
    """List every problem of files, one a line.

    Nothing is written. Exit status 1 where an error stands: a value or row that cannot be scored. Warnings
    alone give 0.

    \b
    Example:
      qst validate cohort.csv
    """
    from qst.cohort.summary import count_problems, sort_problems
    from qst.workflows.score import score_files

    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    batch = score_files(inputs, None, load_options, settings, tell=tell if explain else None, dry=True)
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
