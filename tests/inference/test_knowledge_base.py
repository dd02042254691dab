"""The knowledge base: the shipped entries, invalid entries, and a user's own entries in every output."""

import hashlib
import json
import math
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from command_line import run
from paths import COHORT, EXAMPLES, REFERENCE_VALUES, ROOT

import qst
from qst.errors import MechanismError
from qst.inference.entries import CEILING
from qst.inference.knowledge_base import load_mechanisms
from qst.loaders.formats.scored import read_scored
from qst.tables import MECHANISMS, RESULT_COLUMNS, find_added_mechanisms, result_columns

pytestmark = pytest.mark.usefixtures("work")

FOLDER = REFERENCE_VALUES / "mechanisms"
BASE = load_mechanisms()
NEVER = {
    "ectopic_activity", "inflammation", "sympathetic_coupling", "spinal_disinhibition", "descending_modulation",
    "cortical_reorganisation", "microglial_activation",
}  # fmt: skip

OWN = """\
id = "chill"
name = "made up for a test"
level = "brain"
seen = "weak"
physiology = "None."
caveat = "It does not exist."
needs = [["CPT"]]

[sources]
nobody = { citation = "Nobody 2020", doi = "10.0/0" }

[[sign]]
parameter = "CPT"
direction = "gain"
size = "pronounced"
mean = 2.5
sd = 1.0
evidence = "ours"
ours = "a test"
"""


# --- what ships ------------------------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_entries() -> None:
    assert BASE.ids == MECHANISMS
    assert {mechanism.id for mechanism in BASE.never} == NEVER
    assert [name for name in RESULT_COLUMNS if name.startswith("mechanism_")] == [f"mechanism_{m}" for m in MECHANISMS]
    assert RESULT_COLUMNS.index("mechanisms") + 1 == RESULT_COLUMNS.index(f"mechanism_{MECHANISMS[0]}")


def test_every_entry_is_the_one_its_source_describes() -> None:
    listed = tomllib.loads((FOLDER / "source.toml").read_text(encoding="utf-8"))["entries"]
    files = {path.name: path for path in FOLDER.glob("*.toml") if path.name not in ("source.toml", "calibration.toml")}
    assert set(listed) == set(files)
    for name, path in files.items():
        assert path.stem == tomllib.loads(path.read_text(encoding="utf-8"))["id"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name], name


def test_every_entry_has_its_sources_and_a_caveat() -> None:
    for mechanism in (*BASE.mechanisms, *BASE.never):
        assert mechanism.caveat
        assert mechanism.citations
        assert bool(mechanism.needed) != mechanism.assessable
        for sign in (*mechanism.signs, *(sign for pattern in mechanism.against for sign in pattern.signs)):
            assert sign.citation or sign.ours
    treatments = {(t.treatment, t.speaks) for m in (*BASE.mechanisms, *BASE.never) for t in m.treatments}
    assert {speaks for _, speaks in treatments} == {"for", "against", "open"}
    assert ("oxcarbazepine", "for") in treatments


def test_the_thresholds_lie_below_the_one_that_needs_no_calibration() -> None:
    assert pytest.approx(1.30103, abs=1e-5) == CEILING
    for mechanism in BASE.mechanisms:
        assert 0.5 <= mechanism.threshold <= CEILING


def test_the_table_in_the_documentation_is_that_of_the_entries() -> None:
    text = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")
    text = text.partition("## What is known of each")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", text, flags=re.MULTILINE))
    items = dict(re.findall(r"^- `(\w+)`: ((?:.|\n  )*)", text, flags=re.MULTILINE))
    assert set(rows) == {*MECHANISMS, *NEVER}
    assert list(items) == [mechanism.id for mechanism in BASE.mechanisms]
    for mechanism in BASE.mechanisms:
        *_, seen, threshold = (cell.strip() for cell in rows[mechanism.id].split("|"))
        assert (seen, threshold) == (mechanism.seen, f"{mechanism.threshold:.2f}")
        for sign in (*mechanism.signs, *(sign for pattern in mechanism.against for sign in pattern.signs)):
            expected = f"{sign.parameter} {sign.mean:+g} ± {sign.sd:g}"
            if sign.size == "present":
                expected = f"{sign.parameter} present (in {sign.present:.0%}; healthy {sign.healthy:.1%})"
            if sign.direction == "preserved":
                expected = f"{sign.parameter} preserved (no {sign.mean:g})"
            assert expected in items[mechanism.id]
    for mechanism in BASE.never:
        assert all(need in rows[mechanism.id] for need in mechanism.needed)


def test_the_documents_example_of_an_entry_is_the_example_file_and_can_be_used() -> None:
    path = EXAMPLES / "heat_only.toml"
    text = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")
    assert f"```toml\n{path.read_text(encoding='utf-8')}```" in text
    result = run("score", COHORT, "--mechanisms", path, "-o", "out.csv")
    assert result.exit_code == 0
    assert any(line.strip().startswith("heat_only  ") for line in result.stderr.splitlines())
    assert "mechanism_heat_only" in pd.read_csv("out.csv", nrows=1)


# --- the schema ------------------------------------------------------------------------------------------------------

WRONG = {
    'id = "chill"': [
        ("", "key id: is missing"),
        ('id = "Chill Out"', "key id: is 'Chill Out'; it must consist of small letters"),
        ('id = "chill"\nposition = "x"', "key position: is missing or not a number"),
        ('id = "chill"\nmood = 3', "key mood: is not a known key here"),
        ('id = "chill"\nthreshold = -1', "key threshold: is -1; it must be between 0 and inf"),
        ('id = "chill"\ncombine = "some"', "key combine: is 'some'; it must be one of all, any"),
        ('id = "chill"\nweights = { HPT = 2 }', "key weights: names a parameter that is not a sign of it"),
    ],
    'level = "brain"': [('level = "liver"', "key level: is 'liver'; it must be one of periphery, spinal cord, brain")],
    'seen = "weak"': [
        ('seen = "well"', "key seen: is 'well'"),
        ('seen = "never"', "key seen: is 'never', so there can be no sign"),
    ],
    'needs = [["CPT"]]': [
        ("", "key needs: is missing"),
        ('needs = [["HPT"]]', "key needs: names HPT, but not each of them is a sign"),
        ('needs = [["XYZ"]]', "key needs: must be a list of CDT WDT"),
    ],
    'nobody = { citation = "Nobody 2020", doi = "10.0/0" }': [
        ("", "key sources: is missing"),
        ("nobody = { doi = '1' }", r"key sources\.nobody\.citation: is missing"),
    ],
    'parameter = "CPT"': [
        ('parameter = "QQQ"', r"key sign\[1\]\.parameter: is 'QQQ'; it must be one of CDT"),
        ('parameter = "DMA"', r"key sign\[1\]\.size: of DMA must be 'present' and its direction 'gain'"),
    ],
    'direction = "gain"': [
        ('direction = "loss"', r"key sign\[1\]\.mean: is 2.5; a loss has a mean below 0"),
        ('direction = "preserved"', r"key sign\[1\]\.direction: is 'preserved'"),
    ],
    'size = "pronounced"': [
        ('size = "spared"', r"key sign\[1\]\.size: is 'spared'"),
        ('size = "present"', "cannot be 'present' for CPT"),
    ],
    "mean = 2.5": [
        ("mean = true", r"key sign\[1\]\.mean: is missing or not a number"),
        ("mean = 0.0", r"key sign\[1\]\.mean: is 0"),
    ],
    "sd = 1.0": [("sd = 0", r"key sign\[1\]\.sd: is 0; it must be between 0")],
    'evidence = "ours"': [
        ('evidence = "published"', r"key sign\[1\]\.source: is missing, although the evidence is published"),
        ('evidence = "ours"\nsource = "me"', "is 'me', which is not in"),
    ],
    'ours = "a test"': [
        ("", r"key sign\[1\]\.source: is missing: name a source, or give the reason for the sign under `ours`")
    ],
}


@pytest.mark.parametrize(
    ("old", "new", "match"), [(old, new, match) for old, cases in WRONG.items() for new, match in cases]
)
def test_a_wrong_entry_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, match: str) -> None:
    assert old in OWN
    path = tmp_path / "chill.toml"
    path.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(MechanismError, match=match) as error:
        load_mechanisms(path)
    assert "chill.toml" in str(error.value)


def test_what_is_not_an_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MechanismError, match="no such file"):
        load_mechanisms(tmp_path)
    (tmp_path / "a.toml").write_text("id = ", encoding="utf-8")
    with pytest.raises(MechanismError, match=r"a\.toml: cannot be read"):
        load_mechanisms(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.toml").write_text(OWN, encoding="utf-8")
    with pytest.raises(MechanismError, match=r"'chill' is in a\.toml as well"):
        load_mechanisms(tmp_path)
    never = OWN.split("[[sign]]", maxsplit=1)[0].replace("weak", "never").replace('needs = [["CPT"]]', 'needed = ["x"]')
    (tmp_path / "b.toml").write_text(never.replace("chill", "temporal_summation"), encoding="utf-8")
    with pytest.raises(MechanismError, match="has a column, so it cannot be 'never'"):
        load_mechanisms(tmp_path)


# --- a user's entries -----------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "chill.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_an_added_mechanism_has_its_column_after_the_shipped_ones(own: Path) -> None:
    scored = qst.score(qst.load(COHORT), mechanisms=own)
    names = list(scored.columns)
    assert names[names.index(f"mechanism_{MECHANISMS[-1]}") + 1 : names.index("reference_set")][0] == "mechanism_chill"
    assert [name for name in names if name in result_columns(["chill"])] == result_columns(["chill"])
    # Its threshold is a likelihood ratio of 20, as it was not calibrated: 2.5 z - 3.125 = ln 20.
    listed = scored["mechanisms"].str.split(";").map(lambda names: "chill" in names)
    assert (listed == (scored["CPT_z"] >= (math.log(20) + 3.125) / 2.5)).all()
    assert scored["notes"].str.contains("mechanisms:chill").all()
    plain = qst.score(qst.load(COHORT))
    pd.testing.assert_frame_equal(
        scored[plain.columns.drop(["notes", "mechanisms"])], plain.drop(columns=["notes", "mechanisms"])
    )


def test_a_file_name_cannot_break_the_notes(tmp_path: Path) -> None:
    path = tmp_path / "my; chill: 2.toml"
    path.write_text(OWN, encoding="utf-8")
    scored = qst.score(qst.load(COHORT), mechanisms=path)
    assert scored["notes"].str.contains("mechanisms:my_chill_2").all()
    assert "mechanisms" not in "".join(qst.score(scored)["notes"])


def test_an_entry_with_a_shipped_id_replaces_it_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace("chill", "temporal_summation") + "", encoding="utf-8")
    base = load_mechanisms(path)
    assert base.ids == MECHANISMS
    assert base.mechanisms[MECHANISMS.index("temporal_summation")].signs[0].parameter == "CPT"
    assert not base.mechanisms[MECHANISMS.index("temporal_summation")].calibrated


def test_a_copy_of_the_shipped_folder_can_be_used() -> None:
    assert load_mechanisms(FOLDER).ids == MECHANISMS


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "json"])
def test_an_added_mechanism_is_written_and_read_back_by_every_format(own: Path, ending: str) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pd.read_csv(COHORT, dtype=str).head(20).assign(mechanism_of_injury="fall")
    table.to_csv("in.csv", index=False)
    assert run("score", "in.csv", "--mechanisms", own, "-o", f"out.{ending}").exit_code == 0
    read = read_scored(f"out.{ending}")
    assert read is not None
    assert find_added_mechanisms(list(read.columns)) == ["mechanism_chill"]
    assert read["mechanism_chill"].dtype == float
    assert read["mechanism_chill"].notna().sum() > 10
    assert set(read["mechanism_of_injury"]) == {"fall"}, "a column of the user's with a like name stays as it was"
    assert read["mechanisms"].map(lambda text: isinstance(text, str)).all()
    # Scored again without it, its column is gone and the user's own is still there.
    again = qst.score(read)
    assert "mechanism_chill" not in again
    assert set(again["mechanism_of_injury"]) == {"fall"}
    if ending in ("csv", "xlsx"):
        loaded = qst.score(qst.load(f"out.{ending}"))
        assert "mechanism_chill" not in loaded
        assert set(loaded["mechanism_of_injury"]) == {"fall"}


def test_a_users_column_with_the_name_of_an_added_mechanism_is_kept(own: Path) -> None:
    table = pd.read_csv(COHORT, dtype=str).head(3).assign(mechanism_chill="mine")
    table.to_csv("in.csv", index=False)
    run("score", "in.csv", "--mechanisms", own, "-o", "out.csv")
    written = pd.read_csv("out.csv")
    assert set(written["mechanism_chill_input"]) == {"mine"}
    assert written["mechanism_chill"].dtype == float
    assert set(qst.score(qst.load("in.csv"), mechanisms=own)["mechanism_chill_input"]) == {"mine"}


def test_the_command_refuses_a_wrong_entry_in_one_line_and_writes_nothing(own: Path) -> None:
    own.write_text(OWN.replace("sd = 1.0", "sd = 'wide'"), encoding="utf-8")
    result = run("score", COHORT, "--mechanisms", own, "-o", "out.csv")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].endswith("chill.toml: key sign[1].sd: is missing or not a number")
    assert not Path("out.csv").exists()


# --- details and summary --------------------------------------------------------------------------------------------


def test_the_details_explain_the_columns_of_each_assessment() -> None:
    assert run("score", COHORT, "-o", "out.csv", "--details", "why.json").exit_code == 0
    written = json.loads(Path("why.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    scored = read_scored("out.csv")
    assert scored is not None
    assert len(written["assessments"]) == len(scored)
    thresholds = {mechanism["id"]: mechanism["threshold"] for mechanism in written["mechanisms"]}
    statuses = set()
    for assessment, row in zip(written["assessments"], scored.to_dict("records"), strict=True):
        assert assessment["subject"] == row["subject"]
        supported = []
        for one in assessment["mechanisms"]:
            evidence = row[f"mechanism_{one['id']}"]
            assert (one["evidence"] is None) == math.isnan(evidence)
            assert (one["status"] == "not assessable") == math.isnan(evidence)
            assert bool(one["needs"]) == math.isnan(evidence)
            assert one["evidence"] is None or one["evidence"] == pytest.approx(evidence, rel=1e-12)
            if one["status"] == "supported":
                supported.append((-evidence, list(thresholds).index(one["id"]), one["id"]))
            for side, sign in (("for", 1), ("against", -1)):
                assert all(sign * part["evidence"] >= 0 for part in one[side])
            assert one["citations"]
            statuses.add(one["status"])
        assert ";".join(name for *_, name in sorted(supported)) == row["mechanisms"]
    assert statuses == set(written["statuses"])


def test_the_details_list_what_qst_cannot_assess_and_treatment_findings_for_and_against_without_advice() -> None:
    run("score", "good.csv", "-o", "out.csv", "--details", "why.json")
    text = Path("why.json").read_text(encoding="utf-8")
    written = json.loads(text)
    assert {entry["id"] for entry in written["never_assessable"]} == NEVER
    assert all(entry["needed"] for entry in written["never_assessable"])
    irritable = next(entry for entry in written["mechanisms"] if entry["id"] == "irritable_nociceptor")
    assert {finding["speaks"] for finding in irritable["treatment_findings"]} == {"for", "against", "open"}
    assert "not advice" in written["notes"][1]
    assert "not a diagnosis" in written["notes"][0]
    for word in (" recommend", "should be treated", " the patient has "):
        assert word not in text


def test_the_details_appear_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, *_: object) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr("qst.inference.mechanism_details.DetailsWriter.write", fail)
    before = sorted(Path().iterdir())
    assert run("score", "good.csv", "-o", "out.csv", "--details", "why.json").exit_code == 2
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("details", "match"),
    [("why.txt", "must be one of .json"), ("good.csv", "must be one of .json"), ("no/why.json", "does not exist")],
)
def test_details_that_cannot_be_written_are_refused_before_anything_is_read(details: str, match: str) -> None:
    result = run("score", "good.csv", "-o", "out.csv", "--details", details)
    assert result.exit_code == 2
    assert match in result.stderr
    assert not Path("out.csv").exists()


def test_details_over_the_output_are_refused() -> None:
    result = run("score", "good.csv", "-o", "out.json", "--details", "out.json")
    assert (result.exit_code, Path("out.json").exists()) == (2, False)


def test_the_summary_compares_supported_mechanisms_with_chance_and_prints_their_caveats() -> None:
    lines = run("score", COHORT, "-o", "out.csv").stderr.splitlines()
    begins = next(place for place, line in enumerate(lines) if line.startswith("Mechanisms supported by"))
    counts = next(line.split() for line in lines[begins:] if line.strip().startswith("irritable_nociceptor  "))
    scored = read_scored("out.csv")
    assert scored is not None
    listed = scored["mechanisms"].str.contains("irritable_nociceptor")
    judged = scored["mechanism_irritable_nociceptor"].notna().sum()
    assert counts == ["irritable_nociceptor", str(listed.sum()), str(judged), f"{0.05 * judged:.1f}", "indirect"]
    text = " ".join(" ".join(lines).split())
    assert "no sodium channel is seen" in text
    assert "Not assessable by QST: ectopic activity" in text
    assert "QST alone is not a diagnosis" in text
