"""The QST protocol of the DFNS: its 13 parameters and everything known about them.

Only this module knows a parameter's unit, scale, sign, device limits and number of trials, and the order of the
parameters.

Sources: Rolke et al. 2006, Pain 123:231-243 and Eur J Pain 10:77-88 (protocol); Magerl et al. 2010, Pain
151:598-605 (scales). Bounds called *ours* are plausibility limits of this program and are not published.
"""

from dataclasses import dataclass
from typing import Literal

Scale = Literal["raw", "log10"]

Summary = Literal["mean", "distance", "ramp difference", "count", "geometric mean", "rating geometric mean", "ratio"]

BASELINE = 32.0
"""Temperature (°C) at which thermal ramps start, unless a file says otherwise."""

THERMODE_RANGE = (0.0, 50.0)
"""Temperatures (°C) at which the thermode stops."""

RATING_OFFSET = 0.1
"""Added to each rating (0-100) before the geometric mean, so that a rating of 0 has a logarithm."""

STIMULI = {"TSL": ("warm", "cold"), "WUR": ("single", "train")}
"""The two kinds of stimuli that a value is formed from; it needs both."""

TURNING_POINTS = ("up", "down")
"""MDT and MPT: the force that is first felt as forces rise, and the force that is first missed as they fall."""

PINPRICKS = (8, 16, 32, 64, 128, 256, 512)
"""Forces (mN) of the pinprick stimulators."""

LIGHT_TOUCH = ("cotton wisp", "cotton tip", "brush")
"""The moving stimuli of DMA, given among the pinpricks of MPS."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One QST parameter.

    Attributes
    ----------
    code : str
        Abbreviation of the field, for example ``"CDT"``.
    name : str
        Full English name.
    unit : str
        Unit of the value in our tables.
    scale : {"raw", "log10"}
        Scale on which healthy people are normally distributed and z is computed.
    gain_sign : int
        +1 where a larger value means more sensitive, -1 where it means less sensitive.
    modality : str
        ``"thermal detection"``, ``"thermal pain"``, ``"mechanical detection"`` or ``"mechanical pain"``.
    fibres : str
        Afferent fibre classes that carry the sensation.
    insensitive_end, sensitive_end : float or None
        Value beyond which the device or the protocol cannot measure, on the side of loss and of gain.
    possible : tuple of float
        Lowest and highest value that this parameter can have, overshoot included (ours).
    usual : tuple of float
        A column whose values are all outside this range has another unit or another quantity (ours).
    summary : str
        How the value is formed from single trials.
    trials : int
        Number of trials (determinations, ramps or ratings) of the full protocol.
    record_position : int
        Position on the DFNS record sheet, counted from 1.
    """

    code: str
    name: str
    unit: str
    scale: Scale
    gain_sign: int
    modality: str
    fibres: str
    insensitive_end: float | None
    sensitive_end: float | None
    possible: tuple[float, float]
    usual: tuple[float, float]
    summary: Summary
    trials: int
    record_position: int

    @property
    def has_z(self) -> bool:
        """Whether the parameter has a z-score: all but PHS and DMA, in which healthy people hardly vary."""
        return self.code not in ("PHS", "DMA")

    @property
    def is_rating(self) -> bool:
        """Whether the value is a geometric mean of ratings + 0.1."""
        return self.summary == "rating geometric mean"

    @property
    def has_rated_trials(self) -> bool:
        """Whether a single trial is a rating of pain (0-100)."""
        return self.is_rating or self.summary == "ratio"

    @property
    def is_force(self) -> bool:
        """Whether the value is a force or pressure, for which 0 cannot be a threshold."""
        return self.unit in ("mN", "kPa")

    @property
    def trial_possible(self) -> tuple[float, float]:
        """Lowest and highest value of a single trial: a rating or a temperature, even where the value is neither."""
        if self.has_rated_trials:
            return (0.0, 100.0)
        return (-5.0, 55.0) if self.summary == "ramp difference" else self.possible

    @property
    def overshoot(self) -> float:
        """How far a reading may lie past the insensitive end and still mean that end (ours): 0.5 °C, or 5 % of a force.

        A reading further out shows that the device has a wider range than the protocol's, and is judged as measured.
        """
        if self.insensitive_end is None:
            return 0.0
        return 0.05 * self.insensitive_end if self.is_force else 0.5 if self.unit.startswith("°C") else 1e-9

    @property
    def is_distance(self) -> bool:
        """Whether the value is a temperature difference, of which only the magnitude counts."""
        return self.summary in ("distance", "ramp difference")


_COLD_SPAN = BASELINE - THERMODE_RANGE[0]

_WARM_SPAN = THERMODE_RANGE[1] - BASELINE

_FULL_SPAN = THERMODE_RANGE[1] - THERMODE_RANGE[0]

_TD, _TP, _MD, _MP = "thermal detection", "thermal pain", "mechanical detection", "mechanical pain"

# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    Parameter("CDT", "cold detection threshold", "°C from baseline", "log10", -1, _TD, "Aδ",
              _COLD_SPAN, None, (0, _COLD_SPAN + 0.5), (0.05, _COLD_SPAN), "distance", 3, 1),
    Parameter("WDT", "warm detection threshold", "°C from baseline", "log10", -1, _TD, "C",
              _WARM_SPAN, None, (0, _WARM_SPAN + 2.5), (0.05, _WARM_SPAN), "distance", 3, 2),
    Parameter("TSL", "thermal sensory limen", "°C", "log10", -1, _TD, "Aδ, C",
              _FULL_SPAN, None, (0, _FULL_SPAN + 0.5), (0.05, _FULL_SPAN), "ramp difference", 6, 3),
    Parameter("CPT", "cold pain threshold", "°C", "raw", +1, _TP, "C, Aδ",
              0.0, None, (-5, 35), (-5, 35), "mean", 3, 5),
    Parameter("HPT", "heat pain threshold", "°C", "raw", -1, _TP, "C, Aδ",
              50.0, None, (30, 52.5), (30, 52.5), "mean", 3, 6),
    Parameter("PPT", "pressure pain threshold", "kPa", "log10", -1, _MP, "deep C, Aδ",
              1000.0, None, (1, 2500), (100, 1000), "mean", 3, 13),
    Parameter("MPT", "mechanical pain threshold", "mN", "log10", -1, _MP, "Aδ",
              512.0, 8.0, (1, 1024), (4, 1024), "geometric mean", 10, 8),
    Parameter("MPS", "mechanical pain sensitivity", "rating 0-100", "log10", +1, _MP, "Aδ",
              RATING_OFFSET, 100 + RATING_OFFSET, (0, 100 + RATING_OFFSET), (0, 100 + RATING_OFFSET),
              "rating geometric mean", 35, 9),
    Parameter("WUR", "wind-up ratio", "ratio", "log10", +1, _MP, "C, Aδ",
              None, None, (0, 100), (0.3, 100), "ratio", 10, 11),
    Parameter("MDT", "mechanical detection threshold", "mN", "log10", -1, _MD, "Aβ",
              512.0, 0.25, (0.01, 1024), (0.01, 1024), "geometric mean", 10, 7),
    Parameter("VDT", "vibration detection threshold", "x/8", "raw", +1, _MD, "Aβ",
              0.0, 8.0, (0, 8), (0, 8), "mean", 3, 12),
    Parameter("PHS", "paradoxical heat sensations", "count of 3", "raw", -1, _TD, "Aδ, C",
              None, None, (0, 3), (0, 3), "count", 3, 4),
    Parameter("DMA", "dynamic mechanical allodynia", "rating 0-100", "log10", +1, _MP, "Aβ (central)",
              RATING_OFFSET, 100 + RATING_OFFSET, (0, 100 + RATING_OFFSET), (0, 100 + RATING_OFFSET),
              "rating geometric mean", 15, 10),
)

# fmt: on
BY_CODE: dict[str, Parameter] = {parameter.code: parameter for parameter in PARAMETERS}

CODES: tuple[str, ...] = tuple(BY_CODE)

Z_CODES: tuple[str, ...] = tuple(p.code for p in PARAMETERS if p.has_z)

DISTANCE_CODES: tuple[str, ...] = tuple(p.code for p in PARAMETERS if p.summary == "distance")
"""Thermal detection thresholds, which files give as a temperature or as a distance from baseline."""

THERMODE_CODES: tuple[str, ...] = tuple(p.code for p in PARAMETERS if p.unit.startswith("°C"))
"""Tests whose trials are temperatures of a thermode."""

RECORD_ORDER: tuple[str, ...] = tuple(p.code for p in sorted(PARAMETERS, key=lambda p: p.record_position))

CUT_OFF = 1.96
"""z beyond which a value is abnormal: the central 95 % of healthy people."""
