"""How fast psychometric functions are fitted, compared with psignifit in the same run if it is installed.

    python benchmarks/psychometric.py [--people 400]

psignifit is under the GPL and not a dependency of this package; `pip install psignifit` into a throw-away environment.
"""

import argparse
import time

import numpy as np
from scipy import special

from qst.derive.posterior import WIDTH_OF_SIGMA
from qst.derive.psychometric import fit_psychometric

SETS = {
    "steep": ((1, 2, 3, 4, 5, 6, 7), (0, 0, 1, 7, 12, 12, 12), 12),
    "shallow": ((2, 4, 6, 8, 10, 12, 14), (1, 2, 4, 5, 8, 9, 11), 12),
    "lapses": ((1, 2, 3, 4, 5, 6), (2, 1, 6, 13, 17, 18), 20),
}


def time_many(people: int, trials: int = 40) -> str:
    """Fits per second for people whose intensities all differ, as in adaptive runs: the slowest case."""
    rng = np.random.default_rng(1)
    threshold, width = rng.uniform(3, 9, (people, 1)), rng.uniform(1, 6, (people, 1))
    x = rng.uniform(0, 12, (people, trials))
    felt = rng.random(x.shape) < 0.02 + 0.96 * special.ndtr((x - threshold) / width * WIDTH_OF_SIGMA)
    start = time.perf_counter()
    fit_psychometric(np.repeat(np.arange(people), trials), x.ravel(), felt.ravel(), lowest=0)
    seconds = time.perf_counter() - start
    return f"qst: {people} fits of {trials} trials in {seconds:.1f} s, {people / seconds:.0f} per second"


def compare() -> None:
    """Print threshold, interval and time for three data sets, ours and psignifit's."""
    try:
        import psignifit
    except ImportError:
        psignifit = None
        print("psignifit is not installed: only qst is measured")
    for name, (levels, felt, n) in SETS.items():
        responses = np.concatenate([np.arange(n) < k for k in felt])
        start = time.perf_counter()
        fit = fit_psychometric(np.zeros(len(responses)), np.repeat(levels, n), responses).iloc[0]
        seconds = time.perf_counter() - start
        print(f"{name}: qst {fit['threshold']:.4f} ({fit['low']:.4f} to {fit['high']:.4f}), {seconds:.2f} s")
        if psignifit is not None:
            blocks = np.array([levels, felt, [n] * len(levels)], dtype=float).T
            start = time.perf_counter()
            peer = psignifit.psignifit(blocks, experiment_type="yes/no", sigmoid="norm")
            seconds = time.perf_counter() - start
            low, high = peer.confidence_intervals["threshold"]["0.95"]
            mean = peer.parameter_estimate_mean["threshold"]
            print(f"{name}: psignifit {mean:.4f} ({low:.4f} to {high:.4f}), {seconds:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=400)
    print(time_many(parser.parse_args().people))
    compare()
