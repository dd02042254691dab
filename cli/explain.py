"""`qst explain`: how one assessment came about."""

import json
import sys
from typing import Any

import click

from .options import (
    ends_cleanly,
    input_options,
    parse_load_options,
    parse_scoring_options,
    scoring_options,
    tell,
)


@click.command("explain")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option("--subject", required=True, help="The person, as written in the file.")
@click.option("--visit", help="Only this visit.")
@click.option("--site", help="Only this site: hand.")
@click.option("--side", help="Only this side: left.")
@click.option("--area", help="Only this area: test.")
@click.option("--parameter", metavar="NAME", help="Only the way of this value: HPT.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, for programs.")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], subject: str, parameter: str | None, as_json: bool, **given: Any) -> None:
    """Tell how one assessment came about, step by step.

    From the trials to the value, the norm and where it is from, z, the finding, what could not have been found, chance,
    LoGa, phenotype, criteria, and the signs for and against each mechanism. Takes laboratory files, or a table that
    `qst score` wrote.

    \b
    Examples:
      qst explain cohort.csv --subject 058 --area test
      qst explain cohort.csv --subject 058 --area test --parameter HPT
    """
    from qst.explain.text import format_explanation
    from qst.workflows.carried_settings import list_replaced
    from qst.workflows.explain import explain

    choice = {name: given.pop(name) for name in ("visit", "site", "side", "area")}
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    told = explain(inputs, subject, parameter=parameter, options=load_options, settings=settings, **choice)
    for line in list_replaced(told["understood"]):
        tell(line)
    lines = [json.dumps(told, indent=1, ensure_ascii=False)] if as_json else format_explanation(told)
    for line in lines:
        click.echo(line)
    sys.exit(int(any(problem["severity"] == "error" for problem in told["problems"])))
