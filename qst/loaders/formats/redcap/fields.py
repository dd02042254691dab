"""Fields of a REDCap export: subject and visit, labels, units, choices, checkboxes."""

import re
from collections.abc import Sequence

import numpy as np

from qst.loaders.formats.redcap.dictionary import Field
from qst.loaders.formats.redcap.export import CHECKBOX, EVENT, RECORD, Export
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.parts import parse_measured_header
from qst.problems import OnProblem, Problem, cut_text, shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import normalise
from qst.vocabulary.units import find_unit

CODED = ("visit", "sex", "site", "side", "area", "parameter", "stimulus", "keep")

_TICKED = ("1", "checked")


def settle_identity(export: Export) -> None:
    """One column for the subject, one for the visit; others that mean the same are carried through, and that is said.

    The record id is the subject, for REDCap ties rows together by it; it stands in the first column, whatever its
    name. The event is the visit, unless all rows have the same one and another field says more.
    """
    mapped = {normalise(text): role for text, role in export.options.columns.items()}
    subjects, visits = export.find_roles("subject"), export.find_roles("visit")
    if not subjects:
        export.told.append(f"subject from the first column, {shorten(export.header[0])}, where REDCap has the record")
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
            told = f"{shorten(export.names[position])} is carried through; the {role} is {export.names[chosen]!r}"
            export.told.append(told)


def name_fields(export: Export, on_problem: OnProblem) -> None:
    """Give headers that say nothing the label that does, and those without a unit the unit of the dictionary."""
    for position, text in enumerate(export.names):
        entry = export.dictionary.find(text) if export.dictionary is not None else None
        said = export.options.columns.keys() | {*export.options.ignore, *export.ignored}
        if text.strip() in said or CHECKBOX.fullmatch(text.strip()):
            continue
        if export.role(position) is None and export.part(position) is None:
            label = _find_meaning(export, [text, *([entry.label] if entry else [])])
            if label is None:
                continue
            export.header[position] = label
            if label != text:
                export.told.append(f"{shorten(text)} is read as {shorten(label)}, by its label")
        if entry is not None:
            _add_unit(export, position, entry, on_problem)


def _find_meaning(export: Export, texts: list[str]) -> str | None:
    """The first of some texts that names something of ours, without its punctuation."""
    for text in texts:
        plain = " ".join(re.sub(r"[,:;?–—]+", " ", text).split())
        if recognise(0, plain, export.options).role is not None or parse_measured_header(0, plain) is not None:
            return plain
    return None


def _add_unit(export: Export, position: int, entry: Field, on_problem: OnProblem) -> None:
    column, part = recognise(position, export.header[position], export.options), export.part(position)
    code = part.code if part else str(column.role)
    unit = entry.find_unit(code) if code in (*BY_CODE, "age") else ""
    if not unit:
        return
    own = part.unit if part else column.unit.text if column.unit else ""
    if not own:
        export.header[position] = f"{export.header[position].strip()} [{unit}]"
        export.told.append(f"{shorten(export.names[position])} is in {unit}, as the data dictionary says")
        return
    theirs, ours = find_unit(code, unit), find_unit(code, own)
    if theirs is not None and ours is not None and (theirs.factor, theirs.foreign) != (ours.factor, ours.foreign):
        message = f"the header says {own}, the data dictionary {unit}; the header's was taken: correct one of them"
        name = export.names[position]
        on_problem(Problem("warning", "unit-contradiction", message, export.table.file, export.header_row, name))


def read_choices(export: Export) -> None:
    """Replace codes of sex, site, side and the like by the labels that the dictionary has for them."""
    if export.dictionary is None:
        return
    for position, text in enumerate(export.names):
        role, entry = export.role(position), export.dictionary.find(text)
        if entry is None or role not in CODED or role in export.options.codes or not entry.choices:
            continue
        column = export.columns[position]
        if any(text.strip() in entry.choices for text in set(column)):
            export.columns[position] = np.array(
                [entry.choices.get(text.strip(), text) for text in column], dtype=object
            )
            told = ", ".join(f"{code} is {label}" for code, label in entry.choices.items())
            export.told.append(f"{shorten(text)}: {told}, as the data dictionary says")


def read_checkboxes(export: Export, on_problem: OnProblem) -> None:
    """Make one column of the boxes for a site, a side or the like; those of a parameter are not used.

    A box that is not ticked may mean "no" as well as "not asked", so no value can be formed from it.
    """
    boxes: dict[str, list[tuple[int, str]]] = {}
    for position, text in enumerate(export.names):
        if (box := CHECKBOX.fullmatch(text.strip())) and text.strip() not in export.options.ignore:
            boxes.setdefault(box["raw"] or box["label"], []).append((position, box["code"] or box["choice"]))
    for stem, found in boxes.items():
        entry = export.dictionary.find(stem) if export.dictionary is not None else None
        meaning = _find_meaning(export, [stem, *([entry.label] if entry else [])])
        column = recognise(0, meaning or "", export.options)
        if column.role in CODED:
            export.ignored += [export.names[position].strip() for position, _ in found]
            export.header.append(stem if meaning == stem else str(meaning))
            export.names.append(stem)
            export.columns.append(_join_boxes(export, stem, found, on_problem))
            export.told.append(f"{column.role} from {len(found)} checkboxes {stem!r}")
        elif column.role in BY_CODE or (meaning and parse_measured_header(0, meaning)):
            export.ignored += [export.names[position].strip() for position, _ in found]
            message = (
                f"{len(found)} checkboxes {shorten(stem)} are carried through: an empty box may mean 'no' or 'not "
                "measured', so no value can be read from it; export a field with the value"
            )
            place = export.header_row, export.names[found[0][0]]
            on_problem(Problem("warning", "checkboxes", message, export.table.file, *place))


def _join_boxes(
    export: Export, stem: str, found: list[tuple[int, str]], on_problem: OnProblem
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """The code of the one box that is ticked; empty where none is, and with a problem where several are."""
    ticked = np.array([[text.strip().lower() in _TICKED for text in export.columns[i]] for i, _ in found])
    codes = np.array([_find_code(code, export, stem) for _, code in found], dtype=object)
    joined = np.full(len(export.rows), "", dtype=object)
    one = ticked.sum(axis=0) == 1
    joined[one] = codes[ticked[:, one].argmax(axis=0)]
    for place in np.flatnonzero(ticked.sum(axis=0) > 1):
        told = " and ".join(codes[ticked[:, place]])
        message = f"{shorten(stem)} has {told} ticked, and a row can be of one only; none is used: correct it"
        row = int(export.rows[place])
        on_problem(Problem("error", "checkboxes", message, export.table.file, row, stem, cut_text(told)))
    return joined


def _find_code(code: str, export: Export, stem: str) -> str:
    """The label of a box: from the dictionary, whose codes an export writes in lower case and with `_` for `-`."""
    entry = export.dictionary.find(stem) if export.dictionary is not None else None
    for known, label in entry.choices.items() if entry is not None else ():
        if known.lower().replace("-", "_") == code.lower():
            return label
    return code
