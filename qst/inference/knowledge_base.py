"""The knowledge base of pain mechanisms: the entries that come with the program, and a user's.

The former are in `reference_values/mechanisms/`, one TOML file each; `qst.inference.entries` explains the keys.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from qst.errors import MechanismError
from qst.inference.entries import Mechanism
from qst.inference.entry_reader import read_entry
from qst.norms.correlations import Correlations, load_correlations
from qst.notes import name_in_notes
from qst.tables import MECHANISMS

_NOT_ENTRIES = ("source.toml", "calibration.toml")


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """The mechanisms in order: those that come with the program, then a user's.

    Attributes
    ----------
    id : str
        `shipped`, or the name of the user's file or folder.
    mechanisms : tuple of Mechanism
        Those that QST can assess.
    never : tuple of Mechanism
        Those that it cannot.
    correlations : Correlations
        The tests that are pooled, and their correlation.
    """

    id: str
    mechanisms: tuple[Mechanism, ...]
    never: tuple[Mechanism, ...]
    correlations: Correlations

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers of the mechanisms that QST can assess, in the order of their columns."""
        return tuple(mechanism.id for mechanism in self.mechanisms)


def load_mechanisms(mechanisms: "str | Path | KnowledgeBase | None" = None) -> KnowledgeBase:
    """Load and check the knowledge base.

    Parameters
    ----------
    mechanisms : path or KnowledgeBase, optional
        A TOML file or a folder of TOML files, whose entries are added to those that come with the program; an entry
        with the id of a shipped one replaces it. Without `threshold`, a mechanism is supported from a likelihood ratio
        of 20.

    Raises
    ------
    MechanismError
        A file cannot be read, or a key is missing, unknown or has an invalid value. The text names file and key.

    Examples
    --------
    >>> load_mechanisms().ids[:2]
    ('deafferentation_small_fibre', 'deafferentation_large_fibre')
    """
    if isinstance(mechanisms, KnowledgeBase):
        return mechanisms
    shipped = _load_packaged()
    if mechanisms is None:
        return shipped
    path = Path(mechanisms)
    entries = [path] if path.is_file() else sorted(path.glob("*.toml")) if path.is_dir() else []
    entries = [entry for entry in entries if entry.name not in _NOT_ENTRIES or not path.is_dir()]
    if not entries:
        raise MechanismError(f"{path}: no such file, or no .toml file in the folder")
    known = {mechanism.id: mechanism for mechanism in (*shipped.mechanisms, *shipped.never)}
    own: dict[str, Path] = {}
    for place, entry in enumerate(entries):
        mechanism = read_entry(_parse(entry), str(entry))
        if mechanism.id in own:
            raise MechanismError(f"{entry}: key id: '{mechanism.id}' is in {own[mechanism.id].name} as well")
        if mechanism.id in MECHANISMS and not mechanism.assessable:
            raise MechanismError(f"{entry}: key seen: '{mechanism.id}' has a column, so it cannot be 'never'")
        own[mechanism.id] = entry
        replaced = known.get(mechanism.id)
        position = replaced.position if replaced and mechanism.id in MECHANISMS else 1000.0 + place
        known[mechanism.id] = replace(mechanism, position=position)
    return _arrange(name_in_notes(path.stem), known, shipped.correlations)


@lru_cache
def _load_packaged() -> KnowledgeBase:
    folder = files("qst.reference_values") / "mechanisms"
    calibration = tomllib.loads((folder / "calibration.toml").read_text(encoding="utf-8"))
    known = {}
    for entry in folder.iterdir():
        if entry.name.endswith(".toml") and entry.name not in _NOT_ENTRIES:
            mechanism = read_entry(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name)
            measured = calibration.get("healthy", {}).get(mechanism.id)
            if mechanism.assessable and measured is not None:
                threshold = max(float(calibration["floor"]), float(measured["evidence"]))
                mechanism = replace(mechanism, threshold=threshold, calibrated=True)
            known[mechanism.id] = mechanism
    return _arrange("shipped", known, load_correlations())


def _arrange(name: str, known: Mapping[str, Mechanism], correlations: Correlations) -> KnowledgeBase:
    ordered = sorted(known.values(), key=lambda mechanism: mechanism.position)
    assessable = tuple(mechanism for mechanism in ordered if mechanism.assessable)
    return KnowledgeBase(name, assessable, tuple(m for m in ordered if not m.assessable), correlations)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MechanismError(f"{path}: cannot be read: {error}") from error
