"""Tables of simulated participants with one row per tested area: the cohort, its symptoms, two visits, a REDCap export.

Each participant's values are drawn from the reference values of their own stratum (Magerl et al. 2010), on the scale on
which healthy people are normally distributed. In the test area of the three patient groups they are shifted by some
SD in the direction of the sensory phenotype (after Baron et al. 2017, Pain 158:261-272). The size of the shifts and
the correlations are ours: plausible, but not estimated from data.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qst.norms.reference_sets import ReferenceSet, look_up_norms
from qst.protocol import CODES, PARAMETERS, RATING_OFFSET
from qst.tables import AREAS, ASSESSMENT_COLUMNS

Floats = npt.NDArray[np.floating[Any]]

HEALTHY = "synthetic healthy"
SENSORY_LOSS = "synthetic sensory loss"
THERMAL_HYPERALGESIA = "synthetic thermal hyperalgesia"
MECHANICAL_HYPERALGESIA = "synthetic mechanical hyperalgesia"

# Shift of the test area in SD; + is gain of function.
SHIFTS: dict[str, dict[str, float]] = {
    HEALTHY: {},
    SENSORY_LOSS: {"CDT": -2.2, "WDT": -2.0, "TSL": -2.0, "HPT": -1.2, "MDT": -2.0, "VDT": -1.8},
    THERMAL_HYPERALGESIA: {"CPT": 2.0, "HPT": 2.2},
    MECHANICAL_HYPERALGESIA: {"MPT": 2.4, "MPS": 2.0, "PPT": 2.0, "WUR": 0.7, "CDT": -1.0, "WDT": -1.0},
}
# Share of test areas in which light touch is painful, and the range of log10 of the mean rating + 0.1 there.
ALLODYNIA = {THERMAL_HYPERALGESIA: (0.4, (-0.9, -0.2)), MECHANICAL_HYPERALGESIA: (0.85, (-0.6, 1.0))}

# Answers in addition to the tests: header, and the words for yes and no.
ANSWERS = {"Dauerschmerz": ("ja", "nein"), "Sympathikusblockade": ("ja", "nein"), "CPM": ("impaired", "normal")}
SYMPTOMATIC_PER_GROUP = 4
NPSI_TIMINGS = (4, 7)

# Shares of the variance of z that all tests of a modality have in common, and both areas of one test.
MODALITY_VARIANCE, TEST_VARIANCE = 0.2, 0.3

# The range that device and protocol can measure, and the number of decimals a laboratory writes.
RANGES = {
    "CDT": (0.1, 32.0),
    "WDT": (0.1, 18.0),
    "TSL": (0.2, 50.0),
    "CPT": (0.0, 31.9),
    "HPT": (32.1, 50.0),
    "PPT": (20.0, 1000.0),
    "MPT": (8.0, 512.0),
    "MPS": (0.1, 100.0),
    "WUR": (0.3, 100.0),
    "MDT": (0.25, 512.0),
    "VDT": (0.0, 8.0),
    "PHS": (0.0, 3.0),
    "DMA": (0.1, 100.0),
}
DECIMALS = dict.fromkeys(CODES, 2) | {"CPT": 1, "HPT": 1, "MPT": 1, "PPT": 0, "PHS": 0}

# The flaws of the cohort, each described in README.md.
GROUP_SIZE = 15
SPECIAL_AGES = {"005": 17.0, "022": 82.0, "028": 63.5, "040": 78.0}
AT_LIMIT = "028"
WITHOUT_WUR = "052"

# Healthy participants at two visits: the stable share of the variance of z, which is the correlation between visits.
# 0.79 is the mean over all tests that Geber et al. 2011 (Pain 152:548-556) found in unaffected areas, 0.67 that of WUR
# in affected areas. Using 0.79 for all other tests, and assuming no learning, are ours.
RETEST_PEOPLE, VISITS = 30, (1, 2)
STABLE_VARIANCE = dict.fromkeys(CODES, 0.79) | {"WUR": 0.67}
ONE_VISIT, WITHOUT_SECOND_WUR = "R12", "R21"

REDCAP_PEOPLE, TEST_RECORD = 8, "900"
REDCAP_NAMES = {code: code.lower() for code in CODES} | {"CPT": "thr_cp", "HPT": "thr_hp"}
KPA_IN_N_PER_CM2 = 10.0


# Participants and their 13 values


def make_cohort(reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Make the assessments of all groups as a laboratory's table, including the flaws."""
    cohort = draw_assessments(draw_people(rng), reference, rng)
    test_area = cohort["area"] == "test"
    cohort.loc[test_area & (cohort["subject"] == AT_LIMIT), ["CPT", "HPT"]] = [0.0, 50.0]
    cohort.loc[test_area & (cohort["subject"] == WITHOUT_WUR), "WUR"] = np.nan
    return write_as_laboratory(cohort)[[*ASSESSMENT_COLUMNS, "diagnosis_label"]]


def add_symptoms(cohort: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Take test areas of some participants of each group and add made-up answers; the healthy have no symptoms."""
    tested = cohort[cohort["area"] == AREAS[0]]
    some = tested.groupby("diagnosis_label", sort=False).head(SYMPTOMATIC_PER_GROUP).reset_index(drop=True)
    healthy = (some["diagnosis_label"] == HEALTHY).to_numpy()
    for item in range(1, 13):
        highest = 5 if item in NPSI_TIMINGS else 10
        ratings = np.where(healthy, 0, rng.integers(0, highest + 1, len(some)))
        some[f"NPSI Q{item}"] = [str(rating) for rating in ratings]
    some.loc[len(some) - 1, "NPSI Q9"] = "NA"
    for header, words in ANSWERS.items():
        some[header] = np.where(healthy, words[1], rng.choice([*words, ""], len(some)))
    return some


def draw_people(rng: np.random.Generator) -> pd.DataFrame:
    """Draw one row per participant; sex and site are balanced, age and side are random."""
    n_people = GROUP_SIZE * len(SHIFTS)
    number = np.arange(n_people)
    people = pd.DataFrame(
        {
            "subject": [f"{i + 1:03d}" for i in number],
            "visit": 1,
            "age": np.round(rng.uniform(20, 74, n_people), 1),
            "sex": np.where(number % 2 == 0, "female", "male"),
            "site": np.where(number // 2 % 2 == 0, "hand", "foot"),
            "side": np.where(rng.random(n_people) < 0.5, "left", "right"),
            "diagnosis_label": np.repeat(list(SHIFTS), GROUP_SIZE),
        }
    )
    people["age"] = people["subject"].map(SPECIAL_AGES).fillna(people["age"])
    return people


def draw_assessments(people: pd.DataFrame, reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Draw a test and a control row for each participant, with the 13 values unrounded in the protocol's units."""
    z = draw_z_scores(people["diagnosis_label"], rng)
    return measure_areas(people, z, reference, rng)


def measure_areas(people: pd.DataFrame, z: Floats, reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Make the test and control rows of participants with these z-scores; PHS and DMA, which have none, are drawn."""
    assessments = people.loc[people.index.repeat(len(AREAS))].reset_index(drop=True)
    is_test = np.tile([True, False], len(people))
    mirrored = assessments["side"].map({"left": "right", "right": "left"})
    assessments["side"] = assessments["side"].where(is_test, mirrored)
    assessments["area"] = np.where(is_test, "test", "control")

    flat = z.reshape(len(assessments), len(CODES))
    values = pd.DataFrame(values_of_z_scores(flat, assessments, reference), columns=list(CODES))
    values["PHS"] = draw_paradoxical_heat(assessments, rng)
    values["DMA"] = draw_allodynia(assessments, rng)
    low, high = np.transpose([RANGES[code] for code in CODES])
    return pd.concat([assessments, values.clip(low, high, axis=1)], axis=1)


def draw_z_scores(labels: "pd.Series[str]", rng: np.random.Generator) -> Floats:
    """Draw z for each participant, area (test, control) and parameter; N(0, 1) plus the group's shift of the test area.

    Tests of one modality are correlated by `MODALITY_VARIANCE`, the two areas of one test by that and `TEST_VARIANCE`.
    """
    modalities = [parameter.modality for parameter in PARAMETERS]
    modality_of_test, names = pd.factorize(np.array(modalities, dtype=object))
    of_modality = rng.standard_normal((len(labels), 1, len(names)))[:, :, modality_of_test]
    of_test = rng.standard_normal((len(labels), 1, len(CODES)))
    of_area = rng.standard_normal((len(labels), len(AREAS), len(CODES)))
    own_variance = 1 - MODALITY_VARIANCE - TEST_VARIANCE
    z = np.sqrt(MODALITY_VARIANCE) * of_modality + np.sqrt(TEST_VARIANCE) * of_test + np.sqrt(own_variance) * of_area
    z[:, AREAS.index("test"), :] += [[SHIFTS[label].get(code, 0.0) for code in CODES] for label in labels]
    return np.asarray(z, dtype=np.float64)


def values_of_z_scores(z: Floats, assessments: pd.DataFrame, reference: ReferenceSet) -> Floats:
    """Convert z-scores to values in their stratum; a participant below all age bands gets the youngest."""
    aged = assessments.assign(age=assessments["age"].clip(lower=reference.edges.min()))
    stratum = look_up_norms(aged, reference).stratum
    signs = np.array([parameter.gain_sign for parameter in PARAMETERS])
    is_log = np.array([parameter.scale == "log10" for parameter in PARAMETERS])
    transformed = reference.mean[stratum] + signs * z * reference.sd[stratum]
    return np.where(is_log, 10 ** np.where(is_log, transformed, 0.0), transformed)


def draw_paradoxical_heat(assessments: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Draw PHS: 1 to 3 in half of the test areas with sensory loss; 1 in 2 % of all other areas."""
    lost = (assessments["area"] == "test") & (assessments["diagnosis_label"] == SENSORY_LOSS)
    chance, count = rng.random(len(assessments)), rng.integers(1, 4, len(assessments))
    return np.where(lost, np.where(chance < 0.5, count, 0), chance < 0.02).astype(np.float64)


def draw_allodynia(assessments: pd.DataFrame, rng: np.random.Generator) -> Floats:
    """Draw DMA: `RATING_OFFSET` (never painful), except in test areas of the groups in `ALLODYNIA`."""
    chance, place = rng.random(len(assessments)), rng.random(len(assessments))
    log_rating = np.full(len(assessments), np.log10(RATING_OFFSET))
    for label, (share, (low, high)) in ALLODYNIA.items():
        painful = (assessments["area"] == "test") & (assessments["diagnosis_label"] == label) & (chance < share)
        log_rating = np.where(painful, low + place * (high - low), log_rating)
    return np.asarray(10**log_rating)


def make_retest(reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Make healthy participants with two visits: one part of z is stable, the other is new at each visit."""
    number = np.arange(RETEST_PEOPLE)
    people = pd.DataFrame(
        {
            "subject": [f"R{i + 1:02d}" for i in number],
            "age": np.round(rng.uniform(20, 74, RETEST_PEOPLE)),
            "sex": np.where(number % 2 == 0, "female", "male"),
            "site": "hand",
            "side": np.where(rng.random(RETEST_PEOPLE) < 0.5, "left", "right"),
            "diagnosis_label": HEALTHY,
        }
    )
    stable = draw_z_scores(people["diagnosis_label"], rng)
    share = np.array([STABLE_VARIANCE[code] for code in CODES])
    visits = []
    for visit in VISITS:
        z = np.sqrt(share) * stable + np.sqrt(1 - share) * rng.standard_normal(stable.shape)
        visits.append(measure_areas(people.assign(visit=visit), z, reference, rng))
    table = pd.concat(visits, ignore_index=True)
    later = table["visit"] == VISITS[-1]
    table.loc[later & (table["subject"] == WITHOUT_SECOND_WUR), "WUR"] = np.nan
    table = table[~(later & (table["subject"] == ONE_VISIT))].sort_values(["subject", "visit"], kind="stable")
    return write_as_laboratory(table)[list(ASSESSMENT_COLUMNS)]


def write_as_laboratory(assessments: pd.DataFrame) -> pd.DataFrame:
    """Format values with a laboratory's decimals: VDT as the mean of three readings, CDT negative (below baseline)."""
    written = assessments.assign(CDT=-assessments["CDT"], VDT=np.round(assessments["VDT"] * 3) / 3)
    decimals = {"age": 1, **DECIMALS}
    for column, digits in decimals.items():
        written[column] = [format_number(value, digits) for value in written[column]]
    return written


def format_number(value: float, digits: int) -> str:
    """Format a number with so many decimals; an empty text if it is missing."""
    return "" if np.isnan(value) else f"{value:.{digits}f}"


# A REDCap export


def make_redcap_export(reference: ReferenceSet, rng: np.random.Generator) -> pd.DataFrame:
    """Make eight records and a test record as REDCap exports them: one row for the person, and one per tested area."""
    chosen = draw_people(rng).iloc[:: len(SHIFTS) * GROUP_SIZE // REDCAP_PEOPLE].head(REDCAP_PEOPLE)
    chosen = chosen.assign(subject=[str(number) for number in range(1, REDCAP_PEOPLE + 1)])
    areas = write_as_laboratory(draw_assessments(chosen.reset_index(drop=True), reference, rng))
    areas["PPT"] = [format_number(float(value) / KPA_IN_N_PER_CM2, 1) for value in areas["PPT"]]
    rows: list[dict[str, str]] = []
    for record, pair in areas.groupby("subject", sort=False):
        person = pair.iloc[0]
        rows.append(
            {
                "record_id": str(record),
                "redcap_data_access_group": "muenster" if int(str(record)) % 2 else "bern",
                "age": person["age"],
                "sex": {"female": "1", "male": "2"}[person["sex"]],
                "group": person["diagnosis_label"],
                "medication___1": str(int(rng.random() < 0.3)),
                "medication___2": str(int(rng.random() < 0.3)),
                "demographics_complete": "2",
            }
        )
        instances = [write_instance(area) for _, area in pair.iterrows()]
        if record == "3":  # broken off and restarted
            broken_off = dict.fromkeys([REDCAP_NAMES[code] for code in ("PPT", "MPS", "WUR", "DMA")], "")
            instances.insert(0, instances[0] | broken_off | {"qst_complete": "0"})
        if record == "5":
            instances[1] = instances[1] | {"qst_complete": "1"}
        if record == "6":  # a typing error
            instances[0] = instances[0] | {"thr_hp_d": "4.6"}
        for number, instance in enumerate(instances, start=1):
            keys = {"record_id": str(record), "redcap_repeat_instrument": "qst"}
            rows.append(keys | {"redcap_repeat_instance": str(number)} | instance)
    rows.append({"record_id": TEST_RECORD, "age": "99", "sex": "1", "demographics_complete": "0"})
    rows.append(
        {"record_id": TEST_RECORD, "redcap_repeat_instrument": "qst", "redcap_repeat_instance": "1", "thr_hp": "1"}
        | {"site": "1", "side": "1", "area": "1", "thr_hp_d": "2", "qst_complete": "0"}
    )
    key_fields = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group"]
    person_fields = ["age", "sex", "group", "medication___1", "medication___2", "demographics_complete"]
    measured = ["site", "side", "area", *REDCAP_NAMES.values(), "thr_hp_d", "qst_complete"]
    return pd.DataFrame(rows, columns=[*key_fields, *person_fields, *measured]).fillna("")


def write_instance(area: "pd.Series[Any]") -> dict[str, str]:
    """Make the fields of one tested area, with the codes of the data dictionary; heat pain is entered twice."""
    place = {
        "site": {"hand": "1", "foot": "2"}[area["site"]],
        "side": {"left": "1", "right": "2"}[area["side"]],
        "area": {"test": "1", "control": "2"}[area["area"]],
    }
    values = {name: str(area[code]) for code, name in REDCAP_NAMES.items()}
    return place | values | {"thr_hp_d": values["thr_hp"], "qst_complete": "2"}


def make_dictionary() -> pd.DataFrame:
    """Make the data dictionary of the export, with the columns by which a REDCap dictionary is recognised."""
    coded = {"site": "1, hand | 2, foot", "side": "1, left | 2, right", "area": "1, test | 2, control"}
    labels = {"CPT": "Cold pain threshold", "HPT": "Heat pain threshold"}
    notes = {"PPT": "N/cm2", "CPT": "°C", "HPT": "°C"}
    fields = [
        ("record_id", "demographics", "text", "Record ID", "", "", ""),
        ("age", "demographics", "text", "Age", "", "years", "number"),
        ("sex", "demographics", "radio", "Sex", "1, female | 2, male", "", ""),
        ("group", "demographics", "text", "Group", "", "", ""),
        ("medication", "demographics", "checkbox", "Medication", "1, analgesic | 2, antidepressant", "", ""),
        *((name, "qst", "radio", name.capitalize(), choices, "", "") for name, choices in coded.items()),
        *((name, "qst", "text", labels.get(c, c), "", notes.get(c, ""), "number") for c, name in REDCAP_NAMES.items()),
        ("thr_hp_d", "qst", "text", "Heat pain threshold, second entry", "", "°C", "number"),
    ]
    return pd.DataFrame(
        [(name, form, "", kind, *rest) for name, form, kind, *rest in fields],
        columns=[
            "Variable / Field Name",
            "Form Name",
            "Section Header",
            "Field Type",
            "Field Label",
            "Choices, Calculations, OR Slider Labels",
            "Field Note",
            "Text Validation Type OR Show Slider Number",
        ],
    )
