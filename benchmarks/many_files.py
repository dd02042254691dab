"""1,000 files of single trials, one per person: `qst.load` with one process and with two, compared with bare pandas.

python benchmarks/many_files.py [--files 1000] [--jobs 2]
"""

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

import qst

TRIALS = Path(__file__).parent.parent / "examples" / "trials_synthetic.csv"


def write_files(folder: Path, count: int) -> list[Path]:
    """Write the trials of one tested area as the files of `count` different people."""
    trials = pd.read_csv(TRIALS, dtype=str, keep_default_na=False)
    person = trials[(trials["subject"] == "S01") & (trials["area"] == "test")]
    paths = [folder / f"{number:05d}.csv" for number in range(count)]
    for path in paths:
        person.assign(subject=path.stem).to_csv(path, index=False)
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder), options.files)
        qst.load(paths[:20], problems=[])  # so that imports are not measured
        start = time.perf_counter()
        bare = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths])
        bare_seconds = time.perf_counter() - start
        print(f"{len(paths):,} files, {len(bare):,} trials")
        print(f"  pandas.read_csv     {bare_seconds:6.1f} s  {len(paths) / bare_seconds:7.0f} files per second")
        first = None
        for jobs in dict.fromkeys((1, options.jobs)):
            start = time.perf_counter()
            table = qst.load(paths, problems=[], jobs=jobs)
            seconds = time.perf_counter() - start
            print(f"  qst.load, jobs={jobs:<2}    {seconds:6.1f} s  {len(paths) / seconds:7.0f} files per second")
            first = table if first is None else first
            if not table.equals(first):
                raise SystemExit("the tables differ")


if __name__ == "__main__":
    main()
