"""The thermal tests, by the direction of their ramps and by what their value is."""

COLD_TESTS = ("CDT", "CPT")
"""Tests on falling ramps."""

WARM_TESTS = ("WDT", "HPT")
"""Tests on rising ramps."""

THERMAL_TESTS = ("CDT", "WDT", "CPT", "HPT")
"""Tests whose threshold is one temperature on a ramp; TSL is a difference between two."""

DETECTION_TESTS = ("CDT", "WDT")
"""Tests whose value is a distance from baseline."""

PAIN_TESTS = ("CPT", "HPT")
"""Tests whose value is a temperature."""
