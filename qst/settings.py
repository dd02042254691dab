"""The settings by which a table is scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from qst.arrays import join_list
from qst.errors import OptionError
from qst.inference.criteria import PUBLISHED, Criteria, load_criteria
from qst.inference.findings import DMA_THRESHOLD
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.phenotypes import OURS, Prototypes, load_prototypes
from qst.norms.reference_sets import DEFAULT_REFERENCE, ReferenceSet, load_reference
from qst.notes import format_note
from qst.protocol import BY_CODE, CUT_OFF, PARAMETERS


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings by which a table is scored: the arguments of `qst.score`, checked.

    Attributes
    ----------
    reference : str, Path or ReferenceSet
    cut_off, dma_threshold : float
    site_as : mapping of str to str
    device_limits : mapping of str to float
    phenotypes : str, Path or Prototypes
    criteria : str, Path or Criteria
    mechanisms : path or KnowledgeBase, optional
    given : frozenset of str
        Names of the settings that the user stated, even where they equal the defaults. A command that scores a scored
        table again takes every other setting from the table.
    """

    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE
    cut_off: float = CUT_OFF
    dma_threshold: float = DMA_THRESHOLD
    site_as: Mapping[str, str] = field(default_factory=dict)
    device_limits: Mapping[str, float] = field(default_factory=dict)
    phenotypes: str | Path | Prototypes = OURS
    criteria: str | Path | Criteria = PUBLISHED
    mechanisms: str | Path | KnowledgeBase | None = None
    given: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not 0 < self.cut_off < np.inf:
            raise OptionError(f"the cut-off is {self.cut_off}; it must be above 0, for example 1.96")
        if not 0 <= self.dma_threshold < 100:
            raise OptionError(f"the DMA threshold is {self.dma_threshold}; it must be a rating from 0 to below 100")
        for code, limit in self.device_limits.items():
            if code not in BY_CODE or BY_CODE[code].insensitive_end is None:
                with_limit = [parameter.code for parameter in PARAMETERS if parameter.insensitive_end is not None]
                raise OptionError(f"'{code}' has no device limit: choose one of {' '.join(with_limit)}")
            low, high = BY_CODE[code].possible
            if not low <= limit <= high:
                raise OptionError(f"a device limit of {limit:g} for {code} is outside the range {low:g} to {high:g}")

    def load(self) -> "Settings":
        """The same settings, with everything that is given by name or path read from its files."""
        return replace(
            self,
            reference=load_reference(self.reference),
            phenotypes=load_prototypes(self.phenotypes),
            criteria=load_criteria(self.criteria),
            mechanisms=load_mechanisms(self.mechanisms),
        )

    @property
    def stated(self) -> frozenset[str]:
        """Names of the settings that were given, or that differ from the defaults."""
        different = {each.name for each in fields(self) if getattr(self, each.name) != getattr(_DEFAULTS, each.name)}
        return self.given | (different - {"given"})

    def notes(self) -> str:
        """The notes that every scored row carries: settings that differ from the defaults."""
        notes = []
        if self.cut_off != CUT_OFF:
            notes.append(format_note("cut_off", _write_number(self.cut_off)))
        if self.dma_threshold != DMA_THRESHOLD:
            notes.append(format_note("dma_threshold", _write_number(self.dma_threshold)))
        if (criteria := load_criteria(self.criteria)) is not load_criteria():
            notes.append(format_note("criteria", criteria.id))
        if self.mechanisms is not None and (base := load_mechanisms(self.mechanisms)) is not load_mechanisms():
            notes.append(format_note("mechanisms", base.id))
        notes += [format_note("device_limit", code, _write_number(end)) for code, end in self.device_limits.items()]
        return join_list(notes)


def _write_number(number: float) -> str:
    """A number with all digits that are needed to read it back: 3, 2.5, 1.9599639845."""
    return repr(float(number)).removesuffix(".0")


_DEFAULTS = Settings()
