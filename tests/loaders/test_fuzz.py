"""A fixed part of the fuzzing of the loaders; `benchmarks/fuzz_loaders.py` does as much as one has time for."""

from programs import load_program

MUTANTS = 400


def test_whatever_a_file_holds_it_is_a_table_or_a_refusal() -> None:
    result = load_program("benchmarks/fuzz_loaders.py").fuzz(MUTANTS)
    assert not result.findings, "\n".join(result.lines())
    assert result.counts["tables"] > MUTANTS / 4
    assert result.counts["refusals"] > MUTANTS / 20
