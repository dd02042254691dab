"""Symptoms: the scores of the NPSI, and answers that decide on mechanisms which no test of the protocol can assess.

A file may have columns for them, named as in `qst/vocabulary/names.toml`. They are kept unchanged; what is formed from
them is added. The entries of the knowledge base state what an answer means for a mechanism.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts
from qst.inference.entries import SYMPTOM_STATUSES, Mechanism
from qst.inference.knowledge_base import KnowledgeBase
from qst.notes import format_note
from qst.problems import OnProblem, cut_text, make_problem
from qst.tables import NO, NPSI_COLUMNS, SOURCE, SYMPTOMS, YES
from qst.vocabulary.headers import name_symptom
from qst.vocabulary.names import is_missing_cell, normalise, words

Answers = npt.NDArray[np.int8]

_NONE, _IS_NO, _IS_YES, _BAD = 0, 1, 2, 3

_STATUSES = np.array(SYMPTOM_STATUSES, dtype=object)


@dataclass(frozen=True, eq=False)
class Symptoms:
    """The symptoms of some assessments; one entry per assessment in every array.

    Attributes
    ----------
    headers : dict of str to str
        Symptom or NPSI item to the column it was read from.
    answers : dict of str to int array
        Symptom to 2 for yes, 1 for no, 0 for no answer.
    scores : dict of str to float array
        The columns `NPSI_COLUMNS`, NaN where an item is missing; empty if the table lacks any of the ten descriptors.
    unusable : dict of str to bool array
        Symptom or NPSI item to the rows in which an answer was given that cannot be used.
    """

    headers: dict[str, str]
    answers: dict[str, Answers]
    scores: dict[str, Floats]
    unusable: dict[str, Bools]

    def flags(self) -> dict[str, Bools]:
        """Notes on answers that could not be used."""
        return {
            format_note("npsi_unusable", name.removeprefix("npsi_"))
            if name.startswith("npsi_")
            else format_note("answer_unusable", name): bad
            for name, bad in self.unusable.items()
        }


@lru_cache
def load_npsi() -> dict[str, Any]:
    """The rules for scoring the NPSI: `reference_values/npsi/npsi.toml`."""
    return tomllib.loads((files("qst.reference_values") / "npsi" / "npsi.toml").read_text(encoding="utf-8"))


def find_symptom_columns(columns: Sequence[object]) -> dict[str, str]:
    """Symptom or NPSI item to the first column with a name of it."""
    found: dict[str, str] = {}
    for column in columns:
        name = name_symptom(str(column))
        if name is not None:
            found.setdefault(name, str(column))
    return found


def has_npsi(columns: Sequence[object]) -> bool:
    """Whether a table has all ten descriptors of the NPSI, so that it can be scored."""
    return set(_descriptors()) <= set(find_symptom_columns(columns))


def _descriptors() -> list[str]:
    return [f"npsi_q{item}" for items in load_npsi()["subscores"].values() for item in items]


def read_symptoms(table: pd.DataFrame) -> Symptoms:
    """Read the symptoms of a table of assessments.

    The subscores of the NPSI are means of their items (burning 1; pressing 2, 3; paroxysmal 5, 6; evoked 8, 9, 10;
    paraesthesia 11, 12), the total is the sum of the ten, 0 to 100: Bouhassira et al. 2004, Pain 108:248;
    `reference_values/npsi/source.toml` states how much of this was read in the paper.

    Parameters
    ----------
    table : pandas.DataFrame
        Any columns; those whose names are symptoms in `qst/vocabulary/names.toml` are read.

    Returns
    -------
    Symptoms
        An item that is not from 0 to 10, and an answer that is not a known word, is missing and marked as unusable.

    Examples
    --------
    >>> items = {f"NPSI Q{item}": ["4"] for item in range(1, 13)}
    >>> read_symptoms(pd.DataFrame(items)).scores["npsi_total"].tolist()
    [40.0]
    """
    headers = find_symptom_columns(list(table.columns))
    answers: dict[str, Answers] = {}
    unusable: dict[str, Bools] = {}
    for name in SYMPTOMS:
        if name in headers:
            read = _read_answers(table[headers[name]], words(name) or words("answer"))
            unusable[name], answers[name] = read == _BAD, np.where(read == _BAD, _NONE, read).astype(np.int8)
    items: dict[str, Floats] = {}
    if set(_descriptors()) <= set(headers):
        for name in _descriptors():
            items[name], unusable[name] = _read_item(table[headers[name]])
    return Symptoms(headers, answers, _score_npsi(items), unusable)


def _score_npsi(items: Mapping[str, Floats]) -> dict[str, Floats]:
    if not items:
        return {}
    scores = {
        name: np.mean([items[f"npsi_q{item}"] for item in numbers], axis=0)
        for name, numbers in load_npsi()["subscores"].items()
    }
    scores["npsi_total"] = np.sum(list(items.values()), axis=0)
    return {name: scores[name] for name in NPSI_COLUMNS}


def _read_answers(column: "pd.Series[Any]", vocabulary: Mapping[str, str]) -> Answers:
    numbers = {YES: _IS_YES, NO: _IS_NO}
    codes, unique = pd.factorize(column)
    read = []
    for value in unique:
        text = _as_text(value)
        word = vocabulary.get(normalise(text)) or vocabulary.get(text.casefold())
        read.append(numbers[word] if word else _NONE if is_missing_cell(text) else _BAD)
    return np.array([*read, _NONE], dtype=np.int8)[codes]


def _read_item(column: "pd.Series[Any]") -> tuple[Floats, Bools]:
    """Ratings of one item, and the rows with a text that is not a rating."""
    limits = load_npsi()
    codes, unique = pd.factorize(column)
    values, bad = [], []
    for value in unique:
        text = _as_text(value)
        number = pd.to_numeric(text.replace(",", "."), errors="coerce")
        usable = limits["lowest"] <= number <= limits["highest"]
        values.append(float(number) if usable else np.nan)
        bad.append(not usable and not is_missing_cell(text))
    return np.array([*values, np.nan])[codes], np.array([*bad, False], dtype=bool)[codes]


def _as_text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return YES if value else NO
    return str(value).strip()


def judge_symptoms(mechanism: Mechanism, symptoms: Symptoms) -> Texts | None:
    """Status of a mechanism by the answers, empty text where they say nothing; None if no column is linked to it.

    Of several answers, the strongest status holds: supported, possible, not supported.
    """
    rules = [rule for rule in mechanism.symptoms if rule.symptom in symptoms.answers]
    if not rules:
        return None
    ranks = []
    for rule in rules:
        by_answer = np.array([SYMPTOM_STATUSES.index(status) for status in ("", rule.no, rule.yes)])
        ranks.append(by_answer[symptoms.answers[rule.symptom]])
    return np.asarray(_STATUSES[np.min(ranks, axis=0)], dtype=object)


def judge_by_symptoms(symptoms: Symptoms, evidence: Mapping[str, Floats], base: KnowledgeBase) -> dict[str, Texts]:
    """Status of each mechanism that the tests of an assessment cannot assess and an answer can.

    Parameters
    ----------
    symptoms : Symptoms
    evidence : mapping of str to float array
        As `qst.inference.mechanisms.weigh_mechanisms` returns it; where it is not missing, answers are not used.
    base : KnowledgeBase

    Returns
    -------
    dict of str to object array of str
    """
    statuses = {}
    for mechanism in (*base.mechanisms, *base.never):
        status = judge_symptoms(mechanism, symptoms)
        if status is not None:
            if mechanism.assessable:
                status = np.where(np.isnan(evidence[mechanism.id]), status, "").astype(object)
            statuses[mechanism.id] = status
    return statuses


def report_symptoms(table: pd.DataFrame, on_problem: OnProblem) -> None:
    """Report each answer that cannot be used, with its file and row; the table has `source_file` and `source_row`."""
    symptoms = read_symptoms(table)
    for name, bad in symptoms.unusable.items():
        header = symptoms.headers[name]
        is_item = name.startswith("npsi_")
        for position in np.flatnonzero(bad):
            row = table.iloc[int(position)]
            place: dict[str, Any] = {"file": str(row[SOURCE[0]]), "row": int(row[SOURCE[1]]), "column": header}
            value = cut_text(_as_text(row[header]))
            if is_item:
                scale = load_npsi()
                problem = make_problem(
                    "npsi-unusable", **place, value=value, lowest=scale["lowest"], highest=scale["highest"]
                )
            else:
                expected = "impaired or normal" if words(name) else "yes or no"
                problem = make_problem("answer-unusable", **place, value=value, expected=expected)
            on_problem(problem)


def report_incomplete_npsi(columns: Sequence[object], on_problem: OnProblem) -> None:
    """Report, once, a table that has items of the NPSI, but not all that its scores need."""
    found = find_symptom_columns(columns)
    items = [name for name in found if name.startswith("npsi_")]
    missing = [name.removeprefix("npsi_q") for name in _descriptors() if name not in found]
    if items and missing:
        on_problem(make_problem("npsi-incomplete", column=found[items[0]], missing=", ".join(missing)))


def describe_answers(table: pd.DataFrame, base: KnowledgeBase) -> list[list[dict[str, Any]]]:
    """Describe what each row's answers mean for the mechanisms, ready for JSON.

    Parameters
    ----------
    table : pandas.DataFrame
        Scored or not; only the columns of symptoms are used.
    base : KnowledgeBase

    Returns
    -------
    list of list of dict
        For each row, the answers that are linked to a mechanism: `mechanism`, `name`, `symptom`, `column`, `answer`
        (yes, no or None), `status` (empty where the answer says nothing), `assessable` (whether the tests can assess
        the mechanism: then the answer is shown in addition and counts only where they are missing), `evidence`,
        `citation`, `doi`, `ours`.
    """
    symptoms = read_symptoms(table)
    rows: list[list[dict[str, Any]]] = [[] for _ in range(len(table))]
    for mechanism in (*base.mechanisms, *base.never):
        for rule in mechanism.symptoms:
            if rule.symptom not in symptoms.answers:
                continue
            for row, answer in zip(rows, symptoms.answers[rule.symptom].tolist(), strict=True):
                entry = {
                    "mechanism": mechanism.id,
                    "name": mechanism.name,
                    "symptom": rule.symptom,
                    "column": symptoms.headers[rule.symptom],
                    "answer": {_IS_YES: YES, _IS_NO: NO}.get(answer),
                    "status": {_IS_YES: rule.yes, _IS_NO: rule.no}.get(answer, ""),
                    "assessable": mechanism.assessable,
                }
                entry |= {"evidence": rule.evidence, "citation": rule.citation, "doi": rule.doi, "ours": rule.ours}
                row.append(entry)
    return rows
