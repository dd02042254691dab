"""Pages hold the numbers of scoring, in two languages, and are whole HTML that asks for nothing."""

import html
import re
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from matplotlib.figure import Figure
from pages import Checker, read, text_of
from report_people import write_people

import qst
from qst.inference.knowledge_base import load_mechanisms
from qst.notes import NOTES
from qst.protocol import CODES, RECORD_ORDER
from qst.report.cohort_figures import Cohort, Drawing, draw_cohort
from qst.report.figures import embed
from qst.report.page_language import PageLanguage, load_page_language
from qst.report.subject import form_norm, form_tables
from qst.tables import DISCLAIMER

pytestmark = pytest.mark.usefixtures("work")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of these people, to be read."""
    folder = tmp_path_factory.mktemp("english")
    result = run("report", write_people(folder), "-o", folder / "report")
    assert result.exit_code == 0, result.stderr
    assert "index.html and 4 pages" in result.stderr
    return folder / "report"


@pytest.fixture(scope="module")
def scored(english: Path) -> pd.DataFrame:
    return qst.score(qst.load(english.parent / "people.csv", problems=[]))


def test_pages_are_whole_html_and_ask_for_nothing(english: Path) -> None:
    pages = sorted(english.rglob("*.html"))
    assert len(pages) == 5
    assert all(page.parent in (english, english / "subjects") for page in pages)
    for page in pages:
        checker = read(page)
        assert len(checker.ids) == len(set(checker.ids)), page
        assert "default-src 'none'" in html.unescape(page.read_text(encoding="utf-8"))
        assert sum(tag == "script" for tag, _ in checker.tags) == (page.name == "index.html")
        linked = [value for _, attrs in checker.tags for name, value in attrs.items() if name in ("src", "href")]
        assert not [link for link in linked if link and re.match(r"[a-z]+:(?!,)|//", link)], page
        for link in linked:
            if link and link.endswith(".html"):
                assert (page.parent / link).is_file(), link
        assert DISCLAIMER in text_of(page)
        assert f"qst {qst.__version__}" in text_of(page)
        assert "10.1016/j.pain.2010.07.026" in text_of(page)


def test_an_id_that_is_a_script_or_a_path_stays_a_text(english: Path) -> None:
    raw = (english / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in raw
    assert html.escape("<script>alert(1)</script>") in raw
    names = sorted(path.name for path in (english / "subjects").iterdir())
    assert len(names) == 4
    assert all(re.fullmatch(r"[\w-]+\.html", name) for name in names)
    assert not list(english.parent.glob("x*.html"))


def test_a_page_has_the_numbers_of_scoring(english: Path, scored: pd.DataFrame) -> None:
    row = scored[(scored["subject"] == "040") & (scored["area"] == "test")].iloc[0]
    control = scored[(scored["subject"] == "040") & (scored["area"] == "control")].iloc[0]
    text = text_of(english / "subjects" / "040.html")
    words = load_page_language()
    for code in ("CDT", "HPT", "PPT", "MPT", "MPS"):
        assert words.z(row[f"{code}_z"]) in text
        assert words.z(row[f"{code}_z"] - control[f"{code}_z"]) in text
    assert row["loga"] in text
    assert "age_above_norms" in text
    assert "MSA" in text
    assert "A & B" in text
    assert "Mustermann" not in text


def test_norm_in_the_values_own_unit_by_hand() -> None:
    """PPT of magerl2010, foot, men of 30-39: log10 2.791, SD 0.192: 10**2.791 = 618.0; ± 1.96 SD: 259.8 to 1470.1."""
    norm = {"mean": 2.791, "sd": 0.192, "doubt": "", "ages": "30-39"}
    formed = form_norm({"parameter": "PPT", "scale": "log10", "cut_off": 1.96, "norm": norm})
    assert formed is not None
    assert [formed[key] for key in ("mean", "low", "high")] == pytest.approx([618.016, 259.80, 1470.1], rel=1e-4)


def test_what_changed_since_the_last_visit(english: Path) -> None:
    """HPT fell from 45.7 to 42.1 °C at an SD of 2.86: z rises by 3.6 / 2.86 = 1.26. WUR was not measured again."""
    text = text_of(english / "subjects" / "058.html")
    changes = text.split("Changes since Visit 1 (test area")[1]
    assert "HPT °C 45.7 42.1 −3.6 −0.50 +0.76 +1.26 normal" in changes
    assert "WUR ratio 8.19 – – +2.65 – – ▲ gain → –" in changes


def test_what_could_not_be_judged_is_said_with_the_reason(english: Path) -> None:
    """17 years: no norm, so only DMA is judged. 028 (foot, man of 63) lies at 0 °C, where z is −1.02 (test_explain)."""
    (young,) = (english / "subjects").glob("script*.html")
    text = text_of(young)
    assert f"HPT: not judged – {NOTES['age_below_norms']}" in text
    (old,) = (english / "subjects").glob("x-*.html")
    assert "CPT: the value lies at the device's limit, where z is −1.02: a loss cannot be distinguished" in text_of(old)


def test_the_text_alternative_has_the_numbers(english: Path, scored: pd.DataFrame) -> None:
    row = scored.query("subject == '040' and area == 'test'").iloc[0]
    (label,) = [attrs["aria-label"] for tag, attrs in read(english / "subjects" / "040.html").tags if tag == "svg"]
    assert label is not None
    for code in RECORD_ORDER:
        assert f"{code} " in label
    assert f"HPT {load_page_language().z(row['HPT_z'])}" in label


def test_german_pages(people: Path) -> None:
    run("report", people, "-o", "report", "--lang", "de")
    text = text_of(Path("report/subjects/058.html"))
    for part in (
        "Sensorisches Profil von Proband 058",
        "Nur für die Forschung",
        "45,7",
        "Zunahme (gain) →",
        "Testareal",
        "· 23,6 Jahre · männlich ·",
    ):
        assert part in text
    assert "Regeln und Quellen der Wissensbasis stehen auf Englisch" in text
    raw = Path("report/subjects/058.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in raw
    assert "gain of function" not in raw
    assert "10 von 10" not in raw  # counted by the page's script


def test_test_and_control_areas_stand_together_only_where_it_is_clear() -> None:
    def one(area: str, site: str = "hand") -> dict[str, object]:
        cell = {"z": None, "value": None, "finding": None, "notes": [], "name": "", "unit": "", "norm": None}
        parameters = [cell | {"parameter": code} for code in CODES]
        return {"area": area, "site": site, "side": None, "stratum": {"site": site}, "parameters": parameters}

    def shape(*assessments: dict[str, object]) -> list[int]:
        return [len(table["columns"]) for table in form_tables(assessments)]

    assert shape(one("test"), one("control")) == [2]
    assert shape(one("test"), one("control", "foot")) == [1, 1]
    assert shape(one("test"), one("test"), one("control")) == [1, 1, 1]
    assert shape(one("test"), one("test", "foot"), one("control"), one("control", "foot")) == [2, 2]


def test_figures_of_the_cohort_page_are_plugged_in() -> None:
    """Two figures on one page share no id, and hold no rule for the rest of the page."""

    def draw(_: Cohort) -> Figure:
        figure = Figure()
        figure.add_subplot().bar([0, 1], [1, 2], hatch="//")
        return figure

    def describe(cohort: Cohort, words: PageLanguage) -> str:
        return f'{len(cohort.rows)} "people" & <others>'

    own = PageLanguage("en", {**load_page_language().texts, "cohort_figures": {"bars": "Bars", "more": "More"}})
    drawings = [Drawing(name, draw, describe) for name in ("bars", "more")]
    drawings.insert(1, Drawing("none", lambda _: None, describe))
    cohort = Cohort(pd.DataFrame({"x": [1, 2]}), ["a", "b"], load_mechanisms(None))
    pictures = draw_cohort(cohort, own, "a0", drawings)
    assert [picture.caption for picture in pictures.values()] == ["Bars", "More"]
    checker = Checker()
    checker.feed("".join(picture.svg for picture in pictures.values()))
    assert len(checker.ids) == len(set(checker.ids)) > 2
    assert "<style" not in pictures["bars"].svg
    (label, _) = [attrs["aria-label"] for tag, attrs in checker.tags if tag == "svg"]
    assert label == '2 "people" & <others>'


def test_a_text_of_a_figure_is_escaped() -> None:
    figure = Figure()
    figure.add_subplot().set_title("<script>alert(1)</script> & more", parse_math=False)
    assert "<script>" not in embed(figure, "", "", "f").svg
