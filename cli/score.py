"""`qst score`: files to the scored table."""

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


@click.command("score")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(), metavar="INPUT…")
@click.option(
    "-o", "--output", type=click.Path(), help="File to write: .csv, .xlsx, .parquet, .json. Default: CSV to stdout."
)
@click.option(
    "--details",
    type=click.Path(),
    metavar="FILE.json",
    help="Write the signs for and against every mechanism, with their sources, assessment by assessment.",
)
@click.option(
    "--volunteers", is_flag=True, help="All people are healthy volunteers: say in the summary who probably is not."
)
@click.option(
    "--manifest",
    is_flag=True,
    help="Write what made the result to OUTPUT.manifest.json: program, reference set, settings, files with hashes. "
    "Parquet always holds it, and JSON always has it beside it.",
)
@click.option(
    "-q", "--quiet", is_flag=True, help="Only problems on stderr: nothing of what was understood, no summary."
)
@input_options
@scoring_options
@ends_cleanly
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

    Takes files and folders of CSV, TSV and XLSX with a row a tested area, or a row a trial. Nothing is guessed
    in silence: what was
    understood, every problem and a summary go to stderr.

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
        on_line=None if quiet else tell,
        details=details,
        volunteers=volunteers,
        manifest=manifest,
    )
    print_problems(batch.problems)
    if not quiet:
        for line in batch.summary.lines(batch.problems):
            tell(line)
        if output is not None and batch.written:
            tell(f"Written: {output}")
        if details is not None and batch.written:
            tell(f"Written: {details}")
        if manifest and batch.written:
            tell(f"Written: {output}.manifest.json")
    sys.exit(exit_status(batch.problems))
