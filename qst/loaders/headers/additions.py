"""A user's own names, words and units: read from a file in the form of `names.toml`, checked, and added to ours."""

import copy
import math
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qst.errors import OptionError
from qst.formulas import NUMBER
from qst.loaders.files.text_table import LONGEST_HEADER
from qst.loaders.headers.columns import recognise
from qst.loaders.headers.options import LoadOptions
from qst.loaders.headers.parts import parse_measured_header, read_token
from qst.problems import shorten
from qst.protocol import BY_CODE
from qst.vocabulary.names import Vocabulary, normalise, normalise_unit, our_vocabulary, using, words
from qst.vocabulary.units import find_unit

IN_HEADERS = ("side", "area", "site", "stimulus")
"""Columns whose words may be part of a header, as in `HPT_left`; there, a word can have one meaning only."""

ADDABLE = ("columns", "parameters", "words", "missing", "device", "modality", "probe", "units")
"""Sections to which a file can add; the others belong to single readers."""

OPEN = ("site",)
"""Columns that may have words of the laboratory's own, since a reference set may have norms for them."""


def read_names(path: str | Path) -> Vocabulary:
    """Our names, words and units, and those of a file.

    Parameters
    ----------
    path : path
        TOML with any of the sections ``[columns]``, ``[parameters]``, ``[words.sex]`` (or another column with words),
        ``[missing]`` and ``[units.kPa]`` (or another unit of ours), each in the form of `names.toml`.

    Raises
    ------
    OptionError
        The file cannot be read, has an unknown section or key, or lists a spelling that already has another meaning.
        The text names the file and the key.

    Examples
    --------
    >>> vocabulary = read_names("examples/names.toml")
    >>> vocabulary.parameter_names["algometer"]
    'PPT'
    """
    path = Path(path)
    additions = _Additions(path.name)
    for section, content in _read(path).items():
        additions.add(section, content)
    return Vocabulary(additions.catalogue, path, additions.describe())


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise OptionError(f"there is no file {path}: check the name given to --names") from error
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{path.name} cannot be read: save it as a text file (UTF-8)") from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{path.name} is not a TOML file: {error}") from error


class _Additions:
    """Our catalogue, to which the sections of one file are added one by one."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.catalogue: dict[str, Any] = copy.deepcopy(dict(our_vocabulary().catalogue))
        self.given: dict[tuple[str, str], str] = {}
        self.added: list[str] = []

    def add(self, section: str, content: Any) -> None:
        """Add one section, after checking it."""
        if section not in ADDABLE:
            known = ", ".join(ADDABLE)
            raise OptionError(f"{self.file}: there is no section [{section}]: choose one of {known}")
        if not isinstance(content, dict):
            raise OptionError(f"{self.file}: {section} must be a section: write [{section}] above its keys")
        with using(our_vocabulary()):
            match section:
                case "columns" | "parameters" | "symptoms":
                    self._add_spellings(section, content, self._is_new_name)
                case "missing":
                    self._add_spellings(section, content, self._is_new_missing)
                case "device" | "modality" | "probe":
                    self._add_spellings(section, content, self._is_new_part)
                case "words":
                    self._add_words(content)
                case _:
                    self._add_units(content)

    def describe(self) -> str:
        """What was added, in words for the user."""
        return f"{self.file} adds {', '.join(self.added)}" if self.added else f"{self.file} adds nothing"

    def _add_words(self, content: dict[str, Any]) -> None:
        for column, section in content.items():
            if column not in self.catalogue["words"]:
                known = ", ".join(f"[words.{name}]" for name in self.catalogue["words"])
                raise OptionError(f"{self.file}: there is no section [words.{column}]: choose one of {known}")
            if not isinstance(section, dict):
                raise OptionError(f"{self.file}: words.{column} must be a section: write [words.{column}]")
            self._add_spellings(f"words.{column}", section, self._is_new_word, is_open=column in OPEN)

    def _add_spellings(
        self, section: str, content: dict[str, Any], is_new: Callable[[str, str, str], bool], *, is_open: bool = False
    ) -> None:
        """Add lists of spellings. `is_new` answers whether one is needed, and refuses one that means something else."""
        listed: dict[str, list[str]] = self._find(section)
        for key, spellings in content.items():
            if key not in listed and not is_open:
                raise self._refuse(section, key, f"there is no such key: choose one of {', '.join(listed)}")
            if not isinstance(spellings, list):
                raise self._refuse(section, key, f'its spellings must be a list: write {key} = ["…", "…"]')
            for spelling in spellings if key in listed else [key, *spellings]:
                self._check_text(section, key, spelling)
                if is_new(section, key, spelling) and self._is_first(section, key, normalise(spelling), spelling):
                    listed.setdefault(key, []).append(spelling)
                    self.added.append(f"{shorten(spelling)} as {'missing' if section == 'missing' else key}")

    def _find(self, section: str) -> dict[str, Any]:
        """A section of the catalogue."""
        found = self.catalogue
        for part in section.split("."):
            found = found[part]
        return found

    def _add_units(self, content: dict[str, Any]) -> None:
        for family, units in content.items():
            section = f"units.{family}"
            if family not in self.catalogue["units"]:
                known = ", ".join(f'[units."{name}"]' for name in self.catalogue["units"])
                raise OptionError(f"{self.file}: there is no section [{section}]: choose one of {known}")
            if not isinstance(units, dict):
                raise OptionError(f'{self.file}: {section} must be a section: write [units."{family}"]')
            for spelling, factor in units.items():
                self._check_text(section, spelling, spelling)
                self._check_factor(section, family, spelling, factor)
                if self._is_new_unit(section, family, spelling, factor):
                    self.catalogue["units"][family][spelling] = factor
                    meaning = factor if family == "foreign" else f"{factor:g} {family}"
                    self.added.append(f"{shorten(spelling)} as {meaning}")

    def _check_text(self, section: str, key: str, text: Any) -> None:
        if not isinstance(text, str) or not normalise(text):
            raise self._refuse(section, key, f"{text!r} is not a text that a file could contain: write it in quotes")
        if len(text) > LONGEST_HEADER:
            raise self._refuse(section, key, f"a spelling has more than {LONGEST_HEADER} characters: shorten it")

    def _check_factor(self, section: str, family: str, spelling: str, factor: Any) -> None:
        if family == "foreign":
            if not isinstance(factor, str) or not factor.strip():
                raise self._refuse(
                    section, spelling, 'describe in words what such a column contains, for example "a duration"'
                )
            return
        is_number = isinstance(factor, int | float) and not isinstance(factor, bool)
        if not is_number or not math.isfinite(factor) or factor <= 0:
            raise self._refuse(section, spelling, f"{factor!r} is not a factor to {family}: write a number above 0")
        if family == "°C" and factor != 1:
            reason = (
                "another temperature scale also has an offset, which a factor cannot express: only other names of °C"
            )
            raise self._refuse(section, spelling, f"{reason} can be added, with the factor 1")
        if ";" in spelling:
            raise self._refuse(section, spelling, "a unit cannot have a semicolon, which separates the notes of a row")

    def _is_new_unit(self, section: str, family: str, spelling: str, factor: Any) -> bool:
        role, word = read_token(normalise(spelling))
        if role is not None:
            raise self._refuse(section, spelling, f"'{spelling}' already means the {role} {word} in a header")
        ours = our_vocabulary()
        known = {kind: ours.units(kind).get(normalise_unit(spelling)) for kind in (family, "foreign")}
        if (same := known[family]) is not None:
            if same[1] != factor:
                raise self._refuse(section, spelling, f"'{same[0]}' is already {same[1]} {family}")
            return False
        if (foreign := known["foreign"]) is not None:
            raise self._refuse(section, spelling, f"'{foreign[0]}' already means {foreign[1]}")
        column = next((code for code in BY_CODE if find_unit(code, spelling) is not None), None)
        if family == "foreign" and column is not None:
            raise self._refuse(section, spelling, f"'{spelling}' is already a unit of {column}")
        return self._is_first(section, str(factor), normalise_unit(spelling), spelling)

    def _is_new_name(self, section: str, key: str, spelling: str) -> bool:
        role = recognise(0, spelling, LoadOptions()).role
        if role is not None and role != key:
            raise self._refuse(
                section, key, f"'{spelling}' already means {role}; for one file, use --map '{spelling}={key}'"
            )
        part = parse_measured_header(0, spelling) if role is None else None
        if part is not None:
            trial = {"trial": part.trial, "stimulus": part.stimulus}
            which = ", ".join(f"{name} {word}" for name, word in [*part.place, *trial.items()] if word)
            raise self._refuse(section, key, f"'{spelling}' already means {part.code} of {which}")
        return role is None

    def _is_new_word(self, section: str, key: str, spelling: str) -> bool:
        column = section.partition(".")[2]
        known = words(column).get(normalise(spelling))
        if known is not None and known != key:
            raise self._refuse(section, key, f"'{spelling}' already means {known}")
        for other in IN_HEADERS if column in IN_HEADERS and known is None else ():
            meaning = words(other).get(normalise(spelling))
            if meaning is not None:
                raise self._refuse(section, key, f"'{spelling}' already means the {other} {meaning} in a header")
        return known is None

    def _is_new_part(self, section: str, key: str, spelling: str) -> bool:
        known = {normalise(text): name for name, texts in our_vocabulary().catalogue[section].items() for text in texts}
        meaning = known.get(normalise(spelling))
        if meaning is not None and meaning != key:
            raise self._refuse(section, key, f"'{spelling}' already means {meaning}")
        return meaning is None

    def _is_new_missing(self, section: str, key: str, spelling: str) -> bool:
        is_number = NUMBER.fullmatch(spelling.strip()) is not None
        if key == "codes" and not is_number:
            raise self._refuse(section, key, f"'{spelling}' is not a number: put it under words")
        if key == "words" and is_number:
            raise self._refuse(section, key, f"'{spelling}' is a number: put it under codes")
        if key == "codes" and float(spelling) == 0:
            raise self._refuse(section, key, "0 is a value (no paradoxical heat sensation, no pain) and never a code")
        ours = our_vocabulary()
        return spelling not in ours.missing_codes and spelling.lower() not in ours.missing_words

    def _is_first(self, section: str, key: str, normalised: str, spelling: str) -> bool:
        """Whether the file lists a spelling for the first time; it may not give it two meanings."""
        kind = "names" if section in ("columns", "parameters", "symptoms") else section
        if kind.startswith("missing"):
            normalised = spelling  # '-9' and '9' are different codes
        place = (kind, normalised)
        if place in self.given:
            if self.given[place] != key:
                raise self._refuse(section, key, f"'{spelling}' is also listed under {self.given[place]}")
            return False
        self.given[place] = key
        return True

    def _refuse(self, section: str, key: str, reason: str) -> OptionError:
        return OptionError(f"{self.file}: [{section}] {key}: {reason}")
