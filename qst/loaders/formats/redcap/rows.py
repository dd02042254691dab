"""Rows of a REDCap export: repeat instances, incomplete forms, and what a record says of itself in another row."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts, first_rows, number_groups
from qst.loaders.files.cells import is_blank
from qst.loaders.formats.redcap.export import COMPLETE, EVENT, INSTANCE, INSTRUMENT, PLUMBING, Export
from qst.problems import OnProblem, Problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise

Codes = npt.NDArray[np.int64]

STATUS = {"0": 0, "incomplete": 0, "1": 1, "unverified": 1, "2": 2, "complete": 2}
"""REDCap's words for the status of a form; 2 is complete."""

_STATUS_WORDS = ("incomplete", "unverified", "complete")

KEPT_APART = ("visit", "site", "side", "area", "parameter", "series", "stimulus")
"""Instances that differ in one of these are different assessments or trials, not repetitions of one."""

OF_PERSON = ("age", "sex")
"""What is taken from a record's other event where its own has none."""


def choose_rows(export: Export, on_problem: OnProblem) -> None:
    """Keep of repeat instances the last complete one, and spread what a record's other rows say of it."""
    measured = export.filled(export.find_measured())
    repeated = export.cells(export.find_own(INSTANCE)) != ""
    status = _read_status(export)
    dropped = _find_superseded(export, measured & repeated, status, on_problem)
    _report_incomplete(export, measured & ~dropped, status, on_problem)
    _spread(export, repeated)
    record = _number(export, export.find_roles("subject"))
    has_values = np.zeros(int(record.max(initial=-1)) + 1, dtype=bool)
    has_values[record[measured & ~dropped]] = True
    without = ~measured & has_values[record]
    if without.any():
        export.told.append(f"{int(without.sum())} rows without measurements were used for what they say of the record")
    export.select(~dropped & ~without)
    _merge_forms(export)


def _number(export: Export, positions: Sequence[int | None]) -> Codes:
    """Number each row's combination of some columns."""
    keys = pd.DataFrame({str(number): export.cells(position) for number, position in enumerate(positions)})
    return number_groups(keys, list(map(str, keys)))


def _read_status(export: Export) -> Floats:
    """Status of the form that a row's values are from: the lowest of several; NaN where the export has none."""
    forms = export.find_complete()
    status = np.full(len(export.rows), np.nan)
    read = {i: np.array([STATUS.get(text.lower(), 0) for text in export.cells(i)], dtype=float) for i in forms}
    for position, measured in _assign_forms(export, forms).items():
        status = np.where(export.filled(measured), np.fmin(status, read[position]), status)
    instrument = np.array([normalise(text) for text in export.cells(export.find_own(INSTRUMENT))], dtype=object)
    for position in forms:  # a row of a repeated form has that form's fields and no others
        form = COMPLETE.fullmatch(normalise(export.names[position]))
        if form and form[1]:
            status = np.where(instrument == form[1], read[position], status)
    return status


def _assign_forms(export: Export, forms: Sequence[int]) -> dict[int, list[int]]:
    """Status column to the measured columns of its form: as the dictionary says, else the next status to the right.

    REDCap writes the status behind the fields of a form. Where nothing stands to the right, the last one is taken.
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
    """Repeat instances of which a later one counts: the last complete one, or the last where none is complete."""
    dropped = np.zeros(len(export.rows), dtype=bool)
    in_rows = not any(export.role(i) in BY_CODE or export.part(i) for i in export.find_measured())
    if in_rows and not export.find_roles("series"):
        if candidates.any():
            export.told.append("a repeat instance is a trial, for no column numbers the trials: all of them count")
        return dropped
    keys = [export.find_own(EVENT), export.find_own(INSTRUMENT), *export.find_roles("subject", *KEPT_APART)]
    instances = export.cells(export.find_own(INSTANCE))
    places = pd.DataFrame(
        {
            "group": _number(export, keys),
            "complete": np.isnan(status) | (status == 2),
            "instance": pd.to_numeric(pd.Series(instances), errors="coerce").to_numpy(dtype=float),
            "place": np.arange(len(export.rows)),
        }
    )[candidates]
    last = places.sort_values(["complete", "instance", "place"]).groupby("group")["place"].transform("last")
    superseded = last[last != last.index].sort_index()
    for place, counting in zip(superseded.index.to_numpy(), superseded.to_numpy(), strict=True):
        dropped[place] = True
        which = "the last complete one" if status[counting] == 2 or np.isnan(status[counting]) else "the last one"
        message = (
            f"instance {instances[place]} of a repeated form was left out, for instance {instances[counting]} in row "
            f"{export.rows[counting]} is {which}: if both count, say --map {_name_instance(export)}=visit"
        )
        row = int(export.rows[place])
        on_problem(Problem("warning", "repeat-instance", message, export.table.file, row, _name_instance(export)))
    return dropped


def _name_instance(export: Export) -> str:
    position = export.find_own(INSTANCE)
    return INSTANCE[0] if position is None else export.names[position]


def _report_incomplete(export: Export, used: Bools, status: Floats, on_problem: OnProblem) -> None:
    for place in np.flatnonzero(used & (status < 2)):
        message = (
            f"the form is marked {_STATUS_WORDS[int(status[place])]}; its values are used: complete it, or say "
            "--exclude-records"
        )
        on_problem(Problem("warning", "form-incomplete", message, export.table.file, int(export.rows[place])))


def _spread(export: Export, repeated: Bools) -> None:
    """Fill the gaps of repeat rows from the record's other row of the event; age and sex from its other events too."""
    subject = export.find_roles("subject")
    own = {*export.find_measured(), *export.find_complete(), *subject}
    own |= {i for i, text in enumerate(export.names) if normalise(text) in PLUMBING}
    event, record = _number(export, [*subject, export.find_own(EVENT)]), _number(export, subject)
    for position in range(len(export.header)):
        if position not in own:
            filled = _fill(export.columns[position], event, repeated, ~repeated)
            if export.role(position) in OF_PERSON:
                before = is_blank(filled)
                filled = _fill(filled, record, before, ~before)
                gained = int((before & ~is_blank(filled)).sum())
                if gained:
                    export.told.append(f"{shorten(export.names[position])} of {gained} rows is from another event")
            export.columns[position] = filled


def _fill(texts: Texts, group: Codes, gaps: Bools, sources: Bools) -> Texts:
    """Blank texts of some rows, filled with the first text that any of the sources of their group has."""
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
    """Make one row of the forms of one assessment: rows alike in who, when and where, and without any contradiction."""
    roles = export.find_roles("subject", "visit", "site", "side", "area")
    if export.find_own(INSTRUMENT) is None or export.find_roles("value"):
        return
    group = _number(export, [export.find_own(EVENT), *roles])
    codes, first = first_rows(group)
    several = np.bincount(codes) > 1
    same_form = pd.Series(_number(export, [export.find_own(INSTRUMENT)])).groupby(codes).nunique().to_numpy()
    joined = several & (same_form == np.bincount(codes))
    ours = {i for i, text in enumerate(export.names) if normalise(text) in PLUMBING} | {*export.find_complete()}
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
    export.told.append(f"{int((~kept).sum())} rows were joined to others of the same assessment, from another form")
    export.select(kept)
