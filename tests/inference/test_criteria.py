"""Published criteria, and the rule for volunteers."""

import hashlib
import itertools
from pathlib import Path
from typing import Any

import independent_patterns
import numpy as np
import pandas as pd
import pytest
from command_line import run
from paths import COHORT, REFERENCE_VALUES

import qst
from qst.errors import ReferenceSetError
from qst.inference.criteria import check_volunteers, find_criteria, load_criteria
from qst.inference.findings import FINDING_NUMBERS
from qst.protocol import CODES
from qst.tables import CRITERIA, FINDING_COLUMNS

pytestmark = pytest.mark.usefixtures("work")

FILE = REFERENCE_VALUES / "criteria" / "criteria.toml"
NORMAL = dict.fromkeys(CODES, "normal")


def answer(**findings: str | None) -> dict[str, Any]:
    numbers = {
        code: np.array([0 if finding is None else FINDING_NUMBERS[finding]], dtype=np.int8)
        for code, finding in (NORMAL | findings).items()
    }
    found = {name: answers[0] for name, answers in find_criteria(numbers).items()}
    return {name: None if pd.isna(text) else text for name, text in found.items()}


@pytest.mark.parametrize(
    ("findings", "criterion", "expected"),
    [
        ({}, "irritable_nociceptor", "no"),
        ({"HPT": "gain"}, "irritable_nociceptor", "yes"),
        ({"CPT": "gain", "CDT": "gain"}, "irritable_nociceptor", "yes"),  # more sensitive is preserved
        ({"DMA": "gain"}, "irritable_nociceptor", "yes"),
        ({"WUR": "gain"}, "irritable_nociceptor", "no"),
        ({"HPT": "gain", "CDT": "loss"}, "irritable_nociceptor", "no"),
        ({"HPT": "gain", "MDT": "loss"}, "irritable_nociceptor", "yes"),
        ({"HPT": "gain", "WDT": None}, "irritable_nociceptor", None),
        ({"HPT": "gain", "WDT": "limit"}, "irritable_nociceptor", None),
        ({"CDT": "loss", "WDT": None, "HPT": None}, "irritable_nociceptor", "no"),
        ({"DMA": None}, "irritable_nociceptor", None),
        ({"DMA": None, "PPT": "gain"}, "irritable_nociceptor", "yes"),
        ({"CPT": "limit"}, "irritable_nociceptor", "no"),  # a limit is certainly not a gain
        ({}, "small_fibre", "no"),
        ({"CDT": "loss"}, "small_fibre", "yes"),
        ({"WDT": "loss", "CDT": None}, "small_fibre", "yes"),
        ({"WDT": None}, "small_fibre", None),
        ({"WDT": "limit"}, "small_fibre", None),
        ({"TSL": "loss", "HPT": "loss", "PHS": "loss"}, "small_fibre", "no"),
        ({"VDT": "loss"}, "large_fibre", "yes"),
        ({"MDT": "loss", "VDT": None}, "large_fibre", "yes"),
        ({"MDT": None}, "large_fibre", None),
        ({"MDT": "gain"}, "large_fibre", "no"),
    ],
)
def test_criteria_by_hand(findings: dict[str, str | None], criterion: str, expected: str | None) -> None:
    assert answer(**findings)[criterion] == expected


def test_every_combination_agrees_with_trying_out_what_was_not_judged() -> None:
    for thermal in itertools.product(("normal", "gain", "loss", "limit", None), repeat=2):
        for pain in itertools.product(("normal", "gain", "loss", "limit", None), ("normal", "gain", None)):
            findings = NORMAL | dict(zip(("CDT", "WDT", "HPT", "DMA"), (*thermal, *pain), strict=True))
            expected = independent_patterns.answer_criteria(findings)
            assert answer(**findings) == expected, findings


def test_there_is_no_answer_without_a_norm() -> None:
    row = qst.score(pd.DataFrame([{"site": "hand", "sex": "female", "CDT": 1.0, "WDT": 2.0, "HPT": 40.0}])).iloc[0]
    assert row[list(CRITERIA)].isna().all()


def test_a_criterion_is_never_a_diagnosis() -> None:
    result = run("score", COHORT, "-o", "out.csv")
    assert "it is not a diagnosis of small fibre neuropathy" in " ".join(result.stderr.split())
    table = pd.read_csv("out.csv", dtype=str)
    assert set(table["small_fibre"].dropna()) == {"yes", "no"}
    assert "neuropathy" not in Path("out.csv").read_text(encoding="utf-8")


# --- volunteers -------------------------------------------------------------------------------------------------------


def volunteers(abnormal: dict[int, tuple[str, ...]], n: int = 16) -> pd.DataFrame:
    """Findings of healthy people; in the given rows, the named parameters are a loss."""
    table = pd.DataFrame("normal", index=range(n), columns=list(FINDING_COLUMNS))
    for row, codes in abnormal.items():
        table.loc[row, [f"{code}_finding" for code in codes]] = "loss"
    return table


def test_four_abnormal_values_make_a_person_probably_not_healthy() -> None:
    """Vollert 2015: at least 4 abnormal values per person."""
    check = check_volunteers(volunteers({2: ("CDT", "WDT", "TSL"), 5: ("CDT", "WDT", "TSL", "PHS")}))
    assert np.flatnonzero(check.probably_not_healthy).tolist() == [5]
    assert check.n_abnormal[[2, 5, 6]].tolist() == [3, 4, 0]


@pytest.mark.parametrize(("count", "n", "named"), [(5, 16, ()), (6, 16, ("MPS",)), (3, 8, ("MPS",)), (7, 7, ())])
def test_six_of_sixteen_make_a_parameter_probably_measured_wrongly(count: int, n: int, named: tuple[str, ...]) -> None:
    """Vollert 2015: at least 6 of 16; for other numbers the same share, with at least 8 people (ours)."""
    check = check_volunteers(volunteers(dict.fromkeys(range(count), ("MPS",)), n))
    assert check.probably_measured_wrongly == named


def test_the_summary_names_rows_of_volunteers_and_not_people() -> None:
    rows = ["subject,age,sex,site,CDT,WDT,TSL,MDT,VDT", "Miller,30,f,hand,9,9,30,100,2"]
    rows += [f"V{n},30,f,hand,1.1,1.7,2.9,1.5,7.8" for n in range(9)]
    Path("lab.csv").write_text("\n".join(rows), encoding="utf-8")
    summary = " ".join(run("score", "lab.csv", "-o", "out.csv", "--volunteers").stderr.split())
    assert "1 of 10 assessments have 4 or more abnormal values: probably not healthy people (lab.csv:2)" in summary
    assert "Probably measured wrongly: no parameter" in summary
    assert "Miller" not in summary
    assert "Volunteers" not in run("score", "lab.csv", "-o", "out.csv").stderr


# --- the file ---------------------------------------------------------------------------------------------------------


def test_each_criterion_has_its_wording_and_what_is_ours() -> None:
    for criterion in load_criteria().criteria.values():
        assert criterion.wording
        assert criterion.ours
        assert criterion.citation
        assert criterion.says_not


def test_rules_of_a_user_replace_the_published(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = FILE.read_text(encoding="utf-8").replace('id = "published"', 'id = "own"')
    own.write_text(text.replace('any_loss = ["CDT", "WDT"]', 'any_loss = ["TSL"]'), encoding="utf-8")
    table = pd.DataFrame([{"age": 35, "sex": "female", "site": "hand", "CDT": 9.0, "WDT": 9.0, "TSL": 3.0}])
    assert qst.score(table).loc[0, "small_fibre"] == "yes"
    scored = qst.score(table, criteria=own)
    assert scored.loc[0, "small_fibre"] == "no"
    assert "criteria:own" in scored.loc[0, "notes"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[criteria.large_fibre]", "[criteria.big_fibre]"), r"needs the tables \[criteria.irritable_nociceptor\]"),
        (('any_loss = ["MDT", "VDT"]', 'any_loss = ["MDT", "VDX"]'), "any_loss must be a list of CDT"),
        (('any_loss = ["MDT", "VDT"]', ""), "has none of preserved, any_loss, any_gain"),
        (("person_abnormal = 4", "person_abnormal = 0"), "person_abnormal is '0'"),
        (('id = "published"', "id ="), "not a TOML file"),
    ],
)
def test_invalid_rules_are_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(FILE.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(ReferenceSetError, match=message):
        load_criteria(own)
    with pytest.raises(ReferenceSetError, match="give a TOML file"):
        load_criteria(tmp_path / "none.toml")


def test_the_hash_is_that_of_the_file() -> None:
    source = (FILE.parent / "source.toml").read_text(encoding="utf-8")
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() in source
