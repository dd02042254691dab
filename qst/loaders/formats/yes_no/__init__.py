"""Trials of yes or no, and the thresholds fitted to them."""
