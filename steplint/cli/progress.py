"""One line on stderr that says what takes long: it appears after a second and is gone when the work is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

_PATIENCE = 1.0
_PAUSE = 0.1
_BAR = 24


class Progress:
    """Shows phases on a terminal; a context manager that leaves no trace."""

    def __init__(self, stream: TextIO, *, live: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to ``stream`` if it is ``live``."""
        self._stream, self._live, self._clock = stream, live, clock
        self._start = clock()
        self._drawn = 0.0
        self._shown = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __call__(self, phase: str, done: int, of: int) -> None:
        """Say that ``done`` parts of a phase are finished."""
        now = self._clock()
        if not self._live or now - self._start < _PATIENCE or now - self._drawn < _PAUSE:
            return
        self._drawn, self._shown = now, True
        filled = round(_BAR * done / of) if of else 0
        bar = "#" * filled + "." * (_BAR - filled)
        self._stream.write(f"\r\x1b[K{phase:<5} [{bar}] {done}/{of}")
        self._stream.flush()
