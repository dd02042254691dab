"""Pages to PDF, printed by the Chromium, Chrome or Edge that is on the machine, so that both look the same."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

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
            raise OptionError(f"{given} is not a program that can be run: give the path of Chromium, Chrome or Edge")
        return found
    places = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
    windows = [str(Path(place) / program) for place in places if place for program in _ON_WINDOWS]
    for command in (*_COMMANDS, *windows):
        if found := shutil.which(command):
            return found
    raise OptionError(
        "a PDF is printed by Chromium, Chrome or Edge, and none was found: install one (Debian, Ubuntu: the package "
        "chromium; macOS: google-chrome of Homebrew), or use --browser PATH; or open the pages in any browser and "
        "print them there"
    )


class _Browsers:
    """The browsers that print at the moment. Once they are ended, no other can be started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[Browser] = set()
        self._ended = False

    def run(self, command: list[str]) -> str:
        """Run a browser until it exits, and return what it wrote to standard error."""
        with self._start(command) as process:
            try:
                return process.communicate(timeout=LONGEST_SECONDS)[1].decode(errors="replace")
            except BaseException:
                _end(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)

    def _start(self, command: list[str]) -> Browser:
        """Start a browser, in a session of its own.

        Ctrl-C would otherwise reach it too, and a Chromium that is interrupted while printing neither prints nor exits.
        It is started and noted under one lock: otherwise `end` could come between the two and would miss it.
        """
        with self._lock:
            if self._ended:
                raise QSTError("printing was ended")
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=sys.platform != "win32"
            )
            self._running.add(process)
            return process

    def end(self) -> None:
        """End all browsers that run, and let no other start."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _end(process)


def print_pages(pages: Sequence[Path], browser: str, workers: int = 2) -> None:
    """Print each HTML page to a PDF of the same name beside it.

    An error or an interruption ends it at once: browsers that still print are ended, and no other is started.

    Raises
    ------
    QSTError
        The browser printed no PDF; the text has the last line that it wrote.
    """
    browsers = _Browsers()
    with ThreadPoolExecutor(workers) as pool:
        try:
            printed = [pool.submit(_print, page, browser, browsers) for page in pages]
            for page in tqdm(printed, unit=" PDF", delay=1, disable=None, leave=False):
                page.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            browsers.end()
            raise


def _print(page: Path, browser: str, browsers: _Browsers) -> None:
    target = page.with_suffix(".pdf").resolve()
    with tempfile.TemporaryDirectory(prefix="qst-", ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"]
        command += [f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        # Chromium's sandbox refuses to run as root, as in a container.
        command += ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []
        try:
            last_line = browsers.run([*command, page.resolve().as_uri()]).strip().splitlines()[-1:]
        except (OSError, subprocess.TimeoutExpired) as error:
            last_line = [str(error)]
    if not target.is_file() or target.read_bytes()[:4] != b"%PDF":
        raise QSTError(
            f"{browser} printed no PDF of {page.name}: {' '.join(last_line) or 'it wrote no message'}: name another "
            "browser (--browser PATH), or omit --pdf and print the pages from any browser"
        )


def _end(process: Browser) -> None:
    """End a browser and the processes that it started."""
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
