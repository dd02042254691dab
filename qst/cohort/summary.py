"""The summary of a batch of scored assessments, for the person who started it."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from qst.cohort.pattern_summary import PatternSummary
from qst.inference.knowledge_base import KnowledgeBase, load_mechanisms
from qst.notes import NOTES, count_notes
from qst.problems import OnProblem, Problem, make_problem
from qst.protocol import CODES, Z_CODES
from qst.tables import DISCLAIMER, GAIN, LIMIT, LOSS, MECHANISM_PREFIX

CHANCE = 0.05
"""Largest share of healthy people who show a mechanism; the thresholds are set so that fewer do."""

WIDTH = 100
"""Characters in a line of the summary's texts."""

NEARLY_ALL, AT_LEAST = 0.9, 8
"""A parameter with this share of losses (or of gains) in at least so many values is reported (ours)."""


class Summary:
    """Counts over scored blocks."""

    def __init__(self, base: KnowledgeBase | None = None, patterns: PatternSummary | None = None) -> None:
        self.base = base or load_mechanisms()
        self.patterns = patterns or PatternSummary()
        self.mechanisms: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()
        self.n_assessments = 0
        self.n_scored = 0
        self.n_expected = 0.0
        self.n_abnormal_z = 0
        self.findings: Counter[tuple[str, str]] = Counter()
        self.loga: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.rows_without_z = 0

    def add(self, scored: pd.DataFrame) -> None:
        """Add one block of the scored table to the counts."""
        self.n_assessments += len(scored)
        z = scored[[f"{code}_z" for code in Z_CODES]].notna()
        self.n_scored += int(z.to_numpy().sum())
        self.rows_without_z += int((~z.any(axis=1)).sum())
        self.n_expected += float(scored["expected_by_chance"].sum())
        for code in CODES:
            counts = scored[f"{code}_finding"].value_counts()
            self.findings.update({(code, str(finding)): int(count) for finding, count in counts.items()})
        for mechanism in self.base.mechanisms:
            evidence = scored[MECHANISM_PREFIX + mechanism.id]
            self.judged[mechanism.id] += int(evidence.notna().sum())
            self.mechanisms[mechanism.id] += int((evidence >= mechanism.threshold).sum())
        self.patterns.add(scored)
        self.loga.update({str(code): int(n) for code, n in scored["loga"].value_counts().items()})
        for notes, count in count_notes(scored["notes"]):
            for code in dict.fromkeys(note.code for note in notes):
                self.notes[code] += count

    def report_suspicious(self, on_problem: OnProblem, file: str | None = None) -> None:
        """Report parameters in which nearly everybody is abnormal to the same side."""
        for code in CODES:
            n = sum(count for (c, _), count in self.findings.items() if c == code)
            for finding in (GAIN, LOSS):
                found = self.findings[code, finding]
                if n >= AT_LEAST and found >= NEARLY_ALL * n:
                    on_problem(
                        make_problem(
                            "nearly-all-abnormal", file=file, found=found, n=n, parameter=code, finding=finding
                        )
                    )

    def lines(self, problems: Sequence[Problem]) -> list[str]:
        """The summary in lines for a terminal."""
        gains = sum(n for (_, finding), n in self.findings.items() if finding == GAIN)
        losses = sum(n for (_, finding), n in self.findings.items() if finding == LOSS)
        limits = sum(n for (_, finding), n in self.findings.items() if finding == LIMIT)
        lines = [
            f"{self.n_assessments:,} assessments, {self.n_scored:,} z-scores"
            + (f"; {self.rows_without_z:,} of the assessments without any z-score" if self.rows_without_z else ""),
            f"{gains:,} gains and {losses:,} losses; chance alone would show {self.n_expected:,.1f} abnormal z-scores"
            + (f"; {limits:,} values at the device's limit could not be judged" if limits else ""),
        ]
        lines += self._loga_table()
        lines += self.patterns.lines()
        lines += self._mechanism_table()
        if self.notes:
            lines.append("Notes on rows:")
            lines += [f"  {note:<22}{count:>8,}  {NOTES[note]}" for note, count in self.notes.most_common()]
        if problems:
            lines.append("Problems:")
            lines += [f"  {code:<22}{count:>8,}  {severity}" for (code, severity), count in count_problems(problems)]
        return [*lines, DISCLAIMER]

    def _loga_table(self) -> list[str]:
        coded = sum(self.loga.values())
        if not coded:
            return ["LoGa: no assessment has enough tests"]
        gains = ("G0 none", "G1 thermal", "G2 mechanical", "G3 both")
        losses = ("L0 none", "L1 thermal", "L2 mechanical", "L3 both")
        lines = [
            f"LoGa of {coded:,} assessments"
            + (f" ({self.n_assessments - coded:,} have too few tests)" if coded < self.n_assessments else "")
        ]
        lines.append("  " + " " * 14 + "".join(f"{gain:>15}" for gain in gains))
        for loss, name in enumerate(losses):
            counts = "".join(f"{self.loga[f'L{loss}G{gain}']:>15,}" for gain in range(4))
            lines.append(f"  {name:<14}{counts}")
        return lines

    def _mechanism_table(self) -> list[str]:
        """Supported mechanisms, how many chance alone would show, and what the evidence for them does not show."""
        judged = [mechanism for mechanism in self.base.mechanisms if self.judged[mechanism.id]]
        if not judged:
            return ["Mechanisms: no assessment has enough tests"]
        lines = [
            "Mechanisms supported by the signs (which may be compatible with others as well)",
            f"  {'':<32}{'supported':>9}{'judged':>9}{'5 % chance':>12}  seen by QST",
        ]
        for mechanism in judged:
            n = self.judged[mechanism.id]
            counts = f"{self.mechanisms[mechanism.id]:>9,}{n:>9,}{CHANCE * n:>12,.1f}"
            lines.append(f"  {mechanism.id:<32}{counts}  {mechanism.seen}")
        for mechanism in judged:
            if self.mechanisms[mechanism.id] and mechanism.seen in ("indirect", "weak"):
                lines += textwrap.wrap(
                    f"{mechanism.id}: {mechanism.caveat}", WIDTH, initial_indent="  ", subsequent_indent="    "
                )
        never = ", ".join(mechanism.name for mechanism in self.base.never)
        return [*lines, *textwrap.wrap(f"Not assessable by QST: {never}", WIDTH, subsequent_indent="  ")]


def count_problems(problems: Iterable[Problem]) -> list[tuple[tuple[str, str], int]]:
    """Number of problems of each code and severity; errors first, then by frequency."""
    counts = Counter((problem.code, problem.severity) for problem in problems)
    return sorted(counts.items(), key=lambda item: (item[0][1] != "error", -item[1], item[0][0]))


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file and row."""
    return sorted(problems, key=lambda p: (p.file or "", p.row or 0, p.column or "", p.code))
