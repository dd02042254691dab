"""`qst report`: pages hold the numbers of scoring, in two languages; they appear whole or not at all."""

import csv
import html
import os
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from command_line import COHORT, ROOT, TRIALS, run, work  # noqa: F401 (work is a fixture for all tests)
from matplotlib.figure import Figure
from pages import Checker, read, text_of

import qst
from qst.inference.knowledge_base import load_mechanisms
from qst.notes import NOTES
from qst.protocol import CODES, RECORD_ORDER
from qst.report.cohort_figures import Cohort, Drawing, draw_cohort
from qst.report.figures import embed
from qst.report.page_language import PageLanguage, load_page_language
from qst.report.pseudonyms import number_subjects
from qst.report.subject import form_norm, form_tables
from qst.tables import DISCLAIMER
from qst.vocabulary.visits import order_visits
from qst.workflows import report as batch
from qst.workflows.report import report_files

PEOPLE = ("058", "005", "028", "040")


def write_people(folder: Path) -> Path:
    """Four people; one has a second visit, one id is a script, one a path."""
    table = pd.read_csv(COHORT, dtype=str)
    table = table[table["subject"].isin(PEOPLE)]
    again = table[table["subject"] == "058"].assign(visit="2", HPT="42.1", WUR=None)
    table = pd.concat([table, again]).assign(examiner="A & B", device="MSA", date="2026-03-01", name="Mustermann")
    table["subject"] = table["subject"].replace({"005": "<script>alert(1)</script>", "028": "../../x"})
    table.to_csv(folder / "people.csv", index=False)
    return folder / "people.csv"


@pytest.fixture
def people(work: Path) -> Path:  # noqa: F811
    return write_people(work)


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
    assert "CPT: the value lies at the device's limit, where z is −1.02: a loss cannot be told from normal." in text_of(
        old
    )


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


def test_pseudonyms_leave_no_name_and_keep_their_numbers(people: Path) -> None:
    result = run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    assert result.exit_code == 0, result.stderr
    with Path("key.csv").open(encoding="utf-8") as file:
        first = {row["subject"]: row["number"] for row in csv.DictReader(file)}
    assert set(first) == {"058", "<script>alert(1)</script>", "../../x", "040"}
    assert set(first.values()) == {"001", "002", "003", "004"}
    names = {path.stem for path in Path("report/subjects").iterdir()}
    assert names == set(first.values())
    for page in Path("report").rglob("*.html"):
        text = text_of(page)
        for named in ("058", "040", "../../x", "alert(1)", "people.csv", "A & B", "2026-03-01", "Mustermann"):
            assert named not in text, (page, named)
    more = pd.read_csv(people, dtype=str)
    pd.concat([more, more.tail(1).assign(subject="099")]).to_csv(people, index=False)
    run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    with Path("key.csv").open(encoding="utf-8") as file:
        second = {row["subject"]: row["number"] for row in csv.DictReader(file)}
    assert second == first | {"099": "005"}


def test_a_key_is_not_written_into_the_report_or_over_a_file(people: Path) -> None:
    result = run("report", people, "-o", "report", "--pseudonymise", "report/key.csv")
    assert result.exit_code == 2
    assert "would lie in the report" in result.stderr or "does not exist" in result.stderr
    before = people.read_bytes()
    assert run("report", people, "-o", "report", "--pseudonymise", people).exit_code == 2
    assert people.read_bytes() == before
    assert not Path("report").exists()


@pytest.mark.parametrize(
    "text", ["number,subject\n001,M\xfcller\n", "number;subject\n001;x\n", "", "number,subject\n1,x\n001,y\n"]
)
def test_a_key_that_another_program_spoilt_is_told(people: Path, text: str) -> None:
    Path("key.csv").write_bytes(text.encode("latin-1"))
    result = run("report", people, "-o", "report", "--pseudonymise", "key.csv")
    assert result.exit_code == 2
    assert "key.csv is no key that a report wrote (a CSV file in UTF-8, with commas: number, subject" in result.stderr
    assert not Path("report").exists()
    assert Path("key.csv").read_bytes() == text.encode("latin-1")


def test_a_key_with_formulas_is_read_back(tmp_path: Path) -> None:
    from qst.report.pseudonyms import write_key

    numbers = number_subjects(["=1+1", "007"], tmp_path / "key.csv")
    write_key(numbers, tmp_path / "key.csv")
    assert "'=1+1" in (tmp_path / "key.csv").read_text(encoding="utf-8")
    assert number_subjects(["007", "=1+1"], tmp_path / "key.csv") == numbers


def test_a_report_is_replaced_and_nothing_else_is(people: Path) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine", encoding="utf-8")
    result = run("report", people, "-o", "mine")
    assert result.exit_code == 2
    assert "holds other files" in result.stderr
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]
    run("report", people, "-o", "report")
    assert run("report", people, "-o", "report", "--subject", "040").exit_code == 0
    assert [path.name for path in Path("report/subjects").iterdir()] == ["040.html"]


def test_a_failure_leaves_the_earlier_report(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("report", people, "-o", "report", "--subject", "040")
    before = {path: path.read_bytes() for path in Path("report").rglob("*.html")}

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device", "index.html")

    monkeypatch.setattr(batch, "render_cohort", fail)
    assert run("report", people, "-o", "report").exit_code == 2
    assert {path: path.read_bytes() for path in Path("report").rglob("*.html")} == before
    assert not list(Path().glob(".report*"))


def test_processes_give_the_same_pages(tmp_path: Path) -> None:
    subjects = [f"{n:03d}" for n in range(1, 11)]
    for workers in (1, 2):
        report_files([COHORT], tmp_path / str(workers), subjects=subjects, workers=workers)
    left, right = ({path.name: path.read_bytes() for path in (tmp_path / n).rglob("*.html")} for n in "12")
    assert left == right
    assert len(left) == 11


def test_rows_without_a_subject_are_alone(work: Path) -> None:  # noqa: F811
    table = pd.read_csv(COHORT, dtype=str).head(4).assign(subject=None, site="<b>arm</b>")
    scored = qst.score(table)
    scored.to_csv("scored.csv", index=False)
    assert run("report", "scored.csv", "-o", "report").exit_code == 0
    assert len(list(Path("report/subjects").iterdir())) == 4
    for page in Path("report").rglob("*.html"):
        assert "<b>" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_scored_tables_and_files_not_scored_are_taken_together(people: Path, ending: str) -> None:
    """Scored ones are scored again, so that a person's page is the same either way, but for how it was read."""
    table = pd.read_csv(people, dtype=str)
    for name, rows in (("raw.csv", table[table["subject"] != "040"]), ("some.csv", table[table["subject"] == "040"])):
        rows.to_csv(name, index=False)
    assert run("score", "some.csv", "-o", f"scored.{ending}").exit_code == 0
    result = run("report", "raw.csv", f"scored.{ending}", "-o", "mixed")
    assert result.exit_code == 0, result.stderr
    assert "index.html and 4 pages" in result.stderr
    run("report", "raw.csv", "some.csv", "-o", "apart")
    mixed, apart = (text_of(Path(folder) / "subjects" / "040.html") for folder in ("mixed", "apart"))
    head, told = mixed.split("How the file was read:")
    assert head == apart.split("How the file was read:")[0]
    assert f"scored.{ending}: a table that qst score wrote; its values are scored again" in told


def test_trials_devices_and_symptoms_are_reported(work: Path) -> None:  # noqa: F811
    assert run("report", TRIALS, "-o", "trials").exit_code == 0
    symptoms = ROOT / "examples" / "symptoms_synthetic.csv"
    table = pd.read_csv(symptoms, dtype=str)
    few = table[(table["Dauerschmerz"] == "ja") | (table["subject"] == "001")]["subject"].head(3)
    chosen = [part for subject in few for part in ("--subject", subject)]
    assert run("report", symptoms, "-o", "symptoms", *chosen).exit_code == 0
    texts = [text_of(path) for path in Path("symptoms/subjects").iterdir()]
    assert all("Neuropathic Pain Symptom Inventory" in text for text in texts)
    assert any("Answers to questions on symptoms" in text for text in texts)


def test_own_columns_are_shown_only_on_request(people: Path) -> None:
    run("report", people, "-o", "report", "--show", "diagnosis_label")
    assert "diagnosis_label" in text_of(Path("report/index.html"))
    result = run("report", people, "-o", "report", "--show", "diagnosis")
    assert result.exit_code == 2
    assert "no column 'diagnosis'" in result.stderr


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


def test_visits_whose_names_show_no_order_stay_as_in_the_file() -> None:
    assert order_visits(["2", "10", "1"]) == ["1", "2", "10"]
    assert order_visits(["V1", "W2"]) is None
    assert order_visits([None, "1"]) is None
    assert order_visits([None]) == [None]
    assert order_visits(["day 14", "day 0", "day -7"]) == ["day -7", "day 0", "day 14"]
    assert order_visits(["1", "-1", "0"]) == ["-1", "0", "1"]
    assert order_visits(["V-2", "V-1"]) == ["V-1", "V-2"]


def test_a_long_id_has_room_at_the_foot_of_a_printed_page(work: Path) -> None:  # noqa: F811
    table = pd.read_csv(COHORT, dtype=str).iloc[:2].assign(subject="x" * 290 + "end")
    table.to_csv("long.csv", index=False)
    assert run("report", "long.csv", "-o", "report").exit_code == 0
    (page,) = Path("report/subjects").iterdir()
    text = page.read_text(encoding="utf-8")
    (running,) = re.findall(r'@bottom-left \{ content: "([^"]*)"', text)
    assert running.endswith("end")
    assert len(re.sub(r"\\[0-9a-f]{6} ", "?", running)) < 100
    assert "x" * 290 + "end" in text


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such permissions there")
def test_a_folder_keeps_its_permissions(people: Path) -> None:
    Path("private").mkdir(mode=0o700)
    assert run("report", people, "-o", "private", "--subject", "040").exit_code == 0
    assert Path("private/index.html").is_file()
    assert Path("private").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_is_named(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK or Path(path).name != "closed")
    Path("closed").mkdir()
    for output in ("closed", "closed/report"):
        result = run("report", people, "-o", output)
        assert result.exit_code == 2
        assert re.search(r"you are not allowed to write into the folder \S*closed: give another", result.stderr)
        assert not list(Path("closed").iterdir())


def test_figures_of_the_cohort_page_are_plugged_in() -> None:
    """Two figures on one page share no id, and hold no rule for the rest of the page."""

    def draw(_: Cohort) -> Figure:
        figure = Figure()
        figure.add_subplot().bar([0, 1], [1, 2], hatch="//")
        return figure

    def describe(cohort: Cohort, _: PageLanguage) -> str:
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
