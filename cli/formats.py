"""`qst formats`: the file formats that can be read."""

import json

import click

from .options import exits_on_errors


@click.command("formats")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@exits_on_errors
def command(as_json: bool) -> None:
    """List the formats that can be read, what each needs, and how well it is known.

    A format is recognised from the content of a file. If it is not recognised, or recognised wrongly, use --format NAME
    with any command that reads files.

    \b
    Example:
      qst formats
    """
    from qst.loaders.formats.choose import FORMATS
    from qst.loaders.formats.format import BASES

    if as_json:
        entries = [
            {
                "name": file_format.name,
                "title": file_format.title,
                "needs": file_format.needs,
                "basis": BASES[file_format.basis],
            }
            for file_format in FORMATS
        ]
        click.echo(json.dumps(entries, indent=1, ensure_ascii=False))
        return
    for file_format in FORMATS:
        click.echo(f"{file_format.name}: {file_format.title}")
        if file_format.needs:
            click.echo(f"  needs: {file_format.needs}")
        click.echo(f"  basis: {BASES[file_format.basis]}")
