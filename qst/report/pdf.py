"""Pages to PDF, printed by the Chromium, Chrome or Edge that is on the machine, so that both look the same."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from qst.errors import OptionError, QSTError

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

    Raises
    ------
    QSTError
        The browser gave no PDF; the text has its last words.
    """
    with ThreadPoolExecutor(workers) as pool:
        printed = pool.map(lambda page: _print(page, browser), pages)
        for _ in tqdm(printed, total=len(pages), unit=" PDF", delay=1, disable=None, leave=False):
            pass


def _print(page: Path, browser: str) -> None:
    target = page.with_suffix(".pdf").resolve()
    with tempfile.TemporaryDirectory(prefix="qst-", ignore_cleanup_errors=True) as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions"]
        command += [f"--user-data-dir={profile}", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        # Chromium's sandbox refuses to run as root, as in a container.
        command += ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []
        try:
            ended = subprocess.run(
                [*command, page.resolve().as_uri()], capture_output=True, timeout=LONGEST_SECONDS, check=False
            )
            words = ended.stderr.decode(errors="replace").strip().splitlines()[-1:]
        except (OSError, subprocess.TimeoutExpired) as error:
            words = [str(error)]
    if not target.is_file() or target.read_bytes()[:4] != b"%PDF":
        raise QSTError(f"{browser} printed no PDF of {page.name}: {' '.join(words) or 'it said nothing'}")
