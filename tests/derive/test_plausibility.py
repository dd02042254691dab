"""Values that are possible by themselves but implausible in combination: a warning each, with file and row."""

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from lab_files import write

import qst
from qst.loaders.files import text_table as texts

pytestmark = pytest.mark.usefixtures("work")

WIDE = "subject,visit,age,sex,site,side,area"
VALUES = "CDT,WDT,TSL,CPT,HPT,PPT"
OF_A, OF_B = "1.1,1.9,4.2,12.5,44.1,401", "1.3,2.2,5.1,9.5,45.2,377"
TRIALS = "subject,age,sex,site,parameter,value,keep"


def warnings_of(folder: Path, header: str, *rows: str) -> list[tuple[str, int, str]]:
    """Code, row and message of what `qst validate` reports of rows without other faults."""
    lab = write(folder, "\n".join([header, *rows]), "rows.csv")
    result = run("validate", "--json", lab)
    problems = json.loads(result.stdout)
    assert {problem["severity"] for problem in problems} <= {"warning"}, problems
    assert result.exit_code == 0
    scored = run("score", lab, "-o", folder / "scored.parquet")
    assert all(problem["code"] in scored.stderr for problem in problems), "in qst score too"
    return [(problem["code"], problem["row"], problem["message"]) for problem in problems]


def codes_of(folder: Path, header: str, *rows: str) -> list[tuple[str, int]]:
    return [(code, row) for code, row, _ in warnings_of(folder, header, *rows)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ("5,2,20,44", []),  # felt at 27, hurts at 20
        ("9,2,26,44", []),  # felt at 23, 3 °C past the pain: at the bound, not past it
        ("9,2,26.1,44", ["CDT"]),
        ("-9,2,26.1,44", ["CDT"]),
        ("1,15,20,44", []),  # felt at 47, 3 °C past the pain
        ("1,15,20,43.9", ["WDT"]),
    ],
)
def test_detection_past_pain(tmp_path: Path, values: str, found: list[str]) -> None:
    reported = warnings_of(tmp_path, f"{WIDE},CDT,WDT,CPT,HPT", f"a,,30,f,hand,,,{values}", "b,,31,f,hand,,,-1,2,10,44")
    assert [(code, row, message[:3]) for code, row, message in reported] == [
        ("detection-past-pain", 2, c) for c in found
    ]


def test_detection_is_measured_from_the_file_s_own_baseline(tmp_path: Path) -> None:
    rows = [f"{name},,30,f,hand,,,{base},-9,2,26.1,44" for name, base in (("a", 32), ("b", 35.2))]
    assert codes_of(tmp_path, f"{WIDE},baseline,CDT_diff,WDT_diff,CPT,HPT", *rows) == [("detection-past-pain", 2)]


@pytest.mark.parametrize(
    ("code", "values", "row"),
    [
        ("HPT", (44, 45, 34.9), None),
        ("HPT", (44, 45, 33.9), 4),
        ("CPT", (12, 0.5, 11), 3),
        ("PPT", (300, 330, 900), None),  # 2.7 times the median
        ("PPT", (300, 330, 1000), 4),
        ("PPT", (300, 330, 100), 4),
        ("MPT", (32, 64, 512), None),  # 8 times
        ("MPT", (32, 32, 2), None),  # 16 times: 4 steps
        ("MDT", (0.25, 0.25, 8), 4),
        ("VDT", (8, 8, 5), None),
        ("VDT", (8, 8, 4), 4),
        ("MPS", (0, 100, 0), None),  # ratings of different stimuli
        ("HPT", (44, 33), None),  # of two, none is the odd one
    ],
)
def test_trials_that_disagree(tmp_path: Path, code: str, values: tuple[float, ...], row: int | None) -> None:
    rows = [f"a,30,f,hand,{code},{value}," for value in values]
    reported = warnings_of(tmp_path, TRIALS, *rows)
    assert [(kind, place) for kind, place, _ in reported] == ([] if row is None else [("trials-disagree", row)])
    assert not reported or f"the {len(values)} trials of {code}" in reported[0][2]


def test_a_discarded_trial_and_those_of_others_do_not_count(tmp_path: Path) -> None:
    rows = [f"a,30,f,hand,HPT,{value},{keep}" for value, keep in ((44, 1), (45, 1), (46, 1), (33, 0))]
    assert codes_of(tmp_path, TRIALS, *rows, *(f"b,30,f,hand,HPT,{value}," for value in (34, 35, 36))) == []


def test_identical_rows_of_two_people(tmp_path: Path) -> None:
    rows = [f"a,,30,f,hand,,,{OF_A}", f"b,,31,f,hand,,,{OF_B}", f"c,,32,f,hand,,,{OF_A}"]
    reported = warnings_of(tmp_path, f"{WIDE},{VALUES}", *rows)
    assert [(code, row) for code, row, _ in reported] == [("identical-values", 4)]
    assert "those of another subject in row 2" in reported[0][2]
    few = [f"{name},,30,f,hand,,,1.1,1.9,4.2,12.5" for name in "ab"]
    assert codes_of(tmp_path, f"{WIDE},CDT,WDT,TSL,CPT", *few) == [], "four values coincide by chance"
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", rows[0], rows[0].replace("a,,", "a,T2,", 1)) == [], "of one person"


def test_one_person_written_in_two_ways(tmp_path: Path) -> None:
    ids = ("p1", "P1", "p 1", "P1", "p01", "7", "007", "10", "1")
    rows = [f"{name},{n},30,f,hand,{44 + n}" for n, name in enumerate(ids)]
    reported = warnings_of(tmp_path, "subject,visit,age,sex,site,HPT", *rows)
    assert [(code, row) for code, row, _ in reported] == [("ids-alike", 3), ("ids-alike", 4), ("ids-alike", 8)]
    assert "capitals, blanks and leading zeros, the subject is the same as in row 2" in reported[0][2]
    assert "the same as in row 7" in reported[2][2]


@pytest.mark.parametrize(
    ("other", "found"), [("40,f", True), (",f", True), ("30,", True), ("41,f", False), ("30,m", False)]
)
def test_people_of_another_sex_or_age_are_others_although_their_ids_are_similar(
    tmp_path: Path, other: str, found: bool
) -> None:
    rows = ["p1,30,f,hand,44.1", f"P1,{other},hand,45.2"]
    lab = write(tmp_path, "\n".join(["subject,age,sex,site,HPT", *rows]), "rows.csv")
    codes = [problem["code"] for problem in json.loads(run("validate", "--json", lab).stdout)]
    assert ("ids-alike" in codes) is found


def test_side_or_area_swapped_between_visits(tmp_path: Path) -> None:
    first = [f"a,T1,30,f,hand,l,test,{OF_A}", f"a,T1,30,f,hand,r,control,{OF_B}"]
    same = [f"a,T2,30,f,hand,l,test,{OF_B}", f"a,T2,30,f,hand,r,control,{OF_A}"]
    swapped = [row.replace(",l,", ",x,").replace(",r,", ",l,").replace(",x,", ",r,") for row in same]
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", *first, *same) == []
    reported = warnings_of(tmp_path, f"{WIDE},{VALUES}", *first, *swapped)
    assert [(code, row) for code, row, _ in reported] == [("side-swapped", 4)]
    assert "on the other side in row 2, at another visit" in reported[0][2]


@pytest.mark.parametrize(
    ("visits", "ages", "row"),
    [
        (("T1", "T2"), (30, 29), 3),
        (("T2", "T1"), (29, 30), 2),
        (("T2", "T10"), (30, 29), 3),
        (("pre", "post"), (30, 28), 3),
        (("2024-03-01", "2023-01-01"), (30, 31), 2),
        (("T1", "T2"), (30.9, 30), None),
        (("T1", "T2"), (30, 32), None),
        (("a", "b"), (30, 29), None),  # names without an order
        (("T1", "V2"), (30, 29), None),
    ],
)
def test_age_that_goes_down(
    tmp_path: Path, visits: tuple[str, str], ages: tuple[float, float], row: int | None
) -> None:
    rows = [f"a,{visit},{age},f,hand,,,{value}" for visit, age, value in zip(visits, ages, (OF_A, OF_B), strict=True)]
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", *rows) == ([] if row is None else [("age-goes-down", row)])


def test_one_person_with_two_sexes_or_ages_far_apart(tmp_path: Path) -> None:
    rows = [f"a,,30,f,hand,l,,{OF_A}", f"a,,30,m,hand,r,,{OF_B}"]
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", *rows) == [("two-sexes", 3)]
    apart = [f"a,,30,f,hand,l,,{OF_A}", f"a,,{{}},f,hand,r,,{OF_B}"]
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", apart[0], apart[1].format(40)) == []
    assert codes_of(tmp_path, f"{WIDE},{VALUES}", apart[0], apart[1].format(41)) == [("ages-apart", 3)]


def test_rows_of_different_blocks_and_files_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "BLOCK_ROWS", 2)
    others = [f"p{i},,30,f,hand,,,{1 + i / 10},2,4,12,44,400" for i in range(5)]
    write(tmp_path, "\n".join([f"{WIDE},{VALUES}", f"a,,30,f,hand,l,,{OF_A}", *others]), "first.csv")
    write(tmp_path, "\n".join([f"{WIDE},{VALUES}", f"b,,30,f,hand,,,{OF_A}", f"a,,30,m,hand,r,,{OF_B}"]), "second.csv")
    lines = run("validate", "first.csv", "second.csv").stdout.splitlines()
    assert [line.partition(": ")[2].partition(": ")[0] for line in lines] == ["second.csv:2", "second.csv:3"]
    assert all("first.csv, row 2" in line for line in lines)


def test_rows_without_a_subject_are_not_compared(tmp_path: Path) -> None:
    rows = [f",,30,{sex},hand,{side},,{OF_A}" for sex, side in (("f", "l"), ("m", "r"))]
    assert {code for code, _ in codes_of(tmp_path, f"{WIDE},{VALUES}", *rows)} == {"missing-subject"}


def test_conversion_reports_them_too(tmp_path: Path) -> None:
    write(tmp_path, "\n".join([TRIALS, *(f"a,30,f,hand,HPT,{value}," for value in (44, 45, 33))]), "rows.csv")
    assert "trials-disagree" in run("convert", "rows.csv", "-o", "out.csv").stderr
    assert "trials-disagree" in Path("out.problems.csv").read_text(encoding="utf-8")


# --- in Python --------------------------------------------------------------------------------------------------------

IMPLAUSIBLE = (
    f"{WIDE},{VALUES}",
    f"a,T1,30,f,hand,left,test,{OF_A}",
    f"a,T2,28,m,hand,right,test,{OF_B}",
    f"b,,31,f,hand,,,{OF_A}",
)


def test_a_loaded_table_is_checked_as_the_commands_check_files(tmp_path: Path) -> None:
    reported = warnings_of(tmp_path, *IMPLAUSIBLE)
    assert len({code for code, _, _ in reported}) == 4
    problems: list[qst.Problem] = []
    table = qst.load(tmp_path / "rows.csv", problems=problems)
    assert not problems, "load does not report them too"
    for checked in (table, qst.score(table)):
        found = qst.check_plausibility(checked)
        assert sorted((p.code, p.row or 0, p.message) for p in found) == sorted(reported)
        assert {p.file for p in found} == {str(tmp_path / "rows.csv")}


def test_loaded_trials_are_checked_as_the_commands_check_files(tmp_path: Path) -> None:
    rows = [f"a,30,f,hand,HPT,{value}," for value in (44, 45, 33.9)] + [
        f"a,30,f,hand,CDT,{value}," for value in (-15, -14)
    ]
    reported = warnings_of(tmp_path, TRIALS, *rows, "a,30,f,hand,CPT,25,")
    assert {code for code, _, _ in reported} == {"trials-disagree", "detection-past-pain"}
    found = qst.check_plausibility(qst.load(tmp_path / "rows.csv", problems=[]))
    assert sorted((p.code, p.row or 0, p.message) for p in found) == sorted(reported)


def test_a_cohort_of_several_files_is_checked_together(tmp_path: Path) -> None:
    tables = [
        qst.load(write(tmp_path, "\n".join([IMPLAUSIBLE[0], row]), f"{i}.csv")) for i, row in enumerate(IMPLAUSIBLE[1:])
    ]
    assert not any(map(qst.check_plausibility, tables))
    found = qst.check_plausibility(pd.concat(tables, ignore_index=True))
    assert {(p.code, Path(str(p.file)).name) for p in found} >= {("two-sexes", "1.csv"), ("identical-values", "2.csv")}


def test_rows_of_a_table_made_in_python_are_counted_as_in_a_spreadsheet() -> None:
    own = pd.DataFrame({"subject": ["1", "2"], "CDT": [-9.0, 1.0], "CPT": [26.1, 10.0]})
    assert [(p.code, p.file, p.row, p.column) for p in qst.check_plausibility(own)] == [
        ("detection-past-pain", "table", 2, "CDT")
    ]
    trials = pd.DataFrame({"parameter": "HPT", "value": [44.0, 45.0, 33.9]})
    for own_trials in (trials, trials.assign(stimulus=float("nan"))):
        assert [(p.code, p.row) for p in qst.check_plausibility(own_trials)] == [("trials-disagree", 4)]
    assert qst.check_plausibility(own.iloc[:0]) == []
    with pytest.raises(qst.QSTError, match="none of the columns CDT"):
        qst.check_plausibility(pd.DataFrame({"subject": ["1"]}))
