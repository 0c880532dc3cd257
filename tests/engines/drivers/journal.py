"""What the functions of a body write down, whichever process runs them; the sources under test import it."""

from __future__ import annotations

import json
import os
from pathlib import Path


def note(name: str, n: int) -> str:
    """Write down that ``name`` ran, in which phase, and return its result; `ship` stops a first phase that asks so."""
    phase = os.environ["STEPLINT_PHASE"]
    if name == "ship" and phase == "before, until ship":
        os._exit(0)
    with Path(os.environ["STEPLINT_JOURNAL"]).open("a") as file:
        file.write(json.dumps([phase.partition(",")[0], name]) + "\n")
    return f"{name}:{n}"


def begin(folder: Path, phase: str) -> None:
    """Let the notes of this process belong to ``phase`` of the edit that has this folder."""
    os.environ["STEPLINT_PHASE"] = phase
    os.environ["STEPLINT_JOURNAL"] = str(folder / "journal")


def notes(folder: Path, phase: str) -> list[str]:
    """Return the functions that ran in a phase, in order."""
    file = folder / "journal"
    lines = file.read_text().splitlines() if file.exists() else []
    return [name for when, name in map(json.loads, lines) if when == phase]
