"""Time as a parameter: the wall clock, and one for tests that skips every pause."""

from __future__ import annotations

import threading
import time
from typing import Protocol

POLL = 0.1


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        ...

    def wait(self, seconds: float | None, woken: threading.Event) -> None:
        """Let ``seconds`` pass, or less when ``woken`` is set; None when nothing is scheduled."""
        ...


class WallClock:
    """The system's clock; looks at the ledger again at least every `POLL` seconds, other processes write to it."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()

    def wait(self, seconds: float | None, woken: threading.Event) -> None:
        """Sleep."""
        woken.wait(POLL if seconds is None else min(seconds, POLL))


class SkippingClock:
    """A clock for tests: waiting takes no time, it moves the clock."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Return seconds since the epoch, a tiny bit later at each call."""
        self._now += 1e-6
        return self._now

    def wait(self, seconds: float | None, woken: threading.Event) -> None:
        """Move to the end of the pause; raises TimeoutError when nothing is scheduled, nobody could end that wait."""
        if seconds is None:
            raise TimeoutError("nothing is scheduled: the run waits for an event or for another worker")
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._now += max(seconds, 0.0)
