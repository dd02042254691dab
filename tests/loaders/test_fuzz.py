"""A fixed part of the fuzzing of the loaders; `benchmarks/fuzz_loaders.py` does as much as one has time for."""

import importlib.util
import sys
from pathlib import Path

MUTANTS = 400


def test_any_content_of_a_file_is_read_or_refused() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz_loaders.py"
    spec = importlib.util.spec_from_file_location("fuzz_loaders", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    result = module.fuzz(MUTANTS)
    assert not result.findings, "\n".join(result.lines())
    assert result.counts["tables"] > MUTANTS / 4
    assert result.counts["refusals"] > MUTANTS / 20
