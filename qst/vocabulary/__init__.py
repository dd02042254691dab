"""The terms laboratories use: names, words, units, headers and visits."""
