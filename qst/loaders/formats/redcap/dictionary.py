"""REDCap's data dictionary: a file next to an export that describes its fields and holds no measurements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qst.errors import InputError
from qst.loaders.files.find import open_tables
from qst.loaders.files.text_table import HEADER_AMONG, TEXT_ENDINGS, TextTable
from qst.loaders.formats.format import Format
from qst.loaders.headers.options import LoadOptions
from qst.problems import OnProblem
from qst.vocabulary.headers import parse_header
from qst.vocabulary.names import normalise
from qst.vocabulary.units import find_unit

# Headers as the online designer writes them, and as the programming interface does; normalised.
_NAME = ("variable_/_field_name", "field_name")

_FORM = ("form_name",)

_TYPE = ("field_type",)

_LABEL = ("field_label",)

_CHOICES = ("choices,_calculations,_or_slider_labels", "select_choices_or_calculations")

_NOTE = ("field_note",)

_WITH_CHOICES = ("radio", "dropdown", "checkbox")

_FIXED_CHOICES = {"yesno": {"1": "yes", "0": "no"}, "truefalse": {"1": "true", "0": "false"}}

_TAG = re.compile(r"<[^>]*>")

_UNIT_NOTE = re.compile(r"(?:in|unit|units|einheit|unité)?[\s:=]*(\S.*?)[\s.]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a project, as its dictionary describes it.

    Attributes
    ----------
    name, form, label, note : str
        `label` is without markup.
    choices : mapping of str to str
        Code to label.
    """

    name: str
    form: str = ""
    label: str = ""
    note: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def find_unit(self, code: str) -> str:
        """The unit that label or note give for a parameter, as written; empty if they give none."""
        unit = parse_header(self.label)[1]
        if unit is not None and find_unit(code, unit) is not None:
            return unit
        noted = _UNIT_NOTE.fullmatch(self.note.strip())
        return noted[1] if noted and find_unit(code, noted[1]) is not None else ""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A data dictionary: its file, and its fields by normalised name and by normalised label."""

    file: str
    fields: Mapping[str, Field]

    def find(self, header: str) -> Field | None:
        """The field of a header, which is its name, or its label if labels were exported."""
        return self.fields.get(normalise(header))


def is_dictionary(table: TextTable) -> bool:
    """Whether a table has the header of a data dictionary."""
    return any(_find_columns(row) is not None for row in table.preview[:HEADER_AMONG])


def find_dictionary(path: Path | None, header: Sequence[str]) -> tuple[Dictionary | None, list[str]]:
    """The dictionary next to an export that knows most of its fields, and lines for the user.

    If two know equally many, none is used.
    """
    found: list[tuple[int, Dictionary]] = []
    for other in sorted(path.parent.iterdir()) if path is not None else ():
        if other != path and other.suffix.lower() in TEXT_ENDINGS and _looks_like_dictionary(other):
            try:
                dictionary = read_dictionary(open_tables(other)[0])
            except InputError:
                continue  # reported when that file itself is read
            known = sum(dictionary.find(text) is not None for text in header)
            found += [(known, dictionary)] if known else []
    most = max((known for known, _ in found), default=0)
    best = [dictionary for known, dictionary in found if known == most]
    if len(best) == 1:
        return best[0], [f"labels, units and choices from the data dictionary {best[0].file}"]
    if best:
        return None, [f"no data dictionary was used, as several fit: {', '.join(one.file for one in best)}"]
    return None, []


def _looks_like_dictionary(path: Path) -> bool:
    """Whether a file begins like a dictionary; only its first bytes are read, as a folder may hold many files."""
    with path.open("rb") as file:
        head = normalise(file.read(400).decode("utf-8", "replace").replace("\x00", ""))
    return "form_name" in head and any(name in head for name in _NAME)


def read_dictionary(table: TextTable) -> Dictionary:
    """The fields of a dictionary. Labels that several fields have are not used."""
    fields: list[Field] = []
    columns: dict[str, int] | None = None
    for _, cells in table.read_rows(lambda _: None):
        if columns is None:
            columns = _find_columns(cells)
            continue
        entry = {key: cells[place].strip() if place < len(cells) else "" for key, place in columns.items()}
        kind = entry.get("type", "").lower()
        choices = _read_choices(entry.get("choices", "")) if kind in _WITH_CHOICES else _FIXED_CHOICES.get(kind, {})
        label = " ".join(_TAG.sub(" ", entry.get("label", "")).split())
        fields.append(Field(entry["name"], entry["form"], label, entry.get("note", ""), choices))
    labels = [normalise(one.label) for one in fields]
    known = {text: one for text, one in zip(labels, fields, strict=True) if text and labels.count(text) == 1}
    return Dictionary(table.file, known | {normalise(one.name): one for one in fields if one.name})


def _find_columns(header: Sequence[str]) -> dict[str, int] | None:
    """Positions of a dictionary's columns; None if this is not a dictionary's header."""
    places = {normalise(text): position for position, text in enumerate(header)}
    wanted = {"name": _NAME, "form": _FORM, "type": _TYPE, "label": _LABEL, "choices": _CHOICES, "note": _NOTE}
    found = {key: places[name] for key, names in wanted.items() for name in names if name in places}
    return found if {"name", "form", "type"} <= set(found) else None


def _read_choices(text: str) -> dict[str, str]:
    """Choices written as `1, female | 2, male`: code to label.

    >>> _read_choices("1, female | 2, male")
    {'1': 'female', '2': 'male'}
    """
    pairs = (choice.partition(",") for choice in text.split("|"))
    return {code.strip(): label.strip() for code, comma, label in pairs if comma and code.strip()}


def _recognise(tables: Sequence[TextTable]) -> str | None:
    return "by its headers" if is_dictionary(tables[0]) else None


def _arrange(tables: Sequence[TextTable], options: LoadOptions, on_problem: OnProblem) -> list[TextTable]:
    return []


FORMAT = Format(
    name="redcap-dictionary",
    title="a REDCap data dictionary: no measurements; labels, units and choices for the exports next to it",
    needs="",
    basis="seen",
    recognise=_recognise,
    arrange=_arrange,
)
