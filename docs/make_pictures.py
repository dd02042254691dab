"""Draw the pictures of the README and the docs from the examples.

python docs/make_pictures.py
"""

from pathlib import Path

import qst
from qst.plots.files import save_figure
from qst.plots.person import save_profile

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
PROFILES = {"profile.png": "058"}
"""Each picture and the simulated participant it shows."""
RETEST_SUBJECT = "R19"
"""The simulated participant shown over visits."""
FIGURES = HERE / "figures"
DPI = 110


def main() -> None:
    assessments = qst.load(EXAMPLES / "cohort_synthetic.csv", problems=[])
    trials = qst.load(EXAMPLES / "trials_synthetic.csv", problems=[])
    visits = qst.score(qst.load(EXAMPLES / "retest_synthetic.csv", problems=[]))
    scored = qst.score(assessments)
    for name, subject in PROFILES.items():
        person = scored[scored["subject"] == subject]
        save_profile(person, HERE / name, title="Simulated participant, painful and control area")
        print(f"{name}: subject {subject}, {', '.join(person['loga'])}")
    one, hand = scored[scored["subject"] == "058"], scored[scored["site"] == "hand"]
    rated = trials[trials["subject"] == "S03"]
    figures = {
        "visits": qst.plot_profile(visits[(visits["subject"] == RETEST_SUBJECT) & (visits["area"] == "test")]),
        "groups": qst.plot_groups(scored, by="diagnosis_label"),
        "heatmap": qst.plot_heatmap(scored),
        "frequencies": qst.plot_frequencies(scored),
        "frequencies_groups": qst.plot_frequencies(scored, by="diagnosis_label"),
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
