"""Text as cells of a terminal: width of characters, and nothing that a terminal would obey."""

from __future__ import annotations

import re
import unicodedata

TAB = 4
_JOINER = "\u200d"
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_PLAIN = re.compile(r"[\x20-\x7e]*")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def glyph(char: str, ascii_only: bool = False) -> str:
    """Return ``char`` as it may be printed: control, format and direction characters are escaped."""
    if " " <= char <= "~":
        return char
    if char in _SHORT:
        return _SHORT[char]
    if ascii_only or (char != _JOINER and unicodedata.category(char) in _UNSAFE):
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def visible(text: str, ascii_only: bool = False) -> str:
    """Return ``text`` on one line without a character that a terminal would obey."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(glyph(char, ascii_only) for char in text)


def cell(char: str) -> int:
    """Return the number of cells that a printable ``char`` takes: 0, 1 or 2."""
    if char < "\u0300":
        return 1
    if char == _JOINER or unicodedata.category(char) in ("Mn", "Me") or "\ufe00" <= char <= "\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width(text: str) -> int:
    """Return the number of cells of ``text``, which holds no control characters."""
    return len(text) if text.isascii() else sum(map(cell, text))


def pad(text: str, size: int) -> str:
    """Return ``text`` filled with spaces to ``size`` cells."""
    return text + " " * (size - width(text))


def cut(text: str, size: int, dots: str = "…") -> str:
    """Return ``text`` in at most ``size`` cells, with ``dots`` where something is missing."""
    if width(text) <= size:
        return text
    room, kept = size - len(dots), ""
    for char in text:
        room -= cell(char)
        if room < 0:
            break
        kept += char
    return kept + dots


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 error`` or ``2 errors``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"
