"""The command line: one short file per command, which parses, calls the library once and prints the result."""

from .main import main

__all__ = ["main"]
