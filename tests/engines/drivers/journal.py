"""What the functions of a body write down, whichever process runs them; the sources under test import it."""

from __future__ import annotations

import json
import os
from pathlib import Path


def note(name: str, n: int) -> str:
    """Write down that ``name`` ran, in the phase and folder that `begin` set; `ship` may end the process."""
    phase = os.environ["STEPLINT_PHASE"]
    if name == "ship" and phase == "before, until ship":
        os._exit(0)
    return write(Path(os.environ["STEPLINT_JOURNAL"]), phase.partition(",")[0], name, n)


def write(folder: Path, phase: str, name: str, n: int) -> str:
    """Write down that ``name`` ran, and return its result."""
    with (folder / "journal").open("a") as file:
        file.write(json.dumps([phase, name]) + "\n")
    return f"{name}:{n}"


def begin(folder: Path, phase: str) -> None:
    """Let the notes of this process belong to ``phase`` of the edit that has this folder."""
    os.environ["STEPLINT_PHASE"] = phase
    os.environ["STEPLINT_JOURNAL"] = str(folder)


def notes(folder: Path, phase: str) -> list[str]:
    """Return the functions that ran in a phase, in order."""
    file = folder / "journal"
    lines = file.read_text().splitlines() if file.exists() else []
    return [name for when, name in map(json.loads, lines) if when == phase]
