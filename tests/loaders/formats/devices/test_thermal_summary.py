"""Summary sheets of a thermal stimulator, and what a user states about them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import run
from device_files import WHO as ANYBODY
from device_files import write_csv, write_workbook
from hypothesis import given
from hypothesis import strategies as st
from lab_files import read, refuse, write
from paths import DEVICES

import qst
from qst.errors import InputError, OptionError
from qst.vocabulary.names import name_modality

pytestmark = pytest.mark.usefixtures("work")

WHO = ANYBODY | {"subject": "S02"}

HEADER = ("Sequence", "Modality", "Trials", "Avg", "Var", "STD")
FOUR = [(1, "Cold detection", 30.5), (1, "Warm detection", 34), (1, "Cold pain", 12), (1, "Hot pain", 44.5)]
EXAMPLE = DEVICES / "S02_summary_synthetic.csv"
MAP = DEVICES / "assignments_synthetic.csv"


def write_summary(folder: Path, rows: Sequence[tuple[object, object, object]], name: str = "S02.csv") -> Path:
    return write_csv(folder / name, [HEADER, *([sequence, test, 3, avg, 0.01, 0.1] for sequence, test, avg in rows)])


def test_absolute_temperatures_become_an_assessment(tmp_path: Path) -> None:
    table, problems = read(write_summary(tmp_path, FOUR), fixed=WHO | {"subject": "filename"})
    assert not problems
    assert table[["CDT", "WDT", "CPT", "HPT"]].to_numpy().tolist() == [[1.5, 2.0, 12.0, 44.5]]
    assert table["subject"].tolist() == ["S02"]


def test_the_name_of_the_file_as_subject_is_reported(tmp_path: Path) -> None:
    path = write_summary(tmp_path, FOUR, "007.csv")
    shown = run("validate", "--explain", path, "--set", "subject=filename", "--set", "site=hand").stderr
    assert "subject '007' from the file's name" in shown
    table, problems = read(path, fixed=ANYBODY)
    assert table["subject"].isna().all()  # never unless requested
    assert [p.code for p in problems] == ["no-subject"]


def test_sequences_are_assigned_to_places(tmp_path: Path) -> None:
    path = write_summary(tmp_path, [*FOUR, *((2, test, avg) for _, test, avg in FOUR)])
    table, problems = read(path, fixed=WHO, assign=["1=left,foot,control", "2=foot,right,test"])
    assert not problems
    places = table[["site", "side", "area"]].to_numpy().tolist()
    assert places == [["foot", "left", "control"], ["foot", "right", "test"]]
    assert table["HPT"].tolist() == [44.5, 44.5]
    assert table["source_row"].tolist() == [2, 6]


def test_sequences_that_are_not_assigned_are_separate_only_if_a_test_occurs_twice(tmp_path: Path) -> None:
    one = write_summary(tmp_path, [(number, test, avg) for number, (_, test, avg) in enumerate(FOUR, start=1)])
    assert len(read(one, fixed=WHO)[0]) == 1
    two = write_summary(tmp_path, [*FOUR, *((2, test, avg) for _, test, avg in FOUR)], "two.csv")
    table, problems = read(two, fixed=WHO)
    assert table["sequence"].tolist() == ["1", "2"]
    assert problems[0].code == "not-assigned"
    assert "each sequence is an assessment of its own" in problems[0].message


def test_a_sequence_without_an_assignment_is_named_if_others_have_one(tmp_path: Path) -> None:
    path = write_summary(tmp_path, [*FOUR, (2, "Cold pain", 9)])
    table, problems = read(path, fixed={"subject": "S02", "age": "40", "sex": "f"}, assign="1=hand,left,test")
    assert len(table) == 2
    assert "not assigned: sequence 2; give its place, such as --assign 2=hand,left" in problems[0].message
    assert [p.code for p in problems] == ["not-assigned", "missing-site"]


def test_a_test_twice_at_one_place_is_not_used(tmp_path: Path) -> None:
    table, problems = read(write_summary(tmp_path, [*FOUR, (1, "Heat pain", 46)]), fixed=WHO, assign="1=hand")
    assert table["HPT"].isna().all()
    assert table["CPT"].tolist() == [12]
    assert [(p.code, p.row) for p in problems] == [("two-values", 6)]


def test_a_table_assigns_people_and_places(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    write_summary(lab, FOUR, "a.csv")
    write_summary(lab, FOUR, "b.csv")
    text = (
        "Datei;Sequenz;Probandennummer;Alter;Geschlecht;Ort;Seite\na.csv;1;007;40;w;Hand;links\nb;;008;41,5;m;Fuß;r\n"
    )
    write(lab, text, "map.csv")
    table, problems = read([lab], assign=lab / "map.csv")
    assert not problems
    assert table[["subject", "age", "sex", "site", "side"]].to_numpy().tolist() == [
        ["007", 40.0, "female", "hand", "left"],
        ["008", 41.5, "male", "foot", "right"],
    ]


def test_a_more_specific_row_of_the_table_takes_precedence(tmp_path: Path) -> None:
    path = write_summary(tmp_path, [*FOUR, (2, "Cold pain", 9)])
    write(tmp_path, "file,sequence,site,side\n,,hand,left\nS02,,foot,\nS02,2.0,,right\n", "map.csv")
    table, _ = read(path, fixed={"age": "40", "sex": "f"}, assign=str(tmp_path / "map.csv"))
    assert table[["site", "side"]].to_numpy().tolist() == [["foot", "left"], ["foot", "right"]]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1=hand,foot", "names two sites"),
        ("1=left,right", "names two sides"),
        ("1=", "names no place"),
        ("x=hand", "is neither of the form 1=hand,left,test"),
        ("4-1=hand", "the first sequence must not be above the last"),
        ("1-9999999=hand", "the first sequence must not be above the last"),
        (["1=hand", "1-2=foot"], "is given twice for sequence 1"),
    ],
)
def test_an_assignment_that_means_nothing_is_wrong_use(tmp_path: Path, given: str | list[str], shown: str) -> None:
    path = write_summary(tmp_path, FOUR)
    with pytest.raises(OptionError, match=shown):
        qst.load(path, assign=given, problems=[])
    each = [given] if isinstance(given, str) else given
    result = run("score", path, *(word for text in each for word in ("--assign", text)))
    assert result.exit_code == 2
    assert shown in result.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("file,colour\na,red\n", "has an unknown column 'colour'"),
        ("file,sequence\na,1\n", "assigns nothing to its files"),
        ("file,site,site\na,hand,foot\n", "has two columns with one meaning"),
        ("file,site\na,hand\na,foot\n", "is given twice for a"),
        ("file,parameter\na,ELISA\n", "'ELISA' is not a test"),
    ],
)
def test_a_table_of_assignments_is_read_strictly(tmp_path: Path, text: str, shown: str) -> None:
    with pytest.raises(OptionError, match=shown):
        qst.load(write_summary(tmp_path, FOUR), assign=write(tmp_path, text, "map.csv"), problems=[])


def test_a_table_of_assignments_that_is_missing_or_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        qst.load(write_summary(tmp_path, FOUR), assign="map.csv", problems=[])
    torn = write(tmp_path, "file,site\nS02,hand,left\n", "map.csv")
    with pytest.raises(InputError, match="the row has 3 cells"):
        qst.load(write_summary(tmp_path, FOUR), assign=torn, problems=[])


def test_an_assignment_that_nothing_was_found_for_is_reported(tmp_path: Path) -> None:
    _, problems = read(write_summary(tmp_path, FOUR), fixed=WHO, assign=["1=hand", "9=foot"])
    assert [(p.code, "9=foot" in p.message) for p in problems] == [("assign-unused", True)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            ("Cold detection", "CDT"),
            ("COLD SENSATION", "CDT"),
            ("Warm Sensation", "WDT"),
            ("warm detection thr.", "WDT"),
        ),
        *(("cold pain", "CPT"), ("Hot pain", "HPT"), ("Heat pain - limits", "HPT"), ("Kälteschmerz", "CPT")),
        *(
            ("Hitzeschmerzschwelle", "HPT"),
            ("Kaltschwelle", "CDT"),
            ("Wärmeschwelle", "WDT"),
            ("douleur au froid", "CPT"),
        ),
        *(("CDT", "CDT"), ("hpt", "HPT"), ("TSL", "TSL")),
        *(
            ("cold", None),
            ("pain", None),
            ("heat tolerance", None),
            ("cold and heat pain", None),
            ("heat pain VAS", None),
        ),
        *(
            ("suprathreshold heat pain", None),
            ("vibration", None),
            ("", None),
            ("VDT", None),
            ("wind-up heat pain", None),
        ),
    ],
)
def test_the_free_text_of_a_test_is_understood_or_not(text: str, code: str | None) -> None:
    assert name_modality(text) == code


def test_rows_that_cannot_be_used_end_in_a_problem(tmp_path: Path) -> None:
    rows = [
        (1, "cold", 30),
        (1, "Heat pain", "4E"),
        (1, "Cold pain", ""),
        (1, "Warm detection", 30),
        (1, "cold pain", 9),
    ]
    table, problems = read(write_summary(tmp_path, rows), fixed=WHO)
    assert table["CPT"].tolist() == [9]
    shown = [(p.code, p.row) for p in problems]
    assert shown == [("unknown-parameter", 2), ("not-a-number", 3), ("no-values", 4), ("wrong-direction", 5)]


def test_a_mean_of_other_than_three_trials_is_reported(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", [HEADER, [1, "Heat pain", 2, 44.1, 0.1, 0.3]])
    _, problems = read(path, fixed=WHO)
    assert [(p.code, p.row, p.value) for p in problems] == [("trials", 2, "2")]


def test_nothing_that_can_be_used_is_a_refusal(tmp_path: Path) -> None:
    assert "no row has a thermal test" in refuse(write_summary(tmp_path, [(1, "vibration", 5)]), fixed=WHO)
    assert "no rows with data" in refuse(write_summary(tmp_path, []), fixed=WHO)
    other = write(tmp_path, "Sequence,Modality,Mean score\n1,Cold pain,12\n")
    assert "has the columns of a thermal summary" in refuse(other, format="thermal-summary")


def test_a_truncated_row_is_reported(tmp_path: Path) -> None:
    path = write_summary(tmp_path, FOUR)
    path.write_bytes(path.read_bytes()[:-16])
    table, problems = read(path, fixed=WHO)
    assert table["CPT"].tolist() == [12]
    assert [(p.code, p.row) for p in problems] == [("row-too-short", 5), ("no-values", 5)]


def test_a_sheet_with_a_title_above_the_header_is_read(tmp_path: Path) -> None:
    rows = [["Ergebnisse"], ["Sequenz", "Modalität", "Durchgänge", "Mittelwert", "Varianz", "Standardabweichung"]]
    path = write_workbook(tmp_path / "x.xlsx", {"Summary": [*rows, [1, "Hitzeschmerz", 3, 44.25, 0.1, 0.3]]})
    table, problems = read(path, fixed=WHO)
    assert not problems
    assert table["HPT"].tolist() == [44.25]
    assert table["source_row"].tolist() == [3]


def test_another_baseline_is_used_and_noted(tmp_path: Path) -> None:
    table, _ = read(write_summary(tmp_path, [(1, "Warm detection", 31)]), fixed=WHO | {"baseline": "30"})
    assert table["WDT"].tolist() == [1]
    assert table["notes"].tolist() == ["baseline:30"]


def test_the_example_is_scored_by_options_and_by_table() -> None:
    assert run("score", EXAMPLE, "--assign", MAP, "-o", "a.csv").exit_code == 0
    places = ("--assign", "1-4=foot,left,control", "--assign", "5-8=foot,right,test")
    person = ("--set", "subject=S02", "--set", "age=61", "--set", "sex=female")
    assert run("score", EXAMPLE, *places, *person, "-o", "b.csv").exit_code == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    scored = qst.score(qst.load(EXAMPLE, assign=MAP))
    assert scored["area"].tolist() == ["control", "test"]
    assert scored[["CDT_z", "WDT_z", "CPT_z", "HPT_z"]].notna().all(axis=None)


tests = {
    "CDT": (["Cold detection", "Kältewahrnehmung", "cold sensation"], (0, 32)),
    "WDT": (["Warm detection", "WDT", "warm sensation"], (32, 50)),
    "CPT": (["Cold pain", "Kälteschmerz"], (0, 32)),
    "HPT": (["Hot pain", "heat pain", "Hitzeschmerz"], (32, 50)),
}
rows_of_a_sheet = st.lists(
    st.sampled_from(sorted(tests)).flatmap(
        lambda code: st.tuples(st.just(code), st.sampled_from(tests[code][0]), st.floats(*tests[code][1]))
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row[0],
)
dialects = st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")])


@given(st.lists(rows_of_a_sheet, min_size=1, max_size=4), dialects, st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_values_come_back_in_any_dialect(
    sheets: list[list[tuple[str, str, float]]], dialect: tuple[str, str], encoding: str
) -> None:
    separator, decimal = dialect
    written: list[Sequence[object]] = [HEADER]
    for number, sheet in enumerate(sheets, start=1):
        written += [[number, text, 3, f"{value:.2f}".replace(".", decimal), "", ""] for _, text, value in sheet]
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "x.csv", written, separator, encoding)
        assign = [f"{number}=place {number}" for number in range(1, len(sheets) + 1)]
        table, problems = read(path, fixed=WHO | {"subject": "7"}, assign=assign)
    assert not problems
    assert len(table) == len(sheets)
    for (_, row), sheet in zip(table.iterrows(), sheets, strict=True):
        expected = {code: float(f"{value:.2f}") for code, _, value in sheet}
        for code in tests:
            value = expected.get(code)
            if value is None:
                assert row.isna()[code]
            else:
                assert row[code] == pytest.approx(abs(value - 32) if code in ("CDT", "WDT") else value, abs=1e-9)
