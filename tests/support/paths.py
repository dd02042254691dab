"""Where the tests find the files of the repository."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
COHORT, TRIALS = EXAMPLES / "cohort_synthetic.csv", EXAMPLES / "trials_synthetic.csv"
DEVICES = EXAMPLES / "devices"
REFERENCE_VALUES = ROOT / "reference_values"
NORMS = REFERENCE_VALUES / "magerl2010" / "values.csv"
BROKEN = ROOT / "tests" / "loaders" / "broken"
REAL = ROOT.parent / "shared" / "data"
"""Published data sets, which are not part of the repository; tests that need them skip where they are absent."""
