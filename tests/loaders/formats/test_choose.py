"""The formats: listed, recognised from content, chosen by name, and shown."""

import json
from pathlib import Path

import pytest
from command_line import run
from paths import COHORT

import qst
from qst.errors import OptionError
from qst.loaders.formats.choose import FORMATS
from qst.loaders.formats.format import BASES

pytestmark = pytest.mark.usefixtures("work")


def test_formats_lists_each_with_what_it_needs_and_how_sure_it_is() -> None:
    listed = run("formats").stdout
    for known in FORMATS:
        assert f"{known.name}: {known.title}" in listed
        assert known.needs in listed
    assert json.loads(run("formats", "--json").stdout) == [
        {"name": known.name, "title": known.title, "needs": known.needs, "basis": BASES[known.basis]}
        for known in FORMATS
    ]


def test_names_of_formats_are_unique_and_the_general_one_is_asked_last() -> None:
    names = [known.name for known in FORMATS]
    assert len(set(names)) == len(names)
    assert names[-1] == "tidy"


def test_an_unknown_format_is_wrong_use() -> None:
    result = run("score", "good.csv", "--format", "excel")
    assert result.exit_code == 2
    assert "there is no format 'excel': choose one of" in result.stderr
    with pytest.raises(OptionError, match="there is no format 'excel'"):
        qst.load(COHORT, format="excel", problems=[])


def test_the_format_can_be_given() -> None:
    assert qst.load(COHORT, format="tidy").equals(qst.load(COHORT))


def test_explain_lists_format_and_columns() -> None:
    Path("lab.csv").write_text(
        "id;sex_m1;age;1hand2foot;PPT [N/cm2];HPT;remark;\n007;1;25,5;1;35;44,2;ok;\n008;0;30;2;NM;43;;\n",
        encoding="utf-8",
    )
    shown = run("validate", "--explain", "lab.csv").stderr
    assert (
        "lab.csv: UTF-8, semicolon-separated, decimal comma, header in row 1; 2 rows, one row per tested area" in shown
    )
    assert "format: tidy, as no other was recognised" in shown
    assert "column 2: sex from 'sex_m1', where 1 means male, 0 means female" in shown
    assert "column 5: PPT from 'PPT [N/cm2]' [N/cm2 × 10 = kPa]" in shown
    assert "column 7: 'remark' is carried through as it is" in shown
    assert "column 8: '' is empty and ignored" in shown
    assert "taken as missing: 'NM' (1 cells)" in shown
    assert "format: tidy, as --format says" in run("validate", "--explain", "lab.csv", "--format", "tidy").stderr


def test_explain_states_why_a_column_is_not_used() -> None:
    rows = "".join(f"{i},f,25,hand,{cpt},44\n" for i, cpt in enumerate((120, 300, 45, 80, 200, 61)))
    Path("lab.csv").write_text("id,sex,age,site,CPT,HPT\n" + rows, encoding="utf-8")
    shown = run("validate", "--explain", "lab.csv").stderr
    assert "column 5: 'CPT' is carried through and not used as CPT: CPT of 300 is not a temperature" in shown  # 0 to 50
