"""Numbers in the place of subjects, and the key that tells whose they are."""

import csv
import random
from collections.abc import Iterable
from pathlib import Path

from qst.atomic import replace_file
from qst.errors import OptionError
from qst.formulas import defuse_text, restore_text

HEADER = ["number", "subject"]

_ENDINGS = (".csv",)


def number_subjects(subjects: Iterable[str], key: Path) -> dict[str, str]:
    """Give each subject a number; those that an earlier key has keep theirs.

    New numbers follow the highest of the key, in an order of chance, so that a number says nothing about the place in
    the file or the alphabet.

    Parameters
    ----------
    subjects : iterable of str
    key : Path
        The key, a CSV file with `number, subject`; it need not exist yet. It is not written here: see `write_key`.

    Returns
    -------
    dict of str to str
        Subject to number, with all that the key has.

    Raises
    ------
    OptionError
        The file is not such a key.
    """
    numbers = _read_key(key) if key.exists() else {}
    fresh = [subject for subject in dict.fromkeys(subjects) if subject not in numbers]
    random.SystemRandom().shuffle(fresh)
    highest = max((int(number) for number in numbers.values()), default=0)
    return numbers | {subject: f"{number:03d}" for number, subject in enumerate(fresh, highest + 1)}


def write_key(numbers: dict[str, str], key: Path) -> None:
    """Write the key, whole or not at all, sorted by number."""
    with replace_file(key, _ENDINGS) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        rows.writerows([number, defuse_text(subject)] for subject, number in _sorted(numbers))


def _sorted(numbers: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(numbers.items(), key=lambda pair: int(pair[1]))


def _read_key(key: Path) -> dict[str, str]:
    try:
        with key.open(encoding="utf-8-sig", newline="") as file:
            head, *rows = list(csv.reader(file)) or [[]]
    except OSError as error:
        raise OptionError(f"the key {key} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise OptionError(_describe_unsound(key)) from error
    numbers = {restore_text(row[1]): row[0] for row in rows if len(row) == len(HEADER)}
    sound = all(len(row) == len(HEADER) and row[0].isascii() and row[0].isdecimal() for row in rows)
    if head != HEADER or not sound or len({int(n) for n in numbers.values()}) != len(rows):
        raise OptionError(_describe_unsound(key))
    return numbers


def _describe_unsound(key: Path) -> str:
    return (
        f"{key} is not a key that a report wrote (a CSV file in UTF-8, with commas: {', '.join(HEADER)}, each number "
        "and subject once): give another name, or fix it"
    )
