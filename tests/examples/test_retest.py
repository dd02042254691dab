"""The example with two visits: what it is made to be, and what the commands make of it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import run
from paths import EXAMPLES

import qst
from qst.protocol import Z_CODES

pytestmark = pytest.mark.usefixtures("work")

RETEST = EXAMPLES / "retest_synthetic.csv"


@pytest.fixture(scope="module")
def scored() -> pd.DataFrame:
    problems: list[Any] = []
    table = qst.score(qst.load(RETEST, problems=problems))
    assert problems == []
    return table


def test_the_visits_correlate_as_its_description_says(scored: pd.DataFrame) -> None:
    # 0.79 (Geber et al. 2011, unaffected areas): in 30 people its standard error is (1 - 0.79²) / sqrt(29) = 0.07.
    found = {}
    for code in Z_CODES:
        pairs = scored.assign(z=scored[f"{code}_z"].astype(float)).pivot(
            index=["subject", "area"], columns="visit", values="z"
        )
        found[code] = pairs["1"].corr(pairs["2"])
    assert all(0.55 < r < 0.95 for r in found.values()), found
    assert np.mean([r for code, r in found.items() if code != "WUR"]) == pytest.approx(0.79, abs=0.07)


def test_the_people_are_healthy_and_two_gaps_are_as_described(scored: pd.DataFrame) -> None:
    z = scored[[f"{code}_z" for code in Z_CODES]].astype(float)
    assert len(scored) == 118
    assert scored.groupby("subject")["visit"].nunique().loc[lambda visits: visits < 2].index.tolist() == ["R12"]
    assert scored[scored["WUR"].isna()][["subject", "visit"]].drop_duplicates().to_numpy().tolist() == [["R21", "2"]]
    assert np.abs(z.mean()).max() < 0.4 and z.std().between(0.7, 1.3).all()


def test_retest_is_drawn_of_it_by_the_command() -> None:
    result = run("plot", RETEST, "--kind", "retest", "--parameter", "WUR", "-o", "retest.svg")
    assert result.exit_code == 0, result.stderr
    picture = Path("retest.svg").read_text(encoding="utf-8")
    assert "n = 28 pairs of the visits 1 and 2" in picture and "2 values without a partner left out" in picture


def test_a_profile_over_visits_is_drawn_of_it() -> None:
    result = run("plot", RETEST, "--subject", "R11", "--over-visits", "-o", "course.svg")
    assert result.exit_code == 0, result.stderr
    picture = Path("course.svg").read_text(encoding="utf-8")
    assert "visit 1" in picture and "visit 2" in picture


def test_the_report_tells_the_changes_since_the_last_visit() -> None:
    rows = RETEST.read_text(encoding="utf-8").splitlines()
    few = [row for row in rows if row.startswith(("subject", "R11", "R12"))]
    Path("few.csv").write_text("\n".join(few), encoding="utf-8")
    result = run("report", "few.csv", "-o", "pages")
    assert result.exit_code == 0, result.stderr
    pages = {path.stem: path.read_text(encoding="utf-8") for path in Path("pages").rglob("*.html")}
    told = {name: len(re.findall("Changes since", page)) for name, page in pages.items()}
    assert (told["R11"] > 0, told["R12"]) == (True, 0)
