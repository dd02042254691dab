"""Agreement of two visits, after Bland and Altman."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from qst.arrays import Bools, Floats
from qst.cohort.intervals import CONFIDENCE
from qst.cohort.scored_rows import are_at_limit, check_parameter, count, list_visits, scale_values, texts_of
from qst.errors import OptionError
from qst.protocol import BY_CODE, Parameter
from qst.tables import KEY

SPREAD = 1.96
"""Limits of agreement: mean ± 1.96 SD of the differences (Bland and Altman 1986, Lancet 1:307-310)."""

FEWEST_PAIRS = 3


@dataclass(frozen=True, eq=False)
class Retest:
    """Pairs of two visits on the parameter's scale (log10 or raw); intervals are 95 % (lower, upper)."""

    parameter: Parameter
    visits: tuple[str, str]
    mean: Floats
    difference: Floats
    areas: list[str]
    bias: float
    bias_interval: tuple[float, float]
    limits: tuple[float, float]
    limit_reach: float
    single: int
    at_limit: Bools


def pair_visits(table: pd.DataFrame, parameter: str, visits: Sequence[str] | None = None) -> Retest:
    """Pair the values of two visits by subject, site, side and area, and compute bias and limits of agreement.

    The interval of the bias is ± t · SD / √n; that of a limit of agreement ± t · SD · √(1/n + 1.96² / (2 (n − 1)))
    (Bland and Altman 1999, Stat Methods Med Res 8:135-160). Both have n − 1 degrees of freedom.

    Raises
    ------
    OptionError
        There are fewer than two visits, or more and two were not named; a visit does not exist; an assessment occurs
        twice at a visit; or fewer than 3 pairs have both values.
    """
    check_parameter(parameter, table)
    first, second = _choose_visits(list_visits(table), visits)
    value = scale_values(table, BY_CODE[parameter])
    identity = [name for name in KEY if name != "visit"]
    frame = pd.DataFrame({name: texts_of(table, name) for name in KEY}).assign(
        value=value, limit=are_at_limit(table, [parameter])[:, 0]
    )
    if twice := int(frame[frame["visit"].isin([first, second])].duplicated(list(KEY)).sum()):
        raise OptionError(f"{count(twice, 'row')} repeat the subject, visit, site, side and area of another: keep one")
    frame = frame[np.isfinite(frame["value"])]
    sides = [frame[frame["visit"] == visit].drop(columns="visit") for visit in (first, second)]
    both = sides[0].merge(sides[1], on=identity, suffixes=("_1", "_2"))
    if len(both) < FEWEST_PAIRS:
        raise OptionError(
            f"{count(len(both), 'pair')} of {parameter} at the visits {first} and {second}: at least {FEWEST_PAIRS} "
            "people with both values are needed"
        )
    before, after = both["value_1"].to_numpy(float), both["value_2"].to_numpy(float)
    difference, n = after - before, len(both)
    bias, sd, t = (
        float(difference.mean()),
        float(difference.std(ddof=1)),
        float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)),
    )
    half_width = t * sd / np.sqrt(n)
    return Retest(
        parameter=BY_CODE[parameter],
        visits=(first, second),
        mean=(before + after) / 2,
        difference=difference,
        areas=[str(area) or "test" for area in both["area"]],
        bias=bias,
        bias_interval=(bias - half_width, bias + half_width),
        limits=(bias - SPREAD * sd, bias + SPREAD * sd),
        limit_reach=float(t * sd * np.sqrt(1 / n + SPREAD**2 / (2 * (n - 1)))),
        single=len(sides[0]) + len(sides[1]) - 2 * n,
        at_limit=(both["limit_1"] | both["limit_2"]).to_numpy(bool),
    )


def _choose_visits(existing: list[str], visits: Sequence[str] | None) -> tuple[str, str]:
    named = ", ".join(visit or "(none)" for visit in existing) or "none"
    if visits is None:
        if len(existing) != 2:
            more = "choose two of them (--visits 1,2)" if len(existing) > 2 else "a retest needs two"
            raise OptionError(f"the table has the visits {named}: {more}")
        return existing[0], existing[1]
    if len(visits) != 2 or visits[0] == visits[1]:
        raise OptionError(f"a retest compares two visits, not {', '.join(visits) or 'none'}: name two (--visits 1,2)")
    for visit in visits:
        if visit not in existing:
            raise OptionError(f"the table has no visit '{visit}': it has {named}")
    return visits[0], visits[1]
