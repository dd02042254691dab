"""REDCap exports and data dictionaries."""
