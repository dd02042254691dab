"""How the results of one assessment came about, as data and as text."""
