"""What made a result: beside it on request, always with JSON and Parquet, the same for two runs but for the time."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from command_line import run
from paths import COHORT, ROOT

import qst
from qst.workflows.manifest import read_manifest

pytestmark = pytest.mark.usefixtures("work")
HEAT = ROOT / "examples" / "heat_only.toml"


def read(path: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return manifest


def test_it_says_program_norms_settings_and_files_with_their_hashes() -> None:
    options = ["--cut-off", "3", "--mechanisms", HEAT, "--set", "visit=1", "--site-as", "forearm=hand"]
    result = run("score", COHORT, *options, "-o", "scored.csv", "--manifest")
    assert "Written: scored.csv.manifest.json" in result.stderr
    manifest = read("scored.csv.manifest.json")
    assert (manifest["program"], manifest["version"]) == ("qst-toolkit", qst.__version__)
    values = (ROOT / "reference_values" / "magerl2010" / "values.csv").read_bytes()
    assert manifest["reference_set"]["id"] == "magerl2010"
    assert manifest["reference_set"]["sha256"] == hashlib.sha256(values).hexdigest()
    settings = manifest["settings"]
    assert settings["cut_off"] == 3
    assert settings["site_as"] == {"forearm": "hand"}
    assert settings["mechanisms"]["file"] == str(HEAT)
    assert settings["mechanisms"]["sha256"] == hashlib.sha256(HEAT.read_bytes()).hexdigest()
    assert settings["criteria"]["file"] is None
    assert manifest["reading"] == {"set": {"visit": "1"}}
    data = COHORT.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    assert manifest["input_files"] == [{"file": str(COHORT), "bytes": len(data), "sha256": sha256}]


def test_two_runs_differ_in_the_time_only() -> None:
    manifests = []
    for name in ("a.csv", "b.csv"):
        run("score", COHORT, "-o", name, "--manifest")
        manifests.append(read(f"{name}.manifest.json"))
    assert all(manifest.pop("created") for manifest in manifests)
    assert manifests[0] == manifests[1]


def test_it_is_written_on_request_only_but_for_json_and_parquet() -> None:
    run("score", COHORT, "-o", "scored.csv")
    assert not list(Path().glob("*.manifest.json"))
    run("score", COHORT, "-o", "scored.json")
    assert read("scored.json.manifest.json")["program"] == "qst-toolkit"
    assert isinstance(json.loads(Path("scored.json").read_text(encoding="utf-8")), list), "the rows are as they were"
    run("score", COHORT, "-o", "scored.parquet")
    assert not Path("scored.parquet.manifest.json").exists()
    metadata = pq.read_schema("scored.parquet").metadata
    assert json.loads(metadata[b"qst_manifest"])["input_files"][0]["file"] == str(COHORT)
    found = read_manifest(Path("scored.parquet"))
    assert found is not None
    assert found["version"] == qst.__version__


def test_without_an_output_file_it_is_refused() -> None:
    refused = run("score", COHORT, "--manifest")
    assert refused.exit_code == 2
    assert refused.stderr.strip() == "error: a manifest is written next to an output file: name that file with --output"


def test_a_folder_with_a_manifest_is_read_without_it() -> None:
    Path("lab").mkdir()
    run("score", COHORT, "-o", "lab/scored.csv", "--manifest")
    assert run("score", "lab", "-o", "again.csv").exit_code == 0


@pytest.mark.parametrize("text", ["", "[]", "{", '{"program": "another"}'])
def test_a_file_of_that_name_that_is_not_a_manifest_is_not_taken_for_one(text: str) -> None:
    run("score", COHORT, "-o", "scored.csv")
    Path("scored.csv.manifest.json").write_text(text, encoding="utf-8")
    assert read_manifest(Path("scored.csv")) is None
