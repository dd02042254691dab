"""PDF of pages: what interrupts printing ends the browsers, and what goes wrong is explained."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import run
from paths import COHORT

from qst.errors import OptionError, QSTError
from qst.report import pdf
from qst.report.pdf import find_browser, print_pages

pytestmark = pytest.mark.usefixtures("work")
needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="the browser of this test is a shell script")


def test_a_pdf_without_a_browser_says_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    result = run("report", COHORT, "-o", "report", "--pdf")
    assert result.exit_code == 2
    assert "chromium" in result.stderr
    assert not Path("report").exists()
    with pytest.raises(OptionError, match="not a program that can be run"):
        find_browser("nothing")


@needs_shell
def test_no_page_is_printed_after_one_that_failed(tmp_path: Path) -> None:
    browser, calls = tmp_path / "browser", tmp_path / "calls"
    browser.write_text(f"#!/bin/sh\necho called >> {calls}\n", encoding="utf-8")
    browser.chmod(0o755)
    with pytest.raises(QSTError, match=r"printed no PDF of 0\.html: it wrote no message: name another browser"):
        print_pages([tmp_path / f"{n}.html" for n in range(40)], str(browser))
    assert len(calls.read_text(encoding="utf-8").splitlines()) < 20


@needs_shell
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


@needs_shell
def test_a_browser_that_is_starting_while_the_others_are_ended_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second browser starts while printing is being ended: after the first was ended, if nothing prevents it."""
    browser, pids = tmp_path / "browser", tmp_path / "pids"
    browser.write_text(f"#!/bin/sh\necho $$ >> {pids}\nexec sleep 20\n", encoding="utf-8")
    browser.chmod(0o755)
    second_starts, one_ended, started = threading.Event(), threading.Event(), []
    start, end = subprocess.Popen, pdf._end

    def start_second_late(*command: Any, **options: Any) -> subprocess.Popen[bytes]:
        if started:
            second_starts.set()
            one_ended.wait(2)
        started.append(start(*command, **options))
        return started[-1]

    def end_and_tell(process: subprocess.Popen[bytes]) -> None:
        end(process)
        one_ended.set()

    def interrupt(*_: object, **__: object) -> list[object]:
        assert second_starts.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen", start_second_late)
    monkeypatch.setattr(pdf, "_end", end_and_tell)
    monkeypatch.setattr(pdf, "tqdm", interrupt)
    with pytest.raises(KeyboardInterrupt):
        print_pages([tmp_path / f"{n}.html" for n in range(9)], str(browser))
    assert len(started) == 2
    assert all(process.returncode == -9 for process in started)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


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
