"""Files that devices write."""
