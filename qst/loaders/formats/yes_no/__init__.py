"""Yes/no trials, and the thresholds that are fitted to them."""
