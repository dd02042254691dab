"""`qst explain`: how the result of one assessment came about."""

import json
import sys
from typing import Any

import click

from .options import (
    exits_on_errors,
    input_options,
    parse_load_options,
    parse_scoring_options,
    print_line,
    scoring_options,
)


@click.command("explain")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option("--subject", required=True, help="The person, as written in the file.")
@click.option("--visit", help="Only this visit.")
@click.option("--site", help="Only this site: hand.")
@click.option("--side", help="Only this side: left.")
@click.option("--area", help="Only this area: test.")
@click.option("--parameter", metavar="NAME", help="Only the steps of this value: HPT.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@input_options
@scoring_options
@exits_on_errors
def command(inputs: tuple[str, ...], subject: str, parameter: str | None, as_json: bool, **given: Any) -> None:
    """Explain how one assessment came about, step by step.

    The steps are: trials, value, reference value and its source, z, finding, what could not have been found, findings
    expected by chance, LoGa, phenotype, criteria, and the evidence for and against each mechanism. Reads laboratory
    files, or a table that `qst score` wrote.

    \b
    Examples:
      qst explain cohort.csv --subject 058 --area test
      qst explain cohort.csv --subject 058 --area test --parameter HPT
    """
    from qst.explain.text import format_explanation
    from qst.workflows.carried_settings import list_replaced
    from qst.workflows.explain import explain

    selection = {name: given.pop(name) for name in ("visit", "site", "side", "area")}
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    explanation = explain(inputs, subject, parameter=parameter, options=load_options, settings=settings, **selection)
    for line in list_replaced(explanation["understood"]):
        print_line(line)
    lines = [json.dumps(explanation, indent=1, ensure_ascii=False)] if as_json else format_explanation(explanation)
    for line in lines:
        click.echo(line)
    sys.exit(int(any(problem["severity"] == "error" for problem in explanation["problems"])))
