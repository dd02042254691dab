"""Simulated participants, and thresholds calibrated on them."""
