"""When the next try comes: growing pauses with a jitter that depends only on the run, the step and the try."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

# Pauses in seconds before try 2, 3, ...: those of Inngest's server.
BACKOFF = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 2400.0, 3600.0, 7200.0)
_MAX_JITTER = 30.0


def pause(backoff: Sequence[float], attempt: int, run_id: str, key: str) -> float:
    """Return the seconds between the failed try ``attempt`` (from 0) and the next one."""
    base = backoff[min(attempt, len(backoff) - 1)]
    digest = hashlib.blake2b(f"{run_id}\0{key}\0{attempt}".encode(), digest_size=8).digest()
    return base + min(_MAX_JITTER, 2 * base) * int.from_bytes(digest, "big") / 2**64
