"""Files and folders that appear complete or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qst.errors import OptionError

ENDINGS = (".csv", ".xlsx", ".parquet", ".json")


@contextmanager
def replace_file(path: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Yield a temporary file next to `path` that replaces it when the block ends without an error.

    Raises
    ------
    OptionError
        The ending is not one of `endings`, or the folder does not exist or cannot be written to.
    """
    check_writable(path, endings)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path, endings: tuple[str, ...] = ENDINGS) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises
    ------
    OptionError
        As `replace_file` does.
    """
    if path.suffix.lower() not in endings:
        raise OptionError(f"cannot write '{path.name}': its ending must be one of {', '.join(endings)}")
    if path.is_dir():
        raise OptionError(f"cannot write '{path.name}': a folder has that name")
    if not path.parent.is_dir():
        raise OptionError(f"the folder {path.parent} does not exist: create it first")
    if not os.access(path.parent, os.W_OK):
        raise OptionError(f"you do not have permission to write to the folder {path.parent}")


@contextmanager
def replace_folder(output: Path) -> Iterator[Path]:
    """Yield a folder next to `output` that replaces it, with its permissions, when the block ends without an error."""
    output = output.resolve()
    new, old = (output.with_name(f".{output.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    try:
        new.mkdir()
        yield new
        if output.exists():
            shutil.copymode(output, new)
            output.rename(old)
        try:
            new.rename(output)
        except OSError:
            if old.exists():
                old.rename(output)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
