"""Reference sets: the content of the shipped one, invalid ones, a user's own, and bands of any width."""

import hashlib
import math
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from paths import REFERENCE_VALUES

import qst
from qst.cli import main
from qst.errors import ReferenceSetError

FOLDER = REFERENCE_VALUES / "magerl2010"
HEADER = "parameter,site,sex,age_from,age_below,scale,mean,sd"
GOOD = ["HPT,hand,female,20,40,raw,44,2", "HPT,hand,female,40,,raw,45,2", "PPT,hand,female,20,,log10,2.5,0.1"]


def write_set(folder: Path, rows: list[str], header: str = HEADER, source: str | None = None) -> Path:
    """A CSV of norms; or, with a source.toml, a folder of both."""
    text = "\n".join([header, *rows]) + "\n"
    if source is None:
        path = folder / "norms.csv"
        path.write_text(text, encoding="utf-8")
        return path
    (folder / "values.csv").write_text(text, encoding="utf-8")
    (folder / "source.toml").write_text(source, encoding="utf-8")
    return folder


def z_of(path: Path, age: float, code: str = "HPT", value: float = 47.0) -> float:
    return qst.z_score(code, value, age=age, sex="female", site="hand", reference=path)


# --- the shipped set ------------------------------------------------------------------------------------------------


def test_the_shipped_file_is_the_one_its_source_describes() -> None:
    source = tomllib.loads((FOLDER / "source.toml").read_text(encoding="utf-8"))
    assert hashlib.sha256((FOLDER / "values.csv").read_bytes()).hexdigest() == source["sha256"]
    assert source["doi"] == "10.1016/j.pain.2010.07.026"


def test_every_shipped_folder_has_a_source_with_its_hash() -> None:
    for folder in FOLDER.parent.iterdir():
        if folder.is_dir() and not folder.name.startswith("__"):
            source = tomllib.loads((folder / "source.toml").read_text(encoding="utf-8"))
            data = folder / source.get("data_file", "values.csv")
            assert hashlib.sha256(data.read_bytes()).hexdigest() == source["sha256"], folder.name


def test_the_shipped_set_has_327_cells() -> None:
    cells = qst.load_reference().cells
    assert len(cells) == 327
    assert cells.groupby("site").size().to_dict() == {"face": 67, "foot": 130, "hand": 130}
    assert int((cells["sd"] == 0).sum()) == 11
    assert set(cells.loc[cells["sd"] == 0, "parameter"]) == {"PHS", "DMA"}
    doubtful = cells.loc[cells["doubt"] != "", ["parameter", "site", "sex", "age_from"]].to_numpy().tolist()
    assert doubtful == [["MDT", "face", "female", 60.0], ["PHS", "foot", "female", 60.0]]


def test_the_shipped_table_is_the_one_that_is_looked_up() -> None:
    """Each cell of the file, at an age in its band, gives z 0 at its mean and ±1 one SD away."""
    raw = pd.read_csv(FOLDER / "values.csv", keep_default_na=False)
    usable = raw[(raw["sd"] > 0) & (raw["doubt"] == "") & ~raw["parameter"].isin(["PHS", "DMA"])]
    mean, sd, in_log = (usable[c].to_numpy() for c in ("mean", "sd", "scale"))
    for steps in (0, 1):
        shifted = mean + steps * sd
        values = np.where(in_log == "log10", 10.0**shifted, shifted)
        possible = ~((usable["parameter"] == "VDT").to_numpy() & (values > 8))
        frame = usable.assign(age=usable["age_from"] + 5, value=values)[possible]
        wide = frame.pivot(columns="parameter", values="value")
        scored = qst.score(pd.concat([frame[["age", "sex", "site"]], wide], axis=1))
        z = np.array([scored.at[row, f"{code}_z"] for row, code in frame["parameter"].items()])
        np.testing.assert_allclose(np.abs(z), steps, atol=1e-9)
        assert len(z) > 200


def test_the_set_is_used_by_default_and_named() -> None:
    row = {"age": 25, "sex": "female", "site": "hand", "HPT": 45.0}
    scored = qst.score(pd.DataFrame([row]))
    assert scored.loc[0, "reference_set"] == "magerl2010"
    assert qst.load_reference().id == "magerl2010"
    assert qst.load_reference("magerl2010").sites == ("face", "foot", "hand")


def test_a_set_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ReferenceSetError, match="no reference set 'rolke2006': give one of magerl2010"):
        qst.load_reference("rolke2006")


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["HPT,hand,female,20,30,raw,44,2", "HPT,hand,female,31,,raw,45,2"],
            r":3: the band from 31 years leaves a gap",
        ),
        (["HPT,hand,female,20,30,raw,44,2", "HPT,hand,female,29,,raw,45,2"], r":3: the band from 29 years overlaps"),
        (["HPT,hand,female,20,,raw,44,2", "HPT,hand,female,30,,raw,45,2"], r":3: the band from 30 years overlaps"),
        (["HPT,hand,female,20,,raw,44,2", "HPT,hand,female,20,,raw,44,2"], r":3: the band from 20 years overlaps"),
        (["HPT,hand,female,20,,raw,44,-2"], r":2: column sd: '-2(\.0)?' is negative"),
        (["HPT,hand,female,20,,raw,44,"], r":2: column sd: '' is not a number"),
        (["HPT,hand,female,20,,raw,forty,2"], r":2: column mean: 'forty' is not a number"),
        (["HPT,hand,female,20,,raw,inf,2"], r":2: column mean: 'inf' is not a number"),
        (["HPT,hand,female,20,old,raw,44,2"], r":2: column age_below: 'old' is not a number"),
        (["HPT,hand,female,30,20,raw,44,2"], r":2: column age_below: '20(\.0)?' is not above age_from"),
        (["HBT,hand,female,20,,raw,44,2"], r":2: column parameter: 'HBT' is none of CDT WDT"),
        (["HPT,hand,f,20,,raw,44,2"], r":2: column sex: 'f' is neither female nor male"),
        (["HPT,,female,20,,raw,44,2"], r":2: column site: '' is empty"),
        (["HPT,hand,female,20,,log10,44,2"], r":2: column scale: 'log10' is not the protocol's scale"),
        (["PPT,hand,female,20,,raw,400,2"], r":2: column scale: 'raw' is not the protocol's scale"),
        (["PPT,hand,female,20,,ln,6,0.2"], r":2: column scale: 'ln' is not the protocol's scale"),
        (["HPT,hand,female,20,,raw,44,2", "HPT,hand,male,20,,raw,44"], r":3: column sd"),
        ([], r"has no rows"),
    ],
)
def test_broken_tables_are_refused_with_row_and_reason(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(ReferenceSetError, match=r"norms\.csv(: )?" + message):
        qst.load_reference(write_set(tmp_path, rows))


@pytest.mark.parametrize("column", HEADER.split(","))
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    header = HEADER.replace(column, "something")
    with pytest.raises(ReferenceSetError, match=rf"norms\.csv: lacks the columns {column}"):
        qst.load_reference(write_set(tmp_path, GOOD, header))


def test_changed_data_are_refused(tmp_path: Path) -> None:
    source = (FOLDER / "source.toml").read_text(encoding="utf-8")
    with pytest.raises(ReferenceSetError, match=r"SHA-256 is [0-9a-f]{64}, but source\.toml has 8fa75a6b"):
        qst.load_reference(write_set(tmp_path, GOOD, source=source))


@pytest.mark.parametrize("source", ["id = ", "id = 1\nid = 2", "\x00"])
def test_a_source_that_cannot_be_read_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(ReferenceSetError, match=r"source\.toml cannot be read"):
        qst.load_reference(write_set(tmp_path, GOOD, source=source))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01\x02", b"", b'"', b"\x89PNG\r\n\x1a\n\x00"])
def test_a_file_that_is_not_a_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "norms.csv"
    path.write_bytes(content)
    with pytest.raises(ReferenceSetError, match=r"norms\.csv"):
        qst.load_reference(path)


def test_a_folder_without_values_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceSetError, match=r"needs a file values\.csv"):
        qst.load_reference(tmp_path)


def test_a_note_age_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    path = write_set(tmp_path, GOOD, source='id = "own"\nage_note_from = "old"\n')
    with pytest.raises(ReferenceSetError, match="age_note_from"):
        qst.score(pd.DataFrame([{"age": 25, "sex": "female", "site": "hand", "HPT": 45.0}]), reference=path)


# --- a user's sets -------------------------------------------------------------------------------------------------


def test_a_users_csv_and_folder(tmp_path: Path) -> None:
    assert z_of(write_set(tmp_path, GOOD), 25) == pytest.approx(-1.5)
    folder = write_set(tmp_path, GOOD, source='id = "our volunteers"\nage_note_from = 50\n')
    row = {"age": [49.9, 50], "sex": "female", "site": "hand", "HPT": 47.0}
    scored = qst.score(pd.DataFrame(row), reference=folder)
    assert scored["HPT_z"].tolist() == [-1.0, -1.0]
    assert scored["reference_set"].tolist() == ["our volunteers"] * 2
    assert scored["notes"].tolist() == ["", "age_above_norms"]


@pytest.mark.parametrize("give", [str, Path, qst.load_reference])
def test_a_set_is_named_by_text_path_or_itself(tmp_path: Path, give: Callable[[Path], object]) -> None:
    path = write_set(tmp_path, GOOD)
    assert z_of(give(path), 25) == pytest.approx(-1.5)  # type: ignore[arg-type]


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    path = write_set(tmp_path, GOOD)
    assert z_of(path, 25) == pytest.approx(-1.5)
    write_set(tmp_path, [GOOD[0].replace(",44,", ",45,"), *GOOD[1:]])
    assert z_of(path, 25) == pytest.approx(-1.0)


def test_the_order_of_rows_and_columns_of_a_set_does_not_matter(tmp_path: Path) -> None:
    columns = HEADER.split(",")
    turned = [",".join(reversed(row.split(","))) for row in reversed(GOOD)]
    path = write_set(tmp_path, turned, ",".join(reversed(columns)))
    assert [z_of(path, age) for age in (25, 40, 70)] == pytest.approx([-1.5, -1.0, -1.0])


def test_a_set_may_cover_a_site_of_its_own(tmp_path: Path) -> None:
    path = write_set(tmp_path, [row.replace("hand", "thigh") for row in GOOD])
    z = qst.z_score("HPT", 47, age=25, sex="female", site="thigh", reference=path)
    assert z == pytest.approx(-1.5)
    frame = pd.DataFrame([{"age": 25, "sex": "female", "site": "hand", "HPT": 47.0}])
    assert qst.score(frame, reference=path).loc[0, "notes"] == "no_norm_for_site"


@pytest.mark.parametrize("site", ["Thigh", "THIGH"])
def test_a_site_is_found_whatever_its_case_in_the_set(tmp_path: Path, site: str) -> None:
    path = write_set(tmp_path, [row.replace("hand", site) for row in GOOD])
    z = qst.z_score("HPT", 47, age=25, sex="female", site=site, reference=path)
    assert z == pytest.approx(-1.5)


def test_a_sex_that_a_set_lacks_has_no_z(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": 25.0, "sex": ["male", "female"], "site": "hand", "HPT": 47.0})
    scored = qst.score(frame, reference=write_set(tmp_path, GOOD))
    assert scored["HPT_z"].isna().tolist() == [True, False]
    assert scored["notes"].tolist()[0] != ""


def test_a_closed_top_band_ends(tmp_path: Path) -> None:
    path = write_set(tmp_path, ["HPT,hand,female,20,40,raw,44,2", "HPT,hand,female,40,60,raw,45,2"])
    assert z_of(path, 59.99) == pytest.approx(-1.0)
    frame = pd.DataFrame({"age": [60.0, 72.0], "sex": "female", "site": "hand", "HPT": 47.0})
    scored = qst.score(frame, reference=path)
    assert scored["HPT_z"].isna().all()
    assert scored["notes"].tolist() == ["age_above_norms"] * 2


def test_bands_of_half_a_year(tmp_path: Path) -> None:
    rows = [f"HPT,hand,female,{8 + step / 2},{8.5 + step / 2},raw,{40 + step},2" for step in range(8)]
    path = write_set(tmp_path, rows)
    for age, mean in ((8.0, 40), (8.49, 40), (8.5, 41), (9.0, 42), (11.49, 46), (11.5, 47), (11.99, 47)):
        assert z_of(path, age) == pytest.approx(-(47 - mean) / 2)
    assert math.isnan(z_of(path, 7.99))
    assert math.isnan(z_of(path, 12.0))


def test_bands_may_differ_by_parameter_site_and_sex(tmp_path: Path) -> None:
    rows = ["HPT,hand,female,18,50,raw,44,2", "HPT,hand,female,50,,raw,46,2", "PPT,hand,female,20,35,log10,2.5,0.1"]
    rows += ["PPT,hand,female,35,70,log10,2.6,0.1", "HPT,hand,male,16,,raw,47,1", "HPT,foot,female,30,60,raw,40,1"]
    path = write_set(tmp_path, rows)
    ages = [17.99, 18, 19, 20, 34.9, 35, 49.9, 50, 69.9, 70, 90]
    frame = pd.DataFrame({"age": ages, "sex": "female", "site": "hand", "HPT": 47.0, "PPT": 10**2.5})
    scored = qst.score(frame, reference=path)
    hpt = [None, -1.5, -1.5, -1.5, -1.5, -1.5, -1.5, -0.5, -0.5, -0.5, -0.5]
    ppt = [None, None, None, 0, 0, 1, 1, 1, 1, None, None]
    assert scored["HPT_z"].tolist() == pytest.approx([math.nan if z is None else z for z in hpt], nan_ok=True)
    assert scored["PPT_z"].tolist() == pytest.approx([math.nan if z is None else z for z in ppt], nan_ok=True)
    assert scored["notes"].tolist()[1] == "no_norm:PPT"
    assert scored["notes"].tolist()[9] == "no_norm:PPT"
    man = qst.z_score("HPT", 47, age=16, sex="male", site="hand", reference=path)
    assert man == 0.0
    foot = pd.DataFrame({"age": [29.9, 60.0], "sex": "female", "site": "foot", "HPT": 47.0})
    assert qst.score(foot, reference=path)["notes"].tolist() == ["age_below_norms", "age_above_norms"]


def test_a_spread_of_zero_gives_no_z_and_a_note(tmp_path: Path) -> None:
    path = write_set(tmp_path, ["HPT,hand,female,20,,raw,44,0"])
    scored = qst.score(pd.DataFrame([{"age": 25, "sex": "female", "site": "hand", "HPT": 47.0}]), reference=path)
    assert pd.isna(scored.loc[0, "HPT_finding"])
    assert scored.loc[0, "notes"] == "norm_without_spread:HPT"


# --- how a set is shown --------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["reference", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_list_names_the_set_and_its_ages_source_and_gaps() -> None:
    shown = run("list")
    for fact in ("magerl2010", "face, foot, hand", "from 20 years", "noted from 75", "10.1016/j.pain.2010.07.026"):
        assert fact in shown
    assert "63 of 390 cells are missing" in shown


def test_show_describes_coverage_and_doubt() -> None:
    shown = " ".join(run("show", "magerl2010").split())
    assert "CDT full full full" in shown
    assert "PPT 1 of 10 full full" in shown
    assert "11 cells have an SD of 0 (DMA, PHS)" in shown
    assert "PHS foot female 60+: SD impossible for a count" in shown
    assert "MDT face female 60+: SD 0.055" in shown
    assert "not at hand" in shown, "how it was transcribed is described"


def test_show_gives_the_cells_of_a_parameter_and_site() -> None:
    """PPT, hand, women 20-29, row 152: 10^2.547 = 352.4; 10^(2.547 ± 1.96 × 0.106) = 218.4 to 568.5."""
    lines = run("show", "magerl2010", "--parameter", "ppt", "--site", "hand").splitlines()
    cell = next(line for line in lines if "female  20-29" in line)
    for fact in ("2.547", "0.106", "352.4", "218.4 to 568.5", "152"):
        assert fact in cell
    assert sum("hand" in line for line in lines) == 10
    assert not any("foot" in line for line in lines)


def test_show_lists_what_is_missing() -> None:
    shown = run("show", "magerl2010", "--parameter", "PPT", "--site", "face")
    assert "missing: face female 20-29, 30-39, 40-49, 50-59, 60+" in shown
    assert "missing: face male 30-39, 40-49, 50-59, 60+" in shown


def test_show_works_for_a_users_set(tmp_path: Path) -> None:
    shown = run("show", str(write_set(tmp_path, GOOD)))
    assert "norms" in shown
    assert "No cell is marked doubtful" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "rolke"], "no reference set 'rolke'"),
        (["show", "magerl2010", "--parameter", "XYZ"], "'XYZ' is not one of the 13 parameters"),
        (["show", "magerl2010", "--site", "arm"], "magerl2010 has no site 'arm': it has face, foot, hand"),
    ],
)
def test_wrong_options_are_refused_in_one_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["reference", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
