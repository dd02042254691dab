"""Sensory phenotypes: known answers, an independent second answer, what must never happen, and the calibration."""

import hashlib
import math
from pathlib import Path
from typing import Any

import independent_patterns
import independent_scorer
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import NORMS, REFERENCE_VALUES
from programs import load_program

import qst
from qst.errors import OptionError, ReferenceSetError
from qst.inference.phenotypes import STRICT_CUT_OFF, load_prototypes, mean_correlation
from qst.settings import Settings
from qst.simulation.simulate import PainModel, simulate_healthy, simulate_model
from qst.tables import HEALTHY, PHENOTYPE_COLUMNS, PHENOTYPES
from qst.workflows.score import score_files

FOLDER = REFERENCE_VALUES / "phenotypes"
PAIRS = REFERENCE_VALUES / "correlations" / "pairs.csv"
HAND = {"age": 35.0, "sex": "female", "site": "hand"}
Z = ("CDT", "WDT", "TSL", "CPT", "HPT", "PPT", "MPT", "MPS", "WUR", "MDT", "VDT")


def values_at(**z: float) -> dict[str, float]:
    """Values of a woman of 35 at the hand with these z-scores; 0 where none is given."""
    reference = independent_scorer.read_reference(str(NORMS))
    values: dict[str, float] = {}
    for name in Z:
        cell = next(c for c in reference[name, "hand", "female"] if c[0] == 30)
        on_scale = cell[3] + independent_scorer.TESTS[name][0] * z.get(name, 0.0) * cell[4]
        values[name] = 10**on_scale if cell[2] == "log10" else on_scale
    return values


def score_one(**values: Any) -> pd.Series:
    return qst.score(pd.DataFrame([HAND | values])).iloc[0]


# --- known answers ----------------------------------------------------------------------------------------------------


def test_evidence_by_hand() -> None:
    """All z 0 but CPT and HPT 2: the ln ratio is 2·2 − 2 each, over 1 + their correlation; DMA and PHS are absent."""
    row = score_one(**values_at(CPT=2.0, HPT=2.0), PHS=0.0, DMA=0.1)
    log_ratio = 4 / (1 + 0.5) + math.log((1 - 0.25) / (1 - 0.01)) + math.log((1 - 0.05) / (1 - 0.02))
    odds = 10 ** (log_ratio / math.log(10) - load_prototypes().cut_off)
    others = (row["phenotype_sensory_loss"] + row["phenotype_mechanical_hyperalgesia"]) / row["phenotype_healthy"]
    assert row["phenotype_thermal_hyperalgesia"] == pytest.approx(odds / (odds + 1 + others), rel=1e-9)
    assert row["phenotype"] == row["phenotypes_all"] == "thermal_hyperalgesia"


@pytest.mark.parametrize(
    ("signs", "phenotype", "everything"),
    [
        ({}, "healthy", ""),
        ({"CDT": -2.5, "WDT": -2.5, "TSL": -2.5, "MDT": -2.5, "VDT": -2.5}, "sensory_loss", "sensory_loss"),
        ({"CPT": 2.0, "HPT": 2.5}, "thermal_hyperalgesia", "thermal_hyperalgesia"),
        (
            {"CDT": -2.0, "WDT": -2.0, "TSL": -2.0, "PPT": 2.0, "MPT": 2.0, "MPS": 2.0},
            "mechanical_hyperalgesia",
            "mechanical_hyperalgesia",
        ),
        (
            {"CDT": -3.0, "WDT": -3.0, "TSL": -3.0, "MDT": -2.0, "VDT": -2.0, "PPT": 1.5, "MPT": 1.5, "MPS": 1.5},
            "sensory_loss",  # by hand: MDT, VDT give 4 / 1.2; PPT, MPT, MPS 3 / 1.4
            "sensory_loss;mechanical_hyperalgesia",
        ),
    ],
)
def test_the_description_gives_the_phenotype(signs: dict[str, float], phenotype: str, everything: str) -> None:
    row = score_one(**values_at(**signs), PHS=0.0, DMA=0.1)
    assert (row["phenotype"], row["phenotypes_all"]) == (phenotype, everything)
    assert sum(row[column] for column in PHENOTYPE_COLUMNS) == pytest.approx(1.0, abs=1e-12)


def test_each_row_names_the_prototypes(tmp_path: Path) -> None:
    table = pd.DataFrame([HAND | values_at(), HAND | {"HPT": 44.0}])
    assert [("phenotypes:ours" in text) for text in qst.score(table)["notes"]] == [True, False]
    (tmp_path / "paper; 2017.csv").write_bytes((FOLDER / "prototypes.csv").read_bytes())
    assert "phenotypes:paper_2017" in qst.score(table, phenotypes=tmp_path / "paper; 2017.csv").loc[0, "notes"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["TSL"], True),
        (["TSL", "HPT", "PPT", "VDT", "WUR"], True),
        (["CDT", "WDT"], False),
        (["CPT", "HPT"], False),
        (["MDT", "VDT"], False),
        (["PPT", "MPT"], False),
        (["WUR"], True),
    ],
)
def test_an_assessment_with_less_than_half_of_a_modality_is_not_classified(missing: list[str], said: bool) -> None:
    row = score_one(**{name: value for name, value in values_at().items() if name not in missing})
    assert pd.isna(row["phenotype"]) != said
    assert row[list(PHENOTYPE_COLUMNS)].isna().all() != said
    assert row["phenotypes_all"] == ""


# --- a second answer --------------------------------------------------------------------------------------------------


def test_the_independent_scorer_agrees() -> None:
    people = independent_scorer.generate(20_261, 4_000)
    reference = independent_scorer.read_reference(str(NORMS))
    rows, pairs = (
        independent_patterns.read_prototypes(FOLDER / "prototypes.csv"),
        independent_patterns.read_pairs(PAIRS),
    )
    cut_off = load_prototypes().cut_off
    ours = qst.score(pd.DataFrame(people))
    said = 0
    for place, person in enumerate(people):
        scored = independent_scorer.score(person, reference)
        theirs = independent_patterns.fit_phenotypes(person, scored, rows, pairs, cut_off)
        row = ours.loc[place]
        assert (None if pd.isna(row["phenotype"]) else row["phenotype"]) == theirs["phenotype"]
        assert row["phenotypes_all"] == theirs["phenotypes_all"]
        if theirs["probabilities"] is not None:
            said += 1
            for who, probability in theirs["probabilities"].items():
                assert row[f"phenotype_{who}"] == pytest.approx(probability, rel=1e-8, abs=1e-12)
        findings = {name: scored[f"{name}_finding"] for name in independent_scorer.PARAMETERS}
        for criterion, answer in independent_patterns.answer_criteria(findings).items():
            assert (None if pd.isna(row[criterion]) else row[criterion]) == answer, (criterion, findings)
    assert said > 1_000


# --- what must hold for everybody -------------------------------------------------------------------------------------

any_z = st.fixed_dictionaries({name: st.floats(-3.5, 3.5) for name in Z})


@given(any_z, st.sampled_from(Z), st.floats(0.1, 2.0))
def test_a_stronger_sign_is_never_less_evidence(z: dict[str, float], name: str, more: float) -> None:
    prototypes = load_prototypes()
    for who in PHENOTYPES:
        mean = prototypes.mean[who][name]
        stronger = z | {name: z[name] + math.copysign(more, mean)}
        one, other = (odds_of(who, **values) for values in (z, stronger))
        assert mean == 0 or other >= one * (1 - 1e-9)


def odds_of(who: str, **z: float) -> float:
    """Odds of a phenotype against healthy; values beyond the device are set to its end."""
    values = values_at(**z)
    for name, (sign, insensitive, sensitive) in independent_scorer.TESTS.items():
        for end, direction in ((insensitive, sign), (sensitive, -sign)):
            if end is not None:
                values[name] = max(values[name], end) if direction > 0 else min(values[name], end)
    row = score_one(**values)
    return float(row[f"phenotype_{who}"] / row["phenotype_healthy"])


def test_a_redundant_test_does_not_count_twice() -> None:
    """TSL is formed from the ramps of CDT and WDT. By hand, each gives 3·2 − 2; their mean correlation is 1.4 / 3."""
    without = values_at(CDT=-3.0, WDT=-3.0)
    del without["TSL"]
    odds = [odds_in(score_one(**values)) for values in (values_at(CDT=-3.0, WDT=-3.0, TSL=-3.0), without)]
    assert mean_correlation(("CDT", "WDT", "TSL")) == pytest.approx(1.4 / 3)
    assert math.log(odds[0] / odds[1]) == pytest.approx(12 / (1 + 2 * 1.4 / 3) - 8 / (1 + 1.4 / 3), rel=1e-6)
    assert math.log(odds[0] / odds[1]) < 1, "three times the same is little more than twice"


def odds_in(row: pd.Series) -> float:
    return float(row["phenotype_sensory_loss"] / row["phenotype_healthy"])


def test_most_probable_is_healthy_exactly_where_none_is_above_its_cut_off() -> None:
    scored = qst.score(simulate_healthy(3_000, seed=3).assign(CDT=lambda t: t["CDT"] * 2))
    assert ((scored["phenotype"] == HEALTHY) == (scored["phenotypes_all"] == "")).all()
    assert (scored["phenotype"] != HEALTHY).sum() > 100
    assert np.allclose(scored[list(PHENOTYPE_COLUMNS)].sum(axis=1), 1.0)


def test_a_value_at_the_end_of_the_device_means_at_least_this_much() -> None:
    """VDT 8/8 can be any better vibration detection: more evidence against sensory loss than exactly 7.9/8."""
    at_end, beside = values_at() | {"VDT": 8.0}, values_at() | {"VDT": 7.9}
    less = [score_one(**values)["phenotype_sensory_loss"] for values in (at_end, beside)]
    assert less[0] < less[1]


# --- calibration ------------------------------------------------------------------------------------------------------


def test_the_recorded_calibration_is_what_its_program_finds() -> None:
    prototypes = load_prototypes()
    recorded = prototypes.source["calibration"]
    found = load_program("benchmarks/phenotypes.py").calibrate(prototypes, recorded["people"], recorded["seed"])
    assert found == recorded
    assert recorded["worst"] <= 0.06
    assert prototypes.cut_off == recorded["cut_off"]


def test_other_healthy_people_are_given_a_phenotype_in_at_most_6_percent() -> None:
    scored = qst.score(simulate_healthy(20_000, seed=77))
    assert (scored["phenotypes_all"] != "").mean() < 0.06
    assert (scored["phenotype"] != HEALTHY).mean() < 0.06


@pytest.mark.parametrize(
    ("name", "least"), [("sensory_loss", 0.85), ("thermal_hyperalgesia", 0.6), ("mechanical_hyperalgesia", 0.85)]
)
def test_people_simulated_from_a_prototype_are_recognised(name: str, least: float) -> None:
    """Published for patients, by the publication's algorithm: 78 %."""
    prototypes = load_prototypes()
    signs = prototypes.probability[name]
    model = PainModel(name, name, prototypes.mean[name], signs["PHS"], signs["DMA"], (), ())
    scored = qst.score(simulate_model(model, 5_000, seed=5))
    assert scored["phenotypes_all"].str.split(";").map(lambda names: name in names).mean() > least
    assert scored["phenotype"].mode()[0] == name


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_shipped_prototypes_are_marked_as_ours() -> None:
    prototypes = load_prototypes()
    assert prototypes.id == prototypes.source["kind"] == "ours"
    assert "ours and not the publication's" in prototypes.source["ours"]


def write_prototypes(folder: Path, change: Any, source: str | None = None) -> Path:
    rows = (FOLDER / "prototypes.csv").read_text(encoding="utf-8").splitlines()
    (folder / "prototypes.csv").write_text("\n".join(change(rows)) + "\n", encoding="utf-8")
    if source is not None:
        (folder / "source.toml").write_text(source, encoding="utf-8")
    return folder


def test_prototypes_of_a_user_replace_ours(tmp_path: Path) -> None:
    folder = write_prototypes(tmp_path, lambda rows: [r.replace("HPT,2,1", "HPT,4,1") for r in rows])
    own = load_prototypes(folder)
    assert own.mean["thermal_hyperalgesia"]["HPT"] == 4.0
    assert own.cut_off == STRICT_CUT_OFF, "without a calibration: no more than 2 % each, whatever they are"
    table = pd.DataFrame([HAND | values_at(HPT=2.0)])
    ours, theirs = qst.score(table), qst.score(table, phenotypes=folder)
    assert theirs.loc[0, "phenotype_healthy"] > ours.loc[0, "phenotype_healthy"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "has no row for healthy DMA"),
        (lambda rows: [*rows, rows[1]], "column parameter: 'CDT' occurs twice"),
        (lambda rows: [rows[0], rows[1].replace("-2,1", "-2,0"), *rows[2:]], ":2: column sd: '0.0' is not above 0"),
        (lambda rows: [rows[0], rows[1].replace("-2,", "x,"), *rows[2:]], ":2: column mean: 'x' is not a number"),
        (lambda rows: [rows[0], rows[1].replace("CDT", "CTD"), *rows[2:]], "column parameter: 'CTD' is none of"),
        (lambda rows: [rows[0].replace("sd", "s"), *rows[1:]], "lacks the columns sd"),
        (lambda rows: [r.replace(",,,0.5,named", ",,,1,named") for r in rows], "'1.0' is not above 0 and below 1"),
        (lambda rows: [r.replace("CDT,-2,1,,", "CDT,-2,1,0.3,") for r in rows], "probability: '0.3' must be empty"),
        (lambda rows: [r.replace("thermal_hyper", "heat_hyper") for r in rows], "is none of sensory_loss"),
    ],
)  # fmt: skip
def test_prototypes_that_break_a_rule_are_refused(tmp_path: Path, change: Any, message: str) -> None:
    with pytest.raises(ReferenceSetError, match=message):
        load_prototypes(write_prototypes(tmp_path, change))


@pytest.mark.parametrize(
    ("source", "message"),
    [('sha256 = "0"', "the data were changed"), ("cut_off = -1", "must be a number above 0"), ("x", "cannot be read")],
)
def test_a_source_that_breaks_a_rule_is_refused(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(ReferenceSetError, match=message):
        load_prototypes(write_prototypes(tmp_path, lambda rows: rows, source))


def test_prototypes_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceSetError, match="give ours, a folder or a CSV file"):
        load_prototypes("paper")
    with pytest.raises(ReferenceSetError, match=r"needs a file prototypes\.csv"):
        load_prototypes(tmp_path)


def test_the_hash_is_that_of_the_file() -> None:
    digest = hashlib.sha256((FOLDER / "prototypes.csv").read_bytes()).hexdigest()
    assert load_prototypes().source["sha256"] == digest


def test_the_output_is_not_written_over_the_prototypes(tmp_path: Path) -> None:
    own, lab = tmp_path / "own.csv", tmp_path / "lab.csv"
    own.write_bytes((FOLDER / "prototypes.csv").read_bytes())
    lab.write_text("id,age,sex,site,HPT\n1,30,f,hand,44\n", encoding="utf-8")
    with pytest.raises(OptionError, match="is also an input"):
        score_files([lab], own, settings=Settings(phenotypes=own))
