"""Pages to PDF, printed by the Chromium, Chrome or Edge that is on the machine, so that both look the same."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event

from tqdm import tqdm

from qst.errors import OptionError, QSTError

Browser = subprocess.Popen[bytes]

_COMMANDS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)  # fmt: skip

_ON_WINDOWS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")

LONGEST_SECONDS = 120
"""A page takes one or two; what takes longer than this hangs."""


def find_browser(given: str | Path | None = None) -> str:
    """The browser that prints.

    Parameters
    ----------
    given : path or name, optional
        A Chromium, Chrome or Edge of the user's choice.

    Raises
    ------
    OptionError
        There is none; the text says which package to install.
    """
    if given is not None:
        found = shutil.which(str(given))
        if found is None:
            raise OptionError(f"{given} is no program that can be run: give the path of Chromium, Chrome or Edge")
        return found
    places = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    windows = [str(Path(place) / program) for place in places if place for program in _ON_WINDOWS]
    for command in (*_COMMANDS, *windows):
        if found := shutil.which(command):
            return found
    raise OptionError(
        "a PDF is printed by Chromium, Chrome or Edge, and none was found: install one (Debian, Ubuntu: the package "
        "chromium; macOS: google-chrome of Homebrew), or say --browser PATH; or open the pages in any browser and "
        "print them there"
    )


def print_pages(pages: Sequence[Path], browser: str, workers: int = 2) -> None:
    """Print each HTML page to a PDF of the same name beside it.

    An error or an interruption ends it at once: browsers that still print are ended, and no other is started.

    Raises
    ------
    QSTError
        The browser gave no PDF; the text has its last words.
    """
    running: set[Browser] = set()
    stopped = Event()
    with ThreadPoolExecutor(workers) as pool:
        printed = [pool.submit(_print, page, browser, running, stopped) for page in pages]
        try:
            for page in tqdm(printed, unit=" PDF", delay=1, disable=None, leave=False):
                page.result()
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(running):
                _end(process)
            raise


def _print(page: Path, browser: str, running: set[Browser], stopped: Event) -> None:
    target = page.with_suffix(".pdf").resolve()
    with tempfile.TemporaryDirectory(prefix="qst-", ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"]
        command += [f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        # Chromium's sandbox refuses to run as root, as in a container.
        command += ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []
        try:
            words = _run([*command, page.resolve().as_uri()], running, stopped).strip().splitlines()[-1:]
        except (OSError, subprocess.TimeoutExpired) as error:
            words = [str(error)]
    if not target.is_file() or target.read_bytes()[:4] != b"%PDF":
        raise QSTError(
            f"{browser} printed no PDF of {page.name}: {' '.join(words) or 'it said nothing'}: name another browser "
            "(--browser PATH), or leave --pdf out and print the pages from any browser"
        )


def _run(command: list[str], running: set[Browser], stopped: Event) -> str:
    """Run a browser to its end, and give what it says.

    It has a session of its own: Ctrl-C would else reach it too, whereupon a Chromium that prints stops half-way and
    neither ends nor prints.
    """
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=sys.platform != "win32"
    ) as process:
        running.add(process)
        try:
            if stopped.is_set():  # it started while the others were ended
                _end(process)
            return process.communicate(timeout=LONGEST_SECONDS)[1].decode(errors="replace")
        except BaseException:
            _end(process)
            raise
        finally:
            running.discard(process)


def _end(process: Browser) -> None:
    """End a browser and the processes that it started."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
