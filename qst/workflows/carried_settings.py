"""Settings that a scored table carries: taken over by every command that scores it again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from qst.errors import OptionError
from qst.inference.criteria import PUBLISHED, load_criteria
from qst.inference.findings import DMA_THRESHOLD
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.phenotypes import OURS, load_prototypes
from qst.loaders.formats.scored import read_settings
from qst.loaders.parallel import ReadTable
from qst.loaders.rows.table import Reading
from qst.norms.reference_sets import DEFAULT_REFERENCE, list_references, load_reference
from qst.notes import parse_notes
from qst.protocol import CUT_OFF
from qst.settings import Settings
from qst.tables import is_scored
from qst.workflows.manifest import Manifest, hash_data, read_manifest

INSTEAD = "is used instead"

SHIPPED = "shipped"
"""Id of the mechanisms that come with the program."""


@dataclass(frozen=True)
class Carried:
    """What the rows of a scored table note of their settings; data from files by their ids.

    Attributes
    ----------
    file : str
        The table.
    values : mapping of str to set
        By setting, every value that some row was scored by: more than one where rows differ.
    """

    file: str
    path: Path
    values: Mapping[str, frozenset[Any]]


_OPTIONS = {
    "reference": ("reference set", "--reference"),
    "cut_off": ("cut-off", "--cut-off"),
    "dma_threshold": ("DMA threshold", "--dma-threshold"),
    "site_as": ("site", "--site-as"),
    "device_limits": ("device limits", "--device-limit"),
    "phenotypes": ("prototypes", "--phenotypes"),
    "criteria": ("criteria", "--criteria"),
    "mechanisms": ("mechanisms", "--mechanisms"),
}
"""Setting to its name in a sentence, and to the option that states it."""

_DEFAULTS: dict[str, Any] = {
    "reference": DEFAULT_REFERENCE,
    "cut_off": CUT_OFF,
    "dma_threshold": DMA_THRESHOLD,
    "site_as": (),
    "device_limits": (),
    "phenotypes": OURS,
    "criteria": PUBLISHED,
    "mechanisms": SHIPPED,
}

_FILES: dict[str, tuple[Callable[[Any], Any], str, Any]] = {
    "reference": (load_reference, "", None),
    "phenotypes": (load_prototypes, OURS, OURS),
    "criteria": (load_criteria, PUBLISHED, PUBLISHED),
    "mechanisms": (load_mechanisms, SHIPPED, None),
}
"""Settings that may come from a file: how it is loaded, the id of the shipped data, and what asks for these."""


def read_carried(file: str, path: Path, rows: Iterable[tuple[str, str]]) -> Carried:
    """What the rows of a scored table say of their settings.

    Parameters
    ----------
    file, path
        The table, as messages name it and as it is opened.
    rows : iterable of (str, str)
        Notes and reference set of its rows; each different pair is enough.
    """
    found: dict[str, set[Any]] = {name: set() for name in _OPTIONS}
    sites: dict[str, str] = {}
    for notes, reference in set(rows):
        row: dict[str, Any] = {"device_limits": []}
        for note in parse_notes(notes):
            match note.code:
                case "cut_off" | "dma_threshold":
                    row[note.code] = float(note.detail)
                case "device_limit":
                    row["device_limits"].append((note.detail, float(note.value)))
                case "phenotypes" | "criteria" | "mechanisms":
                    row[note.code] = note.about
                case "site_as":
                    sites[note.detail] = note.value
        row["device_limits"] = tuple(row["device_limits"])
        for name in ("cut_off", "dma_threshold", "device_limits", "criteria", "mechanisms"):
            found[name].add(row.get(name, _DEFAULTS[name]))
        if "phenotypes" in row:  # not noted where too few tests were judged
            found["phenotypes"].add(row["phenotypes"])
        if reference:
            found["reference"].add(reference)
    found["site_as"].add(tuple(sorted(sites.items())))
    return Carried(file, path, {name: frozenset(values) for name, values in found.items()})


def find_carried(tables: Sequence[Reading | ReadTable]) -> list[Carried]:
    """What those of some opened tables say that `qst score` wrote."""
    scored = [table for table in tables if is_scored(table.headers) and table.path is not None]
    return [read_carried(table.file, table.path, read_settings(table.path)) for table in scored if table.path]


def carried_by_frame(file: str, path: Path, scored: pd.DataFrame) -> Carried:
    """What a scored table that was read says."""
    columns = (scored[name].astype(object).fillna("").astype(str) for name in ("notes", "reference_set"))
    return read_carried(file, path, zip(*columns, strict=True))


def take_over(settings: Settings, carried: Sequence[Carried]) -> tuple[Settings, list[str]]:
    """The settings by which scored tables are scored again.

    What the user states wins; everything else is as the tables were scored.

    Parameters
    ----------
    settings : Settings
        As the user gave them, not yet loaded.
    carried : sequence of Carried

    Returns
    -------
    Settings, list of str
        And a line for the user for each setting that is not the default: which was taken over, which was replaced.

    Raises
    ------
    OptionError
        Tables or rows were scored by different settings; or a file of criteria, mechanisms, prototypes or norms that a
        table was scored by cannot be found, or has changed. The text names it and the option that settles it.
    """
    taken, lines = compare(settings, carried)
    return replace(settings, **{name: _resolve(name, value, carried) for name, value in taken.items()}), lines


def compare(settings: Settings, carried: Sequence[Carried]) -> tuple[dict[str, Any], list[str]]:
    """What `take_over` takes over, data from files by their ids, and its lines for the user.

    Raises
    ------
    OptionError
        Tables or rows were scored by different settings.
    """
    lines: list[str] = []
    taken: dict[str, Any] = {}
    files = ", ".join(each.file for each in carried)
    for name, (word, option) in _OPTIONS.items() if carried else ():
        values = frozenset().union(*(each.values[name] for each in carried))
        if name in settings.stated:
            if line := _compare(name, values, settings, files):
                lines.append(line)
            continue
        if name == "site_as":
            values = frozenset([_join_sites(values, files)])
        if len(values) > 1:
            listed = ", ".join(sorted(map(_format_value, values)))
            raise OptionError(
                f"{files}: the rows were scored with different {word}s ({listed}): use {option} to choose one"
            )
        for value in values:
            if value != _DEFAULTS[name]:
                taken[name] = value
                lines.append(f"{files}: scored with {word} {_format_value(value)}, which is used again")
    return taken, lines


def list_replaced(lines: Iterable[str]) -> list[str]:
    """Those of the lines of `take_over` that say of an option that it replaces what a table was scored by."""
    return [line for line in lines if line.endswith(INSTEAD)]


def _compare(name: str, values: frozenset[Any], settings: Settings, files: str) -> str | None:
    """The line on an option that differs from what the tables were scored by."""
    word, option = _OPTIONS[name]
    stated = getattr(settings, name)
    if name in _FILES:
        stated = _FILES[name][0](stated).id
    elif isinstance(stated, Mapping):
        stated = tuple(sorted(stated.items()))
    others = sorted(_format_value(value) for value in values if value != stated)
    if not others:
        return None
    return f"{files}: scored with {word} {', '.join(others)}; {option} {_format_value(stated)} {INSTEAD}"


def _join_sites(values: frozenset[Any], files: str) -> tuple[tuple[str, str], ...]:
    sites: dict[str, str] = {}
    for site, norm in sorted(pair for value in values for pair in value):
        if sites.setdefault(site, norm) != norm:
            raise OptionError(
                f"{files}: the rows were scored with different norms for the site {site} ({sites[site]}, {norm}): "
                f"use --site-as {site}=… to choose one"
            )
    return tuple(sites.items())


def _resolve(name: str, value: Any, carried: Sequence[Carried]) -> Any:
    """A setting as `Settings` takes it; data that are not shipped are looked for where the manifest says they were."""
    if name in ("site_as", "device_limits"):
        return dict(value)
    if name not in _FILES or (name == "reference" and value in list_references()):
        return value
    table = next(each for each in carried if value in each.values[name])
    word, option = _OPTIONS[name]
    described = _find_described(read_manifest(table.path), name)
    file = described.get("file")
    where = f"from the file {file}" if file else "from a file whose place the table does not give"
    there = [place for place in (Path(file), table.path.parent / file) if place.exists()] if file else []
    for place in there:
        if hash_data(_data_file(place, name)) == described.get("sha256"):
            return place
    if file:
        where += ", which has changed since" if there else ", which is not there any more"
    shipped = f", or {option} {_FILES[name][2]} for those of the program" if _FILES[name][2] else ""
    raise OptionError(f"{table.file} was scored with the {word} '{value}' {where}: use {option} FILE{shipped}")


def _find_described(manifest: Manifest | None, name: str) -> dict[str, Any]:
    if manifest is None:
        return {}
    described = manifest.get("reference_set") if name == "reference" else manifest.get("settings", {}).get(name)
    return described if isinstance(described, dict) else {}


def _data_file(path: Path, name: str) -> Path:
    return path / "values.csv" if name == "reference" and path.is_dir() else path


def _format_value(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return " ".join(f"{name}={_format_value(part)}" for name, part in value) or "none"
    return str(value)
