"""Double data entry in a REDCap export: two fields, or two copies of a record. Where they differ, none is believed."""

import re
from collections.abc import Mapping

import numpy as np

from qst.arrays import Bools, Texts
from qst.loaders.formats.redcap.export import COMPLETE, EVENT, INSTANCE, INSTRUMENT, PLUMBING, Export
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.vocabulary.names import normalise

RIVALS: Mapping[str, tuple[str, ...]] = {"1": ("2",), "_d": ("_g",), "r": ("l",)}
"""Endings of a second entry, each with the endings that show that it is none: `cdt1` beside `cdt2` is a trial, `hptr`
beside `hptl` and, in French, `hpt_d` beside `hpt_g` are sides."""

ALIKE = 0.5
"""Two fields are two entries of one thing where at least this share of their pairs agree (ours): typing errors are
rare, and two measurements seldom agree to the last digit."""

COPY = re.compile(r"(.+)--([12])")
"""REDCap's own double data entry names the copies of record 7 `7--1` and `7--2`."""


def compare_fields(export: Export, on_problem: OnProblem) -> None:
    """Find second entries (`hpt` with `hpt1`, `hpt_d` or `hptr`), compare them, and carry them through.

    A field is a second entry where its name is that of a field we read with one of the endings `RIVALS`, no rival
    stands beside it (`hpt2`; and `hpt10` beside `hpt1` and `hpt11`), and at least half of the pairs agree. A
    difference is an error, and the value is not used. What only one of the two has is used, with a warning where the
    second entry of the row was begun.
    """
    names = {name.strip().casefold(): position for position, name in enumerate(export.names)}
    pairs = [
        (names[stem], position)
        for name, position in names.items()
        if (stem := _find_stem(name, names)) is not None and _is_read(export, names[stem])
    ]
    pairs = [pair for pair in pairs if _are_alike(export, *pair, on_problem)]
    if not pairs:
        return
    begun = export.filled([second for _, second in pairs])
    for first, second in pairs:
        export.ignored.append(export.header[second].strip())
        _compare(export, first, second, begun, on_problem)
    told = ", ".join(f"{export.names[second]} of {export.names[first]}" for first, second in pairs)
    export.told.append(f"second entries, compared and carried through: {told}; {int(begun.sum())} rows have one")


def _find_stem(name: str, names: Mapping[str, int]) -> str | None:
    """The field that a name is a second entry of, judged by names alone."""
    for ending, rivals in RIVALS.items():
        stem = name.removesuffix(ending)
        if stem == name or stem not in names or any(stem + rival in names for rival in rivals):
            continue
        counts_on = stem[-1:].isdigit() and f"{stem}0" in names
        return None if counts_on else stem
    return None


def _is_read(export: Export, position: int) -> bool:
    role = export.role(position)
    return (role is not None and role not in ("subject", "visit")) or export.part(position) is not None


def _are_alike(export: Export, first: int, second: int, on_problem: OnProblem) -> bool:
    """Whether enough pairs agree; if not, that is said where nothing else would be."""
    ours, theirs = export.cells(first), export.cells(second)
    both = (ours != "") & (theirs != "")
    agree = int(_agree(ours, theirs)[both].sum())
    if agree >= ALIKE * int(both.sum()):
        return True
    if export.part(second) is None and export.role(second) is None:
        message = (
            f"has the name of a second entry of {shorten(export.names[first])}, but only {agree} of {int(both.sum())} "
            "values agree; it is carried through and not compared: rename it if it is another thing"
        )
        place = export.header_row, export.names[second]
        on_problem(Problem("warning", "double-entry-unclear", message, export.table.file, *place))
    return False


def _agree(ours: Texts, theirs: Texts) -> Bools:
    """Where two texts are the same, or the same number."""
    plain = [np.array([_plain(text) for text in texts], dtype=object) for texts in (ours, theirs)]
    return np.asarray(plain[0] == plain[1], dtype=bool)


def _plain(text: str) -> str:
    try:
        return repr(float(text.replace(",", ".")))
    except ValueError:
        return text.strip().casefold()


def _compare(export: Export, first: int, second: int, begun: Bools, on_problem: OnProblem) -> None:
    ours, theirs = export.cells(first), export.cells(second)
    names = export.names[first], export.names[second]
    differ = (ours != "") & (theirs != "") & ~_agree(ours, theirs)
    for place in np.flatnonzero(differ):
        told = f"{names[0]} is {shorten(ours[place])} and {names[1]}, its second entry, is {shorten(theirs[place])}"
        _tell_difference(export, int(place), told, names[0], f"{ours[place]} / {theirs[place]}", on_problem)
    for place in np.flatnonzero(begun & ((ours == "") != (theirs == ""))):
        given, empty = names if theirs[place] == "" else names[::-1]
        value = ours[place] or theirs[place]
        message = f"{given} is {shorten(value)} and {empty}, its other entry, is empty; the value is used: enter both"
        row = int(export.rows[place])
        on_problem(Problem("warning", "double-entry-missing", message, export.table.file, row, given, cut_text(value)))
    export.columns[first] = np.where(differ, "", np.where(ours == "", theirs, export.columns[first])).astype(object)


def _tell_difference(export: Export, place: int, told: str, column: str, values: str, on_problem: OnProblem) -> None:
    message = f"{told}; the value is not used: see the record and correct the wrong one"
    row = int(export.rows[place])
    on_problem(Problem("error", "double-entry", message, export.table.file, row, column, cut_text(values)))


def compare_copies(export: Export, on_problem: OnProblem) -> None:
    """Bring the copies `7--1` and `7--2` of a record together.

    Where the merged record `7` is there too, the copies are left out. Else they are compared row by row and field by
    field, and become the record `7`. A copy without another stays as it is.
    """
    subject = export.find_roles("subject")[0]
    named = export.cells(subject)
    found = [COPY.fullmatch(text) for text in named]
    base = np.array([copy[1] if copy else text for copy, text in zip(found, named, strict=True)], dtype=object)
    number = np.array([copy[2] if copy else "" for copy in found], dtype=object)
    if not (number != "").any():
        return
    merged = set(base[number == ""])
    superseded = (number != "") & np.isin(base.astype(str), list(merged))
    both = set(base[number == "1"]) & set(base[number == "2"]) - merged
    keys = list(zip(base, *(export.cells(export.find_own(own)) for own in (EVENT, INSTRUMENT, INSTANCE)), strict=True))
    firsts = {keys[i]: i for i in np.flatnonzero(number == "1")}
    kept = ~superseded
    compared = [
        position
        for position, name in enumerate(export.names)
        if position != subject and normalise(name) not in PLUMBING and not COMPLETE.fullmatch(normalise(name))
    ]
    read = [position for position in compared if _is_read(export, position)]
    for place in np.flatnonzero((number == "2") & ~superseded):
        first = firsts.get(keys[place])
        if base[place] in both and first is not None:
            kept[place] = False
            _compare_rows(export, int(first), int(place), read, on_problem)
    together = np.isin(base.astype(str), list(both))
    export.columns[subject] = np.where(together, base, export.columns[subject]).astype(object)
    if superseded.any():
        export.told.append(
            f"{int(superseded.sum())} rows are copies of double entry whose merged record stands beside them; left out"
        )
    if both:
        export.told.append(f"{len(both)} records were entered twice (--1, --2); the two were compared and made one")
    export.select(kept)


def _compare_rows(export: Export, first: int, second: int, positions: list[int], on_problem: OnProblem) -> None:
    """Compare two rows; what differs is not used, what one of them lacks is taken from the other."""
    for position in positions:
        column, name = export.columns[position], export.names[position]
        ours, theirs = column[first].strip(), column[second].strip()
        if ours and theirs and _plain(ours) != _plain(theirs):
            where = f"in row {int(export.rows[second])}, its second entry,"
            told = f"{name} is {shorten(ours)}, and {where} {name} is {shorten(theirs)}"
            _tell_difference(export, first, told, name, f"{ours} / {theirs}", on_problem)
            column[first] = ""
        elif not ours:
            column[first] = column[second]
