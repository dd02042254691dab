"""Laboratory files to a table, in Python."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from qst.errors import OptionError, QSTWarning
from qst.loaders.headers.additions import read_names
from qst.loaders.headers.assignments import Assignments
from qst.loaders.headers.options import Decimal, LoadOptions
from qst.loaders.readings import open_readings
from qst.problems import Problem
from qst.vocabulary.names import Thermal, our_vocabulary


def load(  # long: the docstring is the manual of all options in Python
    path: str | Path | Sequence[str | Path],
    *,
    fixed: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    units: Mapping[str, str] | None = None,
    decimal: Decimal | None = None,
    thermal: Thermal | None = None,
    demographics: str | Path | None = None,
    sheet: str | None = None,
    ignore: Sequence[str] = (),
    format: str | None = None,
    jobs: int = 1,
    names: str | Path | None = None,
    exclude_records: str | Path | Sequence[str | Path] = (),
    assign: str | Path | Sequence[str | Path] = (),
    probe_area: float | None = None,
    problems: list[Problem] | None = None,
    understood: list[str] | None = None,
) -> pd.DataFrame:
    """Read laboratory files in any of the formats that ``qst formats`` lists.

    Format, separator, decimal sign, encoding, header row, names and units are recognised from the content.

    Parameters
    ----------
    path : path or sequence of paths
        Files or folders.
    fixed : mapping, optional
        Column to the value it has where the files have none, for example ``{"sex": "female", "site": "hand"}``. The
        subject ``"filename"`` is each file's name without its ending; ``parameter`` is the test of a time series.
    columns : mapping, optional
        Header to our column or parameter, for example ``{"pin.prick_mN": "MPT"}``.
    codes : mapping, optional
        Column to its codes, for example ``{"sex": {"1": "female", "2": "male"}}``. Numeric codes are never guessed.
    units : mapping, optional
        Parameter to the unit of its column, for example ``{"PPT": "N/cm2"}``, where the header has none.
    decimal : {".", ","}, optional
        The decimal sign, where the files do not show it.
    thermal : {"absolute", "difference"}, optional
        Whether CDT and WDT are temperatures or distances from baseline, where the values do not show it.
    demographics : path, optional
        A table of people, joined by subject, for what the files lack.
    sheet : str, optional
        The sheet of a workbook.
    ignore : sequence of str
        Headers that do not mean what their name suggests; they are carried through.
    format : str, optional
        One of the formats that ``qst formats`` lists, instead of the one that is recognised.
    jobs : int
        Processes that read small files, where there are many. More than 1 only under ``if __name__ == "__main__":``.
    names : path, optional
        The laboratory's own names, words and units, in the form of ``names.toml``; see
        `qst.loaders.headers.additions.read_names`. They apply to this call only.
    exclude_records : str, path or sequence of them
        Subjects to leave out, for example test entries (``"900,901"`` or a list), or a file that lists them: one id per
        line, or a table with a column for the subject and, if needed, a column `exclude` of 0 and 1.
    assign : str, path or sequence of them
        For device files that do not state where or in whom they were measured: ``"1=hand,left,test"`` for sequence 1
        (or ``"1-4=…"``), or a table with any of the columns file, sequence, subject, age, sex, site, side, area, visit
        and parameter.
    probe_area : float, optional
        Area (cm²) of the pressure algometer's probe, for PPT given as a force; by default that of the protocol, 1 cm².
    problems : list of Problem, optional
        Collects the problems of cells and rows that a person should see. Without it, a `QSTWarning` gives their number
        and the first one. Rows that are implausible in combination are found by `qst.check_plausibility`, which takes
        the whole cohort: that may come from several calls.
    understood : list of str, optional
        Collects what was recognised, in lines for a person.

    Returns
    -------
    pandas.DataFrame
        Assessments (`qst.tables.ASSESSMENT_COLUMNS`, `notes`) or, where every file has one row per trial, trials
        (`qst.tables.TRIAL_COLUMNS`); then the file's own columns as text, `source_file` and `source_row`. `subject` is
        text exactly as written. A cell that cannot be used is missing, and a problem states why.

    Raises
    ------
    InputError
        The file (of several, every file) cannot be read as QST data; the text gives the reason and the remedy.
    OptionError
        An option has no valid meaning; or files of both kinds are mixed, which `qst score` can score but this function
        cannot return as one table.

    Examples
    --------
    >>> table = load("examples/cohort_synthetic.csv")
    >>> table.loc[0, "subject"]
    '001'
    """
    collected: list[Problem] = [] if problems is None else problems
    vocabulary = our_vocabulary() if names is None else read_names(names)
    options = LoadOptions(
        fixed=fixed or {},
        columns=columns or {},
        codes=codes or {},
        units=units or {},
        decimal=decimal,
        thermal=thermal,
        demographics=demographics,
        sheet=sheet,
        ignore=tuple(ignore),
        format=format,
        jobs=jobs,
        names=vocabulary,
        exclude_records=(exclude_records,) if isinstance(exclude_records, str | Path) else tuple(exclude_records),
        assign=Assignments([assign] if isinstance(assign, str | Path) else assign, vocabulary),
        probe_area=probe_area,
    )
    readings = open_readings([path] if isinstance(path, str | Path) else path, options, collected.append)
    if understood is not None:
        understood += readings.explain()
    if len({reading.is_trials for reading in readings.tables}) > 1:
        raise OptionError("some files have one row per tested area and others one row per trial: load them one by one")
    table = pd.concat(readings.frames(collected.append), ignore_index=True)
    if problems is None:
        warn_of_problems(collected)
    return table


def warn_of_problems(problems: Sequence[Problem]) -> None:
    """One warning for a caller who passed no list for the problems."""
    if problems:
        more = f" and {len(problems) - 1} more; pass problems=[] to collect them all" if len(problems) > 1 else ""
        warnings.warn(f"{problems[0]}{more}", QSTWarning, stacklevel=3)
