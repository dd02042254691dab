"""The sensory profile, tested on what was drawn."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import (
    ORDER,
    boxes_of,
    legend_of,
    marks,
    series,
    side_axes,
    text_faults,
    texts,
    z_table,
)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

import qst
from qst.errors import OptionError
from qst.plots.person import plot_profile, save_profile

PERSON = {"subject": "Zyx-4711", "visit": "1", "age": 45, "sex": "female", "site": "foot"}
TEST = PERSON | {"side": "left", "area": "test", "CDT": 3.0, "WDT": 10, "TSL": 12, "CPT": 12, "HPT": 42, "PPT": 300}
TEST |= {"MPT": 20, "MPS": 5, "WUR": 2, "MDT": 3, "VDT": 7, "PHS": 1, "DMA": 3}
CONTROL = PERSON | {
    "side": "right",
    "area": "control",
    "CDT": 1.5,
    "WDT": 3,
    "TSL": 7,
    "CPT": 10,
    "HPT": 45.5,
    "PPT": 520,
}
CONTROL |= {"MPT": 90, "MPS": 1, "WUR": 3, "MDT": 1, "VDT": 6, "PHS": 0, "DMA": 0.1}
FAR = {"CDT": 30, "WDT": 18, "TSL": 40, "CPT": 0, "HPT": 50, "PPT": 90, "MPT": 1, "MPS": 90, "MDT": 512, "VDT": 0}
GAPS = dict.fromkeys(("TSL", "MPT", "MPS", "WUR", "DMA"))


def scored(*rows: dict[str, object]) -> pd.DataFrame:
    return qst.score(pd.DataFrame(rows))


def hatched(ax: Axes) -> dict[str, tuple[float, float, float, float]]:
    return {patch.get_gid(): patch.get_bbox().extents.tolist() for patch in ax.patches if patch.get_hatch()}


def test_parameters_stand_in_the_order_of_the_protocol() -> None:
    ax = plot_profile(scored(TEST, CONTROL))
    assert [label.get_text() for label in ax.get_xticklabels()] == ORDER
    assert ax.get_xticks().tolist() == list(range(11))


def test_heights_are_the_z_scores_and_a_gain_lies_above_zero() -> None:
    table = scored(PERSON | {"area": "test", "CDT": 12, "HPT": 36, "CPT": 31.9, "VDT": 4.5, "PPT": 150, "MPS": 20})
    height = dict(zip(ORDER, series(plot_profile(table))["test (foot)"].get_ydata(), strict=True))
    for code, finding in {"CDT": "loss", "HPT": "gain", "CPT": "gain", "VDT": "loss", "PPT": "gain"}.items():
        assert table.loc[0, f"{code}_finding"] == finding
        assert height[code] == np.clip(table.loc[0, f"{code}_z"], -4, 4)
        assert (height[code] > 1.96) if finding == "gain" else (height[code] < -1.96)


def test_axis_points_up_from_loss_to_gain() -> None:
    ax = plot_profile(z_table({}))
    assert ax.get_ylim() == (-4, 4)
    words = {text.get_text().strip("← →"): text for text in ax.texts}
    assert words["gain of function"].xy[1] > words["loss of function"].xy[1]
    assert [0, 0] in [list(line.get_ydata()) for line in ax.lines]


def test_band_reaches_from_minus_to_plus_the_cut_off() -> None:
    ax = plot_profile(z_table({}))
    (band,) = [patch for patch in ax.patches if patch.get_gid() == "band"]
    ax.figure.draw_without_rendering()
    extent = band.get_window_extent().transformed(ax.transData.inverted())
    assert (extent.y0, extent.y1) == pytest.approx((-1.96, 1.96))
    assert (extent.x0, extent.x1) == pytest.approx((-0.5, 10.5))
    assert "normal range (±1.96)" in legend_of(ax)


def test_test_areas_are_filled_and_control_areas_open() -> None:
    lines = series(plot_profile(scored(CONTROL, TEST)))
    assert list(lines) == ["test (foot, left)", "control (foot, right)"]
    test, control = lines.values()
    assert test.get_markerfacecolor() == test.get_color()
    assert control.get_markerfacecolor() == "white"
    assert control.get_color() != test.get_color()
    assert (test.get_linestyle(), control.get_linestyle()) == ("-", "--")


def test_equal_values_of_two_areas_stand_beside_each_other() -> None:
    test, control = series(plot_profile(z_table({}, {"area": "control"}))).values()
    assert (control.get_xdata() - test.get_xdata() > 0.05).all()
    assert np.abs(test.get_xdata() - np.arange(11)).max() < 0.5


@pytest.mark.parametrize(
    ("z", "kind", "number"),
    [
        (6.26, "above the axis", "6.3"),
        (-7.51, "below the axis", "\N{MINUS SIGN}7.5"),
        (-123.4, "below the axis", "\N{MINUS SIGN}123"),
        (9999.4, "above the axis", "> 9999"),
        (-1e6, "below the axis", "< \N{MINUS SIGN}9999"),
    ],
)
def test_a_value_beyond_the_axis_is_an_arrow_at_the_edge_with_its_number(z: float, kind: str, number: str) -> None:
    ax = plot_profile(z_table({"MPT_z": z}))
    edge = float(np.sign(z) * 4)
    assert marks(ax, kind) == [("MPT", edge)]
    line = series(ax)["test"]
    assert line.get_ydata()[6] == edge
    assert 6 not in line.get_markevery()
    assert len(line.get_markevery()) == 10
    (text,) = [text for text in ax.texts if text.get_text() == number]
    assert text.xy == (6, (edge + 4) / 8)
    assert np.sign(text.xyann[1]) == np.sign(z)


def test_a_value_at_the_end_of_the_axis_is_no_arrow() -> None:
    ax = plot_profile(z_table({"CDT_z": 4.0, "WDT_z": -4.0}))
    assert marks(ax, "above the axis") == marks(ax, "below the axis") == []
    assert len(series(ax)["test"].get_markevery()) == 11


def test_a_missing_value_is_a_gap_and_a_cross() -> None:
    ax = plot_profile(z_table({"CPT_z": np.nan, "CPT": np.nan}))
    height = series(ax)["test"].get_ydata()
    assert np.flatnonzero(np.isnan(height)).tolist() == [3]
    ((code, foot),) = marks(ax, "no value")
    assert code == "CPT"
    assert -4 < foot < -3.5
    assert marks(ax, "value without z-score") == []
    assert "no value" in legend_of(ax)
    assert "value without z-score" not in legend_of(ax)


def test_a_value_without_norm_differs_from_a_missing_value() -> None:
    ax = plot_profile(scored(TEST | {"site": "face", "HPT": None}))
    assert [code for code, _ in marks(ax, "no value")] == ["HPT"]
    assert [code for code, _ in marks(ax, "value without z-score")] == ["PPT", "MPT", "MPS", "WUR", "VDT"]
    assert legend_of(ax)[-2:] == ["no value", "value without z-score"]


def test_values_at_the_limit_of_the_device_are_marked() -> None:
    table = scored(TEST | {"CPT": 0, "MDT": 512})
    assert table.loc[0, ["CPT_finding", "MDT_finding"]].tolist() == ["limit", "loss"]
    ax = plot_profile(table)
    assert marks(ax, "at device limit") == [("CPT", table.loc[0, "CPT_z"]), ("MDT", -4.0)]
    assert "at device limit" in legend_of(ax)


def test_limit_is_read_from_finding_and_from_note() -> None:
    row = {"CPT_finding": "limit", "notes": "at_limit:HPT;trials_at_limit:PPT;no_norm:at_limit:MPT"}
    assert marks(plot_profile(z_table(row)), "at device limit") == [("CPT", 0), ("HPT", 0)]


def test_legend_explains_only_what_was_drawn() -> None:
    assert legend_of(plot_profile(z_table({}))) == ["test", "normal range (±1.96)"]


def test_what_cannot_be_found_is_hatched_beyond_the_band() -> None:
    ax = plot_profile(
        z_table({"not_findable": "CPT_loss;VDT_gain"}, {"area": "control", "not_findable": "CPT_loss;HPT_loss"})
    )
    assert hatched(ax) == {
        "CPT_loss": [2.5, -4, 3.5, -1.96],
        "HPT_loss": [3.5, -4, 4.5, -1.96],
        "VDT_gain": [9.5, 1.96, 10.5, 4],
    }
    assert "not findable (device range)" in legend_of(ax)
    assert hatched(plot_profile(z_table({"not_findable": ""}))) == {}


def test_phs_and_dma_have_axes_of_their_own() -> None:
    ax = plot_profile(scored(TEST | {"PHS": 2, "DMA": 7.5}, CONTROL))
    phs, dma = side_axes(ax, "PHS"), side_axes(ax, "DMA")
    assert [list(line.get_ydata()) for line in series(phs).values()] == [[2], [0]]
    assert [list(line.get_ydata()) for line in series(dma).values()] == [[7.5], [0.1]]
    assert (phs.get_yscale(), phs.get_ylim()) == ("linear", (0, 3))
    assert (dma.get_yscale(), dma.get_ylim()) == ("log", (0.1, 100))
    assert [side.get_xticklabels()[0].get_text() for side in (phs, dma)] == ["PHS", "DMA"]
    ax.figure.draw_without_rendering()
    boxes = [each.get_window_extent() for each in (ax, phs, dma)]
    assert {(round(box.y0, 3), round(box.y1, 3)) for box in boxes} == {(round(boxes[0].y0, 3), round(boxes[0].y1, 3))}
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < boxes[2].x0


def test_missing_phs_is_marked_and_a_dma_beyond_its_axis_lies_at_the_edge() -> None:
    ax = plot_profile(z_table({"PHS": np.nan, "DMA": 100.1}))
    assert [line.get_gid() for line in side_axes(ax, "PHS").lines if line.get_gid()] == ["no value"]
    assert series(side_axes(ax, "PHS")) == {}
    assert series(side_axes(ax, "DMA"))["test"].get_ydata() == [100]
    assert "no value" in legend_of(ax)


def test_axes_that_are_given_are_used_and_keep_to_their_room() -> None:
    figure = Figure(figsize=(12, 5))
    left, right = figure.subplots(1, 2)
    right.set_title("kept")
    room = right.get_position()
    assert plot_profile(z_table({}), right) is right
    assert not left.has_data()
    assert right.get_title() == "kept"
    assert right.get_title("left") == ""
    figure.draw_without_rendering()
    boxes = [each.get_window_extent().transformed(figure.transFigure.inverted()) for each in (right, *right.child_axes)]
    assert min(box.x0 for box in boxes) == pytest.approx(room.x0)
    assert max(box.x1 for box in boxes) == pytest.approx(room.x1)


def test_labels_tell_rows_apart() -> None:
    sites = [{"area": "test", "site": "foot"}, {"area": "mirror", "side": "left"}, {"area": "test", "site": "hand"}]
    odd = [{"area": None}, {"area": "_x"}, {"area": "test", "site": "foot"}]
    ax = plot_profile(z_table(*sites, *odd))
    expected = ["test (foot)", "test (hand)", "test (foot) no. 2", "mirror (left)", "assessment", " _x"]
    assert legend_of(ax)[:6] == list(series(ax)) == expected
    looks = [(line.get_color(), line.get_marker()) for line in series(ax).values()]
    assert len(set(looks)) == len(looks)


def test_visits_have_colours_and_areas_are_filled_or_open() -> None:
    rows = [{"visit": visit, "area": area} for visit in ("10", "2") for area in ("control", "test")]
    ax = plot_profile(z_table(*rows))
    lines = series(ax)
    assert list(lines) == ["test, visit 2", "test, visit 10", "control, visit 2", "control, visit 10"]
    colours, shapes = ([getattr(line, f"get_{what}")() for line in lines.values()] for what in ("color", "marker"))
    assert colours[:2] == colours[2:] and shapes[:2] == shapes[2:]
    assert colours[0] != colours[1] and shapes[0] != shapes[1]
    assert [line.get_markerfacecolor() for line in lines.values()] == [*colours[:2], "white", "white"]
    (text,) = [
        label for label in legend_of(plot_profile(z_table({"visit": "1"}, {"visit": None}))) if "not named" in label
    ]
    assert text == "test, visit not named"


def test_no_two_of_twelve_visits_look_the_same() -> None:
    ax = plot_profile(z_table(*({"visit": str(visit)} for visit in range(1, 13))))
    looks = [(line.get_color(), line.get_marker()) for line in series(ax).values()]
    assert len(looks) == 12
    assert len(set(looks)) == 12


def test_groups_and_reference_stand_below_and_no_name() -> None:
    ax = plot_profile(scored(TEST, CONTROL))
    everything = texts(ax)
    for group in ("thermal\ndetection", "thermal\npain", "mechanical\npain", "mechanical\ndetection"):
        assert group in everything
    footer = "Reference values: magerl2010 · 45 years · female · foot · For research use. QST alone is not a diagnosis."
    assert footer in everything
    assert not any("Zyx" in text for text in everything)


def test_title_is_drawn_as_it_is() -> None:
    ax = plot_profile(z_table({"site": "$y^2$"}), title="$x_1$ <script>")
    assert ax.get_title("left") == "$x_1$ <script>"
    written = [text for text in ax.figure.findobj(Text) if "$" in text.get_text()]
    assert len(written) == 3
    assert not any(text.get_parse_math() for text in written)


def test_a_table_from_a_csv_gives_the_same_picture(tmp_path: Path) -> None:
    table = scored(TEST | {"CPT": 0}, CONTROL | {"WDT": None})
    table.to_csv(tmp_path / "scored.csv", index=False)
    again = pd.read_csv(tmp_path / "scored.csv")
    first, second = plot_profile(table), plot_profile(again.astype({"PHS": "Int64", "CDT_z": object}))
    assert texts(first) == texts(second)
    for one, other in zip(series(first).values(), series(second).values(), strict=True):
        np.testing.assert_allclose(one.get_ydata(), other.get_ydata())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (z_table({"subject": "1"}, {"subject": "2"}), r"rows of 2 subjects: give one, or draw a profile of each"),
        (z_table({}).iloc[:0], r"no rows: give the rows of one subject"),
        (pd.DataFrame([TEST]), r"no column CDT_z, so it is not scored: give the result of qst\.score"),
    ],
)
def test_refuses_what_is_no_profile(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        plot_profile(table)


@pytest.mark.parametrize("width_mm", [85, 110, 170])
@pytest.mark.parametrize(
    "rows",
    [
        [TEST, CONTROL],
        [TEST | FAR | {"PHS": 3, "DMA": 60}, CONTROL | {"CDT": 28, "WDT": 17, "MDT": 400, "MPT": 2, "CPT": 0}],
        [TEST | GAPS, CONTROL | {"CDT": None, "VDT": None, "PHS": None}],
        [TEST | {"site": "face"}, CONTROL | {"site": "face", "WUR": None}],
        [PERSON | {"CPT": 31}],
        [TEST, CONTROL, TEST | {"site": "hand"}, CONTROL | {"site": "hand"}, TEST | {"area": "mirror zone"} | FAR],
    ],
    ids=["pair", "extreme", "missing", "face", "single", "many"],
)
def test_no_text_is_clipped_or_overlaps(
    rows: list[dict[str, object]], width_mm: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **_: (figures.append(self), path.touch()))
    save_profile(scored(*rows), tmp_path / "profile.png", width_mm=width_mm, title="A title of usual length")
    (figure,) = figures
    assert len(boxes_of(figure)[0]) > 30
    assert text_faults(figure) == []


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG\r\n"), ("svg", b"<?xml"), ("PDF", b"%PDF-")])
def test_files_are_whole_replace_others_and_are_the_same_twice(ending: str, magic: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"profile.{ending}"
    path.write_text("earlier")
    save_profile(scored(TEST, CONTROL), path)
    first = path.read_bytes()
    assert first.startswith(magic)
    save_profile(scored(TEST, CONTROL), str(path))
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_svg_keeps_text_and_escapes_it(tmp_path: Path) -> None:
    save_profile(scored(TEST), tmp_path / "a.svg", title="$x_1$ <script>")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "$x_1$ &lt;script&gt;</text>" in text
    assert "<script" not in text
    assert "Zyx" not in text


def test_pdf_embeds_truetype_fonts(tmp_path: Path) -> None:
    save_profile(scored(TEST), tmp_path / "a.pdf")
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert b"CreationDate" not in content


def test_width_and_resolution_set_the_size(tmp_path: Path) -> None:
    save_profile(scored(TEST), tmp_path / "a.png", width_mm=85, dpi=254)
    header = (tmp_path / "a.png").read_bytes()[16:24]
    assert int.from_bytes(header[:4], "big") == 850


def test_a_failure_leaves_the_earlier_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "profile.png"
    path.write_text("earlier")

    def fail(_: Figure, name: Path, **__: object) -> None:
        name.write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_profile(scored(TEST), path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "earlier"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.jpg", {}, r"'a\.jpg': its ending must be one of \.png, \.svg, \.pdf"),
        ("a", {}, r"'a': its ending must be one of \.png, \.svg, \.pdf"),
        ("none/a.png", {}, r"none does not exist: create it first"),
        ("a.png", {"width_mm": 20}, r"a width of 20 mm cannot be drawn: give 70 to 1000"),
        ("a.png", {"dpi": 9}, r"a resolution of 9 dpi cannot be drawn: give 30 to 2400"),
    ],
)
def test_refuses_to_write(name: str, options: dict[str, float], message: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=message):
        save_profile(scored(TEST), tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_pyplot_is_not_imported() -> None:
    code = "import sys, qst; qst.plot_profile; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
