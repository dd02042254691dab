"""`qst plot`: every kind, many at once, and what it refuses."""

import re
from pathlib import Path

import pytest
from command_line import run
from paths import COHORT, TRIALS

from qst.cli.plot import KINDS
from qst.plots.kinds import KINDS as KNOWN

pytestmark = pytest.mark.usefixtures("work")

SCORED_KINDS = ("heatmap", "frequencies", "loga", "phenotypes", "mechanisms")


def test_the_command_offers_every_kind_there_is() -> None:
    assert tuple(KNOWN) == KINDS


@pytest.mark.parametrize("kind", SCORED_KINDS)
def test_a_figure_of_a_cohort_is_one_picture(kind: str) -> None:
    result = run("plot", COHORT, "--kind", kind, "-o", f"{kind}.svg")
    assert result.exit_code == 0, result.stderr
    assert "QST alone is not a diagnosis" in Path(f"{kind}.svg").read_text(encoding="utf-8")
    assert f"Written: {kind}.svg" in result.stderr


def test_a_folder_takes_a_figure_of_a_cohort_under_its_name() -> None:
    assert run("plot", COHORT, "--kind", "loga", "-o", "out", "--picture", "pdf").exit_code == 0
    assert [path.name for path in Path("out").iterdir()] == ["loga.pdf"]


@pytest.mark.parametrize("kind", ["stimulus-response", "windup"])
def test_figures_of_trials_one_each_or_one_of_all(kind: str) -> None:
    assert run("plot", TRIALS, "--kind", kind, "--each", "-o", "each").exit_code == 0
    assert sorted(path.name for path in Path("each").iterdir()) == ["S01_1.png", "S02_1.png", "S03_1.png"]
    assert run("plot", TRIALS, "--kind", kind, "-o", "all.pdf", "--width", "85").exit_code == 0
    assert Path("all.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["stimulus-response", "windup"])
def test_without_trials_one_line_says_what_is_needed(kind: str) -> None:
    result = run("plot", COHORT, "--kind", kind, "-o", "a.png")
    assert result.exit_code == 2
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert "is drawn from single trials" in line and "use a file with one row per trial" in line
    assert not Path("a.png").exists()


def test_groups_and_visits() -> None:
    assert run("plot", COHORT, "--by", "diagnosis_label", "-o", "groups.svg").exit_code == 0
    assert "synthetic sensory loss (n = 15)" in Path("groups.svg").read_text(encoding="utf-8")
    rows = [f"007,{visit},25,f,hand,{45 + visit}" for visit in (1, 2)]
    Path("visits.csv").write_text("\n".join(["id,visit,age,sex,site,HPT", *rows]), encoding="utf-8")
    assert run("plot", "visits.csv", "--over-visits", "-o", "visits.svg").exit_code == 0
    assert "visit 2" in Path("visits.svg").read_text(encoding="utf-8")
    assert run("plot", "visits.csv", "-o", "apart").exit_code == 0
    assert sorted(path.name for path in Path("apart").iterdir()) == ["007_1.png", "007_2.png"]


def test_age_and_retest_in_the_unit() -> None:
    assert run("plot", COHORT, "--kind", "age", "--parameter", "HPT", "--site", "hand", "-o", "age.svg").exit_code == 0
    assert "HPT (°C)" in Path("age.svg").read_text(encoding="utf-8")
    rows = [f"{n},{visit},25,f,hand,{40 + n + visit}" for n in range(4) for visit in (1, 2, 3)]
    Path("visits.csv").write_text("\n".join(["id,visit,age,sex,site,HPT", *rows]), encoding="utf-8")
    result = run("plot", "visits.csv", "--kind", "retest", "--parameter", "HPT", "-o", "retest.svg")
    assert result.exit_code == 2 and "has the visits 1, 2, 3: choose two of them" in result.stderr
    named = ["--visits", "1,3", "-o", "retest.svg"]
    assert run("plot", "visits.csv", "--kind", "retest", "--parameter", "HPT", *named).exit_code == 0
    assert "visit 3 − visit 1 (°C)" in Path("retest.svg").read_text(encoding="utf-8")


def test_many_pictures_are_the_same_from_one_process_and_from_two() -> None:
    for jobs in ("1", "2"):
        assert run("plot", COHORT, "-o", f"by{jobs}", "--picture", "svg", "--processes", jobs).exit_code == 0
    one, two = ({path.name: path.read_bytes() for path in Path(f"by{jobs}").iterdir()} for jobs in (1, 2))
    assert len(one) == 60
    assert one == two


def test_who_cannot_be_drawn_is_told_and_the_others_are_drawn() -> None:
    Path("a.csv").write_text(
        "id,age,sex,site,HPT\n007,25,f,hand,45.1\n8,61,m,foot,\n9,30,f,hand,44\n", encoding="utf-8"
    )
    result = run("plot", "a.csv", "--kind", "age", "--parameter", "HPT", "--each", "-o", "ages")
    assert result.exit_code == 0
    assert sorted(path.name for path in Path("ages").iterdir()) == ["007.png", "9.png"]
    assert "warning: 8.png was not drawn: no row has age, sex and a value of HPT" in result.stderr
    assert "Written: 2 pictures" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "a.png"], "choose one with --subject (and --visit, or --over-visits), give a folder, or draw groups"),
        (["--kind", "loga", "--each", "-o", "out"], "--kind loga shows a cohort: omit --each"),
        (["--kind", "mechanisms", "--each", "-o", "a.png"], "'a.png' is one picture: with --each, give a folder"),
        (["--kind", "age", "-o", "a.png"], "--kind age needs --parameter: for example --parameter HPT"),
        (["--order", "cluster", "-o", "out"], "--kind profile has no --order: that is for heatmap"),
        (["--by", "colour", "-o", "a.png"], "the table has no column 'colour' to form groups by"),
        (["--kind", "loga", "--site", "thigh", "-o", "a.png"], "no assessment has the site 'thigh'"),
        (["--processes", "0", "-o", "out"], "the number of processes is 0: give 1 or more"),
        (["--kind", "loga", "-o", "a.gif"], "give a name that ends in .png, .svg, .pdf, or a folder"),
        (["--kind", "loga", "--dpi", "5", "-o", "a.png"], "a resolution of 5 dpi cannot be drawn"),
    ],
)
def test_wrong_use_is_one_line(options: list[str], message: str) -> None:
    result = run("plot", COHORT, *options)
    assert result.exit_code == 2
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert message in line
    assert not Path("a.png").exists()


def test_letters_that_no_font_has_are_reported_in_one_line() -> None:
    """U+10FFFD is for private use: no font of a machine has it."""
    result = run("plot", COHORT, "--subject", "058", "--title", "\U0010fffd", "-o", "profile.png")
    assert result.exit_code == 0
    assert (
        "warning: no font of this machine has \U0010fffd, so the picture has empty boxes instead: install"
        in result.stderr
    )
    result = run("plot", COHORT, "--title", "\U0010fffd", "-o", "many", "--processes", "1")
    assert result.stderr.count("no font of this machine") == 1
    result = run("plot", COHORT, "--subject", "058", "--title", "\U0010fffd", "-o", "profile.svg")
    assert "no font" not in result.stderr
    assert "\U0010fffd" in Path("profile.svg").read_text(encoding="utf-8")


def test_letters_that_another_font_has_are_drawn_by_it(caplog: pytest.LogCaptureFixture) -> None:
    """U+2322 is not in DejaVu Sans, and in STIXGeneral, which matplotlib brings along."""
    result = run("plot", COHORT, "--subject", "058", "--title", "\u2322", "-o", "profile.pdf")
    assert "no font" not in result.stderr
    assert not caplog.records
    fonts = set(re.findall(rb"/BaseFont /([\w+-]+)", Path("profile.pdf").read_bytes()))
    assert [font for font in fonts if b"DejaVuSans" not in font]
