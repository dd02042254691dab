"""Write a folder of reports from files; completely or not at all."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from qst.atomic import check_writable, replace_folder
from qst.errors import OptionError
from qst.explain.found import Found
from qst.inference.symptoms import report_incomplete_npsi
from qst.loaders.headers.options import LoadOptions
from qst.norms.coverage import describe_source
from qst.norms.reference_sets import load_reference
from qst.problems import Problem
from qst.report.cohort import form_cohort
from qst.report.cohort_figures import draw_areas
from qst.report.page_language import PageLanguage, load_page_language
from qst.report.pdf import find_browser, print_pages
from qst.report.pseudonyms import number_subjects, write_key
from qst.report.rendering import render_cohort, render_subject
from qst.report.subject import form_subject
from qst.scoring import Stages, compute_stages
from qst.settings import Settings
from qst.tables import SOURCE
from qst.workflows.carried_settings import list_replaced
from qst.workflows.file_names import name_files
from qst.workflows.find_people import find_everybody
from qst.workflows.inputs import leave_out_earlier
from qst.workflows.manifest import describe_settings, form_manifest
from qst.workflows.processes import AT_ONCE, count_processes, start_processes
from qst.workflows.result_problems import ResultReporter

INDEX, SUBJECTS = "index.html", "subjects"

_GENERATOR = '<meta name="generator" content="qst report'


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written, the problems of its files, and descriptions of settings that options replaced."""

    index: Path
    pages: list[Path]
    problems: list[Problem]
    replaced: list[str]


@dataclass(frozen=True, slots=True)
class _Job:
    """One subject's page, which any process can write."""

    stages: Stages
    found: Found
    label: str
    path: Path


@dataclass(frozen=True, slots=True)
class _SubjectPages:
    """Of each subject, in the order of the report: the positions of its rows, its label, and its page's address."""

    groups: Sequence[Sequence[int]]
    labels: Sequence[str]
    pages: Sequence[Path]


# long: the docstring describes every argument
def report_files(
    inputs: Sequence[str | Path],
    output: str | Path,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
    *,
    subjects: Sequence[str] = (),
    language: str = "en",
    pdf: bool = False,
    browser: str | Path | None = None,
    key: str | Path | None = None,
    show: Sequence[str] = (),
    workers: int | None = None,
) -> Report:
    """Write one page per subject, and one for the cohort.

    Parameters
    ----------
    inputs : sequence of paths
        Laboratory files, or tables written by `qst score`, which are scored again.
    output : path
        A folder. It must be new, empty or hold an earlier report, which is replaced.
    options : LoadOptions, optional
    settings : Settings, optional
    subjects : sequence of str
        Only these; all if it is empty.
    language : {"en", "de"}
    pdf : bool
        Also print each page to PDF, with an installed Chromium, Chrome or Edge.
    browser : path or name, optional
        The browser to use.
    key : path, optional
        Replace subjects by numbers, and write to this CSV file, which must be outside `output`, which number belongs to
        which subject. An existing key is used and extended. File names, examiner, date and texts of problems are then
        omitted.
    show : sequence of str
        Additional columns of the files to show; no others are shown.
    workers : int, optional
        Number of processes. Default: one per core, if there are enough subjects to be worth it.

    Returns
    -------
    Report

    Raises
    ------
    OptionError
        A subject, a column or a browser cannot be found; or the folder contains other files.
    InputError
        The input cannot be read.
    """
    texts = load_page_language(language)
    output, key = Path(output), Path(key) if key is not None else None
    check_folder(output)
    if key is not None:
        check_writable(key, (".csv",))
        leave_out_earlier(inputs, key, [])
    if key is not None and output.resolve() in [key.resolve(), *key.resolve().parents]:
        raise OptionError(f"the key {key} would be inside the report: choose another folder for it")
    printer = find_browser(browser) if pdf else None
    found = find_everybody(inputs, options or LoadOptions(), settings or Settings())
    settings = found.settings.load()
    stages = compute_stages(found.assessments, settings)
    report_results(stages.scored, settings, found)
    stages, names = _choose(stages, subjects, show)
    numbers = number_subjects((name for name in names if name is not None), key) if key is not None else None
    groups = _group(names)
    labels = [_label(names[places[0]], number, numbers, texts) for number, places in enumerate(groups, 1)]
    if numbers is not None:
        pairs = sorted(zip(labels, groups, strict=True), key=lambda pair: (len(pair[0]), pair[0]))
        labels, groups = [label for label, _ in pairs], [places for _, places in pairs]
    pages = [Path(SUBJECTS) / f"{name}.html" for name in name_files([(label, None) for label in labels])]
    with replace_folder(output) as folder:
        (folder / SUBJECTS).mkdir(parents=True)
        jobs = list(_form_jobs(stages, found, groups, labels, [folder / page for page in pages]))
        made = _describe_making(found, options or LoadOptions(), anonymous=numbers is not None)
        write = partial(_write_subject, language=language, anonymous=numbers is not None, show=tuple(show), made=made)
        _run(write, jobs, count_processes(len(jobs), workers))
        subjects_pages = _SubjectPages(groups, labels, pages)
        _write_cohort(folder / INDEX, stages, found.problems, subjects_pages, texts, show, made)
        if printer is not None:
            print_pages([folder / INDEX, *(folder / page for page in pages)], printer)
        if numbers is not None and key is not None:
            write_key(numbers, key)
    return Report(
        output / INDEX, [output / page for page in pages], found.problems, list_replaced(found.understood.get("", []))
    )


def report_results(scored: pd.DataFrame, settings: Settings, found: Found) -> None:
    """Add the problems that only scoring reveals, as `qst score` reports them. Rows without a file have none."""
    report_incomplete_npsi(list(found.assessments.columns), found.problems.append)
    if set(SOURCE) <= set(scored.columns) and scored[list(SOURCE)].notna().all(axis=None):
        reporter = ResultReporter(load_reference(settings.reference), found.problems.append)
        reporter.update(scored, found.trials)
        reporter.finish()


def _choose(stages: Stages, subjects: Sequence[str], show: Sequence[str]) -> tuple[Stages, list[str | None]]:
    """Choose the rows of the requested subjects; give also the subject of each row."""
    scored = stages.scored
    absent = [column for column in show if column not in scored]
    if absent:
        raise OptionError(f"the files have no column '{absent[0]}': write the header after --show as it is in the file")
    names = [None if pd.isna(name) else str(name) for name in scored["subject"].astype(object)]
    unknown = [subject for subject in subjects if subject not in names]
    if unknown:
        raise OptionError(f"no assessment has the subject '{unknown[0]}': write the subject as it is in the file")
    chosen = [n for n, name in enumerate(names) if not subjects or name in subjects]
    return stages.take(chosen), [names[n] for n in chosen]


def _group(names: Sequence[str | None]) -> list[list[int]]:
    """Positions of each subject's rows. Rows without a subject may be different people: each is its own group."""
    groups: dict[object, list[int]] = {}
    for place, name in enumerate(names):
        groups.setdefault(name if name is not None else (place,), []).append(place)
    return list(groups.values())


def _label(name: str | None, number: int, numbers: dict[str, str] | None, texts: PageLanguage) -> str:
    if name is None:
        return texts.text("no_subject", number=number)
    return name if numbers is None else numbers[name]


def _form_jobs(
    stages: Stages,
    found: Found,
    groups: Sequence[Sequence[int]],
    labels: Sequence[str],
    paths: Sequence[Path],
) -> Iterator[_Job]:
    """Each subject's rows and trials, with the problems and the description of its files."""
    trials = dict(list(found.trials.groupby("subject"))) if found.trials is not None else {}
    by_file: dict[str | None, list[Problem]] = {}
    for problem in found.problems:
        by_file.setdefault(problem.file, []).append(problem)
    for places, label, path in zip(groups, labels, paths, strict=True):
        taken = stages.take(places)
        own = taken.assessments
        files = set(own["source_file"].dropna()) if "source_file" in own else set()
        problems = [problem for file in files for problem in by_file.get(file, ())]
        understood = {file: lines for file, lines in found.understood.items() if file in files or not file}
        own_found = replace(
            found, assessments=own, trials=trials.get(own["subject"].iloc[0]), understood=understood, problems=problems
        )
        yield _Job(taken, own_found, label, path)


def _write_subject(job: _Job, *, language: str, anonymous: bool, show: Sequence[str], made: Mapping[str, Any]) -> None:
    texts = load_page_language(language)
    page = form_subject(job.stages, job.found, texts, label=job.label, anonymous=anonymous, show=show)
    page["reference"], page["made"] = _describe_reference(job.stages.settings), made
    job.path.write_text(render_subject(page, texts), encoding="utf-8")


def _write_cohort(
    path: Path,
    stages: Stages,
    problems: Sequence[Problem],
    subjects: _SubjectPages,
    texts: PageLanguage,
    show: Sequence[str],
    made: Mapping[str, Any],
) -> None:
    """Write the cohort's page, with the rows in the order of the subjects' pages."""
    order = [place for places in subjects.groups for place in places]
    subject_of_row = [subject for subject, places in enumerate(subjects.groups) for _ in places]
    ordered = stages.scored.iloc[order].reset_index(drop=True)
    labels = [subjects.labels[subject] for subject in subject_of_row]
    links = [subjects.pages[subject].as_posix() for subject in subject_of_row]
    shown = [column for column in show if column in ordered]
    page = form_cohort(ordered, labels, links, stages.settings, problems, show=shown)
    page["reference"], page["made"] = _describe_reference(stages.settings), made
    draw_areas(page["areas"], ordered, labels, stages.settings, texts)
    path.write_text(render_cohort(page, texts), encoding="utf-8")


def _run(write: Callable[[_Job], None], jobs: Sequence[_Job], processes: int) -> None:
    """Write the subjects' pages, in several processes if there are many."""
    bar: dict[str, Any] = {"total": len(jobs), "unit": " pages", "delay": 1, "disable": None, "leave": False}
    if processes == 1:
        for job in tqdm(jobs, **bar):
            write(job)
        return
    with start_processes(processes) as pool:
        for _ in tqdm(pool.map(write, jobs, chunksize=AT_ONCE), **bar):
            pass


def _describe_making(found: Found, options: LoadOptions, *, anonymous: bool) -> dict[str, Any]:
    """What made the report, as each of its pages states it; names of files may name people, so some pages omit them."""
    manifest = form_manifest(found.files, options, found.settings)
    files = [] if anonymous else manifest["input_files"]
    return {"time": manifest["created"], "settings": describe_settings(manifest), "files": files}


def _describe_reference(settings: Settings) -> dict[str, str]:
    reference = load_reference(settings.reference)
    return {**describe_source(reference), "data": str(reference.source.get("sha256", ""))[:12]}


def check_folder(output: Path) -> None:
    """Refuse a folder that contains anything other than an earlier report.

    Raises
    ------
    OptionError
        It is a file, its parent folder does not exist, one of them is not writable, or it contains other files.
    """
    if not output.resolve().parent.is_dir():
        raise OptionError(f"the folder {output.parent} does not exist: create it first")
    for folder in (output.resolve().parent, output):
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise OptionError(f"you are not allowed to write to the folder {folder}: choose another")
    if not output.exists():
        return
    if not output.is_dir():
        raise OptionError(f"{output} is a file, but a report is a folder: choose a folder")
    entries = {entry.name for entry in output.iterdir()}
    if not entries:
        return
    pages = output / SUBJECTS
    others = entries - {INDEX, SUBJECTS, Path(INDEX).with_suffix(".pdf").name}
    if pages.is_dir():
        others |= {entry.name for entry in pages.iterdir() if entry.suffix not in (".html", ".pdf")}
    index = output / INDEX
    is_report = index.is_file() and _GENERATOR in index.read_text(encoding="utf-8", errors="replace")
    if others or not is_report:
        raise OptionError(f"the folder {output} contains files that are not part of a report: choose a new folder")
