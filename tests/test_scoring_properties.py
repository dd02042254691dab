"""Properties that hold for every table, not only for examples."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import qst
from qst.notes import NOTES
from qst.protocol import CODES, PARAMETERS, Z_CODES
from qst.tables import RESULT_COLUMNS, SCORED_COLUMNS

FINDINGS = {"gain", "loss", "normal", "limit"}
STRATA = [(age, sex, site) for age in (25, 35, 45, 55, 65) for sex in ("female", "male") for site in ("hand", "foot")]
CELLS = qst.load_reference().cells

any_value = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 0.1, 1.0, 8.0, 50.0, 512.0, 1000.0, -0.2]))
any_age = st.one_of(st.none(), st.floats(), st.floats(18, 90), st.integers(-5, 200))
any_word = st.one_of(
    st.none(), st.text(max_size=5), st.sampled_from(["hand", "foot", "female", "male", "Hand", "thigh"])
)
wild_row = st.fixed_dictionaries(
    {"subject": any_word, "age": any_age, "sex": any_word, "site": any_word} | dict.fromkeys(CODES, any_value)
)
tame_stratum = st.fixed_dictionaries(
    {
        "age": st.floats(20, 90),
        "sex": st.sampled_from(["female", "male"]),
        "site": st.sampled_from(["face", "hand", "foot"]),
    }
)


def tame_value(code: str) -> st.SearchStrategy[float | None]:
    low, high = next(p for p in PARAMETERS if p.code == code).possible
    return st.one_of(st.none(), st.floats(low, high))


tame_values = st.fixed_dictionaries({code: tame_value(code) for code in CODES})
tame_row = st.builds(lambda stratum, values: stratum | values, tame_stratum, tame_values)


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, dtype=object)


def results_of(scored: pd.DataFrame) -> list[list[object]]:
    """The results of each row, with one marker for everything that is missing."""
    rows = scored[list(RESULT_COLUMNS)].to_numpy(dtype=object).tolist()
    return [["missing" if pd.isna(value) else value for value in row] for row in rows]


@given(st.lists(wild_row, min_size=1, max_size=8))
@example([dict.fromkeys(("subject", "age", "sex", "site", *CODES))])
def test_no_table_of_numbers_and_words_raises_or_loses_a_row(rows: list[dict[str, Any]]) -> None:
    scored = qst.score(frame_of(rows))
    assert len(scored) == len(rows)
    assert list(scored.columns[: len(SCORED_COLUMNS)]) == list(SCORED_COLUMNS)
    z = scored[[f"{code}_z" for code in Z_CODES]].to_numpy(dtype=float)
    assert not np.isinf(z).any()
    for code in CODES:
        assert set(scored[f"{code}_finding"].dropna()) <= FINDINGS
        has_finding = scored[f"{code}_finding"].notna().to_numpy()
        assert not (has_finding & frame_of(rows)[code].isna().to_numpy()).any(), "no finding without a value"
    for text in scored["notes"]:
        assert {note.partition(":")[0] for note in text.split(";") if note} <= set(NOTES)


@given(st.lists(wild_row | tame_row, min_size=1, max_size=8), st.floats(0.5, 4))
def test_counts_and_probabilities_are_possible(rows: list[dict[str, Any]], cut_off: float) -> None:
    scored = qst.score(frame_of(rows), cut_off=cut_off)
    findings = scored[[f"{code}_finding" for code in CODES]]
    assert scored["n_scored"].tolist() == findings.notna().sum(axis=1).tolist()
    assert scored["n_gain"].tolist() == (findings == "gain").sum(axis=1).tolist()
    assert scored["n_loss"].tolist() == (findings == "loss").sum(axis=1).tolist()
    assert (scored["n_gain"] + scored["n_loss"] <= scored["n_scored"]).all()
    assert scored["p_profile"].dropna().between(0, 1).all()
    n_z = scored[[f"{code}_z" for code in Z_CODES]].notna().sum(axis=1)
    assert (scored["p_profile"].isna() == (n_z == 0)).all()
    assert (scored["expected_by_chance"] >= 0).all()
    assert (scored["expected_by_chance"] <= n_z).all()


@given(st.lists(wild_row | tame_row, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_rows_do_not_influence_each_other(rows: list[dict[str, Any]], random: Any) -> None:
    """One by one equals the batch, and permuting rows permutes results."""
    together = results_of(qst.score(frame_of(rows)))
    assert [results_of(qst.score(frame_of([row])))[0] for row in rows] == together
    order = list(range(len(rows)))
    random.shuffle(order)
    assert results_of(qst.score(frame_of([rows[i] for i in order]))) == [together[i] for i in order]


@given(tame_row)
def test_scoring_twice_is_scoring_once(row: dict[str, Any]) -> None:
    once = qst.score(frame_of([row]))
    assert results_of(qst.score(once)) == results_of(once)


@pytest.mark.parametrize("code", Z_CODES)
def test_z_of_the_mean_is_zero_and_one_sd_is_one(code: str) -> None:
    parameter = next(p for p in PARAMETERS if p.code == code)
    cells = CELLS[(CELLS["parameter"] == code) & (CELLS["doubt"] == "")]
    for steps in (0, 0.5):
        on_scale = cells["mean"] + steps * cells["sd"]
        value = 10**on_scale if parameter.scale == "log10" else on_scale
        frame = cells.assign(age=cells["age_from"], **{code: value})[["age", "sex", "site", code]]
        z = qst.score(frame)[f"{code}_z"][value <= parameter.possible[1]]
        assert len(z) >= 19
        np.testing.assert_allclose(z, parameter.gain_sign * steps, atol=1e-9)


@given(st.sampled_from(Z_CODES), st.sampled_from(STRATA), st.data())
def test_more_stimulus_needed_is_never_a_gain(code: str, stratum: tuple[int, str, str], data: st.DataObject) -> None:
    """z and findings follow the value, in the direction of the parameter's sign; CDT, WDT and TSL by magnitude."""
    parameter = next(p for p in PARAMETERS if p.code == code)
    low, high = parameter.possible
    low = 0.1 if parameter.is_rating else max(low, 0.001)  # a rating below 0.1 has another meaning
    values = sorted(data.draw(st.lists(st.floats(low, high), min_size=2, max_size=12)), reverse=parameter.gain_sign < 0)
    age, sex, site = stratum
    scored = qst.score(pd.DataFrame({"age": age, "sex": sex, "site": site, code: values}))
    assert (np.diff(scored[f"{code}_z"]) >= 0).all()
    rank = scored[f"{code}_finding"].map({"loss": 0, "limit": 1, "normal": 1, "gain": 2})
    if parameter.insensitive_end is not None:  # past the end of the device, overshoot counts as the end itself
        end = parameter.gain_sign * parameter.insensitive_end
        rank = rank[parameter.gain_sign * np.array(values) >= end]
    assert (np.diff(rank) >= 0).all()


@given(tame_stratum, st.floats(0.2, 17), st.sampled_from(["CDT", "WDT", "TSL"]))
def test_the_sign_of_a_distance_does_not_matter(stratum: dict[str, Any], distance: float, code: str) -> None:
    scored = qst.score(frame_of([stratum | {code: distance}, stratum | {code: -distance}]))
    assert results_of(scored)[0] == results_of(scored)[1]


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8), st.one_of(st.text(max_size=8), st.integers(), st.none()), max_size=4
    ),
    tame_row,
)
def test_the_callers_own_columns_are_kept(own: dict[str, Any], row: dict[str, Any]) -> None:
    own = {name: value for name, value in own.items() if name not in (*SCORED_COLUMNS, "parameter", "value")}
    scored = qst.score(frame_of([own | row]))
    assert list(scored.columns) == [*SCORED_COLUMNS, *own]
    for name, value in own.items():
        assert scored.loc[0, name] == value or (value is None and pd.isna(scored.loc[0, name]))
    assert results_of(scored) == results_of(qst.score(frame_of([row])))


@given(tame_row, st.floats(0.5, 4), st.floats(0.5, 4))
def test_a_stricter_cut_off_finds_no_more(row: dict[str, Any], one: float, other: float) -> None:
    loose, strict = (qst.score(frame_of([row]), cut_off=cut_off).iloc[0] for cut_off in sorted((one, other)))
    for code in Z_CODES:
        if strict[f"{code}_finding"] in ("gain", "loss"):
            assert loose[f"{code}_finding"] == strict[f"{code}_finding"]


@given(tame_row)
def test_what_is_listed_as_not_findable_is_not_found_within_the_devices_range(row: dict[str, Any]) -> None:
    for parameter in (p for p in PARAMETERS if p.has_z and row[p.code] is not None):
        value = abs(row[parameter.code]) if parameter.is_distance else row[parameter.code]
        ends = [end for end in (parameter.insensitive_end, parameter.sensitive_end) if end is not None]
        if not all(_is_within(value, end, parameter) for end in ends):
            row = row | {parameter.code: None}
    scored = qst.score(frame_of([row])).iloc[0]
    found = {f"{code}_{scored[f'{code}_finding']}" for code in CODES}
    assert not found & set(scored["not_findable"].split(";"))


def _is_within(value: float, end: float, parameter: Any) -> bool:
    """Whether a value lies on the device's side of one of its ends."""
    larger_is_insensitive = parameter.gain_sign < 0
    is_upper = larger_is_insensitive == (end == parameter.insensitive_end)
    return value <= end if is_upper else value >= end


@given(st.lists(st.floats(30, 50), min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_trials_in_any_order_have_one_mean(values: list[float], random: Any) -> None:
    frame = pd.DataFrame({"subject": "1", "parameter": "HPT", "value": values})
    shuffled = random.sample(values, len(values))
    derived = [qst.derive_values(frame.assign(value=some)).loc[0, "HPT"] for some in (values, shuffled)]
    assert derived[0] == pytest.approx(derived[1], rel=1e-13)
    assert min(values) - 1e-9 <= derived[0] <= max(values) + 1e-9


@given(st.lists(st.floats(0.25, 512), min_size=1, max_size=12), st.floats(0.5, 2))
def test_a_geometric_mean_scales_with_its_trials(values: list[float], factor: float) -> None:
    frame = pd.DataFrame({"subject": "1", "parameter": "MDT", "value": values})
    mean = qst.derive_values(frame).loc[0, "MDT"]
    assert min(values) * (1 - 1e-9) <= mean <= max(values) * (1 + 1e-9)
    scaled = qst.derive_values(frame.assign(value=np.array(values) * factor)).loc[0, "MDT"]
    assert scaled == pytest.approx(mean * factor, rel=1e-12)
