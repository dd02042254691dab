"""Tables with one row per test area or per trial, or one row per person with the rest in the headers."""

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
    """The table with one row per test area or one row per trial, whether headers or cells name them.

    Raises
    ------
    InputError
        A header names what another column holds, or the columns of one parameter have different units.
    """
    return wide_to_long(name_trials(table, options), options, on_problem)


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [arrange_table(table, options, on_problem) for table in tables]


FORMAT = Format(
    name="tidy",
    title="one row per test area or one row per trial; headers may name area, side, visit, site or trial",
    needs="age, sex and site: in columns, or by --set or --demographics",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
