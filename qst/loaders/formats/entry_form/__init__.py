"""Our own entry form, read back."""
