"""Reference sets, and z-scores by them."""
