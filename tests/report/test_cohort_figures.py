"""Figures of the cohort page: what is drawn of whom, in words and numbers too, and in the language of the page."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import run
from pages import Checker, text_of
from paths import COHORT

import qst
from qst.inference.knowledge_base import load_mechanisms
from qst.language import LANGUAGES, walk
from qst.plots.canvas import letters_on
from qst.plots.language import load_figure_language
from qst.protocol import CODES, Z_CODES
from qst.report.cohort_figures import COHORT_DRAWINGS, Cohort, draw_cohort, label_rows
from qst.report.figures import Picture
from qst.report.page_language import load_page_language

pytestmark = pytest.mark.usefixtures("work")

NAMES = [drawing.name for drawing in COHORT_DRAWINGS]
WORD = re.compile(r"[^\W\d_]{2,}")
TEXT = re.compile(r"<text\b[^>]*>([^<]*)</text>")


def score_people(count: int, **columns: Any) -> pd.DataFrame:
    """Invented people, a hand or a foot each, with the area that `columns` gives them."""
    names = {"subject": [f"Q{n:03d}" for n in range(count)]}
    people = qst.simulate_healthy(count, seed=5).assign(**(names | columns))
    return qst.score(people.drop(columns="diagnosis_label", errors="ignore"))


def draw(scored: pd.DataFrame, language: str = "en") -> dict[str, Picture]:
    labels = scored["subject"].astype(object).where(scored["subject"].notna(), "nobody").tolist()
    return draw_cohort(Cohort(scored, labels, load_mechanisms(None)), load_page_language(language), "x")


def texts_of_picture(picture: Picture) -> list[str]:
    checker = Checker()
    checker.feed(picture.svg)
    return [text for text in checker.text if text.strip()]


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    scored = qst.score(qst.load(COHORT, problems=[]))
    return scored[scored["area"] == "test"].reset_index(drop=True)


def cohorts() -> Mapping[str, pd.DataFrame]:
    """Cohorts that bring out every text that the figures have."""
    table = qst.load(COHORT, problems=[])
    table = table[table["area"] == "test"].reset_index(drop=True)
    few = table.head(3).assign(subject="001", visit=["1", "2", "3"], sex="female", area=None, site="knee")
    without_code = qst.score(table[table["site"] == "hand"].assign(WUR=None, area="control"))
    without_code.loc[:2, "loga"] = None
    return {
        "all": qst.score(table),
        "alone, at three visits, without a norm": qst.score(few),
        "of one site, some without a code": without_code,
        "two of one age": qst.score(table.tail(2).assign(age=30.0, CDT=None, WDT=None)),
        "many": score_people(201, area=None, subject=None).assign(loga=["L1G1"] + ["L0G0"] * 200),
        "with other cut-off": qst.score(table.head(9), cut_off=2.5),
    }


def test_no_text_of_a_figure_stays_english_on_a_german_page() -> None:
    """Each word of a picture is of the German catalogue, a code, or of the file."""
    for name, scored in cohorts().items():
        assert find_foreign(draw(scored, "de"), scored) == set(), name


def test_a_text_without_german_words_is_found(cohort: pd.DataFrame) -> None:
    """The test above can fail."""
    assert {"function", "ordered", "probability", "device", "sum"} <= find_foreign(draw(cohort, "en"), cohort)


def find_foreign(pictures: Mapping[str, Picture], scored: pd.DataFrame) -> set[str]:
    """Words of pictures that are of no German text, no code and no word of the file."""
    german = load_figure_language("de").texts
    texts = [text for key, text in walk(german) if not key.startswith("words.parameter.")]
    own = [*texts, *CODES, "magerl2010", "ours", *scored["subject"].dropna(), *scored["site"].dropna()]
    known = {word for name in own for word in WORD.findall(re.sub(r"{.*?}", "", name))} - {"hand", "foot"}
    return {word for one in pictures.values() for text in texts_of_picture(one) for word in WORD.findall(text)} - known


def test_numbers_are_written_as_the_language_writes_them(cohort: pd.DataFrame) -> None:
    german = [text for one in draw(cohort, "de").values() for text in texts_of_picture(one)]
    assert "0,25" in german
    assert any("±1,96" in text for text in german)
    assert not [text for text in german if re.search(r"\d\.\d", text)]


def test_every_figure_has_its_words() -> None:
    for language in LANGUAGES:
        assert set(load_page_language(language).texts["cohort_figures"]) == set(NAMES)


def test_alternatives_have_the_numbers(cohort: pd.DataFrame) -> None:
    told = {name: picture.alternative for name, picture in draw(cohort).items()}
    words = load_page_language()
    for code in Z_CODES:
        z = cohort[f"{code}_z"].dropna()
        numbers = [words.z(float(value)) for value in (z.median(), z.min(), z.max())]
        assert f"{code} {numbers[0]} ({numbers[1]} to {numbers[2]}), {len(z)}" in told["heatmap"]
    for code in CODES:
        finding = cohort[f"{code}_finding"]
        judged, loss, gain = int(finding.notna().sum()), int((finding == "loss").sum()), int((finding == "gain").sum())
        assert f"{code}: judged {judged}, loss {loss}, gain {gain}" in told["frequencies"]
    for code, n in cohort["loga"].value_counts().items():
        assert f"{code} {n}" in told["loga"]
    assert f"without a code {int(cohort['loga'].isna().sum())}" in told["loga"]
    for name, n in cohort["phenotype"].value_counts().items():
        mean = words.share(float(cohort[f"phenotype_{name}"].mean()))
        assert f"{name.replace('_', ' ')}: most probable in {n}, mean probability {mean}" in told["phenotypes"]
    for mechanism in load_mechanisms(None).mechanisms:
        n = int((cohort[f"mechanism_{mechanism.id}"] >= mechanism.threshold).sum())
        assert f"{mechanism.name}: supported {n}" in told["mechanisms"]


def test_alternatives_are_in_the_pages_language(cohort: pd.DataFrame) -> None:
    told = {name: picture.alternative for name, picture in draw(cohort, "de").items()}
    assert "CDT: beurteilt 59, Verlust 15, Zunahme 0" in told["frequencies"]
    assert "sensorischer Verlust: am wahrscheinlichsten bei 12" in told["phenotypes"]
    assert "gestützt 13" in told["mechanisms"]
    assert re.search(r"CDT −0,\d\d \(−\d,\d\d bis ", told["heatmap"])


@pytest.mark.parametrize("count", [2, 3, 40, 61, 161])
def test_cohorts_of_any_size_have_all_figures(count: int) -> None:
    pictures = draw(score_people(count))
    assert list(pictures) == NAMES
    labelled = {f"Q{n:03d}" for n in range(count)} & {text.strip() for text in texts_of_picture(pictures["heatmap"])}
    assert len(labelled) == (count if count <= 60 else 0)


def test_of_one_assessment_there_is_no_figure_of_a_cohort() -> None:
    assert draw(score_people(1)) == {}


def test_a_figure_that_has_nothing_to_show_is_left_out(cohort: pd.DataFrame) -> None:
    young = qst.score(cohort.head(5).assign(age=12.0))
    assert list(draw(young)) == ["frequencies", "mechanisms"]  # DMA alone is judged without a norm
    nobody = qst.score(cohort.head(5).assign(age=12.0, DMA=None, PHS=None))
    assert draw(nobody) == {}
    touch = qst.score(cohort.head(5).assign(**dict.fromkeys(["CDT", "WDT", "TSL", "CPT", "HPT", "PPT", "MPT"])))
    assert "phenotypes" not in draw(touch)


def test_what_the_page_says_is_not_said_in_each_figure(cohort: pd.DataFrame) -> None:
    texts = [text for one in draw(cohort).values() for text in texts_of_picture(one)]
    assert not [text for text in texts if "Reference values" in text or "to 82 years" in text]


def test_labels_tell_rows_apart() -> None:
    rows = pd.DataFrame({"visit": ["1", "1", "2", "1"], "site": ["hand", "foot", "hand", "hand"], "side": [None] * 4})
    told = label_rows(rows, ["A", "A", "A", "B"], load_page_language("de"))
    assert told == ["A, 1, Hand", "A, 1, Fuß", "A, 2, Hand", "B"]


def test_a_label_of_any_form_stays_as_it_is() -> None:
    """A name that reads like a text of ours, a number, an element, or is longer than there is room for."""
    names = ["female", "1.5", "<b>x</b> & y", "sum", "李 1.5", 'x id="1"', "url(#x", "font-family: x", "a" * 60]
    picture = draw(score_people(9, subject=names), "de")["heatmap"]
    told = {text.strip() for text in texts_of_picture(picture)}
    assert set(names[:-1]) <= told
    assert "<b>" not in picture.svg
    (shortened,) = [text for text in told if text.startswith("aaa")]
    assert len(shortened) < 30


def test_pseudonyms_alone_are_in_the_pictures(work: Path) -> None:
    table = pd.read_csv(COHORT, dtype=str).head(20)
    table["subject"] = "Mustermann" + table["subject"]
    table.to_csv("people.csv", index=False)
    assert run("report", "people.csv", "-o", "report", "--pseudonymise", "key.csv").exit_code == 0
    raw = Path("report/index.html").read_text(encoding="utf-8")
    assert raw.count("<svg") == 2 * len(NAMES)
    assert "Mustermann" not in raw
    assert re.search(r"<text[^>]*>010</text>", raw)


def test_each_area_has_its_own_figures_beside_its_tables(work: Path) -> None:
    """30 test areas, 20 control areas, and 10 without an area."""
    table = pd.read_csv(COHORT, dtype=str)
    table = table[(table["area"] == "test") | (table.index % 3 != 0)].head(60)
    areas = ["test"] * 30 + ["control"] * 20 + [None] * 10
    table.assign(area=areas, subject=[f"S{n}" for n in range(60)]).to_csv("people.csv", index=False)
    assert run("report", "people.csv", "-o", "report").exit_code == 0
    raw = Path("report/index.html").read_text(encoding="utf-8")
    sections = re.findall(r"<section>(.*?)</section>", raw, re.DOTALL)
    for section, n in zip(sections, (30, 20, 10), strict=True):
        assert section.count("<svg") == len(NAMES)
        assert f"z-scores of {n} assessments" in section
    checker = Checker()
    checker.feed(raw)
    assert len(checker.ids) == len(set(checker.ids))


def test_the_page_of_500_people_stays_small(tmp_path: Path) -> None:
    """Cells and bars of so many people are pixels: all figures together take less room than their table."""
    pictures = draw(score_people(500))
    sizes = {name: len(picture.svg) for name, picture in pictures.items()}
    assert sum(sizes.values()) < 250_000, sizes
    assert "data:image/png" in pictures["phenotypes"].svg


def test_a_table_without_figures_still_has_its_numbers(work: Path) -> None:
    table = pd.read_csv(COHORT, dtype=str)
    table[table["subject"] == "058"].to_csv("people.csv", index=False)
    run("report", "people.csv", "-o", "report")
    assert "<svg" not in Path("report/index.html").read_text(encoding="utf-8")
    assert "Number of assessments. L: loss, G: gain" in text_of(Path("report/index.html"))


def test_letters_can_be_read_on_any_ground() -> None:
    """Contrast after WCAG, computed here anew, is at least 4.5 on 2,000 colours."""

    def luminance(colour: np.ndarray[Any, Any]) -> float:
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])

    from matplotlib.colors import to_rgb

    for ground in np.random.default_rng(1).random((2000, 3)):
        pair = sorted([luminance(ground), luminance(np.array(to_rgb(letters_on(ground))))])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
