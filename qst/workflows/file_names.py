"""File names from subjects and visits, which may contain any characters."""

import hashlib
import re
from collections.abc import Sequence

import pandas as pd

LONGEST_NAME = 80

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def name_files(keys: Sequence[tuple[object, ...]]) -> list[str]:
    """A file name for each (subject, visit, …): safe on every system and unique.

    >>> name_files([("007", "1"), ("../../x", None)])
    ['007_1', 'x-eb09bd']
    """
    names: list[str] = []
    taken: set[str] = set()
    for key in keys:
        parts = ["" if pd.isna(part) else str(part) for part in key]  # type: ignore[call-overload]
        plain = "_".join(part for part in parts if part)
        name = re.sub(r"[^\w\-]+", "_", plain, flags=re.ASCII).strip("_").lstrip("-_")[:LONGEST_NAME]
        unsafe = name != plain or not name or _RESERVED.fullmatch(name)
        digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
        name = f"{name or 'unnamed'}-{digest[:6]}" if unsafe or name.lower() in taken else name
        while name.lower() in taken:
            name += "-2"
        taken.add(name.lower())
        names.append(name)
    return names
