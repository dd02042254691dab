"""Score a table of trials or assessments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, Floats, join_texts, label_flags, take_rows, take_texts
from qst.derive.trials import derive_values, is_trials
from qst.errors import OptionError
from qst.inference.criteria import PUBLISHED, Criteria, find_criteria
from qst.inference.entries import SYMPTOM_STATUSES
from qst.inference.findings import DMA_THRESHOLD, DetectableRange, Patterns, find_detectable_range, find_patterns
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import SUPPORTED, Weighing, gather_measured, list_supported, weigh_all
from qst.inference.phenotypes import OURS, PhenotypeFit, Prototypes, find_phenotypes, load_prototypes
from qst.inference.symptoms import has_npsi, judge_by_symptoms, read_symptoms
from qst.norms.reference_sets import DEFAULT_REFERENCE, Placement, ReferenceSet, load_reference, look_up_norms
from qst.norms.zscores import Values, compute_z_scores, prepare_values
from qst.notes import format_note, format_status_note, keep_notes_before_scoring
from qst.protocol import CODES, CUT_OFF, PARAMETERS
from qst.settings import Settings
from qst.tables import (
    ASSESSMENT_COLUMNS,
    MECHANISM_PREFIX,
    MECHANISMS,
    NPSI_COLUMNS,
    RESULT_COLUMNS,
    find_added_mechanisms,
    is_scored,
    result_columns,
    unique_column_name,
)
from qst.vocabulary.headers import find_npsi_results


# long: the docstring describes every argument and column
def score(
    frame: pd.DataFrame,
    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE,
    *,
    cut_off: float = CUT_OFF,
    dma_threshold: float = DMA_THRESHOLD,
    site_as: Mapping[str, str] | None = None,
    device_limits: Mapping[str, float] | None = None,
    phenotypes: str | Path | Prototypes = OURS,
    criteria: str | Path | Criteria = PUBLISHED,
    mechanisms: str | Path | KnowledgeBase | None = None,
) -> pd.DataFrame:
    """Score a table: z-scores, gain and loss of function, chance, patterns, and evidence for mechanisms.

    Parameters
    ----------
    frame : pandas.DataFrame
        Assessments (one row per tested area: `subject, visit, age, sex, site, side, area` and any of the 13 values) or
        trials (one row per trial; see `qst.derive_values`), as `qst.load` returns them. Units: CDT, WDT °C from
        baseline (the sign is ignored); TSL, CPT, HPT °C; PPT kPa; MPT, MDT mN; MPS, DMA geometric mean of rating + 0.1;
        WUR ratio; VDT x/8; PHS count of 3. Absent columns count as missing. Other columns are kept.
    reference : str, Path or ReferenceSet
        Identifier, folder or CSV of a reference set.
    cut_off : float
        A z-score strictly beyond it is gain or loss of function.
    dma_threshold : float
        Rating (0-100) above which light touch counts as painful.
    site_as : mapping of str to str, optional
        Measured site to the site whose norm is used instead; noted in each such row.
    device_limits : mapping of str to float, optional
        Limits of the device at the insensitive end that differ from the protocol's, for example ``{"PPT": 2000}``.
    phenotypes : str, Path or Prototypes
        Prototypes of the sensory phenotypes; see `qst.inference.phenotypes.load_prototypes`. Default: ours.
    criteria : str, Path or Criteria
        Rules of the criteria; see `qst.inference.criteria.load_criteria`. Default: the published ones.
    mechanisms : path or KnowledgeBase, optional
        A TOML file or folder whose entries are added to the shipped mechanisms or replace them.

    Returns
    -------
    pandas.DataFrame
        One row per assessment, in the given order, with the columns `qst.tables.SCORED_COLUMNS` (those of added
        mechanisms after the shipped ones) and then the caller's own. No row is dropped: a value that cannot be
        scored has no z-score and no finding, and `notes` gives the reason (`qst.notes.NOTES`). The numbers of a row
        depend on that row alone.

    Raises
    ------
    OptionError
        An option is invalid, for example a negative cut-off; or the table has none of the 13 parameters.
    ReferenceSetError, MechanismError
        The reference set or an entry of the mechanisms cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"subject": "007", "age": 25, "sex": "female", "site": "hand", "CPT": 31.0, "HPT": 42.68}
    >>> score(pd.DataFrame([row])).loc[0, ["CPT_finding", "HPT_finding"]].tolist()
    ['gain', 'normal']
    """
    settings = Settings(
        reference,
        cut_off,
        dma_threshold,
        site_as or {},
        device_limits or {},
        phenotypes=phenotypes,
        criteria=criteria,
        mechanisms=mechanisms,
    )
    return score_table(frame, settings)


@dataclass(frozen=True, eq=False)
class Stages:
    """Everything that scoring a table computes, stage by stage; arrays have one entry per assessment.

    Attributes
    ----------
    settings : Settings
        With everything loaded from its files.
    assessments : pandas.DataFrame
        The scored rows, without the results of an earlier scoring.
    values, placement, z_scores, patterns, fit, weighing
        The result of each stage; see their classes.
    detectable_range : DetectableRange
        For the reference set and device; one entry per stratum.
    scored : pandas.DataFrame
        The result, as `qst.score` returns it.
    """

    settings: Settings
    assessments: pd.DataFrame
    values: Values
    placement: Placement
    z_scores: Mapping[str, Floats]
    detectable_range: DetectableRange
    patterns: Patterns
    fit: PhenotypeFit
    weighing: Weighing
    scored: pd.DataFrame

    def take(self, rows: Sequence[int]) -> "Stages":
        """The same for some of the rows, which are renumbered."""
        places = np.asarray(rows)
        frames = {name: getattr(self, name).iloc[places].reset_index(drop=True) for name in ("assessments", "scored")}
        per_row = ("values", "placement", "z_scores", "patterns", "fit", "weighing")
        return replace(self, **frames, **{name: take_rows(getattr(self, name), places) for name in per_row})


def score_table(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """As `score`, with its options in one argument."""
    return compute_stages(frame, settings).scored


def compute_stages(frame: pd.DataFrame, settings: Settings) -> Stages:
    """Score a table and return the results of every stage, so that an explanation need not compute them again.

    Parameters and errors are those of `score`.
    """
    settings = settings.load()
    reference, base = load_reference(settings.reference), load_mechanisms(settings.mechanisms)
    columns = result_columns(find_added_ids(base))
    columns += NPSI_COLUMNS if has_npsi(list(frame.columns)) else ()
    table = derive_values(frame) if is_trials(frame) else frame
    assessments, earlier_notes = _set_aside_earlier_results(table, columns)
    _check_columns(assessments)
    values = prepare_values(assessments)
    placement = look_up_norms(assessments, reference, settings.site_as)
    z_scores = compute_z_scores(values.columns, placement.stratum, reference)
    detectable_range = find_detectable_range(reference, settings.cut_off, settings.device_limits)
    patterns = find_patterns(
        values.columns,
        z_scores,
        placement.stratum,
        detectable_range,
        cut_off=settings.cut_off,
        dma_threshold=settings.dma_threshold,
    )
    prototypes = load_prototypes(settings.phenotypes)
    fit = find_phenotypes(z_scores, patterns.numbers, patterns.censored, prototypes)
    weighing = weigh_all(gather_measured(z_scores, patterns), base)
    symptoms = read_symptoms(assessments)
    by_symptom = judge_by_symptoms(symptoms, weighing.evidence, base)
    results: dict[str, object] = {f"{code}_z": z for code, z in z_scores.items()}
    results |= {f"{code}_finding": finding for code, finding in patterns.findings.items()}
    results |= patterns.counts
    results["not_findable"] = take_texts(detectable_range.not_findable, placement.stratum)
    results["loga"] = patterns.loga
    results |= fit.columns
    results |= find_criteria(patterns.numbers, settings.criteria)
    results["mechanisms"] = _list_mechanisms(list_supported(weighing.evidence, base), by_symptom)
    results |= {MECHANISM_PREFIX + name: evidence for name, evidence in weighing.evidence.items()}
    same = np.zeros(len(assessments), dtype=np.int64)
    results["reference_set"] = take_texts(np.array([reference.id], dtype=object), same)
    flags = _norm_flags(values, placement, reference) | values.flags | patterns.flags
    flags |= {format_note("phenotypes", prototypes.id): fit.classified} | symptoms.flags() | _flag_statuses(by_symptom)
    results["notes"] = _form_notes(earlier_notes, values, settings, placement, flags)
    results |= symptoms.scores
    ours = {column: assessments.get(column, np.nan) for column in ASSESSMENT_COLUMNS}
    scored = pd.DataFrame(ours | {column: results[column] for column in columns}, index=assessments.index)
    own = assessments[[column for column in assessments if column not in scored]]
    return Stages(
        settings,
        assessments,
        values,
        placement,
        z_scores,
        detectable_range,
        patterns,
        fit,
        weighing,
        pd.concat([scored, own], axis=1),
    )


def _check_columns(assessments: pd.DataFrame) -> None:
    twice = assessments.columns[assessments.columns.duplicated()].tolist()
    if twice:
        raise OptionError(f"the table has more than one column named {', '.join(map(str, twice))}: rename one")
    if not any(code in assessments for code in CODES):
        raise OptionError(f"the table has none of the columns {' '.join(CODES)}")


def _form_notes(
    earlier: npt.NDArray[np.object_],
    values: Values,
    settings: Settings,
    placement: Placement,
    flags: Mapping[str, Bools],
) -> pd.api.extensions.ExtensionArray:
    """The notes of each row: those set before scoring, then those of the settings, then those of scoring."""
    of_settings = np.full(len(earlier), settings.notes(), dtype=object)
    # The note on an offset follows the earlier notes, because one of them may state that it was already added.
    added, others = (label_flags(part, len(earlier)) for part in (values.offset_added, flags))
    codes, texts = pd.factorize(join_texts([earlier, added, of_settings, placement.replaced_site, others]))
    return take_texts(texts, codes)


def find_added_ids(base: KnowledgeBase) -> list[str]:
    """Mechanisms that a user added; their columns follow those of the shipped mechanisms."""
    return [name for name in base.ids if name not in MECHANISMS]


def _list_mechanisms(
    supported: pd.api.extensions.ExtensionArray, by_symptom: Mapping[str, npt.NDArray[np.object_]]
) -> pd.api.extensions.ExtensionArray:
    """Supported mechanisms: first those supported by tests, strongest first, then those by an answer alone."""
    answered = {name: status == SUPPORTED for name, status in by_symptom.items()}
    if not any(supported_by.any() for supported_by in answered.values()):
        return supported
    both = join_texts([np.asarray(supported, dtype=object), label_flags(answered, len(supported))])
    codes, texts = pd.factorize(both)
    return take_texts(texts, codes)


def _flag_statuses(by_symptom: Mapping[str, npt.NDArray[np.object_]]) -> dict[str, Bools]:
    """A note for each mechanism and the status that an answer gives it."""
    return {
        format_status_note(name, status): statuses == status
        for name, statuses in by_symptom.items()
        for status in SYMPTOM_STATUSES
        if status
    }


def _set_aside_earlier_results(
    table: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.DataFrame, npt.NDArray[np.object_]]:
    """Remove the columns of an earlier scoring from the table, and keep the notes that were set before it.

    A column of the caller that has the name of a result is kept as `<name>_input`.
    """
    notes = np.full(len(table), "", dtype=object)
    scored_columns = [str(column) for column in table.columns]
    scored_before = is_scored(scored_columns)
    if "notes" in table:
        codes, texts = pd.factorize(table["notes"])
        kept = [keep_notes_before_scoring(str(text)) for text in texts]
        if None in kept:
            table = _rename(table, ["notes"])
        else:
            notes = np.array([*kept, ""], dtype=object)[codes]
            table = table.drop(columns="notes")
    if scored_before:
        earlier = {*RESULT_COLUMNS, *find_added_mechanisms(scored_columns), *find_npsi_results(scored_columns)}
        table = table.drop(columns=[column for column in table if column in earlier])
    return _rename(table, [column for column in columns if column in table], columns), notes


def _rename(table: pd.DataFrame, columns: Sequence[str], ours: Sequence[str] = RESULT_COLUMNS) -> pd.DataFrame:
    """Add `_input` to the names of some columns until each name is unique."""
    names = [str(name) for name in table.columns]
    for column in columns:
        names[names.index(column)] = unique_column_name(column, {*names, *ours})
    return table.set_axis(names, axis=1)


def _norm_flags(values: Values, placement: Placement, reference: ReferenceSet) -> dict[str, Bools]:
    """The reasons why a row, or one of its values, has no z-score."""
    flags = {
        "no_age": placement.no_age,
        "age_impossible": placement.age_impossible,
        "no_sex": placement.no_sex,
        "unknown_sex": placement.unknown_sex,
        "no_site": placement.no_site,
        "no_norm_for_site": placement.no_norm_for_site,
        "age_below_norms": placement.age_below,
        "age_above_norms": placement.age_above,
    }
    in_stratum = placement.stratum < reference.n_strata
    for column, parameter in enumerate(PARAMETERS):
        code = parameter.code
        if code == "DMA":  # judged without a norm
            continue
        measured = in_stratum & ~np.isnan(values.columns[code])
        mean, sd, doubtful = reference.mean[:, column], reference.sd[:, column], reference.doubtful[:, column]
        flags[format_note("no_norm", code)] = measured & np.isnan(mean)[placement.stratum]
        flags[format_note("norm_doubtful", code)] = measured & doubtful[placement.stratum]
        if parameter.has_z:
            flags[format_note("norm_without_spread", code)] = measured & ((sd == 0) & ~doubtful)[placement.stratum]
    return flags
