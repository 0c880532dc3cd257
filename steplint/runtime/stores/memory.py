"""A ledger in plain dictionaries, for tests: gone with the process, undone when a transaction fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from steplint.runtime.store import EventRow, Note, Run, Step, Timer, Try, VisitRow

_K = TypeVar("_K")
_V = TypeVar("_V")


class MemoryStore:
    """A ledger that lives as long as this object."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._undo: list[Callable[[], object]] | None = None
        self._runs: dict[str, Run] = {}
        self._steps: dict[str, dict[int, Step]] = {}
        self._timers: dict[tuple[str, str], Timer] = {}
        self._tries: dict[int, Try] = {}
        self._visits: dict[tuple[str, int], VisitRow] = {}
        self._notes: dict[int, Note] = {}
        self._manifests: dict[str, bytes] = {}
        self._events: dict[str, EventRow] = {}
        self._triggers: dict[str, str] = {}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the calls inside one atomic step; may be nested."""
        with self._lock:
            if self._undo is not None:
                yield
                return
            self._undo = []
            try:
                yield
            except BaseException:
                for undo in reversed(self._undo):
                    undo()
                raise
            finally:
                self._undo = None

    def close(self) -> None:
        """Keep everything: a memory store may be used by one runtime after the other."""

    def add_run(self, run: Run) -> bool:
        """Add ``run``; False if its ID exists."""
        return self._add(self._runs, run.id, run)

    def put_run(self, run: Run) -> None:
        """Replace what changes in a run."""
        with self._lock:
            old = self._runs[run.id]
            fixed = {
                name: getattr(old, name) for name in ("workflow", "event", "created", "root", "parent", "parent_key")
            }
            self._set(self._runs, run.id, replace(run, **fixed))

    def run(self, run_id: str) -> Run | None:
        """Return one run."""
        return self._runs.get(run_id)

    def runs(self, workflow: str = "", status: str = "", limit: int | None = None) -> list[Run]:
        """Return the newest runs first, all or the first ``limit``."""
        found = [run for run in self._all(self._runs) if workflow in ("", run.workflow) and status in ("", run.status)]
        return sorted(found, key=lambda run: (-run.created, run.id))[:limit]

    def children(self, run_id: str) -> list[Run]:
        """Return the runs that ``run_id`` invoked."""
        found = [run for run in self._all(self._runs) if run_id and run.parent == run_id]
        return sorted(found, key=lambda run: (run.created, run.id))

    def due(self, now: float, workflows: Collection[str], root: str = "") -> Run | None:
        """Return the run that is due for longest."""
        found = self._scheduled(workflows, root)
        return found[0][1] if found and found[0][0] <= now else None

    def next_due(self, workflows: Collection[str], root: str = "") -> float | None:
        """Return when the next run is due."""
        found = self._scheduled(workflows, root)
        return found[0][0] if found else None

    def owners(self) -> list[str]:
        """Return the workers that hold a run."""
        return sorted({run.owner for run in self._all(self._runs) if run.owner})

    def free(self, owner: str, now: float) -> None:
        """Make every run that ``owner`` holds due at once."""
        with self._lock:
            for run in self._all(self._runs):
                if owner and run.owner == owner and run.due is not None and run.due > now:
                    self._set(self._runs, run.id, replace(run, due=now))

    def queued(self) -> int:
        """Return how many runs no worker has begun."""
        return sum(run.status == "queued" for run in self._all(self._runs))

    def add_step(self, step: Step, claim: int) -> bool:
        """Record ``step`` unless the run's claim is another one."""
        with self._lock:
            run = self._runs.get(step.run)
            if run is None or run.claim != claim:
                return False
            steps = self._steps.setdefault(step.run, {})
            if step.position in steps:
                raise ValueError(f"run `{step.run}` has a step at position {step.position}")
            return self._add(steps, step.position, step)

    def steps(self, run_id: str) -> list[Step]:
        """Return the recorded steps by position."""
        with self._lock:
            return sorted(self._steps.get(run_id, {}).values(), key=lambda step: step.position)

    def counts(self, run_id: str) -> tuple[int, int]:
        """Return how many steps and how many failed tries a run has."""
        return len(self.steps(run_id)), len(self.tries(run_id))

    def retire_step(self, run_id: str, position: int) -> None:
        """Keep a recorded step for people only: its key becomes ""."""
        with self._lock:
            steps = self._steps.get(run_id, {})
            if position in steps:
                self._set(steps, position, replace(steps[position], key=""))

    def put_timer(self, timer: Timer) -> None:
        """Add or replace a timer."""
        self._set(self._timers, (timer.run, timer.key), timer)

    def drop_timer(self, run_id: str, key: str) -> None:
        """Remove a timer."""
        self._drop(self._timers, (run_id, key))

    def timers(self, run_id: str) -> list[Timer]:
        """Return what the run waits for, by position."""
        found = [timer for timer in self._all(self._timers) if timer.run == run_id]
        return sorted(found, key=lambda timer: timer.position)

    def waiting(self, event: str) -> list[Timer]:
        """Return all timers that wait for an event of this name."""
        found = [timer for timer in self._all(self._timers) if event and timer.event == event]
        return sorted(found, key=lambda timer: timer.since)

    def add_try(self, row: Try) -> None:
        """Add a failed try."""
        with self._lock:
            self._add(self._tries, len(self._tries), row)

    def tries(self, run_id: str) -> list[Try]:
        """Return the failed tries of a run in order."""
        return [row for row in self._all(self._tries) if row.run == run_id]

    def put_visit(self, row: VisitRow) -> None:
        """Add or replace a visit."""
        self._set(self._visits, (row.run, row.claim), row)

    def visits(self, run_id: str) -> list[VisitRow]:
        """Return the visits of a run in order."""
        return sorted((row for row in self._all(self._visits) if row.run == run_id), key=lambda row: row.claim)

    def add_note(self, note: Note) -> None:
        """Add a note."""
        with self._lock:
            self._add(self._notes, len(self._notes), note)

    def notes(self, run_id: str) -> list[Note]:
        """Return the notes of a run in order."""
        return [note for note in self._all(self._notes) if note.run == run_id]

    def add_manifest(self, digest: str, workflow: bytes) -> None:
        """Keep a workflow's part of a manifest."""
        self._add(self._manifests, digest, workflow)

    def manifest(self, digest: str) -> bytes | None:
        """Return what was kept under ``digest``."""
        return self._manifests.get(digest)

    def add_event(self, event: EventRow) -> bool:
        """Add an event; False if its ID exists."""
        return self._add(self._events, event.id, event)

    def put_trigger(self, workflow: str, event: str) -> None:
        """Say which event starts ``workflow``; "" for none."""
        self._set(self._triggers, workflow, event)

    def triggered(self, event: str) -> list[str]:
        """Return the workflows that the event starts."""
        with self._lock:
            return sorted(workflow for workflow, name in self._triggers.items() if event and name == event)

    def _scheduled(self, workflows: Collection[str], root: str) -> list[tuple[float, Run]]:
        found = [
            (run.due, run)
            for run in self._all(self._runs)
            if run.due is not None and run.workflow in workflows and root in ("", run.root)
        ]
        return sorted(found, key=lambda pair: pair[0])

    def _all(self, table: dict[_K, _V]) -> list[_V]:
        with self._lock:
            return list(table.values())

    def _add(self, table: dict[_K, _V], key: _K, row: _V) -> bool:
        with self._lock:
            if key in table:
                return False
            self._set(table, key, row)
            return True

    def _set(self, table: dict[_K, _V], key: _K, row: _V) -> None:
        with self._lock:
            if self._undo is not None:
                self._undo.append(_restorer(table, key))
            table[key] = row

    def _drop(self, table: dict[_K, _V], key: _K) -> None:
        with self._lock:
            if key in table:
                if self._undo is not None:
                    self._undo.append(_restorer(table, key))
                del table[key]


def _restorer(table: dict[_K, _V], key: _K) -> Callable[[], object]:
    if key not in table:
        return lambda: table.pop(key, None)
    old = table[key]
    return lambda: table.__setitem__(key, old)
