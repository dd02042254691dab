"""How often simulated healthy people are given a sensory phenotype or meet a criterion, and how often people simulated
from a prototype are given its phenotype.

Healthy people are drawn from the norms (`qst.simulate_healthy`); people with a phenotype have the z-scores of its
prototype instead. Prints the lowest cut-off at which any phenotype is shown by at most 5.5 % of every group of healthy
people (`reference_values/phenotypes/source.toml` records it), and the tables behind it. With your own prototypes, it
finds the cut-off for their source.toml.

    python benchmarks/phenotypes.py [--phenotypes PATH] [--people 400000] [--seed 20260101]
"""

import argparse
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.inference.criteria import find_criteria
from qst.inference.findings import find_detectable_range, find_patterns
from qst.inference.phenotypes import OURS, Prototypes, find_phenotypes, load_prototypes
from qst.norms.reference_sets import load_reference, look_up_norms
from qst.norms.zscores import compute_z_scores, prepare_values
from qst.simulation.simulate import PainModel, simulate_healthy, simulate_model
from qst.tables import HEALTHY, PHENOTYPES, YES

PEOPLE, SEED = 400_000, 20260101
MOST = 0.055
"""The highest share of healthy people in a group who may show any phenotype. The published specificity is 94 %
(Vollert 2017), so 6 %; half a point is left for samples with another seed."""
STEP = 0.05
PEOPLE_OF_A_PHENOTYPE = 50_000
LEFT_OUT: Mapping[str, tuple[str, ...]] = {
    "all tests": (),
    "without PHS and DMA": ("PHS", "DMA"),
    "without TSL, MPS, WUR": ("TSL", "MPS", "WUR"),
    "fewest tests that are judged": ("TSL", "HPT", "PPT", "WUR", "VDT", "PHS", "DMA"),
}

Floats = npt.NDArray[np.float64]


def weigh(assessments: pd.DataFrame, prototypes: Prototypes) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Evidence (one row per phenotype) and stratum of each assessment."""
    reference = load_reference()
    values, stratum = prepare_values(assessments).columns, look_up_norms(assessments, reference).stratum
    z_scores = compute_z_scores(values, stratum, reference)
    patterns = find_patterns(values, z_scores, stratum, find_detectable_range(reference))
    fit = find_phenotypes(z_scores, patterns.numbers, patterns.censored, prototypes)
    return np.array([fit.evidence[name] for name in PHENOTYPES]), stratum


def calibrate(prototypes: Prototypes, people: int = PEOPLE, seed: int = SEED) -> dict[str, Any]:
    """Find the lowest cut-off, in steps of 0.05, at which at most 5.5 % of healthy people show any phenotype.

    This holds in every stratum with all tests, and at hand and foot with each selection of tests in `LEFT_OUT`.
    """
    healthy = simulate_healthy(people, seed=seed)
    samples = []
    for left_out in LEFT_OUT.values():
        evidence, stratum = weigh(healthy.drop(columns=[*left_out]), prototypes)
        samples.append((pd.Series(evidence.max(axis=0)), healthy["site"] if left_out else stratum, evidence))
    cut_off = STEP
    while (worst := max(_worst_share(s, group, cut_off) for s, group, _ in samples)) > MOST:
        cut_off = round(cut_off + STEP, 2)
    strongest, group, evidence = samples[0]
    return {
        "cut_off": cut_off,
        "people": people,
        "seed": seed,
        "worst": round(worst, 4),
        "worst_stratum": round(_worst_share(strongest, group, cut_off), 4),
        "any": round(float((strongest > cut_off).mean()), 4),
        **{n: round(float(np.mean(row > cut_off)), 4) for n, row in zip(PHENOTYPES, evidence, strict=True)},
    }


def _worst_share(strongest: "pd.Series[float]", group: Any, cut_off: float) -> float:
    return float((strongest > cut_off).groupby(np.asarray(group)).mean().max())


def measure_criteria(people: int = PEOPLE, seed: int = SEED) -> dict[str, float]:
    """Share of healthy people who meet each criterion, among those in whom it is settled."""
    reference, assessments = load_reference(), simulate_healthy(people, seed=seed)
    values, stratum = prepare_values(assessments).columns, look_up_norms(assessments, reference).stratum
    z_scores = compute_z_scores(values, stratum, reference)
    numbers = find_patterns(values, z_scores, stratum, find_detectable_range(reference)).numbers
    answers = {name: pd.Series(answer).dropna() for name, answer in find_criteria(numbers).items()}
    return {name: round(float((answer == YES).mean()), 4) for name, answer in answers.items()}


def measure_sensitivity(prototypes: Prototypes, cut_off: float, seed: int = SEED) -> pd.DataFrame:
    """For people simulated from each prototype: the share above each phenotype's cut-off, and the most probable one."""
    rows = {}
    for name in (*PHENOTYPES, HEALTHY):
        signs = prototypes.probability[name] if name != HEALTHY else {"PHS": 0.0, "DMA": 0.0}
        model = PainModel(name, name, dict(prototypes.mean[name]), signs["PHS"], signs["DMA"], (), ())
        evidence, _ = weigh(simulate_model(model, PEOPLE_OF_A_PHENOTYPE, seed=seed), prototypes)
        above = evidence > cut_off
        most = np.where(above.any(axis=0), evidence.argmax(axis=0), len(PHENOTYPES))
        shares = np.bincount(most, minlength=len(PHENOTYPES) + 1) / PEOPLE_OF_A_PHENOTYPE
        rows[name] = [*above.mean(axis=1), above.any(axis=0).mean(), *shares]
    columns = [*(f"above {n}" for n in PHENOTYPES), "above any", *(f"most {n}" for n in (*PHENOTYPES, HEALTHY))]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phenotypes", default=OURS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    prototypes = load_prototypes(options.phenotypes)
    print(f"Prototypes: {prototypes.id}; cut-off in their file: {prototypes.cut_off:.2f}")
    found = calibrate(prototypes, options.people, options.seed)
    print("\nCalibration on healthy people (aim: any phenotype in at most 6 %):")
    for key, value in found.items():
        print(f"  {key} = {value}")

    print(f"\nHealthy people given a phenotype at {prototypes.cut_off:.2f}, in %:")
    print(f"  {'':<28}{'any':>6}" + "".join(f"{name:>26}" for name in PHENOTYPES))
    for label, left_out in LEFT_OUT.items():
        for site in ("hand", "foot"):
            people = simulate_healthy(options.people // 4, seed=options.seed + 1, site=site).drop(columns=[*left_out])
            evidence, _ = weigh(people, prototypes)
            shares = [float(np.mean(evidence.max(axis=0) > prototypes.cut_off))]
            shares += [float(np.mean(row > prototypes.cut_off)) for row in evidence]
            title = f"{label}, {site}"
            print(f"  {title:<34}{100 * shares[0]:>4.1f}" + "".join(f"{100 * s:>26.1f}" for s in shares[1:]))

    print("\nHealthy people who meet a criterion:")
    for name, share in measure_criteria(options.people, options.seed).items():
        print(f"  {name} = {share}")

    table = 100 * measure_sensitivity(prototypes, prototypes.cut_off, options.seed + 2)
    print("\nPeople simulated from a prototype (rows) who are above the cut-off of each phenotype, in %:")
    print(f"  {'':<26}" + "".join(f"{name:>26}" for name in PHENOTYPES) + f"{'any':>8}")
    for name, row in table.iterrows():
        print(f"  {name:<26}" + "".join(f"{s:>26.1f}" for s in row.iloc[:3]) + f"{row.iloc[3]:>8.1f}")
    print("\nThe most probable of the four, in % of the row:")
    print(f"  {'':<26}" + "".join(f"{name:>26}" for name in (*PHENOTYPES, HEALTHY)))
    for name, row in table.iterrows():
        print(f"  {name:<26}" + "".join(f"{s:>26.1f}" for s in row.iloc[4:]))
    print("\nPublished for patients, with the publication's own algorithm: sensitivity 78 %, specificity 94 %.")


if __name__ == "__main__":
    main()
