"""`qst convert`: what files hold, in our table; reading that back gives the same table."""

import csv
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import frames_agree, run
from hypothesis import given
from hypothesis import strategies as st
from lab_files import write
from laboratory import RANGES
from paths import COHORT, TRIALS
from written_tables import own_texts

import qst
from qst.errors import InputError, OptionError
from qst.loaders.headers.options import LoadOptions
from qst.problems import PROBLEM_COLUMNS
from qst.protocol import CODES
from qst.tables import ASSESSMENT_COLUMNS, SOURCE, TRIAL_COLUMNS
from qst.workflows.convert import convert_files

pytestmark = pytest.mark.usefixtures("work")

ENDINGS = [".csv", ".xlsx", ".parquet", ".json"]
XLSX_DIGITS = 1e-14
"""A cell of a workbook keeps 16 digits of a number."""


def there_and_back(source: Path, ending: str, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / f"out{ending}"
        convert_files([source], output, LoadOptions(**options))
        return qst.load(source, problems=[], **options), qst.load(output, problems=[])


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("source", [COHORT, TRIALS], ids=["assessments", "trials"])
def test_examples_come_back(source: Path, ending: str) -> None:
    frames_agree(*there_and_back(source, ending), rel=XLSX_DIGITS if ending == ".xlsx" else 0)


@given(data=st.data(), remarks=own_texts, ending=st.sampled_from(ENDINGS))
def test_any_assessments_come_back(data: st.DataObject, remarks: list[str], ending: str) -> None:
    codes = data.draw(st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    n = len(remarks)
    table: dict[str, Any] = {
        "subject": [f"={i}e5" if i % 2 else f"{i:03d}" for i in range(n)],
        "visit": data.draw(st.lists(st.sampled_from(["T1", "NA", "999", ""]), min_size=n, max_size=n)),
        "age": data.draw(st.lists(st.one_of(st.none(), st.floats(20, 90)), min_size=n, max_size=n)),
        "sex": ["f", "m", ""][:n] + ["f"] * (n - 3),
        "site": data.draw(st.lists(st.sampled_from(["hand", "Fuß", "Knie =1", ""]), min_size=n, max_size=n)),
        "side": data.draw(st.lists(st.sampled_from(["l", "rechts", "both", ""]), min_size=n, max_size=n)),
        "remark; x": remarks,
        "Kälteschmerz_old": remarks,
        "loga": remarks,
    }
    for code in codes:
        low, high, _ = RANGES[code]
        column = data.draw(st.lists(st.floats(low, high), min_size=n, max_size=n))
        table[code] = [round(x) for x in column] if code == "PHS" else column
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab.csv"
        pd.DataFrame(table).to_csv(lab, index=False, quoting=csv.QUOTE_ALL)
        try:
            frame, back = there_and_back(lab, ending, thermal="difference", units={"PPT": "kPa"})
        except InputError:  # the draw gave columns that cannot be what they say
            return
        if ending == ".xlsx":  # Excel has one line end, and no control characters
            frame = frame.map(lambda x: x.replace("\r\n", "\n").replace("\r", "\n") if isinstance(x, str) else x)
        frames_agree(frame, back, rel=XLSX_DIGITS if ending == ".xlsx" else 0)


@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_any_trials_come_back(data: st.DataObject, ending: str) -> None:
    row = st.tuples(
        st.sampled_from(["CDT", "HPT", "TSL", "MPS", "WUR", "XYZ"]),
        st.sampled_from(["1", "2", ""]),
        st.sampled_from(["warm", "cold", "single", "train", ""]),
        st.floats(31, 49.5),
        st.sampled_from(["1", "0", ""]),
        st.sampled_from(["32", "30", ""]),
        st.sampled_from(["a", "=b", ""]),
    )
    rows = data.draw(st.lists(row, min_size=1, max_size=12))
    header = ["parameter", "series", "stimulus", "value", "keep", "baseline", "CPT_note"]
    frame = pd.DataFrame(rows, columns=header).assign(subject="007", age=30, sex="f", site="hand")
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab.csv"
        frame.to_csv(lab, index=False)
        try:
            read, back = there_and_back(lab, ending, thermal="absolute")
        except InputError:  # only XYZ
            return
        frames_agree(read, back, rel=XLSX_DIGITS if ending == ".xlsx" else 0)
        assert {"series", "stimulus", "keep", "baseline", *SOURCE} <= set(back.columns)


@pytest.mark.parametrize("ending", ENDINGS)
def test_distances_that_look_like_temperatures_stay_distances(tmp_path: Path, ending: str) -> None:
    rows = [f"{i},30,f,hand,{25 + i / 10},{3 + i / 10},60,999.0" for i in range(12)]
    lab = write(tmp_path, "\n".join(["subject,age,sex,site,CDT_diff,WDT_diff,PPT_kPa,MPT", *rows]))
    frame, back = there_and_back(lab, ending)
    frames_agree(frame, back, rel=XLSX_DIGITS)
    assert back["CDT"].tolist() == pytest.approx([25 + i / 10 for i in range(12)])
    assert back["MPT"].tolist() == [999] * 12


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_noted_and_where_it_came_from_come_back(tmp_path: Path, ending: str) -> None:
    lab = write(tmp_path, "id,age,sex,site,PPT [N],WDT,baseline,MPS\n1,30,f,hand,40,36,30,0\n1,30,f,hand,41,37,30,2\n")
    frame, back = there_and_back(lab, ending)
    assert back.loc[0, "notes"].split(";") == ["converted:PPT=N*10", "rating_offset_added:MPS", "baseline:30"]
    assert back["source_row"].tolist() == [2, 3]
    assert set(back["source_file"]) == {str(lab)}
    assert frame["MPS"].tolist() == back["MPS"].tolist() == [0.1, 2.1]
    assert qst.score(back)["notes"].tolist() == qst.score(frame)["notes"].tolist()


def test_a_scored_table_reads_as_what_it_was_scored_from(tmp_path: Path) -> None:
    for ending in ENDINGS:
        output = tmp_path / f"scored{ending}"
        assert run("score", COHORT, "-q", "-o", output).exit_code in (0, 1)
        before, back = (qst.load(path, problems=[]).drop(columns="notes") for path in (COHORT, output))
        frames_agree(before, back, rel=XLSX_DIGITS)


def test_own_columns_with_names_of_ours_come_back_as_own(tmp_path: Path) -> None:
    lab = write(tmp_path, "id,age,sex,site,HPT,Kälteschmerz,hpt_left,VDT\n1,30,f,hand,44,x,y,7\n")
    frame, back = there_and_back(lab, ".csv", ignore=("Kälteschmerz", "hpt_left"))
    frames_agree(frame, back)
    assert back.loc[0, ["Kälteschmerz", "hpt_left"]].tolist() == ["x", "y"]


def test_an_own_column_of_trials_may_have_the_name_of_a_parameter(tmp_path: Path) -> None:
    lab = write(tmp_path, "id,age,sex,site,parameter,value,CPT\n1,30,f,hand,HPT,44,x\n1,30,f,hand,HPT,45,x\n")
    frame, back = there_and_back(lab, ".parquet", ignore=("CPT",))
    frames_agree(frame, back)
    assert qst.score(back).loc[0, ["HPT", "CPT_input"]].tolist() == [44.5, "x"]


def test_trials_become_assessments(tmp_path: Path) -> None:
    result = run("convert", TRIALS, "--to", "assessments", "-o", tmp_path / "wide.csv")
    assert "assessments)" in result.stderr
    wide = qst.load(tmp_path / "wide.csv", problems=[])
    assert list(wide.columns[:20]) == list(ASSESSMENT_COLUMNS)
    derived = qst.derive_values(qst.load(TRIALS, problems=[]))
    frames_agree(derived[[*ASSESSMENT_COLUMNS, "notes"]], wide[[*ASSESSMENT_COLUMNS, "notes"]])


def test_trials_stay_trials(tmp_path: Path) -> None:
    run("convert", TRIALS, "-o", tmp_path / "long.csv")
    with (tmp_path / "long.csv").open(encoding="utf-8") as file:
        assert next(csv.reader(file))[:13] == [*TRIAL_COLUMNS[:11], "keep", "baseline"]
    scored = [qst.score(qst.load(path, problems=[])) for path in (TRIALS, tmp_path / "long.csv")]
    frames_agree(*scored)


def test_assessments_do_not_become_trials(tmp_path: Path) -> None:
    result = run("convert", COHORT, "--to", "trials", "-o", tmp_path / "x.csv")
    assert result.exit_code == 2
    assert "the trials cannot be recovered from the values: use --to assessments" in result.stderr
    assert not (tmp_path / "x.csv").exists()


def test_both_kinds_together_become_assessments_and_that_is_told(tmp_path: Path) -> None:
    result = run("convert", COHORT, TRIALS, "-o", tmp_path / "all.parquet")
    assert "has one row per trial and" in result.stderr
    both = qst.load(tmp_path / "all.parquet", problems=[])
    assert set(both["source_file"]) == {str(COHORT), str(TRIALS)}
    assert len(both) == 120 + 6


def test_stdout_takes_the_table_where_no_file_is_named() -> None:
    result = run("convert", "good.csv", "-q")
    assert result.stdout.splitlines()[1].startswith("007,,25.0,female,hand,")
    assert (result.exit_code, result.stderr) == (0, "")


def test_problems_are_listed_beside_the_table_and_only_then(work: Path) -> None:
    result = run("convert", "bad.csv", "-o", "out.csv")
    assert result.exit_code == 1
    assert "Problems: out.problems.csv" in result.stderr
    with Path("out.problems.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    assert tuple(listed[0]) == PROBLEM_COLUMNS
    assert [(p["code"], p["file"], p["row"], p["value"]) for p in listed] == [("not-a-number", "bad.csv", "2", "5O.1")]
    assert run("convert", "good.csv", "-o", "out.csv").exit_code == 0
    assert not Path("out.problems.csv").exists(), "there are none any more"


def test_a_file_that_lists_no_problems_is_not_written_over(work: Path) -> None:
    Path("out.problems.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    result = run("convert", "bad.csv", "-o", "out.csv")
    assert (result.exit_code, Path("out.csv").exists()) == (2, False)
    assert "is not a list of problems: move it elsewhere" in result.stderr
    assert Path("out.problems.csv").read_text(encoding="utf-8") == "a,b\n1,2\n"


@pytest.mark.parametrize("output", ["good.csv", "./good.csv"])
def test_an_input_is_not_written_over(work: Path, output: str) -> None:
    before = Path("good.csv").read_bytes()
    assert run("convert", "good.csv", "-o", output).exit_code == 2
    assert Path("good.csv").read_bytes() == before
    Path("x.problems.csv").write_bytes(before)
    assert run("convert", "x.problems.csv", "-o", "x.csv").exit_code == 2
    assert Path("x.problems.csv").read_bytes() == before


def test_a_folder_can_be_converted_into_itself_again(work: Path) -> None:
    for _ in range(2):
        assert run("convert", ".", "-o", "all.parquet").exit_code == 1
        assert len(qst.load("all.parquet", problems=[])) == 4
    assert Path("all.problems.csv").exists()


def test_nothing_that_can_be_read_gives_the_reason_and_its_list(work: Path) -> None:
    Path("no.csv").write_text("street,town\nx,y\n", encoding="utf-8")
    result = run("convert", "no.csv", "-o", "out.csv")
    assert (result.exit_code, Path("out.csv").exists(), Path("out.problems.csv").exists()) == (1, False, True)
    assert run("convert", "nowhere.csv", "-o", "out.csv").exit_code == 2


def test_wrong_use_is_said() -> None:
    with pytest.raises(OptionError, match="the table to write is 'wide': use one of auto, trials, assessments"):
        convert_files([COHORT], None, to="wide")  # type: ignore[arg-type]
    result = run("validate", "good.csv", "--format", "qst")
    assert "was not written by qst convert or qst score: omit --format" in result.stdout


# --- Parquet and JSON that others wrote ------------------------------------------------------------------------------


def test_parquet_and_json_of_others_are_read_like_any_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "ID": ["007", "8"],
            "age": [25, None],
            "sex": ["f", "m"],
            "site": "hand",
            "HPT": [45.25, 1 / 3 + 40],
            "ok": [True, None],
        }
    )
    frame.to_parquet(tmp_path / "lab.parquet")
    frame.astype({"HPT": "float32"}).to_parquet(tmp_path / "single.parquet")
    frame.to_json(tmp_path / "lab.json", orient="records", double_precision=15)
    for name in ("lab.parquet", "lab.json"):
        problems: list[qst.Problem] = []
        table = qst.load(tmp_path / name, problems=problems)
        assert table["subject"].tolist() == ["007", "8"]
        assert table["HPT"].tolist() == [45.25, 1 / 3 + 40]
        assert [(p.code, p.row) for p in problems] == [("missing-age", 3)]
    assert qst.load(tmp_path / "single.parquet", problems=[]).loc[0, "HPT"] == 45.25


def test_parquet_is_found_in_a_folder_and_json_is_not(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    qst.load(COHORT).to_parquet(tmp_path / "lab" / "a.parquet")
    (tmp_path / "lab" / "sidecar.json").write_text('{"Columns": []}', encoding="utf-8")
    problems: list[qst.Problem] = []
    assert len(qst.load(tmp_path / "lab", problems=problems)) == 120
    assert not [problem for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.parquet", b"PAR1 and nothing else", "the Parquet file cannot be read: write it again"),
        ("x.json", b'[{"HPT": 1', "looks like JSON but cannot be read as JSON"),
        ("x.json", b'[{"HPT": 1}, 2]', "not a list of objects"),
        ("x.json", b'[{"HPT": [1]}]', "lists inside its rows"),
        ("x.json", b"[]", "no column has the name of a QST parameter"),
    ],
)
def test_damaged_files_are_refused_with_the_reason(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        qst.load(tmp_path / name, problems=[])


def test_parquet_with_lists_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"HPT": [[1.0], [2.0]]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match="the column 'HPT' contains lists or tables"):
        qst.load(tmp_path / "x.parquet", problems=[])
