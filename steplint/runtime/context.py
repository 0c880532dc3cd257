"""What a body gets: ``ctx.step``, ``ctx.group``, ``ctx.event``; sync and async differ in ``await`` only."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from steplint.runtime import perform
from steplint.runtime.calls import EventLike, as_events, invocation, sleeping, until, waiting
from steplint.runtime.entry import Entry
from steplint.runtime.errors import BranchStop
from steplint.runtime.groups import Group
from steplint.runtime.ops import EXECUTING, PLAN, Call, Op, Plan, Planned, Wait
from steplint.runtime.schedule import Event
from steplint.runtime.store import Step as Memo
from steplint.runtime.values import decode

if TYPE_CHECKING:
    from steplint.runtime.workflow import Workflow

T = TypeVar("T")
Duration = timedelta | int


if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter  # no subscript before Python 3.11


class _Logger(_Adapter):
    """Says nothing while the body only repeats what it did before."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(logging.getLogger("steplint.runtime.workflow"), {"run_id": entry.visit.run.id})
        self._entry = entry

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        return self._entry.unseen <= 0 and super().isEnabledFor(level)

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return f"{self._entry.visit.run.id}: {msg}", kwargs


class _Shared:
    def __init__(self, entry: Entry) -> None:
        self._entry = entry
        self.logger: logging.LoggerAdapter[logging.Logger] = _Logger(entry)
        # Decoded for each entry: what one entry changes in it, the next must not see.
        self._event = msgspec.convert(decode(entry.visit.run.event), Event)

    @property
    def event(self) -> Event:
        """The event, or the data, that the run began with."""
        return self._event

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        return self._entry.visit.run.id

    @property
    def attempt(self) -> int:
        """How often the current step, or else the body since its last new step, was tried before."""
        op = EXECUTING.get()
        return op.attempt if op is not None and op.run == self.run_id else self._entry.visit.attempt


class Context(_Shared):
    """The argument of a workflow."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry)
        self.step = StepTools(entry)
        self.group = GroupTools(entry)


class AsyncContext(_Shared):
    """The argument of an async workflow."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry)
        self.step = AsyncStepTools(entry)
        self.group = AsyncGroupTools(entry)


class StepTools:
    """The durable operations; each returns what the ledger has for this use of ``step_id``, or makes it so."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def run(self, step_id: str, handler: Callable[..., T], *handler_args: Any) -> T:
        """Return what ``handler(*handler_args)`` returned, as JSON has it; called only if that is not recorded."""
        entry = self._entry
        found = entry.call("run", step_id, handler, *handler_args)
        if not isinstance(found, Op):
            return found.value()  # type: ignore[no-any-return]
        plan = PLAN.get()
        if plan is not None:
            raise _planned(plan, found, handler, handler_args)
        outcome = perform.execute(entry.visit, found, handler, handler_args)
        return entry.proceed(found, entry.visit.settle(found, outcome))  # type: ignore[no-any-return]

    def sleep(self, step_id: str, duration: Duration) -> None:
        """Wait for ``duration`` (a timedelta, or milliseconds)."""
        found = self._entry.call("sleep", step_id)
        return _waited(self._entry, found, lambda op: sleeping(self._entry.visit, op, duration))  # type: ignore[no-any-return]

    def sleep_until(self, step_id: str, until_time: datetime) -> None:
        """Wait until a time; one without a zone is local time."""
        found = self._entry.call("sleep", step_id)
        return _waited(self._entry, found, lambda op: until(self._entry.visit, op, until_time))  # type: ignore[no-any-return]

    def wait_for_event(
        self, step_id: str, *, event: str, match: str | None = None, timeout: Duration | None = None
    ) -> Event | None:
        """Return the next event of this name, or None after ``timeout``.

        ``match`` is a path, such as ``data.user_id``, at which it must equal the event that the run began with.
        """
        found = self._entry.call("wait", step_id, event, match)
        value = _waited(self._entry, found, lambda op: waiting(self._entry.visit, op, event, match, timeout))
        return Event(**value) if value is not None else None

    def send_event(self, step_id: str, events: EventLike | Sequence[EventLike]) -> list[str]:
        """Send one event or several, exactly once; returns their IDs."""
        found = self._entry.call("send", step_id, "", events)
        return _sent(self._entry, found, events)  # type: ignore[no-any-return]

    def invoke(self, step_id: str, workflow: Workflow | str, data: Mapping[str, object] | None = None) -> Any:
        """Return the result of a run of ``workflow`` with ``data``; raises `StepError` if that run fails."""
        found = self._entry.call("invoke", step_id, workflow, data)
        return _waited(self._entry, found, lambda op: invocation(self._entry.visit, op, workflow, data))


class AsyncStepTools:
    """The durable operations, awaited; each gives what the ledger has for this use of ``step_id``, or makes it so."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    @overload
    def run(self, step_id: str, handler: Callable[..., Awaitable[T]], *handler_args: Any) -> Coroutine[Any, Any, T]: ...

    @overload
    def run(self, step_id: str, handler: Callable[..., T], *handler_args: Any) -> Coroutine[Any, Any, T]: ...

    def run(self, step_id: str, handler: Callable[..., Any], *handler_args: Any) -> Coroutine[Any, Any, Any]:
        """Give what ``handler(*handler_args)`` returned, as JSON has it; it is called only if that is not recorded."""
        call = self._entry.name("run", step_id, handler, *handler_args)
        return self._track(call, self._run(call, handler, handler_args))

    def sleep(self, step_id: str, duration: Duration) -> Coroutine[Any, Any, None]:
        """Wait for ``duration`` (a timedelta, or milliseconds)."""
        call = self._entry.name("sleep", step_id)
        return self._track(call, self._wait(call, lambda op: sleeping(self._entry.visit, op, duration)))

    def sleep_until(self, step_id: str, until_time: datetime) -> Coroutine[Any, Any, None]:
        """Wait until a time; one without a zone is local time."""
        call = self._entry.name("sleep", step_id)
        return self._track(call, self._wait(call, lambda op: until(self._entry.visit, op, until_time)))

    def wait_for_event(
        self, step_id: str, *, event: str, match: str | None = None, timeout: Duration | None = None
    ) -> Coroutine[Any, Any, Event | None]:
        """Give the next event of this name, or None after ``timeout``.

        ``match`` is a path, such as ``data.user_id``, at which it must equal the event that the run began with.
        """
        call = self._entry.name("wait", step_id, event, match)
        return self._track(call, self._event(call, lambda op: waiting(self._entry.visit, op, event, match, timeout)))

    def send_event(self, step_id: str, events: EventLike | Sequence[EventLike]) -> Coroutine[Any, Any, list[str]]:
        """Send one event or several, exactly once; gives their IDs."""
        call = self._entry.name("send", step_id, "", events)
        return self._track(call, self._send(call, events))

    def invoke(
        self, step_id: str, workflow: Workflow | str, data: Mapping[str, object] | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Give the result of a run of ``workflow`` with ``data``; raises `StepError` if that run fails."""
        call = self._entry.name("invoke", step_id, workflow, data)
        return self._track(call, self._wait(call, lambda op: invocation(self._entry.visit, op, workflow, data)))

    def _track(self, call: Call, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        """Return ``coroutine``; its key is taken already: the order of calls counts, not the order of awaits."""
        self._entry.open_calls[call.key] = (call.id, coroutine)
        return coroutine

    def _look(self, call: Call) -> Memo | Op:
        del self._entry.open_calls[call.key]
        return self._entry.look(call)

    async def _run(self, call: Call, handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        entry, found = self._entry, self._look(call)
        if not isinstance(found, Op):
            return found.value()
        plan = PLAN.get()
        if plan is not None:
            raise _planned(plan, found, handler, args)
        outcome = await perform.execute_async(entry, found, handler, args)
        return entry.proceed(found, entry.visit.settle(found, outcome))

    async def _wait(self, call: Call, wait: Callable[[Op], Wait]) -> Any:
        return _waited(self._entry, self._look(call), wait)

    async def _event(self, call: Call, wait: Callable[[Op], Wait]) -> Event | None:
        value = await self._wait(call, wait)
        return Event(**value) if value is not None else None

    async def _send(self, call: Call, events: EventLike | Sequence[EventLike]) -> Any:
        return _sent(self._entry, self._look(call), events)


class GroupTools:
    """Steps side by side."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def parallel(self, callables: Iterable[Callable[[], T]]) -> tuple[T, ...]:
        """Return the results of all callables; the steps that they reach next are executed at the same time."""
        group = Group(self._entry, callables)
        while True:
            results = []
            for number, branch in enumerate(group.callables):
                with group.branch(number):
                    results.append(branch())
            plan = group.end_pass()
            if plan is None:
                return tuple(results)
            perform.execute_plan(self._entry, plan)


class AsyncGroupTools:
    """Steps side by side, awaited."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    async def parallel(self, callables: Iterable[Callable[[], Awaitable[T]]]) -> tuple[T, ...]:
        """Give the results of all callables; the steps that they reach next are executed at the same time."""
        group = Group(self._entry, callables)
        while True:
            results = []
            for number, branch in enumerate(group.callables):
                with group.branch(number):
                    results.append(await branch())
            plan = group.end_pass()
            if plan is None:
                return tuple(results)
            await perform.execute_plan_async(self._entry, plan)


def _planned(plan: Plan, op: Op, handler: Callable[..., Any], args: tuple[Any, ...]) -> BranchStop:
    plan.handlers.append(Planned(op, handler, args))
    return plan.stop()


def _waited(entry: Entry, found: Memo | Op, wait: Callable[[Op], Wait]) -> Any:
    if not isinstance(found, Op):
        return found.value()
    plan = PLAN.get()
    if plan is None:
        entry.visit.register([wait(found)])
        raise entry.leave(found.id)
    plan.waits.append(wait(found))
    raise plan.stop()


def _sent(entry: Entry, found: Memo | Op, events: EventLike | Sequence[EventLike]) -> Any:
    if not isinstance(found, Op):
        return found.value()
    sent = as_events(entry.visit, found, events)
    plan = PLAN.get()
    if plan is None:
        return entry.proceed(found, entry.visit.send(found, sent))
    raise _planned(plan, found, entry.visit.send, (found, sent))
