"""Text from code as XML that stays text."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def text(plain: str) -> str:
    """Return ``plain`` as character data; what XML cannot hold becomes a replacement character."""
    return escape(_legal(plain), {'"': "&quot;"})


def attribute(plain: str) -> str:
    """Return ``plain`` as a quoted attribute value."""
    return quoteattr(_legal(plain))


def _legal(plain: str) -> str:
    return "".join(char if char in "\t\n\r" or _is_legal(char) else "\ufffd" for char in plain)


def _is_legal(char: str) -> bool:
    return char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
