"""Make docs/problems.md from the catalogue of problems.

python docs/make_problems.py
"""

from itertools import groupby
from pathlib import Path

from qst.problems import ProblemKind, load_catalogue

PAGE = Path(__file__).parent / "problems.md"
GROUPS = {
    "files": "Whole files and rows as text",
    "headers": "Headers and what columns mean",
    "rows": "Cells and rows",
    "formats": "Device files, REDCap, entry forms, yes/no trials",
    "results": "What scoring and the checks across rows show",
    "commands": "Commands",
}
INTRODUCTION = """# Problems, by code

Made by `docs/make_problems.py` from the catalogue in `qst/problem_codes/`: change it there. Every problem that `qst`
reports ends in its code; `qst validate --explain-code CODE` prints an entry. An error means that a value, a row or a
file could not be used; a warning, that it was used and may not be what it seems.
"""


def format_kind(kind: ProblemKind) -> str:
    """One entry of the page."""
    messages = "\n".join(f"- `{text}`" for text in kind.messages.values())
    return (
        f"### {kind.code}\n\n{' or '.join(kind.severities).capitalize()}. {kind.meaning}\n\n"
        f"What to do: {kind.remedy}\n\n{messages}\n"
    )


def format_page() -> str:
    """The page as a text."""
    kinds = sorted(load_catalogue().values(), key=lambda kind: (list(GROUPS).index(kind.group), kind.code))
    parts = [INTRODUCTION]
    for group, members in groupby(kinds, key=lambda kind: kind.group):
        parts += [f"## {GROUPS[group]}\n", *map(format_kind, members)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(format_page(), encoding="utf-8")
