"""Values that are possible by themselves but implausible in combination: warnings; the values are used.

All rules are ours. Each rule and its bound are defined here, with the reason; `docs/scoring.md` lists them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, Texts, number_groups
from qst.derive.trials import derive_values, is_trials
from qst.errors import OptionError
from qst.notes import read_baseline
from qst.problems import OnProblem, Problem, make_problem
from qst.protocol import CODES, PARAMETERS, Parameter
from qst.tables import AREAS, ASSESSMENT_COLUMNS, KEY, SEXES, SIDES, SOURCE
from qst.vocabulary.visits import read_visit

PAST_PAIN = 3.0
"""°C by which detection may lie past pain: each varies by 1 to 2 from series to series; more is not scatter."""

TRIALS_APART = {"temperature": 10.0, "pressure": np.log10(3), "staircase": np.log10(16), "eighths": 3.0}
"""How far a trial may lie from the median of its series: 10 °C (repeated thresholds vary by 1 to 5), a factor
of 3 for pressure (it varies by a fifth; a misplaced decimal point is a factor of 10), 4 doubling steps for pinpricks
and von Frey filaments (turning points are 1 to 3 steps apart), 3 of 8 for the tuning fork."""

FEWEST_COMPARED = 3
"""Trials of a series that are compared with their median; of two, neither is the odd one out."""

FEWEST_ALIKE = 5
"""Measured values that must be equal in rows of two people; fewer coincide by chance in a large file."""

COARSE = ("VDT", "PHS", "DMA")
"""Parameters in which many healthy people have the same value; they do not count as coincidences."""

DETECTION = tuple(p.code for p in PARAMETERS if p.modality.endswith("detection"))
"""Tests of detection; the others are tests of pain."""

AGE_DROP = 1.0
"""Years by which a later age must be lower; smaller drops occur where whole years are mixed with fractions."""

AGES_APART = 10.0
"""Years between a person's rows; few studies last longer."""


def check_plausibility(table: pd.DataFrame) -> list[Problem]:
    """Find rows that are implausible in combination, as ``qst score``, ``validate`` and ``convert`` report them.

    `qst.load` reads cells and does not check this, as a cohort may first be put together from several files.

    Parameters
    ----------
    table : pandas.DataFrame
        Assessments or trials as `qst.load` returns them, several tables of one kind concatenated, or a scored table.
        Units as for `qst.score`. Absent columns and missing values are not compared.

    Returns
    -------
    list of Problem
        Warnings, each with the `source_file` and `source_row` of its row. If the table does not have these columns,
        the file is called ``table``, and rows are counted as in a spreadsheet, with the header as row 1.
        `docs/scoring.md` lists the rules; all are ours.

    Raises
    ------
    OptionError
        The table has none of the 13 parameters and is not a table of trials.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"subject": ["1", "1"], "visit": ["T1", "T2"], "age": [45, 41], "HPT": [44.1, 45.0]}
    >>> [(problem.code, problem.row) for problem in check_plausibility(pd.DataFrame(rows))]
    [('age-goes-down', 3)]
    """
    problems: list[Problem] = []
    plausibility = Plausibility(problems.append)
    if not set(SOURCE) <= set(table):
        table = table.assign(source_file="table", source_row=np.arange(2, len(table) + 2))
    if is_trials(table):
        plausibility.update(_complete(derive_values(table)), table)
    elif not any(code in table for code in CODES):
        raise OptionError(
            f"the table has none of the columns {' '.join(CODES)}, and not the columns parameter and value"
        )
    else:
        plausibility.update(_complete(table))
    plausibility.finish()
    return problems


def _complete(assessments: pd.DataFrame) -> pd.DataFrame:
    """The columns that are checked; those that the table lacks are missing throughout."""
    complete = assessments.reindex(columns=[*ASSESSMENT_COLUMNS, "notes", *SOURCE])
    return complete.assign(notes=complete["notes"].astype(object).fillna(""))


class Plausibility:
    """Checks rows block by block, and at the end compares the rows of each person, and rows with equal values.

    It keeps some 50 bytes per row: hashes of subject and values, age, codes and place.
    """

    def __init__(self, on_problem: OnProblem) -> None:
        self._on_problem = on_problem
        self._words: dict[str, dict[object, int]] = {column: {} for column in ("visit", "site", "source_file")}
        self._words |= {"sex": _number(SEXES), "side": _number(SIDES), "area": _number(AREAS)}
        self._blocks: list[dict[str, npt.NDArray[np.generic]]] = []

    def _compare_trials(self, trials: pd.DataFrame) -> None:
        """Report series with a trial far from the others: one problem per series, for the trial that is farthest away.

        Ratings are not compared: different stimuli are rated differently.
        """
        code = trials["parameter"].to_numpy(dtype=object)
        size, limit = np.full(len(trials), np.nan), np.full(len(trials), np.inf)
        value = trials["value"].to_numpy(dtype=float)
        for parameter in PARAMETERS:
            kind = _find_rule(parameter)
            if kind is None:
                continue
            rows = np.flatnonzero(code == parameter.code)
            limit[rows] = TRIALS_APART[kind]
            size[rows] = _spread_scale(value[rows], kind)
        counted = np.isfinite(size) & (trials["keep"].to_numpy(dtype=bool) if "keep" in trials else True)
        rows = np.flatnonzero(counted)
        group = number_groups(trials.iloc[rows], (*KEY, "parameter", "stimulus"))
        spread = pd.Series(size[rows])
        grouped = spread.groupby(group)
        from_median = (spread - grouped.transform("median")).abs()
        away = from_median.where(grouped.transform("size") >= FEWEST_COMPARED, 0.0).to_numpy()
        far = np.flatnonzero(away > limit[rows])
        far = far[np.argsort(-away[far], kind="stable")]
        for position in sorted(rows[far[~pd.Series(group[far]).duplicated().to_numpy()]].tolist()):
            same = rows[group == group[np.searchsorted(rows, position)]]
            self._on_problem(
                make_problem(
                    "trials-disagree",
                    file=str(trials["source_file"].iloc[position]),
                    row=int(trials["source_row"].iloc[position]),
                    value=f"{value[position]:g}",
                    median=np.median(value[same]),
                    n=len(same),
                    parameter=code[position],
                )
            )

    def update(self, assessments: pd.DataFrame, trials: pd.DataFrame | None = None) -> None:
        """Report trials that disagree and detection past pain, and keep what is compared with other rows.

        Parameters
        ----------
        assessments : pandas.DataFrame
            With `notes`, `source_file` and `source_row`.
        trials : pandas.DataFrame, optional
            The trials that the assessments were derived from.
        """
        if trials is not None:
            self._compare_trials(trials)
        baseline = read_baseline(assessments["notes"])
        values = {code: assessments[code].to_numpy(dtype=float) for code in CODES}
        cold, warm = baseline - np.abs(values["CDT"]), baseline + np.abs(values["WDT"])
        for detection, pain, felt, past in (
            ("CDT", "CPT", cold, values["CPT"] - cold),
            ("WDT", "HPT", warm, warm - values["HPT"]),
        ):
            found = np.flatnonzero(past > PAST_PAIN)
            columns = (values[detection], felt, values[pain], assessments["source_file"], assessments["source_row"])
            for first, at, hurts, file, row in zip(*(np.asarray(c)[found].tolist() for c in columns), strict=True):
                self._on_problem(
                    make_problem(
                        "detection-past-pain",
                        file=str(file),
                        row=row,
                        column=detection,
                        value=f"{first:g}",
                        felt=at,
                        pain=pain,
                        threshold=hurts,
                    )
                )
        self._remember(assessments, values)

    def finish(self) -> None:
        """Report what only all rows together show. Call it once, after the last block."""
        if not self._blocks:
            return
        rows = pd.DataFrame(
            {name: np.concatenate([block[name] for block in self._blocks]) for name in self._blocks[0]}, copy=False
        )
        self._blocks = []
        self._report_alike(rows)
        self._report_ids(rows)
        rows = rows[(rows["subject"] != 0) & rows["subject"].duplicated(keep=False)]
        if len(rows):
            self._report_sexes(rows)
            self._report_ages(rows)
            self._report_swaps(rows)
            self._report_split_sides(rows)

    def _remember(self, assessments: pd.DataFrame, values: Mapping[str, Floats]) -> None:
        named = assessments["subject"].notna().to_numpy()
        ids = assessments["subject"].to_numpy(dtype=object, na_value="")
        block: dict[str, npt.NDArray[np.generic]] = {
            "subject": np.where(named, _hash_texts(ids), np.uint64(0)),
            "spelling": _hash_texts(_respell(ids)),
            "values": _hash_values(values),
            "age": assessments["age"].to_numpy(dtype=np.float32),
            "source_row": assessments["source_row"].to_numpy(dtype=np.int32),
            "detection": _is_measured(values, DETECTION),
            "pain": _is_measured(values, [code for code in CODES if code not in DETECTION]),
        }
        for column, known in self._words.items():
            codes, texts = pd.factorize(assessments[column].to_numpy(dtype=object))
            closed = column in ("sex", "side", "area")
            numbers = [known.get(text, -1) if closed else known.setdefault(text, len(known)) for text in texts]
            block[column] = np.array([*numbers, -1], dtype=np.int8 if closed else np.int32)[codes]
        self._blocks.append(block)

    def _report_alike(self, rows: pd.DataFrame) -> None:
        alike = rows[(rows["values"] != 0) & (rows["subject"] != 0) & rows["values"].duplicated(keep=False)]
        if not len(alike):
            return
        first = alike.drop_duplicates("values").set_index("values")
        theirs = first.loc[alike["values"]].set_axis(alike.index)
        other = alike[(alike["subject"] != theirs["subject"]).to_numpy()]
        self._report_pairs("identical-values", other, theirs.loc[other.index])

    def _report_ids(self, rows: pd.DataFrame) -> None:
        people = rows[rows["subject"] != 0].drop_duplicates("subject")
        other = people[people["spelling"].duplicated().to_numpy()]
        first = people.drop_duplicates("spelling").set_index("spelling")
        theirs = first.loc[other["spelling"]].set_axis(other.index)
        two_sexes = (other["sex"] >= 0) & (theirs["sex"] >= 0) & (other["sex"] != theirs["sex"])
        two_people = two_sexes | ((other["age"] - theirs["age"]).abs() > AGES_APART)
        self._report_pairs("ids-alike", other[~two_people], theirs[~two_people], "subject")

    def _report_sexes(self, rows: pd.DataFrame) -> None:
        known = rows[rows["sex"] >= 0]
        first = known.drop_duplicates("subject").set_index("subject")
        theirs = first.loc[known["subject"]].set_axis(known.index)
        other = known[(known["sex"] != theirs["sex"]).to_numpy()].drop_duplicates("subject")
        self._report_pairs("two-sexes", other, theirs.loc[other.index], "sex")

    def _report_ages(self, rows: pd.DataFrame) -> None:
        known = rows[rows["age"].notna()]
        visits = [read_visit(text) for text in self._words["visit"]]
        kinds = {
            kind: number for number, kind in enumerate(dict.fromkeys(kind for kind, _ in visits if kind is not None))
        }
        kind = np.array([*(-1 if name is None else kinds[name] for name, _ in visits), -1])[known["visit"]]
        place = np.array([*(number for _, number in visits), np.nan])[known["visit"]]
        ordered = known.assign(kind=kind, place=place)[kind >= 0].sort_values(
            ["subject", "kind", "place"], kind="stable"
        )
        earlier = ordered.shift()
        goes_on = (ordered["subject"] == earlier["subject"]) & (ordered["kind"] == earlier["kind"])
        later = goes_on & (ordered["place"] > earlier["place"])
        down = (later & (ordered["age"] <= earlier["age"] - AGE_DROP)).to_numpy()
        before = ordered[np.append(down[1:], False)[: len(ordered)]]
        younger = ordered[down]
        self._report_pairs("age-goes-down", younger, before.set_axis(younger.index), "age")
        first = known.drop_duplicates("subject").set_index("subject")
        theirs = first.loc[known["subject"]].set_axis(known.index)
        apart = ((known["age"] - theirs["age"]).abs() > AGES_APART).to_numpy()
        other = known[apart & ~known["subject"].isin(younger["subject"]).to_numpy()].drop_duplicates("subject")
        self._report_pairs("ages-apart", other, theirs.loc[other.index], "age", limit=AGES_APART)

    def _report_swaps(self, rows: pd.DataFrame) -> None:
        placed = rows[(rows["side"] >= 0) & (rows["area"] >= 0) & (rows["visit"] >= 0)]
        area = ["subject", "site", "area"]
        placed = placed.drop_duplicates([*area, "visit", "side"])
        placed = placed[~placed.duplicated([*area, "visit"], keep=False)]
        theirs = placed.groupby(area)[["side", "source_file", "source_row"]].transform("first")
        swapped = placed[(placed["side"] != theirs["side"]).to_numpy()].drop_duplicates(["subject", "site", "visit"])
        self._report_pairs("side-swapped", swapped, theirs.loc[swapped.index], "side")

    def _report_split_sides(self, rows: pd.DataFrame) -> None:
        """Report detection on one side only and pain on the other only: once for all people, who were tested alike."""
        place = ["subject", "visit", "site"]
        one_kind = rows[(rows["side"] >= 0) & (rows["detection"] != rows["pain"])]
        placed = rows[(rows["side"] >= 0) & rows["subject"].isin(one_kind["subject"])]
        sides = placed.groupby([*place, "side"], as_index=False)[["detection", "pain"]].any()
        sides = sides[sides["detection"] != sides["pain"]]
        kinds = sides.groupby(place)[["detection", "side"]].nunique()
        split = kinds[(kinds == 2).all(axis=1)]
        if not len(split):
            return
        people = split.index.get_level_values("subject").nunique()
        files = [*self._words["source_file"], ""]
        first = placed[pd.MultiIndex.from_frame(placed[place]).isin(split.index)].iloc[0]
        file, row = str(files[int(first["source_file"])]), int(first["source_row"])
        self._on_problem(make_problem("sides-split", file=file, row=row, column="side", n=people))

    def _report_pairs(
        self, code: str, rows: pd.DataFrame, others: pd.DataFrame, column: str | None = None, **details: Any
    ) -> None:
        """Report each of some rows, with the place of the row that it was compared with."""
        files = [*self._words["source_file"], ""]
        places = (rows["source_file"], rows["source_row"], others["source_file"], others["source_row"])
        for file, row, other_file, other_row in zip(*(place.tolist() for place in places), strict=True):
            where = f"row {other_row}" if file == other_file else f"{files[int(other_file)]}, row {int(other_row)}"
            problem = make_problem(code, file=str(files[file]), row=row, column=column, place=where, **details)
            self._on_problem(problem)


def _hash_texts(texts: Texts) -> npt.NDArray[np.uint64]:
    """A hash of each text; never 0."""
    return np.asarray(pd.util.hash_array(texts, categorize=True) | np.uint64(1))


def _respell(ids: Texts) -> Texts:
    """Ids in lower case, without blanks and leading zeros, which are often written inconsistently.

    >>> _respell(np.array(["P1 ", "p 1", "007", "7"], dtype=object)).tolist()
    ['p1', 'p1', '7', '7']
    """
    plain = pd.Series(ids, dtype=object).str.casefold().str.replace(r"\s+", "", regex=True).str.lstrip("0")
    return plain.to_numpy(dtype=object)


def _number(words: Sequence[str]) -> dict[object, int]:
    return {word: number for number, word in enumerate(words)}


def _find_rule(parameter: Parameter) -> str | None:
    """The rule of `TRIALS_APART` for a parameter's trials; None for ratings, counts and ratios."""
    if parameter.unit.startswith("°C"):
        return "temperature"
    if parameter.summary == "geometric mean":
        return "staircase"
    return {"kPa": "pressure", "x/8": "eighths"}.get(parameter.unit)


def _spread_scale(value: Floats, kind: str) -> Floats:
    """Trials on the scale on which they are compared; NaN where they have no value on it."""
    if kind in ("pressure", "staircase"):
        return np.log10(np.where(value > 0, value, np.nan))
    return np.abs(value)


def _hash_values(values: Mapping[str, Floats]) -> npt.NDArray[np.uint64]:
    """A hash of the 13 values of each row; 0 where too few are measured for equality to be suspicious."""
    hashes = np.zeros(len(values["CDT"]), dtype=np.uint64)
    measured = np.zeros(len(hashes), dtype=np.int64)
    for code in CODES:
        missing = np.isnan(values[code])
        bits = np.where(missing, -1.0, values[code]).view(np.uint64)
        hashes = (hashes ^ (bits ^ (bits >> np.uint64(29)))) * np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(32)
        measured += ~missing & (code not in COARSE)
    return np.where(measured >= FEWEST_ALIKE, hashes | np.uint64(1), np.uint64(0))


def _is_measured(values: Mapping[str, Floats], codes: Sequence[str]) -> Bools:
    """Rows with a value of any of some parameters."""
    measured: Bools = np.any([~np.isnan(values[code]) for code in codes], axis=0)
    return measured
