"""Pictures per second: sensory profiles of a simulated cohort as PNG, SVG and PDF, in one process and on all cores.

Start-up and reading are included. Then the time of one figure of each kind for that cohort.

    python benchmarks/plots.py [--people 200]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import pandas as pd
from clock import cpu_seconds

import qst
from qst.workflows.plot import plot_files
from qst.workflows.processes import count_cores

ASSESSMENT_KINDS = ("heatmap", "frequencies", "loga", "phenotypes", "mechanisms")


def make_scored(people: int) -> pd.DataFrame:
    """Make a scored cohort with a test and a control area for each person."""
    test = qst.simulate_healthy(people, seed=1, site="hand")
    control = test.assign(area="control", side="right", CPT=test["CPT"].to_numpy()[::-1])
    return qst.score(pd.concat([test, control], ignore_index=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    options = parser.parse_args()
    cores = count_cores()
    print(f"{options.people} profiles of two areas; {cores} cores, load {os.getloadavg()[0]:.1f} before")
    with tempfile.TemporaryDirectory() as folder:
        scored = Path(folder) / "scored.csv"
        make_scored(options.people).to_csv(scored, index=False)
        for jobs in (1, None):
            for picture in ("png", "svg", "pdf"):
                start, before = time.perf_counter(), cpu_seconds()
                plot_files([scored], Path(folder) / f"{picture}{jobs}", picture_format=picture, processes=jobs)
                rate = options.people / (time.perf_counter() - start)
                where = "one process" if jobs == 1 else "all cores"
                each = 1000 * (cpu_seconds() - before) / options.people
                print(
                    f"{picture}, {where:12} {rate:6.1f} profiles per second (aim: 10); "
                    f"{each:4.0f} ms of processor time each"
                )
        for kind in ASSESSMENT_KINDS:
            start = time.perf_counter()
            plot_files([scored], Path(folder) / f"{kind}.png", kind=kind)
            print(f"{kind:12} {time.perf_counter() - start:6.2f} s for {options.people} people")


if __name__ == "__main__":
    main()
