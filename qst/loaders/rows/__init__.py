"""Texts to numbers and words, row by row."""
