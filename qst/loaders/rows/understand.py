"""A table of text is understood: its header, shape, decimal sign and units, and how each column is read."""

from dataclasses import replace

from qst.errors import InputError
from qst.loaders.files.text_table import TextTable
from qst.loaders.headers.columns import Layout, find_layout
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.exclusion import Exclusion
from qst.loaders.rows.people import People
from qst.loaders.rows.quantities import Decisions, decide
from qst.loaders.rows.survey import Survey
from qst.loaders.rows.table import Reading
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import CODES, DISTANCE_CODES


def understand(
    table: TextTable,
    options: LoadOptions,
    people: People | None,
    on_problem: OnProblem,
    exclusion: Exclusion | None = None,
) -> Reading:
    """Find out what a table contains: its header, decimal sign, units, and whether its columns are the protocol's.

    Raises
    ------
    InputError
        The table has no QST values, no rows, or only columns that cannot be what their names suggest.
    """
    options = replace(options, ignore=(*options.ignore, *table.ignored))
    layout = find_layout(table, options, on_problem)
    if not layout.is_measurements:
        names = " ".join(CODES)
        raise InputError(make_problem("no-qst-columns", "subjects-only", file=table.file, row=layout.row, codes=names))
    if exclusion is not None:
        table = exclusion.apply(table, layout, options.fixed)
    survey = Survey(table, layout, options, people)
    if not survey.n_rows:
        for problem in survey.problems:
            on_problem(problem)
        survey.report_second_headers(table.file, on_problem)
        if exclusion is not None and exclusion.has_rows_of(table.file):
            raise InputError(make_problem("all-excluded", file=table.file, row=layout.row))
        raise InputError(make_problem("no-rows", "table", file=table.file, row=layout.row))
    decisions = _decide(table, layout, options, survey, on_problem)
    if survey.only_block:
        for problem in survey.problems:  # these rows are not read again
            on_problem(problem)
    survey.report_problems(table.file, on_problem)
    return Reading(table, layout, options, decisions, survey)


def _decide(table: TextTable, layout: Layout, options: LoadOptions, survey: Survey, on_problem: OnProblem) -> Decisions:
    """How each column is read; columns that are refused are reported."""
    thermal = table.thermal or options.thermal
    if table.canonical:
        return Decisions(absolute=dict.fromkeys(DISTANCE_CODES, thermal == "absolute"))
    hints = {str(c.role): c.thermal for c in layout.parameters if c.thermal is not None}
    decisions = decide(survey.evidence, survey.units, thermal, hints, single_trials=layout.is_long)
    for code, refusal in decisions.refused.items():
        headers = list(survey.headers[code]) or [code]
        parameter = f"{code} ({', '.join(map(shorten, headers))})" if len(headers) > 1 else code
        on_problem(refusal.make_problem(parameter, file=table.file, row=layout.row, column=headers[0]))
    if decisions.refused and set(survey.evidence) <= set(decisions.refused):
        code, refusal = next(iter(decisions.refused.items()))
        reason = refusal.make_problem(code).message
        raise InputError(make_problem("not-qst-data", file=table.file, row=layout.row, reason=reason))
    return decisions
