"""No text of any figure is cut off or stands on another: one person and many, long labels, far values, much missing."""

import pytest
from drawn import legend_of, text_faults
from figure_cases import PLACE, TITLE, figures, one, one_area, visits, with_long_labels
from matplotlib.figure import Figure
from matplotlib.text import Text

import qst
from qst.plots.profile import draw_profile

FIGURES = figures()


@pytest.mark.parametrize("width_mm", [85, 170])
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_stands_on_another(name: str, width_mm: float) -> None:
    make, draw = FIGURES[name]
    ax = draw(make(), title=TITLE, width_mm=width_mm)
    assert text_faults(ax.figure) == []
    if legend := ax.get_legend():
        titles = [text for text in ax.figure.findobj(Text) if text.get_text().startswith(TITLE[:12])]
        assert legend.get_window_extent().y1 <= titles[0].get_window_extent().y0


def test_long_labels_keep_what_tells_them_apart() -> None:
    table = visits(3, lambda: one().assign(**PLACE))
    labels = [label for label in legend_of(draw_profile(table, width_mm=85)) if "mirror" in label]
    assert len(set(labels)) == len(labels) == 6
    assert all("…" in label and "visit" in label for label in labels[:2])
    (label,) = legend_of(qst.plot_groups(with_long_labels(one_area()), by="diagnosis_label", width_mm=85))[:1]
    assert label.startswith("synthetic mechanical") and label.endswith("(n = 1)")


def test_the_check_sees_what_is_cut_off_or_stands_on_another() -> None:
    figure = Figure(figsize=(2, 2))
    for x, text in ((0.2, "here"), (0.3, "there"), (0.8, "long enough"), (0.1, "")):
        figure.text(x, 0.5, text)
    figure.text(0.2, 0.5, "not to be seen", visible=False)
    assert text_faults(figure) == ["'long enough' is cut off", "'here' stands on 'there'"]
