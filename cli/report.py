"""`qst report`: one page per subject, and one for the cohort."""

import sys
from typing import Any

import click

from .options import (
    LANGUAGES,
    exit_status,
    exits_on_errors,
    input_options,
    parse_load_options,
    parse_scoring_options,
    print_line,
    print_problems,
    scoring_options,
)


@click.command("report")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option("-o", "--output", required=True, type=click.Path(), metavar="DIR", help="Folder for the report.")
@click.option("--subject", "subjects", multiple=True, help="Only this person; may be given several times.")
@click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True, help="Language."
)
@click.option("--pdf", is_flag=True, help="Also print each page as PDF, with Chromium, Chrome or Edge.")
@click.option("--browser", type=click.Path(), metavar="PATH", help="The browser to print with, if none is found.")
@click.option(
    "--pseudonymise",
    "key",
    type=click.Path(),
    metavar="KEY.csv",
    help="Replace subjects with numbers and write the key to this file, outside DIR. An existing key is extended.",
)
@click.option("--show", multiple=True, metavar="HEADER", help="Also show this column of the file: diagnosis_label.")
@click.option("--workers", type=click.IntRange(1), help="Number of processes. [default: one per core]")
@input_options
@scoring_options
@exits_on_errors
def command(inputs: tuple[str, ...], output: str, **given: Any) -> None:
    """Write reports: one HTML page per subject, and index.html for the cohort.

    Each page is self-contained and prints on A4. Reads laboratory files, or tables that `qst score` wrote, whose values
    are scored again. An earlier report in the folder is replaced; a folder with other files is refused.

    \b
    Examples:
      qst report cohort.csv -o report
      qst report cohort.csv -o bericht --lang de --pdf --pseudonymise key.csv
    """
    from qst.workflows.report import report_files

    names = ("subjects", "language", "pdf", "browser", "key", "show", "workers")
    report_options = {name: given.pop(name) for name in names}
    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    report = report_files(inputs, output, load_options, settings, **report_options)
    for line in report.replaced:
        print_line(line)
    print_problems(report.problems)
    print_line(f"Written: {report.index} and {len(report.pages)} {'page' if len(report.pages) == 1 else 'pages'}")
    if report_options["key"] is not None:
        print_line(f"Written: {report_options['key']}, the key from numbers to subjects: keep it apart from the report")
    sys.exit(exit_status(report.problems))
