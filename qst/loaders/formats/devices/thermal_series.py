"""Time series of a thermode: a row a sample, with the person's responses as events.

    Timestamp(msec),Tec(C),Events
    0,32.0,
    100,31.9,
    1600,30.4,Response

The threshold is the temperature at an event; the rules stand in `event_trials`. Which test it was says the title of the
sheet, `--assign` with a column `parameter`, or `--set parameter=CDT`; the series itself does not.

Basis: inferred from a program that reads such files; no genuine export was at hand. The reader is strict.
"""

from collections.abc import Sequence

from qst.errors import InputError
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.devices.device_table import find_header, need_header
from qst.loaders.formats.devices.event_trials import NEEDED, SERIES_TESTS, arrange_series
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, Problem
from qst.tables import IDENTITY
from qst.vocabulary.names import name_modality, normalise, parameter_names


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [find_header(table, ("time", *NEEDED)) for table in tables]
    return "by its columns for time, temperature and events" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = need_header(table, NEEDED, "a time series", "Timestamp(msec), Tec(C), Events")
    code, said = find_test(table, options, name_modality(table.sheet or ""))
    return arrange_series(table, header, code, said, options, on_problem)


def find_test(table: TextTable, options: LoadOptions, named: str | None) -> tuple[str, dict[str, str]]:
    """Which test a series was, and what is said of its person and place; `named` is the test that the file names.

    Raises
    ------
    InputError
        Neither the file nor the user says which test it was.
    """
    said = options.assigned_to(table.path)
    code = named or said.get("parameter") or parameter_names().get(normalise(options.fixed.get("parameter", "")))
    if code is None:
        message = (
            f"nothing says which test this time series is: say --set parameter=HPT ({', '.join(SERIES_TESTS)}), or "
            "--assign a table with file and parameter"
        )
        raise InputError(Problem("error", "test-unknown", message, table.file))
    return code, {role: text for role, text in said.items() if role in IDENTITY}


FORMAT = Format(
    name="thermal-series",
    title="time series of a thermode: Timestamp(msec), Tec(C), Events; the threshold is the temperature at an event",
    needs="the test: --set parameter=CDT, or --assign a table; where and whom: --set, --assign, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
