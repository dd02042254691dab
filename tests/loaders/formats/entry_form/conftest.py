"""A filled form for the tests of its reader."""

from pathlib import Path

import pytest
from entry_forms import WHO, make_entries, write_filled


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A form with every cell of the test area filled, and the control area not measured."""
    return write_filled(tmp_path / "filled.xlsx", test=(WHO, make_entries()))
