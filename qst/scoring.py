"""The whole path: a table of trials or assessments to the scored table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.arrays import Bools, join_list, join_texts, label_flags, take_texts
from qst.derive.trials import derive_values, is_trials
from qst.errors import OptionError
from qst.inference.criteria import PUBLISHED, Criteria, find_criteria, load_criteria
from qst.inference.entries import SYMPTOM_STATUSES
from qst.inference.findings import DMA_THRESHOLD, find_detectable_range, find_patterns
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.inference.mechanisms import SUPPORTED, gather_measured, list_supported, weigh_mechanisms
from qst.inference.phenotypes import OURS, Prototypes, find_phenotypes, load_prototypes
from qst.inference.symptoms import has_npsi, judge_by_symptoms, read_symptoms
from qst.norms.reference_sets import DEFAULT_REFERENCE, Placement, ReferenceSet, load_reference, look_up_norms
from qst.norms.zscores import Values, compute_z_scores, prepare_values
from qst.notes import format_note, format_status_note, keep_notes_before_scoring
from qst.protocol import BY_CODE, CODES, CUT_OFF, PARAMETERS
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


@dataclass(frozen=True, slots=True)
class Settings:
    """By what a table is scored; the arguments of `score`, checked.

    Attributes
    ----------
    reference : str, Path or ReferenceSet
    cut_off, dma_threshold : float
    site_as : mapping of str to str
    device_limits : mapping of str to float
    phenotypes : str, Path or Prototypes
    criteria : str, Path or Criteria
    mechanisms : path or KnowledgeBase, optional
    """

    reference: str | Path | ReferenceSet = DEFAULT_REFERENCE
    cut_off: float = CUT_OFF
    dma_threshold: float = DMA_THRESHOLD
    site_as: Mapping[str, str] = field(default_factory=dict)
    device_limits: Mapping[str, float] = field(default_factory=dict)
    phenotypes: str | Path | Prototypes = OURS
    criteria: str | Path | Criteria = PUBLISHED
    mechanisms: str | Path | KnowledgeBase | None = None

    def __post_init__(self) -> None:
        if not 0 < self.cut_off < np.inf:
            raise OptionError(f"the cut-off is {self.cut_off}; it must be above 0, for example 1.96")
        if not 0 <= self.dma_threshold < 100:
            raise OptionError(f"the DMA threshold is {self.dma_threshold}; it is a rating from 0 to below 100")
        for code, limit in self.device_limits.items():
            if code not in BY_CODE or BY_CODE[code].insensitive_end is None:
                with_limit = [parameter.code for parameter in PARAMETERS if parameter.insensitive_end is not None]
                raise OptionError(f"'{code}' has no device limit: choose one of {' '.join(with_limit)}")
            low, high = BY_CODE[code].possible
            if not low <= limit <= high:
                raise OptionError(f"a device limit of {limit:g} for {code} is outside of {low:g} to {high:g}")

    def load(self) -> "Settings":
        """The same, with everything that is named read from its files."""
        return replace(
            self,
            reference=load_reference(self.reference),
            phenotypes=load_prototypes(self.phenotypes),
            criteria=load_criteria(self.criteria),
            mechanisms=load_mechanisms(self.mechanisms),
        )

    def tell(self) -> str:
        """What differs from the defaults, as notes that every scored row carries."""
        notes = [format_note("cut_off", f"{self.cut_off:g}")] if self.cut_off != CUT_OFF else []
        notes += (
            [format_note("dma_threshold", f"{self.dma_threshold:g}")] if self.dma_threshold != DMA_THRESHOLD else []
        )
        criteria = load_criteria(self.criteria)
        notes += [format_note("criteria", criteria.id)] if criteria is not load_criteria() else []
        if self.mechanisms is not None and (base := load_mechanisms(self.mechanisms)) is not load_mechanisms():
            notes.append(format_note("mechanisms", base.id))
        notes += [format_note("device_limit", code, f"{limit:g}") for code, limit in self.device_limits.items()]
        return join_list(notes)


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
        Assessments (a row a tested area: `subject, visit, age, sex, site, side, area` and any of the 13 values) or
        trials (a row a stimulus; see `qst.derive_values`), as `qst.load` gives them. Units: CDT, WDT °C from baseline
        (magnitude counts); TSL, CPT, HPT °C; PPT kPa; MPT, MDT mN; MPS, DMA geometric mean of rating + 0.1; WUR ratio;
        VDT x/8; PHS count of 3. Absent columns count as missing. Other columns are carried through.
    reference : str, Path or ReferenceSet
        Identifier, folder or CSV of a reference set.
    cut_off : float
        z strictly beyond it is gain or loss.
    dma_threshold : float
        Rating (0-100) above which light touch counts as painful.
    site_as : mapping of str to str, optional
        Measured site to the site whose norm stands in for it; noted on each such row.
    device_limits : mapping of str to float, optional
        Insensitive ends of the device that differ from the protocol's, for example ``{"PPT": 2000}``.
    phenotypes : str, Path or Prototypes
        Prototypes of the sensory phenotypes; see `qst.inference.phenotypes.load_prototypes`. Default: ours.
    criteria : str, Path or Criteria
        Rules of the criteria; see `qst.inference.criteria.load_criteria`. Default: the published ones.
    mechanisms : path or KnowledgeBase, optional
        A TOML file or folder whose entries are added to the shipped mechanisms or replace them.

    Returns
    -------
    pandas.DataFrame
        One row an assessment, in the order given, with the columns `qst.tables.SCORED_COLUMNS` (those of added
        mechanisms after the shipped ones) and then the caller's own. No row is dropped: what cannot be scored has a
        missing z and finding, and `notes` say why (`qst.notes.NOTES`). Each row's numbers depend on that row alone.

    Raises
    ------
    OptionError
        An option has no meaning, for example a negative cut-off; or the table has none of the 13 parameters.
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


def score_table(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """`score`, with its arguments in one."""
    reference, base = load_reference(settings.reference), load_mechanisms(settings.mechanisms)
    columns = result_columns(_find_added(base))
    columns += NPSI_COLUMNS if has_npsi(list(frame.columns)) else ()
    table = derive_values(frame) if is_trials(frame) else frame
    assessments, earlier_notes = _set_aside_earlier_results(table, columns)
    twice = assessments.columns[assessments.columns.duplicated()].tolist()
    if twice:
        raise OptionError(f"the table has more than one column {', '.join(map(str, twice))}: rename one")
    if not any(code in assessments for code in CODES):
        raise OptionError(f"the table has none of the columns {' '.join(CODES)}")
    values = prepare_values(assessments)
    placement = look_up_norms(assessments, reference, settings.site_as)
    z_scores = compute_z_scores(values.columns, placement.stratum, reference)
    reach = find_detectable_range(reference, settings.cut_off, settings.device_limits)
    patterns = find_patterns(
        values.columns,
        z_scores,
        placement.stratum,
        reach,
        cut_off=settings.cut_off,
        dma_threshold=settings.dma_threshold,
    )
    prototypes = load_prototypes(settings.phenotypes)
    fit = find_phenotypes(z_scores, patterns.numbers, patterns.censored, prototypes)
    flags = _norm_flags(values, placement, reference) | values.flags | patterns.flags
    flags |= {format_note("phenotypes", prototypes.id): fit.classified}
    evidence = weigh_mechanisms(gather_measured(z_scores, patterns), base)
    symptoms = read_symptoms(assessments)
    by_symptom = judge_by_symptoms(symptoms, evidence, base)
    flags |= symptoms.flags() | _flag_statuses(by_symptom)
    told = np.full(len(assessments), settings.tell(), dtype=object)
    # Where the offset was added already, an earlier note says so; so it stands with the earlier notes.
    added, others = (label_flags(part, len(assessments)) for part in (values.offset_added, flags))
    notes = join_texts([earlier_notes, added, told, placement.replaced_site, others])
    results: dict[str, object] = {f"{code}_z": z for code, z in z_scores.items()}
    results |= {f"{code}_finding": finding for code, finding in patterns.findings.items()}
    results |= patterns.counts
    results["not_findable"] = take_texts(reach.not_findable, placement.stratum)
    results["loga"] = patterns.loga
    results |= fit.columns
    results |= find_criteria(patterns.numbers, settings.criteria)
    results["mechanisms"] = _list_mechanisms(list_supported(evidence, base), by_symptom)
    results |= {MECHANISM_PREFIX + name: values for name, values in evidence.items()}
    same = np.zeros(len(assessments), dtype=np.int64)
    results["reference_set"] = take_texts(np.array([reference.id], dtype=object), same)
    codes, texts = pd.factorize(notes)
    results["notes"] = take_texts(texts, codes)
    results |= symptoms.scores
    ours = {column: assessments.get(column, np.nan) for column in ASSESSMENT_COLUMNS}
    scored = pd.DataFrame(ours | {column: results[column] for column in columns}, index=assessments.index)
    own = assessments[[column for column in assessments if column not in scored]]
    return pd.concat([scored, own], axis=1)


def _find_added(base: KnowledgeBase) -> list[str]:
    """Mechanisms that a user added: they have columns after those of the shipped ones."""
    return [name for name in base.ids if name not in MECHANISMS]


def _list_mechanisms(
    supported: pd.api.extensions.ExtensionArray, by_symptom: Mapping[str, npt.NDArray[np.object_]]
) -> pd.api.extensions.ExtensionArray:
    """Supported mechanisms: those by the tests, the strongest first, then those by an answer alone."""
    answered = {name: status == SUPPORTED for name, status in by_symptom.items()}
    if not any(supported_by.any() for supported_by in answered.values()):
        return supported
    both = join_texts([np.asarray(supported, dtype=object), label_flags(answered, len(supported))])
    codes, texts = pd.factorize(both)
    return take_texts(texts, codes)


def _flag_statuses(by_symptom: Mapping[str, npt.NDArray[np.object_]]) -> dict[str, Bools]:
    """A note for each mechanism and status that an answer gives."""
    return {
        format_status_note(name, status): statuses == status
        for name, statuses in by_symptom.items()
        for status in SYMPTOM_STATUSES
        if status
    }


def _set_aside_earlier_results(
    table: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.DataFrame, npt.NDArray[np.object_]]:
    """Take an earlier scoring's columns off the table, and keep the notes that were set before it.

    A column of the caller's own that has the name of a result is carried on as `<name>_input`.
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
    """Add `_input` to the names of some columns until no other column has the name."""
    names = [str(name) for name in table.columns]
    for column in columns:
        names[names.index(column)] = unique_column_name(column, {*names, *ours})
    return table.set_axis(names, axis=1)


def _norm_flags(values: Values, placement: Placement, reference: ReferenceSet) -> dict[str, Bools]:
    """Why a row, or a value of it, has no z-score."""
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
        asked = in_stratum & ~np.isnan(values.columns[code])
        mean, sd, doubtful = reference.mean[:, column], reference.sd[:, column], reference.doubtful[:, column]
        flags[format_note("no_norm", code)] = asked & np.isnan(mean)[placement.stratum]
        flags[format_note("norm_doubtful", code)] = asked & doubtful[placement.stratum]
        if parameter.has_z:
            flags[format_note("norm_without_spread", code)] = asked & ((sd == 0) & ~doubtful)[placement.stratum]
    return flags
