"""The content of the cohort page, as data; `templates/cohort.html` says how it looks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from qst.arrays import split_list
from qst.cohort.frequencies import count_findings, count_loga, count_statuses
from qst.cohort.scored_rows import find_cut_off
from qst.inference.criteria import load_criteria
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.problems import Problem
from qst.protocol import CODES, RECORD_ORDER
from qst.settings import Settings
from qst.tables import AREAS, GAIN, HEALTHY, IDENTITY, LOSS, NO, PHENOTYPES, SEXES, YES

Page = dict[str, Any]


def form_cohort(
    scored: pd.DataFrame,
    labels: Sequence[str],
    links: Sequence[str],
    settings: Settings,
    problems: Sequence[Problem] = (),
    *,
    show: Sequence[str] = (),
) -> Page:
    """Form the cohort page.

    Parameters
    ----------
    scored : pandas.DataFrame
    labels, links : sequences of str, one entry a row
        What the row's subject is called, and the address of the subject's page.
    settings : Settings
    problems : sequence of Problem
        Of the files.
    show : sequence of str
        Own columns of the file for the table.

    Returns
    -------
    dict
        `counts`; `areas` (test, control and rows without an area, as far as there are any: `area`, `n`, `loga` and
        `loga_unsaid`, `frequencies`, `phenotypes` and `phenotype_unsaid`, `criteria`, `mechanisms`); `rows` of the
        table, a row an assessment; `show`; `chance` (share of healthy people beyond the cut-off on each side).
    """
    base = load_mechanisms(settings.mechanisms)
    area = scored["area"].astype(object).where(scored["area"].notna(), "")
    present = [name for name in (*AREAS, "") if (area == name).any()]
    return {
        "counts": _count(scored, labels, problems),
        "areas": [{"area": name or None, **_form_area(scored[area == name], settings, base)} for name in present],
        "rows": _form_rows(scored, labels, links, base, show),
        "show": list(show),
        "chance": float(special.ndtr(-find_cut_off(scored))),
    }


def _count(scored: pd.DataFrame, labels: Sequence[str], problems: Sequence[Problem]) -> Page:
    one_each = scored.assign(_label=list(labels)).drop_duplicates("_label")
    sexes = one_each["sex"].value_counts()
    ages = pd.to_numeric(one_each["age"], errors="coerce").dropna()
    visits = ["" if pd.isna(visit) else str(visit) for visit in scored["visit"].astype(object)]
    kinds = Counter(problem.severity for problem in problems)
    return {
        "subjects": len(one_each),
        "visits": len(set(zip(labels, visits, strict=True))),
        "assessments": len(scored),
        "sexes": {name: int(sexes.get(name, 0)) for name in SEXES},
        "sex_unknown": int(len(one_each) - sum(int(sexes.get(name, 0)) for name in SEXES)),
        "ages": [round(float(age), 1) for age in (ages.min(), ages.median(), ages.max())] if len(ages) else None,
        "sites": {str(site): int(n) for site, n in scored["site"].value_counts().items()},
        "without_z": int((scored["n_scored"] == 0).sum()),
        "errors": kinds["error"],
        "warnings": kinds["warning"],
    }


def _form_area(rows: pd.DataFrame, settings: Settings, base: KnowledgeBase) -> Page:
    loga, loga_unsaid = count_loga(rows)
    phenotype = rows["phenotype"].value_counts()
    phenotypes = {name: int(phenotype.get(name, 0)) for name in (*PHENOTYPES, HEALTHY)}
    _, counts = count_statuses(rows, base)
    criteria = []
    for name, criterion in load_criteria(settings.criteria).criteria.items():
        answers = rows[name].value_counts()
        yes, no = (int(answers.get(answer, 0)) for answer in (YES, NO))
        criteria.append({"title": criterion.title, "yes": yes, "no": no, "open": len(rows) - yes - no})
    return {
        "n": len(rows),
        "loga": loga.tolist(),
        "loga_unsaid": loga_unsaid,
        "frequencies": _form_frequencies(rows),
        "phenotypes": phenotypes,
        "phenotype_unsaid": int(rows["phenotype"].isna().sum()),
        "criteria": criteria,
        "mechanisms": [
            {
                "id": mechanism.id,
                "name": mechanism.name,
                "supported": supported,
                "judged": len(rows) - not_assessable,
            }
            for mechanism, (supported, *_, not_assessable) in zip(base.mechanisms, counts.tolist(), strict=True)
        ],
    }


def _form_frequencies(rows: pd.DataFrame) -> list[Page]:
    """How many of those that were judged show gain and loss, by parameter in the order of the record sheet."""
    counts = count_findings(rows)
    formed = []
    for code in RECORD_ORDER:
        place = CODES.index(code)
        judged, found = int(counts.judged[place]), {GAIN: int(counts.gain[place]), LOSS: int(counts.loss[place])}
        shares = {f"{kind}_share": n / judged if judged else None for kind, n in found.items()}
        formed.append({"parameter": code, "judged": judged, **found, **shares})
    return formed


def _form_rows(
    scored: pd.DataFrame, labels: Sequence[str], links: Sequence[str], base: KnowledgeBase, show: Sequence[str]
) -> list[Page]:
    names: Mapping[str, str] = {mechanism.id: mechanism.name for mechanism in (*base.mechanisms, *base.never)}
    kept = [*IDENTITY, "n_scored", "n_gain", "n_loss", "loga", "phenotype", "mechanisms", "p_profile"]
    plain = scored[kept].astype(object).where(scored[kept].notna(), None)
    own = [
        scored[column].astype(object).where(scored[column].notna(), "").astype(str)
        for column in show
        if column in scored
    ]
    rows = []
    for n, record in enumerate(plain.to_dict("records")):
        row: Page = {
            str(key): value.item() if isinstance(value, np.generic) else value for key, value in record.items()
        }
        supported = split_list(str(row["mechanisms"] or ""))
        row |= {"label": labels[n], "link": links[n], "mechanisms": [names.get(name, name) for name in supported]}
        row["shown"] = [column.iloc[n] for column in own]
        rows.append(row)
    return rows
