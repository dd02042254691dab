"""Published numbers that the code relies on, one folder per publication: data, no code."""
