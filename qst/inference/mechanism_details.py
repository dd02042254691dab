"""Why each mechanism is supported or not: the signs for, against and missing, in words and numbers.

Everything is taken from a scored table, so a table that was read back from a file can be explained too.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pandas as pd

from qst.errors import OptionError
from qst.inference.entries import Mechanism, Sign, Treatment
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import (
    NOT_ASSESSABLE,
    STATUSES,
    MeasuredSigns,
    Weighing,
    judge_evidence,
    take_measured,
    weigh_all,
)
from qst.inference.symptoms import describe_answers
from qst.protocol import Z_CODES
from qst.tables import DISCLAIMER, IDENTITY, SOURCE, is_scored

NO_ADVICE = "Treatment findings are published results, for and against; they are not advice."


# long: the docstring lists every key of the result
def explain_mechanisms(
    scored: pd.DataFrame, mechanisms: str | Path | KnowledgeBase | None = None, *, weighing: Weighing | None = None
) -> list[dict[str, Any]]:
    """Explain for each row and mechanism how the evidence is composed.

    Parameters
    ----------
    scored : pandas.DataFrame
        Rows of a scored table, from `qst.score` or read back.
    mechanisms : path or KnowledgeBase, optional
        The knowledge base by which the table was scored, if it was not the shipped one.
    weighing : Weighing, optional
        The evidence computed when these rows were scored. If omitted, it is computed from the table.

    Returns
    -------
    list of dict
        One per row, ready for JSON (no NaN; missing values are None), with `subject` … `area`, `source_file` and
        `source_row` if the table has them, and `mechanisms`: a list, in the order of the columns, of dicts with

        `id`, `name`, `evidence` (log10 likelihood ratio or None), `status` (one of
        `qst.inference.mechanisms.STATUSES`), `threshold`;
        `for` : signs whose evidence is above 0; `against` : signs whose evidence is 0 or less, and the signs of a
        pattern against the mechanism (named in `pattern`) if they count against it. Each has `parameter`, `expected`
        (words), `z` (or None), `finding`, `at_limit`, `evidence` (of this sign alone, before tests of one sense are
        pooled), `citation`, `doi`, `ours`;
        `against_cost` : log10 units that the patterns subtract;
        `missing` : parameters that would contribute to the evidence and have no value; `needs` : missing tests without
        which the mechanism is not assessable;
        `caveat`, `citations`.

        Each row also has `answers`: what symptoms in the table imply for mechanisms
        (`qst.inference.symptoms.describe_answers`).

    Raises
    ------
    OptionError
        The table is not scored.

    Examples
    --------
    >>> import qst
    >>> row = {"age": 25, "sex": "female", "site": "hand", "HPT": 35.0, "CDT": 1.1, "WDT": 1.7}
    >>> explained = explain_mechanisms(qst.score(pd.DataFrame([row])))[0]["mechanisms"][2]
    >>> explained["id"], explained["status"], [sign["parameter"] for sign in explained["for"]], explained["missing"]
    ('peripheral_sensitisation', 'supported', ['HPT'], ['TSL', 'PPT', 'MPT', 'MPS'])
    """
    if not is_scored(scored.columns):
        raise OptionError("the table is not scored: score it first")
    base = load_mechanisms(mechanisms)
    weighing = weighing or weigh_all(take_measured(scored), base)
    findings = {code: scored[f"{code}_finding"].to_numpy(dtype=object) for code in (*Z_CODES, "PHS", "DMA")}
    rows: list[dict[str, Any]] = [{"mechanisms": []} for _ in range(len(scored))]
    for mechanism in base.mechanisms:
        for row, entry in zip(rows, _explain_one(mechanism, weighing, findings), strict=True):
            row["mechanisms"].append(entry)
    for row, answers in zip(rows, describe_answers(scored, base), strict=True):
        row["answers"] = answers
    places = [column for column in (*IDENTITY, *SOURCE) if column in scored]
    records = scored[places].astype(object).where(scored[places].notna(), None).to_dict("records")
    return [
        {**{str(key): value for key, value in record.items()}, **row} for record, row in zip(records, rows, strict=True)
    ]


def describe_mechanisms(mechanisms: str | Path | KnowledgeBase | None = None) -> dict[str, Any]:
    """Describe what is the same for all rows: each mechanism with sources and treatment findings, and the statuses.

    Returns
    -------
    dict
        `knowledge_base`, `statuses`, `mechanisms` (a list), `never_assessable` (a list, each with `needed`), `notes`.
    """
    base = load_mechanisms(mechanisms)
    return {
        "notes": [DISCLAIMER, NO_ADVICE],
        "knowledge_base": base.id,
        "statuses": dict(STATUSES),
        "mechanisms": [_describe(mechanism) for mechanism in base.mechanisms],
        "never_assessable": [_describe(mechanism) for mechanism in base.never],
    }


class DetailsWriter:
    """Writes the details of a scored table block by block, so that memory does not grow with the rows.

    Parameters
    ----------
    file : text stream
    reference : str
        Identifier of the reference set.
    mechanisms : path or KnowledgeBase, optional
    """

    def __init__(self, file: IO[str], reference: str, mechanisms: str | Path | KnowledgeBase | None = None) -> None:
        self._file, self._base, self._first = file, load_mechanisms(mechanisms), True
        head = {"reference_set": reference, **describe_mechanisms(self._base)}
        file.write(json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}") + ',\n "assessments": [')

    def write(self, scored: pd.DataFrame, weighing: Weighing) -> None:
        """Write the rows of one block, one line per row."""
        for row in explain_mechanisms(scored, self._base, weighing=weighing):
            self._file.write("\n" if self._first else ",\n")
            self._first = False
            self._file.write(json.dumps(row, ensure_ascii=False, allow_nan=False))

    def close(self) -> None:
        """End the document."""
        self._file.write("\n]}\n")


def _describe(mechanism: Mechanism) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": mechanism.id,
        "name": mechanism.name,
        "level": mechanism.level,
        "physiology": mechanism.physiology,
        "seen": mechanism.seen,
        "caveat": mechanism.caveat,
    }
    if mechanism.assessable:
        entry |= {"threshold": mechanism.threshold, "threshold_calibrated": mechanism.calibrated}
        entry |= {"tests": list(mechanism.tests), "needs": [list(group) for group in mechanism.needs]}
    else:
        entry["needed"] = list(mechanism.needed)
    entry["treatment_findings"] = [_describe_treatment(treatment) for treatment in mechanism.treatments]
    entry["citations"] = _cite(mechanism)
    return entry


def _describe_treatment(treatment: Treatment) -> dict[str, Any]:
    return {
        "treatment": treatment.treatment,
        "speaks": treatment.speaks,
        "result": treatment.result,
        "design": treatment.design,
        "n": treatment.n,
        "citation": treatment.citation,
        "doi": treatment.doi,
    }


def _cite(mechanism: Mechanism) -> list[str]:
    return [f"{citation} doi:{doi}" if doi else citation for citation, doi in mechanism.citations]


def _explain_one(mechanism: Mechanism, weighing: Weighing, findings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    weighed, measured = weighing.weighed[mechanism.id], weighing.measured
    status = judge_evidence(weighed, mechanism.threshold)
    signs = [(sign, "", weighing.rate(sign)) for sign in mechanism.signs]
    signs += [(sign, pattern.name, -weighing.rate(sign)) for pattern in mechanism.against for sign in pattern.signs]
    citations = _cite(mechanism)
    for row in range(len(status)):
        signs_of_side: dict[str, list[dict[str, Any]]] = {"for": [], "against": []}
        missing = {sign.parameter for sign, _, evidence in signs if math.isnan(evidence[row])}
        for sign, pattern, evidence in signs:
            speaks = float(evidence[row])
            # The absence of a pattern against the mechanism is not evidence for it.
            if not math.isnan(speaks) and (speaks < 0 or not pattern):
                side = "for" if speaks > 0 else "against"
                signs_of_side[side].append(_describe_sign(sign, pattern, speaks, measured, findings, row))
        yield {
            "id": mechanism.id,
            "name": mechanism.name,
            "evidence": None if status[row] == NOT_ASSESSABLE else float(weighed.evidence[row]),
            "status": status[row],
            "threshold": mechanism.threshold,
            **signs_of_side,
            "against_cost": float(weighed.cost[row]),
            "missing": [code for code in mechanism.tests if code in missing],
            "needs": [" or ".join(group) for group in mechanism.needs if set(group) <= missing],
            "caveat": mechanism.caveat,
            "citations": citations,
        }


def _describe_sign(
    sign: Sign, pattern: str, evidence: float, measured: MeasuredSigns, findings: dict[str, Any], row: int
) -> dict[str, Any]:
    code = sign.parameter
    z = float(measured.z[code][row]) if code in measured.z else None
    finding = findings[code][row]
    entry: dict[str, Any] = {
        "parameter": code,
        "expected": describe_expected_sign(sign),
        "z": z,
        "finding": finding if isinstance(finding, str) else None,
        "at_limit": bool(measured.at_limit[code][row]) if code in measured.at_limit else False,
        "evidence": evidence + 0.0,
        "citation": sign.citation,
        "doi": sign.doi,
        "ours": sign.ours,
    }
    return {"pattern": pattern, **entry} if pattern else entry


def describe_expected_sign(sign: Sign) -> str:
    """Describe in words the finding that a sign expects.

    >>> from qst.inference.knowledge_base import load_mechanisms
    >>> describe_expected_sign(load_mechanisms().mechanisms[0].signs[0])
    'pronounced loss (z -2.5 ± 1)'
    """
    if sign.size == "present":
        return f"{sign.direction} in {sign.present:.0%} (healthy people {sign.healthy:.1%})"
    if sign.direction == "preserved":
        return f"preserved (no {'loss' if sign.mean < 0 else 'gain'} of z {sign.mean:g} ± {sign.sd:g})"
    return f"{sign.size} {sign.direction} (z {sign.mean:+g} ± {sign.sd:g})"
