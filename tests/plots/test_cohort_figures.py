"""Figures of cohorts (heatmap, frequencies, LoGa, phenotypes, mechanisms), tested on what was drawn."""

import numpy as np
import pandas as pd
import pytest
from drawn import foot_of, legend_of, texts, z_table
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from paths import COHORT

import qst
from qst.errors import OptionError
from qst.protocol import CODES
from qst.tables import MECHANISMS


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    return qst.score(qst.load(COHORT, problems=[]))


def findings(*rows: dict[str, object]) -> pd.DataFrame:
    normal = {f"{code}_finding": "normal" for code in CODES}
    return z_table(*(normal | {"subject": str(n)} | row for n, row in enumerate(rows)))


def bars(ax: Axes, label: str) -> list[float]:
    return [bar.get_width() for container in ax.containers if container.get_label() == label for bar in container]


def of_gid(ax: Axes, gid: str) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_gid() == gid]


def test_gain_points_right_and_loss_left_in_percent_of_the_judged() -> None:
    rows = [{"HPT_finding": "gain"}, {"HPT_finding": "gain", "CDT_finding": "loss"}, {"CDT_finding": None}, {}]
    ax = qst.plot_frequencies(findings(*rows))
    assert bars(ax, "gain")[CODES.index("HPT")] == 50
    assert bars(ax, "loss")[CODES.index("CDT")] == pytest.approx(-100 / 3)
    assert "gain of function →" in ax.get_xlabel()
    counts = of_gid(ax, "count")
    assert "2/4" in counts and "1/3" in counts
    assert [label.get_text() for label in ax.get_yticklabels()] == list(CODES)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first parameter stands on top


def test_frequencies_show_chance_and_what_cannot_be_found() -> None:
    rows = [{"not_findable": "CPT_loss"}, {"not_findable": "CPT_loss;VDT_gain", "CPT_finding": "limit"}]
    ax = qst.plot_frequencies(findings(*rows))
    chance = {round(abs(float(line.get_xdata()[0])), 3) for line in ax.lines if line.get_gid() == "chance"}
    assert chance == {2.5}  # the tail of the normal distribution beyond 1.96, in percent
    hatched = {patch.get_gid(): sorted(patch.get_bbox().intervalx) for patch in ax.patches if patch.get_hatch()}
    assert hatched == {"CPT_loss": [-100, 0], "VDT_gain": [50, 100]}
    assert "at the device's limit, loss cannot be told: CPT 1" in foot_of(ax)
    assert "cannot be found (device range)" in legend_of(ax)


def test_frequencies_say_who_was_not_judged() -> None:
    ax = qst.plot_frequencies(findings({"WUR_finding": None}))
    assert "not judged" in texts(ax)


def test_loga_counts_stand_in_their_cells(cohort: pd.DataFrame) -> None:
    table = z_table(*({"loga": code} for code in ("L0G0", "L0G0", "L3G2", "L1G0", None)))
    ax = qst.plot_loga(table)
    assert ax.get_images()[0].get_array().tolist() == [[2, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]
    (cell,) = [text for text in ax.texts if text.get_gid() == "L3G2"]
    assert cell.get_position() == (2, 3)
    assert cell.get_text() == "1\n25 %"
    assert (of_gid(ax, "L0"), of_gid(ax, "G0"), of_gid(ax, "total")) == (["2"], ["3"], ["4"])
    assert "1 assessment without a code: too many tests are missing" in foot_of(ax)
    shown = cohort[cohort["area"] == "test"]
    assert qst.plot_loga(cohort).get_images()[0].get_array().sum() == shown["loga"].notna().sum()


def test_phenotype_bars_are_the_probabilities_in_order(cohort: pd.DataFrame) -> None:
    ax = qst.plot_phenotypes(cohort)
    shown = cohort[(cohort["area"] == "test") & cohort["phenotype"].notna()]
    names = ["sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia", "healthy"]
    widths = np.array([bars(ax, name) for name in names])
    np.testing.assert_allclose(widths.sum(axis=0), 1)
    assert sorted(widths[3]) == pytest.approx(sorted(shown["phenotype_healthy"]))
    order = [names[n] for n in widths.argmax(axis=0)]
    assert order == sorted(order, key=names.index)
    assert f"sensory loss ({(shown['phenotype'] == 'sensory_loss').sum()})" in legend_of(ax)
    assert sum(patch.get_gid() == "not said" for patch in ax.patches) == 60 - len(shown)
    assert "prototypes: ours (of this program" in foot_of(ax)


def test_heatmap_colours_gain_and_loss_and_marks_them_for_grey(cohort: pd.DataFrame) -> None:
    table = findings({"HPT_z": 3.5, "HPT_finding": "gain", "CDT_z": -3.0, "CDT_finding": "loss", "PHS_finding": "loss"})
    ax = qst.plot_heatmap(table, order="table")
    image = ax.get_images()[0]
    assert image.get_array()[0].tolist() == [-3, 0, 0, 0, 3.5, 0, 0, 0, 0, 0, 0]
    assert ax.get_images()[1].get_array()[0].tolist() == [-4, 0]
    assert image.get_clim() == (-4, 4)
    gain, loss = (to_rgb(image.cmap(image.norm(z))) for z in (3, -3))
    assert gain[0] > gain[1] < gain[2] and loss[1] > max(loss[0], loss[2])  # purple, green
    signs = {text.get_gid(): text.get_position() for text in ax.texts if text.get_gid() and text.get_text() in "+−"}
    assert signs["HPT+"] == (4, 0) and signs["CDT−"] == (0, 0) and "PHS−" in signs
    assert [label.get_text() for label in ax.get_xticklabels()] == list(CODES)


def test_heatmap_marks_what_is_missing_or_at_the_limit() -> None:
    table = findings({"CPT_z": np.nan, "CPT": np.nan, "WDT_z": np.nan, "MPT_finding": "limit"})
    ax = qst.plot_heatmap(table, order="table")
    marks = {line.get_gid(): [round(x) for x in line.get_xdata()] for line in ax.lines}
    assert marks == {"at device limit": [6], "no value": [3], "value without z-score": [1]}
    assert legend_of(ax) == ["at device limit", "no value", "value without z-score"]


def test_heatmap_orders_by_phenotype_or_so_that_like_rows_stand_together(cohort: pd.DataFrame) -> None:
    from qst.plots.heatmap import read_heat

    shown = cohort[cohort["area"] == "test"]
    names = shown["phenotype"].iloc[read_heat(shown).order].tolist()
    rank = ["sensory_loss", "thermal_hyperalgesia", "mechanical_hyperalgesia", "healthy"]
    assert [rank.index(name) for name in names[:-1]] == sorted(rank.index(name) for name in names[:-1])
    two = findings(*({"CDT_z": z, "HPT_z": -z} for z in (3.0, -3.0, 3.1, -3.1, 3.0)), {"CDT_z": 3.05, "HPT_z": np.nan})
    colour = read_heat(two, "cluster").colour[:, 0]
    assert (np.diff(np.sign(colour)) != 0).sum() == 1
    everyone = read_heat(two, "cluster").order
    assert sorted(everyone.tolist()) == list(range(6))


def test_subjects_are_named_only_on_request(cohort: pd.DataFrame) -> None:
    few = cohort[cohort["subject"].isin(["058", "016"])].replace({"subject": {"058": "$x$-Zyx"}})
    for function in (qst.plot_heatmap, qst.plot_phenotypes):
        assert not any("Zyx" in text or text == "016" for text in texts(function(few)))
        labels = [label.get_text() for label in function(few, label_people=True).get_yticklabels()]
        assert labels == ["016", "$x$-Zyx"]


def test_evidence_bars_reach_to_the_evidence_with_threshold_and_signs(cohort: pd.DataFrame) -> None:
    person = cohort[(cohort["subject"] == "058") & (cohort["area"] == "test")]
    ax = qst.plot_mechanisms(person)
    widths = [bar.get_width() for container in ax.containers for bar in container]
    expected = person[[f"mechanism_{name}" for name in MECHANISMS]].iloc[0].to_numpy(float)
    np.testing.assert_allclose(widths, expected)
    thresholds = [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "threshold"]
    supported = {name for name, w, t in zip(MECHANISMS, widths, thresholds, strict=True) if w >= t}
    assert supported == set(person["mechanisms"].iloc[0].split(";"))
    assert [line.get_xdata()[0] for line in ax.lines if line.get_gid() == "against"] == [-0.5]
    assert of_gid(ax, "signs")[-1] == "for: PPT+ | against: none"
    assert "mechanisms coexist and are not a diagnosis" in foot_of(ax)


def test_a_mechanism_that_cannot_be_judged_says_what_it_needs() -> None:
    ax = qst.plot_mechanisms(qst.score(pd.DataFrame([{"age": 25, "sex": "female", "site": "hand", "HPT": 40.0}])))
    assert "not assessable: needs PPT" in of_gid(ax, "signs")
    assert sum(patch.get_gid() == "not assessable" for patch in ax.patches) >= 5


def test_shares_of_statuses_agree_with_the_table(cohort: pd.DataFrame) -> None:
    ax = qst.plot_mechanisms(cohort)
    shown = cohort[cohort["area"] == "test"]["mechanisms"].str.split(";")
    expected = [sum(name in names for names in shown) for name in MECHANISMS]
    assert [round(width * 60 / 100) for width in bars(ax, "supported")] == expected
    assert of_gid(ax, "supported") == [str(number) for number in expected]


FIGURES = ("plot_heatmap", "plot_frequencies", "plot_loga", "plot_phenotypes", "plot_mechanisms", "plot_groups")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_who_is_shown_and_uses_the_axes_it_is_given(name: str, cohort: pd.DataFrame) -> None:
    from matplotlib.figure import Figure

    own = Figure(figsize=(9, 7)).subplots()
    ax = getattr(qst, name)(cohort, own, title="$x_1$ title")
    assert ax is own
    foot = foot_of(ax)
    for part in ("n = 60 assessments of 60 people", "test areas", "magerl2010", "QST alone is not a diagnosis"):
        assert part in foot
    assert ax.get_title("left") == "$x_1$ title"


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (pd.DataFrame({"CDT": [1.0]}), {}, r"not (a )?scored"),
        (None, {"area": "mirror"}, r"no row has the area 'mirror': the table has control, test; or choose all"),
    ],
    ids=["not scored", "no such area"],
)
def test_refuses(
    name: str, table: pd.DataFrame | None, options: dict[str, str], message: str, cohort: pd.DataFrame
) -> None:
    with pytest.raises(OptionError, match=message):
        getattr(qst, name)(cohort if table is None else table, **options)


def test_heatmap_refuses_an_unknown_order_and_too_many_labels(cohort: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="there is no order 'age': choose one of phenotype, cluster, table"):
        qst.plot_heatmap(cohort, order="age")
    with pytest.raises(OptionError, match="120 rows have no room for labels: at most 80 have"):
        qst.plot_heatmap(cohort, area="all", label_people=True)
