"""Step identity: the key that a run stores for a step, and the families of engines that look it up."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

Family = Literal["keyed", "positional-checked", "positional-unchecked"]
Verdict = Literal["safe", "ignored", "late", "stale", "swaps", "reruns", "wedges"]

_REPEAT = re.compile(r"^(?P<id>.*):(?P<n>\d+)$", re.DOTALL)


def step_key(step_id: str, occurrence: int = 0) -> str:
    """Return the memo key of the n-th use of ``step_id`` in a run: 40 hex digits. Frozen for ever.

    The SHA-1 of the ID, or of ``id:n`` after n earlier uses (Inngest SDK specification 5.1.2).
    """
    plain = step_id if occurrence == 0 else f"{step_id}:{occurrence}"
    return hashlib.sha1(plain.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def repeated_id(step_id: str) -> tuple[str, int] | None:
    """Return the ID and number that a repeat would have to equal ``step_id``: ``load:1`` gives ("load", 1)."""
    match = _REPEAT.match(step_id)
    return (match["id"], int(match["n"])) if match and int(match["n"]) > 0 else None
