"""From single trials to the 13 values, and plausibility checks."""
