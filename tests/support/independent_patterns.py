"""Sensory phenotypes and criteria worked out a second time, to check `qst` against.

Like `independent_scorer`: no code of `qst`, plain Python, one assessment at a time, from the rules as the documentation
states them.
"""

import csv
import itertools
import math
from pathlib import Path

from independent_scorer import OVERSHOOT, TESTS

PHENOTYPES = ("sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia")
POOLED = (("CDT", "WDT", "TSL"), ("CPT", "HPT"), ("MDT", "VDT"), ("PPT", "MPT", "MPS", "WUR"))
NEEDED = (("CDT", "WDT", "TSL"), ("CPT", "HPT"), ("MDT", "VDT"), ("PPT", "MPT", "MPS"))
FARTHEST = 4.0

Rows = dict[tuple[str, str], tuple[float, float, float]]  # (phenotype, test) to mean, SD, probability
Pairs = dict[frozenset[str], float]


def read_prototypes(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["phenotype"], row["parameter"]): tuple(float(row[c] or "nan") for c in ("mean", "sd", "probability"))
            for row in csv.DictReader(file)
        }  # type: ignore[return-value]


def read_pairs(path: Path) -> Pairs:
    with path.open(newline="", encoding="utf-8") as file:
        return {frozenset((row["a"], row["b"])): float(row["r"]) for row in csv.DictReader(file)}


def fit_phenotypes(assessment: dict, scored: dict, rows: Rows, pairs: Pairs, cut_off: float) -> dict:
    """`scored` is what `independent_scorer.score` gives for the assessment."""
    z = {name: scored[f"{name}_z"] for name in TESTS}
    for names in NEEDED:
        if 2 * sum(z[name] is not None for name in names) < len(names):
            return {"phenotype": None, "phenotypes_all": "", "evidence": None, "probabilities": None}
    evidence = {who: _weigh(who, assessment, scored, z, rows, pairs) for who in PHENOTYPES}
    odds = {who: 10 ** (evidence[who] - cut_off) for who in PHENOTYPES} | {"healthy": 1.0}
    total = math.fsum(odds.values())
    above = [who for who in PHENOTYPES if evidence[who] > cut_off]
    return {
        "phenotype": max(above, key=lambda who: evidence[who]) if above else "healthy",
        "phenotypes_all": ";".join(above),
        "evidence": evidence,
        "probabilities": {who: share / total for who, share in odds.items()},
    }


def _weigh(who: str, assessment: dict, scored: dict, z: dict, rows: Rows, pairs: Pairs) -> float:
    log_ratio = 0.0
    for names in POOLED:
        telling = [name for name in names if rows[who, name][:2] != rows["healthy", name][:2]]
        ratios = [_compare(who, name, z[name], assessment[name], rows) for name in telling if z[name] is not None]
        correlations = [pairs.get(frozenset(pair), 0.0) for pair in itertools.combinations(telling, 2)]
        rho = sum(correlations) / len(correlations) if correlations else 0.0
        if ratios:
            log_ratio += sum(ratios) / (1 + (len(ratios) - 1) * rho)
    for name, sign in (("PHS", "loss"), ("DMA", "gain")):
        finding = scored[f"{name}_finding"]
        if finding is not None:
            shown, healthy = rows[who, name][2], rows["healthy", name][2]
            log_ratio += math.log(shown / healthy if finding == sign else (1 - shown) / (1 - healthy))
    return log_ratio / math.log(10)


def _compare(who: str, name: str, z: float, value: float, rows: Rows) -> float:
    """Natural log of the ratio of two densities; at the device's end, of all that lies at or beyond it."""
    z = max(-FARTHEST, min(FARTHEST, z))
    end = _end_of(name, value)
    logs = []
    for of in (who, "healthy"):
        mean, sd, _ = rows[of, name]
        u = (z - mean) / sd
        if end == "insensitive":
            logs.append(math.log(_below(u)))
        elif end == "sensitive":
            logs.append(math.log(_below(-u)))
        else:
            logs.append(-u * u / 2 - math.log(sd))
    return logs[0] - logs[1]


def _below(u: float) -> float:
    """P(standard normal <= u)."""
    return math.erfc(-u / math.sqrt(2)) / 2


def _end_of(name: str, value: float) -> str | None:
    sign, insensitive, sensitive = TESTS[name]
    size = abs(value) if name in ("CDT", "WDT", "TSL") else value
    if insensitive is not None and -1e-9 <= sign * (insensitive - size) <= OVERSHOOT.get(name, 0.0) + 1e-9:
        return "insensitive"
    if sensitive is not None and sign * (size - sensitive) >= -1e-9:
        return "sensitive"
    return None


# --- criteria: yes or no where what was judged settles it -------------------------------------------------------------


def answer_criteria(findings: dict[str, str | None]) -> dict[str, str | None]:
    """By trying every finding that the tests which were not judged could have."""
    rules = {
        "irritable_nociceptor": (("CDT", "WDT", "CPT", "HPT", "PPT", "MPT", "MPS", "DMA"), _is_irritable),
        "small_fibre": (("CDT", "WDT"), lambda f: "loss" in (f["CDT"], f["WDT"])),
        "large_fibre": (("MDT", "VDT"), lambda f: "loss" in (f["MDT"], f["VDT"])),
    }
    could_be = {None: ("normal", "gain", "loss"), "limit": ("normal", "loss")}
    answers: dict[str, str | None] = {}
    for criterion, (names, holds) in rules.items():
        possible = [could_be.get(findings[name], (findings[name],)) for name in names]
        outcomes = {holds(dict(zip(names, combination, strict=True))) for combination in itertools.product(*possible)}
        answers[criterion] = None if len(outcomes) > 1 else "yes" if outcomes == {True} else "no"
    return answers


def _is_irritable(findings: dict) -> bool:
    preserved = "loss" not in (findings["CDT"], findings["WDT"])
    return preserved and any(findings[name] == "gain" for name in ("CPT", "HPT", "PPT", "MPT", "MPS", "DMA"))
