"""The command line: one thin file a command. Each parses, makes one call of the library, and shows the result."""

from .main import main

__all__ = ["main"]
