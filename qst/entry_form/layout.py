"""Which cell of the entry form holds what: the one description that its writer and its reader share."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from qst.protocol import BASELINE, BY_CODE, LIGHT_TOUCH, PINPRICKS, RECORD_ORDER, STIMULI, TURNING_POINTS
from qst.tables import AREAS

VERSION = 1
"""Increased whenever a cell moves or a label changes: a form of another version is refused, not misread."""

LANGUAGES = ("en", "de")

INSTRUCTIONS = "instructions"

MARK = re.compile(rf"qst-entry-form (\d+) (\w+) ({'|'.join((*AREAS, INSTRUCTIONS))})")
"""The text in `MARK_PLACE` of each sheet: version, language, and sheet."""

LABEL, UNIT, FIRST_PAIR, LAST_COLUMN = 1, 2, 3, 12
"""Columns: the test's name, its unit, then five pairs of a label and the yellow cell to its right."""

HEAD_ROW, TITLES_ROW = 2, 9

_HEAD = (
    ("subject", "area"), ("visit", "site"), ("age", "side"), ("sex", "baseline"), ("date", "device"), ("examiner", ""),
)  # fmt: skip
"""The head of a sheet by row: the left and the right entry."""

_RIGHT_LABEL, _RIGHT_VALUE = 6, 9

OWN = ("examiner", "date", "device", "remarks")
"""Entries that are carried through as columns of their own."""


class Place(NamedTuple):
    """A cell: row and column, both counted from 1.

    >>> str(Place(14, 4))
    'D14'
    """

    row: int
    column: int

    @property
    def letters(self) -> str:
        """The column as a spreadsheet names it."""
        from openpyxl.utils.cell import get_column_letter

        return str(get_column_letter(self.column))

    def __str__(self) -> str:
        return f"{self.letters}{self.row}"


MARK_PLACE = Place(1, LAST_COLUMN)


class Trial(NamedTuple):
    """A yellow cell for one trial, with series and stimulus as in a table of trials."""

    place: Place
    code: str
    series: int
    stimulus: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet of the form.

    Attributes
    ----------
    area, language : str
    labels : mapping of Place to str
        Locked texts; a reader that finds another text in one of these cells refuses the form.
    hints : mapping of Place to str
        Locked texts for people only, which a reader does not compare.
    about : mapping of str to Place
        Cells of the head by the column of ours that they fill, and `remarks`.
    trials : tuple of Trial
        In the order in which they are measured.
    unit : Place
        The unit of PPT.
    """

    area: str
    language: str
    labels: Mapping[Place, str]
    hints: Mapping[Place, str]
    about: Mapping[str, Place]
    trials: tuple[Trial, ...]
    unit: Place

    @property
    def mark(self) -> str:
        """The text in `MARK_PLACE`."""
        return make_mark(self.language, self.area)

    def label(self, place: Place) -> str:
        """The label to the left of a cell."""
        column = max(label.column for label in self.labels if label.row == place.row and label.column < place.column)
        return self.labels[Place(place.row, column)]

    @property
    def last_row(self) -> int:
        """The row of the remarks, the last one of the form."""
        return self.about["remarks"].row


def make_mark(language: str, sheet: str) -> str:
    """The text by which a sheet of the form is recognised.

    >>> make_mark("de", "control")
    'qst-entry-form 1 de control'
    """
    return f"qst-entry-form {VERSION} {language} {sheet}"


@lru_cache
def read_texts(language: str) -> dict[str, Any]:
    """The form's texts in a language."""
    return tomllib.loads((files("qst.entry_form") / f"texts_{language}.toml").read_text(encoding="utf-8"))


def order_runs(area: str) -> list[list[str]]:
    """The order of the seven pinpricks and three light touches in each run of MPS and DMA.

    The runs are rows of a Williams square of the ten stimuli, alternately for each area: within an area each stimulus
    has a different position in every run, and no stimulus follows the same one twice. The order is ours; the DFNS's
    own was not available.

    Returns
    -------
    list of list of str
        One list per run.

    Examples
    --------
    >>> order_runs("test")[0][:4]
    ['8 mN', '16 mN', 'brush', '32 mN']
    """
    stimuli = [*(f"{force} mN" for force in PINPRICKS), *LIGHT_TOUCH]
    n = len(stimuli)
    zigzag = [step // 2 + 1 if step % 2 else -(step // 2) for step in range(n)]
    runs = BY_CODE["MPS"].trials // len(PINPRICKS)
    return [[stimuli[(place + AREAS.index(area) + 2 * run) % n] for place in zigzag] for run in range(runs)]


def limit_trial(code: str, baseline: float = BASELINE) -> tuple[float, float]:
    """Lowest and highest number that a trial's cell can hold, in our unit; CDT and WDT as temperatures.

    >>> limit_trial("CDT"), limit_trial("WDT"), limit_trial("MPS")
    ((-0.5, 32.0), (32.0, 52.5), (0.0, 100.0))
    """
    low, high = BY_CODE[code].trial_possible
    if code == "CDT":
        return baseline - high, baseline - low
    return (baseline + low, baseline + high) if code == "WDT" else (low, high)


@lru_cache
def lay_out(area: str, language: str) -> Layout:
    """The sheet of an area in a language."""
    return _Builder(area, language).build()


class _Builder:
    """Arranges the tests below each other in record-sheet order."""

    def __init__(self, area: str, language: str) -> None:
        self.area, self.language, self.texts = area, language, read_texts(language)
        self.labels: dict[Place, str] = {}
        self.about: dict[str, Place] = {}
        self.trials: list[Trial] = []
        self.row = TITLES_ROW

    def build(self) -> Layout:
        self._add_head()
        for code in RECORD_ORDER:
            if code == "MPS":
                self._add_ratings()
            elif code != "DMA":  # among the pinpricks
                self._add_test(code)
        unit = self._add_unit()
        self.row += 1
        self.labels[Place(self.row, LABEL)] = self.texts["remarks"]
        self.about["remarks"] = Place(self.row, UNIT)
        hints = {
            Place(1, LABEL): self.texts["title"],
            Place(TITLES_ROW - 1, LABEL): self.texts["hint" if self.area == AREAS[0] else "hint_control"],
            Place(TITLES_ROW, FIRST_PAIR): self.texts["trials"],
        }
        return Layout(self.area, self.language, self.labels, hints, self.about, tuple(self.trials), unit)

    def _add_head(self) -> None:
        for row, names in enumerate(_HEAD, start=HEAD_ROW):
            for name, label, value in zip(names, (LABEL, _RIGHT_LABEL), (UNIT, _RIGHT_VALUE), strict=True):
                if name:
                    self.labels[Place(row, label)] = self.texts["about"][name]
                    self.about[name] = Place(row, value)

    def _add_test(self, code: str) -> None:
        """A row for each stimulus, with its trials side by side; the stimuli alternate."""
        parameter = BY_CODE[code]
        turning = TURNING_POINTS if parameter.summary == "geometric mean" else ("",)
        stimuli = ("cold",) if code == "PHS" else STIMULI.get(code, turning)
        rows = {stimulus: self.row + 1 + i for i, stimulus in enumerate(stimuli)}
        self.labels[Place(self.row + 1, LABEL)] = self.texts["tests"][code]
        for stimulus, row in rows.items():
            kind = f"{self.texts['stimuli'][stimulus]}, " if stimulus and code != "PHS" else ""
            self.labels[Place(row, UNIT)] = kind + self.texts["units"][code]
        for series in range(1, parameter.trials // len(stimuli) + 1):
            for stimulus, row in rows.items():
                self._add_trial(row, series, str(series), code, series, stimulus)
        self.row += len(stimuli)

    def _add_ratings(self) -> None:
        """A column for each run, with its stimuli from top to bottom in the order in which they are applied."""
        first = self.row + 1
        self.labels[Place(first, LABEL)] = self.texts["tests"]["MPS"]
        self.labels[Place(first, UNIT)] = self.texts["units"]["MPS"]
        for run, stimuli in enumerate(order_runs(self.area), start=1):
            self.labels[Place(first, FIRST_PAIR + 2 * (run - 1))] = self.texts["run"].format(number=run)
            for row, stimulus in enumerate(stimuli, start=first + 1):
                code = "DMA" if stimulus in LIGHT_TOUCH else "MPS"
                self._add_trial(row, run, self.texts["stimuli"].get(stimulus, stimulus), code, run, stimulus)
        self.row = first + len(stimuli)

    def _add_trial(self, row: int, pair: int, label: str, code: str, series: int, stimulus: str) -> None:
        column = FIRST_PAIR + 2 * (pair - 1)
        self.labels[Place(row, column)] = label
        self.trials.append(Trial(Place(row, column + 1), code, series, stimulus))

    def _add_unit(self) -> Place:
        """Label and cell for the unit of PPT, at the end of its row."""
        row = next(trial.place.row for trial in self.trials if trial.code == "PPT")
        self.labels[Place(row, LAST_COLUMN - 1)] = self.texts["unit"]
        return Place(row, LAST_COLUMN)


def name_trial(trial: Trial, language: str) -> str:
    """A trial in words, for messages: its parameter, number and stimulus.

    >>> name_trial(Trial(Place(20, 4), "MDT", 2, "up"), "en")
    'MDT 2 ascending'
    """
    stimulus = read_texts(language)["stimuli"].get(trial.stimulus, trial.stimulus)
    return " ".join(part for part in (trial.code, str(trial.series), stimulus) if part)
