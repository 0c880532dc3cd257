"""The rows of a ledger and the protocol that a store fulfills: plain tables, no rules of execution."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct

from steplint.contract.runs import Fault, Status, StepKind
from steplint.runtime.errors import StepError
from steplint.runtime.values import decode


class Run(Struct, frozen=True):
    """One run. ``due`` is when a worker shall look at it: for a leased run the end of its lease, null for never.

    ``claim`` grows whenever a worker takes the run or lets go of it: a write that names an older one is refused.
    ``manifest`` is the digest of the manifest it last ran under, ``held_for`` of the one it was refused under.
    """

    id: str
    workflow: str
    event: str
    created: float
    root: str
    due: float | None
    parent: str = ""
    parent_key: str = ""
    status: Status = "queued"
    result: str | None = None
    error: str | None = None
    attempt: int = 0
    claim: int = 0
    owner: str = ""
    started: float | None = None
    ended: float | None = None
    manifest: str = ""
    held_for: str = ""

    @property
    def open(self) -> bool:
        """Whether the run has not ended."""
        return self.status not in ("completed", "failed", "cancelled")


class Step(Struct, frozen=True):
    """A recorded step: its JSON value in ``data``, or what it failed with in ``error``."""

    run: str
    position: int
    key: str
    id: str
    occurrence: int
    kind: StepKind
    data: str | None
    error: str | None
    attempts: int
    started: float
    ended: float
    callable: str = ""

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"

    def value(self) -> Any:
        """Return the recorded value as a new object, or raise the recorded error."""
        if self.error is not None:
            raise StepError(Fault(**decode(self.error)), self.label)
        return decode(self.data or "null")


class Timer(Struct, frozen=True):
    """What a run waits for: a time, an event, a child, or its next try (kind ``run``; the body's own: key "").

    ``match`` is a path whose value in the event must equal ``expected`` (JSON).
    """

    run: str
    key: str
    id: str
    occurrence: int
    position: int
    kind: StepKind
    since: float
    at: float | None
    attempt: int = 0
    event: str = ""
    match: str = ""
    expected: str = ""

    @property
    def label(self) -> str:
        """The ID, with ``:n`` after n earlier uses."""
        return self.id if self.occurrence == 0 else f"{self.id}:{self.occurrence}"


class Try(Struct, frozen=True):
    """A failed try of a step, or of the body (key "")."""

    run: str
    key: str
    label: str
    attempt: int
    started: float
    ended: float
    error: str
    retry_at: float | None


class VisitRow(Struct, frozen=True):
    """One period in which a worker held a run: entries of the body, step calls, and how many of them had a memo.

    ``outcome`` says how it ended; without an end, the step that it executes, where an earlier worker died.
    """

    run: str
    claim: int
    worker: str
    started: float
    ended: float | None = None
    entries: int = 0
    calls: int = 0
    recalls: int = 0
    outcome: str = ""


class Note(Struct, frozen=True):
    """Something that a person should know about a run, such as drift that was allowed."""

    run: str
    at: float
    text: str


class EventRow(Struct, frozen=True):
    """An event that was sent; ``ts`` is in milliseconds since the epoch."""

    id: str
    name: str
    data: str
    ts: int


class Store(Protocol):
    """Tables of one ledger; every method is safe to call from any thread, and durable when it returns."""

    def transaction(self) -> AbstractContextManager[None]:
        """Make the calls inside one atomic step that no other writer interrupts."""
        ...

    def close(self) -> None:
        """Let go of the ledger."""
        ...

    def add_run(self, run: Run) -> bool:
        """Add ``run``; False if its ID exists."""
        ...

    def put_run(self, run: Run) -> None:
        """Replace what changes in a run: everything but ID, workflow, event and ancestry."""
        ...

    def run(self, run_id: str) -> Run | None:
        """Return one run."""
        ...

    def runs(self, workflow: str = "", status: str = "", limit: int | None = None) -> list[Run]:
        """Return the newest runs first, all or the first ``limit``."""
        ...

    def children(self, run_id: str) -> list[Run]:
        """Return the runs that ``run_id`` invoked."""
        ...

    def due(self, now: float, workflows: Collection[str], root: str = "") -> Run | None:
        """Return the run that is due for longest, of these workflows and, if given, below ``root``."""
        ...

    def next_due(self, workflows: Collection[str], root: str = "") -> float | None:
        """Return when the next run is due."""
        ...

    def owners(self) -> list[str]:
        """Return the workers that hold a run."""
        ...

    def free(self, owner: str, now: float) -> None:
        """Make every run that ``owner`` holds due at once."""
        ...

    def queued(self) -> int:
        """Return how many runs no worker has begun."""
        ...

    def add_step(self, step: Step, claim: int) -> bool:
        """Record ``step`` unless the run's claim is another one; returns whether it was recorded."""
        ...

    def steps(self, run_id: str) -> list[Step]:
        """Return the recorded steps by position."""
        ...

    def counts(self, run_id: str) -> tuple[int, int]:
        """Return how many steps and how many failed tries a run has."""
        ...

    def retire_step(self, run_id: str, position: int) -> None:
        """Keep a recorded step for people only: its key becomes "", so that no call finds it."""
        ...

    def put_timer(self, timer: Timer) -> None:
        """Add or replace a timer."""
        ...

    def drop_timer(self, run_id: str, key: str) -> None:
        """Remove a timer; no error if it is gone."""
        ...

    def timers(self, run_id: str) -> list[Timer]:
        """Return what the run waits for, by position."""
        ...

    def waiting(self, event: str) -> list[Timer]:
        """Return all timers that wait for an event of this name."""
        ...

    def add_try(self, row: Try) -> None:
        """Add a failed try."""
        ...

    def tries(self, run_id: str) -> list[Try]:
        """Return the failed tries of a run in order."""
        ...

    def put_visit(self, row: VisitRow) -> None:
        """Add or replace a visit."""
        ...

    def visits(self, run_id: str) -> list[VisitRow]:
        """Return the visits of a run in order."""
        ...

    def add_note(self, note: Note) -> None:
        """Add a note."""
        ...

    def notes(self, run_id: str) -> list[Note]:
        """Return the notes of a run in order."""
        ...

    def add_manifest(self, digest: str, workflow: bytes) -> None:
        """Keep a workflow's part of a manifest; the same digest again changes nothing."""
        ...

    def manifest(self, digest: str) -> bytes | None:
        """Return what was kept under ``digest``."""
        ...

    def add_event(self, event: EventRow) -> bool:
        """Add an event; False if its ID exists."""
        ...

    def put_trigger(self, workflow: str, event: str) -> None:
        """Say which event starts ``workflow``; "" for none."""
        ...

    def triggered(self, event: str) -> list[str]:
        """Return the workflows that the event starts."""
        ...
