"""Figures in a parameter's own unit (retest, age), tested on what was drawn."""

import numpy as np
import pandas as pd
import pytest
from drawn import foot_of, legend_of
from matplotlib.axes import Axes

import qst
from qst.errors import OptionError
from qst.norms.reference_sets import load_reference


def visits(first: list[float | None], second: list[float | None], code: str = "HPT") -> pd.DataFrame:
    names = [str(n) for n in range(len(first))]
    both = [
        pd.DataFrame({"subject": names, "visit": v, "area": "test", code: x}) for v, x in (("1", first), ("2", second))
    ]
    return pd.concat(both, ignore_index=True)


def heights(ax: Axes, gid: str) -> list[float]:
    return [float(line.get_ydata()[0]) for line in ax.lines if line.get_gid() == gid]


def points(ax: Axes, gid: str = "pairs") -> list[tuple[float, float]]:
    return [tuple(xy) for line in ax.lines if line.get_gid() == gid for xy in np.asarray(line.get_xydata()).tolist()]


def test_differences_are_the_later_minus_the_earlier_visit() -> None:
    ax = qst.plot_retest(visits([40, 42, 44], [41, 44, 47]), parameter="HPT")
    assert points(ax) == [(40.5, 1), (43, 2), (45.5, 3)]
    assert heights(ax, "bias") == [2]
    # SD of 1, 2, 3 is 1, so the limits are 2 ± 1.96
    assert sorted(heights(ax, "limit of agreement")) == pytest.approx([0.04, 3.96])
    assert ax.get_ylabel() == "visit 2 − visit 1 (°C)"
    assert "n = 3 pairs of the visits 1 and 2" in foot_of(ax)


def test_intervals_are_those_of_bland_and_altman() -> None:
    ax = qst.plot_retest(visits([40, 42, 44], [41, 44, 47]), parameter="HPT")
    spans = {}
    for patch in ax.patches:
        spans.setdefault(patch.get_gid(), []).append(
            sorted(patch.get_extents().transformed(ax.transData.inverted()).intervaly)
        )
    # t(0.975, 2) = 4.302653; bias ± t / sqrt(3); limits ± t sqrt(1/3 + 1.96² / 4)
    assert spans["bias interval"][0] == pytest.approx([2 - 2.484138, 2 + 2.484138])
    reach = 4.302653 * np.sqrt(1 / 3 + 1.96**2 / 4)
    assert spans["limit of agreement interval"][1] == pytest.approx([3.96 - reach, 3.96 + reach], rel=1e-4)


def test_log_parameters_are_compared_as_ratios() -> None:
    ax = qst.plot_retest(visits([100, 200, 400], [200, 400, 800], "PPT"), parameter="PPT")
    assert heights(ax, "bias") == pytest.approx([np.log10(2)])
    numbers = [text.get_text() for text in ax.texts if text.get_gid() == "number"]
    assert numbers[0] == "mean\n× 2.00"
    assert ax.get_ylabel() == "visit 2 / visit 1"
    ticks = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    assert ticks["2"] == pytest.approx(np.log10(2))


def test_numbers_of_equal_visits_have_their_words_and_no_sign() -> None:
    ax = qst.plot_retest(visits([40, 42, 44], [40, 42, 44]), parameter="HPT")
    numbers = {text.get_text(): text.xyann[1] for text in ax.texts if text.get_gid() == "number"}
    assert list(numbers) == ["mean\n0.00", "−1.96 SD\n0.00", "+1.96 SD\n0.00"]
    assert numbers["−1.96 SD\n0.00"] < numbers["mean\n0.00"] < numbers["+1.96 SD\n0.00"]


def test_wide_ratios_are_written_without_exponents() -> None:
    ax = qst.plot_retest(visits([1, 10, 100], [100, 1, 1000], "PPT"), parameter="PPT")
    assert "100" in [label.get_text() for label in ax.get_yticklabels()]
    assert not any("e" in text.get_text().replace("mean", "") for text in ax.texts if text.get_gid() == "number")


def test_the_earlier_visit_is_known_by_its_name_and_not_by_its_place_in_the_file() -> None:
    table = visits([40, 42, 44], [41, 44, 47]).replace({"visit": {"1": "post", "2": "pre"}})
    ax = qst.plot_retest(table, parameter="HPT")
    assert [line.get_ydata()[0] for line in ax.lines if line.get_gid() == "bias"] == [-2]


def test_visits_with_long_names_are_the_first_and_the_second() -> None:
    table = visits([40, 42, 44], [41, 44, 47]).replace({"visit": {"1": "before the operation", "2": "a year after it"}})
    ax = qst.plot_retest(table, parameter="HPT", width_mm=85)
    assert ax.get_ylabel() == "second − first visit (°C)"
    assert "of the visits before the operation and a year after it" in foot_of(ax)


def test_people_with_one_visit_are_counted_and_limits_are_marked() -> None:
    table = visits([40, 42, 44, 50], [41, 44, 47, None]).assign(notes=["at_limit:HPT", *[""] * 7])
    ax = qst.plot_retest(table, parameter="HPT")
    assert "1 value without a partner left out" in foot_of(ax)
    assert points(ax, "at device limit") == [(40.5, 1)]


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (visits([1, 2, 3], [1, 2, 3]).query("visit == '1'"), {}, "has the visits 1: a retest needs two"),
        (visits([40, 42], [41, 44]), {}, "2 pairs of HPT at the visits 1 and 2: at least 3 people"),
        (visits([1, 2, 3], [1, 2, 3]), {"visits": ("1", "3")}, "no visit '3': it has 1, 2"),
        (visits([1, 2, 3], [1, 2, 3]), {"visits": ("1",)}, "a retest compares two visits, not 1: name two"),
        (pd.concat([visits([1, 2, 3], [1, 2, 3])] * 2), {}, "6 rows repeat the subject, visit, site, side and area"),
        (visits([1, 2, 3], [1, 2, 3]), {"parameter": "XYZ"}, "there is no parameter 'XYZ': choose one of CDT"),
        (visits([1, 2, 3], [1, 2, 3]), {"parameter": "CDT"}, "the table has no column CDT"),
    ],
)
def test_retest_refuses(table: pd.DataFrame, options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        qst.plot_retest(table, **({"parameter": "HPT"} | options))


def people(**columns: object) -> pd.DataFrame:
    rows = {
        "subject": ["1", "2"],
        "age": [25.0, 65.0],
        "sex": "female",
        "site": "hand",
        "area": "test",
        "HPT": [42.0, 46.0],
    }
    return qst.score(pd.DataFrame(rows | columns))


def band(ax: Axes, sex: str = "female") -> pd.DataFrame:
    low, high, mean = (line for line in ax.lines if line.get_gid() == f"norm {sex}")
    return pd.DataFrame(
        {"low": low.get_ydata(), "mean": mean.get_ydata(), "high": high.get_ydata()}, index=low.get_xdata()
    )


def test_the_band_is_the_norm_and_steps_at_its_ages() -> None:
    ax = qst.plot_age(people(), parameter="HPT")
    cells = (
        load_reference().cells.query("parameter == 'HPT' and site == 'hand' and sex == 'female'").set_index("age_from")
    )
    drawn = band(ax)
    for age in (20, 30, 40, 50, 60):
        mean, sd = cells.loc[age, ["mean", "sd"]]
        assert drawn.loc[age].tolist() == pytest.approx([mean - 1.96 * sd, mean, mean + 1.96 * sd])
    before = drawn[(drawn.index > 29) & (drawn.index < 30)]
    assert before["mean"].tolist() == [cells.loc[20, "mean"]]


def test_people_stand_at_age_and_value_and_gain_is_up() -> None:
    ax = qst.plot_age(people(area=["test", "control"]), parameter="HPT", area="all")
    assert points(ax, "people female") == [(25, 42), (65, 46)]
    open_ones = [
        line for line in ax.lines if line.get_gid() == "people female" and line.get_markerfacecolor() == "white"
    ]
    assert np.asarray(open_ones[0].get_xydata()).tolist() == [[65, 46]]
    low, high = ax.get_ylim()
    assert low > high  # less heat needed is a gain, and stands above
    rising = qst.plot_age(people(CPT=[10.0, 12.0]), parameter="CPT")
    assert rising.get_ylim()[0] < rising.get_ylim()[1]


def test_a_value_outside_of_the_band_is_what_scoring_calls_abnormal() -> None:
    scored = people(HPT=[34.0, 46.0])
    drawn = band(qst.plot_age(scored, parameter="HPT"))
    assert scored["HPT_finding"].tolist() == ["gain", "normal"]
    assert drawn.loc[20, "low"] > 34.0 and drawn.loc[60, "low"] < 46.0 < drawn.loc[60, "high"]


def test_ticks_of_log_parameters_are_in_the_unit() -> None:
    ax = qst.plot_age(people(PPT=[200.0, 500.0]), parameter="PPT")
    assert points(ax, "people female") == [(25, np.log10(200)), (65, np.log10(500))]
    ticks = dict(zip((label.get_text() for label in ax.get_yticklabels()), ax.get_yticks(), strict=True))
    assert ticks["500"] == pytest.approx(np.log10(500))


def test_a_narrow_log_axis_has_round_ticks() -> None:
    from matplotlib.figure import Figure

    from qst.plots.value_axis import set_value_scale
    from qst.protocol import BY_CODE

    ax = Figure().subplots()
    for ends, expected in (((208, 868), ["400", "600", "800"]), ((0.44, 0.58), ["0.45", "0.5", "0.55"])):
        ax.set_xlim(*np.log10(ends))
        set_value_scale(ax, "x", BY_CODE["PPT"])
        labels = [label.get_text() for label in ax.get_xticklabels()]
        assert labels == expected
        assert 10 ** ax.get_xticks() == pytest.approx([float(text) for text in labels])


def test_doubtful_and_missing_norms_leave_the_band_open() -> None:
    ax = qst.plot_age(people(site="foot", PHS=[0, 1]), parameter="PHS")
    assert np.isnan(band(ax).loc[60, "high"]) and band(ax).loc[20, "low"] == 0
    assert "norm of PHS incomplete or in doubt for some ages of female" in foot_of(ax)
    ax = qst.plot_age(people(site="face", PPT=[200.0, 500.0]), parameter="PPT")
    assert "no norm of PPT for female" in foot_of(ax)
    assert legend_of(ax) == ["female (2)"]


def test_a_borrowed_norm_is_drawn_and_said() -> None:
    table = pd.DataFrame([{"subject": "1", "age": 25, "sex": "male", "site": "forearm", "area": "test", "HPT": 42.0}])
    ax = qst.plot_age(qst.score(table, site_as={"forearm": "hand"}), parameter="HPT")
    assert "norm of the hand used for the forearm" in foot_of(ax)
    assert not np.isnan(band(ax, "male")["mean"]).all()
    assert "norm, male (±1.96 SD)" in legend_of(ax)


@pytest.mark.parametrize(
    ("columns", "parameter", "message"),
    [
        ({}, "DMA", "DMA has no band"),
        (
            {"site": ["hand", "foot"]},
            "HPT",
            "of the sites hand, foot, and norms belong to a site: choose one \\(--site hand\\)",
        ),
        ({"age": [None, None]}, "HPT", "no row has age, sex and a value of HPT"),
        ({"CPT": 5.0}, "XX", "there is no parameter 'XX'"),
    ],
)
def test_age_refuses(columns: dict[str, object], parameter: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        qst.plot_age(people(**columns), parameter=parameter)


def test_the_device_limit_is_a_line_in_the_legend_where_it_is_near() -> None:
    ax = qst.plot_age(people(), parameter="HPT")
    assert heights(ax, "device limit") == [50]
    assert "device limit" in legend_of(ax)
    far = qst.plot_age(people(MDT=[1.0, 2.0]), parameter="MDT")
    assert heights(far, "device limit") == [] and "device limit" not in legend_of(far)
