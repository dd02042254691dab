"""A laboratory's own names: added for one call, checked, and never in the place of something else."""

import threading
from pathlib import Path

import pytest
from command_line import run
from lab_files import read, write
from paths import EXAMPLES

import qst
from qst.errors import OptionError
from qst.loaders.headers.additions import read_names
from qst.loaders.headers.options import LoadOptions
from qst.loaders.readings import open_readings
from qst.vocabulary.names import column_names, our_vocabulary

OWN = """
[columns]
subject = ["Fallnummer"]
[parameters]
PPT = ["Algometer"]
[words.sex]
female = ["Patientin"]
[words.site]
knee = ["Knie medial"]
[missing]
words = ["abgebrochen"]
codes = ["-9"]
[units.kPa]
"bar" = 100
[units.foreign]
"Skt" = "marks of a scale"
"""
LAB = (
    "Fallnummer,age,sex,site,Algometer [bar]\n007,25,Patientin,Knie medial,4.5\n8,35,m,hand,abgebrochen\n9,,m,hand,5\n"
)


def names(folder: Path, text: str, name: str = "own.toml") -> Path:
    return write(folder, text, name)


def test_additions_are_used_and_described(tmp_path: Path) -> None:
    understood: list[str] = []
    lab, own = write(tmp_path, LAB), names(tmp_path, OWN)
    table = qst.load(lab, names=own, problems=[], understood=understood)
    assert table["subject"].tolist() == ["007", "8", "9"]
    assert table.loc[0, ["sex", "site", "PPT"]].tolist() == ["female", "knee", 450]
    assert table["PPT"].isna().tolist() == [False, True, False]
    assert "own.toml adds 'Fallnummer' as subject, 'Algometer' as PPT" in understood[0]
    assert any("'abgebrochen' (1 cells)" in line for line in understood)


def test_additions_apply_to_one_call_only(tmp_path: Path) -> None:
    lab, own = write(tmp_path, LAB), names(tmp_path, OWN)
    other = names(tmp_path, '[parameters]\nHPT = ["Algometer"]\n', "other.toml")
    celsius = write(tmp_path, "id,age,sex,site,Algometer\n1,25,f,hand,45\n", "other.csv")
    assert qst.load(lab, names=own, problems=[])["PPT"].notna().sum() == 2
    assert qst.load(celsius, names=other, problems=[]).loc[0, "HPT"] == 45
    with pytest.raises(qst.QSTError, match="no column has the name of a QST parameter"):
        qst.load(lab, problems=[])
    assert column_names() is our_vocabulary().column_names


def test_additions_of_two_cohorts_that_are_read_in_turns_are_kept_apart(tmp_path: Path) -> None:
    rows = "".join(f"{i},25,f,hand,45\n" for i in range(3))
    first = write(tmp_path, f"id,age,sex,site,probe7\n{rows}", "first.csv")
    second = write(tmp_path, f"id,age,sex,site,probe7\n{rows.replace('45', '450')}", "second.csv")
    by_name = {
        code: LoadOptions(names=read_names(names(tmp_path, f'[parameters]\n{code} = ["probe7"]\n', f"{code}.toml")))
        for code in ("HPT", "PPT")
    }
    problems: list[qst.Problem] = []
    readings = [
        open_readings([path], options, problems.append)
        for path, options in zip((first, second), by_name.values(), strict=True)
    ]
    turns = [reading.frames(problems.append) for reading in readings]
    hot, pressed = (next(turn) for turn in turns)
    assert column_names() is our_vocabulary().column_names, "a generator that waits does not leave its names behind"
    assert hot["HPT"].tolist() == [45] * 3
    assert pressed["PPT"].tolist() == [450] * 3


def test_additions_do_not_reach_another_thread(tmp_path: Path) -> None:
    own = read_names(names(tmp_path, OWN))
    readings = open_readings([write(tmp_path, LAB)], LoadOptions(names=own), lambda _: None)
    seen: list[bool] = []
    for _ in readings.frames(lambda _: None):
        thread = threading.Thread(target=lambda: seen.append("algometer" in column_names()))
        thread.start()
        thread.join()
    assert seen == [False]


def test_options_may_use_the_additions(tmp_path: Path) -> None:
    lab = write(tmp_path, "id,age,PPT\n1,25,4\n2,25,5\n3,25,6\n")
    own = names(tmp_path, OWN)
    table, _ = read(lab, names=own, fixed={"sex": "Patientin", "site": "Knie medial"}, units={"PPT": "bar"})
    assert table.loc[0, ["sex", "site", "PPT"]].tolist() == ["female", "knee", 400]
    with pytest.raises(OptionError, match="sex cannot be 'Patientin'"):
        read(lab, fixed={"sex": "Patientin"})


def test_a_unit_of_another_quantity_refuses_its_column(tmp_path: Path) -> None:
    lab = write(tmp_path, "id,age,sex,site,HPT,PPT [Skt]\n1,25,f,hand,45,4\n2,25,f,hand,44,5\n")
    table, problems = read(lab, names=names(tmp_path, OWN))
    assert [problem.code for problem in problems] == ["another-quantity"]
    assert "marks of a scale" in problems[0].message
    assert table["PPT"].isna().all()


def test_demographics_are_read_by_the_same_names(tmp_path: Path) -> None:
    lab = write(tmp_path, "Fallnummer,site,HPT\n1,hand,45\n")
    people = write(tmp_path, "Fallnummer,age,sex\n1,25,Patientin\n", "people.csv")
    table, problems = read(lab, names=names(tmp_path, OWN), demographics=people)
    assert table.loc[0, ["age", "sex"]].tolist() == [25, "female"]
    assert problems == []


def test_what_is_known_already_may_be_repeated(tmp_path: Path) -> None:
    """And all parts of it keep their meaning: a unit, a code, or that the values are distances."""
    own = names(
        tmp_path,
        '[columns]\nsex = ["sex_m1"]\n[parameters]\nPPT = ["PPT_N", "ppt"]\nCDT = ["CDT_diff"]\n'
        '[words.sex]\nmale = ["M"]\n'
        '[missing]\nwords = ["n.d."]\ncodes = ["999"]\n[units.kPa]\n"N/cm²" = 10\n',
    )
    assert read_names(own).description == "own.toml adds nothing"
    lab = write(tmp_path, "id,age,sex_m1,site,PPT_N,CDT_diff\n1,25,1,hand,45,20\n2,25,0,hand,40,21\n")
    table, problems = read(lab, names=own)
    assert (table["sex"].tolist(), table["PPT"].tolist(), table["CDT"].tolist()) == (
        ["male", "female"], [450, 400], [20, 21],
    )  # fmt: skip
    assert problems == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[columns\n", r"own\.toml is not a TOML file: .*line 1"),
        ("[colums]\n", r"own\.toml: there is no section \[colums\]: choose one of columns, parameters, words"),
        ('columns = ["x"]\n', r"own\.toml: columns must be a section"),
        ('words = {sex = ["x"]}\n', r"own\.toml: words\.sex must be a section"),
        ('[words.colour]\nred = ["x"]\n', r"there is no section \[words\.colour\]: choose one of \[words\.sex\]"),
        ('[parameters]\nCTD = ["x"]\n', r"own\.toml: \[parameters\] CTD: there is no such key: choose one of CDT, WDT"),
        ('[words.sex]\nother = ["x"]\n', r"\[words\.sex\] other: there is no such key: choose one of female, male"),
        ('[parameters]\nCDT = "x"\n', r"\[parameters\] CDT: its spellings must be a list"),
        ("[parameters]\nCDT = [1]\n", r"\[parameters\] CDT: 1 is not a text"),
        ('[parameters]\nCDT = [" "]\n', r"\[parameters\] CDT: ' ' is not a text"),
        (f'[parameters]\nCDT = ["{"x" * 101}"]\n', r"\[parameters\] CDT: a spelling has more than 100 characters"),
        ('[parameters]\nHPT = ["ts"]\n', r"\[parameters\] HPT: 'ts' already means WUR; .*--map 'ts=HPT'"),
        ('[columns]\nsubject = ["Alter"]\n', r"\[columns\] subject: 'Alter' already means age"),
        ('[parameters]\nMPT = ["PPT_kPa"]\n', r"\[parameters\] MPT: 'PPT_kPa' already means PPT"),
        ('[parameters]\nMPT = ["ppt_left"]\n', r"\[parameters\] MPT: 'ppt_left' already means PPT of side left"),
        ('[columns]\nage = ["hpt_1"]\n', r"\[columns\] age: 'hpt_1' already means HPT of trial 1"),
        ('[columns]\nsubject = ["x"]\nage = ["X"]\n', r"\[columns\] age: 'X' is also listed under subject"),
        (
            '[columns]\nsubject = ["x"]\n[parameters]\nCDT = ["X"]\n',
            r"\[parameters\] CDT: 'X' is also listed under subject",
        ),
        ('[words.sex]\nfemale = ["M"]\n', r"\[words\.sex\] female: 'M' already means male"),
        ('[words.site]\nknee = ["Hand"]\n', r"\[words\.site\] knee: 'Hand' already means hand"),
        ('[words.side]\nleft = ["test"]\n', r"\[words\.side\] left: 'test' already means the area test in a header"),
        ('[missing]\nwords = ["99"]\n', r"\[missing\] words: '99' is a number: put it under codes"),
        ('[missing]\ncodes = ["x"]\n', r"\[missing\] codes: 'x' is not a number: put it under words"),
        ('[missing]\ncodes = ["0"]\n', r"\[missing\] codes: 0 is a value"),
        ('[units.psi]\n"x" = 1\n', r"there is no section \[units\.psi\]: choose one of \[units\.\"kPa\"\]"),
        ('[device]\nevent = ["Time"]\n', r"\[device\] event: 'Time' already means time"),
        ('[device]\nevents = ["Marker"]\n', r"\[device\] events: there is no such key: choose one of trial_type"),
        ('[modality]\npain = ["cold"]\n', r"\[modality\] pain: 'cold' already means cold"),
        ('[units.kPa]\n"x" = "10"\n', r"\[units\.kPa\] x: '10' is not a factor to kPa: write a number above 0"),
        ('[units.kPa]\n"x" = -1\n', r"\[units\.kPa\] x: -1 is not a factor"),
        ('[units.kPa]\n"x" = nan\n', r"\[units\.kPa\] x: nan is not a factor"),
        ('[units.kPa]\n"x" = true\n', r"\[units\.kPa\] x: True is not a factor"),
        ('[units.kPa]\n"a;b" = 1\n', r"\[units\.kPa\] a;b: a unit cannot have a semicolon"),
        ('[units.kPa]\n"n" = 5\n', r"\[units\.kPa\] n: 'N' is already 10\.0 kPa"),
        ('[units.kPa]\n"sec" = 5\n', r"\[units\.kPa\] sec: 'sec' already means a duration"),
        ('[units.kPa]\n"left" = 5\n', r"\[units\.kPa\] left: 'left' already means the side left in a header"),
        ('[units."°C"]\n"K" = 1.5\n', r"\[units\.°C\] K: another temperature scale also has an offset"),
        ('[units.foreign]\n"kPa" = "x"\n', r"\[units\.foreign\] kPa: 'kPa' is already a unit of PPT"),
        ('[units.foreign]\n"V" = 1\n', r"\[units\.foreign\] V: describe in words"),
    ],
)
def test_an_addition_that_cannot_be_is_refused_with_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        read_names(names(tmp_path, text))


def test_a_names_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"there is no file .*nowhere\.toml: check the name given to --names"):
        read_names(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes("# süß".encode("latin-1"))
    with pytest.raises(OptionError, match=r"latin\.toml cannot be read: save it as a text file \(UTF-8\)"):
        read_names(tmp_path / "latin.toml")


def test_command_line_takes_names(tmp_path: Path) -> None:
    write(tmp_path, LAB)
    names(tmp_path, OWN)
    result = run("score", tmp_path / "lab.csv", "--names", tmp_path / "own.toml", "--site-as", "knee=hand")
    assert "own.toml adds 'Fallnummer' as subject" in result.stderr
    assert result.stdout.splitlines()[1].startswith("007,,25.0,female,knee,")
    wrong = run("validate", "good.csv", "--names", names(tmp_path, "[colums]\n", "wrong.toml"))
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("error: wrong.toml: there is no section [colums]")


def test_names_are_not_a_place_to_write_to(tmp_path: Path) -> None:
    own = names(tmp_path, OWN, "own.csv")
    result = run("score", "good.csv", "--names", own, "-o", own)
    assert result.exit_code == 2
    assert "is also an input" in result.stderr
    assert own.read_text(encoding="utf-8") == OWN


def test_the_example_is_right() -> None:
    told = read_names(EXAMPLES / "names.toml").description
    assert told.count(" as ") == 11
