"""Keeps the leases of the runs that this process drives from running out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from steplint.runtime import schedule
from steplint.runtime.clock import Clock
from steplint.runtime.errors import LedgerError
from steplint.runtime.store import Run, Store


class Leases:
    """The runs held by this process, renewed every third of a lease by one thread that starts when it is needed."""

    def __init__(self, store: Store, clock: Clock, lease: float) -> None:
        self._store = store
        self._clock = clock
        self._lease = lease
        self._lock = threading.Lock()
        self._held: dict[str, Run] = {}
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def hold(self, run: Run) -> Iterator[None]:
        """Renew the lease of ``run`` inside the block."""
        with self._lock:
            self._held[run.id] = run
            if self._thread is None:
                self._thread = threading.Thread(target=self._renew, name="steplint-leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._held[run.id]

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _renew(self) -> None:
        while not self._closed.wait(self._lease / 3):
            with self._lock:
                held = list(self._held.values())
            if held:
                try:
                    schedule.renew(self._store, held, self._clock.now() + self._lease)
                except LedgerError:
                    continue  # a run whose lease runs out is fenced: its next write says so
