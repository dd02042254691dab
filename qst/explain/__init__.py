"""How one assessment came about, as data and as text."""
