"""Find one person's assessments in files, and choose one of them."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from qst.derive.trials import derive_values, is_trials
from qst.errors import InputError, OptionError
from qst.explain.found import CHOICES, Found
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import open_readings
from qst.problems import Problem, make_problem
from qst.settings import Settings
from qst.tables import is_scored
from qst.workflows.carried_settings import find_carried, take_over
from qst.workflows.manifest import list_files

NEAR = 3
"""Number of similar names shown if a subject is not found."""


def find_person(paths: Sequence[str | Path], subject: str, options: LoadOptions, settings: Settings) -> Found:
    """Read files, which may include scored tables, and keep the rows of one person.

    Raises
    ------
    OptionError
        There is no such person; the message suggests a few similar names.
    InputError
        The input cannot be read, or has no usable row; the error holds all problems.
    """
    found, names, problems = _read(paths, options, settings, subject)
    if found is not None:
        return found
    if not names and problems:
        raise _make_empty_error(paths, problems)
    raise _make_unknown_subject_error(subject, names, problems)


def find_everybody(paths: Sequence[str | Path], options: LoadOptions, settings: Settings) -> Found:
    """Read files, which may include scored tables, and keep all rows. Values are derived from any trials.

    Raises
    ------
    InputError
        The input cannot be read, or has no usable row; the error holds all problems.
    """
    found, _, problems = _read(paths, options, settings, None)
    if found is None:
        raise _make_empty_error(paths, problems)
    return found


def _make_empty_error(paths: Sequence[str | Path], problems: Sequence[Problem]) -> InputError:
    return InputError(make_problem("empty", file=str(paths[0])), problems)


def _read(
    paths: Sequence[str | Path], options: LoadOptions, settings: Settings, subject: str | None
) -> tuple[Found | None, set[str], list[Problem]]:
    """The rows of one person (of everybody if `subject` is None), the names of all subjects, and all problems."""
    problems: list[Problem] = []
    try:
        readings = open_readings(paths, options, problems.append)
    except InputError as error:
        raise InputError(error.problem, problems) from error
    settings, lines = take_over(settings, find_carried(readings.tables))
    names = set()
    parts: list[pd.DataFrame] = []
    trials: list[pd.DataFrame] = []
    for frame in readings.frames(problems.append):
        names |= set(frame["subject"].dropna().astype(str))
        rows = _take(frame, subject)
        if rows.empty:
            continue
        if is_trials(rows):
            trials.append(rows)
            rows = derive_values(rows)
        parts.append(rows)
    if not parts:
        return None, names, problems
    rows = pd.concat(parts, ignore_index=True)
    files = set(rows["source_file"])
    understood: dict[str, list[str]] = {}
    for read in readings.tables:
        again = is_scored(read.headers)
        if again or read.file in files:
            # The rows of a scored table name the file from which they were originally read.
            place = read.file if read.file in files else ""
            line = f"{read.file}: a table written by qst score; its values are scored again"
            understood.setdefault(place, []).extend([line] if again else read.explain())
    understood.setdefault("", []).extend(lines)
    all_trials = pd.concat(trials, ignore_index=True) if trials else None
    found = Found(rows, all_trials, understood, problems, settings, list_files(readings.tables))
    return found, names, problems


def _take(rows: pd.DataFrame, subject: str | None) -> pd.DataFrame:
    own = rows if subject is None else rows[(rows["subject"] == subject).fillna(False)]
    return own.reset_index(drop=True)


def _make_unknown_subject_error(subject: str, names: set[str], problems: Sequence[Problem]) -> OptionError:
    """The error for an unknown subject: the number of subjects, similar names, and whether a file was unreadable."""
    bare = {name: name.strip().lstrip("0").casefold() for name in names}
    near = sorted(name for name, text in bare.items() if text == subject.strip().lstrip("0").casefold())
    near += [name for name in difflib.get_close_matches(subject, sorted(names), NEAR) if name not in near]
    suggestion = f"did you mean {' or '.join(map(repr, near[:NEAR]))}?" if near else "no similar name was found."
    lost = [problem for problem in problems if problem.severity == "error" and problem.column is None]
    hint = f". Not all files could be read: {lost[0]}" if lost else ""
    return OptionError(
        f"no subject {subject!r} among {len(names)}; {suggestion} Write the subject as it is in the file{hint}"
    )


def choose_assessment(rows: pd.DataFrame, subject: str, given: Mapping[str, str]) -> pd.DataFrame:
    """Choose one assessment by its visit, site, side or area, as far as these are given.

    Raises
    ------
    OptionError
        No assessment matches, or more than one; the message lists the subject's assessments.
    """
    texts = rows.reindex(columns=list(CHOICES)).astype(object)
    texts = texts.where(texts.notna(), "").astype(str)
    meant = np.ones(len(rows), dtype=bool)
    for name, value in given.items():
        meant &= (texts[name].str.casefold() == value.casefold()).to_numpy()
    varying = [name for name in CHOICES if texts[name].nunique() > 1]
    listed = "; ".join(
        dict.fromkeys(
            ", ".join(f"{name} {text[name] or '(none)'}" for name in varying) for text in texts.to_dict("records")
        )
    )
    if not meant.any():
        asked = ", ".join(f"{name} {value}" for name, value in given.items())
        there = listed or ", ".join(f"{name} {value}" for name, value in texts.iloc[0].items() if value)
        raise OptionError(f"subject {subject!r} has no assessment with {asked}; it has: {there}")
    if meant.sum() > 1:
        still = [name for name in varying if texts.loc[meant, name].nunique() > 1]
        if not still:
            raise OptionError(
                f"subject {subject!r} has {int(meant.sum())} assessments that cannot be distinguished "
                "(duplicate_assessment): give each of them its own visit"
            )
        alone = [name for name in still if texts.loc[meant, name].nunique() == meant.sum()]
        options = " or ".join(f"--{name}" for name in alone) or " and ".join(f"--{name}" for name in still)
        raise OptionError(f"subject {subject!r} has {int(meant.sum())} assessments: use {options}. It has: {listed}")
    return rows[meant].reset_index(drop=True)
