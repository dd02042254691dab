"""A scored table carries its settings: whatever scores it again takes them over, or says what it cannot take over."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from paths import COHORT, ROOT

import qst
from qst.errors import OptionError
from qst.loaders.formats.scored import read_scored
from qst.loaders.headers.options import LoadOptions
from qst.protocol import CODES
from qst.settings import Settings
from qst.workflows.carried_settings import carried_by_frame, take_over
from qst.workflows.find_people import find_everybody

pytestmark = pytest.mark.usefixtures("work")
FINDINGS = [f"{code}_finding" for code in CODES]
HEAT = ROOT / "examples" / "heat_only.toml"


def score(*options: str, output: str = "scored.csv") -> Path:
    assert run("score", COHORT, *options, "-o", output).exit_code == 0
    return Path(output)


def count(path: str | Path) -> dict[str, int]:
    """Gains and losses that a scored table holds."""
    table = read_scored(path)
    assert table is not None
    values = table[FINDINGS].stack()
    return {"gain": int((values == "gain").sum()), "loss": int((values == "loss").sum())}


@pytest.mark.parametrize("name", ["again.txt", "again.tsv", "again.dat", "again"])
def test_a_scored_table_is_known_by_its_content_and_not_by_its_ending(name: str) -> None:
    scored = score("--cut-off", "3")
    shutil.copy(scored, name)
    for path in (scored, name):
        assert run("plot", path, "--kind", "frequencies", "-o", "figure.svg").exit_code == 0
        Path("figure.svg").rename(f"{Path(path).name}.drawn.svg")
    drawn = [path.read_bytes() for path in Path().glob("*.drawn.svg")]
    assert len(drawn) == 2
    assert drawn[0] == drawn[1]
    pd.testing.assert_frame_equal(read_scored(scored), read_scored(name))  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "json"])
def test_every_format_gives_the_same_table_back(ending: str) -> None:
    first, other = read_scored(score()), read_scored(score(output=f"scored.{ending}"))
    assert first is not None
    assert other is not None
    pd.testing.assert_frame_equal(first, other, check_exact=ending != "xlsx")


def test_a_table_scored_at_another_cut_off_is_scored_again_at_that() -> None:
    strict, usual = score("--cut-off", "3"), score(output="usual.csv")
    assert count(strict) != count(usual)
    result = run("score", strict, "-o", "again.csv")
    assert "scored.csv: scored with cut-off 3, which is used again" in result.stderr
    assert count("again.csv") == count(strict)
    explained = json.loads(run("explain", strict, "--subject", "058", "--area", "test", "--json").stdout)
    assert {parameter["cut_off"] for parameter in explained["parameters"]} == {3.0}
    assert run("report", strict, "-o", "report", "--subject", "058").exit_code == 0
    page = Path("report/subjects/058.html").read_text(encoding="utf-8")
    assert "cut-off 3, which is used again" in page


@pytest.mark.parametrize(
    "command",
    [
        ("score", "-o", "again.csv"),
        ("explain", "--subject", "058", "--area", "test"),
        ("report", "-o", "report", "--subject", "058"),
        ("plot", "--kind", "loga", "-o", "loga.svg"),
    ],
    ids=lambda command: command[0],
)
def test_an_option_that_differs_wins_and_is_reported_in_one_line(command: tuple[str, ...]) -> None:
    strict = score("--cut-off", "3")
    result = run(command[0], strict, *command[1:], "--cut-off", "1.96")
    lines = [line for line in result.stderr.splitlines() if "scored with cut-off" in line]
    assert lines == ["scored.csv: scored with cut-off 3; --cut-off 1.96 is used instead"]


def test_a_figure_of_a_scored_table_is_scored_again_where_an_option_differs() -> None:
    strict, usual = score("--cut-off", "3"), score(output="usual.csv")
    run("plot", strict, "--kind", "frequencies", "--cut-off", "1.96", "-o", "a.svg")
    run("plot", usual, "--kind", "frequencies", "-o", "b.svg")
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()


def test_an_option_that_says_the_same_is_not_reported() -> None:
    result = run("score", score("--cut-off", "3"), "--cut-off", "3", "-o", "again.csv")
    assert "is used" not in result.stderr


def test_all_settings_are_taken_over() -> None:
    options = ["--cut-off", "2.5758293035489", "--dma-threshold", "10", "--device-limit", "PPT=2000"]
    scored = score(
        *options, "--device-limit", "HPT=52", "--site-as", "foot=hand", "--mechanisms", str(HEAT), "--manifest"
    )
    found = find_everybody([scored], LoadOptions(), Settings())
    assert found.settings.cut_off == 2.5758293035489, "all digits"
    assert found.settings.dma_threshold == 10
    assert found.settings.device_limits == {"PPT": 2000.0, "HPT": 52.0}
    assert str(found.settings.mechanisms) == str(HEAT)
    assert found.settings.site_as == {}, "no row borrowed a norm: there is one for the foot"
    again = run("score", scored, "-o", "again.csv")
    assert again.exit_code == 0
    left, right = read_scored(scored), read_scored("again.csv")
    pd.testing.assert_frame_equal(left, right)  # type: ignore[arg-type]


def test_a_borrowed_norm_is_borrowed_again() -> None:
    table = pd.read_csv(COHORT, dtype=str).assign(site="forearm")
    table.to_csv("forearm.csv", index=False)
    assert run("score", "forearm.csv", "--site-as", "forearm=hand", "-o", "scored.csv").exit_code == 0
    assert run("score", "scored.csv", "-o", "again.csv").exit_code == 0
    pd.testing.assert_frame_equal(read_scored("scored.csv"), read_scored("again.csv"))  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_file_that_is_gone_or_has_changed_is_an_error_that_names_it(ending: str) -> None:
    shutil.copy(HEAT, "heat.toml")
    scored = score("--mechanisms", "heat.toml", "--manifest", output=f"scored.{ending}")
    assert run("score", scored, "-o", "again.csv").exit_code == 0
    text = Path("heat.toml").read_text(encoding="utf-8")
    Path("heat.toml").write_text(text + "\n# another entry\n", encoding="utf-8")
    changed = run("score", scored, "-o", "again.csv")
    assert changed.exit_code == 2
    assert "with the mechanisms 'heat' from the file heat.toml, which has changed since" in changed.stderr
    Path("heat.toml").unlink()
    for command in (("score", "-o", "again.csv"), ("explain", "--subject", "058"), ("report", "-o", "report")):
        gone = run(command[0], scored, *command[1:])
        assert gone.exit_code == 2
        assert "from the file heat.toml, which is not there any more: use --mechanisms FILE" in gone.stderr
    assert run("score", scored, "--mechanisms", HEAT, "-o", "again.csv").exit_code == 0
    assert run("plot", scored, "--kind", "loga", "-o", "loga.svg").exit_code == 0, "drawn as it is"


def test_without_a_manifest_the_error_says_that_the_place_is_not_known() -> None:
    scored = score("--mechanisms", str(HEAT))
    refused = run("score", scored, "-o", "again.csv")
    assert refused.exit_code == 2
    assert "'heat_only' from a file whose place the table does not give: use --mechanisms FILE" in refused.stderr


def test_a_reference_set_of_the_laboratory_is_found_again(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "reference_values" / "magerl2010", tmp_path / "own")
    source = tmp_path / "own" / "source.toml"
    source.write_text(source.read_text(encoding="utf-8").replace('id = "magerl2010"', 'id = "own"'), encoding="utf-8")
    scored = score("--reference", "own", "--manifest")
    assert set(read_scored(scored)["reference_set"]) == {"own"}  # type: ignore[index]
    assert run("score", scored, "-o", "again.csv").exit_code == 0
    assert set(read_scored("again.csv")["reference_set"]) == {"own"}  # type: ignore[index]


def test_tables_scored_by_different_settings_need_an_option() -> None:
    paths = [score("--cut-off", "3", output="strict.csv"), score(output="usual.csv")]
    for command in (("score", "-o", "again.csv"), ("plot", "--kind", "loga", "-o", "loga.svg")):
        refused = run(command[0], *paths, *command[1:])
        assert refused.exit_code == 2
        assert "the rows were scored with different cut-offs (1.96, 3): use --cut-off to choose one" in refused.stderr
        assert run(command[0], *paths, *command[1:], "--cut-off", "2").exit_code in (0, 1)


def test_in_python_what_differs_from_a_default_counts_as_stated() -> None:
    scored = qst.score(qst.load(COHORT, problems=[]), cut_off=3.0)
    carried = [carried_by_frame("table", Path("table"), scored)]
    assert take_over(Settings(), carried)[0].cut_off == 3.0
    settings, lines = take_over(Settings(cut_off=2.0), carried)
    assert settings.cut_off == 2.0
    assert lines == ["table: scored with cut-off 3; --cut-off 2 is used instead"]
    with pytest.raises(OptionError, match="different cut-offs"):
        take_over(Settings(), [*carried, carried_by_frame("other", Path("other"), qst.score(scored))])
