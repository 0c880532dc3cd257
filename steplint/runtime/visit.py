"""A worker's hold on one run: its memos, what it waits for, and every write of its entries."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.runs import Doing, Fault, Progress
from steplint.runtime import schedule
from steplint.runtime.binding import Bound
from steplint.runtime.clock import Clock
from steplint.runtime.errors import (
    LeaseLost,
    LedgerError,
    LedgerTrouble,
    NonRetriableError,
    RetryAfterError,
    UnserializableError,
    describe,
    refuse,
)
from steplint.runtime.ops import Op, Outcome, Wait
from steplint.runtime.retry import pause
from steplint.runtime.schedule import Event
from steplint.runtime.store import Note, Run, Step, Store, Timer, Try, VisitRow
from steplint.runtime.values import encode

if TYPE_CHECKING:
    from steplint.runtime.workflow import Workflow

_log = logging.getLogger("steplint.runtime")


class Settings(Struct, frozen=True):
    """How runs are driven.

    ``in_place``: checkpoint mode, else the body is entered again after each step. ``introduce`` is told of each
    workflow that a body invokes.
    """

    in_place: bool
    backoff: Sequence[float]
    clock: Clock
    stopping: Callable[[], bool]
    introduce: Callable[[Workflow], None]
    observe: Callable[[Progress], None] | None = None
    max_queued: int | None = None


class Limits(Protocol):
    """What a visit needs to know of a workflow."""

    @property
    def max_attempts(self) -> int:
        """How often a step is tried."""
        ...

    @property
    def step_timeout(self) -> float | None:
        """Seconds for one try."""
        ...


class Visit:
    """The run between claim and release; created for each claim."""

    def __init__(
        self, store: Store, run: Run, settings: Settings, workflow: Limits, bound: Bound, *, careful: bool = False
    ) -> None:
        self.store = store
        self.run = run
        self.settings = settings
        self.bound = bound
        self._careful = careful
        self.max_attempts = workflow.max_attempts
        self.step_timeout = workflow.step_timeout
        self.attempt = 0
        self.again_at = 0.0
        self.calls = self.recalls = self.entries = 0
        self.branches: dict[str, str] = {}
        self.started = settings.clock.now()
        self.load()
        if run.attempt:
            recorded = max((step.ended for step in self.memos.values()), default=0.0)
            self.attempt = sum(row.key == "" and row.ended > recorded for row in store.tries(run.id))

    def load(self) -> None:
        """Read memos and timers."""
        steps = self.store.steps(self.run.id)
        self.memos = {step.key: step for step in steps if step.key}
        self.timers = {timer.key: timer for timer in self.store.timers(self.run.id)}
        positions = [step.position for step in steps[-1:]] + [timer.position for timer in self.timers.values()]
        self.position = max(positions, default=-1) + 1

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self.settings.clock.now()

    def row(self, outcome: str) -> VisitRow:
        """Return this visit as the ledger keeps it when it ends with ``outcome``."""
        return VisitRow(
            self.run.id,
            self.run.claim,
            self.run.owner,
            self.started,
            self.now(),
            self.entries,
            self.calls,
            self.recalls,
            outcome,
        )

    def tell(self, what: Doing, step: Op | Timer | None = None, detail: str = "") -> None:
        """Tell the observer, if there is one, what happens to the run."""
        if self.settings.observe is not None:
            label, kind = (step.label, step.kind) if step is not None else ("", "")
            try:
                self.settings.observe(Progress(what, self.run.id, label, kind, self.now(), detail))
            except Exception:  # what a display does must not reach the body
                _log.exception("the observer of run `%s` failed", self.run.id)

    def begins(self, step: Op | Timer) -> None:
        """Say that a step begins; where a worker died before, the ledger is told, too: the next one may die there."""
        self.tell("begins", step)
        if self._careful:
            row = replace(self.row(f"step `{step.label}`"), ended=None)
            with self._holding():
                self.store.put_visit(row)

    def wake(self) -> frozenset[str] | None:
        """Record the waits that are over; return the keys to try again, or None if the body cannot go on yet."""
        now = self.now()
        over = [
            timer for timer in self.timers.values() if timer.kind != "run" and timer.at is not None and timer.at <= now
        ]
        if over:
            with self._holding():
                for timer in over:
                    schedule.resolve(self.store, timer, "null", None, now)
            self.load()
        due = frozenset(timer.key for timer in self.timers.values() if timer.kind == "run" and (timer.at or 0) <= now)
        if self.again_at > now or (self.timers and not due):
            return None
        self.again_at = 0.0
        return due

    def reserve(self) -> int:
        """Return the position of the next new step."""
        self.position += 1
        return self.position - 1

    def record(self, op: Op, data: str | None, error: str | None, outcome: Outcome) -> Step:
        """Make the result of ``op`` durable and return it as a memo."""
        step = Step(
            self.run.id, op.position, op.key, op.id, op.occurrence, op.kind,
            data, error, op.attempt + 1, outcome.started, outcome.ended, op.callable,
        )  # fmt: skip
        try:
            if op.postponed:
                with self._holding():
                    self.store.drop_timer(self.run.id, op.key)
                    self.store.add_step(step, self.run.claim)
                del self.timers[op.key]
            elif not self.store.add_step(step, self.run.claim):
                raise LeaseLost
        except LedgerError as trouble:
            raise LedgerTrouble(trouble) from trouble
        self.memos[op.key] = step
        self.attempt = 0
        self.tell("recorded", op)
        return step

    def settle(self, op: Op, outcome: Outcome) -> Step | None:
        """Record what came of ``op``; None if it is to be tried again. Refuses what no further try can help."""
        error = outcome.error
        if error is None:
            try:
                return self.record(op, encode(outcome.value), None, outcome)
            except UnserializableError as unfit:
                if hasattr(outcome.value, "close"):
                    outcome.value.close()  # a coroutine that nobody awaits
                refuse("Unserializable", f"the result of step `{op.label}`, {unfit}")
        fault = describe(error)
        last = op.attempt + 1 >= self.max_attempts
        if isinstance(error, NonRetriableError) or (last and isinstance(error, RetryAfterError)):
            self.failed(op, outcome, fault, None)
            refuse(fault.name, fault.message, fault.stack)
        if last:
            self.failed(op, outcome, fault, None)
            return self.record(op, None, encode(msgspec.to_builtins(fault)), outcome)
        at = outcome.ended + self._pause(error, op.attempt, op.key, outcome.ended)
        self.failed(op, outcome, fault, at)
        return None

    def register(self, waits: Sequence[Wait]) -> None:
        """Make what the body waits for durable, with the child runs it invokes."""
        with self._holding():
            for wait in waits:
                self.store.put_timer(wait.timer)
                if wait.child is not None:
                    self.store.add_run(wait.child)
        self.timers.update((wait.timer.key, wait.timer) for wait in waits)
        for wait in waits:
            self.tell("waits", wait.timer)

    def send(self, op: Op, events: Sequence[Event]) -> Step:
        """Send events and record that, in one."""
        now = self.now()
        with self._holding():
            ids = schedule.send(self.store, events, now, self.settings.max_queued)
            return self.record(op, encode(ids), None, Outcome(None, None, now, now))

    def introduce(self, workflow: Workflow) -> None:
        """Let this process work on runs of a workflow that the body invokes."""
        try:
            self.settings.introduce(workflow)
        except LedgerError as trouble:
            raise LedgerTrouble(trouble) from trouble

    def forget(self, keys: Sequence[str]) -> None:
        """Drop the tries of steps that the body no longer reaches."""
        with self._holding():
            for key in keys:
                timer = self.timers.pop(key)
                self.store.drop_timer(self.run.id, key)
                text = f"step `{timer.id}` was to be tried again, but the body no longer reaches it"
                self.store.add_note(Note(self.run.id, self.now(), text))

    def postpone(self, error: Exception, due: frozenset[str], started: float) -> bool:
        """Plan the next try of the body after an error outside steps; False if there is none."""
        now, fault = self.now(), describe(error)
        last = isinstance(error, NonRetriableError) or self.attempt + 1 >= self.max_attempts
        at = None if last else now + self._pause(error, self.attempt, "", now)
        with self._holding() as row:
            schedule.count(self.store, row, self.attempt + 1)
            self.store.add_try(
                Try(self.run.id, "", "", self.attempt, started, now, encode(msgspec.to_builtins(fault)), at)
            )
            # A due step that this entry executed has no timer any more.
            for key in sorted(due & self.timers.keys()) if at is not None else ():
                self.timers[key] = replace(self.timers[key], at=at)
                self.store.put_timer(self.timers[key])
        self.attempt += 1
        self.again_at = at or 0.0
        return at is not None

    def suspend(self) -> bool:
        """Let go of the run until it is due; False, with fresh memos, if something arrived meanwhile."""
        times = [self.again_at] if self.again_at else []
        if schedule.suspend(self.store, self.row("waits"), self.timers, times, self.attempt):
            return True
        self.load()
        return False

    def failed(self, op: Op, outcome: Outcome, fault: Fault, at: float | None, mark: str = "") -> None:
        """Record a failed try, and with ``at`` when the next one comes; ``mark`` says how, for whom it concerns."""
        text = encode(msgspec.to_builtins(fault))
        with self._holding():
            self.store.add_try(Try(self.run.id, op.key, op.label, op.attempt, outcome.started, outcome.ended, text, at))
            if at is not None:
                timer = Timer(
                    self.run.id, op.key, op.id, op.occurrence, op.position, "run", outcome.started, at, op.attempt + 1,
                    expected=mark,
                )  # fmt: skip
                self.store.put_timer(timer)
                self.timers[op.key] = timer
        self.tell("failed", op, f"{fault.name}: {fault.message}")

    def _pause(self, error: Exception, attempt: int, key: str, now: float) -> float:
        if isinstance(error, RetryAfterError):
            return error.seconds(now)
        return pause(self.settings.backoff, attempt, self.run.id, key)

    @contextmanager
    def _holding(self) -> Iterator[Run]:
        try:
            with schedule.holding(self.store, self.row("")) as run:
                yield run
        except LedgerError as trouble:
            raise LedgerTrouble(trouble) from trouble
