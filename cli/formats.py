"""`qst formats`: the kinds of files that can be read."""

import json

import click

from .options import exits_on_errors


@click.command("formats")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON, for programs.")
@exits_on_errors
def command(as_json: bool) -> None:
    """List the formats that can be read, what each needs, and how sure it is.

    A format is recognised from a file's content. Where it is not, or not rightly, --format NAME says it, in every
    command that reads files.

    \b
    Example:
      qst formats
    """
    from qst.loaders.formats.choose import FORMATS
    from qst.loaders.formats.format import BASES

    if as_json:
        listed = [
            {"name": known.name, "title": known.title, "needs": known.needs, "basis": BASES[known.basis]}
            for known in FORMATS
        ]
        click.echo(json.dumps(listed, indent=1, ensure_ascii=False))
        return
    for known in FORMATS:
        click.echo(f"{known.name}: {known.title}")
        if known.needs:
            click.echo(f"  to say: {known.needs}")
        click.echo(f"  basis:  {BASES[known.basis]}")
