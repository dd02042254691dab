"""Headers to meanings: what each column of a table is, and what the user says of it."""
