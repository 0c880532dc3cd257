"""The runtime: one ledger, the workflows this process knows, and the threads that drive their runs."""

from __future__ import annotations

import asyncio
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from types import TracebackType
from typing import Any, Literal

import msgspec

from steplint.contract.manifest import Manifest
from steplint.contract.runs import Fault, Progress
from steplint.runtime import schedule
from steplint.runtime.binding import GUARD, Binding, Guard
from steplint.runtime.calls import EventLike, as_event
from steplint.runtime.clock import Clock, WallClock
from steplint.runtime.errors import (
    LeaseLost,
    LedgerError,
    LedgerTrouble,
    RunCancelledError,
    RunFailedError,
    RunHeldError,
    UnknownRunError,
)
from steplint.runtime.guard import admit
from steplint.runtime.leases import Leases
from steplint.runtime.processes import worker_name
from steplint.runtime.replay import drive, fail
from steplint.runtime.retry import BACKOFF
from steplint.runtime.schedule import Event, event_text
from steplint.runtime.store import Run, Store, VisitRow
from steplint.runtime.stores.sqlite import Durability, SqliteStore
from steplint.runtime.values import decode
from steplint.runtime.visit import Settings, Visit
from steplint.runtime.workflow import Workflow, failure_id

Mode = Literal["checkpoint", "every-step"]
MAX_DEATHS = 10


def default_mode() -> Mode:
    """Return `STEPLINT_REPLAY`, else every-step under pytest, which finds bodies that drift, else checkpoint."""
    named = os.environ.get("STEPLINT_REPLAY", "")
    if named == "every-step" or (not named and "PYTEST_CURRENT_TEST" in os.environ):
        return "every-step"
    if named in ("", "checkpoint"):
        return "checkpoint"
    raise ValueError(f"STEPLINT_REPLAY is `{named}`; it is `checkpoint` or `every-step`")


class Runtime:
    """Starts and drives runs of workflows whose ledger is one SQLite file, or any `Store`.

    ``workflows`` are those that this process works on, together with all that their modules name; one that is
    started or invoked here is added. ``durability="process"`` is faster, and survives no power cut. With a ``manifest``
    (a file, or what was read from it) a run is compared with the code before it goes on; ``guard`` says per verdict
    whether drift is refused, warned of, or allowed. ``observe`` is called, in any worker thread, as runs go on.
    A run whose workers die ``max_deaths`` times without recording anything fails; None lets it go on for ever.
    """

    def __init__(
        self,
        ledger: str | PathLike[str] | Store,
        workflows: Iterable[Workflow] = (),
        *,
        mode: Mode | None = None,
        durability: Durability = "power",
        backoff: Sequence[float] = BACKOFF,
        clock: Clock | None = None,
        lease: float = 30.0,
        max_queued: int | None = None,
        manifest: Manifest | str | PathLike[str] | None = None,
        guard: Guard = GUARD,
        observe: Callable[[Progress], None] | None = None,
        max_deaths: int | None = MAX_DEATHS,
    ) -> None:
        self.store: Store = SqliteStore(ledger, durability) if isinstance(ledger, (str, PathLike)) else ledger
        self.clock = clock or WallClock()
        self.lease = lease
        self.worker = worker_name()
        self._binding = Binding(manifest, guard)
        self._known: dict[str, Workflow] = {}
        self._driven: dict[str, Workflow] = {}  # those, and under their earlier IDs, too
        self._max_deaths = max_deaths
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._busy = threading.Condition()
        self._threads: list[int] = []
        self._loops: dict[int, asyncio.AbstractEventLoop] = {}
        self._leases = Leases(self.store, self.clock, lease)
        self._settings = Settings(
            in_place=(mode or default_mode()) == "checkpoint",
            backoff=backoff,
            clock=self.clock,
            stopping=self._stop.is_set,
            introduce=self.know,
            max_queued=max_queued,
            observe=observe,
        )
        for each in workflows:
            self.know(each)

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop, wait for the steps that execute now, and let go of the ledger; a new runtime goes on with the runs."""
        self.stop()
        me = threading.get_ident()
        with self._busy:
            self._busy.wait_for(lambda: all(thread == me for thread in self._threads))
        self._leases.close()
        for loop in self._loops.values():
            loop.close()
        self._loops.clear()
        self.store.close()

    def know(self, workflow: Workflow) -> None:
        """Work on runs of ``workflow`` too; its trigger is kept in the ledger, so that any process may send."""
        if self._known.get(workflow.id) is workflow:
            return
        if workflow.id in self._known:
            raise ValueError(f"two workflows have the ID `{workflow.id}`; rename one")
        with self.store.transaction():
            for each in workflow.family().values():
                if self._known.setdefault(each.id, each) is each:
                    self._drive_runs_of(each)

    def _drive_runs_of(self, workflow: Workflow) -> None:
        """Work on its runs, and on those that began under an earlier ID, which no event starts any more."""
        digest, now = self._binding.workflow(workflow.id).digest, self.clock.now()
        self.store.put_trigger(workflow.id, workflow.trigger or "")
        self._driven[workflow.id] = workflow
        schedule.unhold(self.store, workflow.id, digest, now)
        for earlier in self._binding.earlier(workflow.id):
            self.store.put_trigger(earlier, "")
            self._driven.setdefault(earlier, workflow)
            if workflow.failure is not None:
                self._driven.setdefault(failure_id(earlier), workflow.failure)
            schedule.unhold(self.store, earlier, digest, now)

    def start(self, workflow: Workflow, data: object = None, *, id: str | None = None) -> str:  # noqa: A002
        """Queue a run and return its ID. The same ``id`` again returns the run that exists.

        Raises `RunConflictError` if that run is of another workflow or has other data, and `BacklogError`.
        """
        self.know(workflow)
        now = self.clock.now()
        run_id = id or f"{workflow.id}-{uuid.uuid4().hex[:12]}"
        text = event_text(Event("steplint/run.started", {} if data is None else data, run_id, int(now * 1000)))
        run = Run(run_id, workflow.id, text, now, root=run_id, due=now)
        schedule.begin(self.store, run, self._settings.max_queued, self._binding.earlier(workflow.id))
        self._woken.set()
        return run_id

    def send(self, events: EventLike | Sequence[EventLike]) -> list[str]:
        """Send events: they start the workflows they trigger and wake the runs that wait for them. Returns their IDs.

        An event whose ID was sent before does nothing.
        """
        listed = [events] if isinstance(events, (Event, Mapping)) else events
        now = self.clock.now()
        sent = [as_event(event, uuid.uuid4().hex, now) for event in listed]
        ids = schedule.send(self.store, sent, now, self._settings.max_queued)
        self._woken.set()
        return ids

    def result(self, id: str, timeout: float | None = None) -> Any:  # noqa: A002
        """Return what a run returned; until then, drive it and the runs it invoked in this thread.

        Raises `RunFailedError`, `RunCancelledError`, `RunHeldError`, `UnknownRunError`, and TimeoutError after
        ``timeout`` seconds.
        """
        _refuse_event_loop("result")
        limit = None if timeout is None else self.clock.now() + timeout
        with self._working():
            return self._drive_until(id, timeout, limit)

    def _drive_until(self, id: str, timeout: float | None, limit: float | None) -> Any:  # noqa: A002
        while True:
            run = self.store.run(id)
            if run is None:
                raise UnknownRunError(f"the ledger has no run `{id}`")
            if not self._stop.is_set() and self._visit(run.root):
                continue
            if not run.open or run.status == "held":
                return _outcome(run)
            if self._stop.is_set():
                raise RuntimeError(f"the runtime is stopped, run `{id}` is {run.status}; a new runtime goes on with it")
            if limit is not None and self.clock.now() >= limit:
                raise TimeoutError(f"run `{id}` is {run.status} after {timeout:g} s")
            scope = self.scope(run)
            if scope == run.root or not self._visit(scope):
                self._idle(scope, limit)

    def work(self, *, workers: int = 1, until_idle: bool = False) -> None:
        """Drive due runs in ``workers`` threads until `stop`, or with ``until_idle`` until none is due."""
        _refuse_event_loop("work")
        failures: list[BaseException] = []
        threads = [
            threading.Thread(target=self._loop, args=(until_idle, failures), name=f"steplint-worker-{number}")
            for number in range(1, workers)
        ]
        for thread in threads:
            thread.start()
        self._loop(until_idle, failures)
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def stop(self) -> None:
        """Make `work` return, for good: steps that execute now are finished and recorded, nothing new begins."""
        self._stop.set()
        self._woken.set()

    def cancel(self, id: str) -> bool:  # noqa: A002
        """End a run and those it invoked; False if it had ended. A step that executes now is not recorded."""
        return schedule.cancel(self.store, id, self.clock.now())

    def retry(self, id: str) -> bool:  # noqa: A002
        """Queue a failed or held run; completed steps keep their results. False for any other run."""
        done = schedule.retry(self.store, id, self.clock.now())
        self._woken.set()
        return done

    def _loop(self, until_idle: bool, failures: list[BaseException]) -> None:
        try:
            with self._working():
                schedule.free_orphans(self.store, self.clock.now())
                while not (failures or self._stop.is_set()):
                    if self._visit():
                        continue
                    if until_idle:
                        return
                    self._idle("", None)
        except BaseException as error:
            failures.append(error)
            self._woken.set()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Keep the ledger open while this thread works on it."""
        me = threading.get_ident()
        with self._busy:
            self._threads.append(me)
        try:
            yield
        finally:
            with self._busy:
                self._threads.remove(me)
                self._busy.notify_all()

    def _visit(self, root: str = "") -> bool:
        """Drive one due run as far as it goes; False if none is due."""
        self._woken.clear()
        claimed = schedule.claim(self.store, self.worker, self.clock.now(), self.lease, self._driven, root)
        if claimed is None:
            return False
        run, deaths = claimed
        workflow = self._driven[run.workflow]
        bound = self._binding.workflow(run.workflow)
        with self._leases.hold(run):
            try:
                if not admit(self.store, run, self._row(run, "held"), bound):
                    return True
                visit = Visit(self.store, run, self._settings, workflow, bound, careful=deaths > 0)
                if self._max_deaths is not None and deaths >= self._max_deaths:
                    self.fail(visit, workflow, _deadly(run, deaths, self.store.visits(run.id)))
                else:
                    self.drive(visit, workflow)
            except LeaseLost:
                pass  # another worker goes on with the run, or it was cancelled
            except LedgerTrouble as trouble:
                self._give_back(run)
                raise trouble.error from None
            except BaseException:
                self._give_back(run)
                raise
        return True

    def drive(self, visit: Visit, workflow: Workflow) -> None:
        """Take a run that this process holds as far as it goes now; a front does that in its own way."""
        drive(visit, workflow, self._event_loop)

    def fail(self, visit: Visit, workflow: Workflow, fault: Fault) -> None:
        """End a run that this process holds without entering its body."""
        fail(visit, workflow, fault)

    def scope(self, run: Run) -> str:
        """Return the root of the runs that `result` drives until ``run`` has ended; "" is all that are known here."""
        return run.root

    def _give_back(self, run: Run) -> None:
        # If even that cannot be written, the lease ends by itself.
        with suppress(LeaseLost, LedgerError):
            schedule.release(self.store, self._row(run, "interrupted"), run.attempt)

    def _row(self, run: Run, outcome: str) -> VisitRow:
        now = self.clock.now()
        return VisitRow(run.id, run.claim, self.worker, now, now, outcome=outcome)

    def _idle(self, root: str, limit: float | None) -> None:
        schedule.free_orphans(self.store, self.clock.now())
        times = [self.store.next_due(self._driven, root), limit]
        next_due = min((time for time in times if time is not None), default=None)
        pause = None if next_due is None else max(next_due - self.clock.now(), 0.0)
        self.clock.wait(pause, self._woken)

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        """Return this thread's loop, on which async bodies run."""
        thread = threading.get_ident()
        if thread not in self._loops:
            self._loops[thread] = asyncio.new_event_loop()
        return self._loops[thread]


def _refuse_event_loop(name: str) -> None:
    if asyncio._get_running_loop() is not None:
        raise RuntimeError(
            f"`{name}` blocks the running event loop; write `await asyncio.to_thread(runtime.{name}, ...)`"
        )


def _deadly(run: Run, deaths: int, visits: Sequence[VisitRow]) -> Fault:
    """Return the error of a run whose workers died again and again."""
    began = next((row.outcome for row in reversed(visits) if row.ended is None and row.outcome), "")
    where = f", the last one in {began}" if began else ""
    text = f"{deaths} workers ended without a word while they had this run{where}, and none of them recorded anything"
    return Fault("WorkerDied", text, step=began.removeprefix("step `").removesuffix("`"))


def _outcome(run: Run) -> Any:
    if run.status == "completed":
        return decode(run.result or "null")
    fault = msgspec.convert(decode(run.error or "{}"), Fault)
    if run.status == "cancelled":
        raise RunCancelledError(f"run `{run.id}` was cancelled")
    if run.status == "held":
        raise RunHeldError(f"run `{run.id}` is held: {fault.message}")
    raise RunFailedError(run.id, fault)
