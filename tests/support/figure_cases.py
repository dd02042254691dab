"""Tables for figures: one person and many, long labels, far values, much missing; and what draws each of them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from paths import COHORT, TRIALS

import qst
from qst.plots.profile import draw_profile
from qst.protocol import BY_CODE, CODES, Z_CODES

TITLE = "A title that is longer than most titles and so has to be broken, and then cut, to stand above a narrow picture"
LONG = "patients with a long name of a diagnosis, such as painful chemotherapy-induced polyneuropathy"
PLACE = {"area": "contralateral mirror zone", "site": "lateral aspect of the forearm", "side": "right"}
PERSON = "058"
IN_UNITS = ("TSL", "HPT", "PPT", "PHS", "DMA")
"""Drawn in their own unit: on both scales, counts, and one that healthy people never show."""

Case = Callable[[], pd.DataFrame]


@cache
def cohort() -> pd.DataFrame:
    return qst.score(qst.load(COHORT, problems=[]))


@cache
def trials() -> pd.DataFrame:
    return qst.load(TRIALS, problems=[])


def one() -> pd.DataFrame:
    return cohort()[cohort()["subject"] == PERSON]


def one_area() -> pd.DataFrame:
    return one().iloc[:1]


def many() -> pd.DataFrame:
    """As many people as a large trial has."""
    parts = [cohort().assign(subject=cohort()["subject"] + f"-{n}") for n in range(10)]
    return pd.concat(parts, ignore_index=True)


def with_long_labels(table: pd.DataFrame) -> pd.DataFrame:
    """Long names of groups, subjects, sites, and of the reference set."""
    named = table.assign(diagnosis_label=table.get("diagnosis_label", pd.Series("", table.index)) + " " + LONG)
    named = named.assign(reference_set="a_reference_set_of_our_own_with_a_long_name_2026_second_edition")
    return named.assign(subject="a subject with a long name " + named["subject"].astype(str), site=PLACE["site"])


def far(table: pd.DataFrame) -> pd.DataFrame:
    """Values as far out as a table can hold, on both sides, and all of them gains or losses."""
    signs = np.where(np.arange(len(table)) % 2, 1, -1)
    z = {f"{code}_z": signs * 10.0 ** (n % 6 + 1) for n, code in enumerate(Z_CODES)}
    found = {f"{code}_finding": np.where(signs > 0, "gain", "loss") for code in CODES}
    return table.assign(**z, **found, PHS=3.0, DMA=100.1)


def sparse(table: pd.DataFrame) -> pd.DataFrame:
    """Two values are left, and no age, sex or site."""
    lost = [code for code in CODES if code not in ("HPT", "PPT")]
    empty = dict.fromkeys([*lost, "age", *(f"{code}_z" for code in lost if BY_CODE[code].has_z)], np.nan)
    words = dict.fromkeys(["sex", "loga", "phenotype", *(f"{code}_finding" for code in lost)])
    return table.assign(**empty, **words, not_findable="CPT_loss;VDT_gain")


def six_groups() -> pd.DataFrame:
    return cohort().assign(arm=[f"arm {n % 6} of the trial" for n in range(len(cohort()))])


def visits(number: int, source: Case = one) -> pd.DataFrame:
    return pd.concat([source().assign(visit=str(n + 1)) for n in range(number)], ignore_index=True)


def changed(source: Case, factor: float = 1.1) -> pd.DataFrame:
    """Two visits, with values that differ."""
    table = source()
    step = factor ** np.sin(np.arange(len(table)))
    later = {code: (table[code].astype(float) * step) for code in CODES}
    return pd.concat([table.assign(visit="1"), table.assign(visit="2", **later)], ignore_index=True)


def rated(source: pd.DataFrame, number: int, **columns: Any) -> pd.DataFrame:
    """The trials of some invented people, with columns replaced."""
    people = [source.assign(subject=source["subject"] + f"-{n}") for n in range(number)]
    return pd.concat(people, ignore_index=True).assign(**columns)


def s03() -> pd.DataFrame:
    return trials()[trials()["subject"] == "S03"]


def in_areas(number: int) -> pd.DataFrame:
    return pd.concat([s03().assign(area=f"area of a long name {n}") for n in range(number)], ignore_index=True)


def few_ratings() -> pd.DataFrame:
    table = s03()
    return table[table["parameter"].isin(["MPS", "WUR"]) & table["stimulus"].isin(["8", "single"])].head(20)


COHORT_CASES: dict[str, Case] = {
    "cohort": cohort,
    "one": one_area,
    "many": many,
    "long": lambda: with_long_labels(cohort()),
    "far": lambda: far(cohort()),
    "missing": lambda: sparse(cohort()),
}
FREQUENCY_CASES = COHORT_CASES | {
    "everybody": lambda: many().assign(**{f"{code}_finding": "gain" if code != "PHS" else "loss" for code in CODES})
}
PROFILE_CASES: dict[str, Case] = {
    "pair": one,
    "two visits": lambda: visits(2),
    "six visits": lambda: visits(6),
    "long": lambda: visits(3, lambda: one().assign(**PLACE)),
    "far": lambda: far(visits(3)),
    "missing": lambda: sparse(visits(2)),
}
TRIAL_CASES: dict[str, Case] = {
    "one": s03,
    "all": trials,
    "many": lambda: rated(trials(), 20),
    "long": lambda: rated(trials(), 1, area=PLACE["area"], site=PLACE["site"]),
    "areas": lambda: in_areas(3),
    "far": lambda: rated(s03(), 1, value=100.0),
    "nought": lambda: rated(s03(), 1, value=0.0),
    "missing": few_ratings,
}
RETEST_CASES: dict[str, Case] = {
    "cohort": lambda: changed(cohort),
    "many": lambda: changed(many),
    "long": lambda: changed(lambda: with_long_labels(cohort())).replace(
        {"visit": {"1": "before the treatment with capsaicin", "2": "twelve weeks after the end of treatment"}}
    ),
    "far": lambda: changed(cohort, 30),
    "equal": lambda: visits(2, cohort),
    "missing": lambda: changed(lambda: cohort().iloc[:6]),
}
AGE_CASES: dict[str, Case] = {
    "cohort": lambda: cohort().query("site == 'hand'"),
    "one": one_area,
    "many": lambda: many().query("site == 'foot'"),
    "long": lambda: cohort().query("site == 'hand'").assign(site=PLACE["site"]),
    "far": lambda: cohort().query("site == 'hand'").assign(HPT=49.99, PPT=5.0, MDT=512, PHS=3),
    "missing": lambda: cohort().query("site == 'hand'").head(8).assign(age=[30.0, *[np.nan] * 7]),
}


def group(table: pd.DataFrame) -> dict[str, Any]:
    return {"by": "diagnosis_label"} if table["diagnosis_label"].nunique() > 1 else {}


def figures() -> dict[str, tuple[Case, Callable[[pd.DataFrame], Callable[..., Axes]]]]:
    """Each figure with each table: what makes the table, and what draws it."""
    drawings: dict[str, tuple[dict[str, Case], Callable[..., Axes]]] = {
        "profile": (PROFILE_CASES, draw_profile),
        "groups": (COHORT_CASES, lambda table, **look: qst.plot_groups(table, **group(table), **look)),
        "heatmap": (COHORT_CASES, qst.plot_heatmap),
        "frequencies": (FREQUENCY_CASES, qst.plot_frequencies),
        "frequencies by group": (COHORT_CASES, lambda t, **look: qst.plot_frequencies(t, **group(t), **look)),
        "frequencies of six": ({"all": six_groups}, lambda t, **look: qst.plot_frequencies(t, by="arm", **look)),
        "loga": (COHORT_CASES, qst.plot_loga),
        "phenotypes": (COHORT_CASES, qst.plot_phenotypes),
        "mechanisms": (COHORT_CASES, qst.plot_mechanisms),
        "stimulus-response": (TRIAL_CASES, qst.plot_stimulus_response),
        "windup": (TRIAL_CASES, qst.plot_windup),
    }
    for code in IN_UNITS:
        drawings[f"retest {code}"] = (RETEST_CASES, lambda t, code=code, **o: qst.plot_retest(t, parameter=code, **o))
        if code != "DMA":
            drawings[f"age {code}"] = (AGE_CASES, lambda t, code=code, **o: qst.plot_age(t, parameter=code, **o))
    labelled = {name: lambda case=case: case().head(60) for name, case in COHORT_CASES.items()}
    for name, function in (("heatmap", qst.plot_heatmap), ("phenotypes", qst.plot_phenotypes)):
        drawings[f"{name} labelled"] = (labelled, lambda t, f=function, **o: f(t, label_people=True, **o))
    return {f"{name}: {case}": (make, draw) for name, (cases, draw) in drawings.items() for case, make in cases.items()}
