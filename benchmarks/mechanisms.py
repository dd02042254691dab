"""Check the mechanisms on simulated healthy people and simulated experimental pain models.

Prints, for each mechanism, how many healthy people show it: with all tests, with the worst battery of tests, and in the
worst stratum of sex, site and decade (aim: at most 5 %). Then, for each pain model (Vollert 2018: pronounced signs 2.5
SD, mild ones 1 SD, noise 1 SD), how often a correct mechanism has the strongest evidence of all (aim: 80 %; the paper's
sorting into three classes agreed in 79 and 81 %). This is done once with noise that is independent between tests, and
once with the noise of healthy people, which is correlated within a modality: harder, and closer to real people.

    python benchmarks/mechanisms.py [--n 100000]
"""

import argparse

import numpy as np
import numpy.typing as npt
import pandas as pd

import qst
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.mechanisms import take_measured, weigh_mechanism
from qst.norms.correlations import Correlations, load_correlations
from qst.protocol import Z_CODES
from qst.simulation.calibration import calibrate_mechanism, keep_tests
from qst.simulation.simulate import PainModel, load_pain_models, simulate_healthy, simulate_model
from qst.tables import MECHANISM_COLUMNS, MECHANISM_PREFIX, MECHANISMS

HEALTHY_SEED, MODEL_SEED = 20260501, 20260502  # other seeds than the calibration's
AIM_HEALTHY, AIM_FIRST = 0.05, 0.80
CLASSES = {
    "denervation": ("deafferentation_small_fibre", "deafferentation_large_fibre"),
    "primary": ("peripheral_sensitisation",),
    "secondary": ("central_sensitisation_pinprick",),
}
"""The classes of the published sorting, and our mechanisms in each."""
SHORT = ("small", "large", "periph", "irrit", "cold", "disinh", "pinpr", "touch", "windup", "deep")


def show_healthy(n: int) -> None:
    base = load_mechanisms()
    people = qst.score(simulate_healthy(n, seed=HEALTHY_SEED))
    measured = take_measured(people)
    stratum = people.groupby(["site", "sex", people["age"] // 10]).ngroup()
    print(f"{n:,} healthy people (seed {HEALTHY_SEED}); at most {AIM_HEALTHY:.0%} may show a mechanism")
    print(f"  {'':<32}{'threshold':>10}{'all tests':>11}{'worst battery':>15}{'worst stratum':>15}")
    for mechanism in base.mechanisms:
        supported = people[MECHANISM_PREFIX + mechanism.id] >= mechanism.threshold
        battery = calibrate_mechanism(mechanism, measured, base).battery
        few = weigh_mechanism(mechanism, keep_tests(measured, battery), base).evidence >= mechanism.threshold
        rates = (supported.mean(), few.mean(), supported.groupby(stratum).mean().max())
        shown = f"{rates[0]:>11.2%}{rates[1]:>15.2%}{rates[2]:>15.2%}"
        verdict = "" if max(rates) <= AIM_HEALTHY else "TOO MANY"
        print(f"  {mechanism.id:<32}{mechanism.threshold:>10.2f}{shown}  {verdict}")
    print(f"  any of them, all tests: {(people['mechanisms'] != '').mean():.1%}\n")


def show_models(n: int, correlations: Correlations, noise: str) -> None:
    print(f"{n:,} people of each pain model (seed {MODEL_SEED}), noise {noise}: share with the strongest evidence, %")
    print(f"  {'':<24}" + "".join(f"{name:>8}" for name in SHORT) + f"{'correct':>9}")
    scored = {
        model: qst.score(simulate_model(model, n, seed=MODEL_SEED, correlations=correlations))
        for model in load_pain_models().values()
    }
    for model, people in scored.items():
        first = rank_first(people)
        shares = [float((first == place).mean()) for place in range(len(MECHANISMS))]
        right = sum(shares[MECHANISMS.index(name)] for name in model.right)
        cells = "".join(f"{100 * share:>8.1f}" for share in shares)
        print(f"  {model.name:<24}{cells}{right:>9.1%}  {'' if right >= AIM_FIRST else 'below 80 %'}")
    for model in scored:
        print(f"  correct for {model.name}: {' or '.join(model.right)}")
    for model, people in scored.items():
        show_both(model, people)
    show_classes(scored)
    print()


def rank_first(people: pd.DataFrame) -> npt.NDArray[np.int64]:
    evidence = people[list(MECHANISM_COLUMNS)].to_numpy(float)
    return np.nan_to_num(evidence, nan=-np.inf).argmax(axis=1)


def show_both(model: PainModel, people: pd.DataFrame) -> None:
    """For a model with two mechanisms at once: how often both come first, and how often both are supported."""
    if not model.both:
        return
    evidence = people[list(MECHANISM_COLUMNS)].to_numpy(float)
    two = np.argsort(-np.nan_to_num(evidence, nan=-np.inf), axis=1)[:, :2]
    groups = [[MECHANISMS.index(name) for name in group] for group in model.both]
    everyone = np.all([np.isin(two, group).any(axis=1) for group in groups], axis=0)
    any_of_two = np.any([np.isin(two, group).any(axis=1) for group in groups], axis=0)
    listed = [
        people["mechanisms"].map(lambda names, group=group: bool(set(names.split(";")) & set(group)))
        for group in model.both
    ]
    print(
        f"  {model.name}: a correct one among the first two {any_of_two.mean():.1%}; one of each kind among the first "
        f"two {everyone.mean():.1%}; both kinds supported {np.logical_and(*listed).mean():.1%}"
    )


def show_classes(scored: dict[PainModel, pd.DataFrame]) -> None:
    """Agreement as counted in the paper: three models, three classes, the strongest evidence among those."""
    agreed = []
    for wanted, name in enumerate(("nerve_block", "primary_hyperalgesia", "secondary_hyperalgesia")):
        people = next(table for model, table in scored.items() if model.id == name)
        strongest = [people[[MECHANISM_PREFIX + m for m in names]].max(axis=1) for names in CLASSES.values()]
        agreed.append(float((np.argmax(strongest, axis=0) == wanted).mean()))
    shares = ", ".join(f"{name} {share:.1%}" for name, share in zip(CLASSES, agreed, strict=True))
    print(f"  among the published classes only: {shares}; together {np.mean(agreed):.1%} (published: 79 and 81 %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    options = parser.parse_args()
    show_healthy(options.n)
    healthy = load_correlations()
    independent = Correlations(np.eye(len(Z_CODES)), healthy.pools, healthy.rho)
    show_models(options.n // 5, independent, "independent")
    show_models(options.n // 5, healthy, "correlated as in healthy people")


if __name__ == "__main__":
    main()
