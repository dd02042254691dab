"""The command `qst`. Each subcommand is imported only when it is needed."""

from importlib import import_module

import click

COMMANDS = ("score", "validate", "convert", "explain", "plot", "report", "form", "formats", "reference")


class LazyGroup(click.Group):
    """A group that finds the command `x` in the module `x` of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"{__package__}.{cmd_name}").command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qst-toolkit", prog_name="qst")
def main() -> None:
    """Quantitative sensory testing (QST) according to the DFNS protocol.

    Reads laboratory files, computes z-scores against published reference values, detects gain and loss of function, and
    plots sensory profiles. For research use. QST alone is not a diagnosis.

    \b
    Example:
      qst score cohort.csv -o scored.csv

    Exit status: 0 success, 1 errors in the data, 2 usage error.
    """
