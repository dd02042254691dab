"""Fields of a REDCap export: subject and visit, labels, units, choices, checkboxes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qst.arrays import Texts
from qst.loaders.formats.redcap.dictionary import Field
from qst.loaders.formats.redcap.export import CHECKBOX, EVENT, RECORD, Export
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.parts import parse_measured_header
from qst.problems import OnProblem, make_problem, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise
from qst.vocabulary.units import find_unit

CODED = ("visit", "sex", "site", "side", "area", "parameter", "stimulus", "keep")
"""Columns whose codes a dictionary may explain."""

_TICKED = ("1", "checked")


@dataclass(frozen=True, slots=True)
class _Box:
    """One box of a checkbox field: the position of its column, and its code or label."""

    position: int
    choice: str


def settle_identity(export: Export) -> None:
    """Choose one column for the subject and one for the visit; others of that meaning are carried through.

    The record id is the subject, as REDCap identifies rows by it; it is the first column, whatever its name. The event
    is the visit, unless all rows have the same event and another field holds the visit.
    """
    mapped = {normalise(text): role for text, role in export.options.columns.items()}
    subjects, visits = export.find_roles("subject"), export.find_roles("visit")
    if not subjects:
        first = shorten(export.header[0])
        export.understood.append(f"subject from the first column, {first}, where REDCap has the record")
        export.header[0] = RECORD[0]
        subjects = [0]
    chosen = [i for i in subjects if mapped.get(normalise(export.names[i])) == "subject"]
    chosen = chosen or [i for i in subjects if normalise(export.header[i]) in RECORD] or subjects[:1]
    _ignore_others(export, "subject", chosen[0], subjects)
    event = export.find_own(EVENT)
    others = [i for i in visits if i != event]
    if event in visits and others:
        chosen = [i for i in others if mapped.get(normalise(export.names[i])) == "visit"]
        several = len(set(export.cells(event)) - {""}) > 1
        _ignore_others(export, "visit", chosen[0] if chosen else event if several else others[0], [*others, event])


def _ignore_others(export: Export, role: str, chosen: int | None, positions: Sequence[int | None]) -> None:
    for position in positions:
        if position is not None and chosen is not None and position != chosen:
            export.ignored.append(export.header[position].strip())
            name = shorten(export.names[position])
            export.understood.append(f"{name} is carried through; the {role} is {export.names[chosen]!r}")


def name_fields(export: Export, on_problem: OnProblem) -> None:
    """Replace headers that are not recognised by their labels, and add the dictionary's unit to those without one."""
    for position, text in enumerate(export.names):
        entry = export.dictionary.find(text) if export.dictionary is not None else None
        stated = export.options.columns.keys() | {*export.options.ignore, *export.ignored}
        if text.strip() in stated or CHECKBOX.fullmatch(text.strip()):
            continue
        if export.role(position) is None and export.part(position) is None:
            label = _find_meaning(export, [text, *([entry.label] if entry else [])])
            if label is None:
                continue
            export.header[position] = label
            if label != text:
                export.understood.append(f"{shorten(text)} is read as {shorten(label)}, by its label")
        if entry is not None:
            _add_unit(export, position, entry, on_problem)


def _find_meaning(export: Export, texts: list[str]) -> str | None:
    """The first of these texts that names a column or parameter of ours, without its punctuation."""
    for text in texts:
        plain = " ".join(re.sub(r"[,:;?–—]+", " ", text).split())
        if recognise(0, plain, export.options).role is not None or parse_measured_header(0, plain) is not None:
            return plain
    return None


def _add_unit(export: Export, position: int, entry: Field, on_problem: OnProblem) -> None:
    """Add the dictionary's unit to a header without one; a problem if the header gives another unit."""
    column, part = recognise(position, export.header[position], export.options), export.part(position)
    code = part.code if part else str(column.role)
    unit = entry.find_unit(code) if code in (*BY_CODE, "age") else ""
    if not unit:
        return
    own = part.unit if part else column.unit.text if column.unit else ""
    if not own:
        export.header[position] = f"{export.header[position].strip()} [{unit}]"
        export.understood.append(f"{shorten(export.names[position])} is in {unit}, as the data dictionary says")
        return
    theirs, ours = find_unit(code, unit), find_unit(code, own)
    if theirs is not None and ours is not None and (theirs.factor, theirs.foreign) != (ours.factor, ours.foreign):
        where = export.locate(None, export.names[position])
        on_problem(make_problem("unit-contradiction", **where, own=own, unit=unit))


def read_choices(export: Export) -> None:
    """Replace codes of sex, site, side and the like by the labels that the dictionary has for them."""
    if export.dictionary is None:
        return
    for position, name in enumerate(export.names):
        role, entry = export.role(position), export.dictionary.find(name)
        if entry is None or role not in CODED or role in export.options.codes or not entry.choices:
            continue
        column = export.columns[position]
        if any(text.strip() in entry.choices for text in set(column)):
            export.columns[position] = np.array(
                [entry.choices.get(text.strip(), text) for text in column], dtype=object
            )
            listed = ", ".join(f"{code} is {label}" for code, label in entry.choices.items())
            export.understood.append(f"{shorten(name)}: {listed}, as the data dictionary says")


def read_checkboxes(export: Export, on_problem: OnProblem) -> None:
    """Make one column of the boxes for a site, a side or the like; boxes for a parameter are not used.

    A box that is not ticked may mean "no" as well as "not asked", so no value can be formed from it.
    """
    boxes: dict[str, list[_Box]] = {}
    for position, text in enumerate(export.names):
        if (match := CHECKBOX.fullmatch(text.strip())) and text.strip() not in export.options.ignore:
            box = _Box(position, match["code"] or match["choice"])
            boxes.setdefault(match["raw"] or match["label"], []).append(box)
    for stem, found in boxes.items():
        entry = export.dictionary.find(stem) if export.dictionary is not None else None
        meaning = _find_meaning(export, [stem, *([entry.label] if entry else [])])
        column = recognise(0, meaning or "", export.options)
        if column.role in CODED:
            export.ignored += [export.names[box.position].strip() for box in found]
            export.header.append(stem if meaning == stem else str(meaning))
            export.names.append(stem)
            export.columns.append(_join_boxes(export, stem, found, on_problem))
            export.understood.append(f"{column.role} from {len(found)} checkboxes {stem!r}")
        elif column.role in BY_CODE or (meaning and parse_measured_header(0, meaning)):
            export.ignored += [export.names[box.position].strip() for box in found]
            where = export.locate(None, export.names[found[0].position])
            details: dict[str, Any] = {"count": len(found), "field": shorten(stem)}
            on_problem(make_problem("checkboxes", "parameter", severity="warning", **where, **details))


def _join_boxes(export: Export, stem: str, boxes: Sequence[_Box], on_problem: OnProblem) -> Texts:
    """The choice of the one box that is ticked; empty if none is, and with a problem if several are."""
    ticked = np.array([[text.strip().lower() in _TICKED for text in export.columns[box.position]] for box in boxes])
    choices = np.array([_find_choice(box.choice, export, stem) for box in boxes], dtype=object)
    joined = np.full(len(export.rows), "", dtype=object)
    one = ticked.sum(axis=0) == 1
    joined[one] = choices[ticked[:, one].argmax(axis=0)]
    for index in np.flatnonzero(ticked.sum(axis=0) > 1):
        listed = " and ".join(choices[ticked[:, index]])
        where = export.locate(int(index), stem, listed)
        details: dict[str, Any] = {"field": shorten(stem), "choices": listed}
        on_problem(make_problem("checkboxes", "several", severity="error", **where, **details))
    return joined


def _find_choice(choice: str, export: Export, stem: str) -> str:
    """The label of a box: from the dictionary, whose codes an export has in lower case and with `_` for `-`."""
    entry = export.dictionary.find(stem) if export.dictionary is not None else None
    for known, label in entry.choices.items() if entry is not None else ():
        if known.lower().replace("-", "_") == choice.lower():
            return label
    return choice
