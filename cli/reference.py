"""`qst reference`: what the reference sets cover, what they lack, and the source of each number."""

import click

from .options import exits_on_errors


@click.group("reference")
def command() -> None:
    """List reference sets, or show what one covers and lacks.

    \b
    Examples:
      qst reference list
      qst reference show magerl2010 --parameter PPT --site hand
    """


@command.command("list")
@exits_on_errors
def list_sets() -> None:
    """List the reference sets that come with the program.

    \b
    Example:
      qst reference list
    """
    from qst.norms.coverage import describe_sets

    for line in describe_sets():
        click.echo(line)


@command.command("show")
@click.argument("reference", metavar="ID|PATH")
@click.option("--parameter", metavar="NAME", help="Only this parameter: PPT.")
@click.option("--site", metavar="NAME", help="Only this site: hand.")
@exits_on_errors
def show(reference: str, parameter: str | None, site: str | None) -> None:
    """Show what a reference set covers, what it lacks, and the source of each number.

    Without --parameter and --site: its source, its coverage and doubtful cells. With them: the cells themselves, with
    the range of healthy people in the unit of the parameter.

    \b
    Example:
      qst reference show magerl2010 --parameter PPT --site hand
    """
    from qst.norms.coverage import describe_cells, describe_set
    from qst.norms.reference_sets import load_reference

    reference_set = load_reference(reference)
    lines = (
        describe_set(reference_set)
        if parameter is None and site is None
        else describe_cells(reference_set, parameter, site)
    )
    for line in lines:
        click.echo(line)
