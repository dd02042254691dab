"""What all tests share: the settings of hypothesis, and a folder to work in."""

from pathlib import Path

import pytest
from command_line import BAD_CELL, GOOD
from hypothesis import HealthCheck, Phase, settings
from report_people import write_people

settings.register_profile(
    "qst",
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("qst")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory for one test: a good file and one with a bad cell are in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.csv").write_text(BAD_CELL, encoding="utf-8")
    return tmp_path


@pytest.fixture
def people(work: Path) -> Path:
    return write_people(work)
