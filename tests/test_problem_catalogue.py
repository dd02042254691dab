"""The catalogue of problems: every code that the program reports is in it once, and every entry is used."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import run
from paths import ROOT
from programs import load_program

from qst.problems import explain_code, load_catalogue, make_problem

SOURCES = [path for folder in ("qst", "cli") for path in sorted((ROOT / folder).rglob("*.py"))]
CODES = sorted(load_catalogue())


def find_calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path, node


def texts_of(node: ast.AST) -> set[str]:
    """Every text within an expression: a code may be chosen by a condition."""
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_problems_are_formed_from_the_catalogue_alone() -> None:
    by_hand = [f"{path.relative_to(ROOT)}:{call.lineno}" for path, call in find_calls("Problem")]
    assert not [place for place in by_hand if not place.startswith("qst/problems.py")]


def test_a_code_in_the_program_is_in_the_catalogue() -> None:
    for path, call in find_calls("make_problem"):
        code = call.args[0]
        if isinstance(code, ast.Constant):
            assert code.value in CODES, f"{path}:{call.lineno}"


def test_each_entry_and_each_of_its_messages_is_used() -> None:
    named = {text for path in SOURCES for text in texts_of(ast.parse(path.read_text(encoding="utf-8")))}
    for code, kind in load_catalogue().items():
        assert code in named, f"{code} is in the catalogue and is never reported"
        assert set(kind.messages) - {""} <= named, code


@pytest.mark.parametrize("code", CODES)
def test_an_entry_is_whole(code: str) -> None:
    kind = load_catalogue()[code]
    assert kind.severities
    assert set(kind.severities) <= {"error", "warning"}
    for text in (*kind.messages.values(), kind.meaning, kind.remedy):
        assert text == text.strip()
        assert text
    assert kind.meaning.endswith(".")
    assert kind.remedy.endswith(".")
    for name, template in kind.messages.items():
        gaps = {gap for _, gap, _, _ in string.Formatter().parse(template) if gap}
        places = {"file": "lab.csv", "row": 2, "column": "HPT", "value": "x"}
        details = {gap: places.get(gap, 0.0) for gap in gaps}
        problem = make_problem(code, name, severity=kind.severities[0], **details)  # type: ignore[arg-type]
        assert "{" not in problem.message


def test_a_code_appears_once() -> None:
    files = sorted((ROOT / "qst" / "problem_codes").glob("*.toml"))
    tables = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("[")]
    codes = [line.strip("[]") for line in tables if "." not in line]
    assert len(codes) == len(set(codes))


def test_the_page_of_problems_is_made_from_the_catalogue() -> None:
    module = load_program("docs/make_problems.py")
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert page == module.format_page(), "run python docs/make_problems.py"


def test_the_command_line_explains_a_code() -> None:
    shown = run("validate", "--explain-code", "row-too-long")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == explain_code("row-too-long")
    wrong = run("validate", "--explain-code", "row-to-long")
    assert wrong.exit_code == 2
    assert "did you mean row-too-long" in wrong.stderr
