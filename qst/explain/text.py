"""The explanation of one assessment (`qst.explain.assessment`) as text, in lines of at most 80 characters."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from qst.explain.assessment import Explanation
from qst.inference.findings import LOGA_PARTS
from qst.protocol import RATING_OFFSET
from qst.tables import LIMIT

WIDTH = 80

_LABEL = 12

_MOST_TRIALS = 40

_FORMED = {
    "mean": "mean of the trials",
    "distance": "mean of the trials, as distance from the baseline",
    "ramp difference": "mean warm − mean cold of the alternating ramps",
    "count": "number of cold ramps felt as hot",
    "geometric mean": "geometric mean of the turning points",
    "rating geometric mean": f"geometric mean of rating + {RATING_OFFSET}",
    "ratio": "mean of the trains / mean of the single stimuli",
}

_LOGA_NAMES = {
    "thermal_loss": "loss of thermal detection",
    "mechanical_loss": "loss of mechanical detection",
    "thermal_gain": "thermal hyperalgesia",
    "mechanical_gain": "mechanical hyperalgesia",
}


def format_explanation(explanation: Explanation) -> list[str]:
    """Format an explanation as text.

    Parameters
    ----------
    explanation : dict
        As `qst.workflows.explain.explain` returns it.

    Returns
    -------
    list of str
        Lines for a terminal of 80 columns.
    """
    lines = [*_describe_person(explanation), "", *_describe_reference(explanation)]
    for parameter in explanation["parameters"]:
        lines += ["", *_describe_parameter(parameter)]
    for key, describe in (
        ("chance", _describe_chance),
        ("loga", _describe_loga),
        ("phenotypes", _describe_phenotypes),
        ("criteria", _describe_criteria),
        ("npsi", _describe_npsi),
        ("mechanisms", _describe_mechanisms),
    ):
        if explanation.get(key):
            lines += ["", *describe(explanation)]
    lines += ["", *_list_notes(explanation), explanation["disclaimer"]]
    return lines


def _wrap(text: str, indent: str = "  ", hang: str = "    ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False) or [""]


def _item(label: str, text: str) -> list[str]:
    """A label and, to its right, its text."""
    blank = " " * (_LABEL + 2)
    return _wrap(text, f"  {label:<{_LABEL}}", blank)


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _z(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _describe_person(explanation: Explanation) -> Iterator[str]:
    area = f"{explanation['area']} area" if explanation["area"] else ""
    where = " ".join(filter(None, (explanation["site"] or "site unknown", explanation["side"], area)))
    visit = f", visit {explanation['visit']}" if explanation["visit"] is not None else ""
    sex = explanation["sex"] or "sex unknown"
    age = f"{explanation['age']:g} years" if explanation["age"] is not None else "age unknown"
    yield from _wrap(f"Subject {explanation['subject']}{visit}: {where}; {sex}, {age}", "")
    if explanation["source_file"]:
        yield from _wrap(f"Read from {explanation['source_file']}, row {explanation['source_row']}")
    for line in explanation["understood"]:
        yield from _wrap(line.strip(), "    ", "      ")


def _describe_reference(explanation: Explanation) -> Iterator[str]:
    reference, stratum = explanation["reference"], explanation["stratum"]
    source = f" (doi:{reference['doi']})" if reference["doi"] else ""
    if stratum is None:
        yield from _wrap(f"No norm of {reference['id']}{source} applies: see the notes.", "")
    else:
        place = f"{stratum['site']}, {stratum['sex']}, {stratum['ages']} years"
        yield from _wrap(f"Compared with {reference['id']}{source}: {place}. z: + is gain of function", "")


def _describe_parameter(entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"{entry['parameter']}, {entry['name']} ({entry['fibres']})"
    yield from _item("value", _describe_value(entry))
    if entry["trials"]:
        yield from _item("trials", _list_trials(entry))
    if entry["value"] is None:
        return
    yield from _item("norm", _describe_norm(entry))
    if entry["z"] is not None:
        yield from _item("z", _show_computation(entry))
    yield from _item("finding", _describe_finding(entry))
    for kind in entry["not_findable"]:
        end = entry["insensitive_end"]
        if kind == "loss" and entry["z_of_insensitive_end"] is not None:
            reason = f": the device ends at {_number(end)}, z {_z(entry['z_of_insensitive_end'])}"
        else:
            reason = ": the device's sensitive end is not beyond the cut-off"
        yield from _item("impossible", f"a {kind} could not have been found{reason}")


def _describe_value(entry: Mapping[str, Any]) -> str:
    if entry["value"] is None:
        return "none"
    value = f"{_number(entry['value'])} {entry['unit']}"
    added = ", a plain mean rating to which 0.1 was added" if entry["offset_added"] else ""
    if entry["trials"] is None:
        return f"{value}, as the file gives it{added}"
    return f"{value}: {_FORMED[entry['formed_as']]}"


def _list_trials(entry: Mapping[str, Any]) -> str:
    shown = []
    for trial in entry["trials"][:_MOST_TRIALS]:
        text = "missing" if trial["value"] is None else _number(trial["value"])
        text = f"{trial['stimulus']} {text}" if trial["stimulus"] else text
        shown.append(text if trial["counted"] else f"({text}, not counted)")
    more = len(entry["trials"]) - len(shown)
    rows = [trial["source_row"] for trial in entry["trials"]]
    counted = sum(trial["counted"] for trial in entry["trials"])
    place = f"row {rows[0]}" if len(set(rows)) == 1 else f"rows {min(rows)} to {max(rows)}"
    and_more = f" … and {more} more" if more else ""
    return f"{'; '.join(shown)}{and_more} ({counted} counted, {entry['trials_of_protocol']} in the protocol; {place})"


def _describe_norm(entry: Mapping[str, Any]) -> str:
    if entry["parameter"] == "DMA":
        return "not needed: light touch is not painful on healthy skin"
    norm = entry["norm"]
    if norm is None:
        return "none for this site, sex and age"
    scale = " of log10" if entry["scale"] == "log10" else ""
    n = norm["transcriptions"]
    copies = f", in {n} transcription{'' if n == '1' else 's'}" if n else ""
    doubt = f"; DOUBTFUL, not used: {norm['doubt']}" if norm["doubt"] else ""
    return f"mean {_number(norm['mean'])}, SD {norm['sd']:g}{scale} (row {norm['row']} of the set{copies}){doubt}"


def _show_computation(entry: Mapping[str, Any]) -> str:
    norm, value, transformed = entry["norm"], _number(entry["value"]), _number(entry["transformed"])
    steps = [f"log10({value}) = {transformed}"] if entry["scale"] == "log10" else []
    difference, sign = _number(entry["difference"]), "" if entry["gain_sign"] > 0 else "−1 × "
    mean = _number(norm["mean"]) if norm["mean"] >= 0 else f"({_number(norm['mean'])})"
    steps += [f"{transformed} − {mean} = {difference}", f"{sign}{difference} / {norm['sd']:g} = {_z(entry['z'])}"]
    return "; ".join(steps)


def _describe_finding(entry: Mapping[str, Any]) -> str:
    finding, cut = entry["finding"], entry["cut_off"]
    if finding is None:
        return "none: the norm is missing or doubtful"
    if entry["parameter"] == "PHS":
        if entry["bound"] is None:
            return f"{finding} (ours)"
        return f"{finding}; abnormal above {entry['bound']:.2f}, the mean + {entry['bound_sds']} SD (ours)"
    if entry["parameter"] == "DMA":
        return f"{finding}; any rating above {entry['threshold']:g} is a gain"
    if finding == LIMIT:
        return (
            f"limit: the value is at the end of the device, where z, {_z(entry['z_of_insensitive_end'])}, is not below "
            f"−{cut:g}: a loss cannot be distinguished from normal"
        )
    rule = {"gain": f"above {cut:g}", "loss": f"below −{cut:g}"}.get(finding, f"between −{cut:g} and {cut:g}")
    return f"{finding}: z is {rule}"


def _describe_chance(explanation: Explanation) -> Iterator[str]:
    chance = explanation["chance"]
    yield "Chance"
    yield from _wrap(
        f"{chance['n_gain']} gains and {chance['n_loss']} losses among {chance['n_scored']} findings; a healthy person "
        f"would show {chance['expected_by_chance']:.2f} abnormal z-scores."
    )
    if chance["p_profile"] is not None:
        yield from _wrap(f"{chance['p_profile']:.1%} of healthy people show as many abnormal z-scores or more.")


def _describe_loga(explanation: Explanation) -> Iterator[str]:
    loga = explanation["loga"]
    yield f"LoGa: {loga['code'] or 'not classified, as too few tests were judged'}"
    for group, part in LOGA_PARTS.items():
        found = loga["groups"][group]
        tests = ", ".join(f"{code} {finding or 'not judged'}" for code, finding in found["findings"].items())
        shown = f"shown by {' '.join(found['shown_by'])}" if found["shown_by"] else "not shown"
        yield from _wrap(f"{part} {_LOGA_NAMES[group]}: {shown} ({tests})")


def _describe_phenotypes(explanation: Explanation) -> Iterator[str]:
    fit = explanation["phenotypes"]
    if fit["phenotype"] is None:
        yield "Sensory phenotype: not classified"
        for modality, codes in fit["too_few"].items():
            yield from _wrap(f"too few tests of {modality}: {' '.join(codes)} missing")
        return
    yield f"Sensory phenotype: {fit['phenotype']} is the most probable"
    yield f"  {'':<26}{'evidence':>10}{'prior':>9}{'probability':>13}"
    for name, probability in fit["probabilities"].items():
        evidence = fit["evidence"].get(name)
        weight = _z(evidence) if evidence is not None else ""
        above = "  above the cut-off" if name in fit["above_cut_off"] else ""
        yield f"  {name:<26}{weight:>10}{fit['priors'][name]:>9.1%}{probability:>13.1%}{above}"
    share = fit["healthy_above_cut_off"]
    healthy = f"; {share:.1%} of healthy people are above one" if share is not None else ""
    yield from _wrap(
        f"Evidence is log10 of the likelihood ratio against healthy people; the cut-off is {fit['cut_off']:.2f}"
        f"{healthy}. The phenotypes do not exclude each other."
    )
    if fit["prototypes_are"] == "ours":
        yield from _wrap(
            "The prototypes are ours: built from the published description, as the publication's numbers were not "
            "available."
        )


def _describe_criteria(explanation: Explanation) -> Iterator[str]:
    yield "Criteria"
    for criterion in explanation["criteria"]:
        answer = {"yes": "met", "no": "not met"}.get(criterion["answer"], "open: a test that could decide is missing")
        tests = ", ".join(f"{code} {finding or 'not judged'}" for code, finding in criterion["findings"].items())
        yield from _wrap(f"{criterion['title']}: {answer}. Requires {criterion['rule']} ({tests}).")
        if criterion["answer"] == "yes":
            yield from _wrap(f"It means {criterion['says']}; {criterion['says_not']}.", "    ", "    ")
        yield from _wrap(f"Published: {criterion['wording']}. Ours: {criterion['ours']}.", "    ", "    ")


def _describe_npsi(explanation: Explanation) -> Iterator[str]:
    yield "Neuropathic Pain Symptom Inventory"
    for name, score in explanation["npsi"].items():
        top = "100" if name == "npsi_total" else "10"
        value = "missing" if score is None else f"{score:.1f} of {top}"
        yield from _wrap(f"{name.removeprefix('npsi_')}: {value}")


def _describe_mechanisms(explanation: Explanation) -> Iterator[str]:
    yield "Mechanisms: what the signs support or contradict (none is a diagnosis)"
    for mechanism in explanation["mechanisms"]:
        evidence = mechanism["evidence"]
        weight = "" if evidence is None else f", evidence {_z(evidence)} (threshold {mechanism['threshold']:.2f})"
        yield from _wrap(f"{mechanism['id']}: {mechanism['status']}{weight}")
        for side in ("for", "against"):
            signs = "; ".join(_describe_sign(sign) for sign in mechanism[side])
            if signs:
                yield from _wrap(f"{side}: {signs}", "    ", "      ")
        if mechanism["missing"]:
            yield from _wrap(f"missing: {' '.join(mechanism['missing'])}", "    ", "      ")
    for answer in explanation["answers"]:
        if answer["answer"] is not None:
            status = answer["status"] or "no conclusion"
            addition = ", in addition to the tests" if answer["assessable"] else ""
            yield from _wrap(
                f"{answer['mechanism']}{addition}: {answer['symptom']} is {answer['answer']} (column "
                f"'{answer['column']}'): {status}; evidence: {answer['evidence']}, ours: {answer['ours']}"
            )
    decided = {answer["mechanism"] for answer in explanation["answers"] if answer["answer"] is not None}
    yield from _wrap("Not assessable by these tests:")
    for mechanism in explanation["never_assessable"]:
        if mechanism["id"] not in decided:
            yield from _wrap(f"{mechanism['id']}: would need {', '.join(mechanism['needed'])}", "    ", "      ")


def _describe_sign(sign: Mapping[str, Any]) -> str:
    if sign["z"] is None:
        found = f"{sign['parameter']} {sign['finding'] or 'not judged'}"
    else:
        found = f"{sign['parameter']} z {'at most ' if sign['at_limit'] else ''}{_z(sign['z'])}"
    pattern = f"{sign['pattern']}: " if sign.get("pattern") else ""
    return f"{pattern}{found} ({_z(sign['evidence'])})"


def _list_notes(explanation: Explanation) -> Iterator[str]:
    if explanation["notes"]:
        yield "Notes"
        for note in explanation["notes"]:
            yield from _wrap(f"{note['note']}: {note['meaning']}")
        yield ""
    if explanation["problems"]:
        yield "Problems in these rows"
        for problem in explanation["problems"]:
            column = f", column {problem['column']}" if problem["column"] else ""
            yield from _wrap(f"row {problem['row']}{column}: {problem['message']}")
        yield ""
