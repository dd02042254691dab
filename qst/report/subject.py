"""The content of a subject's page, as data; `templates/subject.html` says how it looks."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from qst.cohort.scored_rows import rank_area
from qst.explain.assessment import Explanation, explain_assessment
from qst.explain.found import Found
from qst.inference.findings import LOGA_PARTS
from qst.notes import format_note, parse_note
from qst.plots.axes_cache import AXES_CACHES
from qst.plots.language import drawing_in
from qst.plots.profile import draw_profile
from qst.protocol import BASELINE, RECORD_ORDER
from qst.report.figures import Picture, embed
from qst.report.page_language import PageLanguage
from qst.scoring import Stages
from qst.tables import GAIN, LIMIT, LOSS, NORMAL
from qst.vocabulary.visits import order_visits

Page = dict[str, Any]

ABOUT = {
    "examiner": ("examiner", "tester", "untersucher", "untersucher/in", "prüfer"),
    "device": ("device", "gerät", "thermode", "equipment"),
    "date": ("date", "datum", "test date", "date of test", "testdatum", "untersuchungsdatum"),
}
"""Headers of a user's own columns that say who measured, with what and when; the entry form's are among them."""

_PLACE = ("site", "side", "area")


def form_subject(
    stages: Stages,
    found: Found,
    language: PageLanguage,
    *,
    label: str,
    anonymous: bool = False,
    show: Sequence[str] = (),
) -> Page:
    """Form the page of one subject.

    Parameters
    ----------
    stages : Stages
        Of the subject's assessments.
    found : Found
        Trials and problems of these rows.
    language : PageLanguage
        Of the figures; the rest of the data has no language.
    label : str
        What the subject is called on the page.
    anonymous : bool
        Leave out what may name the person: file names, examiner, date, texts of problems.
    show : sequence of str
        Own columns of the file to be shown.

    Returns
    -------
    dict
        `label`, `visits` (a list: `visit`, `assessments`, `tables`, `changes`, `picture`), `ordered_by_file`
        (whether the order of the visits is only that of the file), `anonymous`, `show`, `understood` (lines on how its
        files were read).
    """
    rows, scored = stages.assessments, stages.scored
    told = [explain_assessment(stages.take([n]), found) for n in range(len(rows))]
    for one, (_, row) in zip(told, rows.iterrows(), strict=True):
        about = _tell_about(row)
        one["about"] = {name: text for name, text in about.items() if name == "device"} if anonymous else about
        one["baseline"] = _find_baseline(one)
        one["shown"] = {column: str(row[column]) for column in show if column in row and not pd.isna(row[column])}
        if anonymous:
            one |= {"source_file": None, "source_row": None, "understood": []}
            one["problems"] = [problem | {"message": None, "value": None} for problem in one["problems"]]
    visits = list(dict.fromkeys(one["visit"] for one in told))
    order = order_visits(visits)
    formed: list[Page] = []
    for visit in order or visits:
        places = [n for n, one in enumerate(told) if one["visit"] == visit]
        places.sort(key=lambda n: rank_area(told[n]["area"]))
        own = [told[n] for n in places]
        page = {"visit": visit, "assessments": own, "tables": form_tables(own), "changes": []}
        page["picture"] = _draw(scored.iloc[places], own, language, f"v{len(formed)}")
        if formed:
            page["changes"] = form_changes(formed[-1]["assessments"], own)
        formed.append(page)
    return {
        "label": label,
        "visits": formed,
        "ordered_by_file": order is None,
        "anonymous": anonymous,
        "show": list(show),
        "understood": list(dict.fromkeys(line for one in told for line in one["understood"])),
    }


def _tell_about(row: "pd.Series[Any]") -> dict[str, str]:
    known = {str(column).strip().casefold(): row[column] for column in row.index}
    told = {}
    for name, headers in ABOUT.items():
        given = [known[header] for header in headers if header in known and not pd.isna(known[header])]
        if given:
            told[name] = str(given[0])
    return told


def _find_baseline(told: Explanation) -> dict[str, Any]:
    """The baseline (°C) that the notes tell, or the protocol's."""
    notes = [parse_note(note["note"]) for note in told["notes"]]
    return {"given": ", ".join(note.detail for note in notes if note.code == "baseline") or None, "protocol": BASELINE}


def form_tables(assessments: Sequence[Explanation]) -> list[Page]:
    """Tables of the 13 values: a test area beside its control, where there is one of each with the same norm.

    Returns
    -------
    list of dict
        `columns` (one or two assessments) and `rows`: `parameter`, `name`, `unit`, `norm` (of all columns), `cells`
        (one a column), `difference` (z of the test area minus z of the control area, or None) and `bounded` (whether
        one of them lies at the device's limit, so that the difference is not exact).
    """
    groups: list[list[Explanation]] = []
    for one in assessments:
        beside = [
            group for group in groups
            if len(group) == 1 and _are_test_and_control(group[0], one) and _count(assessments, one) == 2
        ]  # fmt: skip
        if beside:
            beside[0].append(one)
        else:
            groups.append([one])
    return [{"columns": group, "rows": [_form_row(group, code) for code in RECORD_ORDER]} for group in groups]


def _are_test_and_control(test: Explanation, control: Explanation) -> bool:
    areas = (test["area"], control["area"]) == ("test", "control")
    return areas and test["site"] == control["site"] and test["stratum"] == control["stratum"]


def _count(assessments: Sequence[Explanation], one: Explanation) -> int:
    """Assessments of the same site: with more than a test and a control area, nobody can say which belong together."""
    return sum(other["site"] == one["site"] for other in assessments)


def _form_row(group: Sequence[Explanation], code: str) -> Page:
    cells = [next(p for p in one["parameters"] if p["parameter"] == code) for one in group]
    z = [cell["z"] for cell in cells]
    difference = z[0] - z[1] if len(cells) == 2 and None not in z else None
    return {
        **{key: cells[0][key] for key in ("parameter", "name", "unit")},
        "norm": form_norm(cells[0]),
        "cells": cells,
        "difference": difference,
        "bounded": difference is not None and any(_is_at_limit(cell) for cell in cells),
    }


def _is_at_limit(cell: Mapping[str, Any]) -> bool:
    return format_note("at_limit", cell["parameter"]) in cell["notes"] or cell["finding"] == LIMIT


def form_norm(cell: Mapping[str, Any]) -> Page | None:
    """Mean of the norm and the range of normal values, in the value's own unit.

    On a log10 scale the mean is turned back to the geometric mean, and so are mean ± cut-off × SD. PHS has an upper
    bound and DMA neither, as healthy skin shows no pain to light touch.

    >>> form_norm({"parameter": "HPT", "scale": "raw", "cut_off": 2.0,
    ...            "norm": {"mean": 44.0, "sd": 2.0, "doubt": "", "ages": "20-29"}})["high"]
    48.0
    """
    norm, code = cell["norm"], cell["parameter"]
    if norm is None or code == "DMA":
        return None
    if code == "PHS":
        return {"mean": norm["mean"], "low": None, "high": cell["bound"], "doubt": norm["doubt"]}
    ends = [norm["mean"] + sign * cell["cut_off"] * norm["sd"] for sign in (0, -1, 1)]
    mean, low, high = (10**end for end in ends) if cell["scale"] == "log10" else ends
    return {"mean": mean, "low": low, "high": high, "doubt": norm["doubt"]}


def list_not_judged(told: Explanation) -> Page:
    """What could not be judged in an assessment, and why.

    Returns
    -------
    dict
        `missing` (codes without a value, each with the notes that say why, or none: not measured), `unjudged` (codes
        with a value and no finding, with the notes that say why), `limit` (codes whose loss cannot be judged,
        with the z of the device's end) and `unfindable` (gain or loss of a code that the device's range rules
        out, with the device's end and its z where that is the reason).
    """
    general = [note["note"] for note in told["notes"] if parse_note(note["note"]).code in _NO_STRATUM]
    listed: Page = {"missing": [], "unjudged": [], "limit": [], "unfindable": []}
    for cell in told["parameters"]:
        code, own = cell["parameter"], cell["notes"]
        if cell["value"] is None:
            listed["missing"].append({"parameter": code, "notes": [n for n in own if parse_note(n).code != "trials"]})
            continue
        if cell["finding"] is None:
            reasons = [note for note in own if parse_note(note).code in _NO_JUDGEMENT] or general
            listed["unjudged"].append({"parameter": code, "notes": reasons})
        elif cell["finding"] == LIMIT:
            listed["limit"].append({"parameter": code, "z": cell["z_of_insensitive_end"]})
        for kind in cell["not_findable"]:
            end = cell["z_of_insensitive_end"] if kind == LOSS else None
            listed["unfindable"].append(
                {"parameter": code, "kind": kind, "end": cell["insensitive_end"] if end is not None else None, "z": end}
            )
    return listed


_NO_STRATUM = (
    "no_age", "age_impossible", "no_sex", "unknown_sex", "no_site", "no_norm_for_site", "age_below_norms",
)  # fmt: skip

_NO_JUDGEMENT = ("no_norm", "norm_doubtful", "norm_without_spread", "not_positive", "out_of_range", "wur_undefined")


def form_loga(told: Explanation) -> list[Page]:
    """The four groups of the LoGa code: its part, and the tests that show it."""
    groups = told["loga"]["groups"]
    return [{"code": part, "group": name, **groups[name]} for name, part in LOGA_PARTS.items()]


def form_changes(before: Sequence[Explanation], now: Sequence[Explanation]) -> list[Page]:
    """What changed in each area that was measured at both visits.

    Returns
    -------
    list of dict
        `place` (site, side, area), `visit` (of before), `loga` (a pair), `rows`: `parameter`, `unit`, `values`, `z`,
        `findings` (pairs, before and now), `difference` of the values and `z_difference`; parameters that were measured
        at least once.
    """
    changes = []
    for one in now:
        earlier = [other for other in before if all(other[name] == one[name] for name in _PLACE)]
        if len(earlier) != 1 or sum(all(other[name] == one[name] for name in _PLACE) for other in now) != 1:
            continue
        rows = []
        for code in RECORD_ORDER:
            pair = [next(p for p in told["parameters"] if p["parameter"] == code) for told in (earlier[0], one)]
            values, z = [cell["value"] for cell in pair], [cell["z"] for cell in pair]
            if values != [None, None]:
                row = {"parameter": code, "unit": pair[1]["unit"], "values": values, "z": z}
                row["findings"] = [cell["finding"] for cell in pair]
                row["difference"] = None if None in values else values[1] - values[0]
                row["z_difference"] = None if None in z else z[1] - z[0]
                rows.append(row)
        place = {name: one[name] for name in _PLACE}
        loga = [earlier[0]["loga"]["code"], one["loga"]["code"]]
        changes.append({"place": place, "visit": earlier[0]["visit"], "loga": loga, "rows": rows})
    return changes


def _draw(scored: pd.DataFrame, told: Sequence[Explanation], language: PageLanguage, name: str) -> Picture:
    """The profile of a visit, with a text alternative that holds its numbers."""
    lines = []
    for one in told:
        numbers = []
        for cell in one["parameters"]:
            code, finding = cell["parameter"], cell["finding"]
            said = f" ({language.word('finding', finding)})" if finding and finding != NORMAL else ""
            if cell["z"] is not None:
                numbers.append(f"{code} {language.z(cell['z'])}{said}")
            elif cell["value"] is not None:
                what = "alternative_no_z" if code not in ("PHS", "DMA") else "alternative_value"
                numbers.append(language.text(f"figure.{what}", code=code, value=float(cell["value"])) + said)
            else:
                numbers.append(language.text("figure.alternative_missing", code=code))
        lines.append(f"{language.place(one)}: {'; '.join(numbers)}.")
    alternative = f"{language.text('figure.profile')} {' '.join(lines)}"
    # One picture has one legend entry a row, so the rows of a subject and visit are drawn together.
    with drawing_in(language.code):
        figure = draw_profile(scored, sheets=AXES_CACHES).figure
    return embed(figure, alternative, language.text("figure.caption"), name)


def count_findings(told: Explanation) -> dict[str, list[str]]:
    """Codes that show gain, and those that show loss."""
    return {
        kind: [cell["parameter"] for cell in told["parameters"] if cell["finding"] == kind] for kind in (GAIN, LOSS)
    }
