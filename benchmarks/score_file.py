"""Time and peak memory of `qst score` from CSV to CSV, compared with pandas reading that input and writing that output.

Each runs in a process of its own; the output of `qst` is the table that pandas then writes. On a machine that is shared
with others, the ratio of processor times is more reliable than the ratio of wall-clock times.

    python benchmarks/score_file.py [--rows 1000000]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from score import make_assessments

PANDAS = """
import sys, pandas as pd
pd.read_csv(sys.argv[1], dtype={"subject": str, "visit": str})
scored = pd.read_csv(sys.argv[2], dtype={"subject": str, "visit": str, "notes": str}, low_memory=False)
import time
start, processor = time.perf_counter(), time.process_time()
pd.read_csv(sys.argv[1], dtype={"subject": str, "visit": str})
scored.to_csv(sys.argv[3], index=False)
print(time.perf_counter() - start, time.process_time() - processor)
"""


def run(command: list[str]) -> tuple[float, float, float, str]:
    """Run a process; return its seconds, seconds of processor time, peak memory (MB) and standard output."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} ended with status {status}")
    scale = 1024 if sys.platform != "darwin" else 1024**2
    assert isinstance(usage, resource.struct_rusage)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale, output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, scored, copy = (Path(folder) / name for name in ("in.csv", "scored.csv", "copy.csv"))
        make_assessments(options.rows).to_csv(source, index=False)
        command = [sys.executable, "-m", "qst", "score", str(source), "-o", str(scored), "--quiet"]
        seconds, processor, memory, _ = run([*command])
        _, _, pandas_memory, printed = run([sys.executable, "-c", PANDAS, str(source), str(scored), str(copy)])
        peer, peer_processor = map(float, printed.split()[-2:])
        sizes = [file.stat().st_size / 1e6 for file in (source, scored)]
        print(f"{options.rows:,} rows, {sizes[0]:,.0f} MB in, {sizes[1]:,.0f} MB out")
        figures = "{:8.1f} s, {:8.1f} s of processor time, peak {:8,.0f} MB"
        print(f"qst score:               {figures.format(seconds, processor, memory)} (aim: 1,000)")
        print(f"pandas reads and writes: {figures.format(peer, peer_processor, pandas_memory)}")
        print(f"ratio:                   {seconds / peer:8.2f}   {processor / peer_processor:8.2f} (aim: 1.5)")


if __name__ == "__main__":
    main()
