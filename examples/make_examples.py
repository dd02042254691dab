"""Write the example files of simulated participants: a cohort, and single trials in several formats.

`example_assessments.py` and `example_trials.py` in this folder describe how the participants are drawn.

    python make_examples.py --output some/folder
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from example_assessments import add_symptoms, make_cohort, make_dictionary, make_redcap_export, make_retest
from example_trials import ON_THE_FORM, make_trials, make_yes_no_trials, write_form_of

from qst.norms.reference_sets import load_reference

# Chosen among ten thousand: the mean z of the healthy group and of all control areas is near 0, and the three
# participants of the trial file show the pattern of their group. So the files illustrate the scoring; they do not test
# it.
SEED = 2316
COHORT_FILE, TRIALS_FILE = "cohort_synthetic.csv", "trials_synthetic.csv"
FORM_FILE, YES_NO_FILE = "entry_form.xlsx", "yes_no_synthetic.csv"
REDCAP_FILE, DICTIONARY_FILE = "redcap_synthetic.csv", "redcap_synthetic_dictionary.csv"
SYMPTOMS_FILE, RETEST_FILE = "symptoms_synthetic.csv", "retest_synthetic.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the synthetic example files.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder (default: the script's own)")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    reference = load_reference("magerl2010")
    cohort = make_cohort(reference, np.random.default_rng([SEED, 1]))
    write_csv(cohort, folder / COHORT_FILE)
    write_csv(add_symptoms(cohort, np.random.default_rng([SEED, 3])), folder / SYMPTOMS_FILE)
    trials = make_trials(reference, np.random.default_rng([SEED, 2]))
    write_csv(trials, folder / TRIALS_FILE)
    write_form_of(trials[trials["subject"] == ON_THE_FORM], folder / FORM_FILE)
    write_csv(make_yes_no_trials(np.random.default_rng([SEED, 3])), folder / YES_NO_FILE)
    write_csv(make_redcap_export(reference, np.random.default_rng([SEED, 3])), folder / REDCAP_FILE)
    write_csv(make_dictionary(), folder / DICTIONARY_FILE)
    write_csv(make_retest(reference, np.random.default_rng([SEED, 4])), folder / RETEST_FILE)


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table of texts: UTF-8, comma, LF, on every operating system."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


if __name__ == "__main__":
    main()
