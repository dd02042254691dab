"""Values of laboratory files: temperatures or distances, units, missing and odd cells."""

import subprocess
import sys
from pathlib import Path

import pytest
from lab_files import ME, WHO, read, read_column, refuse, write

import qst
import qst.loaders.files
from qst.errors import InputError, QSTWarning

# --- thermal thresholds: temperature or distance --------------------------------------------------------------------

DISTANCES = [1.2, 0.8, 1.5, 2.0, 0.9, 1.1, 1.3, 2.4, 0.7, 1.0]


@pytest.mark.parametrize("sign", [1, -1])
def test_small_cdt_are_distances(tmp_path: Path, sign: int) -> None:
    table, problems = read_column(tmp_path, "CDT", [sign * value for value in DISTANCES])
    assert table["CDT"].abs().tolist() == DISTANCES
    assert problems == []


def test_cdt_near_32_are_temperatures(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "CDT", [32 - value for value in DISTANCES])
    assert table["CDT"].tolist() == pytest.approx(DISTANCES)
    assert problems == []


def test_wdt_above_32_are_temperatures_and_cdt_follows(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},CDT,WDT\n1,25,f,hand,30.5,34\n2,25,f,hand,12,45\n")
    table, problems = read(path)
    assert table["WDT"].tolist() == pytest.approx([2, 13])
    assert table["CDT"].tolist() == pytest.approx([1.5, 20])
    assert problems == []


def test_cdt_that_may_be_both_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},CDT\n1,25,f,hand,30\n2,25,f,hand,25\n")
    assert "use --thermal absolute or --thermal difference" in refuse(path)
    absolute, problems = read(path, thermal="absolute")
    assert absolute["CDT"].tolist() == [2, 7]
    difference, _ = read(path, thermal="difference")
    assert difference["CDT"].tolist() == [30, 25]
    assert problems == []


@pytest.mark.parametrize(
    ("header", "value", "distance"), [("CDT_abs", 30, 2), ("CDT_diff", 30, 30), ("WDT_delta", 3, 3), ("WDT abs", 34, 2)]
)
def test_a_header_states_which(tmp_path: Path, header: str, value: float, distance: float) -> None:
    table, problems = read_column(tmp_path, header, [value])
    assert table.loc[0, header[:3]] == distance
    assert problems == []


def test_a_column_that_contains_both_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path, f"{WHO},WDT\n" + "".join(f"{i},25,f,hand,{v}\n" for i, v in enumerate([2, 3, 1, 34, 35, 36]))
    )
    assert "one column must hold one of the two" in refuse(path)


def test_another_baseline_is_used_and_noted(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},baseline,CDT,WDT,HPT\n1,25,f,hand,30,28,33,44\n2,25,f,hand,32,30,34,44\n")
    table, problems = read(path)
    assert table["CDT"].tolist() == [2, 2]
    assert table["WDT"].tolist() == [3, 2]
    assert table["notes"].tolist() == ["baseline:30", ""]
    assert "baseline:30" in qst.score(table).loc[0, "notes"].split(";")
    assert problems == []
    fixed, _ = read(write(tmp_path, f"{WHO},WDT\n{ME},33\n"), fixed={"baseline": "30"}, thermal="absolute")
    assert (fixed.loc[0, "WDT"], fixed.loc[0, "notes"]) == (3, "baseline:30")


@pytest.mark.parametrize("values", [[40, 42], [0.5, 0.9]])
def test_pain_thresholds_are_always_temperatures(tmp_path: Path, values: list[float]) -> None:
    path = write(tmp_path, f"{WHO},HPT\n" + "".join(f"{i},25,f,hand,{v}\n" for i, v in enumerate(values)))
    if values[0] > 30:
        assert read(path)[0]["HPT"].tolist() == values
    else:
        assert "look like logarithms" in refuse(path)


# --- units ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "unit", "value", "ours"),
    [
        ("PPT", "kPa", 350, 350),
        ("PPT", "N/cm2", 35, 350),  # 1 N/cm² = 10 kPa
        ("PPT", "N", 35, 350),  # on a probe of 1 cm²
        ("PPT", "kgf/cm2", 4, 392.266),  # 1 kgf = 9.80665 N
        ("PPT", "kgf", 4, 392.266),
        ("PPT", "kg", 4, 392.266),
        ("PPT", "kg/cm2", 4, 392.266),
        ("PPT", "lb", 8, 355.8577296),
        ("PPT", "lbf", 8, 355.8577296),  # 1 lbf = 4.44822162 N
        ("PPT", "psi", 50, 344.7378645),  # 1 psi = 6.89475729 kPa
        ("PPT", "mmHg", 2500, 333.3059675),  # 1 mmHg = 0.133322387 kPa
        ("MPT", "g", 10, 98.0665),
        ("MPT", "gf", 10, 98.0665),
        ("MDT", "mN", 0.5, 0.5),
        ("MPT", "N", 0.064, 64),
        ("HPT", "°F", 113, 45),  # (113 − 32) × 5 / 9
        ("CPT", "F", 50, 10),
        ("TSL", "°F", 9, 5),  # a difference has no offset
    ],
)
def test_units_are_converted(tmp_path: Path, code: str, unit: str, value: float, ours: float) -> None:
    in_header, none = read_column(tmp_path, f"{code} [{unit}]", [value])
    by_option, problems = read_column(tmp_path, code, [value], units={code: unit})
    assert in_header.loc[0, code] == pytest.approx(ours, rel=1e-9)
    assert by_option.loc[0, code] == pytest.approx(ours, rel=1e-9)
    assert none == problems == []


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("CPT [s]", [12, 13, 14], "the column of CPT contains a duration"),
        ("HPT (z)", [0.1, 1.2, -0.3], "the column of HPT contains z-scores"),
        ("MDT log10", [0.1, 0.2, -0.3], "the column of MDT contains transformed values"),
        ("CPT", [217, 300, 39, 53], "CPT of 300 is not a temperature the device can reach"),
        ("PPT", [4.1, 3.9, 5.2], "use --unit PPT=kPa or another of"),
        ("PPT", [2.5, 2.6, 2.4], "look like logarithms"),
        ("PPT", [1154, 1249, 1480, 1100], "a pressure tolerance, or another unit?"),
        ("VDT", [12, 15, 9], "a threshold in µm or volts?"),
        ("HPT", [0.8, 0.9, 1.1], "look like logarithms, z-scores or another unit"),
    ],
)
def test_another_quantity_under_the_name_is_refused(
    tmp_path: Path, header: str, values: list[float], said: str
) -> None:
    rows = "".join(f"{i},25,f,hand,{value}\n" for i, value in enumerate(values))
    assert said in refuse(write(tmp_path, f"{WHO},{header}\n{rows}"))


def test_a_refused_column_is_carried_and_the_others_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{i},25,f,hand,{200 + i},44\n" for i in range(5))
    table, problems = read(write(tmp_path, f"{WHO},CPT,HPT\n{rows}"))
    assert table["CPT"].isna().all()
    assert table["CPT_input"].tolist() == [str(200 + i) for i in range(5)]
    assert table["HPT"].tolist() == [44] * 5
    assert [problem.code for problem in problems] == ["another-quantity"]


def test_ratings_with_noughts_are_plain_means_and_all_get_a_tenth(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "MPS", [0, 5, 12.5])
    assert table["MPS"].tolist() == pytest.approx([0.1, 5.1, 12.6])
    assert table["notes"].tolist() == ["rating_offset_added:MPS"] * 3
    assert problems == []
    geometric, _ = read_column(tmp_path, "MPS", [0.1, 5, 12.5])
    assert geometric["MPS"].tolist() == [0.1, 5, 12.5]


# --- missing and odd cells ------------------------------------------------------------------------------------------

MISSING = ["", " ", "NA", "n/a", "NaN", "#N/A", "NM", "MS", "ms", "missing", "-", "n.d.", "-99", "999"]


@pytest.mark.parametrize("word", MISSING)
def test_words_for_missing(tmp_path: Path, word: str) -> None:
    told: list[str] = []
    table, problems = read_column(tmp_path, "HPT", [word, 44, 45], understood=told)
    assert table["HPT"].isna().tolist() == [True, False, False]
    assert problems == ([] if word.strip() else ["no-values"])
    assert ("taken as missing" in "\n".join(told)) == bool(word.strip())


def test_999_kpa_is_taken_as_missing_and_reported(tmp_path: Path) -> None:
    table, problems = read_column(tmp_path, "PPT", [999, 350, "999.0"])
    assert table["PPT"].isna().tolist() == [True, False, False]
    assert problems == ["missing-code"]


@pytest.mark.parametrize("code", ["PHS", "VDT", "CPT", "DMA", "MPS"])
def test_nought_is_a_value(tmp_path: Path, code: str) -> None:
    table, problems = read_column(tmp_path, code, [0, 1, 1])
    assert table[code].notna().all()
    assert problems == []


@pytest.mark.parametrize("code", ["PPT", "MPT", "MDT"])
def test_zero_is_not_a_force(tmp_path: Path, code: str) -> None:
    table, problems = read_column(tmp_path, code, [0, 300, 300, 300])
    assert table[code].isna().tolist() == [True, False, False, False]
    assert problems == ["zero-force"]


def test_a_bad_cell_costs_that_cell_alone(tmp_path: Path) -> None:
    text = f"{WHO},HPT,CPT\n1,25,f,hand,5O.1,20\n2,25,f,hand,45,x\n3,25,f,hand,60,21\n"
    table, problems = read(write(tmp_path, text))
    assert table["HPT"].isna().tolist() == [True, False, True]
    assert table["CPT"].isna().tolist() == [False, True, False]
    places = {(problem.code, problem.row, problem.column, problem.value) for problem in problems}
    assert places == {
        ("not-a-number", 2, "HPT", "5O.1"),
        ("not-a-number", 3, "CPT", "x"),
        ("out-of-range", 4, "HPT", "60"),
    }
    assert {problem.severity for problem in problems} == {"error"}


def test_problems_without_a_list_are_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},HPT\n1,25,f,hand,x\n2,25,f,hand,45\n")
    with pytest.warns(QSTWarning, match=r"lab\.csv:2: column HPT: 'x' is not a number"):
        qst.load(path)


LONG, SHORT, FULL = "1,25,f,hand,44,5,350", "2,26,f,hand,45", "3,27,f,hand,45,400"


@pytest.mark.parametrize(
    "rows", [[LONG, SHORT, FULL], [SHORT, LONG, FULL], [FULL, LONG, SHORT], [FULL, SHORT, LONG], [LONG, FULL, SHORT]]
)
@pytest.mark.parametrize("block_rows", [100_000, 1, 2])
def test_a_row_too_long_is_left_out_and_reported_though_another_is_too_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], block_rows: int
) -> None:
    """A decimal comma in a file with commas: 44,5 and 350 are no HPT of 44 and PPT of 5."""
    monkeypatch.setattr(qst.loaders.files.text_table, "BLOCK_ROWS", block_rows)
    table, problems = read(write(tmp_path, "\n".join([f"{WHO},HPT,PPT", *rows]) + "\n"))
    assert sorted(table["subject"]) == ["2", "3"]
    assert sorted(table["HPT"]) == [45, 45]
    said = {(problem.code, problem.row) for problem in problems}
    assert said == {("row-too-long", rows.index(LONG) + 2), ("row-too-short", rows.index(SHORT) + 2)}


def test_a_table_without_a_row_that_fits_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, f"{WHO},HPT,PPT\n{LONG}\n{LONG}\n")
    with pytest.raises(InputError):
        qst.load(path, problems=[])


def test_a_table_of_empty_rows_is_refused(tmp_path: Path) -> None:
    assert "no-rows" in refuse(write(tmp_path, f"no,{WHO},HPT\n1,,,,,\n2,,,,,\n"))


def test_a_long_word_in_a_cell_does_not_stop_the_reading(tmp_path: Path) -> None:
    """Damage, or a text without blanks: it is read or refused, and the program ends."""
    path = write(tmp_path, f"{WHO},HPT,remark\n{ME},44,{'x' * 20_000}\n")
    code = f"import qst; print(len(qst.load({str(path)!r}).loc[0, 'remark']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=15)
    assert done.stdout.strip() == "20000"


@pytest.mark.parametrize(
    ("header", "value", "ours", "note"),
    [
        ("PPT [N/cm²]", 40, 400, "converted:PPT=N/cm2*10"),
        ("PPT_kgf", 4, 392.266, "converted:PPT=kgf*98.0665"),
        ("PPT (lb)", 10, 444.822162, "converted:PPT=lb*44.4822162"),
        ("MDT_g", 2, 19.6133, "converted:MDT=g*9.80665"),
        ("HPT [deg F]", 113, 45, "converted:HPT=(degF-32)*0.555555556"),
        ("TSL [°F]", 18, 10, "converted:TSL=°F*0.555555556"),
        ("PPT_kPa", 400, 400, ""),
        ("HPT [C]", 45, 45, ""),
    ],
)
def test_a_conversion_is_noted_with_its_factor(
    tmp_path: Path, header: str, value: float, ours: float, note: str
) -> None:
    table, _ = read_column(tmp_path, header, [value, value, "NA"])
    assert table.loc[0, header[:3]] == pytest.approx(ours)
    assert table["notes"].tolist() == [note, note, ""]
    assert set(note.split(";")) <= set(qst.score(table).loc[0, "notes"].split(";")) | {""}


def test_conversion_of_detection_in_fahrenheit_shows_whether_an_offset_was_subtracted(tmp_path: Path) -> None:
    for thermal, value, note in (
        ("absolute", 86, "converted:CDT=(°F-32)*0.555555556"),  # 30 °C
        ("difference", 3.6, "converted:CDT=°F*0.555555556"),
    ):
        table, _ = read_column(tmp_path, "CDT [°F]", [value] * 2, thermal=thermal)
        assert table["CDT"].tolist() == pytest.approx([2, 2])
        assert table.loc[0, "notes"] == note


def test_conversions_of_trials_are_described_and_noted_on_their_assessment(tmp_path: Path) -> None:
    rows = ["PPT,40,N", "PPT,400,kPa", "PPT,4,kgf", "HPT,45,", "HPT,113,°F", "HPT,45,°C"]
    lines = [f"{WHO},parameter,value,unit", *(f"{ME},{row}" for row in rows), f"{ME.replace('007', '8')},HPT,45,°C"]
    understood: list[str] = []
    path = write(tmp_path, "\n".join(lines))
    table = qst.load(path, problems=[], understood=understood)
    assert "  converted: PPT = N*10, PPT = kgf*98.0665, HPT = (°F-32)*0.555555556" in understood
    notes = qst.score(table)["notes"].str.split(";").tolist()
    assert {note for note in notes[0] if note.startswith("converted")} == {
        "converted:PPT=N*10", "converted:PPT=kgf*98.0665", "converted:HPT=(°F-32)*0.555555556",
    }  # fmt: skip
    assert not any(note.startswith("converted") for note in notes[1])
