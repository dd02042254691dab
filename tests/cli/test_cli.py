"""The commands: documented, with honest exit states and one line an error."""

import math
import subprocess
import sys
from pathlib import Path

import click
import pandas as pd
import pytest
from command_line import GOOD, commands, run
from paths import REAL

import qst
import qst.workflows.table_writers

pytestmark = pytest.mark.usefixtures("work")

# --- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *(name for name, _ in commands())])
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"qst {name}".strip() in result.stdout.split("Example", 1)[1]


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_option_is_explained(name: str, command: click.Command) -> None:
    assert command.get_short_help_str()
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"qst {name} {parameter.opts}"


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['qst', sys.argv[1]]\nfrom qst.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    code += "print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib', 'openpyxl', 'tqdm'} & set(sys.modules)))"
    for option in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", code, option], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def test_the_command_and_the_module_are_one() -> None:
    installed = Path(sys.executable).with_name("qst")
    if not installed.exists():
        pytest.skip("the command qst is not installed beside this Python")
    by_name = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)
    by_module = subprocess.run([sys.executable, "-m", "qst", "--version"], capture_output=True, text=True, check=True)
    assert by_name.stdout == by_module.stdout
    assert qst.__version__ in by_name.stdout


# --- exit states ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["score", "validate"])
@pytest.mark.parametrize(("name", "status"), [("good.csv", 0), ("bad.csv", 1)])
def test_status_tells_whether_an_error_stands_in_the_data(command: str, name: str, status: int) -> None:
    assert run(command, name).exit_code == status


def test_a_warning_alone_is_no_failure() -> None:
    Path("twice.csv").write_text(GOOD + "8,61.5,m,foot,46,12.25\n", encoding="utf-8")
    result = run("validate", "twice.csv")
    assert "duplicate-assessment" in result.stdout
    assert result.exit_code == 0


WRONG_USE = [
    (["score", "good.csv", "--set", "sex=1"], "sex cannot be '1': use female or male"),
    (["score", "good.csv", "--set", "age=1987"], "age cannot be '1987'"),
    (["score", "good.csv", "--set", "colour=red"], "'colour' cannot be set: choose one of subject"),
    (["score", "good.csv", "--set", "sex"], "--set 'sex' is not of the form sex=female"),
    (["score", "good.csv", "--set", "sex=f", "--set", "sex=m"], "--set gives sex twice"),
    (["score", "good.csv", "--map", "nothing=MPT"], "--map names the column 'nothing', which no file has"),
    (["score", "good.csv", "--map", "HPT=heat"], "column 'HPT' cannot be taken as 'heat'"),
    (["score", "good.csv", "--ignore", "nothing"], "--ignore names the column 'nothing', which no file has"),
    (["score", "good.csv", "--codes", "sex:1=x"], "the code 1 of sex cannot mean 'x'"),
    (["score", "good.csv", "--codes", "sex"], "--codes 'sex' is not of the form sex:1=female,2=male"),
    (["score", "good.csv", "--unit", "PPT=furlong"], "'furlong' is not a unit of PPT: give one of kPa"),
    (["score", "good.csv", "--unit", "XYZ=kPa"], "'kPa' is not a unit of XYZ: choose one of CDT"),
    (["score", "good.csv", "--cut-off", "-1"], "the cut-off is -1.0; it must be above 0"),
    (["score", "good.csv", "--cut-off", "two"], "'two' is not a valid float"),
    (["score", "good.csv", "--dma-threshold", "100"], "the DMA threshold is 100.0"),
    (["score", "good.csv", "--device-limit", "PPT=far"], "--device-limit 'PPT=far' is not of the form PPT=2000"),
    (["score", "good.csv", "--device-limit", "WUR=3"], "'WUR' has no device limit"),
    (["score", "good.csv", "--site-as", "thigh=arm"], "magerl2010 has no site 'arm'"),
    (["score", "good.csv", "--reference", "nowhere"], "no reference set 'nowhere'"),
    (["score", "good.csv", "--demographics", "nowhere.csv"], "nowhere.csv"),
    (["score", "good.csv", "-o", "out.txt"], "cannot write 'out.txt': its ending must be one of .csv, .xlsx"),
    (["score", "good.csv", "-o", "nowhere/out.csv"], "the folder nowhere does not exist"),
    (["score", "good.csv", "-o", "good.csv"], "good.csv is also an input"),
    (["score", "nowhere.csv"], "nowhere.csv: there is no such file"),
    (["score", "nowhere.csv", "-o", "out.csv"], "nowhere.csv: there is no such file"),
    (["validate", "nowhere.csv"], "nowhere.csv: there is no such file"),
    (["score"], "Missing argument"),
    (["score", "good.csv", "--colour", "red"], "No such option"),
    (["colour"], "No such command 'colour'"),
    (["reference", "show", "nowhere"], "no reference set 'nowhere'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_USE, ids=[" ".join(arguments) for arguments, _ in WRONG_USE])
def test_wrong_use_ends_with_status_2_and_one_line(arguments: list[str], message: str) -> None:
    result = run(*arguments, *(["-q"] if arguments[:1] == ["score"] else []))
    assert result.exit_code == 2
    lines = [line for line in result.stderr.splitlines() if not line.startswith(("Usage:", "Try '")) and line]
    assert len(lines) == 1, lines
    assert message in lines[0]
    assert result.stdout == ""
    assert not Path("out.csv").exists()


def test_nothing_is_called_written_that_is_not() -> None:
    for inputs in (["nowhere.csv"], ["good.csv", "nowhere.csv"]):
        result = run("score", *inputs, "-o", "out.csv")
        assert result.exit_code != 0
        assert ("Written" in result.stderr) == Path("out.csv").exists()


def test_an_unusable_file_among_others_does_not_stop_them() -> None:
    Path("letters.csv").write_text("a,b\nx,y\n", encoding="utf-8")
    result = run("score", "good.csv", "letters.csv", "-o", "out.csv")
    assert result.exit_code == 1
    assert "no-qst-columns" in result.stderr
    assert pd.read_csv("out.csv", dtype=str)["subject"].tolist() == ["007", "8"]


# --- real files of others -------------------------------------------------------------------------------------------


def test_real_touch_and_pinprick_thresholds() -> None:
    folder = REAL / "sleep_fragmentation"
    if not folder.is_dir():
        pytest.skip("the real data of others are not here")
    result = run(
        *("score", folder / "other.csv", "--demographics", folder / "demographics.csv", "-o", "out.csv"),
        *("--map", "vF.before_mN=MDT", "--map", "pin.prick_mN=MPT", "--map", "period=visit"),
        *("--set", "sex=female", "--set", "site=forearm", "--site-as", "forearm=hand"),
    )
    assert result.exit_code == 0
    scored = pd.read_csv("out.csv")
    assert len(scored) == 33
    first = scored[(scored["subject"] == "A") & (scored["visit"] == "baseline")].iloc[0]
    assert (first["age"], first["MPT"], first["MDT"]) == (21, 256, 16)
    assert first["MPT_z"] == pytest.approx(-(math.log10(256) - 1.898) / 0.361, abs=1e-12)  # values.csv, row 173
    assert first["MDT_z"] == pytest.approx(-(math.log10(16) + 0.215) / 0.338, abs=1e-12)  # row 237
    assert set(scored["notes"].str.partition(";")[0]) == {"site_as:forearm=hand"}
    assert scored["sleep.quality"].tolist()[:3] == [95, 84, 78]


def test_real_cold_pressor_seconds_are_refused_with_the_reason() -> None:
    file = REAL / "pain_sex_ethnicity" / "random-forest.csv"
    if not file.is_file():
        pytest.skip("the real data of others are not here")
    result = run("score", file, "--set", "site=hand", "-o", "out.csv")
    assert result.exit_code == 1
    assert "CPT of 300 is not a temperature the device can reach" in result.stderr
    assert "seconds of a cold pressor test" in result.stderr
    assert not Path("out.csv").exists()
    assert "Written" not in result.stderr
