"""Time series of a thermode: one row per sample, with the participant's responses as events.

    Timestamp(msec),Tec(C),Events
    0,32.0,
    100,31.9,
    1600,30.4,Response

The threshold is the temperature at an event, by the rules in `event_trials`. The title of the sheet, `--assign` with a
column `parameter`, or `--set parameter=CDT` give the test; the series itself does not.

Basis: inferred from a program that reads such files; no genuine export was available. The reader is strict.
"""

from collections.abc import Sequence

from qst.errors import InputError
from qst.loaders.files.text_table import TextTable
from qst.loaders.formats.devices.device_table import find_device_header, require_device_header
from qst.loaders.formats.devices.event_trials import SERIES_COLUMNS, SERIES_TESTS, arrange_series
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem, make_problem
from qst.tables import IDENTITY
from qst.vocabulary.names import name_modality, normalise, parameter_names


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = [find_device_header(table, ("time", *SERIES_COLUMNS)) for table in tables]
    return "by its columns for time, temperature and events" if all(found) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    header = require_device_header(table, SERIES_COLUMNS, "a time series", "Timestamp(msec), Tec(C), Events")
    code, stated = find_test(table, options, name_modality(table.sheet or ""))
    return arrange_series(table, header, code, stated, options, on_problem)


def find_test(table: TextTable, options: LoadOptions, named: str | None) -> tuple[str, dict[str, str]]:
    """The test that a series is of, and what `--assign` states about person and place.

    Parameters
    ----------
    table : TextTable
    options : LoadOptions
    named : str or None
        The test that the file itself names.

    Raises
    ------
    InputError
        Neither the file nor the user names the test.
    """
    stated = options.assigned_to(table.path)
    code = named or stated.get("parameter") or parameter_names().get(normalise(options.fixed.get("parameter", "")))
    if code is None:
        raise InputError(make_problem("test-unknown", "not-named", file=table.file, tests=", ".join(SERIES_TESTS)))
    return code, {role: text for role, text in stated.items() if role in IDENTITY}


FORMAT = Format(
    name="thermal-series",
    title="time series of a thermode: Timestamp(msec), Tec(C), Events; the threshold is the temperature at an event",
    needs="the test: --set parameter=CDT, or --assign with a table; person and place: --set, --assign, --demographics",
    basis="inferred",
    recognise=_recognise,
    arrange=_arrange,
)
