"""Make the pictures of the README and the docs from the examples.

python docs/make_pictures.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

import qst
from qst.plots import save_figure, save_profile

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
PROFILES = {"profile.png": "058"}
"""Picture to the synthetic person it shows."""
FIGURES = HERE / "figures"
SEED, RETEST_SD = 2316, 0.4
"""The examples have one visit; the second is the first with a change of this SD (in SD of healthy people; ours)."""
DPI = 110


def add_visit(assessments: pd.DataFrame) -> pd.DataFrame:
    """The cohort with an invented second visit."""
    change = np.random.default_rng(SEED).normal(0, RETEST_SD, (len(assessments), 4))
    second = assessments.assign(visit="2")
    second["PPT"] *= 10 ** (0.15 * change[:, 0])
    second["MPT"] = (second["MPT"] * 10 ** (0.3 * change[:, 1])).clip(8, 512)
    second["HPT"] = (second["HPT"] + 1.0 + 2.5 * change[:, 2]).clip(32, 50)
    second["CDT"] *= 10 ** (0.2 * change[:, 3])
    return pd.concat([assessments, second], ignore_index=True)


def main() -> None:
    assessments = qst.load(EXAMPLES / "cohort_synthetic.csv", problems=[])
    trials = qst.load(EXAMPLES / "trials_synthetic.csv", problems=[])
    scored, visits = qst.score(assessments), qst.score(add_visit(assessments))
    for name, subject in PROFILES.items():
        person = scored[scored["subject"] == subject]
        save_profile(person, HERE / name, title="Synthetic person, painful and control area")
        print(f"{name}: subject {subject}, {', '.join(person['loga'])}")
    one, hand = scored[scored["subject"] == "058"], scored[scored["site"] == "hand"]
    rated = trials[trials["subject"] == "S03"]
    figures = {
        "visits": qst.plot_profile(visits[(visits["subject"] == "058") & (visits["area"] == "test")]),
        "groups": qst.plot_groups(scored, by="diagnosis_label"),
        "heatmap": qst.plot_heatmap(scored),
        "frequencies": qst.plot_frequencies(scored),
        "loga": qst.plot_loga(scored),
        "phenotypes": qst.plot_phenotypes(scored),
        "mechanisms": qst.plot_mechanisms(one),
        "mechanisms_cohort": qst.plot_mechanisms(scored),
        "stimulus-response": qst.plot_stimulus_response(rated),
        "windup": qst.plot_windup(rated),
        "retest": qst.plot_retest(visits, parameter="PPT"),
        "age": qst.plot_age(hand, parameter="HPT"),
    }
    FIGURES.mkdir(exist_ok=True)
    for name, ax in figures.items():
        save_figure(ax, FIGURES / f"{name}.png", dpi=DPI)
        print(f"figures/{name}.png")


if __name__ == "__main__":
    main()
