"""Bars on stderr that say what takes long: they appear after a second and are gone when the work is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_PATIENCE = 1.0
"""Seconds of silence: most runs are over before."""


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


def _bars(stream: TextIO) -> Bars:
    """Return bars that vanish when they are stopped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bars

    console = Console(file=stream, force_terminal=True, highlight=False)
    return Bars(TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), console=console, transient=True)
