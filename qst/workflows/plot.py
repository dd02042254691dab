"""Draw figures from files: one picture or many, on all cores."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from qst.atomic import check_writable
from qst.derive.trials import is_trials
from qst.errors import OptionError
from qst.loaders.formats.scored import read_scored
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import open_readings
from qst.plots.axes_cache import AXES_CACHES
from qst.plots.canvas import WIDTH_MM
from qst.plots.fallback_fonts import describe_missing_glyphs
from qst.plots.files import PICTURE_ENDINGS, check_size, write_figure
from qst.plots.kinds import GROUPS, Kind, choose_kind
from qst.problems import Problem, make_problem
from qst.scoring import score_table
from qst.settings import Settings
from qst.workflows.carried_settings import carried_by_frame, compare, find_carried, list_replaced, take_over
from qst.workflows.file_names import name_files
from qst.workflows.processes import AT_ONCE, count_processes, start_processes
from qst.workflows.score import score_readings

Saved = tuple[dict[Path, str], str]
"""Pictures that could not be drawn, with the reason; and the characters of the others that no font has."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures that were written, the problems of their files, and descriptions of settings that options replaced."""

    written: list[Path]
    problems: list[Problem]
    replaced: list[str]


@dataclass(frozen=True, slots=True)
class Style:
    """The appearance of pictures; `options` are those of the kind of figure (`qst.plots.kinds`)."""

    title: str | None = None
    width_mm: float = WIDTH_MM
    dpi: float = 150
    options: Mapping[str, Any] = field(default_factory=dict)


# long: the docstring describes every argument
def plot_files(
    inputs: Sequence[str | Path],
    output: str | Path,
    options: LoadOptions | None = None,
    settings: Settings | None = None,
    *,
    kind: str = "profile",
    each: bool = False,
    over_visits: bool = False,
    subject: str | None = None,
    visit: str | None = None,
    site: str | None = None,
    title: str | None = None,
    picture_format: str = "png",
    width_mm: float = WIDTH_MM,
    dpi: float = 150,
    processes: int | None = None,
    given: Mapping[str, Any] | None = None,
) -> Pictures:
    """Draw one figure of all rows, or one per person and visit.

    Parameters
    ----------
    inputs : sequence of paths
        Scored tables, or laboratory files, which are scored first. Figures of single trials need files with trials.
    output : path
        A picture, by its ending, or a folder, which is created if it does not exist. In a folder, each person and visit
        has a picture; a figure of a cohort is one picture with the name of its kind.
    options : LoadOptions, optional
        For laboratory files.
    settings : Settings, optional
        How laboratory files are scored. A scored table is drawn as it is.
    kind : str
        One of `qst.plots.kinds.KINDS`.
    each : bool
        One picture per person and visit; the output must be a folder.
    over_visits : bool
        All visits of a person in one picture.
    subject, visit, site : str, optional
        Only these.
    title : str, optional
    picture_format : {"png", "svg", "pdf"}
        For a folder.
    width_mm, dpi : float
    processes : int, optional
        Number of processes. Default: one per core, if there are enough pictures to be worth it.
    given : mapping, optional
        Options of the kind: `area`, `by`, `order`, `parameter`, `visits`, `label_people`.

    Raises
    ------
    OptionError
        No row is left to draw; there are several persons or visits for one picture of one person; or the kind and its
        options are incompatible.
    InputError
        A file cannot be used.
    """
    given = dict(given or {})
    chosen = choose_kind(kind, given)
    if processes is not None and processes < 1:
        raise OptionError(f"the number of processes is {processes}: give 1 or more")
    check_size(width_mm, dpi)
    path = Path(output)
    one_file = path.suffix.lower() in PICTURE_ENDINGS and not path.is_dir()
    _check_output(path, chosen, one_file=one_file, each=each)
    problems: list[Problem] = []
    table, settings, replaced = _gather(inputs, options or LoadOptions(), settings or Settings(), problems, chosen)
    table = _choose_rows(table, subject=subject, visit=visit, site=site)
    own = {name: value for name, value in given.items() if name in chosen.options}
    own |= {"mechanisms": settings.mechanisms} if "mechanisms" in chosen.options else {}
    own |= _find_reference(table, settings) if "reference" in chosen.options else {}
    apart = each or chosen.single == "only" or (not one_file and chosen.single == "also")
    keys = ["subject"] if over_visits else ["subject", "visit"]
    groups = _divide(table, chosen, keys, own) if apart else [((), table)]
    if one_file and apart and len(groups) > 1:
        raise OptionError(
            f"the input has {len(groups)} persons or visits, but '{path.name}' is one picture: choose one with "
            "--subject (and --visit, or --over-visits), give a folder, or draw groups with --by"
        )
    if one_file:
        written = [path]
    else:
        path.mkdir(parents=True, exist_ok=True)
        names = name_files([key for key, _ in groups]) if apart else [chosen.name]
        written = [path / f"{name}.{picture_format}" for name in names]
    pictures = list(zip([group for _, group in groups], written, strict=True))
    written, of_drawing = _draw_pictures(chosen, pictures, Style(title, width_mm, dpi, own), processes)
    return Pictures(written, problems + of_drawing, replaced)


def _draw_pictures(
    kind: Kind, pictures: list[tuple[pd.DataFrame, Path]], style: Style, processes: int | None
) -> tuple[list[Path], list[Problem]]:
    """Draw pictures. Give those that were written, and a problem for each that could not be drawn."""
    if len(pictures) == 1:
        return [pictures[0][1]], _report_missing_glyphs(_save_one(kind, *pictures[0], style))
    refused, missing = _save_all(kind, pictures, style, processes)
    if len(refused) == len(pictures):
        raise OptionError(next(iter(refused.values())))
    not_drawn = [make_problem("not-drawn", picture=path.name, reason=reason) for path, reason in refused.items()]
    return [path for _, path in pictures if path not in refused], _report_missing_glyphs(missing) + not_drawn


def _check_output(path: Path, kind: Kind, *, one_file: bool, each: bool) -> None:
    if each and kind.single == "never":
        figure = "profiles of groups show" if kind is GROUPS else f"--kind {kind.name} shows"
        raise OptionError(f"{figure} a cohort: omit --each")
    if each and one_file:
        raise OptionError(f"'{path.name}' is one picture: with --each, give a folder")
    if one_file:
        check_writable(path, PICTURE_ENDINGS)
    elif path.suffix and not path.is_dir():
        raise OptionError(
            f"cannot write '{path.name}': give a name that ends in {', '.join(PICTURE_ENDINGS)}, or a folder"
        )


def _gather(
    inputs: Sequence[str | Path], options: LoadOptions, settings: Settings, problems: list[Problem], kind: Kind
) -> tuple[pd.DataFrame, Settings, list[str]]:
    """The table to draw, the settings by which it is scored, and descriptions of settings that were replaced.

    The table has single trials or scored rows. Scored tables are drawn as they are, unless an option differs from the
    settings by which they were scored.
    """
    tables = {Path(path): read_scored(path) for path in inputs}
    scored = {path: table for path, table in tables.items() if table is not None}
    raw = [path for path, table in tables.items() if table is None]
    if kind.trials:
        return _gather_trials(raw, options, problems, kind), settings, []
    carried = [carried_by_frame(str(path), path, table) for path, table in scored.items()]
    taken, lines = compare(settings, carried)
    replaced = list_replaced(lines)
    if raw or replaced or ("mechanisms" in kind.options and "mechanisms" in taken):
        settings, _ = take_over(settings, carried)
    frames = [score_table(table, settings) if replaced else table for table in scored.values()]
    if raw:
        readings = open_readings(raw, options, problems.append)
        settings, lines = take_over(settings, find_carried(readings.tables))
        replaced += list_replaced(lines)
        frames += [block.table for block in score_readings(readings, settings.load(), problems.append)]
    return pd.concat(frames, ignore_index=True), settings, replaced


def _gather_trials(paths: Sequence[Path], options: LoadOptions, problems: list[Problem], kind: Kind) -> pd.DataFrame:
    readings = open_readings(paths, options, problems.append) if paths else None
    trials = [] if readings is None else [f for f in readings.frames(problems.append) if is_trials(f)]
    if not trials:
        raise OptionError(
            f"--kind {kind.name} is drawn from single trials ({kind.needed}), and the input has one row per tested "
            "area: use a file with one row per trial, such as examples/trials_synthetic.csv"
        )
    return pd.concat(trials, ignore_index=True)


def _choose_rows(table: pd.DataFrame, **wanted: str | None) -> pd.DataFrame:
    for column, value in wanted.items():
        if value is not None:
            table = table[(table[column] == value).fillna(False).astype(bool)]
            if table.empty:
                raise OptionError(f"no assessment has the {column} '{value}'")
    if table.empty:
        raise OptionError("the input has no rows: there is nothing to draw")
    return table


def _find_reference(scored: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    """The chosen reference set, if the rows were scored by it; otherwise the figure looks up theirs."""
    from qst.norms.reference_sets import load_reference

    reference = load_reference(settings.reference)
    return {"reference": reference} if (scored["reference_set"] == reference.id).all() else {}


def _divide(
    table: pd.DataFrame, kind: Kind, keys: list[str], own: Mapping[str, Any]
) -> list[tuple[tuple[object, ...], pd.DataFrame]]:
    """Rows of each person and visit, with the key that names its picture.

    Evidence for mechanisms belongs to one assessment, so each assessment of a person has its own picture.
    """
    if not kind.by_assessment:
        return [(tuple(key), group) for key, group in table.groupby(keys, sort=False, dropna=False)]
    from qst.cohort.selection import select_area

    table = select_area(table, own.get("area", "test"))
    divided: list[tuple[tuple[object, ...], pd.DataFrame]] = []
    for key, group in table.groupby(keys, sort=False, dropna=False):
        rows = [group.iloc[[row]] for row in range(len(group))]
        places = ("site", "side", "area") if len(rows) > 1 else ()
        divided += [((*key, *(row[place].iloc[0] for place in places)), row) for row in rows]
    return divided


def _save_one(kind: Kind, table: pd.DataFrame, path: Path, style: Style) -> str:
    """Draw one picture. Give the characters of its texts that no font has."""
    again = {"sheets": AXES_CACHES} if kind.on_sheets else {}
    ax = kind.draw(table, title=style.title, width_mm=style.width_mm, options={**style.options, **again})
    return write_figure(ax, path, dpi=style.dpi)


def _report_missing_glyphs(missing: str) -> list[Problem]:
    return [make_problem("no-glyph", description=describe_missing_glyphs(missing))] if missing else []


def _save_part(kind: Kind, part: list[tuple[pd.DataFrame, Path]], style: Style) -> Saved:
    """Draw some pictures. Give those that could not be drawn, with the reason, and the characters that no font has."""
    refused, missing = {}, set[str]()
    for table, path in part:
        try:
            missing |= set(_save_one(kind, table, path, style))
        except OptionError as error:
            refused[path] = str(error)
    return refused, "".join(sorted(missing))


def _save_all(kind: Kind, pictures: list[tuple[pd.DataFrame, Path]], style: Style, wanted: int | None) -> Saved:
    """Draw all pictures with a progress bar, in several processes if there are many. Give what `_save_part` gives."""
    processes = count_processes(len(pictures), wanted)
    if processes == 1:
        parts, done = [[picture] for picture in pictures], None
    else:
        parts = [pictures[start : start + AT_ONCE] for start in range(0, len(pictures), AT_ONCE)]
        done = _draw_in_processes(kind, parts, style, processes)
    done = done or ((len(part), _save_part(kind, part, style)) for part in parts)
    refused: dict[Path, str] = {}
    missing = set[str]()
    with tqdm(total=len(pictures), unit=" pictures", delay=1, disable=None, leave=False) as bar:
        for number, (not_drawn, characters) in done:
            refused |= not_drawn
            missing |= set(characters)
            bar.update(number)
    return {path: refused[path] for _, path in pictures if path in refused}, "".join(sorted(missing))


def _draw_in_processes(
    kind: Kind, parts: list[list[tuple[pd.DataFrame, Path]]], style: Style, processes: int
) -> Iterator[tuple[int, Saved]]:
    with start_processes(processes) as pool:
        sizes = {pool.submit(_save_part, kind, part, style): len(part) for part in parts}
        try:
            for future in as_completed(sizes):
                yield sizes[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
