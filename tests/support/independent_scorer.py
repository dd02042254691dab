"""Quantitative sensory testing (DFNS) scored a second time, to check `qst` against.

Deliberately separate: this module shares no code with `qst` and does not import it. It uses
plain Python, one assessment at a time, and repeats the protocol's constants on purpose. Whoever
changes a scoring rule changes it here by hand as well, from the rule and not from `qst`.
"""

import csv
import itertools
import math
import random
from pathlib import Path

# age_from, age_below (None: open), scale ("raw" or "log10"), mean, SD, doubtful
Cell = tuple[float, float | None, str, float, float, bool]
Reference = dict[tuple[str, str, str], list[Cell]]

# Sign of gain, insensitive end and sensitive end of the device (None: no such end), in z order.
TESTS: dict[str, tuple[int, float | None, float | None]] = {
    "CDT": (-1, 32.0, None),
    "WDT": (-1, 18.0, None),
    "TSL": (-1, 50.0, None),
    "CPT": (+1, 0.0, None),
    "HPT": (-1, 50.0, None),
    "PPT": (-1, 1000.0, None),
    "MPT": (-1, 512.0, 8.0),
    "MPS": (+1, 0.1, 100.1),
    "WUR": (+1, None, None),
    "MDT": (-1, 512.0, 0.25),
    "VDT": (+1, 0.0, 8.0),
}
PARAMETERS = (*TESTS, "PHS", "DMA")
# A reading this little past the insensitive end still means that end.
OVERSHOOT = {"CDT": 0.5, "WDT": 0.5, "TSL": 0.5, "CPT": 0.5, "HPT": 0.5} | {
    "PPT": 50.0,
    "MPT": 25.6,
    "MDT": 25.6,
}
MAGNITUDES = ("CDT", "WDT", "TSL")
NEVER_PAINFUL = 0.1  # stored MPS and DMA: geometric mean of (rating + 0.1)
PHS_BOUND_SDS = 1.96

LOSS_THERMAL = ("CDT", "WDT")
LOSS_MECHANICAL = ("MDT", "VDT")
GAIN_THERMAL = ("CPT", "HPT")
GAIN_MECHANICAL = ("PPT", "MPT", "MPS", "WUR", "DMA")


def read_reference(path: str) -> Reference:
    """Read the cells of a reference table by (parameter, site, sex)."""
    reference: Reference = {}
    with Path(path).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["scale"] not in ("raw", "log10"):
                raise ValueError(f"unknown scale {row['scale']!r} in {path}")
            cell = (
                float(row["age_from"]),
                float(row["age_below"]) if row["age_below"].strip() else None,
                row["scale"],
                float(row["mean"]),
                float(row["sd"]),
                bool(row["doubt"].strip()),
            )
            reference.setdefault((row["parameter"], row["site"], row["sex"]), []).append(cell)
    return reference


def score(assessment: dict, reference: Reference, cut_off: float = 1.96, dma_threshold: float = 0.0) -> dict:
    """Score one assessment: z, findings, counts, chance, what cannot be found, and LoGa."""
    cells = {name: _find_cell(name, assessment, reference) for name in PARAMETERS}
    not_findable = _list_not_findable(cells, cut_off)

    z: dict[str, float | None] = {}
    findings: dict[str, str | None] = {}
    for name in TESTS:
        value = _get_value(assessment, name)
        z[name] = _compute_z(name, value, cells[name])
        findings[name] = _judge_z(name, value, z[name], cut_off, f"{name}_loss" in not_findable)
    findings["PHS"] = _judge_phs(_get_value(assessment, "PHS"), cells["PHS"])
    findings["DMA"] = _judge_dma(_get_value(assessment, "DMA"), dma_threshold)

    judged = [finding for finding in findings.values() if finding is not None]
    n_gain, n_loss = judged.count("gain"), judged.count("loss")
    abnormal_z = sum(findings[name] in ("gain", "loss") for name in TESTS)
    tail = _upper_tail(cut_off)
    chances = [
        tail * (2 - (f"{name}_loss" in not_findable) - (f"{name}_gain" in not_findable))
        for name in TESTS
        if z[name] is not None
    ]
    return {
        **{f"{name}_z": z[name] for name in TESTS},
        **{f"{name}_finding": findings[name] for name in PARAMETERS},
        "n_scored": len(judged),
        "n_gain": n_gain,
        "n_loss": n_loss,
        "expected_by_chance": math.fsum(chances),
        "p_profile": _at_least(abnormal_z, chances) if chances else None,
        "not_findable": not_findable,
        "loga": _code_loga(findings),
    }


def _get_value(assessment: dict, name: str) -> float | None:
    value = assessment.get(name)
    if value is None or math.isnan(value):
        return None
    return abs(value) if name in MAGNITUDES else value


def _find_cell(name: str, assessment: dict, reference: Reference) -> Cell | None:
    age = _get_value(assessment, "age")
    site, sex = assessment.get("site"), assessment.get("sex")
    if age is None or site is None or sex is None:
        return None
    for cell in reference.get((name, site, sex), []):
        age_from, age_below = cell[:2]
        if age_from <= age and (age_below is None or age < age_below):
            return cell
    return None


def _compute_z(name: str, value: float | None, cell: Cell | None) -> float | None:
    if value is None or cell is None:
        return None
    _, _, scale, mean, sd, doubtful = cell
    if doubtful or sd == 0 or (scale == "log10" and value <= 0):
        return None
    transformed = math.log10(value) if scale == "log10" else value
    sign = TESTS[name][0]
    return sign * (transformed - mean) / sd


def _judge_z(name: str, value: float | None, z: float | None, cut_off: float, no_loss_findable: bool) -> str | None:
    if value is None or z is None:
        return None
    sign, insensitive, _ = TESTS[name]
    # Less sensitive is a higher value where the sign of gain is -1, a lower one where it is +1.
    if insensitive is not None and no_loss_findable:
        past = sign * (insensitive - value)
        if -1e-9 <= past <= OVERSHOOT.get(name, 0.0) + 1e-9:
            return "limit"
    if z > cut_off:
        return "gain"
    if z < -cut_off:
        return "loss"
    return "normal"


def _judge_phs(value: float | None, cell: Cell | None) -> str | None:
    if value is None or cell is None:
        return None
    _, _, _, mean, sd, doubtful = cell
    if doubtful:
        return None
    return "loss" if value > mean + PHS_BOUND_SDS * sd else "normal"


def _judge_dma(value: float | None, threshold: float) -> str | None:
    if value is None:
        return None
    return "gain" if value - NEVER_PAINFUL > threshold + 1e-9 else "normal"


def _list_not_findable(cells: dict[str, Cell | None], cut_off: float) -> list[str]:
    names = []
    for name, (_, insensitive, sensitive) in TESTS.items():
        lowest = _compute_z(name, insensitive, cells[name])
        highest = _compute_z(name, sensitive, cells[name])
        if lowest is not None and not lowest < -cut_off:
            names.append(f"{name}_loss")
        if highest is not None and not highest > cut_off:
            names.append(f"{name}_gain")
    return names


def _upper_tail(cut_off: float) -> float:
    return math.erfc(cut_off / math.sqrt(2)) / 2


def _at_least(count: int, chances: list[float]) -> float:
    """P(at least `count` of the independent events), each with its own chance."""
    if count == 0:
        return 1.0
    exactly = [1.0]  # exactly[k]: probability that k of the events so far occurred
    for chance in chances:
        without = [p * (1 - chance) for p in exactly] + [0.0]
        with_it = [0.0] + [p * chance for p in exactly]
        exactly = [a + b for a, b in zip(without, with_it, strict=True)]
    return math.fsum(exactly[count:])


def _code_loga(findings: dict[str, str | None]) -> str | None:
    loss_thermal = _is_present("loss", LOSS_THERMAL, findings)
    loss_mechanical = _is_present("loss", LOSS_MECHANICAL, findings)
    gain_thermal = _is_present("gain", GAIN_THERMAL, findings)
    gain_mechanical = _is_present("gain", GAIN_MECHANICAL, findings)
    if loss_thermal is None or loss_mechanical is None or gain_thermal is None or gain_mechanical is None:
        return None
    return f"L{loss_thermal + 2 * loss_mechanical}G{gain_thermal + 2 * gain_mechanical}"


def _is_present(sought: str, names: tuple[str, ...], findings: dict[str, str | None]) -> bool | None:
    """True or False where the listed findings tell, None where too few of them are judged."""
    listed = [findings[name] for name in names]
    if sought in listed:
        return True
    not_judged = (None, "limit") if sought == "loss" else (None,)
    n_judged = sum(finding not in not_judged for finding in listed)
    return False if 2 * n_judged >= len(listed) else None


# --- random assessments ---------------------------------------------------------------------

SITES = ("face", "hand", "foot", "thigh")  # no reference set here covers the thigh
SEXES = ("female", "male", None)
AGE_EDGES = (20, 30, 40, 50, 60, 75)
EDGE_AGES = tuple(round(edge + d, 2) for edge in AGE_EDGES for d in (-0.01, 0.0, 0.01))
SYSTEMATIC = tuple(itertools.product(SITES, SEXES, (*EDGE_AGES, None)))

# Scale, centre and spread (twice or thrice a norm's SD), and the range that is drawn from.
DRAWS: dict[str, tuple[str, float, float, float, float]] = {
    "CDT": ("log10", 0.25, 0.6, 0.01, 32.0),
    "WDT": ("log10", 0.45, 0.5, 0.01, 18.0),
    "TSL": ("log10", 0.7, 0.5, 0.05, 50.0),
    "CPT": ("raw", 12.0, 12.0, 0.0, 32.0),
    "HPT": ("raw", 44.0, 6.0, 32.0, 50.0),
    "PPT": ("log10", 2.65, 0.35, 20.0, 1000.0),
    "MPT": ("log10", 1.85, 0.8, 8.0, 512.0),
    "MPS": ("log10", -0.1, 0.9, 0.1, 100.1),
    "WUR": ("log10", 0.38, 0.5, 0.1, 50.0),
    "MDT": ("log10", 0.2, 1.0, 0.25, 512.0),
    "VDT": ("raw", 7.0, 1.5, 0.0, 8.0),
}
SLIGHTLY_PAST = {
    "CDT": 32.1, "WDT": 18.1, "TSL": 50.4, "CPT": -0.2,
    "HPT": 50.2, "PPT": 1010.0, "MPT": 520.0, "MDT": 520.0,
}  # fmt: skip


def generate(seed: int, n: int) -> list[dict]:
    """Make n random assessments, the first of which cover every site, sex and age edge."""
    if n < len(SYSTEMATIC):
        raise ValueError(f"n is {n}; at least {len(SYSTEMATIC)} are needed to cover all strata")
    rng = random.Random(seed)
    strata = list(SYSTEMATIC)
    while len(strata) < n:
        age = None if rng.random() < 0.04 else round(rng.uniform(15, 90), 2)
        sex = rng.choices(SEXES, weights=(48, 48, 4))[0]
        site = rng.choices(SITES, weights=(3, 4, 4, 1))[0]
        strata.append((site, sex, age))
    return [
        {"age": age, "sex": sex, "site": site} | {name: _draw_value(rng, name) for name in PARAMETERS}
        for site, sex, age in strata
    ]


def _draw_value(rng: random.Random, name: str) -> float | None:
    if rng.random() < 0.12:
        return None
    if name == "PHS":
        return float(rng.choices(range(4), weights=(70, 14, 8, 8))[0])
    if name == "DMA":
        painful = round(10 ** rng.uniform(-1, 2), 3)
        return rng.choices((NEVER_PAINFUL, 10.1, painful), weights=(75, 3, 22))[0]
    value = _draw_measured(rng, name)
    return -value if name == "CDT" and rng.random() < 0.5 else value


def _draw_measured(rng: random.Random, name: str) -> float:
    kind = rng.random()
    ends = [end for end in TESTS[name][1:] if end is not None] or [1.0]  # WUR 1: no summation
    if kind < 0.09:  # of the values that are not missing: 8 % of all
        return rng.choice(ends)
    if kind < 0.10 and name in SLIGHTLY_PAST:
        return SLIGHTLY_PAST[name]
    scale, centre, spread, low, high = DRAWS[name]
    while True:
        value = rng.gauss(centre, spread)
        # Norms have 2 or 3 decimals: with 6, no value lies exactly on a cut-off, where two correct
        # programs could differ by rounding alone.
        value = round(10**value if scale == "log10" else value, 6)
        if low <= value <= high:
            return value
