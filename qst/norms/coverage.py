"""Descriptions of reference sets: what they cover, what they lack, and the source of each number."""

import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from qst.errors import OptionError
from qst.norms.reference_sets import ReferenceSet, list_references, load_reference
from qst.protocol import BY_CODE, CODES, CUT_OFF, RECORD_ORDER
from qst.tables import SEXES

WIDTH = 100

_SOURCE_FIELDS = ("citation", "doi", "population", "table", "scale", "age_bounds", "transcription", "missing", "sha256")


def describe_source(reference: ReferenceSet) -> dict[str, str]:
    """Identifier, title, citation and DOI of a set, each on one line and empty where its source does not have it."""
    return {"id": reference.id, **{name: _source_text(reference, name) for name in ("title", "citation", "doi")}}


def _source_text(reference: ReferenceSet, name: str) -> str:
    return " ".join(str(reference.source.get(name, "")).split())


def describe_sets() -> list[str]:
    """Three lines for each set that comes with the program."""
    lines = []
    for name in list_references():
        reference = load_reference(name)
        source = describe_source(reference)
        lines.append(f"{name}: {source['title']}")
        lines.append(f"  {', '.join(reference.sites)}; {_describe_ages(reference)}; doi:{source['doi'] or 'none'}")
        missing = f"{count_missing_cells(reference)} of {_count_possible_cells(reference)} cells are missing"
        lines.append(f"  {missing}; details: qst reference show {name}")
    return lines


def describe_set(reference: ReferenceSet) -> list[str]:
    """Source, coverage by parameter and site, and doubtful cells of a set."""
    title = _source_text(reference, "title") or "no title, as the set has no source.toml"
    lines = [f"{reference.id}: {title}", ""]
    for field in _SOURCE_FIELDS:
        if field in reference.source:
            text = f"{field.replace('_', ' ')}: {_source_text(reference, field)}"
            lines += textwrap.wrap(text, WIDTH, subsequent_indent="  ")
    for entry in reference.source.get("transcription_source", ()):
        lines += textwrap.wrap(f"transcription {entry['key']}: {entry['what']}", WIDTH, subsequent_indent="  ")
    lines += ["", f"Cells by parameter and site ({len(reference.edges)} age bands × 2 sexes = full):"]
    full = len(reference.edges) * len(SEXES)
    lines.append("  " + " " * 5 + "".join(f"{site:>16}" for site in reference.sites))
    for code in CODES:
        counts = [_describe_count(reference, code, site, full) for site in reference.sites]
        lines.append(f"  {code:<5}" + "".join(f"{count:>16}" for count in counts))
    lines += ["", f"Ages: {_describe_ages(reference)}."]
    no_spread = reference.cells[reference.cells["sd"] == 0]
    if len(no_spread):
        codes = ", ".join(sorted(no_spread["parameter"].unique()))
        lines.append(f"{len(no_spread)} cells have an SD of 0 ({codes}) and give no z-score.")
    doubtful = reference.cells[reference.cells["doubt"] != ""]
    lines.append("Doubtful cells, which are not used:" if len(doubtful) else "No cell is marked doubtful.")
    lines += [
        f"  {c['parameter']} {c['site']} {c['sex']} {format_age_band(c['age_from'], c['age_below'])}: {c['doubt']}"
        for c in doubtful.to_dict("records")
    ]
    return lines


def describe_cells(reference: ReferenceSet, parameter: str | None, site: str | None) -> list[str]:
    """The cells of a parameter, of a site or of both, with the range of healthy people in the parameter's unit.

    Raises
    ------
    OptionError
        The parameter or the site does not exist.
    """
    cells = reference.cells
    if parameter is not None:
        if parameter.upper() not in BY_CODE:
            raise OptionError(f"'{parameter}' is not one of the 13 parameters: {' '.join(RECORD_ORDER)}")
        cells = cells[cells["parameter"] == parameter.upper()]
    if site is not None:
        if site not in reference.sites:
            raise OptionError(f"{reference.id} has no site '{site}': it has {', '.join(reference.sites)}")
        cells = cells[cells["site"] == site]
    lines = []
    for code in [code for code in CODES if parameter is None or code == parameter.upper()]:
        known = BY_CODE[code]
        lines.append(f"{code}, {known.name}, {known.unit}, {'log10' if known.scale == 'log10' else 'as measured'}")
        healthy = "95 % of healthy people"
        lines.append(f"  {'site':<8}{'sex':<8}{'age':<9}{'mean':>8}{'SD':>8}{'middle':>9}  {healthy:<24}row  from")
        own = cells[cells["parameter"] == code].sort_values(["site", "sex", "age_from"])
        lines += [_format_cell(cell) for cell in own.to_dict("records")]
        lines += [f"  missing: {gap}" for gap in _find_gaps(reference, code, site)]
    lines.append(f"row: the row of values.csv of {reference.id}; doi:{describe_source(reference)['doi'] or 'none'}")
    return lines


def _format_cell(cell: Mapping[Hashable, Any]) -> str:
    bounds = np.array([cell["mean"] - CUT_OFF * cell["sd"], cell["mean"], cell["mean"] + CUT_OFF * cell["sd"]])
    low, middle, high = (10**bounds if BY_CODE[cell["parameter"]].scale == "log10" else bounds).tolist()
    copies = cell["transcriptions"]
    origin = f"{copies} transcription{'' if copies == '1' else 's'}" if copies else ""
    doubt = f"  DOUBTFUL: {cell['doubt']}" if cell["doubt"] else ""
    ages = format_age_band(cell["age_from"], cell["age_below"])
    return (
        f"  {cell['site']:<8}{cell['sex']:<8}{ages:<9}{cell['mean']:>8.3f}"
        f"{cell['sd']:>8.3f}{middle:>9.4g}  {f'{low:.4g} to {high:.4g}':<24}{cell['row']:<5}{origin}{doubt}"
    )


def format_age_band(age_from: float, age_below: float) -> str:
    """The text of an age band: `20-29`, `60+`."""
    if np.isnan(age_below):
        return f"{age_from:g}+"
    return f"{age_from:g}-{age_below - 1:g}" if float(age_below).is_integer() else f"{age_from:g}-<{age_below:g}"


def count_missing_cells(reference: ReferenceSet) -> int:
    """Number of cells that the set lacks: those of every parameter, site, sex and age band without a value."""
    return _count_possible_cells(reference) - len(reference.cells)


def _count_possible_cells(reference: ReferenceSet) -> int:
    return len(CODES) * len(reference.sites) * len(SEXES) * len(reference.edges)


def _describe_ages(reference: ReferenceSet) -> str:
    first = reference.cells["age_from"].min()
    open_top = reference.cells["age_below"].isna().any()
    top = "without an upper limit" if open_top else f"below {reference.cells['age_below'].max():g}"
    note = f", noted from {reference.note_age:g}" if np.isfinite(reference.note_age) else ""
    return f"from {first:g} years, {top}{note}"


def _describe_count(reference: ReferenceSet, code: str, site: str, full: int) -> str:
    cells = reference.cells[(reference.cells["parameter"] == code) & (reference.cells["site"] == site)]
    return "full" if len(cells) == full else f"{len(cells)} of {full}" if len(cells) else "none"


def _find_gaps(reference: ReferenceSet, code: str, site: str | None) -> list[str]:
    """Site, sex and age bands for which the set has no value of a parameter."""
    gaps = []
    column = CODES.index(code)
    means = reference.mean[:-1, column].reshape(len(reference.sites), len(SEXES), len(reference.edges))
    ends = [*reference.edges[1:], np.nan]
    for place, sex in np.argwhere(np.isnan(means).any(axis=2)):
        if site is None or reference.sites[place] == site:
            bands = [format_age_band(reference.edges[b], ends[b]) for b in np.flatnonzero(np.isnan(means[place, sex]))]
            gaps.append(f"{reference.sites[place]} {SEXES[sex]} {', '.join(bands)}")
    return gaps
