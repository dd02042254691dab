"""The README and the docs are true: their commands and examples run."""

import re
import shlex
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from paths import EXAMPLES, ROOT

import qst
from qst.cli import main
from qst.norms.reference_sets import list_references, load_reference
from qst.notes import NOTES

DOCUMENTS = [ROOT / "README.md", EXAMPLES / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def in_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples, in which a reader's commands run."""
    (tmp_path / "examples").symlink_to(EXAMPLES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_examples_run(path: Path, in_copy: Path) -> None:
    for block in blocks(path, "python"):
        exec(compile(block, str(path), "exec"), {})


def test_main_command_scores_the_example(in_copy: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.search(r"<!-- main job -->\n```sh\n(.*?)\n```", text, re.DOTALL)
    assert command is not None
    install, score = command[1].split(" && ")
    assert install == "pip install ."
    result = CliRunner().invoke(main, shlex.split(score)[1:])
    assert result.exit_code == 0, result.output
    assert (in_copy / "scored.csv").read_text(encoding="utf-8").count("\n") == 121
    assert "LoGa of 118 assessments" in result.stderr


def test_commands_of_the_documents_exist() -> None:
    for path in DOCUMENTS:
        for block in blocks(path, "sh"):
            for line in block.replace("\\\n", " ").splitlines():
                for part in line.split("#")[0].split(" && "):
                    words = shlex.split(part)
                    if words[:1] != ["qst"]:
                        continue
                    options = [word for word in words if word.startswith("-")]
                    names = words[1:3] if words[1] == "reference" else words[1:2]
                    help_text = CliRunner().invoke(main, [*names, "--help"]).output
                    assert all(option in help_text for option in options), (path, line)


def test_recipes_for_files_run(in_copy: Path) -> None:
    """Each command of `docs/files.md` in turn, on the examples and the small files that are shown there."""
    path = ROOT / "docs" / "files.md"
    text = path.read_text(encoding="utf-8")
    for name, table in re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)```", text, re.DOTALL):
        (in_copy / name).write_text(table, encoding="utf-8")
    rows = pd.DataFrame({"subject": ["1"], "HPT": [45.1], "CPT": [12.5]})
    about = pd.DataFrame([["age", 45], ["sex", "female"]])
    with pd.ExcelWriter(in_copy / "patient.xlsx") as book:
        rows.to_excel(book, sheet_name="QST Hand", index=False)
        about.to_excel(book, sheet_name="Description", index=False, header=False)
    (in_copy / "filled_forms").mkdir()
    shutil.copy(EXAMPLES / "entry_form.xlsx", in_copy / "filled_forms")
    lines = "".join(blocks(path, "sh")).splitlines()
    assert len(lines) > 30
    for line in lines:
        command, _, remark = line.partition("#")
        result = CliRunner().invoke(main, shlex.split(command.partition(">")[0])[1:])
        assert result.exit_code == (1 if "exit 1" in remark else 0), (line, result.output)
        if "score" in command:
            assert re.search(r"\b[1-9]\d* z-scores", result.stderr), (line, result.output)


def test_problem_line_of_the_readme_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{n},40,female,hand,45.0" for n in range(2, 17)] + ["17,40,female,hand,5O.1"]
    (tmp_path / "cohort.csv").write_text("\n".join(["subject,age,sex,site,HPT", *rows]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["validate", "cohort.csv"])
    assert result.exit_code == 1
    line = result.stdout.strip().removeprefix("error: ")
    assert line in (ROOT / "README.md").read_text(encoding="utf-8")


def test_reference_table_is_complete() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in list_references():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert str(load_reference(name).source["doi"]) in row


def test_linked_files_exist() -> None:
    for path in DOCUMENTS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), (path, target)


def test_every_note_has_a_meaning() -> None:
    rows = [
        {"age": age, "sex": sex, "site": site, "CPT": cpt, "PPT": ppt, "MDT": 1e6, "WUR": 0.0, "MPS": 0.0, "PHS": 1.0}
        for age in (None, 17, 30, 80)
        for sex in (None, "female", "x")
        for site in (None, "hand", "face", "foot", "thigh", "leg")
        for cpt, ppt in ((0.0, 300.0), (None, -5.0))
    ]
    notes = qst.score(pd.DataFrame(rows), site_as={"leg": "foot"})["notes"]
    found = {item.partition(":")[0] for text in notes for item in text.split(";") if item}
    assert len(found) >= 14
    assert found <= set(NOTES)
