"""Tables whose headers name an area, a side, a visit or a trial: each row is read as several rows."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qst
from qst.errors import InputError
from qst.loaders.files import text_table as texts
from qst.protocol import CODES
from qst.tables import ASSESSMENT_COLUMNS

WHO = "subject,age,sex,site"
ME = "007,25,female,hand"


def read(tmp_path: Path, text: str, **options: Any) -> tuple[pd.DataFrame, list[str]]:
    """The table of a file, and the codes of its problems."""
    path = tmp_path / "lab.csv"
    path.write_text(text, encoding="utf-8")
    problems: list[qst.Problem] = []
    return qst.load(path, problems=problems, **options), [problem.code for problem in problems]


def test_control_without_a_suffix_next_to_affected(tmp_path: Path) -> None:
    table, problems = read(
        tmp_path, f"{WHO},hpt,cpt,hpt_affected,cpt_affected\n{ME},44,12,41,20\n008,30,m,foot,45,9,43,8\n"
    )
    assert table["area"].tolist() == ["control", "test", "control", "test"]
    assert table["HPT"].tolist() == [44, 41, 45, 43]
    assert table["CPT"].tolist() == [12, 20, 9, 8]
    assert table["subject"].tolist() == ["007", "007", "008", "008"]
    assert table["source_row"].tolist() == [2, 2, 3, 3]
    assert problems == []


@pytest.mark.parametrize(
    ("first", "second", "column", "words"),
    [
        ("HPT_left", "HPT_right", "side", ["left", "right"]),
        ("hpt_l", "hpt_r", "side", ["left", "right"]),
        ("links_HPT", "rechts_HPT", "side", ["left", "right"]),
        ("hpt_pre", "hpt_post", "visit", ["pre", "post"]),
        ("hpt_t0", "hpt_t1", "visit", ["t0", "t1"]),
        ("HPT_v1", "HPT_v2", "visit", ["v1", "v2"]),
        ("Hitze_Hand", "Hitze_Fuß", "site", ["hand", "foot"]),
        ("HPT control", "HPT test", "area", ["control", "test"]),
    ],
)
def test_what_a_header_can_name(tmp_path: Path, first: str, second: str, column: str, words: list[str]) -> None:
    who = WHO if column != "site" else "subject,age,sex"
    me = ME if column != "site" else "007,25,female"
    table, problems = read(tmp_path, f"{who},{first},{second}\n{me},44,45\n", fixed={"site": "hand"})
    assert table[column].tolist() == words
    assert table["HPT"].tolist() == [44, 45]
    assert problems == []


def test_units_may_follow_the_place_in_a_header(tmp_path: Path) -> None:
    """1 N/cm² is 10 kPa."""
    table, _ = read(tmp_path, f"{WHO},PPT_left [N/cm2],ppt_right_N/cm2\n{ME},35,42\n")
    assert table["PPT"].tolist() == [350, 420]


def test_different_units_of_one_parameter_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"columns of PPT have different units \('kPa', 'N/cm2'\)"):
        read(tmp_path, f"{WHO},PPT_left_kPa,PPT_right [N/cm2]\n{ME},350,42\n")


def test_trials_in_the_header(tmp_path: Path) -> None:
    """Mean of 43, 44, 48 is 45; of the two VDT that were measured, 7.5."""
    text = f"{WHO},hpt_1,hpt_2,hpt_3,vdt1,vdt2,vdt3\n{ME},43,44,48,7,8,\n"
    table, problems = read(tmp_path, text)
    assert problems == []
    scored = qst.score(table)
    assert scored.loc[0, ["HPT", "VDT"]].tolist() == [45, 7.5]
    assert scored.loc[0, "notes"] == "trials:VDT=2"


def test_trials_of_two_sides_with_stimuli(tmp_path: Path) -> None:
    names = [f"wur_{kind}_{side}_{n}" for side in ("left", "right") for kind in ("single", "train") for n in (1, 2, 3)]
    values = [10, 20, 30, 40, 40, 40, 5, 5, 5, 10, 10, 10]
    table, _ = read(tmp_path, f"{WHO},{','.join(names)}\n{ME},{','.join(map(str, values))}\n")
    scored = qst.score(table)
    assert scored["side"].tolist() == ["left", "right"]
    assert scored["WUR"].tolist() == [2, 2]


@pytest.mark.parametrize("names", [("CPT1", "CPT2"), ("PPT1", "PPT3", "PPT4"), ("TSL2",)])
def test_numbers_that_may_not_be_trials_are_carried_through_and_reported(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """Ratings CPT1 and CPT2, sites PPT1 and PPT2, a modified task TSL2: all in real files."""
    table, problems = read(tmp_path, f"{WHO},HPT,{','.join(names)}\n{ME},44,{','.join('5' for _ in names)}\n")
    assert set(names) <= set(table.columns)
    assert table.loc[0, [*CODES]].notna().sum() == 1
    assert problems == ["trials-unclear"]


def test_one_of_several_numbered_columns_can_be_chosen(tmp_path: Path) -> None:
    table, problems = read(tmp_path, f"{WHO},PPT1,PPT2\n{ME},350,420\n", columns={"PPT1": "PPT"}, ignore=["PPT2"])
    assert table["PPT"].tolist() == [350]
    assert problems == []


def test_a_place_that_a_column_names_too_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the side, and so does this column"):
        read(tmp_path, f"{WHO},Seite,HPT_left,HPT_right\n{ME},links,44,45\n")


def test_an_area_that_was_not_measured_has_no_row(tmp_path: Path) -> None:
    table, problems = read(tmp_path, f"{WHO},HPT_left,HPT_right\n{ME},44,\n008,30,m,foot,,\n")
    assert table[["subject", "side"]].values.tolist() == [["007", "left"], ["008", "left"]]
    assert problems == ["no-values"]


def test_two_headers_that_say_the_same_are_not_used(tmp_path: Path) -> None:
    table, problems = read(tmp_path, f"{WHO},HPT_left,hpt_l,HPT_right,CPT_left\n{ME},44,41,45,10\n")
    assert table.set_index("side")["HPT"].isna().to_dict() == {"right": False, "left": True}
    assert "two-columns" in problems


def test_a_fault_is_found_in_its_row(tmp_path: Path) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(f"{WHO},HPT_left,HPT_right\n{ME},44,45\n008,30,m,foot,4O,45\n", encoding="utf-8")
    problems: list[qst.Problem] = []
    qst.load(path, problems=problems)
    assert [(problem.row, problem.value) for problem in problems] == [(3, "4O")]


def test_a_title_above_and_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["QST 2024"], [], ["ID", "Alter", "Geschlecht", "Ort", "HPT_links", "HPT_rechts"]):
        book.active.append(row)
    book.active.append(["007", 25, "w", "Hand", 44, 45])
    book.save(tmp_path / "lab.xlsx")
    table = qst.load(tmp_path / "lab.xlsx", problems=[])
    assert table["HPT"].tolist() == [44, 45]
    assert table["source_row"].tolist() == [4, 4]


def test_what_was_understood_is_described(tmp_path: Path) -> None:
    told: list[str] = []
    read(tmp_path, f"{WHO},hpt,hpt_affected\n{ME},44,41\n", understood=told)
    assert "each row unfolded into 2 assessments by its headers (area control; area test)" in told[0]


def test_blocks_of_rows_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{WHO},HPT_left,HPT_right\n" + "".join(f"{n},30,f,hand,{40 + n % 9},{41 + n % 8}\n" for n in range(30))
    whole, _ = read(tmp_path, text)
    monkeypatch.setattr(texts, "BLOCK_ROWS", 7)
    in_blocks, _ = read(tmp_path, text)
    pd.testing.assert_frame_equal(in_blocks, whole)


PAIRS = st.lists(st.tuples(st.integers(400, 499), st.integers(400, 499), st.integers(0, 300)), min_size=1, max_size=12)


@given(rows=PAIRS)
def test_wide_names_equal_a_row_an_area(
    rows: list[tuple[int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same cohort in both shapes gives the same assessments in the same order."""
    folder = tmp_path_factory.mktemp("unfold")
    wide, tidy = [f"{WHO},HPT_left,HPT_right,CPT_left,CPT_right"], [f"{WHO},side,HPT,CPT"]
    for number, (left, right, cold) in enumerate(rows):
        me = f"{number:03},25,female,hand"
        wide.append(f"{me},{left / 10},{right / 10},{cold / 10},{cold / 20}")
        tidy += [f"{me},left,{left / 10},{cold / 10}", f"{me},right,{right / 10},{cold / 20}"]
    tables = [read(folder, "\n".join(lines) + "\n")[0] for lines in (wide, tidy)]
    columns = list(ASSESSMENT_COLUMNS)
    pd.testing.assert_frame_equal(tables[0][columns], tables[1][columns])


def test_numbers_above_a_header_that_names_sides_are_reported(tmp_path: Path) -> None:
    table, problems = read(tmp_path, f"7,25,f,hand,44,45\n{WHO},HPT_left,HPT_right\n{ME},44,45\n")
    assert table["HPT"].tolist() == [44, 45]
    assert "above-header" in problems
