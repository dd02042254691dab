"""What made a result: program, reference set, settings and input files, with a hash of everything that was read."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from qst import __version__
from qst.atomic import replace_file
from qst.inference.criteria import load_criteria
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.phenotypes import load_prototypes
from qst.loaders.headers.options import LoadOptions
from qst.loaders.parallel import ReadTable
from qst.loaders.rows.table import Reading
from qst.norms.reference_sets import load_reference
from qst.settings import Settings
from qst.workflows.table_writers import PARQUET_KEY

Manifest = dict[str, Any]
"""Ready for JSON. Two runs over the same input differ in `created` alone."""

ENDING = ".manifest.json"
"""What a manifest beside its output is called: the output's name and this."""

_SHIPPED = {"phenotypes": "phenotypes", "criteria": "criteria", "mechanisms": "mechanisms"}
"""Folders of `reference_values` with the data that apply where no file was given."""


def form_manifest(inputs: Sequence[Path], options: LoadOptions, settings: Settings) -> Manifest:
    """Describe what a result is made from.

    Parameters
    ----------
    inputs : sequence of Path
        The files that were read.
    options : LoadOptions
        How they were read.
    settings : Settings
        How they are scored, as given: not yet loaded, so that the files are known.

    Returns
    -------
    dict
        `program`, `version`, `created` (UTC), `reference_set`, `settings` (a number or text each, or for data from a
        file `id`, `file`, `sha256`), `reading` (options that differ from the defaults), `input_files` (`file`, `bytes`,
        `sha256`).
    """
    return {
        "program": "qst-toolkit",
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "reference_set": _describe_reference(settings),
        "settings": {
            "cut_off": settings.cut_off,
            "dma_threshold": settings.dma_threshold,
            "site_as": dict(settings.site_as),
            "device_limits": dict(settings.device_limits),
            "phenotypes": _describe_data("phenotypes", settings.phenotypes, load_prototypes(settings.phenotypes).id),
            "criteria": _describe_data("criteria", settings.criteria, load_criteria(settings.criteria).id),
            "mechanisms": _describe_data("mechanisms", settings.mechanisms, load_mechanisms(settings.mechanisms).id),
        },
        "reading": _describe_reading(options),
        "input_files": [describe_file(path) for path in inputs],
    }


def describe_file(path: Path) -> dict[str, Any]:
    """Name as the user gave it, size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": str(path), "bytes": path.stat().st_size, "sha256": digest}


def hash_data(place: Path | Traversable) -> str:
    """SHA-256 of a data file, or of all files of a folder with their names, in the order of the names."""
    if place.is_file():
        return hashlib.sha256(place.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for entry in sorted(place.iterdir(), key=lambda each: each.name):
        if entry.is_file() and not entry.name.startswith("."):
            digest.update(entry.name.encode() + b"\0" + hashlib.sha256(entry.read_bytes()).digest())
    return digest.hexdigest()


def list_files(tables: Sequence[Reading | ReadTable]) -> list[Path]:
    """The files that some opened tables are from, each once."""
    return list(dict.fromkeys(table.path for table in tables if table.path is not None))


def write_manifest(manifest: Manifest | None, path: Path) -> None:
    """Write a manifest as a file, whole or not at all."""
    with replace_file(path, (".json",)) as temporary:
        temporary.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def manifest_beside(output: Path) -> Path:
    """The manifest that belongs to an output."""
    return output.with_name(output.name + ENDING)


def read_manifest(table: Path) -> Manifest | None:
    """The manifest of a table that `qst score` wrote: beside it, or in the metadata of Parquet."""
    try:
        for text in _find_texts(table):
            manifest = json.loads(text)
            if isinstance(manifest, dict) and manifest.get("program") == "qst-toolkit":
                return manifest
    except (OSError, ValueError):
        return None
    return None


def _find_texts(table: Path) -> Iterator[str | bytes]:
    beside = manifest_beside(table)
    if beside.is_file():
        yield beside.read_text(encoding="utf-8")
    with table.open("rb") as file:
        start = file.read(4)
    if start == b"PAR1":
        import pyarrow.parquet as pq

        metadata = pq.read_schema(table).metadata or {}
        yield metadata.get(PARQUET_KEY, b"null")


def _describe_reference(settings: Settings) -> dict[str, Any]:
    reference = load_reference(settings.reference)
    described = {key: " ".join(str(reference.source.get(key, "")).split()) for key in ("title", "doi")}
    given = settings.reference
    if not isinstance(given, str | Path):
        return {"id": reference.id, **described, "file": None, "sha256": reference.source.get("sha256")}
    place, file = _find_data(given, reference.id)
    values = place if place.is_file() else place / "values.csv"
    return {"id": reference.id, **described, "file": file, "sha256": hash_data(values)}


def _find_data(given: str | Path, folder: str) -> tuple[Path | Traversable, str | None]:
    """Where data are, and the file as given; None where the data are shipped."""
    path = Path(given)
    if path.exists():
        return path, str(given)
    return files("qst.reference_values") / folder, None


def _describe_data(name: str, given: object, identifier: str) -> dict[str, Any]:
    """Id, file (None where the data are shipped) and hash of what a setting names."""
    if given is not None and not isinstance(given, str | Path):
        return {"id": identifier, "file": None, "sha256": None}  # an object of a caller in Python
    place, file = _find_data(given, _SHIPPED[name]) if given else (files("qst.reference_values") / _SHIPPED[name], None)
    return {"id": identifier, "file": file, "sha256": hash_data(place)}


def _describe_reading(options: LoadOptions) -> dict[str, Any]:
    """Options of reading that differ from the defaults, as texts."""
    stated: dict[str, Any] = {
        "set": dict(options.fixed),
        "map": dict(options.columns),
        "codes": {column: dict(codes) for column, codes in options.codes.items()},
        "unit": dict(options.units),
        "decimal": options.decimal,
        "thermal": options.thermal,
        "demographics": options.demographics and describe_file(Path(options.demographics)),
        "sheet": options.sheet,
        "ignore": list(options.ignore),
        "format": options.format,
        "names": options.names.file and describe_file(Path(options.names.file)),
        "exclude_records": [str(each) for each in options.exclude_records],
        "assign": [describe_file(Path(file)) for file in options.assign.files] if options.assign else [],
        "probe_area": options.probe_area,
    }
    return {name: value for name, value in stated.items() if value not in (None, "", [], {}, False)}


def describe_settings(manifest: Manifest) -> str:
    """The settings of a manifest in one line: numbers, and data with the beginning of their hash."""
    parts = []
    for name, value in manifest["settings"].items():
        if isinstance(value, dict) and "id" in value:
            hashed = f" ({value['sha256'][:12]})" if value["sha256"] else ""
            parts.append(f"{name} {value['id']}{hashed}")
        elif isinstance(value, dict):
            parts += [f"{name} {key}={detail}" for key, detail in value.items()]
        else:
            parts.append(f"{name} {value:g}")
    return ", ".join(parts)
