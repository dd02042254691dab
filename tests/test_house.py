"""The house stays as it is drawn: which folder may import which, and how long a file and a function may be."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from paths import ROOT

# --- the order of the folders ---------------------------------------------------------------------------------------

GROUND = ("protocol", "tables", "problems", "errors", "notes", "arrays", "atomic", "formulas", "language")
"""Modules of `qst/` that every folder may use."""

MAY_IMPORT = {
    "vocabulary": "",
    "derive": "vocabulary",
    "entry_form": "vocabulary",
    "loaders.files": "vocabulary",
    "loaders.headers": "vocabulary loaders.files",
    "loaders.rows": "vocabulary loaders.files loaders.headers",
    "loaders.formats": "vocabulary derive entry_form loaders.files loaders.headers loaders.rows",
    "loaders": "vocabulary loaders.files loaders.headers loaders.rows loaders.formats",
    "norms": "vocabulary",
    "inference": "vocabulary norms",
    "settings": "vocabulary norms inference",
    "scoring": "vocabulary derive norms inference settings",
    "cohort": "vocabulary norms inference",
    "simulation": "vocabulary derive norms inference settings scoring",
    "explain": "vocabulary norms inference settings scoring",
    "plots": "vocabulary derive norms inference cohort",
    "report": "vocabulary norms inference settings scoring cohort explain plots",
    "workflows": "vocabulary derive loaders.files loaders.headers loaders.rows loaders.formats loaders norms inference "
    "settings scoring cohort simulation explain plots report",
    "cli": "vocabulary entry_form loaders.headers loaders.formats norms settings cohort explain workflows",
}
"""What a folder may import beside the ground and itself. The data run down this table; an import runs up it."""

READERS = {"loaders", "loaders.files", "loaders.headers", "loaders.rows", "loaders.formats"}
MAY_LOAD = READERS | {"workflows", "cli"}
"""Folders that may import `qst.loaders`; the front of the package and `benchmarks/` may too."""


def name_module(path: Path) -> str:
    """The module in which a file is installed: `cli/` is `qst.cli`."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    parts = ["qst", *parts] if parts[0] == "cli" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def find_modules() -> dict[str, Path]:
    return {name_module(path): path for folder in ("qst", "cli") for path in sorted((ROOT / folder).rglob("*.py"))}


@cache
def find_imports(path: Path) -> frozenset[tuple[str, str]]:
    """Modules of `qst` that a file imports, wherever in the file, and the name it takes from each ("" for all)."""
    package = name_module(path).split(".")
    package = package if path.name == "__init__.py" else package[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                found.add((whole, "") if whole in find_modules() else (module, alias.name))
    return frozenset((module, name) for module, name in found if module.split(".")[0] == "qst")


def find_folder(module: str) -> str:
    """The folder of a module, as the table names it; "ground", or "front" for the package itself."""
    parts = module.split(".")[1:]
    if parts in ([], ["__main__"]):
        return "front"
    if parts[0] in GROUND:
        return "ground"
    two = ".".join(parts[:2])
    return two if two in MAY_IMPORT else parts[0]


def test_every_module_is_in_the_ground_or_in_a_folder_of_the_table() -> None:
    folders = {find_folder(module) for module in find_modules()}
    assert folders == {*MAY_IMPORT, "ground", "front"}


def test_the_table_runs_one_way() -> None:
    above: set[str] = set()
    for folder, allowed in MAY_IMPORT.items():
        assert set(allowed.split()) <= above, folder
        assert folder in MAY_LOAD or not READERS & set(allowed.split()), folder
        above.add(folder)


@pytest.mark.parametrize("folder", ["ground", *MAY_IMPORT])
def test_a_folder_imports_what_it_may(folder: str) -> None:
    allowed = {"ground", folder, *MAY_IMPORT.get(folder, "").split()}
    for module, path in find_modules().items():
        if find_folder(module) == folder:
            for imported, name in find_imports(path):
                if imported == "qst":
                    assert name == "__version__", f"{module} imports {name} from the front of the package"
                else:
                    assert find_folder(imported) in allowed, f"{module} imports {imported}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {imported for imported, _ in find_imports(path) if imported in find_modules() and imported != "qst"}
        for module, path in find_modules().items()
        if module != "qst"
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_tests_do_not_import_from_each_other() -> None:
    """Shared fixtures are in `conftest.py`, shared helpers in `tests/support`."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in named if name.startswith(("test_", "tests", "conftest"))], path


def test_folders_of_tests_are_folders_of_the_program() -> None:
    others = {"tests", "support", "docs", "examples", "loaders/broken"}
    for path in (ROOT / "tests").rglob("test_*.py"):
        folder = path.parent.relative_to(ROOT / "tests").as_posix()
        homes = [ROOT / "qst" / folder, ROOT / folder]
        assert folder in others or any(home.is_dir() for home in homes), path


# --- length ---------------------------------------------------------------------------------------------------------

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
LONG_FILES: set[str] = set()
LONG_FUNCTIONS = {
    "qst/plots/age.py: plot_age",
    "qst/plots/frequencies.py: plot_frequencies",
    "qst/plots/heatmap.py: plot_heatmap",
    "qst/plots/phenotypes.py: plot_phenotypes",
    "qst/plots/retest.py: plot_retest",
    "qst/plots/stimulus_response.py: plot_stimulus_response",
    "qst/report/subject.py: form_subject",
}
"""Exceptions, which may only become fewer; a function that has a good reason says it in a comment `# long: …`."""


def find_sources() -> Iterator[tuple[str, list[str]]]:
    """Each program of the repository: its path within it, and its lines."""
    for folder in ("qst", "cli", "tests", "benchmarks", "docs", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def is_explained(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> bool:
    """Whether the line of `def`, or the line above the function, says why it is long."""
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return any("# long: " in line for line in lines[max(first - 2, 0) : function.lineno])


def test_no_file_is_too_long() -> None:
    assert {name for name, lines in find_sources() if len(lines) > LONGEST_FILE} == LONG_FILES


def test_no_function_is_too_long() -> None:
    long = {
        f"{name}: {node.name}"
        for name, lines in find_sources()
        for node in ast.walk(ast.parse("\n".join(lines)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
        and not is_explained(node, lines)
    }
    assert long == LONG_FUNCTIONS
