"""Lists of algometer readings, and the area of the probe."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import run
from device_files import WHO, write_csv
from hypothesis import given
from hypothesis import strategies as st
from lab_files import read, refuse, write
from paths import DEVICES

import qst
from qst.errors import OptionError

pytestmark = pytest.mark.usefixtures("work")

EXAMPLE = DEVICES / "S04_algometer_synthetic.csv"
LBF, KGF = 44.4822162, 98.0665  # kPa on 1 cm²: 4.44822162 N and 9.80665 N


def test_all_readings_of_a_site_are_trials_in_one_row_per_reading(tmp_path: Path) -> None:
    text = "id,site,pressure [kPa]\n7,hand,380\n7,hand,400\n7,hand,420\n7,foot,500\n"
    table, problems = read(write(tmp_path, text), fixed=WHO)
    assert not problems
    assert set(table["parameter"]) == {"PPT"}
    values = qst.derive_values(table)
    assert values[["site", "PPT"]].to_numpy().tolist() == [["hand", 400], ["foot", 500]]


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("N", 10), ("N/cm2", 10), ("N/cm²", 10), ("kPa", 1), ("kgf", KGF), ("lbf", LBF), ("kg/cm2", KGF)],
)
@pytest.mark.parametrize("where", ["header", "column", "cell"])
def test_a_unit_may_be_in_the_header_in_a_column_or_after_the_number(
    tmp_path: Path, unit: str, factor: float, where: str
) -> None:
    number = f"{400 / factor:.2f}"
    rows = {
        "header": [["id", f"pressure [{unit}]"], [7, number]],
        "column": [["id", "pressure", "unit"], [7, number, unit]],
        "cell": [["id", "pressure"], [7, f"{number} {unit}"]],
    }
    table, problems = read(write_csv(tmp_path / "x.csv", rows[where]), fixed=WHO)
    assert table["value"].tolist() == pytest.approx([float(number) * factor])
    assert [p.code for p in problems] == (["probe-area-assumed"] if unit in ("N", "kgf", "lbf") else [])


def test_marks_and_missing_readings(tmp_path: Path) -> None:
    text = "ID;PPT 1 [kPa];PPT 2 [kPa];PPT 3 [kPa]\n007;381,5;410,0*;MS\n008;;*;4O0\n"
    table, problems = read(write(tmp_path, text), fixed=WHO)
    assert table["value"].tolist()[:2] == [381.5, 410]
    assert table["value"].isna().tolist() == [False, False, True, True, True]
    assert table["series"].tolist() == ["1", "2", "3", "2", "3"]
    shown = [(p.code, p.severity, p.row, p.value) for p in problems]
    assert shown == [
        ("marked-number", "warning", 2, "410,0*"),
        ("not-a-number", "error", 3, "*"),
        ("not-a-number", "error", 3, "4O0"),
    ]


@pytest.mark.parametrize("text", ["38 mN", "38 s", "38 mV*"])
def test_a_unit_that_is_not_one_of_pressure_is_reported(tmp_path: Path, text: str) -> None:
    table, problems = read(write(tmp_path, f"id,pressure\n7,{text}\n7,380 kPa\n"), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False]
    assert [(p.code, p.row) for p in problems] == [("unit-unknown", 2)]


def test_a_number_too_large_for_our_unit_is_out_of_range(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, f"id,pressure\n7,{'9' * 308} N/cm2\n7,38 N/cm2\n"), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False]
    assert [(p.code, p.row) for p in problems] == [("out-of-range", 2)]


def test_two_units_for_one_reading_are_reported(tmp_path: Path) -> None:
    table, problems = read(write(tmp_path, "id,pressure [kPa]\n7,38 N\n7,380 kPa\n"), fixed=WHO)
    assert table["value"].isna().tolist() == [True, False]
    assert [(p.code, p.row) for p in problems] == [("unit-differs", 2)]


def test_the_area_of_the_probe_makes_forces_pressures(tmp_path: Path) -> None:
    path = write(tmp_path, "id,pressure\n7,20 N\n7,200 kPa\n")
    shown: list[str] = []
    table, problems = read(path, fixed=WHO, probe_area=0.5, understood=shown)
    assert not problems
    assert table["value"].tolist() == [400, 200]
    assert "on a probe of 0.5 cm²" in shown[0]
    with pytest.raises(OptionError, match="the probe's area is 50 cm²"):
        qst.load(path, probe_area=50, problems=[])
    assert run("score", path, "--probe-area", "0").exit_code == 2


def test_the_area_of_the_probe_counts_in_tidy_tables_too(tmp_path: Path) -> None:
    wide = write(tmp_path, "id,HPT,PPT [N]\n7,44,20\n")
    assert read(wide, fixed=WHO, probe_area=0.5)[0]["PPT"].tolist() == [400]
    assert read(wide, fixed=WHO)[0]["PPT"].tolist() == [200]
    bare = write(tmp_path, "id,HPT,PPT\n7,44,20\n", "bare.csv")
    assert read(bare, fixed=WHO, units={"PPT": "N"}, probe_area=0.5)[0]["PPT"].tolist() == [400]
    assert read(bare, fixed=WHO, units={"PPT": "N/cm2"}, probe_area=0.5)[0]["PPT"].tolist() == [200]
    long = write(tmp_path, "id,parameter,value,unit\n7,PPT,20,N\n", "long.csv")
    assert read(long, fixed=WHO, probe_area=0.5)[0]["value"].tolist() == [400]
    assert "on a probe of 1 cm², assumed" in run("validate", "--explain", wide).stderr
    assert "on a probe of 0.5 cm²" in run("validate", "--explain", wide, "--probe-area", "0.5").stderr


def test_the_area_of_the_probe_counts_for_a_laboratorys_own_force_too(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[units.kPa]\n"kp" = 98.0665\n[probe]\nforces = ["kp"]\n', encoding="utf-8")
    table, _ = read(write(tmp_path, "id,pressure\n7,2 kp\n"), fixed=WHO, names=own, probe_area=0.5)
    assert table["value"].tolist() == pytest.approx([2 * KGF / 0.5])


@pytest.mark.parametrize("header", ["PPT1,PPT2", "PPT1,PPT2,PPT4", "pressure,pressure", "PPT,pressure 1,pressure 2"])
def test_columns_that_may_be_other_things_than_trials_are_refused(tmp_path: Path, header: str) -> None:
    count = header.count(",") + 1
    path = write(tmp_path, f"id,{header}\n7{',38 N' * count}\n")
    assert "may be trials, sites or other things" in refuse(path, fixed=WHO)


def test_a_force_may_be_anything_unless_the_format_is_given(tmp_path: Path) -> None:
    path = write(tmp_path, "id,force [N]\n7,38\n")
    assert "no QST parameter" in refuse(path, fixed=WHO)
    assert read(path, fixed=WHO, format="algometer")[0]["value"].tolist() == [380]
    assert "has a column of readings" in refuse(write(tmp_path, "id,HPT\n7,44\n"), fixed=WHO, format="algometer")


def test_without_a_unit_numbers_too_low_for_kpa_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "id,pressure\n7,38\n7,41\n7,39\n")
    assert "--unit PPT=kPa or another of" in refuse(path, fixed=WHO)
    assert read(path, fixed=WHO, units={"PPT": "N"})[0]["value"].tolist() == [380, 410, 390]


def test_a_table_with_other_parameters_or_plain_numbers_is_not_a_list(tmp_path: Path) -> None:
    for text in ("id,PPT [kPa],HPT\n7,380,44\n", "id,PPT [kPa]\n7,380\n"):
        assert "format: tidy" in run("validate", "--explain", write(tmp_path, text), "--set", "site=hand").stderr


def test_the_example_is_scored() -> None:
    result = run("score", EXAMPLE, "--probe-area", "1", "-o", "scored.csv")
    assert result.exit_code == 0, result.stderr
    assert "marked-number" in result.stderr
    values = qst.score(qst.load(EXAMPLE, problems=[]))
    assert values["PPT"].tolist() == pytest.approx([(415 + 430 + 395) / 3, (245 + 220) / 2])
    assert values["PPT_z"].notna().all()


units = {"N": 10, "N/cm2": 10, "kPa": 1, "kgf": KGF, "lbf": LBF}


@given(
    st.lists(st.lists(st.integers(1200, 9000), min_size=3, max_size=5), min_size=1, max_size=4),
    st.sampled_from(sorted(units)),
    st.sampled_from([(",", "."), (";", ","), ("\t", ","), (";", ".")]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["pressure", "Druckwert", "Algometry", "PPT"]),
    st.sampled_from(["", " {unit}", "*", " {unit}*"]),
    st.booleans(),
)
def test_readings_come_back_in_any_dialect(
    sites: list[list[int]], unit: str, dialect: tuple[str, str], encoding: str, name: str, behind: str, wide: bool
) -> None:
    separator, decimal = dialect
    factor = units[unit]

    def cell(tenths: int) -> str:
        return f"{tenths / 10 / factor:.2f}".replace(".", decimal) + behind.format(unit=unit)

    rows: list[Sequence[object]]
    if wide:
        longest = max(map(len, sites))
        rows = [["id", "Ort", *(f"{name} {number} [{unit}]" for number in range(1, longest + 1))]]
        rows += [["ä7", f"s{i}", *map(cell, site), *["NM"] * (longest - len(site))] for i, site in enumerate(sites)]
    else:
        rows = [
            ["id", "Ort", name, "Einheit"],
            *(["ä7", f"s{i}", cell(t), unit] for i, s in enumerate(sites) for t in s),
        ]
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder) / "x.csv", rows, separator, encoding)
        table, problems = read(path, fixed=WHO, probe_area=1.0)
    problems = [problem for problem in problems if problem.code != "practice-unclear"]  # of four plain columns
    assert {problem.code for problem in problems} <= {"marked-number"}
    assert len(problems) == ("*" in behind) * sum(map(len, sites))
    expected = [float(f"{t / 10 / factor:.2f}") * factor for site in sites for t in site]
    assert table["value"].dropna().tolist() == pytest.approx(expected)
