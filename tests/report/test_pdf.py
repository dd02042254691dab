"""Pages printed to PDF: without a browser, with one that fails, and interrupted."""

import re
import sys
import time
from pathlib import Path
from threading import Event

import pandas as pd
import pytest
from command_line import run
from paths import COHORT

from qst.errors import OptionError, QSTError
from qst.report.pdf import _run, find_browser, print_pages

pytestmark = pytest.mark.usefixtures("work")


def test_a_pdf_without_a_browser_says_which_to_install(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    result = run("report", people, "-o", "report", "--pdf")
    assert result.exit_code == 2
    assert "chromium" in result.stderr
    assert not Path("report").exists()
    with pytest.raises(OptionError, match="no program that can be run"):
        find_browser("nothing")


@pytest.mark.skipif(sys.platform == "win32", reason="the browser of this test is a shell script")
def test_no_page_is_printed_after_one_that_failed(tmp_path: Path) -> None:
    browser, calls = tmp_path / "browser", tmp_path / "calls"
    browser.write_text(f"#!/bin/sh\necho called >> {calls}\n", encoding="utf-8")
    browser.chmod(0o755)
    with pytest.raises(QSTError, match=r"printed no PDF of 0\.html: it said nothing: name another browser"):
        print_pages([tmp_path / f"{n}.html" for n in range(40)], str(browser))
    assert len(calls.read_text(encoding="utf-8").splitlines()) < 20


@pytest.mark.skipif(sys.platform == "win32", reason="the browser of this test is a shell script")
def test_what_interrupts_printing_ends_the_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, alive, done = (tmp_path / name for name in ("browser", "alive", "done"))
    browser.write_text(f"#!/bin/sh\ntouch {alive}\nsleep 20\ntouch {done}\n", encoding="utf-8")
    browser.chmod(0o755)

    def interrupt(*_: object, **__: object) -> list[object]:
        while not alive.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr("qst.report.pdf.tqdm", interrupt)
    with pytest.raises(KeyboardInterrupt):
        print_pages([tmp_path / f"{n}.html" for n in range(9)], str(browser))
    assert not done.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the browser of this test is a shell command")
def test_a_browser_that_starts_while_the_others_are_ended_is_ended_too() -> None:
    stopped = Event()
    stopped.set()
    start = time.monotonic()
    assert _run(["sleep", "20"], set(), stopped) == ""
    assert time.monotonic() - start < 20


def test_a_long_id_has_room_at_the_foot_of_a_printed_page(work: Path) -> None:
    table = pd.read_csv(COHORT, dtype=str).iloc[:2].assign(subject="x" * 290 + "end")
    table.to_csv("long.csv", index=False)
    assert run("report", "long.csv", "-o", "report").exit_code == 0
    (page,) = Path("report/subjects").iterdir()
    text = page.read_text(encoding="utf-8")
    (running,) = re.findall(r'@bottom-left \{ content: "([^"]*)"', text)
    assert running.endswith("end")
    assert len(re.sub(r"\\[0-9a-f]{6} ", "?", running)) < 100
    assert "x" * 290 + "end" in text
