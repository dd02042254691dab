"""The catalogues of the pages: both languages have each text, and each text is used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes
from matplotlib.colors import to_hex
from paths import ROOT

from qst.inference.criteria import load_criteria
from qst.inference.findings import LOGA_GROUPS
from qst.inference.knowledge_base import load_mechanisms
from qst.inference.mechanisms import STATUSES
from qst.language import LANGUAGES, walk
from qst.norms.reference_sets import load_reference
from qst.notes import NOTES
from qst.plots.heatmap import LOSS_TO_GAIN
from qst.protocol import CODES, PARAMETERS
from qst.report.page_language import load_page_language
from qst.tables import (
    AREAS,
    DISCLAIMER,
    GAIN,
    HEALTHY,
    LIMIT,
    LOSS,
    NO,
    NORMAL,
    NPSI_COLUMNS,
    PHENOTYPES,
    SEXES,
    SIDES,
    YES,
)

REPORT = ROOT / "qst" / "report"
TEMPLATES = sorted((REPORT / "templates").glob("*.html"))
ONLY_GERMAN = ("notes.", "known.")


def test_the_languages_have_the_same_texts() -> None:
    english, german = (dict(walk(load_page_language(language).texts)) for language in LANGUAGES)
    assert {key for key in german if not key.startswith(ONLY_GERMAN)} == english.keys()
    gaps = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert gaps == {key: set(re.findall(r"\{\w+\}", german[key])) for key in english}
    assert set(load_page_language("de").texts["notes"]) == set(NOTES)
    assert all(load_page_language(language).texts["disclaimer"] for language in LANGUAGES)
    assert load_page_language("en").texts["disclaimer"] == DISCLAIMER


def test_what_is_shipped_of_mechanisms_and_criteria_has_german_words() -> None:
    base, words = load_mechanisms(), load_page_language("de")
    shipped = {mechanism.name for mechanism in (*base.mechanisms, *base.never)}
    for criterion in load_criteria().criteria.values():
        shipped |= {criterion.title, criterion.says, criterion.says_not}
    assert shipped == set(words.texts["known"])
    assert load_page_language("en").known("wind-up") == "wind-up"


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_are_those_of_the_tables(language: str) -> None:
    assert {kind: set(words) for kind, words in load_page_language(language).texts["words"].items()} == {
        "sex": set(SEXES),
        "site": set(load_reference("magerl2010").sites),
        "side": set(SIDES),
        "area": set(AREAS),
        "area_name": set(AREAS),
        "area_short": set(AREAS),
        "finding": {GAIN, LOSS, NORMAL, LIMIT},
        "answer": {YES, NO},
        "parameter": set(CODES),
        "unit": {parameter.unit for parameter in PARAMETERS},
        "loga": set(LOGA_GROUPS),
        "phenotype": {*PHENOTYPES, HEALTHY},
        "status": set(STATUSES),
        "npsi": set(NPSI_COLUMNS),
    }


def read_template(path: Path) -> nodes.Template:
    environment = jinja2.Environment()
    text = path.read_text(encoding="utf-8")
    for name in set(re.findall(r"\|\s*(\w+)", text)):
        environment.filters.setdefault(name, str)
    return environment.parse(text)


def find_used(path: Path) -> Iterator[str]:
    """Keys that a template takes out of the catalogue, `t.subject.title`; of `t.subject[name]` only the section."""
    for node in read_template(path).find_all((nodes.Getattr, nodes.Getitem)):
        parts: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr | nodes.Getitem):
            known = inner.attr if isinstance(inner, nodes.Getattr) else getattr(inner.arg, "value", None)
            parts = [known, *parts] if isinstance(known, str) else []
            inner = inner.node
        if isinstance(inner, nodes.Name) and inner.name == "t":
            yield ".".join(parts).removesuffix(".items")


def test_each_text_of_the_pages_is_used_and_there() -> None:
    """By a template, or by its name within the program; what the tables name is looked up by `word`."""
    used = {key for path in TEMPLATES for key in find_used(path)}
    named = {
        node.value
        for path in (*REPORT.glob("*.py"), ROOT / "qst" / "workflows" / "report.py", ROOT / "qst" / "language.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    texts = {key for key, _ in walk(load_page_language("en").texts) if not key.startswith(("words.", *ONLY_GERMAN))}
    assert len(used & texts) > 80
    assert {key for key in texts - used if not {key, key.rpartition(".")[2]} & named} == set()
    assert {key for key in used if not any(text == key or text.startswith(f"{key}.") for text in texts)} == set()


def test_gain_and_loss_have_the_colours_that_they_have_in_figures() -> None:
    style = (REPORT / "templates" / "style.css").read_text(encoding="utf-8")
    ends = {"gain": to_hex(LOSS_TO_GAIN(1.0)), "loss": to_hex(LOSS_TO_GAIN(0.0))}
    assert dict(re.findall(r"--(gain|loss): (#\w{6});", style)) == ends


def test_each_class_of_the_style_sheet_is_used() -> None:
    rules = re.sub(r"\{[^{}]*\}", " ", (REPORT / "templates" / "style.css").read_text(encoding="utf-8"))
    styled = set(re.findall(r"[.#]([a-z][\w-]*)", rules))
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    given = re.findall(r'(?:class|id)="((?:\{\{.*?\}\}|[^"{])*)"', text)
    used = {word for names in given for word in re.findall(r"[\w-]+", names)}
    assert len(styled) > 20
    assert styled - used == {GAIN, LOSS, LIMIT}  # the classes of findings are their words
