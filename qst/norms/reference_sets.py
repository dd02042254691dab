"""Reference sets: find, load and check them, and look up the norm of each assessment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qst.arrays import Bools, Floats, Ints, Texts
from qst.errors import ReferenceSetError
from qst.norms.sourced import Sourced, open_given, open_packaged, read_numbers, read_source, read_table, refuse_rows
from qst.notes import format_note
from qst.protocol import BY_CODE, CODES
from qst.tables import OLDEST, SEXES

DEFAULT_REFERENCE = "magerl2010"

REQUIRED_COLUMNS = ("parameter", "site", "sex", "age_from", "age_below", "scale", "mean", "sd")


@dataclass(frozen=True, eq=False)
class ReferenceSet:
    """Reference values of healthy people, checked.

    A *stratum* is one site, sex and age band. Strata are numbered; the last number means "no stratum", in which every
    norm is missing, so that assessments without a norm need no special case.

    Attributes
    ----------
    id : str
        Name of the set, as it appears in `reference_set`.
    source : mapping
        Citation, DOI, population and more, from `source.toml`.
    cells : pandas.DataFrame
        The published table: row, parameter, site, sex, age_from, age_below (NaN: open), scale, mean, sd, doubt, …
    sites : tuple of str
    edges : array
        Ages at which any band of the set begins or ends.
    mean, sd : arrays, shape (strata + 1, 13)
        On the parameter's own scale; NaN where the set has nothing.
    doubtful : bool array, shape (strata + 1, 13)
    """

    id: str
    source: Mapping[str, Any]
    cells: pd.DataFrame
    sites: tuple[str, ...]
    edges: Floats
    mean: Floats
    sd: Floats
    doubtful: Bools
    _first_age: Floats = field(repr=False)
    _end_age: Floats = field(repr=False)

    @property
    def n_strata(self) -> int:
        """Number of strata, without the last, which means "no stratum"."""
        return len(self.mean) - 1

    @property
    def note_age(self) -> float:
        """Age (years) from which the use of the open-ended top age band is noted."""
        return float(self.source.get("age_note_from", np.inf))

    def usable(self) -> Bools:
        """Where a z-score can be formed: a norm exists, has a spread and is not doubtful. Shape (strata + 1, 13)."""
        return np.isfinite(self.mean) & (self.sd > 0) & ~self.doubtful


@dataclass(frozen=True, eq=False)
class Placement:
    """The stratum of each assessment in a reference set, and why some have none. One entry per assessment."""

    stratum: Ints
    no_age: Bools
    age_impossible: Bools
    no_sex: Bools
    unknown_sex: Bools
    no_site: Bools
    no_norm_for_site: Bools
    age_below: Bools
    age_above: Bools
    replaced_site: Texts


def list_references() -> tuple[str, ...]:
    """Identifiers of the reference sets that come with the package."""
    root = files("qst.reference_values")
    return tuple(sorted(e.name for e in root.iterdir() if e.is_dir() and e.joinpath("values.csv").is_file()))


def load_reference(reference: "str | Path | ReferenceSet" = DEFAULT_REFERENCE) -> ReferenceSet:
    """Load and check a reference set.

    Parameters
    ----------
    reference : str, Path or ReferenceSet
        Identifier of a set that comes with the package; or a folder with `values.csv` and `source.toml`; or a CSV file
        with the columns parameter, site, sex, age_from (inclusive, years), age_below (exclusive, empty = open-ended),
        scale, mean, sd and, optionally, unit, transcriptions and doubt.

    Returns
    -------
    ReferenceSet

    Raises
    ------
    ReferenceSetError
        The set cannot be found, its age bands overlap or leave gaps, an SD is negative, a parameter is unknown or its
        scale is not the protocol's, or the hash is not the one in `source.toml`.

    Examples
    --------
    >>> load_reference("magerl2010").sites
    ('face', 'foot', 'hand')
    """
    if isinstance(reference, ReferenceSet):
        return reference
    if str(reference) in list_references():
        return _load_packaged(str(reference))
    given = open_given(Path(reference), "values.csv", "a reference set's folder")
    if given is not None:
        return _build(given)
    known = ", ".join(list_references())
    raise ReferenceSetError(f"no reference set '{reference}': give one of {known}, a folder or a CSV file")


@lru_cache
def _load_packaged(name: str) -> ReferenceSet:
    return _build(open_packaged(name, "values.csv"))


def _build(data: Sourced) -> ReferenceSet:
    source, file = read_source(data), data.file
    note_age = source.get("age_note_from", 0)
    if not isinstance(note_age, int | float):
        raise ReferenceSetError(
            f"{file}: age_note_from in its source.toml is '{note_age}'; it must be a number of years"
        )
    cells = _read_cells(data)
    _check_bands(cells, file)
    return _arrange(str(source.get("id", data.name)), source, cells)


def _read_cells(data: Sourced) -> pd.DataFrame:
    cells, file = read_table(data, REQUIRED_COLUMNS), data.file
    if cells.empty:
        raise ReferenceSetError(f"{file}: has no rows")
    for column in ("unit", "transcriptions", "doubt"):
        if column not in cells:
            cells[column] = ""
    cells["doubt"] = cells["doubt"].str.strip()
    for column in ("age_from", "age_below", "mean", "sd"):
        open_ended = (cells[column] == "") & (column == "age_below")
        cells[column] = read_numbers(cells, column, ~open_ended, file)
    refuse_rows(cells, ~cells["parameter"].isin(CODES), file, "parameter", f"is none of {' '.join(CODES)}")
    refuse_rows(cells, ~cells["sex"].isin(SEXES), file, "sex", "is neither female nor male")
    refuse_rows(cells, cells["site"] == "", file, "site", "is empty")
    refuse_rows(cells, cells["sd"] < 0, file, "sd", "is negative")
    refuse_rows(cells, cells["age_below"] <= cells["age_from"], file, "age_below", "is not above age_from")
    scales = cells["parameter"].map({code: BY_CODE[code].scale for code in CODES})
    refuse_rows(cells, cells["scale"] != scales, file, "scale", "is not the protocol's scale for this parameter")
    return cells


def _check_bands(cells: pd.DataFrame, file: str) -> None:
    """Refuse age bands of one parameter, site and sex that overlap or leave a gap."""
    keys = ["parameter", "site", "sex"]
    ordered = cells.sort_values([*keys, "age_from"], kind="stable")
    same = (ordered[keys].to_numpy() == ordered[keys].shift().to_numpy()).all(axis=1)
    begins = ordered["age_from"].to_numpy()
    ended = np.nan_to_num(ordered["age_below"].shift().to_numpy(dtype=float), nan=np.inf)
    for wrong, what in ((same & (begins < ended), "overlaps"), (same & (begins > ended), "leaves a gap after")):
        if wrong.any():
            cell = ordered.iloc[int(wrong.argmax())]
            raise ReferenceSetError(
                f"{file}:{cell['row']}: the band from {cell['age_from']:g} years {what} the one before it "
                f"({cell['parameter']}, {cell['site']}, {cell['sex']})"
            )


def _arrange(name: str, source: Mapping[str, Any], cells: pd.DataFrame) -> ReferenceSet:
    """Arrange the cells as arrays over strata, with a band for every interval between two edges."""
    sites = tuple(sorted(cells["site"].unique()))
    bounds = cells[["age_from", "age_below"]].to_numpy(dtype=float)
    edges = np.unique(bounds[np.isfinite(bounds)])
    n_bands = len(edges)  # the last one is open
    shape = (len(sites) * len(SEXES) * n_bands + 1, len(CODES))
    mean, sd = np.full(shape, np.nan), np.full(shape, np.nan)
    doubtful = np.zeros(shape, dtype=bool)
    group_shape = (len(sites), len(SEXES))
    first_age, end_age = np.full(group_shape, np.inf), np.full(group_shape, -np.inf)
    for cell in cells.to_dict("records"):
        site, sex = sites.index(cell["site"]), SEXES.index(cell["sex"])
        end = np.inf if np.isnan(cell["age_below"]) else cell["age_below"]
        bands = np.flatnonzero((edges >= cell["age_from"]) & (edges < end))
        place = ((site * len(SEXES) + sex) * n_bands + bands, CODES.index(cell["parameter"]))
        mean[place], sd[place], doubtful[place] = cell["mean"], cell["sd"], cell["doubt"] != ""
        first_age[site, sex] = min(first_age[site, sex], cell["age_from"])
        end_age[site, sex] = max(end_age[site, sex], end)
    return ReferenceSet(name, source, cells, sites, edges, mean, sd, doubtful, first_age, end_age)


def look_up_norms(
    assessments: pd.DataFrame, reference: ReferenceSet, site_as: Mapping[str, str] | None = None
) -> Placement:
    """Find the stratum of each assessment.

    Parameters
    ----------
    assessments : pandas.DataFrame
        Uses `age` (years), `sex` and `site`; an absent column counts as missing throughout.
    reference : ReferenceSet
    site_as : mapping, optional
        Measured site to the site whose norm is used instead, for example ``{"forearm": "hand"}``. Ignored where the set
        covers the measured site.

    Returns
    -------
    Placement
        Age bands are [from, below). A row without age, sex or a covered site has no stratum.

    Raises
    ------
    ReferenceSetError
        `site_as` names a site that the set does not cover.
    """
    age, impossible = _read_ages(assessments)
    numbers = {name.lower(): number for number, name in enumerate(reference.sites)}
    stand_ins = _find_stand_ins(reference, numbers, site_as or {})
    sex = _encode(assessments, "sex", {name: number for number, name in enumerate(SEXES)})
    site = _encode(assessments, "site", numbers | {name: numbers[other] for name, other in stand_ins.items()})
    replaced = _encode(assessments, "site", {name: number for number, name in enumerate(stand_ins)})
    labels = [format_note("site_as", name, other) for name, other in stand_ins.items()]

    known = (sex >= 0) & (site >= 0)
    # A set may have one sex only at a site: then first_age is infinite for the other, and nobody is "below" it.
    group = np.where(known, site * len(SEXES) + sex, 0)
    first_age, end_age = reference._first_age.ravel()[group], reference._end_age.ravel()[group]
    covered = known & np.isfinite(first_age)
    has_age = np.isfinite(age)
    below = covered & has_age & (age < first_age)
    past = covered & has_age & (age >= end_age)
    band = np.searchsorted(reference.edges, age, side="right") - 1
    usable = covered & has_age & ~below & ~past
    stratum = np.where(usable, group * len(reference.edges) + band, reference.n_strata)
    return Placement(
        stratum=stratum,
        no_age=~has_age & ~impossible,
        age_impossible=impossible,
        no_sex=sex == _MISSING,
        unknown_sex=sex == _UNKNOWN,
        no_site=site == _MISSING,
        no_norm_for_site=(site == _UNKNOWN) | (known & ~covered),
        age_below=below,
        age_above=past | (usable & (age >= reference.note_age)),
        replaced_site=np.array([*labels, "", ""], dtype=object)[replaced],
    )


def _read_ages(assessments: pd.DataFrame) -> tuple[Floats, Bools]:
    """Age of each row, missing where it is impossible, and where that is."""
    if "age" not in assessments:
        return np.full(len(assessments), np.nan), np.zeros(len(assessments), dtype=bool)
    age = pd.to_numeric(assessments["age"], errors="coerce").to_numpy(float)
    impossible = np.isfinite(age) & ((age < 0) | (age > OLDEST))
    return np.where(impossible, np.nan, age), impossible


def _find_stand_ins(reference: ReferenceSet, numbers: Mapping[str, int], site_as: Mapping[str, str]) -> dict[str, str]:
    """Sites that the set does not cover, to the site whose norm is used instead."""
    given = {name.strip().lower(): other.strip().lower() for name, other in site_as.items()}
    for other in given.values():
        if other not in numbers:
            raise ReferenceSetError(f"{reference.id} has no site '{other}': it covers {', '.join(reference.sites)}")
    return {name: other for name, other in given.items() if name not in numbers}


_UNKNOWN, _MISSING = -1, -2


def _encode(assessments: pd.DataFrame, column: str, numbers: Mapping[str, int]) -> Ints:
    """Number of each row's word, -1 for an unknown word, -2 where it is missing. Case and outer blanks do not count."""
    if column not in assessments:
        return np.full(len(assessments), _MISSING, dtype=np.int64)
    codes, words = pd.factorize(assessments[column])
    texts = [str(word).strip().lower() for word in words]
    lookup = [numbers.get(text, _UNKNOWN) if text else _MISSING for text in texts]
    return np.array([*lookup, _MISSING], dtype=np.int64)[codes]
