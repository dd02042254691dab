"""Tables with a row a tested area or a row a trial, or a row a person with the rest in the headers."""

from collections.abc import Sequence

from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.trial_names import name_trials
from qst.loaders.headers.wide_to_long import wide_to_long
from qst.problems import OnProblem


def _recognise(tables: Sequence[TextTable]) -> str:
    return "as no other was recognised"


def arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    """A table with a row a tested area or a row a trial, whatever names them.

    Raises
    ------
    InputError
        A header names what a column of its own says too, or columns of one parameter have different units.
    """
    return wide_to_long(name_trials(table, options), options, on_problem)


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [arrange_table(table, options, on_problem) for table in tables]


FORMAT = Format(
    name="tidy",
    title="a row a tested area or a row a trial; headers may name area, side, visit, site or trial",
    needs="age, sex and site, by columns, --set or --demographics",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
