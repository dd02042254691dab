"""Reference sets, and values to z-scores."""
