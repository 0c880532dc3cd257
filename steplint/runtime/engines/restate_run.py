"""One run on Restate: what its step calls become."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from steplint.contract.runs import Fault
from steplint.runtime.calls import as_event as made_event
from steplint.runtime.engines.bodies import enter
from steplint.runtime.engines.calls import Outcome
from steplint.runtime.engines.context import as_event
from steplint.runtime.engines.errors import EngineStop, RunEndedError, StepFailedError, parsed
from steplint.runtime.engines.events import FOREVER, as_data, expectation, listed, patience, pause
from steplint.runtime.engines.handlers import is_async, tried, tried_async
from steplint.runtime.errors import Refused, StepError, refuse
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event
from steplint.runtime.values import decode, encode
from steplint.runtime.workflow import Workflow

if TYPE_CHECKING:
    from steplint.runtime.engines.restate import RestateApp

# The name under which a time is recorded: events get theirs where it is stored, an argument must not change at replay.
CLOCK = "steplint.now"
_ENDS_RUN, _ASKED_FOR_PAUSE, _CANCELLED = 422, 429, 409


@cache
def values(sdk: ModuleType) -> Any:
    """Return how values are stored: as JSON, which also refuses what has no JSON form."""

    class Values(sdk.serde.Serde):  # type: ignore[misc, name-defined]  # known at run time only
        def serialize(self, obj: Any) -> bytes:
            return encode(obj).encode()

        def deserialize(self, buf: bytes) -> Any:
            return decode(bytes(buf).decode()) if buf else None

    return Values()


class _Begun(NamedTuple):
    """A step call that Restate knows: what it waits for, and how its outcome is read."""

    futures: list[Any]
    read: Callable[[], Awaitable[Any]]
    all: bool = True


class RestateRun:
    """The operations of one invocation; all commands are given from the coroutine of the handler, in one order."""

    looking = False

    def __init__(self, app: RestateApp, sdk: ModuleType, ctx: Any, workflow: Workflow, event: dict[str, Any]) -> None:
        self._app, self._sdk, self._ctx, self._workflow = app, sdk, ctx, workflow
        self._event = as_event(event) or Event("")
        self.run_id: str = ctx.key()
        self._replaying = True

    @property
    def attempt(self) -> int:
        """Refuse: Restate does not tell."""
        refuse("NoAttempt", "Restate does not tell a workflow which try of a step this is; do not read `ctx.attempt`")

    def visible(self) -> bool:
        """Return whether the body does something for the first time."""
        return not self._replaying

    async def perform(self) -> Any:
        """Give what the body returns; a failure handler is started before its failure is recorded."""
        if not self._event.ts:
            from steplint.runtime.engines.restate import now

            self._event = replace(self._event, ts=await self._ctx.run_typed(CLOCK, now, self._options()))
        try:
            return await enter(self._workflow, self, self._event)
        except RunEndedError as failed:
            handler = self._workflow.failure
            if handler is not None:
                from steplint.runtime.engines.restate import failure

                event = failure(self._workflow, self.run_id, failed.fault, self._event)
                self._ctx.workflow_send(self._app.handlers[handler.id], key=event["id"], arg=event)
            raise

    async def together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Do what ``calls`` ask for: registrations in order, then all commands at once, then wait for all."""
        try:
            for call in calls:
                await self._prepare(call)
            begun = [self._begin(call) for call in calls]
            if len(begun) > 1 or not begun[0].all:  # one future alone is awaited where it is read
                await self._wait(begun)
            outcomes = [await self._outcome(call, each) for call, each in zip(calls, begun, strict=True)]
        except Exception as error:
            raise EngineStop(error) from None
        self._replaying = _replays()
        return outcomes

    async def _prepare(self, call: Call) -> None:
        if call.kind == "wait":
            await self._ctx.object_call(self._app.hub.wait, key=str(call.target), arg=self._wanted(call))

    def _wanted(self, call: Call) -> dict[str, str]:
        match, expected = expectation(call, self._event)
        return {"invocation": self._ctx.request().id, "label": call.label, "match": match, "expected": expected}

    def _begin(self, call: Call) -> _Begun:
        return {
            "run": self._run,
            "sleep": self._sleep,
            "wait": self._wait_event,
            "invoke": self._invoke,
            "send": self._send,
        }[call.kind](call)

    def _run(self, call: Call) -> _Begun:
        timeout, sdk = self._workflow.step_timeout, self._sdk

        def stored(error: StepFailedError) -> Exception:
            if error.ends_run:
                return sdk.TerminalError(str(error), _ENDS_RUN)  # type: ignore[no-any-return]
            if error.pause is not None:
                pause_ = timedelta(seconds=error.pause)
                return sdk.exceptions.RetryableError(str(error), _ASKED_FOR_PAUSE, pause_)  # type: ignore[no-any-return]
            return error

        async def perform_async() -> Any:
            try:
                return await tried_async(call, timeout)
            except StepFailedError as error:
                raise stored(error) from None

        def perform() -> Any:
            try:
                return tried(call, timeout, loop)
            except StepFailedError as error:
                raise stored(error) from None

        from asyncio import get_running_loop

        loop = get_running_loop()
        future = self._ctx.run_typed(call.label, perform_async if is_async(call) else perform, self._options())
        return _one(future)

    def _sleep(self, call: Call) -> _Begun:
        return _one(self._ctx.sleep(timedelta(seconds=max(pause(call, time.time()), 0.0)), name=call.label))

    def _wait_event(self, call: Call) -> _Begun:
        signal = self._ctx.signal(call.label, serde=values(self._sdk))
        limit = patience(call)
        timer = self._ctx.sleep(timedelta(seconds=FOREVER if limit is None else limit), name=f"{call.label} timeout")

        async def read() -> Any:
            if signal.is_completed():
                return await signal
            self._ctx.object_send(self._app.hub.forget, key=str(call.target), arg=self._wanted(call))
            return None

        return _Begun([signal, timer], read, all=False)

    def _invoke(self, call: Call) -> _Begun:
        child = getattr(call.target, "id", call.target)
        handler = self._app.handlers.get(str(child))
        if handler is None:
            refuse("UnknownWorkflow", f"step `{call.label}` invokes `{child}`, which this app does not have")
        (data,) = call.args
        key = f"{self.run_id}/{call.label}"
        event = as_data(Event("steplint/run.invoked", {} if data is None else data, key))
        return _one(self._ctx.workflow_call(handler, key=key, arg=event))

    def _send(self, call: Call) -> _Begun:
        given = enumerate(listed(call.args[0]))
        events = [made_event(each, f"{self.run_id}/{call.label}/{n}", 0.0) for n, each in given]
        data = [as_data(each) for each in events]
        recorded = self._ctx.run_typed(call.label, lambda: [each.id for each in events], self._options())

        async def read() -> Any:
            ids = await recorded
            for each in data:
                self._ctx.object_send(self._app.hub.deliver, key=each["name"], arg=each, idempotency_key=each["id"])
            return ids

        return _Begun([recorded], read)

    async def _wait(self, begun: Sequence[_Begun]) -> None:
        while True:
            rest = [each for each in begun if not _over(each)]
            if not rest:
                return
            await self._sdk.wait_completed(*(future for each in rest for future in each.futures if not _done(future)))

    async def _outcome(self, call: Call, begun: _Begun) -> Outcome:
        try:
            return Outcome(await begun.read())
        except self._sdk.TerminalError as error:
            fault: Fault = parsed(error.message, call.label)
            if error.status_code in (_ENDS_RUN, _ASKED_FOR_PAUSE) and call.kind == "run":
                return Outcome(error=Refused(fault))
            return Outcome(error=StepError(fault, call.label))

    def _options(self) -> Any:
        return self._app.options(self._workflow)


def _one(future: Any) -> _Begun:
    async def read() -> Any:
        return await future

    return _Begun([future], read)


def _done(future: Any) -> bool:
    return bool(future.is_completed())


def _over(begun: _Begun) -> bool:
    return (all if begun.all else any)(map(_done, begun.futures))


def _replays() -> bool:
    from restate.server_context import restate_context_is_replaying

    return bool(restate_context_is_replaying.get())
