"""Texts that a spreadsheet would run as a formula: made harmless when written, restored when read."""

import re

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run the text; a number with a sign, or a single dash, is harmless."""
    return text.startswith(_STARTS_FORMULA) and text != "-" and not NUMBER.fullmatch(text)


def defuse_text(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet might run it.

    >>> defuse_text("=1+1"), defuse_text("-2.5"), defuse_text("007")
    ("'=1+1", '-2.5', '007')
    """
    return f"'{text}" if is_formula(text) else text


def restore_text(text: str) -> str:
    """The text as it was before `defuse_text`.

    >>> restore_text("'=1+1"), restore_text("'quoted'")
    ('=1+1', "'quoted'")
    """
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text
