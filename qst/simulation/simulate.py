"""Simulated participants: healthy people drawn from the norms, and experimental pain models.

The subjects of every table are named `synthetic…`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from qst.arrays import Floats
from qst.errors import OptionError
from qst.norms.correlations import Correlations, load_correlations
from qst.norms.reference_sets import DEFAULT_REFERENCE, ReferenceSet, load_reference, look_up_norms
from qst.protocol import BASELINE, PARAMETERS, RATING_OFFSET, Z_CODES, Parameter
from qst.tables import ASSESSMENT_COLUMNS, SEXES

Ages = float | tuple[float, float] | None

OLDEST_DRAWN = 15.0
"""Years that are drawn beyond the start of an open-ended top band if the set has no age for its note (ours)."""

_PHS_TRIALS = 3

_ALLODYNIC = (-0.5, 1.5)
"""Range of log10 of the ratings of painful light touch (ours)."""


@dataclass(frozen=True, eq=False)
class PainModel:
    """An experimental pain model: the shift of each parameter in SD; + is gain.

    Attributes
    ----------
    id, name : str
    shifts : mapping of str to float
        By parameter; parameters that are not listed are unchanged.
    phs, dma : float
        Share of people with paradoxical heat sensations, and with allodynia, beyond healthy variation.
    right : tuple of str
        Mechanisms that count as correct for it.
    both : tuple of tuples of str
        Groups of mechanisms; at least one of each group is present. Empty where the model has one mechanism.
    """

    id: str
    name: str
    shifts: Mapping[str, float]
    phs: float
    dma: float
    right: tuple[str, ...]
    both: tuple[tuple[str, ...], ...]


def simulate_healthy(
    n: int,
    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE,
    seed: int = 0,
    *,
    site: str | None = None,
    sex: str | None = None,
    age: Ages = None,
    correlations: Correlations | None = None,
) -> pd.DataFrame:
    """Draw healthy people from the norms.

    The z-scores are normal with mean 0, SD 1 and the correlations of `reference_values/correlations` (most of them
    ours); values follow from them by the norm of each person's stratum, and are clipped at the device's ends. PHS are
    beta-binomial counts of 3 with the norm's mean and, as far as possible for counts, its SD, independent of the rest;
    DMA is 0.1 throughout, as it does not occur in healthy skin.

    Parameters
    ----------
    n : int
        Number of people; each has one assessment.
    reference : str, Path or ReferenceSet
    seed : int
        The same seed gives the same table.
    site, sex : str, optional
        Default: drawn uniformly; the site among those for which the set has every parameter with a z-score.
    age : float or (float, float), optional
        Years, or a range from which they are drawn uniformly. Default: from the youngest norm to the age from which the
        set notes ages (75 for the shipped set).
    correlations : Correlations, optional

    Returns
    -------
    pandas.DataFrame
        Assessments (`qst.tables.ASSESSMENT_COLUMNS`) in the protocol's units. A value without a usable norm is missing.

    Raises
    ------
    OptionError
        `n` is negative, or there is no norm for the requested site, sex or ages.

    Examples
    --------
    >>> simulate_healthy(3, seed=1, site="hand", sex="female", age=25)["HPT"].round(1).tolist()
    [41.9, 45.3, 41.7]
    """
    return _draw_people(n, load_reference(reference), seed, site, sex, age, correlations, None)


def simulate_model(
    model: str | PainModel,
    n: int,
    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE,
    seed: int = 0,
    *,
    site: str | None = None,
    sex: str | None = None,
    age: Ages = None,
    correlations: Correlations | None = None,
) -> pd.DataFrame:
    """Draw people under an experimental pain model: healthy people whose z-scores are shifted.

    Parameters
    ----------
    model : str or PainModel
        Name of a model of `load_pain_models`, after Vollert et al. 2018, Pain 159:1090-1102,
        doi:10.1097/j.pain.0000000000001190: pronounced signs are shifts of 2.5 SD, mild ones of 1 SD.
    n, reference, seed, site, sex, age, correlations
        As for `simulate_healthy`.

    Returns
    -------
    pandas.DataFrame
        Assessments. Device limits truncate the shifts, as they would in the laboratory.

    Raises
    ------
    OptionError
        The model does not exist; or as for `simulate_healthy`.
    """
    if not isinstance(model, PainModel):
        models = load_pain_models()
        if model not in models:
            raise OptionError(f"there is no pain model '{model}': choose one of {', '.join(models)}")
        model = models[model]
    return _draw_people(n, load_reference(reference), seed, site, sex, age, correlations, model)


@lru_cache
def load_pain_models() -> Mapping[str, PainModel]:
    """The experimental pain models that come with the package, by name."""
    text = (files("qst.reference_values") / "surrogate_models" / "models.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    sizes = {"pronounced": data.pop("pronounced"), "mild": data.pop("mild")}
    models = {}
    for name, entry in data.items():
        shifts: dict[str, float] = {}
        for size, sd in sizes.items():
            for direction, sign in (("gain", 1), ("loss", -1)):
                shifts |= dict.fromkeys(entry.get(f"{size}_{direction}", ()), sign * sd)
        both = tuple(tuple(group) for group in entry.get("both", ()))
        phs, dma = entry.get("phs", 0.0), entry.get("dma", 0.0)
        models[name] = PainModel(name, entry["name"], shifts, phs, dma, tuple(entry["right"]), both)
    return models


def _draw_people(
    n: int,
    reference: ReferenceSet,
    seed: int,
    site: str | None,
    sex: str | None,
    age: Ages,
    correlations: Correlations | None,
    model: PainModel | None,
) -> pd.DataFrame:
    if n < 0:
        raise OptionError(f"the number of people is {n}; it must be 0 or more")
    generator = np.random.default_rng(seed)
    people = _draw_strata(n, reference, generator, site, sex, age)
    stratum = look_up_norms(people, reference).stratum
    if (stratum == reference.n_strata).any():
        raise OptionError(f"{reference.id} has no norm for every combination of site {site}, sex {sex} and age {age}")
    matrix = (correlations or load_correlations()).matrix
    z = generator.standard_normal((n, len(Z_CODES))) @ np.linalg.cholesky(matrix).T
    usable = reference.usable()
    for column, parameter in enumerate(PARAMETERS):
        mean, sd = reference.mean[stratum, column], reference.sd[stratum, column]
        if parameter.has_z:
            shift = model.shifts.get(parameter.code, 0.0) if model else 0.0
            drawn = mean + parameter.gain_sign * (z[:, Z_CODES.index(parameter.code)] + shift) * sd
            low, high = _find_ends(parameter)
            values = np.clip(10**drawn if parameter.scale == "log10" else drawn, low, high)
            people[parameter.code] = np.where(usable[stratum, column], values, np.nan)
        elif parameter.code == "PHS":
            counts = _draw_counts(mean, sd, generator)
            counts[reference.doubtful[stratum, column]] = np.nan
            shown = generator.random(n) < (model.phs if model else 0.0)
            people[parameter.code] = np.where(shown, generator.integers(2, _PHS_TRIALS + 1, n), counts)
        else:
            hurts = generator.random(n) < (model.dma if model else 0.0)
            ratings = RATING_OFFSET + 10 ** generator.uniform(*_ALLODYNIC, n)
            people[parameter.code] = np.where(hurts, ratings, RATING_OFFSET)
    return people[list(ASSESSMENT_COLUMNS)]


def _draw_strata(
    n: int, reference: ReferenceSet, generator: np.random.Generator, site: str | None, sex: str | None, age: Ages
) -> pd.DataFrame:
    low, high = age if isinstance(age, tuple) else (age, age)
    if low is None or high is None:
        top = float(reference.edges[-1])
        low, high = float(reference.edges[0]), min(reference.note_age, top + OLDEST_DRAWN)
    sites = (site,) if site else _find_full_sites(reference)
    sexes: Sequence[str] = (sex,) if sex else SEXES
    width = len(str(n))
    return pd.DataFrame(
        {
            "subject": [f"synthetic{number:0{width}d}" for number in range(1, n + 1)],
            "visit": "1",
            "age": generator.uniform(low, high, n),
            "sex": np.array(sexes, dtype=object)[generator.integers(len(sexes), size=n)],
            "site": np.array(sites, dtype=object)[generator.integers(len(sites), size=n)],
            "side": "left",
            "area": "test",
        }
    )


def _find_full_sites(reference: ReferenceSet) -> tuple[str, ...]:
    """Sites with a norm for every z-score in every stratum; all sites if there are none."""
    with_z = [column for column, parameter in enumerate(PARAMETERS) if parameter.has_z]
    known = np.all(np.isfinite(reference.mean[:-1, with_z]).reshape(len(reference.sites), -1), axis=1).tolist()
    full = tuple(site for site, complete in zip(reference.sites, known, strict=True) if complete)
    return full or reference.sites


def _find_ends(parameter: Parameter) -> tuple[float, float]:
    """Lowest and highest value that device and protocol can measure. Ramps for pain start at the baseline."""
    sensitive = BASELINE if parameter.modality == "thermal pain" else parameter.sensitive_end
    ends = (parameter.insensitive_end, sensitive)
    low, high = ends if parameter.gain_sign > 0 else ends[::-1]
    return (-np.inf if low is None else low, np.inf if high is None else high)


def _draw_counts(mean: Floats, sd: Floats, generator: np.random.Generator) -> Floats:
    """Beta-binomial counts of 3 with the mean and, as far as possible for counts, the SD; NaN without a norm."""
    p = np.clip(np.nan_to_num(mean) / _PHS_TRIALS, 0.0, 1.0)
    binomial = np.where(p * (1 - p) > 0, _PHS_TRIALS * p * (1 - p), 1.0)
    together = np.clip((np.nan_to_num(sd) ** 2 / binomial - 1) / (_PHS_TRIALS - 1), 1e-6, 1 - 1e-6)
    size = 1 / together - 1
    varying = (p > 0) & (p < 1)
    chance = np.where(
        varying, generator.beta(np.where(varying, p, 0.5) * size, np.where(varying, 1 - p, 0.5) * size), p
    )
    counts = generator.binomial(_PHS_TRIALS, np.clip(chance, 0.0, 1.0)).astype(float)
    return np.where(np.isnan(mean), np.nan, counts)
