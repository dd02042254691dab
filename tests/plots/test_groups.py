"""Profiles of groups, tested on what was drawn."""

import numpy as np
import pandas as pd
import pytest
from drawn import foot_of, legend_of, marks, series, side_axes, texts, z_table
from matplotlib.axes import Axes

import qst
from qst.errors import OptionError


def group_table() -> pd.DataFrame:
    people = [
        {"subject": str(n), "CDT_z": z, "HPT_z": 1.0, "DMA": dma}
        for n, (z, dma) in enumerate([(1, 1), (2, 10), (3, 100)])
    ]
    return z_table(*(person | {"group": "a"} for person in people), {"subject": "9", "group": "b", "CDT_z": -5.0})


def interval(ax: Axes, column: int = 0) -> list[float]:
    """Ends of the bar of the first group at a column."""
    bars = next(c for c in ax.collections if c.get_gid() == "95 % interval of the mean")
    return np.asarray(bars.get_segments()[column])[:, 1].tolist()


def test_mean_and_interval_over_people() -> None:
    ax = qst.plot_groups(group_table(), by="group")
    assert series(ax)["a (n = 3)"].get_ydata()[0] == pytest.approx(2)
    # t(0.975, 2) = 4.302653 (tables of Student's t); SD 1, so the reach is 4.302653 / sqrt(3) = 2.484138
    assert interval(ax) == pytest.approx([2 - 2.484138, 4.0])
    assert interval(ax, 4) == pytest.approx([1, 1])


def test_a_group_of_one_has_no_interval_and_a_mean_beyond_the_axis_is_an_arrow() -> None:
    ax = qst.plot_groups(group_table(), by="group")
    assert marks(ax, "below the axis") == [("CDT", -4.0)]
    assert "−5.0" in texts(ax)
    bars = [c for c in ax.collections if c.get_gid() == "95 % interval of the mean"]
    assert [len(c.get_segments()) for c in bars] == [11, 0]


def test_dma_is_a_geometric_mean_and_single_people_stand_behind() -> None:
    ax = qst.plot_groups(group_table(), by="group")
    assert series(side_axes(ax, "DMA"))["a (n = 3)"].get_ydata() == pytest.approx([10])
    behind = [c for c in ax.collections if c.get_gid() == "single people"]
    assert [len(c.get_segments()) for c in behind] == [3, 1]
    assert behind[0].get_alpha() < 0.5
    assert behind[0].get_zorder() < series(ax)["a (n = 3)"].get_zorder()
    assert {"95 % interval of the mean", "single people"} <= set(legend_of(ax))


def test_a_person_with_two_rows_counts_once() -> None:
    table = z_table({"subject": "1", "CDT_z": 0.0}, {"subject": "1", "CDT_z": 1.0}, {"subject": "2", "CDT_z": 2.0})
    ax = qst.plot_groups(table)
    assert series(ax)["all people (n = 2)"].get_ydata()[0] == pytest.approx(1.25)
    assert any("several assessments of a person averaged first" in text for text in texts(ax))


def test_only_the_area_asked_for_is_shown() -> None:
    table = z_table({"subject": "1", "CDT_z": 1.0}, {"subject": "1", "area": "control", "CDT_z": -1.0})
    assert series(qst.plot_groups(table))["all people (n = 1)"].get_ydata()[0] == 1
    assert series(qst.plot_groups(table, area="control"))["all people (n = 1)"].get_ydata()[0] == -1
    assert list(series(qst.plot_groups(table, by="area"))) == ["test (n = 1)", "control (n = 1)"]


def test_the_foot_says_who_is_shown_and_what_is_missing() -> None:
    table = group_table().assign(age=[20, 30, 40, 50], sex=["female", "male", "male", "male"], notes="at_limit:CPT")
    table.loc[0, "WUR_z"] = np.nan
    table.loc[1, "group"] = None
    foot = foot_of(qst.plot_groups(table, by="group"))
    for part in ("n = 4 assessments of 4 people", "20 to 50 years", "3 male, 1 female", "1 without group left out"):
        assert part in foot
    assert "fewer in a: WUR 1" in foot
    assert "values at the device's limit, whose true z lies further down: CPT 4" in foot


def test_hatched_is_what_most_people_cannot_show() -> None:
    rows = [{"subject": str(n), "not_findable": "CPT_loss;VDT_gain" if n else "CPT_loss"} for n in range(2)]
    ax = qst.plot_groups(z_table(*rows))
    assert [patch.get_gid() for patch in ax.patches if patch.get_hatch()] == ["CPT_loss"]
    assert "not findable in most people (device range)" in legend_of(ax)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "colour"}, r"no column 'colour' to form groups by; it has .*group"),
        ({"by": "subject"}, r"has 7 groups; at most 6 can be distinguished: combine groups in the column"),
        ({"area": "mirror"}, r"no row has the area 'mirror': the table has test; or choose all"),
    ],
)
def test_refuses(options: dict[str, str], message: str) -> None:
    table = z_table(*({"subject": str(n), "group": "a"} for n in range(7)))
    with pytest.raises(OptionError, match=message):
        qst.plot_groups(table, **options)
