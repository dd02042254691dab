"""Broken files: each has the problems that `broken/expected.toml` lists, its good rows are scored, nothing crashes."""

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from broken_corpus import (
    Case,
    count_z,
    find_problems,
    in_order,
    limit_memory,
    order_of,
    place_of,
    read_cases,
    read_csv,
    run,
    run_process,
    unprivileged,
    write,
)
from paths import BROKEN

import qst
from qst.errors import InputError
from qst.loaders.files import workbooks
from qst.workflows.table_writers import open_sink

NO_TABLES = ("expected.toml", "make_workbooks.py", ".gitattributes")
TESTED_BELOW = ("far_away_blank_cell.xlsx", "people_contradict.csv", "people_needed.csv")
FOUND_BY_SCORING = ("unknown-site", "age-below-norms", "z-implausible", "detection-past-pain")
REMEDY = re.compile(
    r"\b(add|say|use|write|correct|save|put|rename|give|fill|look for|ask|check|unpack|must hold|--\w+)\b",
    re.IGNORECASE,
)
HEADER = "subject,age,sex,site,CPT,HPT"
ROW = "34,female,hand,12.5,43.1"
QUIET = ("score", "--quiet")

CASES = read_cases()
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@pytest.fixture(autouse=True)
def _in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)


# --- the corpus -------------------------------------------------------------------------------------------------------


def test_every_file_of_the_corpus_is_tested() -> None:
    present = {path.name for path in BROKEN.iterdir() if path.is_file() and path.name not in NO_TABLES}
    assert present == {case.name for case in CASES} | set(TESTED_BELOW)
    assert len(present) >= 25
    assert all((BROKEN / name).stat().st_size < 20_000 for name in present)


@each_case
def test_command_line_names_the_problems_and_scores_the_rest(case: Case, tmp_path: Path) -> None:
    scored = tmp_path / "scored.csv"
    result = run(*QUIET, case.name, "-o", scored)
    problems = find_problems(case.name)
    assert [place_of(p) for p in problems] == sorted((p.place for p in case.problems), key=order_of)
    for problem, expected in zip(problems, sorted(case.problems, key=lambda p: order_of(p.place)), strict=True):
        assert all(fragment in problem.message for fragment in expected.says), problem.message
        assert not any(fragment in problem.message for fragment in expected.never_says), problem.message
    assert sorted(result.stderr.splitlines()) == sorted(f"{p.severity}: {p}" for p in problems)
    assert result.exit_code == case.exit_status
    assert [path.name for path in tmp_path.iterdir()] == ([] if case.rows is None else ["scored.csv"])
    if case.rows is not None:
        rows = read_csv(scored)
        assert (len(rows), count_z(rows)) == (case.rows, case.z_scores)
        assert {name: [row[name] for row in rows] for name in case.output} == case.output
        assert all(text in scored.read_text(encoding="utf-8") for text in case.holds)


@each_case
def test_library_gives_the_same_as_the_command_line(case: Case) -> None:
    problems: list[qst.Problem] = []
    if case.rows is None:
        with pytest.raises(InputError) as caught:
            qst.load(case.name, problems=problems)
        problems.append(caught.value.problem)
        assert str(caught.value) == str(caught.value.problem)
    else:
        scored = qst.score(qst.load(case.name, problems=problems))
        z_scores = scored[[f"{code}_z" for code in qst.protocol.Z_CODES]].notna().sum().sum()
        assert (len(scored), z_scores) == (case.rows, case.z_scores)
    expected = [p.place for p in case.problems if p.place.code not in FOUND_BY_SCORING]
    assert [place_of(p) for p in in_order(problems)] == sorted(expected, key=order_of)


def test_every_error_states_a_remedy() -> None:
    silent = {
        str(problem)
        for case in CASES
        if not case.name.startswith("workbook_")  # tested above
        for problem in find_problems(case.name)
        if problem.severity == "error" and not REMEDY.search(problem.message)
    }
    assert not silent


@pytest.mark.parametrize(
    "line",
    [
        "letter_o_for_zero.csv:3: column HPT: '5O.1' is not a number; expected heat pain threshold in °C: correct it, "
        "or leave it empty if it was not measured (code: not-a-number)",
        "missing_age.csv:3: column age: no age is given; the row is kept without z-scores: fill it in "
        "(code: missing-age)",
        "password.xlsx: the workbook is protected with a password: save it without one (code: password)",
        "cdt_unclear.csv:1: column CDT: the values of CDT (29.6 to 31.1) may be temperatures or distances from the "
        "baseline of 32 °C: use --thermal absolute or --thermal difference (code: temperature-unclear)",
    ],
)
def test_problem_lines_word_for_word(line: str) -> None:
    assert [str(problem) for problem in find_problems(line.partition(":")[0])] == [line]


@pytest.mark.parametrize(
    "name", ["letter_o_for_zero.csv", "truncated.xlsx", "empty.csv", "nul_bytes.csv", "password.xlsx"]
)
def test_a_real_process_ends_without_a_traceback(name: str, tmp_path: Path) -> None:
    process = run_process(*QUIET, name, "-o", tmp_path / "scored.csv")
    assert process.returncode == 1
    assert process.stderr.startswith(f"error: {name}")
    assert "Traceback" not in process.stderr


# --- files that cannot be kept in a repository ------------------------------------------------------------------------


def test_a_cell_of_ten_million_characters_costs_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", HEADER, f"1,{ROW}", f"2,{ROW}{'4' * 10_000_000}", f"3,{ROW}x", f"4,{ROW}")
    result = run(*QUIET, path, "-o", tmp_path / "scored.csv")
    assert [(p.code, p.row) for p in find_problems(path)] == [("cell-too-long", 3), ("not-a-number", 4)]
    assert len(result.stderr) < 1000
    assert [row["subject"] for row in read_csv(tmp_path / "scored.csv")] == ["1", "3", "4"]


def test_a_header_of_ten_million_characters_is_refused_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", "x" * 10_000_000, HEADER, f"1,{ROW}")
    process = run_process("validate", path, seconds=20)
    assert process.returncode == 1
    assert "Traceback" not in process.stderr


def test_a_long_remark_in_the_first_rows_takes_no_time(tmp_path: Path) -> None:
    path = write(tmp_path / "remark.csv", HEADER + ",remark", f"1,{ROW},{'patient' * 10_000}")
    process = run_process(*QUIET, path, "-o", tmp_path / "scored.csv", seconds=20)
    assert (process.returncode, process.stderr) == (0, "")


def test_a_lost_quotation_mark_in_a_long_file_does_not_shift_the_rows_after_it(tmp_path: Path) -> None:
    lines = [f"{row:05},{ROW}," for row in range(2, 8001)]
    lines[2], lines[7000] = lines[2] + '"lost', lines[7000].replace("43.1", "4x.1")
    path = write(tmp_path / "quote.csv", HEADER + ",remark", *lines)
    problems = find_problems(path)
    assert [(p.code, p.row) for p in problems] == [("cell-too-long", 4), ("not-a-number", 7002)]
    assert re.search(r"\d,?\d+ (lines|rows)|(lines|rows) 4 to", problems[0].message), "how much is lost?"


def test_nul_bytes_late_in_a_file_are_named_and_not_passed_on(tmp_path: Path) -> None:
    lines = [f"{row:05},{ROW}" for row in range(2, 5002)]
    lines[4000], lines[4001] = "04002,34,female,hand,12.5,43\0.1", f"04\000003,{ROW}"
    path = write(tmp_path / "nul.csv", HEADER, *lines)
    assert [(p.row, p.column) for p in find_problems(path)] == [(4002, "HPT"), (4003, "subject")]
    run(*QUIET, path, "-o", tmp_path / "scored.csv")
    assert b"\0" not in (tmp_path / "scored.csv").read_bytes()


@pytest.mark.parametrize("row", [20, 4002])
def test_a_stray_line_end_within_a_number_is_found_anywhere(row: int, tmp_path: Path) -> None:
    lines = [f"{number:05},{ROW}" for number in range(2, 5002)]
    lines[row - 2] = lines[row - 2].replace("43.1", "43\r.1")
    path = tmp_path / "stray.csv"
    path.write_bytes("\n".join([HEADER, *lines]).encode())
    assert [(p.code, p.row) for p in find_problems(path)] == [("no-values", row + 1), ("row-too-short", row + 1)]


def test_two_columns_that_differ_only_far_below_are_not_alike(tmp_path: Path) -> None:
    lines = [f"{row},{ROW},{40 if row == 70 else 43.1}" for row in range(2, 82)]
    problems = find_problems(write(tmp_path / "twice.csv", HEADER + ",HPT", *lines))
    assert [(p.severity, p.code, p.column) for p in problems] == [("error", "two-columns", "HPT")]


def test_a_blank_in_the_last_cell_of_a_sheet_costs_no_memory(tmp_path: Path) -> None:
    limit = limit_memory(4 << 30)
    process = run_process(*QUIET, "far_away_blank_cell.xlsx", "-o", tmp_path / "s.csv", seconds=20, preexec_fn=limit)
    assert process.stderr.startswith("error: far_away_blank_cell.xlsx:3: column HPT: 'warm'")
    assert len(read_csv(tmp_path / "s.csv")) == 3


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "LARGEST_WORKBOOK", 1000)
    with pytest.raises(InputError, match=r"unpacks to [\d,]+ bytes and .*: save .* as CSV \(code: too-large\)"):
        qst.load("error_cell.xlsx")


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.csv")
    process = run_process(*QUIET, tmp_path / "pipe.csv", seconds=20)
    assert process.returncode in (1, 2)
    assert "save the data" in process.stderr


def test_a_file_whose_name_is_not_text_is_scored(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.csv"
    try:
        Path(os.fsdecode(path)).write_bytes(Path("text_in_numbers.csv").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    process = run_process(*QUIET, path, "-o", tmp_path / "scored.csv", errors="replace")
    assert "Traceback" not in process.stderr
    assert len(read_csv(tmp_path / "scored.csv")) == 3


# --- folders, permissions, several files ------------------------------------------------------------------------------


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "contains no file that ends in .csv" in run(*QUIET, tmp_path / "empty").stderr
    result = run(*QUIET, "folder_with_one_bad_file", "-o", tmp_path / "scored.csv")
    assert (result.exit_code, len(read_csv(tmp_path / "scored.csv"))) == (1, 2)
    assert [(p.code, Path(p.file or "").name) for p in find_problems("folder_with_one_bad_file")] == [
        ("no-qst-columns", "bad.csv")
    ]


def test_the_output_in_a_folder_is_not_an_input_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(Path("text_in_numbers.csv").read_bytes())
    for _ in range(2):
        run(*QUIET, tmp_path, "-o", tmp_path / "scored.csv")
        assert len(read_csv(tmp_path / "scored.csv")) == 3


def test_a_scored_table_can_be_scored_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    run(*QUIET, "ids_with_zeros.xlsx", "-o", first)
    result = run(*QUIET, first, "-o", second)
    assert (result.exit_code, result.stderr) == (0, "")
    kept = qst.tables.SCORED_COLUMNS
    assert [[row[name] for name in kept] for row in read_csv(second)] == [
        [row[name] for name in kept] for row in read_csv(first)
    ]


def test_duplicates_across_files_name_the_other_file(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", HEADER, f"1,{ROW}")
    two = write(tmp_path / "two.csv", HEADER, f"2,{ROW}", f"1,{ROW}")
    problem = find_problems(one, two)[0]
    assert (problem.code, problem.file, problem.row) == ("duplicate-assessment", str(two), 3)
    assert f"{one}, row 2" in problem.message


def test_people_who_contradict_themselves_are_not_used(tmp_path: Path) -> None:
    arguments = ("people_needed.csv", "--demographics", "people_contradict.csv")
    problems = find_problems(*arguments)
    assert [(p.severity, p.code, p.row) for p in problems] == [
        ("error", "not-in-demographics", None),
        ("error", "not-in-demographics", None),
        ("error", "contradiction", 3),
        ("warning", "no-measurements", 5),
    ]
    assert "rows 3, 4" in problems[2].message
    assert all(REMEDY.search(p.message) for p in problems if p.severity == "error"), "what is to be done?"
    run(*QUIET, *arguments, "-o", tmp_path / "scored.csv")
    assert [count_z([row]) for row in read_csv(tmp_path / "scored.csv")] == [1, 0, 0]


def test_files_without_permission() -> None:
    with unprivileged() as folder:
        alone = run(*QUIET, folder / "secret.csv", "-o", folder / "alone.csv")
        beside = run(*QUIET, folder / "open", folder / "secret.csv", "-o", folder / "beside.csv")
        assert (alone.exit_code, (folder / "alone.csv").exists()) == (1, False)
        assert (beside.exit_code, len(read_csv(folder / "beside.csv"))) == (1, 3)
    for line in (alone.stderr, beside.stderr):
        assert re.search(r"secret\.csv: you are not allowed to read .* \(code: no-permission\)", line)


def test_folders_without_permission_are_not_passed_over() -> None:
    with unprivileged() as folder:
        alone = run("validate", folder / "closed")
        within = run("validate", folder)
        assert run("validate", folder / "closed" / "data.csv").exit_code == 1
    assert "not allowed" in alone.stdout
    assert f"{folder}/closed" in within.stdout


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["empty.csv", "truncated.xlsx", "no_qst_columns.csv"])
def test_a_file_that_was_not_written_is_not_reported_as_written(name: str, tmp_path: Path) -> None:
    old = write(tmp_path / "scored.csv", "the old one")
    result = run("score", name, "-o", old)
    assert result.exit_code == 1
    assert "Written" not in result.stderr
    assert old.read_text(encoding="utf-8") == "the old one\n"


def test_a_file_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    result = run("score", "nowhere.csv", "-o", tmp_path / "scored.csv")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "error: nowhere.csv: there is no such file: check its name and the folder you are in (code: no-file)"
    ]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_an_interrupted_output_leaves_the_old_file_and_no_other(
    ending: str, error: type[BaseException], tmp_path: Path
) -> None:
    old = write(tmp_path / f"scored{ending}", "the old one")
    with pytest.raises(error), open_sink(old) as sink:
        sink.write(pd.DataFrame({"subject": ["007"]}))
        raise error
    assert [path.name for path in tmp_path.iterdir()] == [old.name]
    assert old.read_text(encoding="utf-8") == "the old one\n"


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", HEADER, f"1,{ROW}")
    before = path.read_bytes()
    assert run(*QUIET, path, "-o", path).exit_code == 2
    assert path.read_bytes() == before


def test_a_full_disk_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "qst", *QUIET, "subject_007.csv"]
        process = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert process.returncode == 2
    assert "No space left on device" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("name", ["control_character.csv", "control_z_at_end.csv"])
def test_characters_that_excel_cannot_hold_do_not_stop_a_workbook(name: str, tmp_path: Path) -> None:
    assert run(*QUIET, name, "-o", tmp_path / "scored.xlsx").exit_code == 0
    assert len(pd.read_excel(tmp_path / "scored.xlsx")) == 2


def test_a_text_too_long_for_excel_is_not_cut_silently(tmp_path: Path) -> None:
    lines = [f"{row},{ROW},{'long ' * 8000 if row == 20 else ''}" for row in range(2, 30)]
    path = write(tmp_path / "long.csv", HEADER + ",remark", *lines)
    result = run(*QUIET, path, "-o", tmp_path / "scored.xlsx")
    assert "32,767" in result.stderr


FORMULAS = {
    "subject": '=HYPERLINK("http://example.org","x")',
    "side": "@SUM(A1)",
    "remark": "+49 761 270",
    "=1+1": "-cmd",
}


def test_formulas_stay_text_in_csv(tmp_path: Path) -> None:
    scored = tmp_path / "scored.csv"
    run(*QUIET, "formula_in_cells.csv", "formula_after_tab_in_id.csv", "-o", scored)
    rows = list(csv.reader(io.StringIO(scored.read_text(encoding="utf-8"))))
    number = re.compile(r"-|[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell and not number.fullmatch(cell)]
    table = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert {name: table[0]["'=1+1" if name == "=1+1" else name] for name in FORMULAS} == {
        name: f"'{text}" for name, text in FORMULAS.items()
    }
    assert table[1]["'=1+1"] == "-5"


def test_formulas_stay_text_in_a_workbook(tmp_path: Path) -> None:
    scored = tmp_path / "scored.xlsx"
    run(*QUIET, "formula_in_cells.csv", "formula_after_tab_in_id.csv", "-o", scored)
    sheet = openpyxl.load_workbook(scored)["qst"]
    names = [cell.value for cell in sheet[1]]
    assert {name: sheet[2][names.index(name)].value for name in FORMULAS} == FORMULAS
    assert not [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_formulas_come_back_as_they_were_written(ending: str, tmp_path: Path) -> None:
    scored = tmp_path / f"scored{ending}"
    run(*QUIET, "formula_in_cells.csv", "-o", scored)
    again = qst.load(scored, problems=[])
    assert {name: again.loc[0, name] for name in FORMULAS} == FORMULAS
