"""Compares rendered text with a file beside the tests; `STEPLINT_UPDATE_GOLDEN=1` rewrites the files."""

from __future__ import annotations

import os
from pathlib import Path

from steplint import __version__

_FOLDER = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> None:
    """Fail unless ``text`` equals the file ``name``; the version of the program is left open."""
    shown = text.replace(f'"version": "{__version__}"', '"version": "VERSION"')
    path = _FOLDER / name
    if os.environ.get("STEPLINT_UPDATE_GOLDEN"):
        path.write_text(shown, encoding="utf-8", newline="\n")
    assert shown == path.read_text(encoding="utf-8")
