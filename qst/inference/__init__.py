"""From z-scores to findings, phenotypes, criteria and mechanisms."""
