"""Yes/no trials (constant stimuli, adaptive procedures): one row per stimulus, with whether it was felt.

The threshold of each assessment and parameter is fitted (`qst.derive.psychometric`). The result has one row per test
area: the thresholds, and for each its interval, slope, error rates, number of trials, and the outcome of the fit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qst.errors import InputError
from qst.loaders.files.text_table import HEADER_AMONG, TextTable
from qst.loaders.formats.format import Format, make_tidy
from qst.loaders.formats.yes_no.thresholds import Thresholds, fit_thresholds
from qst.loaders.formats.yes_no.trials import CODES_EXAMPLE, StimulusColumns, YesNoTrials
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.options import LoadOptions
from qst.loaders.rows.exclusion import hide_excluded
from qst.problems import OnProblem, make_problem, shorten
from qst.tables import KEY, unique_column_name
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import is_missing_cell, normalise, words
from qst.vocabulary.units import find_unit

LEAST_KNOWN = 0.9
"""Share of the first responses that must mean yes or no; the others are typing errors (ours)."""

OTHER_METHOD = (
    "the norms are for the method of limits, which adds a reaction time: these z-scores are not comparable without care"
)

_ROLES_OF_TRIALS = {"value": "intensity", "parameter": "condition"}
"""What `--map` calls columns of trials, and what those columns are here."""

_CONDITION = ("condition", "stimulus", "instruction")
"""Columns whose words together name the parameter, such as cold and detect."""


def _recognise(tables: Sequence[TextTable]) -> str | None:
    found = _find_columns(tables[0], LoadOptions())
    if found is None or not found.condition:
        return None
    preview = tables[0].preview[found.row :]
    answers = [row[found.response] for row in preview if found.response < len(row)]
    filled = [text for text in answers if not is_missing_cell(text)]
    known = sum(normalise(text) in words("response") for text in filled)
    if not filled or known < LEAST_KNOWN * len(filled):
        return None
    intensity, response = found.headers[found.intensity], found.headers[found.response]
    return f"as {shorten(intensity)} is an intensity and {shorten(response)} holds yes or no"


def _find_columns(table: TextTable, options: LoadOptions) -> StimulusColumns | None:
    """The columns of the first row that names an intensity and a response; None if no row does."""
    for number, texts in enumerate(table.preview[: 1 if table.header_row else HEADER_AMONG], start=1):
        if not any(_is_response(text, options) for text in texts):
            continue  # a quick check first, as every file is asked
        roles: dict[str, list[int]] = {}
        for position, text in enumerate(texts):
            role = _find_role(position, text, options)
            if role is not None:
                roles.setdefault(role, []).append(position)
        if "intensity" in roles and "response" in roles:
            return _pick_columns(table.header_row or number, texts, roles, options)
    return None


def _is_response(text: str, options: LoadOptions) -> bool:
    if words("yes_no_columns").get(normalise(text)) == "response":
        return True
    return bool(options.columns) and _find_mapped_role(text, options) == "response"


def _find_role(position: int, text: str, options: LoadOptions) -> str | None:
    """What a header means in a table of yes/no trials; what the user states takes precedence."""
    if text.strip() in options.ignore:
        return None
    mapped = _find_mapped_role(text, options)
    if mapped is not None:
        return _ROLES_OF_TRIALS.get(mapped, mapped)
    names = words("yes_no_columns")
    return names.get(normalise(text)) or names.get(parse_header(text)[0]) or recognise(position, text, options).role


def _find_mapped_role(text: str, options: LoadOptions) -> str | None:
    """What `--map` makes of a header."""
    mapped = {normalise(header): role for header, role in options.columns.items()}
    return mapped.get(normalise(text)) or mapped.get(parse_header(text)[0])


def _pick_columns(row: int, texts: list[str], roles: Mapping[str, list[int]], options: LoadOptions) -> StimulusColumns:
    """The columns by what they mean; of several intensities the one that the user named, otherwise the recorded one."""
    intensities = roles["intensity"]
    named = [i for i in intensities if _find_mapped_role(texts[i], options) is not None]
    recorded = [i for i in intensities if normalise(texts[i]).startswith(("recorded", "measured", "actual"))]
    intensity = (named or recorded or intensities)[0]
    others = [texts[i] for i in intensities if i != intensity]
    condition = [position for role in _CONDITION for position in roles.get(role, [])]
    of_trials = [position for role in ("response", "keep", "series") for position in roles.get(role, [])]
    used = {intensity, *condition, *of_trials}
    unit_text = parse_header(texts[intensity])[1]
    return StimulusColumns(
        row,
        list(texts),
        intensity,
        roles["response"][0],
        condition,
        next(iter(roles.get("keep", [])), None),
        next(iter(roles.get("baseline", [])), None),
        {role: roles[role][0] for role in KEY if role in roles},
        [position for position in range(len(texts)) if position not in used],
        find_unit("CPT", unit_text) if unit_text else None,
        ", ".join(map(shorten, others)),
    )


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return [_arrange_table(table, options, on_problem) for table in tables]


def _arrange_table(table: TextTable, options: LoadOptions, on_problem: OnProblem) -> TextTable:
    """One row per assessment: the thresholds, the details of their fits, and the columns that its trials share."""
    columns = _find_columns(table, options)
    if columns is None or not columns.condition:
        row = columns.row if columns else None
        raise InputError(make_problem("no-qst-columns", "yes-no", file=table.file, row=row))
    trials = YesNoTrials(table, columns, options, on_problem)
    codes = trials.exclude_pain_without_baseline(on_problem)
    if options.exclude_records:
        subjects = dict(zip(trials.block.rows.tolist(), trials.names[trials.group].tolist(), strict=True))
        on_problem = hide_excluded(on_problem, subjects, [str(name) for name in options.exclude_records])
    fitted = fit_thresholds(trials, codes, on_problem)
    constant, varying = trials.find_constant()
    understood = [*trials.understood, OTHER_METHOD]
    if varying:
        understood.append(f"left out as they differ from trial to trial: {', '.join(varying)}")
    return replace(_tabulate(trials, fitted, constant), remarks=(*table.remarks, *understood))


def _tabulate(trials: YesNoTrials, fitted: Thresholds, kept: Sequence[int]) -> TextTable:
    """The file's own columns, then ours; a column of the file that has one of our names is renamed."""
    headers: list[str] = []
    for position in kept:
        headers.append(unique_column_name(trials.columns.headers[position], {*fitted.columns, *headers}))
    own = [trials.block.columns[position][trials.first] for position in kept]
    ours = [_format_cells(values, trials.decimal) for values in fitted.columns.values()]
    return make_tidy(
        trials.table,
        [*headers, *fitted.columns],
        zip(trials.block.rows[trials.first].tolist(), map(list, zip(*own, *ours, strict=True)), strict=True),
        f"thresholds fitted to {fitted.n_trials:,} yes/no trials",
        header_row=trials.columns.row,
        thermal="difference",
        noted=True,
    )


def _format_cells(values: npt.NDArray[np.generic], decimal: str) -> list[str]:
    """Cells of a column: numbers with the file's decimal sign, empty where they are missing."""
    if values.dtype == object:
        return [str(value) for value in values]
    if values.dtype.kind in "iu":
        return [f"{value:d}" for value in values.tolist()]
    return ["" if np.isnan(value) else f"{value:.4g}".replace(".", decimal) for value in values.tolist()]


FORMAT = Format(
    name="yes-no",
    title="one row per thermal stimulus with yes or no (constant stimuli, adaptive); thresholds are fitted",
    needs=f"what numbers of the condition mean ({CODES_EXAMPLE}); the baseline (--set baseline=30); age, sex and site",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
