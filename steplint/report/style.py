"""Colors of a terminal: a handful of SGR codes, used only where the view asks for color."""

from __future__ import annotations

_CODES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "secondary": "1;34",
    "gutter": "34",
    "bold": "1",
    "dim": "2",
    "added": "32",
    "removed": "31",
    "changed": "33",
}


def paint(text: str, look: str, color: bool) -> str:
    """Return ``text`` in the look named, or as it is without color."""
    if not color or not text or look not in _CODES:
        return text
    return f"\x1b[{_CODES[look]}m{text}\x1b[0m"
