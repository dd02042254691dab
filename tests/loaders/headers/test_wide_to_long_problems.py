"""Problems of tables whose rows are unfolded: which header they name, and trials that do not count."""

from pathlib import Path

import pytest
from lab_files import ME, WHO, read, write

import qst
from qst.errors import InputError
from qst.loaders.files import text_table as texts

# --- whose header a problem names -------------------------------------------------------------------------------------


def places(problems: list[qst.Problem]) -> list[tuple[str, int | None, str | None]]:
    return [(problem.code, problem.row, problem.column) for problem in problems]


def test_problems_of_unfolded_trials_name_the_headers_of_the_file(tmp_path: Path) -> None:
    rows = ("1,40,f,hand,45,45,x,217,300,39", "2,50,m,foot,46,60,46,217,300,39", "3,50,m,hand,46,46,46,217,300,39")
    path = write(tmp_path, "\n".join([f"{WHO},hpt_1,hpt_2,hpt_3,cpt1,cpt2,cpt3", *rows]))
    _, problems = read(path)
    assert places(problems) == [
        ("another-quantity", 1, "cpt1"),
        ("not-a-number", 2, "hpt_3"),
        ("out-of-range", 3, "hpt_2"),
    ]
    assert problems[0].message.startswith("CPT of 300 is not a temperature")
    assert "values of CPT ('cpt1', 'cpt2', 'cpt3')" in problems[0].message


def test_a_refused_table_of_trials_names_the_headers_of_the_file(tmp_path: Path) -> None:
    rows = [f"{i},40,f,hand,217,300,39" for i in range(3)]
    problems: list[qst.Problem] = []
    with pytest.raises(InputError):
        qst.load(write(tmp_path, "\n".join([f"{WHO},cpt1,cpt2,cpt3", *rows])), problems=problems)
    assert places(problems) == [("another-quantity", 1, "cpt1")]


def test_problems_of_unfolded_areas_name_the_headers_of_the_file(tmp_path: Path) -> None:
    rows = ("1,40,f,hand,45,x,217,300", "2,50,m,foot,46,60,217,39", "3,50,m,hand,999,46,217,300")
    path = write(tmp_path, "\n".join([f"{WHO},HPT,hpt_affected,CPT,cpt_affected", *rows]))
    table, problems = read(path)
    assert places(problems) == [
        ("another-quantity", 1, "CPT"),
        ("not-a-number", 2, "hpt_affected"),
        ("out-of-range", 3, "hpt_affected"),
    ]
    assert "values of CPT ('CPT', 'cpt_affected')" in problems[0].message
    assert table["HPT"].tolist()[:1] == [45]


def test_headers_of_the_file_are_named_in_every_block_and_with_excluded_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{i},40,f,hand,45,45,{'x' if i in (3, 6) else 45}" for i in range(8)]
    path = write(tmp_path, "\n".join([f"{WHO},hpt_1,hpt_2,hpt_3", *rows]))
    monkeypatch.setattr(texts, "BLOCK_ROWS", 2)
    _, problems = read(path, exclude_records="6")
    assert places(problems) == [("not-a-number", 5, "hpt_3")]


def test_columns_of_different_units_are_reported_with_a_header_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},PPT_left_kPa,PPT_right_kgf\n{ME},350,35")
    with pytest.raises(
        InputError, match=r"column PPT_left_kPa: the columns of PPT have different units \('kPa', 'kgf'\)"
    ):
        qst.load(path)


# --- rows whose trials do not count -----------------------------------------------------------------------------------


def test_a_row_in_which_no_trial_counts_is_reported(tmp_path: Path) -> None:
    rows = ("1,40,f,hand,1,45,45,45", "2,50,m,foot,0,46,46,46", "3,50,m,hand,0,,,", "4,50,m,hand,,46,46,46")
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},trials_to_keep,hpt_1,hpt_2,hpt_3", *rows])))
    assert [(*place, p.value) for place, p in zip(places(problems), problems, strict=True)] == [
        ("no-trial-counts", 3, "trials_to_keep", "0")
    ]
    assert "none of the row's trials counts" in problems[0].message
    assert table.groupby("subject")["keep"].all().tolist() == [True, False, False, True]
    assert len(table[table["subject"] == "2"]) == 3
    assert qst.derive_values(table)["HPT"].notna().tolist() == [True, False, False, True]


def test_a_word_that_is_neither_yes_nor_no_is_reported_once_per_row(tmp_path: Path) -> None:
    rows = ("1,40,f,hand,3,45,45,45", "2,50,m,foot,3,46,46,46")
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},trials_to_keep,hpt_1,hpt_2,hpt_3", *rows])))
    assert places(problems) == [("word-unknown", 2, "trials_to_keep"), ("word-unknown", 3, "trials_to_keep")]
    assert table["keep"].all()


def test_practice_trials_do_not_count_where_a_column_states_which_rows_do(tmp_path: Path) -> None:
    rows = ("1,40,f,hand,1,40,45,45,45", "2,50,m,foot,0,41,46,46,46", "3,50,m,hand,1,42,,,")
    header = f"{WHO},trials_to_keep,hpt_practice,hpt_1,hpt_2,hpt_3"
    table, problems = read(write(tmp_path, "\n".join([header, *rows])))
    assert places(problems) == [("no-trial-counts", 3, "trials_to_keep"), ("no-trial-counts", 4, "hpt_practice")]
    assert problems[0].value == "0"
    assert "only practice trials" in problems[1].message
    assert table["keep"].tolist() == [False, True, True, True, *[False] * 5]
