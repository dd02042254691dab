"""Published numbers the code relies on, one folder a publication: data, no code."""
