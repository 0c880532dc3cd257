"""What takes long is said on stderr: with bars on a terminal, gone when the work is done; elsewhere with a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_PATIENCE = 1.0
"""Seconds of silence on a terminal: most runs are over before."""
_FIRST, _NEXT = 10.0, 60.0
"""Seconds until a log hears of it, and hears again."""
_DOING = {"read": "reading", "link": "linking"}


class Progress:
    """Shows phases on a terminal; a context manager that leaves no trace. rich is imported when a bar is due."""

    def __init__(self, stream: TextIO, *, live: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to ``stream`` if it is ``live``."""
        self._stream, self._live, self._clock = stream, live, clock
        self._start = clock()
        self._bars: Bars | None = None
        self._phases: dict[str, TaskID] = {}

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, phase: str, done: int, of: int) -> None:
        """Say that ``done`` parts of a phase are finished."""
        if not self._live or self._clock() - self._start < _PATIENCE:
            return
        if self._bars is None:
            self._bars = _bars(self._stream)
            self._bars.start()
        if phase not in self._phases:
            self._phases[phase] = self._bars.add_task(phase, total=of)
        self._bars.update(self._phases[phase], completed=done, total=of)


class Lines:
    """Says in a log what takes long: one line after some seconds, and one a minute; a context manager."""

    def __init__(self, stream: TextIO, *, keeps: bool, first: float = _FIRST, then: float = _NEXT) -> None:
        """Write to ``stream``; ``keeps`` says that a later run finds in the cache what this one reads."""
        self._stream, self._keeps, self._first, self._then = stream, keeps, first, then
        self._phase = ("", 0, 0)
        self._ended = threading.Event()
        # Not from the calls below: one piece of work may take minutes.
        self._thread = threading.Thread(target=self._tell, daemon=True)

    def __enter__(self) -> Lines:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def __call__(self, phase: str, done: int, of: int) -> None:
        """Say that ``done`` parts of a phase are finished."""
        self._phase = (phase, done, of)

    def _tell(self) -> None:
        wait, hint = self._first, " (a later run reads only what changed)" if self._keeps else ""
        while not self._ended.wait(wait):
            phase, done, of = self._phase
            known = f"{_DOING.get(phase, phase)}: {done:,} of {of:,}" if of else "at work"
            try:
                self._stream.write(f"still {known}{hint}\n")
                self._stream.flush()
            except (OSError, ValueError):  # whoever listened is gone; the result has its own way
                return
            wait, hint = self._then, ""


def _bars(stream: TextIO) -> Bars:
    """Return bars that vanish when they are stopped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(file=stream, force_terminal=True, highlight=False)
    return Bars(TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), console=console, transient=True)
