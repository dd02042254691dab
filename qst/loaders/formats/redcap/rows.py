"""Rows of a REDCap export: repeat instances, incomplete forms, and what other rows of a record hold for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts, first_rows, number_groups
from qst.loaders.files.cells import is_blank
from qst.loaders.formats.redcap.export import COMPLETE, EVENT, INSTANCE, INSTRUMENT, OWN_COLUMNS, Export
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise

Codes = npt.NDArray[np.int64]

COMPLETE_STATUS = 2

STATUS = {"0": 0, "incomplete": 0, "1": 1, "unverified": 1, "2": 2, "complete": 2}
"""REDCap's words for the status of a form."""

_STATUS_WORDS = ("incomplete", "unverified", "complete")

DISTINGUISHING = ("visit", "site", "side", "area", "parameter", "series", "stimulus")
"""Instances that differ in one of these are different assessments or trials, not repetitions of the same one."""

OF_PERSON = ("age", "sex")
"""What is taken from another event of the record if its own has none."""


def choose_rows(export: Export, on_problem: OnProblem) -> None:
    """Keep the last complete repeat instance, and fill it with what the other rows of its record hold."""
    measured = export.filled(export.find_measured())
    repeated = export.cells(export.find_own(INSTANCE)) != ""
    status = _read_status(export)
    superseded = _find_superseded(export, measured & repeated, status, on_problem)
    _report_incomplete(export, measured & ~superseded, status, on_problem)
    _fill_gaps(export, repeated)
    record = _number(export, export.find_roles("subject"))
    has_values = np.zeros(int(record.max(initial=-1)) + 1, dtype=bool)
    has_values[record[measured & ~superseded]] = True
    without = ~measured & has_values[record]
    if without.any():
        export.understood.append(
            f"{int(without.sum())} rows without measurements were used for what they hold about their record"
        )
    export.select(~superseded & ~without)
    _merge_forms(export)


def _number(export: Export, positions: Sequence[int | None]) -> Codes:
    """A number for each combination of these columns, by row."""
    keys = pd.DataFrame({str(number): export.cells(position) for number, position in enumerate(positions)})
    return number_groups(keys, list(map(str, keys)))


def _read_status(export: Export) -> Floats:
    """Status of the form that a row's values are from: the lowest of several; NaN if the export has none."""
    forms = export.find_complete()
    status = np.full(len(export.rows), np.nan)
    read = {i: np.array([STATUS.get(text.lower(), 0) for text in export.cells(i)], dtype=float) for i in forms}
    for position, measured in _assign_forms(export, forms).items():
        status = np.where(export.filled(measured), np.fmin(status, read[position]), status)
    instrument = np.array([normalise(text) for text in export.cells(export.find_own(INSTRUMENT))], dtype=object)
    for position in forms:  # a row of a repeated form has the fields of that form and no others
        form = COMPLETE.fullmatch(normalise(export.names[position]))
        if form and form[1]:
            status = np.where(instrument == form[1], read[position], status)
    return status


def _assign_forms(export: Export, forms: Sequence[int]) -> dict[int, list[int]]:
    """The measured columns of each status column: by the dictionary, otherwise the next status to the right.

    REDCap writes the status after the fields of a form. For columns with no status to the right, it is the last one.
    """
    by_name = {normalise(export.names[position]): position for position in forms}
    assigned: dict[int, list[int]] = {}
    for position in export.find_measured() if forms else ():
        entry = export.dictionary.find(export.names[position]) if export.dictionary is not None else None
        form = by_name.get(f"{normalise(entry.form)}_complete") if entry is not None else None
        if form is None:
            form = next((i for i in forms if i > position), forms[-1])
        assigned.setdefault(form, []).append(position)
    return assigned


def _find_superseded(export: Export, candidates: Bools, status: Floats, on_problem: OnProblem) -> Bools:
    """Repeat instances that another one replaces: the last complete one, or the last one if none is complete."""
    superseded = np.zeros(len(export.rows), dtype=bool)
    are_trials = not any(export.role(i) in BY_CODE or export.part(i) for i in export.find_measured())
    if are_trials and not export.find_roles("series"):
        if candidates.any():
            export.understood.append("a repeat instance is a trial, as no column numbers the trials; all of them count")
        return superseded
    keys = [export.find_own(EVENT), export.find_own(INSTRUMENT), *export.find_roles("subject", *DISTINGUISHING)]
    instances = export.cells(export.find_own(INSTANCE))
    is_complete = np.isnan(status) | (status == COMPLETE_STATUS)
    found = pd.DataFrame(
        {
            "group": _number(export, keys),
            "complete": is_complete,
            "instance": pd.to_numeric(pd.Series(instances), errors="coerce").to_numpy(dtype=float),
            "index": np.arange(len(export.rows)),
        }
    )[candidates]
    last = found.sort_values(["complete", "instance", "index"]).groupby("group")["index"].transform("last")
    replaced = last[last != last.index].sort_index()
    for index, counting in zip(replaced.index.to_numpy(), replaced.to_numpy(), strict=True):
        superseded[index] = True
        message = "last-complete" if is_complete[counting] else "last"
        where = export.locate(int(index), _name_instance(export))
        details: dict[str, Any] = {"instance": instances[index], "other": instances[counting]}
        on_problem(make_problem("repeat-instance", message, **where, **details, other_row=export.rows[counting]))
    return superseded


def _name_instance(export: Export) -> str:
    position = export.find_own(INSTANCE)
    return INSTANCE[0] if position is None else export.names[position]


def _report_incomplete(export: Export, used: Bools, status: Floats, on_problem: OnProblem) -> None:
    for index in np.flatnonzero(used & (status < COMPLETE_STATUS)):
        word = _STATUS_WORDS[int(status[index])]
        on_problem(make_problem("form-incomplete", file=export.table.file, row=int(export.rows[index]), status=word))


def _fill_gaps(export: Export, repeated: Bools) -> None:
    """Fill the gaps of repeat rows from the record's other row of the event; age and sex from its other events too."""
    subject = export.find_roles("subject")
    own = {*export.find_measured(), *export.find_complete(), *subject}
    own |= {i for i, text in enumerate(export.names) if normalise(text) in OWN_COLUMNS}
    event, record = _number(export, [*subject, export.find_own(EVENT)]), _number(export, subject)
    for position in range(len(export.header)):
        if position not in own:
            filled = _fill(export.columns[position], event, repeated, ~repeated)
            if export.role(position) in OF_PERSON:
                before = is_blank(filled)
                filled = _fill(filled, record, before, ~before)
                gained = int((before & ~is_blank(filled)).sum())
                if gained:
                    name = shorten(export.names[position])
                    export.understood.append(f"{name} of {gained} rows is from another event")
            export.columns[position] = filled


def _fill(texts: Texts, group: Codes, gaps: Bools, sources: Bools) -> Texts:
    """Fill the blank texts of some rows with the first text that any of the sources in their group has."""
    blank = is_blank(texts)
    known, wanted = sources & ~blank, gaps & blank
    if not known.any() or not wanted.any():
        return texts
    first = np.full(int(group.max()) + 1, len(texts), dtype=np.int64)
    np.minimum.at(first, group[known], np.flatnonzero(known))
    wanted &= first[group] < len(texts)
    filled = texts.copy()
    filled[wanted] = texts[first[group[wanted]]]
    return filled


def _merge_forms(export: Export) -> None:
    """Make one row of the forms of one assessment: rows of the same person, time and place without contradictions."""
    roles = export.find_roles("subject", "visit", "site", "side", "area")
    if export.find_own(INSTRUMENT) is None or export.find_roles("value"):
        return
    group = _number(export, [export.find_own(EVENT), *roles])
    codes, first = first_rows(group)
    several = np.bincount(codes) > 1
    forms = pd.Series(_number(export, [export.find_own(INSTRUMENT)])).groupby(codes).nunique().to_numpy()
    joined = several & (forms == np.bincount(codes))
    ours = {i for i, text in enumerate(export.names) if normalise(text) in OWN_COLUMNS} | {*export.find_complete()}
    for position in range(len(export.header)):
        if position not in ours and joined.any():
            known = ~is_blank(export.columns[position])
            different = pd.Series(export.cells(position)[known]).groupby(codes[known]).nunique()
            joined[different.index[different > 1].to_numpy(dtype=np.int64)] = False
    if not joined.any():
        return
    rows = joined[codes]
    for position, column in enumerate(export.columns):
        export.columns[position] = _fill(column, group, rows, rows)
    kept = ~rows | (first[codes] == np.arange(len(codes)))
    export.understood.append(
        f"{int((~kept).sum())} rows were joined to others of the same assessment, from another form"
    )
    export.select(kept)
