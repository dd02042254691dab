"""Make the pictures of the README and the docs from the examples.

python docs/make_pictures.py
"""

from pathlib import Path

import qst
from qst.plots import save_profile

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
PROFILES = {"profile.png": "058"}
"""Picture to the synthetic person it shows."""


def main() -> None:
    scored = qst.score(qst.load(EXAMPLES / "cohort_synthetic.csv", problems=[]))
    for name, subject in PROFILES.items():
        person = scored[scored["subject"] == subject]
        save_profile(person, HERE / name, title="Synthetic person, painful and control area")
        print(f"{name}: subject {subject}, {', '.join(person['loga'])}")


if __name__ == "__main__":
    main()
