"""What laboratories call things: names, units, headers, visits."""
