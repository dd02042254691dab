"""Double data entry in a REDCap export: two fields, or two copies of a record. Where they differ, neither is used."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qst.arrays import Bools, Texts
from qst.loaders.formats.redcap.export import COMPLETE, EVENT, INSTANCE, INSTRUMENT, OWN_COLUMNS, Export
from qst.problems import OnProblem, make_problem, shorten
from qst.vocabulary.names import normalise

RIVALS: Mapping[str, tuple[str, ...]] = {"1": ("2",), "_d": ("_g",), "r": ("l",)}
"""Endings of a second entry, each with the endings that show that it is not one: `cdt1` next to `cdt2` is a trial;
`hptr` next to `hptl` and, in French, `hpt_d` next to `hpt_g` are sides."""

AGREEING_SHARE = 0.5
"""Two fields are two entries of the same thing if at least this share of their pairs agree (ours): typing errors are
rare, and two measurements seldom agree to the last digit."""

COPY = re.compile(r"(.+)--([12])")
"""REDCap's own double data entry names the copies of record 7 `7--1` and `7--2`."""


def compare_fields(export: Export, on_problem: OnProblem) -> None:
    """Find second entries (`hpt` with `hpt1`, `hpt_d` or `hptr`), compare them, and carry them through.

    A field is a second entry if its name is that of a field we read with one of the endings in `RIVALS`, there is no
    rival next to it (`hpt2`; also `hpt10`, which shows that `hpt11` is a trial), and at least half of the pairs agree.
    A difference is an error, and the value is not used. A value that only one of the two has is used, with a warning
    if any second entry was made in the row.
    """
    names = {name.strip().casefold(): position for position, name in enumerate(export.names)}
    pairs = [
        (names[stem], position)
        for name, position in names.items()
        if (stem := _find_stem(name, names)) is not None and _is_read(export, names[stem])
    ]
    pairs = [pair for pair in pairs if _do_most_agree(export, *pair, on_problem)]
    if not pairs:
        return
    begun = export.filled([second for _, second in pairs])
    for first, second in pairs:
        export.ignored.append(export.header[second].strip())
        _compare_columns(export, first, second, begun, on_problem)
    listed = ", ".join(f"{export.names[second]} of {export.names[first]}" for first, second in pairs)
    export.understood.append(
        f"second entries, compared and carried through: {listed}; {int(begun.sum())} rows have one"
    )


def _find_stem(name: str, names: Mapping[str, int]) -> str | None:
    """The field that a name is a second entry of, judged by names alone."""
    for ending, rivals in RIVALS.items():
        stem = name.removesuffix(ending)
        if stem == name or stem not in names or any(stem + rival in names for rival in rivals):
            continue
        is_trial = stem[-1:].isdigit() and f"{stem}0" in names
        return None if is_trial else stem
    return None


def _is_read(export: Export, position: int) -> bool:
    role = export.role(position)
    return (role is not None and role not in ("subject", "visit")) or export.part(position) is not None


def _do_most_agree(export: Export, first: int, second: int, on_problem: OnProblem) -> bool:
    """Whether enough pairs agree; if not, a problem unless another step will report the second field."""
    ours, theirs = export.cells(first), export.cells(second)
    both = (ours != "") & (theirs != "")
    agree = int(_agree(ours, theirs)[both].sum())
    if agree >= AGREEING_SHARE * int(both.sum()):
        return True
    if export.part(second) is None and export.role(second) is None:
        where = export.locate(None, export.names[second])
        name, pairs = shorten(export.names[first]), int(both.sum())
        on_problem(make_problem("double-entry-unclear", **where, first=name, agree=agree, pairs=pairs))
    return False


def _agree(ours: Texts, theirs: Texts) -> Bools:
    """Where two texts are the same, or the same number."""
    plain = [np.array([_plain(text) for text in texts], dtype=object) for texts in (ours, theirs)]
    return np.asarray(plain[0] == plain[1], dtype=bool)


def _plain(text: str) -> str:
    """A text that is the same for all spellings of a number."""
    try:
        return repr(float(text.replace(",", ".")))
    except ValueError:
        return text.strip().casefold()


def _compare_columns(export: Export, first: int, second: int, begun: Bools, on_problem: OnProblem) -> None:
    """Compare two fields; a value that differs is not used, one that the first lacks is taken from the second."""
    ours, theirs = export.cells(first), export.cells(second)
    names = export.names[first], export.names[second]
    differ = (ours != "") & (theirs != "") & ~_agree(ours, theirs)
    for index in np.flatnonzero(differ):
        where = export.locate(int(index), names[0], f"{ours[index]} / {theirs[index]}")
        both: dict[str, Any] = {"ours": shorten(ours[index]), "theirs": shorten(theirs[index])}
        on_problem(make_problem("double-entry", "fields", **where, **both, second=names[1]))
    for index in np.flatnonzero(begun & ((ours == "") != (theirs == ""))):
        given, empty = names if theirs[index] == "" else names[::-1]
        where = export.locate(int(index), given, ours[index] or theirs[index])
        on_problem(make_problem("double-entry-missing", **where, empty=empty))
    export.columns[first] = np.where(differ, "", np.where(ours == "", theirs, export.columns[first])).astype(object)


def compare_copies(export: Export, on_problem: OnProblem) -> None:
    """Join the copies `7--1` and `7--2` of a record.

    If the merged record `7` is there too, the copies are left out. Otherwise they are compared row by row and field by
    field, and become the record `7`. A copy without the other one stays as it is.
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
        if position != subject and normalise(name) not in OWN_COLUMNS and not COMPLETE.fullmatch(normalise(name))
    ]
    read = [position for position in compared if _is_read(export, position)]
    for second in np.flatnonzero((number == "2") & ~superseded):
        first = firsts.get(keys[second])
        if base[second] in both and first is not None:
            kept[second] = False
            _compare_rows(export, int(first), int(second), read, on_problem)
    joined = np.isin(base.astype(str), list(both))
    export.columns[subject] = np.where(joined, base, export.columns[subject]).astype(object)
    if superseded.any():
        export.understood.append(
            f"{int(superseded.sum())} rows are copies of double entry; they were left out, as their merged record is "
            "there too"
        )
    if both:
        export.understood.append(
            f"{len(both)} records were entered twice (--1, --2); the two entries were compared and made one"
        )
    export.select(kept)


def _compare_rows(export: Export, first: int, second: int, positions: Sequence[int], on_problem: OnProblem) -> None:
    """Compare two rows; a value that differs is not used, one that the first lacks is taken from the second."""
    for position in positions:
        column, name = export.columns[position], export.names[position]
        ours, theirs = column[first].strip(), column[second].strip()
        if ours and theirs and _plain(ours) != _plain(theirs):
            where = export.locate(first, name, f"{ours} / {theirs}")
            both: dict[str, Any] = {"ours": shorten(ours), "theirs": shorten(theirs)}
            on_problem(make_problem("double-entry", "copies", **where, **both, second_row=export.rows[second]))
            column[first] = ""
        elif not ours:
            column[first] = column[second]
