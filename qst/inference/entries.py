"""An entry of the knowledge base: what is known of one mechanism. `qst.inference.entry_reader` reads it from TOML."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from qst.protocol import CODES

CEILING = math.log10(20)
"""Threshold that needs no calibration, for entries without a threshold: in at most 1 of 20 cases does a healthy person
reach a likelihood ratio of 20, whatever the model is (Markov's inequality)."""

LEVELS = ("periphery", "spinal cord", "brain")

SEEN = ("direct", "indirect", "weak", "never")

SIZES = {"gain": ("mild", "pronounced", "present"), "loss": ("mild", "pronounced", "present"), "preserved": ("spared",)}

KINDS_OF_EVIDENCE = ("published", "domain", "ours")
"""Where a statement is from; `domain`: what the field knows without a figure."""

SPEAKS = ("for", "against", "open")

SYMPTOM_STATUSES = ("supported", "possible", "not supported", "")
"""Statuses that an answer can give a mechanism, the strongest first; empty where it says nothing."""

PRESENCE = {"DMA": "gain", "PHS": "loss"}
"""Parameters without z, and the finding that counts as present."""

Direction = Literal["gain", "loss", "preserved"]


@dataclass(frozen=True, slots=True)
class Sign:
    """The effect of a mechanism on one parameter.

    Attributes
    ----------
    parameter : str
    direction : {"gain", "loss", "preserved"}
        `preserved` (only against a mechanism): the loss or gain of size `mean` that the mechanism needs is absent.
    size : {"pronounced", "mild", "spared", "present"}
    mean, sd : float
        Of z under the mechanism; NaN for PHS and DMA.
    present, healthy : float
        PHS and DMA: how often the finding is present under the mechanism, and in healthy people; otherwise NaN.
    evidence : str
        One of `KINDS_OF_EVIDENCE`.
    citation, doi : str
    ours : str
        Which part of it is ours, and why; may be empty.
    """

    parameter: str
    direction: Direction
    size: str
    mean: float
    sd: float
    present: float
    healthy: float
    evidence: str
    citation: str
    doi: str
    ours: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Signs that, together, speak against a mechanism."""

    name: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class SymptomRule:
    """The status that an answer to a symptom gives a mechanism.

    Attributes
    ----------
    symptom : str
        One of `qst.tables.SYMPTOMS`.
    yes, no : str
        Status by the answer, one of `SYMPTOM_STATUSES`.
    evidence, citation, doi, ours : str
        As for `Sign`.
    """

    symptom: str
    yes: str
    no: str
    evidence: str
    citation: str
    doi: str
    ours: str


@dataclass(frozen=True, slots=True)
class Treatment:
    """A published finding on a treatment; never advice.

    `speaks` is `for` where people with the mechanism's signs benefited more, `against` where they did not, else `open`.
    """

    treatment: str
    speaks: str
    result: str
    design: str
    n: int | None
    citation: str
    doi: str


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One entry.

    Attributes
    ----------
    id, name, level, physiology : str
    seen : {"direct", "indirect", "weak", "never"}
        How well QST shows it.
    caveat : str
        What the evidence does not show.
    combine : {"all", "any"}
        Whether the mechanism shows in all of its pools of tests (`qst.norms.correlations`) or in any of them.
    weights : mapping of str to float
        `any`: weight of a pool, by one of its tests; 1 if it is not listed.
    needs : tuple of tuples of str
        Groups of tests; without at least one test of each group the mechanism is not assessable.
    signs : tuple of Sign
    against : tuple of Pattern
    symptoms : tuple of SymptomRule
    treatments : tuple of Treatment
    needed : tuple of str
        `never`: what would be needed to assess it.
    citations : tuple of (str, str)
        Text and DOI of every source; the DOI may be empty.
    threshold : float
        Least evidence (log10 likelihood ratio) that counts as support; NaN for `never`.
    calibrated : bool
        Whether the threshold is from the calibration; otherwise it is from the entry, or `CEILING`.
    position : float
        Position in tables and outputs.
    """

    id: str
    name: str
    level: str
    seen: str
    physiology: str
    caveat: str
    combine: str
    weights: Mapping[str, float]
    needs: tuple[tuple[str, ...], ...]
    signs: tuple[Sign, ...]
    against: tuple[Pattern, ...]
    symptoms: tuple[SymptomRule, ...]
    treatments: tuple[Treatment, ...]
    needed: tuple[str, ...]
    citations: tuple[tuple[str, str], ...]
    threshold: float
    calibrated: bool
    position: float

    @property
    def assessable(self) -> bool:
        """Whether QST can assess it at all."""
        return self.seen != "never"

    @property
    def tests(self) -> tuple[str, ...]:
        """The parameters that can change its evidence, in the protocol's order."""
        used = {sign.parameter for sign in self.signs} | {s.parameter for p in self.against for s in p.signs}
        return tuple(code for code in CODES if code in used)
