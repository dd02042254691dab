"""The summary of sensory phenotypes and criteria in a batch, and of a sample of volunteers."""

import textwrap
from collections import Counter

import pandas as pd

from qst.arrays import split_list
from qst.inference.criteria import Criteria, check_volunteers, is_measured_wrongly, load_criteria
from qst.inference.phenotypes import Prototypes, load_prototypes
from qst.notes import count_notes, read_status
from qst.protocol import CODES
from qst.tables import GAIN, HEALTHY, LOSS, NO, PHENOTYPES, SOURCE, YES

WIDTH = 100

MOST_ROWS = 10
"""Most rows of volunteers that are named."""


class PatternSummary:
    """Counts of phenotypes and criteria over scored blocks.

    Parameters
    ----------
    prototypes : Prototypes, optional
    criteria : Criteria, optional
    volunteers : bool
        Everybody in the table is assumed to be healthy: report who probably is not.
    """

    def __init__(
        self, prototypes: Prototypes | None = None, criteria: Criteria | None = None, *, volunteers: bool = False
    ) -> None:
        self.prototypes, self.criteria = prototypes or load_prototypes(), criteria or load_criteria()
        self.volunteers = volunteers
        self.n = 0
        self.phenotype: Counter[str] = Counter()
        self.above: Counter[str] = Counter()
        self.answers: Counter[tuple[str, str]] = Counter()
        self.by_symptom: dict[str, Counter[str]] = {}
        self.abnormal: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()
        self.not_healthy: list[str] = []

    def add(self, scored: pd.DataFrame) -> None:
        """Add one block of the scored table to the counts."""
        self.n += len(scored)
        self.phenotype.update({str(name): int(n) for name, n in scored["phenotype"].value_counts().items()})
        for text, n in scored["phenotypes_all"].value_counts().items():
            names = split_list(str(text))
            self.above.update(dict.fromkeys([*names, *(["any"] if names else [])], int(n)))
        for criterion in self.criteria.criteria:
            counts = scored[criterion].value_counts()
            self.answers.update({(criterion, str(answer)): int(n) for answer, n in counts.items()})
        for notes, n in count_notes(scored["notes"]):
            for note in notes:
                if note.code == "by_symptom":
                    self.by_symptom.setdefault(note.detail, Counter())[read_status(note)] += n
        if self.volunteers:
            self._check(scored)

    def _check(self, scored: pd.DataFrame) -> None:
        check = check_volunteers(scored, self.criteria)
        for code in CODES:
            finding = scored[f"{code}_finding"]
            self.judged[code] += int(finding.notna().sum())
            self.abnormal[code] += int(finding.isin([GAIN, LOSS]).sum())
        for row in scored.loc[check.probably_not_healthy, list(SOURCE)].to_dict("records"):
            self.not_healthy.append(f"{row['source_file']}:{row['source_row']}")

    def lines(self) -> list[str]:
        """The summary in lines for a terminal."""
        return [
            *self._phenotype_table(),
            *self._criteria_table(),
            *self._list_answers(),
            *(self._describe_volunteers() if self.volunteers else []),
        ]

    def _phenotype_table(self) -> list[str]:
        classified = sum(self.phenotype.values())
        if not classified:
            return ["Sensory phenotypes: no assessment has enough tests"]
        rates = self.prototypes.source.get("calibration", {})
        rest = f" ({self.n - classified:,} have too few tests)" if classified < self.n else ""
        lines = [
            f"Sensory phenotypes of {classified:,} assessments{rest}, by the prototypes '{self.prototypes.id}'",
            f"  {'':<26}{'most probable':>15}{'above cut-off':>15}{'healthy people':>16}",
        ]
        for name in (*PHENOTYPES, HEALTHY, "any"):
            most = f"{self.phenotype[name]:,}" if name != "any" else ""
            above = f"{self.above[name]:,}" if name != HEALTHY else ""
            chance = f"{rates[name]:.1%} = {rates[name] * classified:,.1f}" if name in rates else ""
            lines.append(f"  {name:<26}{most:>15}{above:>15}{chance:>16}".rstrip())
        if self.prototypes.source.get("kind") == "ours":
            lines.append("  These prototypes are ours: built from the published description, without its numbers")
        return lines

    def _criteria_table(self) -> list[str]:
        lines = [f"Criteria                    {'met':>15}{'not met':>15}{'open':>16}{'healthy people':>17}"]
        meanings = []
        for name, criterion in self.criteria.criteria.items():
            met, unmet = self.answers[name, YES], self.answers[name, NO]
            chance = ""
            if name in self.criteria.healthy:
                share = self.criteria.healthy[name]
                chance = f"{share:.1%} = {share * (met + unmet):,.1f}"
            lines.append(
                f"  {criterion.title:<26}{met:>15,}{unmet:>15,}{self.n - met - unmet:>16,}{chance:>17}".rstrip()
            )
            if met:
                text = f"{criterion.title} met means {criterion.says}; {criterion.says_not}"
                meanings += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
        return [*lines, *meanings]

    def _list_answers(self) -> list[str]:
        if not self.by_symptom:
            return []
        lines = ["Mechanisms assessed by answers in the file, not by tests"]
        for name, statuses in self.by_symptom.items():
            lines.append(f"  {name:<32}" + ", ".join(f"{status} {n:,}" for status, n in statuses.most_common()))
        return lines

    def _describe_volunteers(self) -> list[str]:
        rules = self.criteria
        found = len(self.not_healthy)
        rows = ", ".join(self.not_healthy[:MOST_ROWS]) + (f" and {found - MOST_ROWS} more" if found > MOST_ROWS else "")
        text = f"{found:,} of {self.n:,} assessments have {rules.person_abnormal} or more abnormal values: " + (
            f"probably not healthy people ({rows})" if found else "all may be healthy people"
        )
        wrong = [
            f"{code} ({self.abnormal[code]:,} of {self.judged[code]:,} abnormal)"
            for code in CODES
            if is_measured_wrongly(self.abnormal[code], self.judged[code], rules)
        ]
        text += f". Probably measured wrongly: {', '.join(wrong) if wrong else 'no parameter'}"
        lines = ["Volunteers (specificity 95 %, sensitivity 60 %; Vollert 2015)"]
        return [*lines, *textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")]
