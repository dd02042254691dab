"""Files that devices write: thermodes, thermal stimulators, algometers."""
