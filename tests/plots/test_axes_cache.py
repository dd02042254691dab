"""Profiles drawn one after another on the same axes are those drawn each alone, byte for byte."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

import qst
from qst.plots.axes_cache import AXES_CACHES
from qst.plots.files import save_figure
from qst.plots.person import save_profile
from qst.plots.profile import draw_profile
from qst.workflows.plot import plot_files

PERSON = {
    "subject": "A",
    "visit": "1",
    "age": 45,
    "sex": "female",
    "site": "foot",
    "area": "test",
    "PHS": 0,
    "DMA": 0.1,
}
PEOPLE = (
    [PERSON | {"CDT": -1.2, "HPT": 44.0}, PERSON | {"area": "control", "CDT": -2.0, "HPT": 45.0}],
    [PERSON | {"subject": "B", "HPT": 20.0, "VDT": 0.0, "MDT": 900.0}],  # beyond both ends of the axis
    [PERSON | {"subject": "C", "site": "face", "age": 70, "PHS": 3, "DMA": 50.0, "CPT": 0.0}],  # another hatching
    [PERSON | {"subject": "D", "PHS": None, "DMA": None, "CDT": -1.2}],  # no line at all
    [PERSON | {"subject": "E", "CDT": -1.2, "HPT": 44.0, "age": 45.123}],
)


@pytest.mark.parametrize("picture", ["png", "svg", "pdf"])
@pytest.mark.parametrize("title", [None, "A title"])
def test_a_picture_does_not_tell_what_was_drawn_before_it(tmp_path: Path, picture: str, title: str | None) -> None:
    scored = qst.score(pd.DataFrame([row for person in PEOPLE for row in person]))
    scored.to_csv(tmp_path / "scored.csv", index=False)
    plot_files([tmp_path / "scored.csv"], tmp_path / "many", title=title, picture_format=picture, processes=1)
    again = qst.score(pd.DataFrame([row for person in PEOPLE for row in person]))
    for subject, rows in again.groupby("subject"):
        save_profile(rows, tmp_path / f"alone.{picture}", title=title)
        many = tmp_path / "many" / f"{subject}_1.{picture}"
        assert many.read_bytes() == (tmp_path / f"alone.{picture}").read_bytes(), subject


@pytest.mark.parametrize("picture", ["png", "svg", "pdf"])
def test_a_title_in_another_font_leaves_no_font_to_the_next_picture(tmp_path: Path, picture: str) -> None:
    """U+2322 is in no face of DejaVu Sans; STIXGeneral, which matplotlib brings along, draws it."""
    scored = qst.score(pd.DataFrame(PEOPLE[0]))
    scored.to_csv(tmp_path / "scored.csv", index=False)
    pictures = [tmp_path / f"{n}.{picture}" for n in range(4)]
    for path, title in zip(pictures, ("\u2322", "\u2322", "A title", "A \u2322"), strict=True):
        plot_files([tmp_path / "scored.csv"], path, title=title)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    for path, title in ((pictures[1], "\u2322"), (pictures[2], "A title"), (pictures[3], "A \u2322")):
        save_profile(scored, tmp_path / f"alone.{picture}", title=title)
        assert path.read_bytes() == (tmp_path / f"alone.{picture}").read_bytes(), title


def test_saving_leaves_the_fonts_of_a_figure_as_they_are(tmp_path: Path) -> None:
    ax = draw_profile(qst.score(pd.DataFrame(PEOPLE[0])), title="\u2322")
    looks = [(text.get_fontfamily(), text.get_fontweight()) for text in ax.figure.findobj(Text)]
    save_figure(ax, tmp_path / "a.png")
    assert [(text.get_fontfamily(), text.get_fontweight()) for text in ax.figure.findobj(Text)] == looks


def test_what_an_error_left_on_a_sheet_is_not_in_the_next_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = qst.score(pd.DataFrame([row for person in PEOPLE[:2] for row in person]))
    scored.to_csv(tmp_path / "scored.csv", index=False)
    save_profile(scored[scored["subject"] == "B"], tmp_path / "alone.svg")

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", fail)
        with pytest.raises(OSError, match="disk full"):
            plot_files([tmp_path / "scored.csv"], tmp_path / "a.svg", subject="A", title="A title")
    plot_files([tmp_path / "scored.csv"], tmp_path / "b.svg", subject="B")
    assert (tmp_path / "b.svg").read_bytes() == (tmp_path / "alone.svg").read_bytes()


def test_threads_do_not_draw_on_each_others_sheets() -> None:
    scored = qst.score(pd.DataFrame(PEOPLE[0]))
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(draw_profile, scored, sheets=AXES_CACHES).result()
        assert draw_profile(scored, sheets=AXES_CACHES) is not theirs
        assert other.submit(draw_profile, scored, sheets=AXES_CACHES).result() is theirs
