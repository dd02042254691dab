"""Score the yes/no trials of 109 participants of Courtin and others, and write the results into `yes_no_trials.md`.

    python docs/lifespan.py FOLDER            # prints
    python docs/lifespan.py FOLDER --write    # writes between the markers in docs/yes_no_trials.md

FOLDER is the folder `data/` of github.com/Body-Pain-Perception-Lab/lifespan-and-neuropathy-sensitivity-and-precision
(commit 448c276b): aggregated_results.csv, demographics.csv, participant_to_exclude.csv.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from scipy import stats

import qst

PAGE = Path(__file__).parent / "yes_no_trials.md"
START, END = "<!-- lifespan: written by docs/lifespan.py -->", "<!-- /lifespan -->"
CODES = {"1": "CDT", "2": "WDT", "3": "CPT", "4": "HPT"}
PARAMETERS = tuple(CODES.values())
PATIENTS = 5
"""The group of 34 whose IDs begin with 5, which the authors' scripts treat as the patients."""
HEALTHY, PATIENT = "healthy", "patients"


def load(folder: Path) -> pd.DataFrame:
    """Thresholds of all participants, fitted to their trials."""
    return qst.load(
        folder / "aggregated_results.csv",
        codes={"parameter": CODES},
        fixed={"baseline": "30", "site": "foot"},
        demographics=folder / "demographics.csv",
        exclude_records=[folder / "participant_to_exclude.csv"],
        problems=[],
    )


def score(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The scored table, with the group and whether somebody is a patient."""
    groups = pd.read_csv(folder / "demographics.csv", dtype={"ID": str}).set_index("ID")["group"]
    scored = qst.score(table)
    group = scored["subject"].map(groups)
    return scored.assign(group=group, who=group.eq(PATIENTS).map({True: PATIENT, False: HEALTHY}))


def write_results(folder: Path) -> str:
    """Format all tables of results in Markdown."""
    table = load(folder)
    scored, as_hand = score(table, folder), score(table.assign(site="hand"), folder)
    return "\n\n".join(
        "\n".join(lines)
        for lines in (
            tabulate_people(scored),
            tabulate_fits(scored),
            tabulate_thresholds(scored),
            tabulate_scores(scored, as_hand),
            tabulate_ages(scored),
            tabulate_widths(scored),
        )
    )


def tabulate_people(scored: pd.DataFrame) -> list[str]:
    """Count the participants who were scored."""
    groups = []
    for who, people in scored.groupby("who"):
        women = int((people["sex"] == "female").sum())
        groups.append(
            f"{len(people)} {who} ({women} women, {people['age'].min():.0f} to {people['age'].max():.0f} years, median "
            f"{people['age'].median():.0f})"
        )
    return [f"Scored: {', '.join(groups)}."]


def tabulate_fits(scored: pd.DataFrame) -> list[str]:
    """Count the results of the fits."""
    lines = ["| fits | | supported | at the device's end | below the weakest stimulus | no rise | too wide | beyond |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for code in PARAMETERS:
        for who, people in scored.groupby("who"):
            at_end = people["notes"].str.contains(f"threshold_beyond:{code}")
            status = people[f"{code}_fit"].where(~at_end, "at end").value_counts()
            counts = [status.get(word, 0) for word in ("supported", "at end", "below", "flat", "wide", "beyond")]
            lines.append(f"| {code} | {who} | " + " | ".join(str(count) for count in counts) + " |")
    return lines


def tabulate_thresholds(scored: pd.DataFrame) -> list[str]:
    """Compare the thresholds of patients with those of healthy people: all, and those of the patients' age."""
    oldest = scored[(scored["who"] == PATIENT) | (scored["age"] >= scored.loc[scored["who"] == PATIENT, "age"].min())]
    youngest = oldest["age"].min()
    lines = [
        "| threshold in °C, median (quartiles), n | patients | healthy | p | "
        f"healthy, {youngest:.0f} years and older | p |",
        "|---|---|---|---|---|---|",
    ]
    for code in PARAMETERS:
        patients = scored.loc[scored["who"] == PATIENT, code].dropna()
        cells = [summarise(patients)]
        for people in (scored, oldest):
            healthy = people.loc[people["who"] == HEALTHY, code].dropna()
            cells += [summarise(healthy), write_p(stats.mannwhitneyu(patients, healthy).pvalue)]
        lines.append(f"| {code} | " + " | ".join(cells) + " |")
    return lines


def tabulate_scores(foot: pd.DataFrame, hand: pd.DataFrame) -> list[str]:
    """Tabulate z-scores and findings against the norms of the foot, and the mean z against those of the hand."""
    lines = [
        "| z, mean ± SD (n) | | as foot | loss | gain | limit | as hand |",
        "|---|---|---|---|---|---|---|",
    ]
    for code in PARAMETERS:
        for who, people in foot.groupby("who"):
            z, other = people[f"{code}_z"].dropna(), hand.loc[people.index, f"{code}_z"].dropna()
            found = people[f"{code}_finding"].value_counts()
            counts = " | ".join(str(found.get(word, 0)) for word in ("loss", "gain", "limit"))
            lines.append(
                f"| {code} | {who} | {z.mean():+.2f} ± {z.std():.2f} ({len(z)}) | {counts} | "
                f"{other.mean():+.2f} ± {other.std():.2f} |"
            )
    return lines


def tabulate_ages(scored: pd.DataFrame) -> list[str]:
    """Correlate thresholds with age in healthy people. A higher CPT in °C is a shorter distance from baseline."""
    lines = ["| age and threshold, healthy, Spearman | rho | p | n |", "|---|---|---|---|"]
    healthy = scored[scored["who"] == HEALTHY]
    for code in PARAMETERS:
        known = healthy[["age", code]].dropna()
        rho, p = stats.spearmanr(known["age"], known[code])
        lines.append(f"| {code} | {rho:+.2f} | {write_p(p)} | {len(known)} |")
    return lines


def tabulate_widths(scored: pd.DataFrame) -> list[str]:
    """Compare the widths of the psychometric functions: the wider, the less precise."""
    lines = ["| width in °C, median (quartiles), n | patients | healthy | p |", "|---|---|---|---|"]
    for code in PARAMETERS:
        width = pd.to_numeric(scored[f"{code}_width"])
        patients, healthy = (width[scored["who"] == who].dropna() for who in (PATIENT, HEALTHY))
        p = write_p(stats.mannwhitneyu(patients, healthy).pvalue)
        lines.append(f"| {code} | {summarise(patients)} | {summarise(healthy)} | {p} |")
    return lines


def summarise(values: "pd.Series[float]") -> str:
    low, middle, high = values.quantile([0.25, 0.5, 0.75])
    return f"{middle:.1f} ({low:.1f} to {high:.1f}), {len(values)}"


def write_p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def split_page(page: str) -> Iterator[str]:
    """The text before, between and after the markers on the page."""
    yield from re.split(f"{re.escape(START)}\n|\n{re.escape(END)}", page)


def main() -> None:
    parser = argparse.ArgumentParser(description="Score the yes/no trials of Courtin and others.")
    parser.add_argument("folder", type=Path, help="folder with the three CSV files of the data set")
    parser.add_argument("--write", action="store_true", help=f"write into {PAGE.name}")
    given = parser.parse_args()
    results = write_results(given.folder)
    if not given.write:
        print(results)
        return
    before, _, after = split_page(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(f"{before}{START}\n{results}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
