"""Shares of gain and loss with their intervals, in a cohort and in groups side by side, tested on what was drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import run
from drawn import foot_of, legend_of, z_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paths import COHORT
from scipy import stats

import qst
from qst.cohort.intervals import find_interval
from qst.errors import OptionError
from qst.protocol import CODES

pytestmark = pytest.mark.usefixtures("work")

HPT = CODES.index("HPT")


def findings(groups: dict[str, list[str | None]], **columns: object) -> pd.DataFrame:
    """A row a finding of HPT; all other parameters are normal."""
    normal = {f"{code}_finding": "normal" for code in CODES}
    rows = [normal | {"HPT_finding": found, "arm": name} for name, each in groups.items() for found in each]
    return z_table(*rows).assign(subject=[str(n) for n in range(len(rows))], **columns)


def widths(ax: Axes, word: str, code: str = "HPT") -> list[float]:
    """Lengths of the bars of one parameter, group by group."""
    bars = [container for container in ax.containers if container.get_label() == word]
    return [container[CODES.index(code)].get_width() for container in bars]


def intervals(ax: Axes, middle: float) -> list[list[float]]:
    """Ends of the intervals at a height: that of gain, then that of loss."""
    lines = [c for c in ax.collections if c.get_gid() == "95 % interval of the share"]
    segments = [np.asarray(segment) for c in lines for segment in c.get_segments()]
    return [sorted(each[:, 0].tolist()) for each in segments if each[0, 1] == pytest.approx(middle)]


def counts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_gid() == "count"]


@pytest.mark.parametrize("n", [1, 2, 15, 400])
def test_the_interval_is_that_of_wilson(n: int) -> None:
    found = np.arange(n + 1)
    known = [stats.binomtest(k, n).proportion_ci(0.95, method="wilson") for k in found.tolist()]
    expected = 100 * np.array([[each.low, each.high] for each in known]).T
    np.testing.assert_allclose(find_interval(found, np.full(n + 1, n)), expected, atol=1e-9)


def test_newcombes_worked_example() -> None:
    # Newcombe 1998, Stat Med 17:857-872, table I, method 3: 81 of 263 give 0.2553 to 0.3662; 0 of 20 give 0 to 0.1611.
    ends = find_interval(np.array([81, 0]), np.array([263, 20]))
    assert ends.T.round(2).tolist() == [[25.53, 36.62], [0.0, 16.11]]


def test_each_group_has_a_bar_with_its_share_interval_and_count() -> None:
    groups = {"a": ["gain", "gain", "loss", "normal"], "b": ["gain", "normal", None]}
    ax = qst.plot_frequencies(findings(groups), by="arm")
    assert widths(ax, "gain") == [50, 50]
    assert widths(ax, "loss") == [-25, 0]
    middles = [bar.get_y() + bar.get_height() / 2 for bar in (c[HPT] for c in ax.containers[::2])]
    assert middles[0] < HPT < middles[1] and sum(middles) == pytest.approx(2 * HPT)
    gain, loss = intervals(ax, middles[0])
    assert gain == pytest.approx(find_interval(np.array([2]), np.array([4]))[:, 0].tolist())
    assert loss == pytest.approx((-find_interval(np.array([1]), np.array([4]))[::-1, 0]).tolist())
    assert {"2/4", "1/4", "1/2", "0/2"} <= set(counts(ax))
    assert legend_of(ax)[:3] == ["a (n = 4)", "b (n = 3)", "95 % interval of the share"]


def test_groups_look_as_in_their_profiles_and_differ_by_shape() -> None:
    table = findings({"a": ["gain"], "b": ["gain"], "c": ["gain"]})
    ax = qst.plot_frequencies(table, by="arm")
    dots = [line for line in ax.lines if line.get_gid() == "share gain"]
    profile = [line for line in qst.plot_groups(table, by="arm").lines if str(line.get_label()).endswith("(n = 1)")]
    looks = [(line.get_color(), line.get_marker()) for line in dots]
    assert looks == [(line.get_color(), line.get_marker()) for line in profile]
    assert len({shape for _, shape in looks}) == 3
    assert all(line.get_xdata()[HPT] == 100 for line in dots)


def test_what_nobody_can_show_has_no_interval() -> None:
    table = findings({"a": ["normal"] * 3}, not_findable=["HPT_loss"] * 3)
    ax = qst.plot_frequencies(table)
    assert len(intervals(ax, HPT)) == 1  # of gain
    some = qst.plot_frequencies(table.assign(not_findable=["HPT_loss", "", ""]))
    assert len(intervals(some, HPT)) == 2


def test_rows_without_a_group_and_repeated_people_are_told() -> None:
    table = findings({"a": ["gain", "gain"], "": ["gain"]}, area="test")
    foot = foot_of(qst.plot_frequencies(table, by="arm"))
    assert "1 without arm left out" in foot and "not independent" not in foot
    foot = foot_of(qst.plot_frequencies(table.assign(subject="1"), by="arm"))
    assert "several assessments of a person are not independent" in foot
    by_area = qst.plot_frequencies(findings({"a": ["gain", "loss"]}, area=["test", "control"]), by="area")
    assert legend_of(by_area)[:2] == ["test (n = 1)", "control (n = 1)"]


def test_limits_are_told_group_by_group() -> None:
    foot = foot_of(qst.plot_frequencies(findings({"a": ["limit", "limit"], "b": ["gain"]}), by="arm"))
    assert "at the device's limit, loss cannot be told (groups in the order of the legend): HPT 2/0" in foot


def test_counts_without_room_are_left_out_and_the_foot_says_so() -> None:
    groups = {name: ["gain", "normal"] for name in "abcde"} | {"f": ["gain", None]}
    ax = qst.plot_frequencies(findings(groups), by="arm")
    assert counts(ax) == []
    assert "counts are left out: so many bars have no room for them" in foot_of(ax)
    assert "fewer judged (groups in the order of the legend): HPT 2/2/2/2/2/1" in foot_of(ax)
    low = Figure(figsize=(6, 3)).subplots()
    few = {name: groups[name] for name in "ab"}
    assert counts(qst.plot_frequencies(findings(few), low, by="arm")) == []
    assert len(counts(qst.plot_frequencies(findings(few), by="arm"))) == 48  # 2 groups, 13 codes to 2 sides but for 2


def test_a_share_of_all_has_room_for_its_count() -> None:
    ax = qst.plot_frequencies(findings({"a": ["gain"] * 1000}), width_mm=85)
    assert ax.get_xlim()[1] > 100 and ax.get_xlim()[0] == -ax.get_xlim()[1]
    assert ax.get_xticks().tolist() == [-100, -50, 0, 50, 100]
    assert qst.plot_frequencies(findings({"a": ["normal"] * 1000})).get_xlim() == (-100, 100)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "colour"}, r"no column 'colour' to form groups by; it has .*arm"),
        ({"by": "subject"}, r"has 7 groups; at most 6 can be distinguished: combine groups in the column"),
        ({"by": "empty"}, r"the column 'empty' is empty, so there are no groups"),
    ],
)
def test_refuses_groups(options: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        qst.plot_frequencies(findings({"a": ["gain"] * 7}, empty=None), **options)


def test_the_command_draws_groups() -> None:
    options = ["--kind", "frequencies", "--by", "diagnosis_label", "-o", "shares.svg"]
    result = run("plot", COHORT, *options)
    assert result.exit_code == 0, result.stderr
    picture = Path("shares.svg").read_text(encoding="utf-8")
    assert "synthetic sensory loss (n = 15)" in picture and ">11/15<" in picture
    result = run("plot", COHORT, "--kind", "loga", "--by", "diagnosis_label", "-o", "a.svg")
    assert result.exit_code == 2
    assert "--kind loga has no --by: that is for frequencies, profile --by" in result.stderr
    result = run("plot", COHORT, "--kind", "frequencies", "--by", "sex", "--each", "-o", "out")
    assert result.exit_code == 2 and "--kind frequencies shows a cohort: omit --each" in result.stderr
