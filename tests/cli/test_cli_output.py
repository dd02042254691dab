"""What the commands write: the library's numbers, whole or not at all, harmless in a spreadsheet."""

import csv
import json
import math
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from command_line import frames_agree, run
from paths import COHORT, REFERENCE_VALUES, TRIALS

import qst
import qst.workflows.table_writers
from qst.loaders.formats.scored import read_scored
from qst.tables import LISTS, SCORED_COLUMNS

pytestmark = pytest.mark.usefixtures("work")

# --- the same numbers as the library --------------------------------------------------------------------------------

AS_WRITTEN = {"keep_default_na": False, "na_values": [""]}


@pytest.fixture(scope="module")
def from_library() -> pd.DataFrame:
    problems: list[qst.Problem] = []
    return qst.score(qst.load(COHORT, problems=problems))


def test_csv_holds_what_the_library_gives(from_library: pd.DataFrame) -> None:
    assert run("score", COHORT, "-o", "out.csv").exit_code == 0
    text = [column for column in from_library if not pd.api.types.is_numeric_dtype(from_library[column])]
    frames_agree(pd.read_csv("out.csv", dtype=dict.fromkeys(text, str), **AS_WRITTEN), without_empty(from_library))


def test_excel_holds_what_the_library_gives(from_library: pd.DataFrame) -> None:
    assert run("score", COHORT, "-o", "out.xlsx").exit_code == 0
    read = pd.read_excel("out.xlsx", dtype={"subject": str, "visit": str}, **AS_WRITTEN)
    frames_agree(read, without_empty(from_library), rel=1e-15)  # openpyxl writes 16 digits


def test_json_holds_what_the_library_gives(from_library: pd.DataFrame) -> None:
    assert run("score", COHORT, "-o", "out.json").exit_code == 0
    records = json.loads(Path("out.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    frames_agree(pd.DataFrame(records), from_library)


def test_parquet_holds_what_the_library_gives(from_library: pd.DataFrame) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    assert run("score", COHORT, "-o", "out.parquet").exit_code == 0
    frames_agree(pd.read_parquet("out.parquet"), from_library)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_a_scored_file_is_read_back_as_it_was(from_library: pd.DataFrame, ending: str) -> None:
    run("score", COHORT, "-o", f"out.{ending}")
    read = read_scored(f"out.{ending}")
    assert read is not None
    frames_agree(read[list(SCORED_COLUMNS)], from_library[list(SCORED_COLUMNS)], rel=1e-15)


def test_a_scored_file_can_be_scored_again() -> None:
    run("score", "good.csv", "-o", "once.csv")
    again = run("score", "once.csv", "-o", "twice.csv")
    assert again.exit_code == 0, again.stderr
    once, twice = (read_column(Path(name), "HPT_z") for name in ("once.csv", "twice.csv"))
    assert once == twice


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_a_scored_file_whose_rows_have_no_note_is_read_back(ending: str) -> None:
    run("score", "good.csv", "-o", f"out.{ending}")
    read = read_scored(f"out.{ending}")
    assert read is not None
    assert read["notes"].tolist() == ["", ""]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
def test_files_with_different_columns_of_their_own_make_one_table(ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    Path("ward.csv").write_text("id,age,sex,site,HPT,ward\n9,40,f,hand,44,A\n", encoding="utf-8")
    result = run("score", "good.csv", "ward.csv", "-o", f"out.{ending}", "-q")
    assert result.exit_code == 0, result.stderr
    assert read_column(Path(f"out.{ending}"), "ward") in ([None, None, "A"], ["", "", "A"])


def test_trials_give_what_the_library_gives() -> None:
    run("score", TRIALS, "-o", "out.json")
    records = pd.DataFrame(json.loads(Path("out.json").read_text(encoding="utf-8")))
    frames_agree(records, qst.score(qst.load(TRIALS, problems=[])))


def test_stdout_is_the_default_and_holds_the_table_alone() -> None:
    to_stdout = run("score", COHORT)
    run("score", COHORT, "-o", "out.csv")
    assert to_stdout.stdout == Path("out.csv").read_text(encoding="utf-8")
    assert "assessments" in to_stdout.stderr


def test_quiet_says_nothing_where_all_is_well() -> None:
    assert run("score", "good.csv", "-o", "out.csv", "--quiet").stderr == ""


def test_subjects_stay_as_written() -> None:
    for ending in ("csv", "xlsx"):
        run("score", "good.csv", "-o", f"out.{ending}")
    assert pd.read_csv("out.csv", dtype=str)["subject"].tolist() == ["007", "8"]
    assert openpyxl.load_workbook("out.xlsx").active["A2"].value == "007"


def test_options_reach_the_scoring() -> None:
    norms = REFERENCE_VALUES / "magerl2010"
    options = ["--cut-off", "1.5", "--device-limit", "PPT=2000", "--dma-threshold", "10", "--reference", norms]
    run("score", COHORT, "-o", "out.json", *options)
    scored = qst.score(qst.load(COHORT, problems=[]), norms, cut_off=1.5, device_limits={"PPT": 2000}, dma_threshold=10)
    frames_agree(pd.DataFrame(json.loads(Path("out.json").read_text(encoding="utf-8"))), scored)


def test_validate_as_json_is_what_the_library_collects() -> None:
    problems: list[qst.Problem] = []
    qst.load("bad.csv", problems=problems)
    result = run("validate", "bad.csv", "--json")
    assert json.loads(result.stdout) == [problem.as_dict() for problem in problems]
    assert [problem.code for problem in problems] == ["not-a-number"]


def test_validate_writes_one_line_a_problem_and_no_file() -> None:
    before = sorted(Path().iterdir())
    result = run("validate", "bad.csv")
    assert result.stdout.startswith("error: bad.csv:2: column HPT: '5O.1' is not a number")
    assert result.stdout.endswith("(code: not-a-number)\n")
    assert len(result.stdout.splitlines()) == 1
    assert sorted(Path().iterdir()) == before


def without_empty(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as a file shows it that cannot tell empty text from none."""
    return frame.replace({column: {"": math.nan} for column in LISTS})


# --- whole or not at all --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("earlier", [None, b"what was there before"])
def test_a_failure_while_writing_leaves_what_was_there(
    monkeypatch: pytest.MonkeyPatch, ending: str, earlier: bytes | None
) -> None:
    out = Path(f"out.{ending}")
    if earlier is not None:
        out.write_bytes(earlier)
    kind = qst.workflows.table_writers._SINKS[f".{ending}"]
    write = kind.write  # type: ignore[attr-defined]

    def fail(self: object, block: pd.DataFrame) -> None:
        write(self, block)
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(kind, "write", fail)
    before = sorted(Path().iterdir())
    result = run("score", "good.csv", "-o", out, "-q")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert sorted(Path().iterdir()) == before, "no part is left behind"
    assert (out.read_bytes() if out.exists() else None) == earlier


def test_an_earlier_result_is_replaced_whole() -> None:
    Path("out.csv").write_text("x" * 100_000, encoding="utf-8")
    run("score", "good.csv", "-o", "out.csv")
    assert len(pd.read_csv("out.csv")) == 2


def test_a_folder_in_the_place_of_the_output_is_left() -> None:
    Path("out.csv").mkdir()
    result = run("score", "good.csv", "-o", "out.csv", "-q")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert list(Path("out.csv").iterdir()) == []


def guarded(name: str, *arguments: str) -> None:
    """An input survives being named as the output."""
    before = Path(name).read_bytes()
    result = run("score", *arguments, "-o", name, "-q")
    assert Path(name).read_bytes() == before
    assert result.exit_code == 2


def test_an_input_is_not_overwritten() -> None:
    guarded("good.csv", "good.csv")
    guarded("good.csv", "bad.csv", "./good.csv")


def test_a_file_of_an_input_folder_is_not_overwritten() -> None:
    Path("inputs/sub").mkdir(parents=True)
    for name in ("inputs/one.csv", "inputs/sub/two.csv"):
        shutil.copy("good.csv", name)
        guarded(name, "inputs")


def test_the_demographics_are_not_overwritten() -> None:
    Path("people.csv").write_text("id,age,sex\n007,25,f\n8,61.5,m\n", encoding="utf-8")
    Path("values.csv").write_text("id,site,HPT\n007,hand,45\n8,foot,46\n", encoding="utf-8")
    guarded("people.csv", "values.csv", "--demographics", "people.csv")


def test_the_reference_set_is_not_overwritten() -> None:
    shutil.copy(REFERENCE_VALUES / "magerl2010" / "values.csv", "norms.csv")
    guarded("norms.csv", "good.csv", "--reference", "norms.csv")


def test_files_without_a_row_of_data_are_an_error_and_write_nothing() -> None:
    Path("template.csv").write_text("no,id,age,sex,site,HPT\n1,,,,,\n2,,,,,\n", encoding="utf-8")
    for inputs in (["template.csv"], ["good.csv", "--demographics", "good.csv"]):
        result = run("score", *inputs, "-o", "out.csv")
        assert result.exit_code != 0
        assert not Path("out.csv").exists()
        assert "Written" not in result.stderr


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "parquet"])
def test_files_of_which_no_row_can_be_used_say_why_and_write_nothing(ending: str) -> None:
    """Commas as decimal signs between commas: every row has a cell too many."""
    Path("commas.csv").write_text("id,age,sex,site,HPT\n1,25,f,hand,44,5\n2,25,f,hand,45,1\n", encoding="utf-8")
    result = run("score", "commas.csv", "-o", f"out.{ending}", "-q")
    assert result.exit_code == 1
    assert "row-too-long" in result.stderr
    assert not Path(f"out.{ending}").exists()


# --- formulas -------------------------------------------------------------------------------------------------------

EVIL = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", '=HYPERLINK("http://x","y")']
HARMLESS = ["-5", "+3.5e-2", "-", "007", "a=b"]


def write_evil() -> None:
    with Path("evil.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "age", "sex", "site", "HPT", "remark", "=2+2"])
        rows.writerows([text, 25, "f", "hand", 45, text, text] for text in (*EVIL, *HARMLESS))


def test_formulas_are_harmless_in_csv_and_come_back_as_they_were() -> None:
    write_evil()
    run("score", "evil.csv", "-o", "out.csv")
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    assert not any(cell.startswith(("=", "@", "\t", "\r")) for row in cells for cell in row)
    remark = cells[0].index("remark")
    assert [row[remark] for row in cells[1:]] == [f"'{text}" for text in EVIL] + HARMLESS
    assert qst.load("out.csv", problems=[])["remark"].tolist() == EVIL + HARMLESS


def test_formulas_are_text_in_excel() -> None:
    write_evil()
    run("score", "evil.csv", "-o", "out.xlsx")
    sheet = openpyxl.load_workbook("out.xlsx").active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    header = [cell.value for cell in sheet[1]]
    assert "=2+2" in header
    remark = header.index("remark") + 1
    assert [sheet.cell(row, remark).value for row in range(2, sheet.max_row + 1)] == EVIL + HARMLESS


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
@pytest.mark.parametrize("remark", ["a\x01b", "#N/A", "word " * 7_000, "naïve µ 日本", "two\nlines"])
def test_odd_texts_are_written_or_refused_in_one_line(ending: str, remark: str) -> None:
    """An Excel cell has no control characters and at most 32,767 characters: that is said, not cut in silence."""
    with Path("odd.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "age", "sex", "site", "HPT", "remark"], [1, 25, "f", "hand", 45, remark]])
    result = run("score", "odd.csv", "-o", f"out.{ending}", "-q")
    if result.exit_code != 0:
        assert len(result.stderr.splitlines()) == 1
        assert not Path(f"out.{ending}").exists()
    elif "text-changed" in result.stderr:
        assert ending == "xlsx"
        assert len(read_column(Path("out.xlsx"), "remark")) == 1
    else:
        assert read_column(Path(f"out.{ending}"), "remark") == [remark]


def read_column(path: Path, name: str) -> list[object]:
    if path.suffix == ".json":
        return [record[name] for record in json.loads(path.read_text(encoding="utf-8"))]
    if path.suffix == ".parquet":
        return [None if pd.isna(value) else value for value in pd.read_parquet(path)[name]]
    if path.suffix == ".xlsx":
        rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [tuple(row) for row in csv.reader(file)]
    return [row[rows[0].index(name)] for row in rows[1:]]
