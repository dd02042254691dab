"""From files to files, one module per command: only here are a user's files opened or written."""
