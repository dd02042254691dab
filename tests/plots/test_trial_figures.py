"""Figures of single trials (stimulus–response curve, wind-up), tested on what was drawn."""

import numpy as np
import pandas as pd
import pytest
from drawn import foot_of, legend_of, series
from matplotlib.axes import Axes
from paths import COHORT, TRIALS

import qst
from qst.errors import OptionError


def ratings(parameter: str, pairs: list[tuple[str, float]], **others: object) -> pd.DataFrame:
    rows = [{"parameter": parameter, "stimulus": stimulus, "value": value} for stimulus, value in pairs]
    return pd.DataFrame(rows).assign(**({"subject": "1", "area": "test"} | others))


@pytest.fixture(scope="module")
def trials() -> pd.DataFrame:
    return qst.load(TRIALS, problems=[])


def ratio_texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_gid() == "ratio"]


def test_the_curve_is_the_geometric_mean_of_rating_plus_a_tenth() -> None:
    table = ratings("MPS", [("8", 0.0), ("8", 9.9), ("512 mN", 99.9), ("64,0", 0.9)])
    ax = qst.plot_stimulus_response(table)
    heights = np.asarray(series(ax)["test"].get_ydata())
    # sqrt(0.1 · 10) = 1 at 8 mN; 100 at 512 mN; 1 at 64 mN; nothing in between
    np.testing.assert_allclose(heights, [1, np.nan, np.nan, 1, np.nan, np.nan, 100])
    assert (ax.get_yscale(), [label.get_text() for label in ax.get_xticklabels()][:2]) == ("log", ["8", "16"])
    (missing,) = [line for line in ax.lines if line.get_gid() == "no value"]
    assert missing.get_xdata().tolist() == [1, 2, 4, 5]


def test_pain_and_light_touch_stand_apart(trials: pd.DataFrame) -> None:
    person = trials[trials["subject"] == "S03"]
    ax = qst.plot_stimulus_response(person)
    (touch,) = ax.child_axes
    assert touch.get_label() == "touch"
    assert [label.get_text() for label in touch.get_xticklabels()] == ["wisp", "tip", "brush"] or len(
        touch.get_xticks()
    ) == 3
    brush = person[(person["area"] == "test") & (person["stimulus"] == "brush")]["value"] + 0.1
    assert series(touch)["test"].get_ydata()[2] == pytest.approx(np.exp(np.log(brush).mean()))
    assert list(series(ax)) == ["test", "control"]
    assert series(ax)["control"].get_markerfacecolor() == "white"
    assert legend_of(ax) == ["test", "control", "single ratings"]
    assert "test: 35 pinprick, 15 touch ratings" in foot_of(ax)


def test_several_people_have_their_curves_and_an_interval() -> None:
    people = [ratings("MPS", [("8", value)], subject=str(n)) for n, value in enumerate((0.9, 9.9, 99.9))]
    ax = qst.plot_stimulus_response(pd.concat(people))
    assert series(ax)["test"].get_ydata()[0] == pytest.approx(10)
    (bar,) = [line for line in ax.lines if line.get_gid() == "95 % interval of the mean"]
    # log10 of the mean is 1, SD 1, t(0.975, 2) = 4.302653: 1 ± 2.484 reaches past both ends of the scale
    assert bar.get_ydata().tolist() == [0.1, 100.1]
    assert len([line for line in ax.lines if line.get_gid() == "people"]) == 3
    assert "n = 3 people" in foot_of(ax)


def test_discarded_trials_and_unknown_stimuli_do_not_count() -> None:
    table = ratings("MPS", [("8", 9.9), ("8", 99.9), ("heavy", 5.0)]).assign(keep=[True, False, True])
    ax = qst.plot_stimulus_response(table)
    assert series(ax)["test"].get_ydata()[0] == pytest.approx(10)
    assert "1 rating without a usable stimulus left out" in foot_of(ax)


def test_windup_pairs_are_the_series_and_the_ratio_is_that_of_the_table(trials: pd.DataFrame) -> None:
    person = trials[trials["subject"] == "S03"]
    ax = qst.plot_windup(person)
    derived = qst.derive_values(person).set_index("area")["WUR"]
    assert ratio_texts(ax) == [f"WUR {derived[area]:.1f}" for area in ("test", "control")]
    lines = [line.get_ydata().tolist() for line in ax.lines if line.get_gid() == "pair"]
    assert lines[:5] == [[12, 56], [14, 83], [11, 70], [16, 87], [14, 86]]
    assert series(ax)["test"].get_ydata().tolist() == pytest.approx([13.4, 76.4])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["single", "train", "single", "train"]


def test_windup_that_is_undefined_says_so() -> None:
    table = ratings("WUR", [("single", 0.0), ("train", 5.0)])
    assert ratio_texts(qst.plot_windup(table)) == ["WUR undefined: all single stimuli rated 0"]
    people = pd.concat([table, ratings("WUR", [("single", 2.0), ("train", 8.0)], subject="2")])
    ax = qst.plot_windup(people)
    assert ratio_texts(ax) == ["WUR 4.0 (n = 1)"]
    assert "test: no ratio of 1 assessment, all singles rated 0" in foot_of(ax)


def test_windup_that_lacks_its_trains_is_not_called_undefined() -> None:
    ax = qst.plot_windup(ratings("WUR", [("single", 2.0)]))
    assert ratio_texts(ax) == ["no WUR: single stimuli or trains not rated"]


def test_stimuli_without_a_rating_are_in_the_legend() -> None:
    assert legend_of(qst.plot_stimulus_response(ratings("MPS", [("8", 2.0)])))[-1] == "not rated"


def test_a_rating_without_its_partner_is_a_point() -> None:
    table = ratings("WUR", [("single", 2.0), ("single", 4.0), ("train", 9.0)]).assign(series=["1", "2", "2"])
    ax = qst.plot_windup(table)
    lines = [line.get_ydata().tolist() for line in ax.lines if line.get_gid() == "pair"]
    assert np.isnan(lines[0][1]) and lines[1] == [4, 9]
    assert ratio_texts(ax) == ["WUR 3.0"]


@pytest.mark.parametrize("function", [qst.plot_stimulus_response, qst.plot_windup])
def test_values_without_trials_say_what_is_needed(function: object) -> None:
    needed = r"no single trials: this figure needs ratings of .*give the file with the trials"
    with pytest.raises(OptionError, match=needed):
        function(qst.load(COHORT, problems=[]))  # type: ignore[operator]
    with pytest.raises(OptionError, match="the trials hold no rating of"):
        function(ratings("HPT", [("", 45.0)]))  # type: ignore[operator]
