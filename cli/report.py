"""`qst report`: a page a subject, and one for the cohort."""

import sys
from typing import Any

import click

from .options import (
    ends_cleanly,
    exit_status,
    input_options,
    parse_load_options,
    parse_scoring_options,
    print_problems,
    scoring_options,
    tell,
)


@click.command("report")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option("-o", "--output", required=True, type=click.Path(), metavar="DIR", help="Folder of the report.")
@click.option("--subject", "subjects", multiple=True, help="Only this person; may be given several times.")
@click.option("--lang", "language", type=click.Choice(["en", "de"]), default="en", show_default=True, help="Language.")
@click.option("--pdf", is_flag=True, help="PDF of each page as well, printed by Chromium, Chrome or Edge.")
@click.option("--browser", type=click.Path(), metavar="PATH", help="The browser that prints, where it is not found.")
@click.option(
    "--pseudonymise",
    "key",
    type=click.Path(),
    metavar="KEY.csv",
    help="Numbers in the place of subjects; the key goes to this file, outside of DIR. An existing key is added to.",
)
@click.option("--show", multiple=True, metavar="HEADER", help="A column of the file to be shown: diagnosis_label.")
@click.option("--workers", type=click.IntRange(1), help="Processes. Default: one a core.")
@input_options
@scoring_options
@ends_cleanly
def command(inputs: tuple[str, ...], output: str, **given: Any) -> None:
    """Write reports: an HTML page a subject, and index.html for the cohort.

    Each page stands alone: it loads nothing, and prints on A4. Takes laboratory files, and tables that `qst score`
    wrote, whose values are scored again. A report that is in the folder already is replaced; a folder with
    other files is refused.

    \b
    Examples:
      qst report cohort.csv -o report
      qst report cohort.csv -o bericht --lang de --pdf --pseudonymise key.csv
    """
    from qst.workflows.report import report_files

    names = ("subjects", "language", "pdf", "browser", "key", "show", "workers")
    look = {name: given.pop(name) for name in names}
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    report = report_files(inputs, output, load_options, settings, **look)
    for line in report.replaced:
        tell(line)
    print_problems(report.problems)
    tell(f"Written: {report.index} and {len(report.pages)} {'page' if len(report.pages) == 1 else 'pages'}")
    if look["key"] is not None:
        tell(f"Written: {look['key']}, which tells whose number is whose: keep it apart from the report")
    sys.exit(exit_status(report.problems))
