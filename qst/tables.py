"""The columns of the tables that pass between the stages.

trials : one row per stimulus or determination, columns `TRIAL_COLUMNS`.
assessments : one row per tested area, columns `ASSESSMENT_COLUMNS`.
scored : assessments with z-scores, findings and patterns, columns `SCORED_COLUMNS`.

Other columns of a user's file follow after ours, unchanged. Missing numbers and missing findings are NaN; the columns
of `LISTS` hold empty text where there is nothing to list.
"""

from collections.abc import Collection, Sequence

from qst.protocol import CODES, Z_CODES

IDENTITY = ("subject", "visit", "age", "sex", "site", "side", "area")

SOURCE = ("source_file", "source_row")

TRIAL_COLUMNS = (*IDENTITY, "parameter", "series", "stimulus", "value", *SOURCE)

ASSESSMENT_COLUMNS = (*IDENTITY, *CODES)

KEY = ("subject", "visit", "site", "side", "area")
"""What identifies an assessment."""

SEXES = ("female", "male")

OLDEST = 120.0
"""Highest number of years that is accepted as an age."""

SIDES = ("left", "right")

AREAS = ("test", "control")

Z_COLUMNS = tuple(f"{code}_z" for code in Z_CODES)

FINDING_COLUMNS = tuple(f"{code}_finding" for code in CODES)

COUNTS = ("n_scored", "n_gain", "n_loss")

HEALTHY = "healthy"

PHENOTYPES = ("sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia")
"""Sensory phenotypes of Baron et al. 2017, Pain 158:261; `healthy` is judged in addition to them."""

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
"""Mechanisms that QST can assess, in the order of their columns, which every scored table has.

What is known of them is in `reference_values/mechanisms`; a test holds the ids and their order equal.
"""

MECHANISM_PREFIX = "mechanism_"

MECHANISM_COLUMNS = tuple(MECHANISM_PREFIX + name for name in MECHANISMS)

NUMBERS = ("age", *CODES, *Z_COLUMNS, "expected_by_chance", "p_profile", *PHENOTYPE_COLUMNS, *MECHANISM_COLUMNS)
"""Columns of numbers with decimals; all other columns, apart from the counts, are text."""

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
"""Scores of the Neuropathic Pain Symptom Inventory; they follow the results where a file has the items."""

LISTS = ("not_findable", "mechanisms", "notes", "phenotypes_all")
"""Columns that hold lists, `;` between the items (`qst.arrays.split_list`); empty text for an empty list."""

SCORED_COLUMNS = (*ASSESSMENT_COLUMNS, *RESULT_COLUMNS)

DISCLAIMER = "For research use. QST alone is not a diagnosis."
"""Shown wherever a person reads a result."""

GAIN, LOSS, NORMAL, LIMIT = "gain", "loss", "normal", "limit"

YES, NO = "yes", "no"


def is_scored(columns: Collection[object]) -> bool:
    """Whether a table with these columns is a scored table."""
    return set(SCORED_COLUMNS) <= set(columns)


def result_columns(added_mechanisms: Sequence[str] = ()) -> list[str]:
    """`RESULT_COLUMNS`, with a column for each mechanism that a user added after those of the shipped ones."""
    place = RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1
    added = [MECHANISM_PREFIX + name for name in added_mechanisms]
    return [*RESULT_COLUMNS[:place], *added, *RESULT_COLUMNS[place:]]


def find_added_mechanisms(columns: Sequence[str]) -> list[str]:
    """Columns of mechanisms that a user added to a scored table: those that follow the shipped ones.

    They are found by their place and not by name alone, as a laboratory may have its own column `mechanism_of_injury`.
    """
    names = list(columns)
    following = RESULT_COLUMNS[RESULT_COLUMNS.index(MECHANISM_COLUMNS[-1]) + 1]
    if not is_scored(names):
        return []
    between = names[names.index(MECHANISM_COLUMNS[-1]) + 1 : names.index(following)]
    return [name for name in between if name.startswith(MECHANISM_PREFIX)]


def unique_column_name(name: str, taken: Collection[str]) -> str:
    """A name for a user's column that no other column has: `_input` is added until it is unique."""
    while name in taken:
        name += "_input"
    return name
