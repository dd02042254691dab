"""REDCap's data dictionary: labels, units and choices for the exports next to it."""

from pathlib import Path

from lab_files import read, refuse, write
from redcap_files import FIELDS, codes, dictionary, wide


def test_a_dictionary_gives_labels_units_and_choices(tmp_path: Path) -> None:
    text = (
        "record_id,sex,age,site,demographics_complete,qs_1,qs_2,ppt_left,qst_complete\n"
        "1,1,540,1,2,44,45,35,2\n2,2,360,3,2,43,42,40,2\n"
    )
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, text, "export.csv")
    dictionary(folder, *FIELDS)
    shown: list[str] = []
    table, problems = read(folder, understood=shown)
    assert wide(table, "subject", "sex", "age", "side", "HPT") == [
        ["1", "female", 45.0, "left", 44.0],
        ["1", "female", 45.0, "right", 45.0],
        ["2", "male", 30.0, "left", 43.0],
        ["2", "male", 30.0, "right", 42.0],
    ]
    assert table["PPT"].tolist()[::2] == [350, 400]
    assert table["site"].tolist() == ["hand", "hand", "forearm", "forearm"]
    assert problems == []
    lines = "\n".join(shown)
    assert "dictionary.csv" in lines
    assert "'qs_1' is read as 'Heat pain threshold left', by its label" in lines
    assert "'sex': 1 is Female, 2 is Male, as the data dictionary says" in lines
    assert "'ppt_left' is in N/cm2, as the data dictionary says" in lines


def test_options_take_precedence_over_the_dictionary(tmp_path: Path) -> None:
    path = write(tmp_path, "record_id,sex,age,site,qs_1,qst_complete\n1,1,540,1,44,2\n", "export.csv")
    dictionary(tmp_path, *FIELDS)
    table, _ = read(path, codes={"sex": {"1": "male"}}, columns={"qs_1": "CPT"})
    assert wide(table, "sex", "site") == [["male", "hand"]]
    assert table["HPT"].isna().all()


def test_a_unit_that_contradicts_the_header_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path, "record_id,sex,age,site,ppt_kpa,qst_complete\n1,f,45,hand,350,2\n", "export.csv")
    dictionary(tmp_path, "ppt_kpa,qst,,text,PPT,,N/cm2,number")
    table, problems = read(path)
    assert table["PPT"].tolist() == [350]
    assert codes(problems) == ["unit-contradiction"]


def test_a_duration_in_the_dictionary_refuses_the_column(tmp_path: Path) -> None:
    """The trap of FORMATS: CPT in seconds, a cold pressor test."""
    path = write(tmp_path, "record_id,sex,age,site,cpt,hpt,qst_complete\n1,f,45,hand,20,44,2\n", "export.csv")
    dictionary(tmp_path, "cpt,qst,,text,Cold pressor,,seconds,number")
    table, problems = read(path)
    assert table["CPT"].isna().all()
    assert codes(problems) == ["another-quantity"]


def test_two_dictionaries_that_fit_are_not_used(tmp_path: Path) -> None:
    path = write(tmp_path, "record_id,sex,age,site,hpt,qst_complete\n1,1,45,hand,44,2\n", "export.csv")
    for name in ("a.csv", "b.csv"):
        dictionary(tmp_path, FIELDS[0], name=name)
    shown: list[str] = []
    table, problems = read(path, understood=shown)
    assert table["sex"].tolist() == [None]
    assert "code-unknown" in codes(problems)
    assert any("no data dictionary was used, as several fit" in line for line in shown)


def test_a_dictionary_alone_holds_no_measurements(tmp_path: Path) -> None:
    assert "only files that describe them" in refuse(dictionary(tmp_path, *FIELDS))


def test_a_dictionary_of_the_programming_interface_with_semicolons(tmp_path: Path) -> None:
    path = write(tmp_path, "record_id;sex;age;site;hpt;qst_complete\n1;2;45;hand;44,5;2\n", "export.csv")
    head = "field_name;form_name;section_header;field_type;field_label;select_choices_or_calculations;field_note\n"
    write(tmp_path, head + "sex;d;;radio;Sex;1, Female | 2, Male;\n", "metadata.csv")
    table, problems = read(path)
    assert wide(table, "sex", "HPT") == [["male", 44.5]]
    assert problems == []
