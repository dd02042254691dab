"""Counts and statistics of a cohort."""
