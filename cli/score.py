"""`qst score`: score files and write the scored table."""

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
    print_problems,
    scoring_options,
)


@click.command("score")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option(
    "-o", "--output", type=click.Path(), help="File to write: .csv, .xlsx, .parquet, .json. Default: CSV to stdout."
)
@click.option(
    "--details",
    type=click.Path(),
    metavar="FILE.json",
    help="Write the evidence for and against each mechanism, with its sources, for each assessment.",
)
@click.option(
    "--volunteers",
    is_flag=True,
    help="Treat everyone as a healthy volunteer, and list in the summary who probably is not.",
)
@click.option(
    "--manifest",
    is_flag=True,
    help="Record how the result was made in OUTPUT.manifest.json: program, reference set, settings, and files with "
    "hashes. Always written for Parquet (inside the file) and JSON (next to it).",
)
@click.option(
    "-q", "--quiet", is_flag=True, help="Print only problems to stderr: not how the files were read, and no summary."
)
@input_options
@scoring_options
@exits_on_errors
def command(
    inputs: tuple[str, ...],
    output: str | None,
    details: str | None,
    volunteers: bool,
    manifest: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Score files: z-scores, gain and loss of function, patterns, and evidence for pain mechanisms.

    Reads files and folders of CSV, TSV and XLSX with one row per tested area or one row per trial. Nothing is guessed
    silently: how the files were read, problems and a summary go to stderr.

    \b
    Examples:
      qst score cohort.csv -o scored.csv
      qst score thresholds.csv --demographics people.csv --set site=hand \\
          --map pin.prick_mN=MPT --codes sex:1=female,2=male -o scored.xlsx
      qst score cohort.csv -o scored.csv --details why.json
    """
    from qst.workflows.score import score_files

    load_options, settings = parse_load_options(given), parse_scoring_options(given)
    batch = score_files(
        inputs,
        output,
        load_options,
        settings,
        stdout=sys.stdout,
        on_line=None if quiet else print_line,
        details=details,
        volunteers=volunteers,
        manifest=manifest,
    )
    print_problems(batch.problems)
    if not quiet:
        for line in batch.summary.lines(batch.problems):
            print_line(line)
        if output is not None and batch.written:
            print_line(f"Written: {output}")
        if details is not None and batch.written:
            print_line(f"Written: {details}")
        if manifest and batch.written:
            print_line(f"Written: {output}.manifest.json")
    sys.exit(exit_status(batch.problems))
