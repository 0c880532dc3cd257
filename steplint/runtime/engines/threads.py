"""Sync bodies on async engines: the body runs in a thread, its steps in the coroutine that waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from datetime import datetime
from typing import TYPE_CHECKING, Any

from steplint.contract.runs import StepKind
from steplint.runtime.calls import EventLike
from steplint.runtime.engines.calls import Operations, Outcome
from steplint.runtime.engines.context import Duration, Engine, EngineContext, Naming, as_event
from steplint.runtime.errors import BranchStop, Interrupt, refuse
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event

if TYPE_CHECKING:
    from steplint.runtime.workflow import Workflow


class Bridge:
    """Carries step calls from the thread of a body to the coroutine of its run."""

    def __init__(self, engine: Operations) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Queue[tuple[Sequence[Call], Future[list[Outcome]]] | None] = asyncio.Queue()
        self._lock = threading.Lock()
        self._closed = False
        self._waiting: Future[list[Outcome]] | None = None

    async def run(self, body: Callable[[], Any]) -> Any:
        """Give what ``body`` returns; if this coroutine is left, the body is left at its next step call."""
        ended: Future[Any] = Future()
        interrupt: BaseException | None = None
        thread = threading.Thread(
            target=copy_context().run, args=(self._perform, body, ended), name="steplint-body", daemon=True
        )
        thread.start()
        try:
            while (asked := await self._asked.get()) is not None:
                calls, reply = asked
                try:
                    reply.set_result(await self._engine.together(calls))
                except BaseException as error:
                    interrupt = error
                    reply.set_exception(error)
        finally:
            self._close()
        try:
            return ended.result()
        except Interrupt:
            raise interrupt or Interrupt from None

    def ask(self, calls: Sequence[Call]) -> list[Outcome]:
        """Return the outcomes of ``calls``; called in the thread of the body."""
        reply: Future[list[Outcome]] = Future()
        with self._lock:
            if self._closed:
                raise Interrupt
            self._waiting = reply
        self._loop.call_soon_threadsafe(self._asked.put_nowait, (calls, reply))
        return reply.result()

    def _perform(self, body: Callable[[], Any], ended: Future[Any]) -> None:
        try:
            ended.set_result(body())
        except BaseException as error:
            ended.set_exception(error)
        with self._lock:
            if not self._closed:
                self._loop.call_soon_threadsafe(self._asked.put_nowait, None)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(Interrupt())


class SyncContext(EngineContext):
    """The argument of a sync body."""

    def __init__(self, engine: Engine, event: Event, naming: Naming, bridge: Bridge) -> None:
        super().__init__(engine, event, naming)
        asked = Asked(naming, bridge)
        self.step = SyncSteps(asked)  # type: ignore[assignment]
        self.group = SyncGroups(asked)  # type: ignore[assignment]


class Asked:
    """The step calls of one entry, and what a parallel group has planned."""

    def __init__(self, naming: Naming, bridge: Bridge) -> None:
        self.naming, self.bridge = naming, bridge
        self.plan: list[Call] | None = None
        self.stopping = False
        self.path = ""
        self.found: dict[str, Outcome] = {}
        self._paths: dict[str, str] = {}

    def ask(self, kind: StepKind, step_id: str, target: object, *args: object) -> Any:
        """Return the value of a step; in a group, plan what has none yet and leave the callable."""
        if self.stopping:
            raise BranchStop
        call = self.naming.call(kind, step_id, target, args)
        if self.plan is None:
            return self.bridge.ask([call])[0].get()
        if self._paths.setdefault(call.key, self.path) != self.path:
            refuse("MovingKey", f"step `{call.id}` is used in two callables of a parallel group; use two IDs")
        if call.key in self.found:
            return self.found[call.key].get()
        self.plan.append(call)
        self.stopping = True
        raise BranchStop


class SyncSteps:
    """The durable operations."""

    def __init__(self, asked: Asked) -> None:
        self._ask = asked.ask

    def run(self, step_id: str, handler: Callable[..., Any], *handler_args: Any) -> Any:
        """Return what ``handler(*handler_args)`` returned, as JSON has it."""
        return self._ask("run", step_id, handler, *handler_args)

    def sleep(self, step_id: str, duration: Duration) -> None:
        """Wait for ``duration`` (a timedelta, or milliseconds)."""
        self._ask("sleep", step_id, "", duration)

    def sleep_until(self, step_id: str, until_time: datetime) -> None:
        """Wait until a time; one without a zone is local time."""
        self._ask("sleep", step_id, "", until_time)

    def wait_for_event(
        self, step_id: str, *, event: str, match: str | None = None, timeout: Duration | None = None
    ) -> Event | None:
        """Return the next event of this name, or None after ``timeout``."""
        return as_event(self._ask("wait", step_id, event, match, timeout))

    def send_event(self, step_id: str, events: EventLike | Sequence[EventLike]) -> Any:
        """Send one event or several; returns their IDs."""
        return self._ask("send", step_id, "", events)

    def invoke(self, step_id: str, workflow: Workflow | str, data: Mapping[str, object] | None = None) -> Any:
        """Return the result of a run of ``workflow`` with ``data``; raises `StepError` if that run fails."""
        return self._ask("invoke", step_id, workflow, data)


class SyncGroups:
    """Steps side by side."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def parallel(self, callables: Iterable[Callable[[], Any]]) -> tuple[Any, ...]:
        """Return the results of all callables; the steps that they reach next are executed at the same time."""
        asked, branches = self._asked, tuple(callables)
        outer, path, mark = asked.plan, asked.path, asked.naming.keys.mark()
        try:
            while True:
                plan = list[Call]()
                asked.plan = plan
                results = [self._branch(each, f"{path}.{number}") for number, each in enumerate(branches)]
                if not plan:
                    return tuple(results)
                if outer is not None:
                    outer += plan
                    asked.stopping = True
                    raise BranchStop
                asked.naming.keys.rewind(mark)
                asked.found.update(zip((call.key for call in plan), asked.bridge.ask(plan), strict=True))
        finally:
            asked.plan, asked.path = outer, path

    def _branch(self, branch: Callable[[], Any], path: str) -> Any:
        asked = self._asked
        asked.path = path
        try:
            result = branch()
        except BranchStop:
            asked.stopping = False
            return None
        if asked.stopping:
            refuse("SwallowedInterrupt", "a callable of a parallel group catches `BaseException` around a step")
        return result
