"""Calibrate the thresholds of the mechanisms: the evidence that 2.5 % of simulated healthy people exceed.

For each mechanism, every battery of tests by which it can be judged is tried, and the highest bound is used. Prints
the table; with --write, replaces `reference_values/mechanisms/calibration.toml`. The same seed and sample size give the
same file.

    python benchmarks/calibrate_mechanisms.py [--n 400000] [--write]
"""

import argparse
from pathlib import Path

from qst.simulation.calibration import SHARE, Calibrated, calibrate_mechanisms

SEED = 20260401
FILE = Path(__file__).parent.parent / "reference_values" / "mechanisms" / "calibration.toml"
HEAD = """\
# Written by benchmarks/calibrate_mechanisms.py; not by hand.
# A mechanism is supported from `evidence` (log10 likelihood ratio) on, or from `floor` where that is higher. `evidence`
# is what `share` of simulated healthy people exceed, by the battery of tests in which it is highest of all tried.
# floor: half a unit, which Kass and Raftery 1995 (J Am Stat Assoc 90:773-795) call substantial. Ours to use it here.
"""


def write_calibration(found: dict[str, Calibrated], n: int) -> str:
    lines = [HEAD + f'reference = "magerl2010"\nseed = {SEED}\nn = {n}\nshare = {SHARE}\nfloor = 0.5\n\n[healthy]']
    for name, one in found.items():
        battery = " ".join(one.battery)
        lines.append(
            f'{name} = {{ evidence = {one.evidence:.4f}, battery = "{battery}", batteries = {one.batteries} }}'
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=400_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = write_calibration(calibrate_mechanisms(options.n, SEED), options.n)
    print(text, end="")
    if options.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
