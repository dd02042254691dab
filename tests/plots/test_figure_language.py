"""Each text that a figure draws is in the catalogues of both languages, or is a code, a number or the user's own."""

import re
import string
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pandas as pd
import pytest
from drawn import boxes_of, foot_of, legend_of, text_faults, texts, z_table
from figure_cases import changed, cohort, figures, one, one_area, rated, s03, six_groups, sparse, trials, visits
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import qst
from qst.errors import OptionError
from qst.language import LANGUAGES, Language, walk
from qst.plots.language import drawing_in, load_figure_language
from qst.plots.profile import draw_profile
from qst.protocol import CODES, PARAMETERS
from qst.tables import AREAS, Z_COLUMNS

WORD = re.compile(r"[^\W\d_]{2,}")
OWN = {"mirror", "magerl", "mine", "forearm", "before", "the", "operation", "year", "after", "arm", "of", "trial"}
"""Texts of the tables below, which a figure draws as they are."""
NEUTRAL = {*CODES, "SD"}
"""What is written alike in every language."""


class Recorder(Language):
    """A language whose every text stands in brackets, so that a text that is not looked up is seen."""

    looked_up: ClassVar[set[str]] = set()

    def text(self, key: str, **gaps: object) -> str:
        self.looked_up.add(key)
        return super().text(key, **gaps)


def mark(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Each text in brackets, and its own digits hidden: only numbers that the program writes are left."""
    return {key: mark(text) if isinstance(text, Mapping) else f"⟦{hide_digits(text)}⟧" for key, text in texts.items()}


def hide_digits(text: str) -> str:
    parts = []
    for literal, gap, form, _ in string.Formatter().parse(text):
        parts += [re.sub(r"\d", "#", literal), *([f"{{{gap}{':' * bool(form)}{form}}}"] if gap else [])]
    return "".join(parts)


def foreign(text: str) -> set[str]:
    """Words of a text that are in no brackets, and numbers with English signs anywhere in it."""
    outside, before = text.replace("\n", " "), ""
    while outside != before:
        before, outside = outside, re.sub(r"⟦[^⟦⟧]*⟧", " ", outside)
    return (set(WORD.findall(outside)) - OWN - NEUTRAL) | set(re.findall(r"-\d|\d[.,]\d", text))


def low() -> Axes:
    return Figure(figsize=(7, 1.8)).subplots()


def rows_of_a_profile() -> pd.DataFrame:
    """Rows of every name: a known area and place, the same again, none, an own one, visits with and without a name."""
    place = {"area": "control", "site": "hand", "side": "left"}
    return z_table(place, place, {"area": None}, {"area": "mirror"}).assign(visit=["1", "1", None, "1"])


def group_rows() -> pd.DataFrame:
    """Two groups with a person twice, a row without a group, missing values, limits, and what cannot be found."""
    rows: list[dict[str, object]] = [{"subject": str(n // 2), "arm": "mine"} for n in range(4)]
    rows += [{"subject": "8", "arm": "mine"} | dict.fromkeys(Z_COLUMNS)]
    rows += [{"subject": "9", "arm": None}]
    findings = {f"{code}_finding": "limit" if code == "CPT" else "normal" for code in CODES}
    return z_table(*rows).assign(notes="at_limit:CPT", not_findable="CPT_loss", **findings)


def nearly_all_judged() -> pd.DataFrame:
    table = group_rows().dropna(subset=["arm"])
    return table.assign(HPT_finding=[None, *["gain"] * (len(table) - 1)])


def without_z() -> pd.DataFrame:
    return pd.concat([group_rows()] * 20, ignore_index=True)


def in_hand(**columns: Any) -> pd.DataFrame:
    rows = {"subject": ["1", "2"], "age": [25.0, 65.0], "sex": ["female", "male"], "site": "hand", "area": "test"}
    return qst.score(pd.DataFrame(rows | {"HPT": [42.0, 50.0]} | columns), site_as={"forearm": "hand"})


def named_visits() -> pd.DataFrame:
    return changed(cohort).replace({"visit": {"1": "before the operation", "2": "a year after the operation"}})


DRAWINGS: tuple[Callable[[], Axes], ...] = (
    lambda: draw_profile(one()),
    lambda: draw_profile(rows_of_a_profile()),
    lambda: draw_profile(sparse(visits(2)), low()),
    lambda: draw_profile(z_table({"CPT_finding": "limit", "HPT_z": 12000.0, "CDT_z": -12000.0, "age": 62.4})),
    lambda: qst.plot_groups(group_rows(), by="arm"),
    lambda: qst.plot_groups(group_rows()),
    lambda: qst.plot_heatmap(cohort(), label_people=True),
    lambda: qst.plot_heatmap(group_rows(), order="table"),
    lambda: qst.plot_heatmap(without_z(), order="cluster"),
    lambda: qst.plot_frequencies(cohort()),
    lambda: qst.plot_frequencies(group_rows()),
    lambda: qst.plot_frequencies(sparse(cohort())),
    lambda: qst.plot_frequencies(nearly_all_judged(), low(), by="arm"),
    lambda: qst.plot_frequencies(six_groups().assign(CPT_finding="limit", HPT_finding=None), by="arm", area="all"),
    lambda: qst.plot_loga(cohort()),
    lambda: qst.plot_phenotypes(cohort()),
    lambda: qst.plot_mechanisms(cohort()),
    lambda: qst.plot_mechanisms(one_area()),
    lambda: qst.plot_mechanisms(in_hand().head(1).assign(notes="mechanisms:mine")),
    lambda: qst.plot_stimulus_response(s03()),
    lambda: qst.plot_stimulus_response(trials().assign(age=62.4)),
    lambda: qst.plot_stimulus_response(rated(s03(), 1, stimulus=s03()["stimulus"].replace("8", "heavy"))),
    lambda: qst.plot_windup(s03()),
    lambda: qst.plot_windup(trials()),
    lambda: qst.plot_windup(rated(s03(), 1, value=0.0)),
    lambda: qst.plot_windup(s03()[s03()["stimulus"] == "single"]),
    lambda: qst.plot_retest(changed(cohort).assign(notes="at_limit:HPT").iloc[:-1], parameter="HPT", area="all"),
    lambda: qst.plot_retest(changed(cohort), parameter="PPT"),
    lambda: qst.plot_retest(named_visits(), parameter="HPT", width_mm=85),
    lambda: qst.plot_retest(named_visits(), parameter="PPT", width_mm=85),
    lambda: qst.plot_age(in_hand(), parameter="HPT"),
    lambda: qst.plot_age(in_hand(site="forearm", age=[25.0, None]), parameter="HPT"),
    lambda: qst.plot_age(in_hand(site="foot", PHS=[0, 1]), parameter="PHS"),
    lambda: qst.plot_age(in_hand(site="face", PPT=[200.0, 500.0]), parameter="PPT"),
)
"""They bring out every text that figures have."""


def test_each_text_of_a_figure_is_looked_up_and_each_in_the_catalogue_is_drawn() -> None:
    own = mark(load_figure_language("en").texts) | {"decimal": "¤", "thousands": "¦", "and": "&"}
    own["known"] = mark(load_figure_language("de").texts["known"])  # the knowledge base is English itself
    Recorder.looked_up.clear()
    for number, draw in enumerate(DRAWINGS):
        with drawing_in(Recorder("marked", own)):
            ax = draw()
        drawn, _ = boxes_of(ax.figure)
        assert {word for text in drawn for word in foreign(text)} == set(), number
    shared = {key for key, _ in walk(load_figure_language("en").texts)} - figure_keys("en")
    keys = {re.sub(r"\.(one|many)$", "", key) for key in figure_keys("en")}
    assert keys - Recorder.looked_up == set()
    assert Recorder.looked_up - keys <= shared


def figure_keys(language: str) -> set[str]:
    from qst.language import load_language

    shared = {key for key, _ in walk(load_language(language).texts)}
    return {key for key, _ in walk(load_figure_language(language).texts)} - shared


def test_what_is_not_looked_up_is_found() -> None:
    assert foreign("⟦n = ⟦⟦3 people⟧ of ⟦2⟧⟧⟧ · left") == {"left"}
    assert foreign("⟦±1.96 SD⟧") == {"1.9"}
    assert foreign("-0¤5") == {"-0"}
    assert foreign("⟦normal range (±1¤96)⟧ CDT mirror") == set()


def test_the_languages_have_the_same_texts_and_gaps() -> None:
    english, german = (dict(walk(load_figure_language(language).texts)) for language in LANGUAGES)
    known = {key for key in german if key.startswith("known.")}
    assert english.keys() == german.keys() - known
    parse = string.Formatter().parse
    gaps = [{key: sorted((gap, form) for _, gap, form, _ in parse(texts[key]) if gap) for key in english}
            for texts in (english, german)]  # fmt: skip
    assert gaps[0] == gaps[1]


def test_names_in_the_tables_have_their_texts() -> None:
    texts = load_figure_language("en").texts
    assert set(texts["modality"]) == {parameter.modality for parameter in PARAMETERS if parameter.has_z}
    assert set(texts["words"]["area_name"]) == set(texts["words"]["area_short"]) == set(AREAS)


def test_a_german_profile_has_its_area_and_side_in_german() -> None:
    rows = [{"area": "test", "site": "foot", "side": "left"}, {"area": "mirror", "site": "knee", "side": "right"}]
    with drawing_in("de"):
        ax = draw_profile(z_table(*rows))
    assert legend_of(ax)[:2] == ["Test (Fuß, links)", "mirror (knee, rechts)"]
    assert legend_of(draw_profile(z_table(*rows)))[:2] == ["test (foot, left)", "mirror (knee, right)"]


def test_texts_of_the_user_stay_as_they_are() -> None:
    """A subject, a group, a site or a title may read like a text or a number of ours."""
    people = z_table(*({"subject": name, "site": "0.25 m"} for name in ("female", "1.5", "sum", "healthy")))
    with drawing_in("de"):
        ax = qst.plot_heatmap(people, label_people=True, order="table", title="loss of function 1.5")
        grouped = qst.plot_groups(people, by="subject")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["female", "1.5", "sum", "healthy"]
    assert ax.get_title("left") == "loss of function 1.5"
    assert legend_of(grouped)[:4] == [f"{name} (n = 1)" for name in ("female", "1.5", "sum", "healthy")]
    assert any("0.25 m" in text for text in texts(grouped))


def test_numbers_are_written_as_the_language_writes_them() -> None:
    with drawing_in("de"):
        ax = qst.plot_age(in_hand(), parameter="HPT")
        phenotypes = qst.plot_phenotypes(cohort())
        many = qst.plot_loga(pd.concat([cohort()] * 20))
    assert "Norm, weiblich (±1,96 SD)" in legend_of(ax)
    assert [label.get_text() for label in phenotypes.get_xticklabels()] == ["0", "0,25", "0,5", "0,75", "1"]
    assert "n = 1\N{NARROW NO-BREAK SPACE}200 Messungen von 60 Personen" in next(
        text for text in texts(many) if "Messungen von" in text
    )
    figure = Figure()
    with drawing_in("de"):
        ax = qst.plot_age(in_hand(VDT=[7.5, 7.0]), figure.subplots(), parameter="VDT")
    labels = [text for text in boxes_of(figure)[0] if re.fullmatch(r"\d[.,]\d", text)]
    assert labels and all("," in label for label in labels)


def test_who_is_shown_is_left_out_where_the_page_says_it() -> None:
    with drawing_in("en", with_people=False):
        foot = foot_of(qst.plot_loga(cohort()))
    assert "people" not in foot and "Reference" not in foot
    assert "people" in foot_of(qst.plot_loga(cohort()))


def test_the_language_ends_with_its_block() -> None:
    with pytest.raises(ZeroDivisionError), drawing_in("de"):
        raise ZeroDivisionError
    assert "probability" in texts(qst.plot_phenotypes(cohort()))
    with pytest.raises(OptionError, match="there are no texts in 'fr': choose en or de"), drawing_in("fr"):
        pass


GERMAN = {
    name: case
    for name, case in figures().items()
    if name.endswith((": cohort", ": pair", ": one", ": all", ": missing"))
}


@pytest.mark.parametrize("name", GERMAN)
def test_no_german_text_is_cut_off_or_stands_on_another(name: str) -> None:
    make, draw = GERMAN[name]
    for width_mm in (85, 170):
        with drawing_in("de"):
            ax = draw(make(), width_mm=width_mm)
        assert text_faults(ax.figure) == [], width_mm
