"""Profiles of many people: from files to pictures."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from qst.errors import OptionError
from qst.loaders import LoadOptions, open_readings
from qst.loaders.scored import read_scored
from qst.plots import PICTURE_ENDINGS, check_size, save_profile
from qst.scoring import Settings, score_readings
from qst.tables import Problem

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures that were written, and the problems of the files they are from."""

    written: list[Path]
    problems: list[Problem]


def plot_files(
    inputs: Sequence[str | Path],
    output: str | Path,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
    *,
    subject: str | None = None,
    visit: str | None = None,
    title: str | None = None,
    picture_format: str = "png",
    width_mm: float = 170.0,
    dpi: int = 150,
) -> Pictures:
    """Plot one profile a person and visit.

    Parameters
    ----------
    inputs : sequence of paths
        Scored tables, or laboratory files, which are scored first.
    output : path
        A picture by its ending (for one person and visit), or a folder, made where it does not exist, for one each.
    options : LoadOptions, optional
        For laboratory files.
    settings : Settings, optional
        By what laboratory files are scored. A scored table is drawn as it is.
    subject, visit : str, optional
        Only these.
    title : str, optional
    picture_format : {"png", "svg", "pdf"}
        For a folder.
    width_mm : float
    dpi : int

    Raises
    ------
    OptionError
        Nobody is left to draw; or several are, and the output is one picture.
    InputError
        A file cannot be used.
    """
    check_size(width_mm, dpi)
    problems: list[Problem] = []
    scored = _gather(inputs, options or LoadOptions(), settings or Settings(), problems)
    for column, wanted in (("subject", subject), ("visit", visit)):
        if wanted is not None:
            scored = scored[scored[column] == wanted]
            if scored.empty:
                raise OptionError(f"no assessment has the {column} '{wanted}'")
    groups = [group for _, group in scored.groupby(["subject", "visit"], sort=False, dropna=False)]
    path = Path(output)
    if path.suffix.lower() in PICTURE_ENDINGS and not path.is_dir():
        if len(groups) > 1:
            raise OptionError(
                f"the input has {len(groups)} persons or visits and '{path.name}' is one picture: choose one with "
                "--subject (and --visit), or give a folder"
            )
        save_profile(groups[0], path, title=title, dpi=dpi, width_mm=width_mm)
        return Pictures([path], problems)
    if path.suffix and not path.is_dir():
        raise OptionError(
            f"cannot write '{path.name}': give a name that ends in {', '.join(PICTURE_ENDINGS)}, or a folder"
        )
    path.mkdir(parents=True, exist_ok=True)
    names = name_files([(group["subject"].iloc[0], group["visit"].iloc[0]) for group in groups])
    written = [path / f"{name}.{picture_format}" for name in names]
    for group, file in tqdm(
        list(zip(groups, written, strict=True)), unit=" profiles", delay=1, disable=None, leave=False
    ):
        save_profile(group, file, title=title, dpi=dpi, width_mm=width_mm)
    return Pictures(written, problems)


def _gather(
    inputs: Sequence[str | Path], options: LoadOptions, settings: Settings, problems: list[Problem]
) -> pd.DataFrame:
    tables = {path: read_scored(path) for path in inputs}
    frames = [table for table in tables.values() if table is not None]
    raw = [path for path, table in tables.items() if table is None]
    if raw:
        readings = open_readings(raw, options, problems.append)
        frames += list(score_readings(readings, settings, problems.append))
    return pd.concat(frames, ignore_index=True)


def name_files(keys: Sequence[tuple[object, object]]) -> list[str]:
    """A file name for each (subject, visit): safe on every system, and never the same for two.

    >>> name_files([("007", "1"), ("../../x", None)])
    ['007_1', 'x-eb09bd']
    """
    names: list[str] = []
    taken: set[str] = set()
    for key in keys:
        parts = ["" if pd.isna(part) else str(part) for part in key]  # type: ignore[call-overload]
        plain = "_".join(part for part in parts if part)
        name = re.sub(r"[^\w\-]+", "_", plain, flags=re.ASCII).strip("_")[:LONGEST_NAME]
        unsafe = name != plain or not name or _RESERVED.fullmatch(name)
        digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
        name = f"{name or 'unnamed'}-{digest[:6]}" if unsafe or name.lower() in taken else name
        while name.lower() in taken:
            name += "-2"
        taken.add(name.lower())
        names.append(name)
    return names
