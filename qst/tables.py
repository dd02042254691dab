"""The tables that pass between the stages, the notes on their rows, and `Problem`.

trials : one row a stimulus or determination, columns `TRIAL_COLUMNS`.
assessments : one row a tested area, columns `ASSESSMENT_COLUMNS`.
scored : assessments with z-scores, findings and patterns, columns `SCORED_COLUMNS`.

Columns of a user's file that are none of ours follow after ours, untouched. Missing numbers and missing findings are
NaN; the columns of `LISTS` are empty text where there is nothing to list.
"""

from collections.abc import Collection, Sequence

from qst.protocol import CODES, Z_CODES

IDENTITY = ("subject", "visit", "age", "sex", "site", "side", "area")

SOURCE = ("source_file", "source_row")

TRIAL_COLUMNS = (*IDENTITY, "parameter", "series", "stimulus", "value", *SOURCE)

ASSESSMENT_COLUMNS = (*IDENTITY, *CODES)

KEY = ("subject", "visit", "site", "side", "area")
"""What tells one assessment from another."""

SEXES = ("female", "male")

OLDEST = 120.0
"""Age (years) above which a number is no age."""

SIDES = ("left", "right")

AREAS = ("test", "control")

Z_COLUMNS = tuple(f"{code}_z" for code in Z_CODES)

FINDING_COLUMNS = tuple(f"{code}_finding" for code in CODES)

COUNTS = ("n_scored", "n_gain", "n_loss")

HEALTHY = "healthy"

PHENOTYPES = ("sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia")
"""Sensory phenotypes of Baron et al. 2017, Pain 158:261; `healthy` stands beside them."""

PHENOTYPE_COLUMNS = tuple(f"phenotype_{name}" for name in (*PHENOTYPES, HEALTHY))

CRITERIA = ("irritable_nociceptor", "small_fibre", "large_fibre")

MECHANISMS = (
    "deafferentation_small_fibre",
    "deafferentation_large_fibre",
    "peripheral_sensitisation",
    "irritable_nociceptor",
    "cold_sensitisation",
    "cold_disinhibition",
    "central_sensitisation_pinprick",
    "central_sensitisation_touch",
    "temporal_summation",
    "deep_tissue_sensitisation",
)
"""Mechanisms QST can speak about; every scored table has them. What is known of them: `reference_values/mechanisms`."""

MECHANISM_PREFIX = "mechanism_"

MECHANISM_COLUMNS = tuple(MECHANISM_PREFIX + name for name in MECHANISMS)

NUMBERS = ("age", *CODES, *Z_COLUMNS, "expected_by_chance", "p_profile", *PHENOTYPE_COLUMNS, *MECHANISM_COLUMNS)
"""Columns of numbers with fractions; all columns but these and the counts are text."""

RESULT_COLUMNS = (
    *Z_COLUMNS,
    *FINDING_COLUMNS,
    *COUNTS,
    "expected_by_chance",
    "p_profile",
    "not_findable",
    "loga",
    "phenotype",
    *PHENOTYPE_COLUMNS,
    *CRITERIA,
    "mechanisms",
    *MECHANISM_COLUMNS,
    "reference_set",
    "notes",
    "phenotypes_all",
)

SYMPTOMS = (
    "ongoing_pain",
    "paroxysmal_pain",
    "sympathetic_block_relief",
    "lidocaine_relief",
    "capsaicin_pain",
    "menthol_pain",
    "pain_modulation",
)
"""Answers, `yes` or `no`, that a file can hold in addition to the tests."""

NPSI_ITEMS = tuple(f"npsi_q{item}" for item in range(1, 13))
"""Items of the Neuropathic Pain Symptom Inventory that a file can hold."""

SYMPTOM_COLUMNS = (*SYMPTOMS, *NPSI_ITEMS)

NPSI_COLUMNS = (
    "npsi_total",
    "npsi_burning",
    "npsi_pressing",
    "npsi_paroxysmal",
    "npsi_evoked",
    "npsi_paraesthesia",
)
"""Scores of the Neuropathic Pain Symptom Inventory; after the results, where a file has the items."""

LISTS = ("not_findable", "mechanisms", "notes", "phenotypes_all")
"""Columns of names with `;` between; empty text where there is nothing to list."""

SCORED_COLUMNS = (*ASSESSMENT_COLUMNS, *RESULT_COLUMNS)

DISCLAIMER = "Research use; QST alone is no diagnosis."
"""Stands wherever a person reads a result."""

GAIN, LOSS, NORMAL, LIMIT = "gain", "loss", "normal", "limit"

YES, NO = "yes", "no"


def is_scored(columns: Collection[object]) -> bool:
    """Whether a table with these columns was scored: its results can be formed anew."""
    return set(SCORED_COLUMNS) <= set(columns)


def result_columns(added_mechanisms: Sequence[str] = ()) -> list[str]:
    """`RESULT_COLUMNS`, with a column after the shipped mechanisms for each that a user added."""
    place = RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1
    added = [MECHANISM_PREFIX + name for name in added_mechanisms]
    return [*RESULT_COLUMNS[:place], *added, *RESULT_COLUMNS[place:]]


def find_added_mechanisms(columns: Sequence[str]) -> list[str]:
    """Columns of mechanisms that a user added to a scored table: those between the shipped ones and what follows.

    By place and not by name alone, as a laboratory may have a column `mechanism_of_injury` of its own.
    """
    names = list(columns)
    following = RESULT_COLUMNS[RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1]
    if not is_scored(names):
        return []
    between = names[names.index(MECHANISM_COLUMNS[-1]) + 1 : names.index(following)]
    return [name for name in between if name.startswith(MECHANISM_PREFIX)]


def unique_column_name(name: str, taken: Collection[str]) -> str:
    """A name for a column of the user's that no other column has: `_input` is added until it is free."""
    while name in taken:
        name += "_input"
    return name
