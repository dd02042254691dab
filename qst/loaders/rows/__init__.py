"""From texts to numbers and words, row by row."""
