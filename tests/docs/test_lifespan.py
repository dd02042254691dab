"""The numbers of `docs/yes_no_trials.md` are those that its program computes from the data."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from paths import REAL
from programs import load_program

FOLDER = REAL / "lifespan_neuropathy"


@pytest.fixture(scope="module")
def lifespan() -> ModuleType:
    return load_program("docs/lifespan.py")


def words_and_numbers(text: str) -> tuple[str, list[float]]:
    number = r"[-+]?\d+(?:\.\d+)?"
    return re.sub(number, "#", text), [float(found) for found in re.findall(number, text)]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the data set lifespan_neuropathy is not there")
def test_the_page_says_what_comes_out(lifespan: ModuleType) -> None:
    _, written, _ = lifespan.split_page(Path(lifespan.PAGE).read_text(encoding="utf-8"))
    words, numbers = words_and_numbers(written)
    computed_words, computed = words_and_numbers(lifespan.write_results(FOLDER))
    assert words == computed_words
    assert len(numbers) > 100
    assert numbers == pytest.approx(computed, abs=0.02, rel=0.01)  # the last digit may turn on another machine


def test_the_page_has_its_marks(lifespan: ModuleType) -> None:
    before, between, after = lifespan.split_page(Path(lifespan.PAGE).read_text(encoding="utf-8"))
    assert before.startswith("# Thresholds from yes/no trials")
    assert between.startswith("Scored: ")
    assert "What cannot be concluded" in after
