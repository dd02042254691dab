"""Sensory phenotypes: how well an assessment fits prototypes of sensory loss, thermal and mechanical hyperalgesia.

After Baron et al. 2017, Pain 158:261, and Vollert et al. 2017, Pain 158:1446. The coefficients of their algorithm were
not available. The prototypes that come with the program are *ours*, built from the published description; a file with
other numbers can replace them (`load_prototypes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats, TextColumn, label_flags, take_texts
from qst.errors import ReferenceSetError
from qst.inference.findings import FINDING_NUMBERS, FindingNumbers
from qst.norms.correlations import CAP, load_correlations
from qst.norms.sourced import Sourced, open_given, open_packaged, read_numbers, read_source, read_table, refuse_rows
from qst.notes import name_in_notes
from qst.protocol import CODES, PARAMETERS, Z_CODES
from qst.tables import GAIN, HEALTHY, LOSS, PHENOTYPE_COLUMNS, PHENOTYPES

OURS = "ours"

REQUIRED_COLUMNS = ("phenotype", "parameter", "mean", "sd", "probability")

SIGNS = {"PHS": LOSS, "DMA": GAIN}
"""Tests without a z-score are used as present or absent: the finding that counts as present."""

STRICT_CUT_OFF = float(np.log10(50.0))
"""Cut-off for prototypes without one of their own. Whatever the prototypes are, at most 1 in 50 healthy people reach a
likelihood ratio of more than 50 (Markov's inequality), and so at most 6 % do for any of three phenotypes (ours)."""

POOLED: dict[str, tuple[str, ...]] = {
    modality: tuple(p.code for p in PARAMETERS if p.has_z and p.modality == modality)
    for modality in ("thermal detection", "thermal pain", "mechanical detection", "mechanical pain")
}
"""Tests that are correlated in healthy people and are therefore pooled."""

TESTS_NEEDED = {modality: tuple(code for code in codes if code != "WUR") for modality, codes in POOLED.items()}
"""An assessment is classified where at least half of each list has a z-score, as for LoGa. WUR is not needed, as it
distinguishes none of the phenotypes (ours)."""

_TO_LOG10 = 1 / np.log(10)

_NAMES = np.array([*PHENOTYPES, HEALTHY, np.nan], dtype=object)


@dataclass(frozen=True, eq=False)
class Prototypes:
    """The distribution of every test in each phenotype and in healthy people.

    Attributes
    ----------
    id : str
    source : mapping
        The content of `source.toml`.
    mean, sd : dict of phenotype to dict of parameter to float
        Of z, for the 11 parameters that have it.
    probability : dict of phenotype to dict of parameter to float
        Probability that PHS is abnormal, and that DMA is present.
    cut_off : float
        log10 of the likelihood ratio against healthy people above which a phenotype is named.
    """

    id: str
    source: Mapping[str, Any]
    mean: Mapping[str, Mapping[str, float]]
    sd: Mapping[str, Mapping[str, float]]
    probability: Mapping[str, Mapping[str, float]]
    cut_off: float

    def priors(self) -> dict[str, float]:
        """Prior probabilities: equal for the three phenotypes, and for healthy such that they are even at the cut-off.

        The most probable phenotype is therefore `healthy` exactly where none reaches its cut-off.
        """
        odds = 10.0**-self.cut_off
        healthy = 1 / (1 + len(PHENOTYPES) * odds)
        return {**dict.fromkeys(PHENOTYPES, odds * healthy), HEALTHY: healthy}


@dataclass(frozen=True, eq=False)
class PhenotypeFit:
    """How well assessments fit the phenotypes; one entry per assessment.

    Attributes
    ----------
    classified : bool array
        Where enough tests were judged.
    evidence : dict of phenotype to float array
        log10 of the likelihood ratio against healthy people; NaN where the assessment is not classified.
    columns : dict
        The columns of the scored table.
    """

    classified: Bools
    evidence: dict[str, Floats]
    columns: dict[str, Floats | TextColumn]


def load_prototypes(prototypes: "str | Path | Prototypes" = OURS) -> Prototypes:
    """Load and check prototypes.

    Parameters
    ----------
    prototypes : str, Path or Prototypes
        ``"ours"``; a folder with `prototypes.csv` and, optionally, `source.toml` (`id`, `cut_off`, `sha256`); or a CSV
        file. Columns: `phenotype` (sensory_loss, thermal_hyperalgesia, mechanical_hyperalgesia, healthy),
        `parameter`, and `mean` and `sd` of z for the 11 parameters that have it, `probability` of an abnormal value
        (above 0 and below 1) for PHS and DMA. All four phenotypes and all 13 parameters are required.

    Returns
    -------
    Prototypes
        Without a `cut_off` of their own, with `STRICT_CUT_OFF`.

    Raises
    ------
    ReferenceSetError
        The file cannot be found or breaks a rule; the text names the row and the column.

    Examples
    --------
    >>> load_prototypes().mean["thermal_hyperalgesia"]["HPT"]
    2.0
    """
    if isinstance(prototypes, Prototypes):
        return prototypes
    if str(prototypes) == OURS:
        return _load_ours()
    given = open_given(Path(prototypes), "prototypes.csv", "a folder of prototypes")
    if given is not None:
        return _build(given)
    raise ReferenceSetError(f"no prototypes '{prototypes}': give {OURS}, a folder or a CSV file")


@lru_cache
def _load_ours() -> Prototypes:
    return _build(open_packaged("phenotypes", "prototypes.csv")._replace(name=OURS))


def _build(data: Sourced) -> Prototypes:
    source, file = read_source(data), data.file
    cut_off = source.get("cut_off", STRICT_CUT_OFF)
    if not isinstance(cut_off, int | float) or not 0 < cut_off < np.inf:
        raise ReferenceSetError(f"{file}: cut_off in its source.toml is '{cut_off}'; it must be a number above 0")
    rows = _read_rows(data)
    tables: dict[str, dict[str, dict[str, float]]] = {"mean": {}, "sd": {}, "probability": {}}
    for row in rows.to_dict("records"):
        for column, table in tables.items():
            if not np.isnan(row[column]):
                table.setdefault(str(row["phenotype"]), {})[str(row["parameter"])] = float(row[column])
    return Prototypes(name_in_notes(str(source.get("id", data.name))), source, **tables, cut_off=float(cut_off))


def _read_rows(data: Sourced) -> pd.DataFrame:
    rows, file = read_table(data, REQUIRED_COLUMNS), data.file
    has_z = rows["parameter"].isin(Z_CODES)
    names = (*PHENOTYPES, HEALTHY)
    refuse_rows(rows, ~rows["phenotype"].isin(names), file, "phenotype", f"is none of {', '.join(names)}")
    refuse_rows(rows, ~rows["parameter"].isin(CODES), file, "parameter", f"is none of {' '.join(CODES)}")
    refuse_rows(rows, rows.duplicated(["phenotype", "parameter"]), file, "parameter", "occurs twice for this phenotype")
    for column, wanted in (("mean", has_z), ("sd", has_z), ("probability", ~has_z)):
        refuse_rows(rows, ~wanted & (rows[column] != ""), file, column, "must be empty for this parameter")
        rows[column] = read_numbers(rows, column, wanted, file)
    refuse_rows(rows, has_z & (rows["sd"] <= 0), file, "sd", "is not above 0")
    outside = ~has_z & ((rows["probability"] <= 0) | (rows["probability"] >= 1))
    refuse_rows(rows, outside, file, "probability", "is not above 0 and below 1")
    given = set(zip(rows["phenotype"], rows["parameter"], strict=True))
    gaps = [f"{name} {code}" for name in names for code in CODES if (name, code) not in given]
    if gaps:
        more = f" and {len(gaps) - 3} more" if len(gaps) > 3 else ""
        raise ReferenceSetError(
            f"{file}: has no row for {', '.join(gaps[:3])}{more}; where nothing is known, use the numbers of healthy"
        )
    return rows


def find_phenotypes(
    z_scores: Mapping[str, Floats],
    numbers: Mapping[str, FindingNumbers],
    censored: Mapping[str, FindingNumbers],
    prototypes: "str | Path | Prototypes" = OURS,
) -> PhenotypeFit:
    """Compare assessments with prototypes.

    The evidence for a phenotype is the log10 likelihood ratio of the z-scores under its normal distributions against
    those of healthy people, summed over the tests. Tests of one modality are correlated in healthy people: the sum of
    `k` of them is divided by 1 + (k − 1) × their mean correlation, so that more tests of the same modality do not count
    as independent evidence. PHS and DMA are used as present or absent. A value at the end of the device means "at least
    this much", and has the probability of everything beyond it. A missing test adds nothing.

    Parameters
    ----------
    z_scores : mapping of str to float array, shape (n,)
    numbers : mapping of str to int array, shape (n,)
        Findings: `qst.inference.findings.Patterns.numbers`.
    censored : mapping of str to int array, shape (n,)
        −1 where a value is at the insensitive end of the device, +1 at the sensitive end, 0 elsewhere.
    prototypes : str, Path or Prototypes

    Returns
    -------
    PhenotypeFit
        `columns` : `phenotype` (the most probable), the four probabilities (sum 1; priors as in `Prototypes.priors`)
        and `phenotypes_all` (those with evidence above the cut-off, in the order of the columns).
        An assessment is not classified (NaN, empty text) where less than half of a modality's tests have a z-score.
    """
    prototypes = load_prototypes(prototypes)
    length = len(z_scores[Z_CODES[0]])
    present = {code: ~np.isnan(z_scores[code]) for code in Z_CODES}
    classified = np.ones(length, dtype=bool)
    for codes in TESTS_NEEDED.values():
        classified &= 2 * np.sum([present[code] for code in codes], axis=0) >= len(codes)
    evidence = {
        name: np.where(classified, _weigh(name, z_scores, numbers, censored, present, prototypes), np.nan)
        for name in PHENOTYPES
    }
    logits = np.array([*((evidence[name] - prototypes.cut_off) / _TO_LOG10 for name in PHENOTYPES), np.zeros(length)])
    probabilities = special.softmax(logits, axis=0)
    # A tie goes to healthy, which is the last.
    best = len(PHENOTYPES) - np.argmax(logits[::-1], axis=0)
    columns: dict[str, Floats | TextColumn] = {
        "phenotype": take_texts(_NAMES, np.where(classified, best, len(_NAMES) - 1))
    }
    columns |= dict(zip(PHENOTYPE_COLUMNS, probabilities, strict=True))
    above = {name: evidence[name] > prototypes.cut_off for name in PHENOTYPES}
    codes_of_row, texts = pd.factorize(label_flags(above, length))
    columns["phenotypes_all"] = take_texts(np.asarray(texts, dtype=object), codes_of_row)
    return PhenotypeFit(classified, evidence, columns)


def _weigh(
    name: str,
    z_scores: Mapping[str, Floats],
    numbers: Mapping[str, FindingNumbers],
    censored: Mapping[str, FindingNumbers],
    present: Mapping[str, Bools],
    prototypes: Prototypes,
) -> Floats:
    """log10 likelihood ratio of one phenotype against healthy people."""
    total = np.zeros(len(z_scores[Z_CODES[0]]))
    for members in POOLED.values():
        codes = tuple(code for code in members if _distinguishes(name, code, prototypes))
        if not codes:
            continue
        pooled, n_tests = np.zeros(len(total)), np.zeros(len(total))
        for code in codes:
            ratio = compare_test(name, code, z_scores[code], censored[code], prototypes)
            pooled += np.where(present[code], ratio, 0.0)
            n_tests += present[code]
        total += pooled / (1 + np.maximum(n_tests - 1, 0) * mean_correlation(codes))
    for code, sign in SIGNS.items():
        total += compare_sign(name, code, numbers[code] == FINDING_NUMBERS[sign], numbers[code] != 0, prototypes)
    evidence: Floats = total * _TO_LOG10
    return evidence


@lru_cache
def mean_correlation(codes: tuple[str, ...]) -> float:
    """Mean correlation of some tests in healthy people; 0 for a single test."""
    places = [Z_CODES.index(code) for code in codes]
    matrix = load_correlations().matrix
    pairs = [matrix[a, b] for a in places for b in places if a < b]
    return float(np.mean(pairs)) if pairs else 0.0


def _distinguishes(name: str, code: str, prototypes: Prototypes) -> bool:
    """Whether the distribution of a test differs between a phenotype and healthy people."""
    own, healthy = prototypes, HEALTHY
    return own.mean[name][code] != own.mean[healthy][code] or own.sd[name][code] != own.sd[healthy][code]


def compare_test(name: str, code: str, z: Floats, censored: FindingNumbers, prototypes: Prototypes) -> Floats:
    """Natural log of the likelihood ratio of one test's z-scores under a phenotype against healthy people."""
    z = np.clip(z, -CAP, CAP)
    scaled = {who: (z - prototypes.mean[who][code]) / prototypes.sd[who][code] for who in (name, HEALTHY)}
    widths = np.log(prototypes.sd[HEALTHY][code] / prototypes.sd[name][code])
    ratio = np.asarray((scaled[HEALTHY] ** 2 - scaled[name] ** 2) / 2 + widths)
    for side in (-1, 1):
        at_end = np.flatnonzero(censored == side)
        if len(at_end):
            # The probability of z or less at the insensitive end, and of z or more at the sensitive end.
            tails = {who: special.log_ndtr(-side * scaled[who][at_end]) for who in scaled}
            ratio[at_end] = tails[name] - tails[HEALTHY]
    return ratio


def compare_sign(name: str, code: str, shown: Bools, judged: Bools, prototypes: Prototypes) -> Floats:
    """Natural log of the likelihood ratio of a sign that is present or absent."""
    ours, healthy = prototypes.probability[name][code], prototypes.probability[HEALTHY][code]
    ratio = np.where(shown, np.log(ours / healthy), np.log((1 - ours) / (1 - healthy)))
    return np.where(judged, ratio, 0.0)
