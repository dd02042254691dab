"""How the results of one assessment came about, from the values read to mechanisms (worded by `qst.explain.text`)."""

import math
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from qst.arrays import split_list
from qst.explain.found import CHOICES, Found
from qst.inference.criteria import load_criteria
from qst.inference.findings import (
    LOGA_GROUPS,
    PHS_BOUND,
)
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.mechanism_details import describe_mechanisms, explain_mechanisms
from qst.inference.phenotypes import TESTS_NEEDED, load_prototypes
from qst.norms.coverage import format_age_band
from qst.norms.reference_sets import ReferenceSet, load_reference
from qst.norms.zscores import transform
from qst.notes import NOTES, format_note, parse_note
from qst.problems import Problem
from qst.protocol import BY_CODE, CODES, Parameter
from qst.scoring import Stages
from qst.tables import COUNTS, DISCLAIMER, GAIN, HEALTHY, IDENTITY, LOSS, PHENOTYPES, SEXES, SOURCE
from qst.vocabulary.headers import find_npsi_results

Explanation = dict[str, Any]
"""Ready for JSON: no NaN; missing values are None."""

_OF_PATTERNS = ("phenotypes", "criteria", "mechanisms", "by_symptom", "answer_unusable", "npsi_unusable")
"""Notes that do not concern a single value."""


def explain_assessment(stages: Stages, found: Found, parameter: str | None = None) -> Explanation:
    """Explain one assessment from the stages of its scoring.

    Parameters
    ----------
    stages : Stages
        For one row (`qst.scoring.compute_stages`, `Stages.take`).
    found : Found
        Its trials, its problems and the description of how it was read.
    parameter : str, optional
        One of the 13 codes: only this parameter, without the steps that need all parameters.

    Returns
    -------
    dict
        See `qst.workflows.explain.explain`.
    """
    return _Explainer(stages, found).explain(parameter)


class _Explainer:
    """Explains one assessment, step by step; `stages` has one row."""

    def __init__(self, stages: Stages, found: Found) -> None:
        self.stages, self.found, self.settings = stages, found, stages.settings
        self.row, self.scored = stages.assessments, stages.scored
        self.reference: ReferenceSet = load_reference(self.settings.reference)
        self.result = self.scored.iloc[0]
        self.notes = split_list(str(self.result["notes"]))
        self.offset_added = {code for code in ("MPS", "DMA") if format_note("rating_offset_added", code) in self.notes}
        self.stratum = int(stages.placement.stratum[0])

    @cached_property
    def cells(self) -> dict[str, dict[str, Any]]:
        """The cell of the reference set for each parameter of this person; empty if no norm applies."""
        stratum = self._explain_stratum()
        if stratum is None:
            return {}
        cells, age = self.reference.cells, float(self.result["age"])
        own = cells[
            (cells["site"] == stratum["site"])
            & (cells["sex"] == stratum["sex"])
            & (cells["age_from"] <= age)
            & (cells["age_below"].isna() | (cells["age_below"] > age))
        ]
        return {str(cell["parameter"]): cell for cell in reversed(own.to_dict("records"))}

    def explain(self, parameter: str | None) -> Explanation:
        """Explain everything, or only the steps of one parameter."""
        entry: Explanation = {name: _plain(self.result.get(name)) for name in (*IDENTITY, *SOURCE)}
        entry["understood"] = self.found.lines_on(entry["source_file"])
        entry["reference"] = {
            "id": self.reference.id,
            "title": self.reference.source.get("title", ""),
            "citation": " ".join(str(self.reference.source.get("citation", "")).split()),
            "doi": self.reference.source.get("doi", ""),
        }
        entry["stratum"] = self._explain_stratum()
        codes = [parameter] if parameter else CODES
        entry["parameters"] = [self._explain_parameter(BY_CODE[code]) for code in codes]
        if parameter is None:
            entry["chance"] = {name: _plain(self.result[name]) for name in (*COUNTS, "expected_by_chance", "p_profile")}
            entry["loga"] = self._explain_loga()
            entry["phenotypes"] = self._explain_phenotypes()
            entry["criteria"] = self._explain_criteria()
            base = load_mechanisms(self.settings.mechanisms)
            details = explain_mechanisms(self.scored, base, weighing=self.stages.weighing)[0]
            described = describe_mechanisms(base)
            entry["mechanisms"], entry["answers"] = details["mechanisms"], details["answers"]
            entry["never_assessable"], entry["statuses"] = described["never_assessable"], described["statuses"]
            names = find_npsi_results([str(column) for column in self.scored.columns])
            entry["npsi"] = {name: _plain(self.result[name]) for name in names}
        entry["notes"] = [
            {"note": note, "meaning": NOTES[parse_note(note).code]}
            for note in self.notes
            if parameter is None or _is_about(note, parameter)
        ]
        entry["problems"] = [problem.as_dict() for problem in self._problems()]
        entry["disclaimer"] = DISCLAIMER
        return entry

    def _problems(self) -> list[Problem]:
        """Problems of the rows that were used."""
        if "source_row" not in self.row:
            return []
        file, rows = str(self.result["source_file"]), {int(self.result["source_row"])}
        trials = self._trials_of(None)
        if trials is not None:
            rows |= set(trials["source_row"].astype(int))
        return [p for p in self.found.problems if p.file == file and p.row in rows]

    def _trials_of(self, code: str | None) -> pd.DataFrame | None:
        """Single trials of this assessment, for one parameter or all."""
        if self.found.trials is None:
            return None
        trials = self.found.trials
        same = np.ones(len(trials), dtype=bool)
        for name in CHOICES:
            own, wanted = trials[name].astype(object), self.row.iloc[0].get(name)
            same &= own.isna().to_numpy() if pd.isna(wanted) else (own == wanted).to_numpy(dtype=bool)
        if code is not None:
            same &= (trials["parameter"] == code).to_numpy(dtype=bool)
        return trials[same]

    def _explain_stratum(self) -> Explanation | None:
        """The stratum of the norms; None if no stratum applies."""
        if self.stratum == self.reference.n_strata:
            return None
        band = self.stratum % len(self.reference.edges)
        group = self.stratum // len(self.reference.edges)
        ends = [*self.reference.edges[1:], np.nan]
        return {
            "site": self.reference.sites[group // len(SEXES)],
            "sex": SEXES[group % len(SEXES)],
            "ages": format_age_band(float(self.reference.edges[band]), float(ends[band])),
        }

    def _explain_parameter(self, parameter: Parameter) -> Explanation:
        code = parameter.code
        value = float(self.stages.values.columns[code][0])
        norm = self._explain_norm(code)
        entry: Explanation = {
            "parameter": code,
            "name": parameter.name,
            "unit": parameter.unit,
            "fibres": parameter.fibres,
            "formed_as": parameter.summary,
            "trials": self._explain_trials(parameter),
            "trials_of_protocol": parameter.trials,
            "value": _plain(value),
            "offset_added": code in self.offset_added,
            "scale": parameter.scale,
            "norm": norm,
            "gain_sign": parameter.gain_sign,
            "transformed": None,
            "difference": None,
            "z": _plain(self.result.get(f"{code}_z")),
            "cut_off": self.settings.cut_off,
            "finding": _plain(self.result[f"{code}_finding"]),
            "not_findable": [
                item.partition("_")[2]
                for item in split_list(str(self.result["not_findable"]))
                if item.partition("_")[0] == code
            ],
            "insensitive_end": self.stages.detectable_range.insensitive_end.get(code),
            "z_of_insensitive_end": None,
            "notes": [note for note in self.notes if parse_note(note).detail == code],
        }
        if parameter.has_z and norm is not None and not math.isnan(value):
            transformed = float(transform(code, np.array([value]))[0])
            entry |= {"transformed": transformed, "difference": transformed - norm["mean"]}
        if parameter.has_z and norm is not None and code in self.stages.detectable_range.insensitive_end and norm["sd"]:
            end = float(transform(code, np.array([self.stages.detectable_range.insensitive_end[code]]))[0])
            entry["z_of_insensitive_end"] = parameter.gain_sign * (end - norm["mean"]) / norm["sd"]
        if code == "PHS":
            entry["bound"] = _plain(self.stages.detectable_range.phs_bound[self.stratum])
            entry["bound_sds"] = PHS_BOUND
        if code == "DMA":
            entry["threshold"] = self.settings.dma_threshold
        return entry

    def _explain_trials(self, parameter: Parameter) -> list[Explanation] | None:
        """Each trial, and whether it counted; None if the file has one row per tested area."""
        trials = self._trials_of(parameter.code)
        if trials is None:
            return None
        kept = trials["keep"].astype(bool) if "keep" in trials else pd.Series(True, index=trials.index)
        return [
            {
                "value": _plain(value),
                "series": _plain(series),
                "stimulus": _plain(stimulus),
                "counted": bool(counted) and not pd.isna(value) and not (parameter.is_force and value <= 0),
                "source_row": int(row),
            }
            for value, series, stimulus, counted, row in zip(
                trials["value"], trials["series"], trials["stimulus"], kept, trials["source_row"], strict=True
            )
        ]

    def _explain_norm(self, code: str) -> Explanation | None:
        """The cell of the reference set with which the value is compared; None if there is none."""
        cell = self.cells.get(code)
        if cell is None:
            return None
        return {
            "mean": float(cell["mean"]),
            "sd": float(cell["sd"]),
            "ages": format_age_band(float(cell["age_from"]), float(cell["age_below"])),
            "row": int(cell["row"]),
            "transcriptions": str(cell["transcriptions"]),
            "doubt": str(cell["doubt"]),
        }

    def _explain_loga(self) -> Explanation:
        groups = {}
        for group, codes in LOGA_GROUPS.items():
            wanted = LOSS if group.endswith("loss") else GAIN
            findings = {code: _plain(self.result[f"{code}_finding"]) for code in codes}
            groups[group] = {"findings": findings, "shown_by": [c for c, f in findings.items() if f == wanted]}
        return {"code": _plain(self.result["loga"]), "groups": groups}

    def _explain_phenotypes(self) -> Explanation:
        prototypes = load_prototypes(self.settings.phenotypes)
        lacking = {
            modality: [code for code in codes if np.isnan(self.stages.z_scores[code][0])]
            for modality, codes in TESTS_NEEDED.items()
            if 2 * sum(not np.isnan(self.stages.z_scores[code][0]) for code in codes) < len(codes)
        }
        return {
            "prototypes": prototypes.id,
            "prototypes_are": str(prototypes.source.get("kind", "")),
            "cut_off": prototypes.cut_off,
            "priors": prototypes.priors(),
            "phenotype": _plain(self.result["phenotype"]),
            "probabilities": {n: _plain(self.result[f"phenotype_{n}"]) for n in (*PHENOTYPES, HEALTHY)},
            "evidence": {name: _plain(self.stages.fit.evidence[name][0]) for name in PHENOTYPES},
            "above_cut_off": split_list(str(self.result["phenotypes_all"])),
            "healthy_above_cut_off": prototypes.source.get("calibration", {}).get("any"),
            "too_few": lacking,
        }

    def _explain_criteria(self) -> list[Explanation]:
        entries = []
        for name, criterion in load_criteria(self.settings.criteria).criteria.items():
            codes = (*criterion.preserved, *criterion.any_loss, *criterion.any_gain)
            entries.append(
                {
                    "criterion": name,
                    "title": criterion.title,
                    "answer": _plain(self.result[name]),
                    "rule": criterion.describe(),
                    "findings": {code: _plain(self.result[f"{code}_finding"]) for code in codes},
                    "wording": criterion.wording,
                    "ours": criterion.ours,
                    "says": criterion.says,
                    "says_not": criterion.says_not,
                    "citation": criterion.citation,
                    "doi": criterion.doi,
                    "evidence": criterion.evidence,
                }
            )
        return entries


def _is_about(note: str, code: str) -> bool:
    """Whether a note concerns a parameter, or all values of the assessment."""
    parsed = parse_note(note)
    return parsed.detail == code or (parsed.detail not in CODES and parsed.code not in _OF_PATTERNS)


def _plain(value: object) -> Any:
    """Convert a value to one that JSON can represent."""
    if value is None or (not isinstance(value, str) and bool(pd.isna(value))):  # type: ignore[call-overload]
        return None
    return value.item() if isinstance(value, np.generic) else value
