"""The layout of the entry form: a cell for each trial of the protocol, in the order of the record sheet."""

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from entry_forms import trials_of

from qst.entry_form.layout import LANGUAGES, Place, Trial, lay_out, order_runs, read_texts
from qst.protocol import BY_CODE, CODES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("area", ["test", "control"])
def test_the_form_has_a_cell_for_each_trial_of_the_protocol(area: str, language: str) -> None:
    layout = lay_out(area, language)
    counts = pd.Series([trial.code for trial in layout.trials]).value_counts()
    assert counts.to_dict() == {code: BY_CODE[code].trials for code in CODES}
    cells = [trial.place for trial in layout.trials] + [*layout.about.values(), layout.unit, *layout.labels]
    assert len(set(cells)) == len(cells)
    assert all(Place(trial.place.row, trial.place.column - 1) in layout.labels for trial in layout.trials)
    assert layout.trials == tuple(Trial(*trial) for trial in lay_out(area, "en").trials)


def test_the_tests_are_in_record_sheet_order() -> None:
    # FIELD: CDT WDT TSL PHS CPT HPT MDT MPT MPS DMA WUR VDT PPT; DMA is rated among the pinpricks.
    order = list(dict.fromkeys(trial.code for trial in trials_of()))
    assert order == ["CDT", "WDT", "TSL", "PHS", "CPT", "HPT", "MDT", "MPT", "MPS", "DMA", "WUR", "VDT", "PPT"]


def test_runs_are_balanced() -> None:
    neighbours: set[tuple[str, str]] = set()
    for area in ("test", "control"):
        runs = order_runs(area)
        assert len(runs) == 5
        assert all(len(set(run)) == 10 for run in runs)
        for stimulus in runs[0]:
            assert len({run.index(stimulus) for run in runs}) == 5
        pairs = [pair for run in runs for pair in pairwise(run)]
        assert not neighbours & set(pairs)
        assert len(set(pairs)) == len(pairs)
        neighbours |= set(pairs)
    assert len(neighbours) == 10 * 9  # both areas together: each stimulus follows each other one once


def test_the_languages_have_the_same_texts() -> None:
    def keys(texts: dict[str, Any], above: str = "") -> set[str]:
        below = [keys(v, f"{above}{k}.") if isinstance(v, dict) else {above + k} for k, v in texts.items()]
        return set().union(*below)

    english, german = (read_texts(language) for language in LANGUAGES)
    assert keys(english) == keys(german)
    assert len(english["instructions"]["lines"]) == len(german["instructions"]["lines"])
