"""An explanation of `qst.explain.assessment` in words, in lines of at most 80 characters."""

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


def format_explanation(told: Explanation) -> list[str]:
    """Put an explanation into words.

    Parameters
    ----------
    told : dict
        As `qst.workflows.explain.explain` gives it.

    Returns
    -------
    list of str
        Lines for a terminal of 80 columns.
    """
    lines = [*_tell_person(told), "", *_tell_reference(told)]
    for parameter in told["parameters"]:
        lines += ["", *_tell_parameter(parameter)]
    for key, tell in (
        ("chance", _tell_chance),
        ("loga", _tell_loga),
        ("phenotypes", _tell_phenotypes),
        ("criteria", _tell_criteria),
        ("npsi", _tell_npsi),
        ("mechanisms", _tell_mechanisms),
    ):
        if told.get(key):
            lines += ["", *tell(told)]
    lines += ["", *_tell_notes(told), told["disclaimer"]]
    return lines


def _wrap(text: str, indent: str = "  ", hang: str = "    ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=hang, break_on_hyphens=False) or [""]


def _entry(label: str, text: str) -> list[str]:
    """A label, and what it says, beside it."""
    blank = " " * (_LABEL + 2)
    return _wrap(text, f"  {label:<{_LABEL}}", blank)


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _z(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _tell_person(told: Explanation) -> Iterator[str]:
    where = [told["site"] or "site unknown", told["side"] or "", f"{told['area']} area" if told["area"] else ""]
    visit = f", visit {told['visit']}" if told["visit"] is not None else ""
    age = f"{told['age']:g} years" if told["age"] is not None else "age unknown"
    yield from _wrap(
        f"Subject {told['subject']}{visit}: {' '.join(filter(None, where))}; {told['sex'] or 'sex unknown'}, {age}",
        "",
    )
    if told["source_file"]:
        yield from _wrap(f"Read from {told['source_file']}, row {told['source_row']}")
    for line in told["understood"]:
        yield from _wrap(line.strip(), "    ", "      ")


def _tell_reference(told: Explanation) -> Iterator[str]:
    reference, stratum = told["reference"], told["stratum"]
    source = f" (doi:{reference['doi']})" if reference["doi"] else ""
    if stratum is None:
        yield from _wrap(f"No norm of {reference['id']}{source} applies: see the notes.", "")
    else:
        place = f"{stratum['site']}, {stratum['sex']}, {stratum['ages']} years"
        yield from _wrap(f"Compared with {reference['id']}{source}: {place}. z: + is gain of function", "")


def _tell_parameter(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{told['parameter']}, {told['name']} ({told['fibres']})"
    yield from _entry("value", _tell_value(told))
    if told["trials"]:
        yield from _entry("trials", _tell_trials(told))
    if told["value"] is None:
        return
    yield from _entry("norm", _tell_norm(told))
    if told["z"] is not None:
        yield from _entry("z", _tell_steps(told))
    yield from _entry("finding", _tell_finding(told))
    for kind in told["not_findable"]:
        end = told["insensitive_end"]
        if kind == "loss" and told["z_of_insensitive_end"] is not None:
            reach = f": the device ends at {_number(end)}, z {_z(told['z_of_insensitive_end'])}"
        else:
            reach = ": the device's sensitive end does not pass the cut-off"
        yield from _entry("impossible", f"a {kind} could not have been found{reach}")


def _tell_value(told: Mapping[str, Any]) -> str:
    if told["value"] is None:
        return "none"
    value = f"{_number(told['value'])} {told['unit']}"
    added = ", a plain mean rating to which 0.1 was added" if told["offset_added"] else ""
    if told["trials"] is None:
        return f"{value}, as the file gives it{added}"
    return f"{value}: {_FORMED[told['formed_as']]}"


def _tell_trials(told: Mapping[str, Any]) -> str:
    shown = []
    for trial in told["trials"][:_MOST_TRIALS]:
        text = "missing" if trial["value"] is None else _number(trial["value"])
        text = f"{trial['stimulus']} {text}" if trial["stimulus"] else text
        shown.append(text if trial["counted"] else f"({text}, not counted)")
    more = len(told["trials"]) - len(shown)
    rows = [trial["source_row"] for trial in told["trials"]]
    counted = sum(trial["counted"] for trial in told["trials"])
    place = f"row {rows[0]}" if len(set(rows)) == 1 else f"rows {min(rows)} to {max(rows)}"
    told_more = f" … and {more} more" if more else ""
    return f"{'; '.join(shown)}{told_more} ({counted} counted of the protocol's {told['trials_of_protocol']}; {place})"


def _tell_norm(told: Mapping[str, Any]) -> str:
    if told["parameter"] == "DMA":
        return "none is needed: healthy skin shows no pain to light touch"
    norm = told["norm"]
    if norm is None:
        return "none for this site, sex and age"
    scale = " of log10" if told["scale"] == "log10" else ""
    n = norm["transcriptions"]
    copies = f", in {n} transcription{'' if n == '1' else 's'}" if n else ""
    doubt = f"; DOUBTFUL, not used: {norm['doubt']}" if norm["doubt"] else ""
    return f"mean {_number(norm['mean'])}, SD {norm['sd']:g}{scale} (row {norm['row']} of the set{copies}){doubt}"


def _tell_steps(told: Mapping[str, Any]) -> str:
    norm, value, transformed = told["norm"], _number(told["value"]), _number(told["transformed"])
    steps = [f"log10({value}) = {transformed}"] if told["scale"] == "log10" else []
    difference, sign = _number(told["difference"]), "" if told["gain_sign"] > 0 else "−1 × "
    mean = _number(norm["mean"]) if norm["mean"] >= 0 else f"({_number(norm['mean'])})"
    steps += [f"{transformed} − {mean} = {difference}", f"{sign}{difference} / {norm['sd']:g} = {_z(told['z'])}"]
    return "; ".join(steps)


def _tell_finding(told: Mapping[str, Any]) -> str:
    finding, cut = told["finding"], told["cut_off"]
    if finding is None:
        return "none: there is no norm to judge by, or it is doubtful"
    if told["parameter"] == "PHS":
        bound = (
            "" if told["bound"] is None else f"; abnormal above {told['bound']:.2f}, the mean + {told['bound_sds']} SD"
        )
        return f"{finding}{bound} (ours)"
    if told["parameter"] == "DMA":
        return f"{finding}; a gain is any rating above {told['threshold']:g}"
    if finding == LIMIT:
        return (
            f"limit: the value lies at the end of the device, and z there, {_z(told['z_of_insensitive_end'])}, does "
            f"not pass −{cut:g}: a loss cannot be told from normal"
        )
    rule = {"gain": f"above {cut:g}", "loss": f"below −{cut:g}"}.get(finding, f"between −{cut:g} and {cut:g}")
    return f"{finding}: z is {rule}"


def _tell_chance(told: Explanation) -> Iterator[str]:
    chance = told["chance"]
    yield "Chance"
    yield from _wrap(
        f"{chance['n_gain']} gains and {chance['n_loss']} losses among {chance['n_scored']} findings; a healthy person "
        f"would show {chance['expected_by_chance']:.2f} abnormal z-scores."
    )
    if chance["p_profile"] is not None:
        yield from _wrap(f"So many abnormal z-scores or more: {chance['p_profile']:.1%} of healthy people.")


def _tell_loga(told: Explanation) -> Iterator[str]:
    loga = told["loga"]
    yield f"LoGa: {loga['code'] or 'not said, as too few tests were judged'}"
    for group, part in LOGA_PARTS.items():
        found = loga["groups"][group]
        tests = ", ".join(f"{code} {finding or 'not judged'}" for code, finding in found["findings"].items())
        shown = f"shown by {' '.join(found['shown_by'])}" if found["shown_by"] else "not shown"
        yield from _wrap(f"{part} {_LOGA_NAMES[group]}: {shown} ({tests})")


def _tell_phenotypes(told: Explanation) -> Iterator[str]:
    fit = told["phenotypes"]
    if fit["phenotype"] is None:
        yield "Sensory phenotype: not said"
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
            "The prototypes are ours: built from the published description, as the publication's numbers could not "
            "be had."
        )


def _tell_criteria(told: Explanation) -> Iterator[str]:
    yield "Criteria"
    for criterion in told["criteria"]:
        answer = {"yes": "met", "no": "not met"}.get(criterion["answer"], "open: tests are missing that could decide")
        tests = ", ".join(f"{code} {finding or 'not judged'}" for code, finding in criterion["findings"].items())
        yield from _wrap(f"{criterion['title']}: {answer}. Asks for {criterion['rule']} ({tests}).")
        if criterion["answer"] == "yes":
            yield from _wrap(f"It says {criterion['says']}; {criterion['says_not']}.", "    ", "    ")
        yield from _wrap(f"Published: {criterion['wording']}. Ours: {criterion['ours']}.", "    ", "    ")


def _tell_npsi(told: Explanation) -> Iterator[str]:
    yield "Neuropathic Pain Symptom Inventory"
    for name, score in told["npsi"].items():
        top = "100" if name == "npsi_total" else "10"
        value = "missing" if score is None else f"{score:.1f} of {top}"
        yield from _wrap(f"{name.removeprefix('npsi_')}: {value}")


def _tell_mechanisms(told: Explanation) -> Iterator[str]:
    yield "Mechanisms: what the signs support or contradict (none is a diagnosis)"
    for mechanism in told["mechanisms"]:
        evidence = mechanism["evidence"]
        weight = "" if evidence is None else f", evidence {_z(evidence)} (threshold {mechanism['threshold']:.2f})"
        yield from _wrap(f"{mechanism['id']}: {mechanism['status']}{weight}")
        for side in ("for", "against"):
            signs = "; ".join(_tell_sign(sign) for sign in mechanism[side])
            if signs:
                yield from _wrap(f"{side}: {signs}", "    ", "      ")
        if mechanism["missing"]:
            yield from _wrap(f"missing: {' '.join(mechanism['missing'])}", "    ", "      ")
    for answer in told["answers"]:
        if answer["answer"] is not None:
            status = answer["status"] or "says nothing"
            beside = ", beside the tests" if answer["assessable"] else ""
            yield from _wrap(
                f"{answer['mechanism']}{beside}: {answer['symptom']} is {answer['answer']} (column "
                f"'{answer['column']}'): {status}; evidence: {answer['evidence']}, ours: {answer['ours']}"
            )
    decided = {answer["mechanism"] for answer in told["answers"] if answer["answer"] is not None}
    yield from _wrap("Never to be seen by these tests:")
    for mechanism in told["never_assessable"]:
        if mechanism["id"] not in decided:
            yield from _wrap(f"{mechanism['id']}: would need {', '.join(mechanism['needed'])}", "    ", "      ")


def _tell_sign(sign: Mapping[str, Any]) -> str:
    if sign["z"] is None:
        found = f"{sign['parameter']} {sign['finding'] or 'not judged'}"
    else:
        found = f"{sign['parameter']} z {'at most ' if sign['at_limit'] else ''}{_z(sign['z'])}"
    pattern = f"{sign['pattern']}: " if sign.get("pattern") else ""
    return f"{pattern}{found} ({_z(sign['evidence'])})"


def _tell_notes(told: Explanation) -> Iterator[str]:
    if told["notes"]:
        yield "Notes"
        for note in told["notes"]:
            yield from _wrap(f"{note['note']}: {note['meaning']}")
        yield ""
    if told["problems"]:
        yield "Problems in its rows"
        for problem in told["problems"]:
            column = f", column {problem['column']}" if problem["column"] else ""
            yield from _wrap(f"row {problem['row']}{column}: {problem['message']}")
        yield ""
