"""Checks across rows: assessments and trials that occur twice, entries of one assessment that differ."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import first_rows, join_texts, label_flags, number_groups
from qst.problems import OnProblem, cut_text, make_problem, shorten
from qst.tables import KEY


class DuplicateFinder:
    """Finds assessments that occur twice, over any number of blocks; of each row, only a hash is kept."""

    def __init__(self) -> None:
        self._hashes = np.array([], dtype=np.uint64)
        self._places: list[tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]] = []

    def mark(self, assessments: pd.DataFrame, on_problem: OnProblem) -> pd.DataFrame:
        """Report each row that repeats an earlier one, and add a note to it; both are kept."""
        named = assessments["subject"].notna().to_numpy()
        keys = assessments[list(KEY)].astype(object).where(assessments[list(KEY)].notna(), "")
        hashes = pd.util.hash_pandas_object(keys.astype(str), index=False).to_numpy(dtype=np.uint64)
        before = len(self._hashes)
        every = np.concatenate([self._hashes, hashes])
        self._places.append((assessments["source_file"].to_numpy(dtype=object), assessments["source_row"].to_numpy()))
        repeated = pd.Series(every).duplicated().to_numpy()[before:] & named
        self._hashes = every
        if not repeated.any():
            return assessments
        codes, first = first_rows(every)
        positions = np.flatnonzero(repeated)
        files, rows = (np.concatenate(column) for column in zip(*self._places, strict=True))
        others = first[codes[before + positions]]
        subjects = assessments["subject"].to_numpy(dtype=object)[positions]
        places = (files[before + positions], rows[before + positions], files[others], rows[others])
        for subject, file, row, other, first_row in zip(subjects, *(place.tolist() for place in places), strict=True):
            earlier = f"row {first_row}" if file == other else f"{other}, row {first_row}"
            who = shorten(str(subject))
            on_problem(make_problem("duplicate-assessment", file=str(file), row=row, subject=who, place=earlier))
        flag = label_flags({"duplicate_assessment": repeated}, len(assessments))
        return assessments.assign(notes=join_texts([assessments["notes"].to_numpy(dtype=object), flag]))


def check_trials(trials: pd.DataFrame, on_problem: OnProblem) -> pd.DataFrame:
    """Report trials that occur twice, and ages or sexes that differ within one assessment; nothing is left out.

    Trials are the same where assessment, parameter, series, stimulus and value are the same and a series is given;
    trials that do not count are not compared.
    """
    columns = ["subject", "visit", "age", "sex", "site", "side", "area", "parameter", "series", "stimulus", "value"]
    same, first_of_same = first_rows(number_groups(trials, columns))
    first = first_of_same[same]
    compared = (
        trials["series"].notna().to_numpy() & trials["value"].notna().to_numpy() & trials["subject"].notna().to_numpy()
    )
    if "keep" in trials:
        compared &= trials["keep"].to_numpy(dtype=bool)
    for position in np.flatnonzero((first < np.arange(len(trials))) & compared):
        file, row = _place(trials, int(position))
        earlier = trials["source_row"].iloc[first[position]]
        on_problem(make_problem("duplicate-trial", file=file, row=row, first=earlier))
    group = number_groups(trials, KEY)
    for role in ("age", "sex"):
        known = trials[role].notna().to_numpy()
        values = trials.loc[known, role].reset_index(drop=True)
        opening = values.groupby(group[known]).transform("first")
        differs = np.flatnonzero(known)[(values != opening).to_numpy()]
        for position in differs[~pd.Series(group[differs]).duplicated().to_numpy()]:
            theirs, other = trials[role].iloc[position], opening[np.searchsorted(np.flatnonzero(known), position)]
            texts = [f"{text:g}" if role == "age" else str(text) for text in (other, theirs)]
            file, row = _place(trials, int(position))
            on_problem(
                make_problem(
                    "contradiction",
                    "assessment",
                    severity="error",
                    file=file,
                    row=row,
                    column=role,
                    value=cut_text(texts[1]),
                    first=texts[0],
                    other=texts[1],
                )
            )
    return trials


def _place(table: pd.DataFrame, position: int) -> tuple[str, int]:
    """File and row number of a row."""
    return str(table["source_file"].iloc[position]), int(table["source_row"].iloc[position])
