"""Evidence for mechanisms computed a second time, to check `qst` against; as `independent_scorer` it shares no code.

Plain Python, one assessment at a time, from the files of the knowledge base. Censored values are integrated
numerically, where `qst` has a closed form.
"""

import csv
import math
import tomllib
from functools import cache
from pathlib import Path

CAP = 4.0


def read_knowledge(folder: Path) -> dict:
    """Entries by id, in order of position, with thresholds, and the senses with their correlation."""
    files = [path for path in folder.glob("*.toml") if path.name not in ("source.toml", "calibration.toml")]
    entries = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    calibration = tomllib.loads((folder / "calibration.toml").read_text(encoding="utf-8"))
    thresholds = {name: max(calibration["floor"], found["evidence"]) for name, found in calibration["healthy"].items()}
    return {
        "entries": {entry["id"]: entry for entry in sorted(entries, key=lambda entry: entry["position"])},
        "thresholds": thresholds,
        "senses": read_senses(folder.parent / "correlations"),
    }


def read_senses(folder: Path) -> list[tuple[set[str], float]]:
    senses = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))["senses"]
    with (folder / "pairs.csv").open(newline="", encoding="utf-8") as file:
        pairs = [(row["a"], row["b"], float(row["r"])) for row in csv.DictReader(file)]
    found = []
    for tests in senses.values():
        within = [r for a, b, r in pairs if a in tests and b in tests]
        number = len(tests) * (len(tests) - 1) / 2
        found.append((set(tests), sum(within) / number))
    return found


def weigh(scored: dict, at_limit: set[str], knowledge: dict) -> dict[str, float | None]:
    """Evidence (log10) for each mechanism that can be assessed at all, from one row's z and findings."""
    return {
        name: weigh_one(entry, scored, at_limit, knowledge["senses"])
        for name, entry in knowledge["entries"].items()
        if entry["seen"] != "never"
    }


def weigh_one(entry: dict, scored: dict, at_limit: set[str], senses: list) -> float | None:
    for group in entry["needs"]:
        if all(is_missing(code, scored) for code in group):
            return None
    pools = pool(entry["sign"], scored, at_limit, senses)
    if entry.get("combine", "all") == "all":
        support = sum(pools)
    else:
        support = math.log(sum(math.exp(ratio) for ratio in pools) / len(pools))
    cost = 0.0
    for pattern in entry.get("against", ()):
        if not all(is_missing(sign["parameter"], scored) for sign in pattern["sign"]):
            cost += math.log10(1 + math.exp(sum(pool(pattern["sign"], scored, at_limit, senses))))
    return support / math.log(10) - cost


def is_missing(code: str, scored: dict) -> bool:
    return (scored[f"{code}_finding"] if code in ("PHS", "DMA") else scored[f"{code}_z"]) is None


def pool(signs: list[dict], scored: dict, at_limit: set[str], senses: list) -> list[float]:
    """Log likelihood ratio of each sense; 0 for one without a test."""
    groups: dict[frozenset[str], list[float]] = {}
    correlation: dict[frozenset[str], float] = {}
    for sign in signs:
        code = sign["parameter"]
        members, rho = next(((s, r) for s, r in senses if code in s), ({code}, 0.0))
        key = frozenset(members)
        correlation[key] = rho
        ratios = groups.setdefault(key, [])
        if not is_missing(code, scored):
            ratios.append(rate(sign, scored, code in at_limit))
    return [
        sum(ratios) / (1 + (len(ratios) - 1) * correlation[key]) if ratios else 0.0 for key, ratios in groups.items()
    ]


def rate(sign: dict, scored: dict, limited: bool) -> float:
    code = sign["parameter"]
    if code in ("PHS", "DMA"):
        shown = scored[f"{code}_finding"] == sign["direction"]
        under, healthy = sign["present"], sign["healthy"]
        return math.log(under / healthy) if shown else math.log((1 - under) / (1 - healthy))
    z, mean, sd = scored[f"{code}_z"], sign["mean"], sign["sd"]
    ratio = integrate(z, mean, sd) if limited else held_ratio(z, mean, sd)
    return -ratio if sign["direction"] == "preserved" else ratio


def held_ratio(z: float, mean: float, sd: float) -> float:
    z = min(max(z, -CAP), CAP)
    if sd != 1:
        turn = -mean / (sd**2 - 1)
        z = max(z, turn) if turn < 0 else min(z, turn)
    return log_density(z, mean, sd) - log_density(z, 0.0, 1.0)


def log_density(z: float, mean: float, sd: float) -> float:
    return -0.5 * ((z - mean) / sd) ** 2 - math.log(sd) - 0.5 * math.log(2 * math.pi)


@cache
def integrate(end: float, mean: float, sd: float, steps: int = 2000) -> float:
    """Log of the mean likelihood ratio over healthy people whose z is `end` or less, by the trapezoidal rule."""
    start = end - 9.0
    if held_ratio(start, mean, sd) == held_ratio(end, mean, sd):
        return held_ratio(end, mean, sd)
    width = (end - start) / steps
    ratio = weight = 0.0
    for step in range(steps + 1):
        z = start + step * width
        share = math.exp(log_density(z, 0.0, 1.0)) * (0.5 if step in (0, steps) else 1.0)
        weight += share
        ratio += share * math.exp(held_ratio(z, mean, sd))
    return math.log(ratio / weight)


def list_supported(evidence: dict[str, float | None], thresholds: dict[str, float]) -> str:
    found = [
        (-round(value, 9), place, name) for place, (name, value) in enumerate(evidence.items()) if value is not None
    ]
    return ";".join(name for value, _, name in sorted(found) if -value >= thresholds[name])
