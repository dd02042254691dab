"""Time of `qst report` for a cohort of 500 simulated people, each with a test and a control area, on all cores.

For a few of them, also the time on one core and the time with PDF.

    python benchmarks/report.py [--subjects 500] [--few 20]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from clock import cpu_seconds

import qst
from qst.errors import OptionError
from qst.report.pdf import find_browser
from qst.workflows.report import report_files

AIM = 120.0


def make_cohort(subjects: int) -> pd.DataFrame:
    """Make a test and a control area for each person."""
    people = qst.simulate_healthy(2 * subjects, seed=1)
    people["subject"] = [f"P{n // 2:04d}" for n in range(len(people))]
    for column in ("age", "sex", "site"):
        people[column] = people[column].iloc[::2].repeat(2).to_numpy()
    people["area"] = ["test", "control"] * subjects
    people["side"] = ["left", "right"] * subjects
    return people


def measure(source: Path, folder: Path, **given: Any) -> float:
    """Seconds that writing a report takes."""
    start = time.perf_counter()
    report_files([source], folder, **given)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, default=500)
    parser.add_argument("--few", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "cohort_synthetic.csv", Path(folder) / "report"
        make_cohort(options.subjects).to_csv(source, index=False)
        before = cpu_seconds()
        seconds = measure(source, out)
        used = cpu_seconds() - before
        size = sum(file.stat().st_size for file in out.rglob("*.html")) / 1e6
        print(f"{options.subjects} subjects, {os.cpu_count()} cores: {seconds:7.1f} s (aim: {AIM:g}), {size:.0f} MB")
        print(f"  processor time:          {used:7.1f} s, {1000 * used / options.subjects:.0f} ms per page")
        few: Sequence[str] = [f"P{n:04d}" for n in range(options.few)]
        print(f"{options.few} subjects, one core:    {measure(source, out, subjects=few, workers=1):7.1f} s")
        try:
            find_browser()
        except OptionError as error:
            print(f"PDF not measured: {error}")
            return
        print(f"{options.few} subjects, with PDF:    {measure(source, out, subjects=few, pdf=True):7.1f} s")


if __name__ == "__main__":
    main()
