"""Pages from data, by the templates beside this file. Every text is escaped, and a page loads nothing."""

import base64
import hashlib
import re
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup, escape

from qst import __version__
from qst.plots.canvas import shorten
from qst.report import subject as forms
from qst.report.page_language import PageLanguage, load_page_language

Page = dict[str, Any]

LONGEST_RUNNING = 60
"""Letters of a label that have room at the foot of a printed page (ours)."""


def render_subject(page: Page, language: PageLanguage) -> str:
    """The page of `qst.report.subject.form_subject` as HTML."""
    return _render("subject.html", page, language, script="")


def render_cohort(page: Page, language: PageLanguage) -> str:
    """The page of `qst.report.cohort.form_cohort` as HTML, with the one script that sorts and filters its table."""
    return _render("cohort.html", page, language, script=_read("cohort.js"))


def escape_css(text: str) -> str:
    """A text for a string in a style sheet: all but plain letters and digits as code points.

    >>> escape_css('S1</style>')
    'S1\\\\00003c \\\\00002f style\\\\00003e '
    """
    return re.sub(r"[^A-Za-z0-9]", lambda match: f"\\{ord(match[0]):06x} ", text)


def mark_known(text: str, language: PageLanguage) -> Markup:
    """A text of the knowledge base in the page's language, or marked as English.

    >>> mark_known("wind-up", load_page_language("de")), mark_known("<my own>", load_page_language("de"))
    (Markup('Wind-up'), Markup('<span lang="en">&lt;my own&gt;</span>'))
    """
    if language.code == "en" or text in language.texts["known"]:
        return escape(language.known(text))
    return Markup('<span lang="en">{}</span>').format(text)


def _render(template: str, page: Page, language: PageLanguage, script: str) -> str:
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    if script:
        rules.append(f"script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'")
    return _environment(language.code).get_template(template).render(
        page=page, language=language, t=language.texts, version=__version__, style=Markup(_read("style.css")),
        script=Markup(script), policy="; ".join(rules), disclaimer=language.texts["disclaimer"],
    )  # fmt: skip


@lru_cache
def _read(name: str) -> str:
    return (files("qst.report") / "templates" / name).read_text(encoding="utf-8").strip()


@lru_cache
def _environment(code: str) -> jinja2.Environment:
    language = load_page_language(code)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("qst.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
    )
    environment.filters |= {
        "fill": language.fill, "number": language.number, "z": language.z, "share": language.share,
        "note": language.note,
        "shorten": partial(shorten, longest=LONGEST_RUNNING),
        "css": lambda text: Markup(escape_css(text)), "svg": Markup, "not_judged": forms.list_not_judged,
        "loga": forms.form_loga, "findings": forms.count_findings,
        "known": partial(mark_known, language=language),
    }  # fmt: skip
    environment.globals |= {"word": language.word, "place": language.place, "when": language.visit}
    return environment
