"""Reports in a real browser: no error, no request, the table sorts and filters, names do no harm, A4 is enough."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import CHROMIUM, WHY_NOT, Page, open_browser
from command_line import run
from paths import COHORT

from qst.workflows.report import report_files

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)

A4_WIDTH, A4_HEIGHT = (210 - 2 * 14) / 25.4 * 96, (297 - 14 - 18) / 25.4 * 96
"""CSS pixels between the margins of the style sheet."""

TOO_FAINT = """(() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    let over = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) over.unshift(colour);
    }
    return over.reduce((low, [r, g, b, a = 1]) => [r, g, b].map((v, i) => a * v + (1 - a) * low[i]), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), faint = [];
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, svg")) continue;
    const pair = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))].sort();
    const contrast = (pair[1] + 0.05) / (pair[0] + 0.05);
    seen += 1;
    if (contrast < 4.5) faint.push(walker.currentNode.data.trim() + " " + contrast.toFixed(2));
  }
  return { seen, faint };
})()"""


TEXTS_OF_FIGURES = """[...document.querySelectorAll("figure svg text")].map((text) => {
  const own = text.getBoundingClientRect(), all = text.closest("svg").getBoundingClientRect();
  const within = own.left >= all.left - 1 && own.right <= all.right + 1 && own.top >= all.top - 1
    && own.bottom <= all.bottom + 1;
  const place = [own.left, own.top, own.right, own.bottom];
  return { text: text.textContent, colour: getComputedStyle(text).fill.match(/[\\d.]+/g).map(Number), within, place };
})"""
"""Each text of a figure, its colour, whether it is within its figure, and where it is in the window."""


def luminance(colour: Iterable[float]) -> float:
    """Relative luminance of a colour of 0 to 255 (WCAG 2.2)."""
    parts = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def find_faint(page: Page) -> list[str]:
    """Texts of figures that have too little contrast to what is around them, as the browser paints it."""
    page.set_size(1280, page.run("document.documentElement.scrollHeight"))
    page.set_size(1280, page.run("document.documentElement.scrollHeight"))
    told = page.run(TEXTS_OF_FIGURES)
    page.run("document.querySelectorAll('figure svg text').forEach((text) => { text.style.opacity = 0; })")
    picture = page.take_picture()
    page.call("Emulation.clearDeviceMetricsOverride")
    faint = []
    for one in told:
        left, top, right, bottom = (max(0, int(edge)) for edge in one["place"])
        cell = picture[top : bottom + 1, left : right + 1].reshape(-1, 3)
        grounds, counts = np.unique(cell, axis=0, return_counts=True)
        low, high = sorted([luminance(one["colour"][:3]), luminance(grounds[counts.argmax()].tolist())])
        if (high + 0.05) / (low + 0.05) < 4.5:
            faint.append(one["text"])
    return faint


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module", params=["en", "de"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    table = pd.read_csv(COHORT, dtype=str)
    table = table[table["subject"].isin(["058", "005", "028", "040", "052"])]
    table = pd.concat([table, table[table["subject"] == "058"].assign(visit="2", HPT="42.1")])
    table["subject"] = table["subject"].replace({"005": "<script>alert(1)</script>", "028": "../../x"})
    table.loc[table["subject"] == "052", "site"] = "<img src=x onerror=alert(1)>"
    table.to_csv(folder / "people.csv", index=False)
    report_files([folder / "people.csv"], folder / "out", language=request.param, workers=1)
    return folder / "out"


def test_pages_open_without_error_request_or_harm(report: Path, page: Page) -> None:
    files = sorted(report.rglob("*.html"))
    assert len(files) == 6
    for file in files:
        page.open(file)
        assert page.complaints() == [], file
        assert page.requests() == [file.resolve().as_uri()]
        assert page.run("document.querySelectorAll('img, iframe, object').length") == 0
        assert page.run("document.querySelector('main').innerText.length") > 1000


def test_the_policy_stops_a_request_that_a_page_would_make(report: Path, page: Page) -> None:
    """The check above can fail: a picture that is put into the page is asked for, and the page's policy blocks it."""
    page.open(report / "index.html")
    page.run("new Promise((done) => { const i = new Image(); i.onerror = () => done(1); i.src = 'other.png'; })")
    assert any("Content Security Policy" in complaint for complaint in page.complaints())


def column(page: Page, number: int) -> list[str]:
    rows = "[...document.querySelectorAll('#subjects tbody tr')].filter((row) => !row.hidden)"
    told: list[str] = page.run(f"{rows}.map((row) => row.cells[{number}].textContent.trim())")
    return told


def test_the_table_sorts(report: Path, page: Page) -> None:
    page.open(report / "index.html")
    heads = "document.querySelectorAll('#subjects thead button')"
    gains = 8
    for way, order in (("ascending", 1), ("descending", -1)):
        page.run(f"{heads}[{gains}].click()")
        numbers = [int(text) for text in column(page, gains)]
        assert numbers == sorted(numbers, reverse=order < 0)
        assert len(set(numbers)) > 2
        assert page.run(f"document.querySelectorAll('#subjects thead th')[{gains}].ariaSort") == way
    page.run(f"{heads}[10].click()")
    chances = column(page, 10)
    assert chances[-2:] == ["", ""]  # 17 years: no norm, at the end either way
    page.run(f"{heads}[0].click()")
    assert column(page, 0) != chances
    assert len(column(page, 0)) == 12


def test_own_columns_of_numbers_sort_as_numbers(tmp_path: Path, page: Page) -> None:
    table = pd.read_csv(COHORT, dtype=str).iloc[:8].assign(score=["1.25", "1.5", "-3", "10", "-2", "0.9", "1e1", None])
    table.to_csv(tmp_path / "people.csv", index=False)
    report_files([tmp_path / "people.csv"], tmp_path / "out", show=["score"], workers=1)
    page.open(tmp_path / "out" / "index.html")
    page.run("[...document.querySelectorAll('#subjects thead button')].at(-1).click()")
    assert column(page, 14) == ["-3", "-2", "0.9", "1.25", "1.5", "10", "1e1", ""]


def test_the_table_filters(report: Path, page: Page) -> None:
    page.open(report / "index.html")

    def type_in(text: str) -> None:
        page.run(f"(f => {{ f.value = '{text}'; f.dispatchEvent(new Event('input')); }})(document.all['filter'])")

    type_in("058 L1G2")
    assert column(page, 0) == ["058", "058"]
    assert re.findall(r"\d+", page.run("document.all['shown'].textContent")) == ["2", "12"]
    type_in("nobody")
    assert column(page, 0) == []
    type_in("")
    page.run("(s => { s.value = 'control'; s.dispatchEvent(new Event('change')); })(document.all['area'])")
    assert len(column(page, 0)) == 6


def test_nothing_is_wider_than_a4(report: Path, page: Page) -> None:
    for file in report.rglob("*.html"):
        page.open(file)
        page.call("Emulation.setEmulatedMedia", media="print")
        page.set_size(int(A4_WIDTH), 1000)
        try:
            right = "[...document.body.querySelectorAll('*')].map((e) => e.getBoundingClientRect().right)"
            assert page.run(f"Math.max(...{right})") <= A4_WIDTH + 1, file
            assert [one["text"] for one in page.run(TEXTS_OF_FIGURES) if not one["within"]] == []
            whole = "[...document.querySelectorAll('figure, .beside')].map((e) => e.getBoundingClientRect().height)"
            assert max(page.run(whole)) < A4_HEIGHT, file
        finally:
            page.call("Emulation.clearDeviceMetricsOverride")
            page.call("Emulation.setEmulatedMedia", media="")
        sizes = re.findall(rb"/MediaBox \[([\d. ]+)\]", page.print())
        assert sizes
        assert all([round(float(x)) for x in size.split()] == [0, 0, 595, 842] for size in sizes)


def test_contrast_headers_and_alternatives(report: Path, page: Page) -> None:
    for file in report.rglob("*.html"):
        page.open(file)
        assert find_faint(page) == [], file
        told = page.run(TOO_FAINT)
        assert told["seen"] > 100
        assert told["faint"] == [], file
        bare = "[...document.querySelectorAll('table')].filter((t) => !t.querySelector('thead th[scope]') || "
        bare += "[...t.querySelectorAll('tbody tr')].some((row) => row.cells[0].tagName !== 'TH')).length"
        assert page.run(bare) == 0
        unnamed = "[...document.querySelectorAll('svg')].filter((s) => s.getAttribute('role') !== 'img' || "
        unnamed += "(s.getAttribute('aria-label') || '').length < 40).length"
        assert page.run(unnamed) == 0
        assert page.run("document.querySelectorAll('h1').length") == 1


def test_a_text_of_a_figure_that_is_too_faint_is_found(report: Path, page: Page) -> None:
    """The check above can fail."""
    page.open(report / "index.html")
    page.run("document.querySelector('figure svg text').style.fill = '#9a9a9a'")
    assert len(find_faint(page)) == 1


def test_pdf_is_printed_by_the_command(tmp_path: Path) -> None:
    result = run("report", COHORT, "-o", tmp_path / "out", "--subject", "058", "--pdf")
    assert result.exit_code == 0, result.stderr
    for name in ("index.pdf", "subjects/058.pdf"):
        data = (tmp_path / "out" / name).read_bytes()
        assert data.startswith(b"%PDF")
        assert data.rstrip().endswith(b"%%EOF")
