"""Speed of scoring in memory, compared with the same formula row by row in `DataFrame.apply`.

Prints assessments per second for all stages (`qst.score`, up to the mechanisms), for z-scores and findings alone, and
for a per-row function of the latter as in a laboratory's script; and the memory that all stages use.

    python benchmarks/score.py [--rows 1000000] [--apply-rows 20000]
"""

import argparse
import math
import platform
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import qst
from qst.inference.findings import find_detectable_range, find_patterns
from qst.norms.reference_sets import load_reference, look_up_norms
from qst.norms.zscores import compute_z_scores, prepare_values
from qst.protocol import BY_CODE, CODES, PARAMETERS
from qst.tables import SEXES

SEED = 20260101


def make_assessments(rows: int, seed: int = SEED) -> pd.DataFrame:
    """Draw random assessments around the norms, with 5 % of values missing."""
    generator = np.random.default_rng(seed)
    reference = load_reference()
    site = generator.integers(len(reference.sites), size=rows)
    sex = generator.integers(2, size=rows)
    age = generator.uniform(18, 85, rows)
    band = np.searchsorted(reference.edges, age, side="right") - 1
    stratum = (site * 2 + sex) * len(reference.edges) + band
    values = {}
    for column, parameter in enumerate(PARAMETERS):
        mean, sd = reference.mean[stratum, column], reference.sd[stratum, column]
        drawn = np.nan_to_num(mean, nan=1.0) + np.nan_to_num(sd, nan=0.2) * generator.standard_normal(rows) * 1.3
        drawn = 10**drawn if parameter.scale == "log10" else drawn
        low, high = parameter.possible
        drawn = np.clip(drawn, max(low, 0.1) if parameter.scale == "log10" else low, high)
        drawn[generator.random(rows) < 0.05] = np.nan
        values[parameter.code] = np.round(drawn) if parameter.code == "PHS" else drawn
    return pd.DataFrame(
        {
            "subject": np.arange(rows).astype(str),
            "visit": "1",
            "age": age,
            "sex": np.array(SEXES, dtype=object)[sex],
            "site": np.array(reference.sites, dtype=object)[site],
            "side": "left",
            "area": "test",
            **values,
        }
    )


def find_only(assessments: pd.DataFrame) -> None:
    """Compute z-scores and findings only."""
    reference = load_reference()
    values, stratum = prepare_values(assessments).columns, look_up_norms(assessments, reference).stratum
    find_patterns(values, compute_z_scores(values, stratum, reference), stratum, find_detectable_range(reference))


def score_row_by_row(assessments: pd.DataFrame) -> pd.DataFrame:
    """Compute the same z-scores and findings with a function of one row in `DataFrame.apply`."""
    cells = {
        (c["parameter"], c["site"], c["sex"], c["age_from"]): (c["mean"], c["sd"], c["doubt"])
        for c in load_reference().cells.to_dict("records")
    }

    def score_row(row: pd.Series) -> pd.Series:
        result: dict[str, object] = {}
        band = min(int(row["age"] // 10) * 10, 60)
        for code in CODES:
            parameter, value = BY_CODE[code], row[code]
            mean, sd, doubt = cells.get((code, row["site"], row["sex"], band), (math.nan, math.nan, ""))
            z = math.nan
            if parameter.has_z and not math.isnan(value) and sd > 0 and not doubt:
                value = math.log10(abs(value)) if parameter.scale == "log10" else value
                z = parameter.gain_sign * (value - mean) / sd
            result[f"{code}_z"] = z
            result[f"{code}_finding"] = (
                "gain" if z > 1.96 else "loss" if z < -1.96 else None if math.isnan(z) else "normal"
            )
        return pd.Series(result)

    return assessments.apply(score_row, axis=1)


def time_best(function: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--apply-rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()

    assessments = make_assessments(options.rows)
    few = assessments.iloc[: options.apply_rows]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours = options.rows / time_best(lambda: qst.score(assessments), options.repeats)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6
    found = options.rows / time_best(lambda: find_only(assessments), options.repeats)
    theirs = len(few) / time_best(lambda: score_row_by_row(few), 1)

    here, there = qst.score(few), score_row_by_row(few)
    worst = max(float((here[f"{p.code}_z"] - there[f"{p.code}_z"]).abs().max()) for p in PARAMETERS if p.has_z)
    print(f"Python {platform.python_version()}, numpy {np.__version__}, pandas {pd.__version__}")
    print(f"all stages, {options.rows:,} assessments:          {ours:>12,.0f} per second (aim: 100,000)")
    print(f"  memory in addition to the input:            {memory:>12.1f} GB")
    print(f"z-scores and findings:                        {found:>12,.0f} per second (aim: 300,000)")
    print(f"DataFrame.apply, {len(few):,} assessments:        {theirs:>12,.0f} per second")
    print(f"ratio of the last two:                        {found / theirs:>12,.0f} (aim: 30)")
    print(f"largest difference in z between the two:      {worst:>12.1e}")


if __name__ == "__main__":
    main()
