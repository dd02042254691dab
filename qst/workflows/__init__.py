"""Files to files, one module for each command: the only place that opens a user's file or writes one."""
