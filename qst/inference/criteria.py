"""Published criteria for findings: irritable nociceptor, small fibre, large fibre; and the rule for volunteers.

The rules are data, `reference_values/criteria/criteria.toml`, together with the published wording.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Ints, TextColumn, take_texts
from qst.errors import ReferenceSetError
from qst.inference.findings import FINDING_NUMBERS, FindingNumbers
from qst.notes import name_in_notes
from qst.protocol import CODES
from qst.tables import CRITERIA, GAIN, LIMIT, LOSS, NO, YES

PUBLISHED = "published"

FEWEST_VOLUNTEERS = 8
"""Least number of judged values of a parameter for a statement on it (ours)."""

_CONDITIONS = {"preserved": LOSS, "any_loss": LOSS, "any_gain": GAIN}

_NO, _YES, _OPEN = range(3)

_ANSWERS = np.array([NO, YES, np.nan], dtype=object)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion.

    Attributes
    ----------
    name, title : str
    preserved : tuple of str
        Parameters none of which may show a loss.
    any_loss, any_gain : tuple of str
        Parameters at least one of which must show a loss, or a gain.
    wording, ours, says, says_not : str
        What was published, what we added, and what a `yes` means and does not mean.
    citation, doi, evidence : str
    """

    name: str
    title: str
    preserved: tuple[str, ...]
    any_loss: tuple[str, ...]
    any_gain: tuple[str, ...]
    wording: str
    ours: str
    says: str
    says_not: str
    citation: str
    doi: str
    evidence: str

    def describe(self) -> str:
        """The rule in words.

        >>> load_criteria().criteria["small_fibre"].describe()
        'a loss in any of CDT WDT'
        """
        parts = [f"no loss in {' '.join(self.preserved)}"] if self.preserved else []
        parts += [f"a loss in any of {' '.join(self.any_loss)}"] if self.any_loss else []
        parts += [f"a gain in any of {' '.join(self.any_gain)}"] if self.any_gain else []
        return " and ".join(parts)


@dataclass(frozen=True, slots=True)
class Criteria:
    """The criteria, and the numbers of the rule for volunteers.

    `healthy` is the share of simulated healthy people who meet each criterion; empty if the file does not have it.
    """

    id: str
    criteria: Mapping[str, Criterion]
    healthy: Mapping[str, float]
    person_abnormal: int
    parameter_abnormal: int
    group_size: int


@dataclass(frozen=True, eq=False)
class VolunteerCheck:
    """The result of the rule for volunteers in a scored table.

    Attributes
    ----------
    probably_not_healthy : bool array, shape (rows,)
        Assessments with at least 4 abnormal values.
    n_abnormal : int array, shape (rows,)
    probably_measured_wrongly : tuple of str
        Parameters with at least 6 of 16 values abnormal, or the same share.
    """

    probably_not_healthy: Bools
    n_abnormal: Ints
    probably_measured_wrongly: tuple[str, ...]


def load_criteria(criteria: "str | Path | Criteria" = PUBLISHED) -> Criteria:
    """Load and check the rules.

    Parameters
    ----------
    criteria : str, Path or Criteria
        ``"published"``, or a TOML file in the form of `reference_values/criteria/criteria.toml`.

    Raises
    ------
    ReferenceSetError
        The file cannot be read, lacks one of the three criteria, or names an unknown parameter.
    """
    if isinstance(criteria, Criteria):
        return criteria
    if str(criteria) == PUBLISHED:
        return _load_published()
    path = Path(criteria)
    if not path.is_file():
        raise ReferenceSetError(f"no file of criteria '{criteria}': give a TOML file, or {PUBLISHED}")
    return _build(path.read_bytes(), path.stem, str(path))


@lru_cache
def _load_published() -> Criteria:
    file = files("qst.reference_values") / "criteria" / "criteria.toml"
    return _build(file.read_bytes(), PUBLISHED, "criteria.toml")


def _build(text: bytes, name: str, file: str) -> Criteria:
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReferenceSetError(f"{file}: not a TOML file: {error}") from error
    tables = data.get("criteria")
    if not isinstance(tables, dict) or set(tables) != set(CRITERIA):
        raise ReferenceSetError(f"{file}: needs the tables {', '.join(f'[criteria.{name}]' for name in CRITERIA)}")
    volunteers = data.get("volunteers", {})
    numbers = {key: volunteers.get(key) for key in ("person_abnormal", "parameter_abnormal", "group_size")}
    for key, number in numbers.items():
        if not isinstance(number, int) or number < 1:
            raise ReferenceSetError(
                f"{file}: [volunteers] {key} is '{number}'; it must be a whole number of at least 1"
            )
    healthy = data.get("healthy", {})
    return Criteria(
        name_in_notes(str(data.get("id", name))),
        {name: _read_criterion(name, tables[name], file) for name in CRITERIA},
        {name: float(healthy[name]) for name in CRITERIA if isinstance(healthy.get(name), int | float)},
        **numbers,
    )


def _read_criterion(name: str, table: Mapping[str, object], file: str) -> Criterion:
    lists: dict[str, tuple[str, ...]] = {}
    for condition in _CONDITIONS:
        given = table.get(condition, [])
        if not isinstance(given, list) or not all(code in CODES for code in given):
            raise ReferenceSetError(f"{file}: [criteria.{name}] {condition} must be a list of {' '.join(CODES)}")
        lists[condition] = tuple(given)
    if not any(lists.values()):
        raise ReferenceSetError(f"{file}: [criteria.{name}] has none of {', '.join(_CONDITIONS)}")
    return Criterion(
        name,
        title=str(table.get("title", name)),
        preserved=lists["preserved"],
        any_loss=lists["any_loss"],
        any_gain=lists["any_gain"],
        wording=str(table.get("wording", "")),
        ours=str(table.get("ours", "")),
        says=str(table.get("says", "")),
        says_not=str(table.get("says_not", "")),
        citation=str(table.get("citation", "")),
        doi=str(table.get("doi", "")),
        evidence=str(table.get("evidence", "")),
    )


def find_criteria(
    numbers: Mapping[str, FindingNumbers], criteria: "str | Path | Criteria" = PUBLISHED
) -> dict[str, TextColumn]:
    """Answer each criterion for each assessment.

    Parameters
    ----------
    numbers : mapping of str to int array, shape (n,)
        Findings of the 13 parameters: `qst.inference.findings.Patterns.numbers`.
    criteria : str, Path or Criteria

    Returns
    -------
    dict of str to text array, shape (n,)
        ``"yes"`` or ``"no"`` where the judged tests decide it; NaN where a test that was not judged could change the
        answer. A value at the device's limit (`limit`) may be a loss and is certainly not a gain.
    """
    return {
        name: take_texts(_ANSWERS, _answer(numbers, criterion))
        for name, criterion in load_criteria(criteria).criteria.items()
    }


def _answer(numbers: Mapping[str, FindingNumbers], criterion: Criterion) -> npt.NDArray[np.int8]:
    """The answer to all conditions together: no where one fails, yes where all hold, open otherwise."""
    length = len(numbers[CODES[0]])
    fails, holds = np.zeros(length, dtype=bool), np.ones(length, dtype=bool)
    for condition, sought in _CONDITIONS.items():
        codes = getattr(criterion, condition)
        if not codes:
            continue
        shown, unsettled = np.zeros(length, dtype=bool), np.zeros(length, dtype=bool)
        for code in codes:
            shown |= numbers[code] == FINDING_NUMBERS[sought]
            unsettled |= numbers[code] == 0
            if sought == LOSS:
                unsettled |= numbers[code] == FINDING_NUMBERS[LIMIT]
        absent = ~shown & ~unsettled
        met, unmet = (absent, shown) if condition == "preserved" else (shown, absent)
        fails |= unmet
        holds &= met
    return np.where(fails, _NO, np.where(holds, _YES, _OPEN)).astype(np.int8)


def check_volunteers(scored: pd.DataFrame, criteria: "str | Path | Criteria" = PUBLISHED) -> VolunteerCheck:
    """Find people who are probably not healthy, and parameters that were probably measured wrongly.

    For a scored table of people who are assumed to be healthy. In groups of 16, it is rare that healthy people who were
    measured correctly have 4 or more abnormal values in a person, or 6 or more in a parameter (specificity 95 %,
    sensitivity 60 %; Vollert et al. 2015). In groups of another size, the same share of abnormal values is required of
    a parameter, and at least 8 judged values (ours).

    Parameters
    ----------
    scored : pandas.DataFrame
        As `qst.score` returns it; uses the findings.
    criteria : str, Path or Criteria

    Returns
    -------
    VolunteerCheck

    Examples
    --------
    >>> findings = pd.DataFrame([["loss"] * 4 + ["normal"] * 9], columns=[f"{code}_finding" for code in CODES])
    >>> check_volunteers(findings).probably_not_healthy.tolist()
    [True]
    """
    rules = load_criteria(criteria)
    n_abnormal = np.zeros(len(scored), dtype=np.int64)
    wrong = []
    for code in CODES:
        finding = scored[f"{code}_finding"]
        abnormal = finding.isin([GAIN, LOSS]).to_numpy()
        n_abnormal += abnormal
        judged = int(finding.notna().sum())
        if is_measured_wrongly(int(abnormal.sum()), judged, rules):
            wrong.append(code)
    return VolunteerCheck(n_abnormal >= rules.person_abnormal, n_abnormal, tuple(wrong))


def is_measured_wrongly(abnormal: int, judged: int, rules: Criteria) -> bool:
    """Whether so many of a parameter's values in volunteers are abnormal that it was probably measured wrongly."""
    return judged >= FEWEST_VOLUNTEERS and abnormal * rules.group_size >= rules.parameter_abnormal * judged
