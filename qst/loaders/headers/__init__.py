"""From headers to meanings: what each column of a table is, and what the user states about it."""
