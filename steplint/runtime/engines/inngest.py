"""Workflows as real Inngest functions: the SDK's own steps below the context that the bundled runtime gives."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.calls import EventLike, as_event, seconds
from steplint.runtime.engines.context import Duration, Naming
from steplint.runtime.engines.errors import EngineError, StepFailedError
from steplint.runtime.engines.events import expectation, listed
from steplint.runtime.engines.handlers import is_async, tried, tried_async
from steplint.runtime.engines.sdk import installed
from steplint.runtime.errors import NonRetriableError, Refused, RetryAfterError, StepError, UnserializableError
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event
from steplint.runtime.values import encode
from steplint.runtime.workflow import Workflow

# Inngest ends a wait after at most 366 days.
_LONGEST = 365 * 86400


def functions(client: Any, workflows: Iterable[Workflow]) -> list[Any]:
    """Return Inngest functions for the app that ``client`` stands for, to be served as the SDK's own.

    A run begins with the event that the workflow names, or with that of `begin`. Raises `EngineError` for what
    Inngest cannot do.
    """
    sdk = installed("inngest", "inngest", (0, 5))
    found = dict[str, Workflow]()
    for workflow in workflows:
        for each in workflow.family().values():
            if found.setdefault(each.id, each) is not each:
                raise EngineError(f"two workflows have the ID `{each.id}`", "rename one")
    handlers = {each.failure.id for each in found.values() if each.failure}
    made: dict[str, Any] = {}
    for each in found.values():
        if each.id not in handlers:
            made[each.id] = _function(sdk, client, each, made)
    return list(made.values())


def begin(workflow: Workflow, data: object = None, *, id: str = "") -> Event:  # noqa: A002
    """Return the event that starts ``workflow``; sent again with the same ``id``, it starts no second run."""
    return Event(_start(workflow), {} if data is None else data, id)


def _start(workflow: Workflow) -> str:
    return f"steplint/{workflow.id}.start"


def _function(sdk: ModuleType, client: Any, workflow: Workflow, made: Mapping[str, Any]) -> Any:
    failure = workflow.failure
    if failure is not None and failure.is_async != workflow.is_async:
        kinds = ("async", "sync") if workflow.is_async else ("sync", "async")
        raise EngineError(
            f"the failure handler of workflow `{workflow.id}` is {kinds[1]}, its body is {kinds[0]}",
            "Inngest enters both in one way: make them alike",
        )
    triggers = [sdk.TriggerEvent(event=_start(workflow))]
    if workflow.trigger:
        triggers.append(sdk.TriggerEvent(event=workflow.trigger))
    decorate = client.create_function(
        fn_id=workflow.id,
        trigger=triggers,
        retries=workflow.retries,
        on_failure=_body(sdk, failure, made) if failure is not None else None,
    )
    return decorate(_body(sdk, workflow, made))


def _body(sdk: ModuleType, workflow: Workflow, made: Mapping[str, Any]) -> Callable[..., Any]:
    if workflow.is_async:

        async def enter_async(ctx: Any) -> Any:
            given = InngestContext(sdk, ctx, workflow, made)
            try:
                result = await workflow.body(given)
            except (Exception, Refused) as error:
                raise _leaving(sdk, error) from error
            return _checked(sdk, given, result)

        return enter_async

    def enter(ctx: Any) -> Any:
        given = InngestContext(sdk, ctx, workflow, made)
        try:
            result = workflow.body(given)
        except (Exception, Refused) as error:
            raise _leaving(sdk, error) from error
        return _checked(sdk, given, result)

    return enter


def _checked(sdk: ModuleType, given: InngestContext, result: Any) -> Any:
    if forgotten := given.naming.close():
        raise sdk.NonRetriableError(f"StepNotAwaited: step `{forgotten[0]}` is called but never awaited")
    try:
        encode(result)
    except UnserializableError as error:
        raise sdk.NonRetriableError(f"Unserializable: the result of the workflow, {error}") from None
    return result


def _leaving(sdk: ModuleType, error: BaseException) -> BaseException:
    """Return ``error`` as the SDK knows it."""
    if isinstance(error, Refused):
        return _final(sdk, error.fault)
    if isinstance(error, StepError):
        return sdk.StepError(error.message, error.name, error.stack)  # type: ignore[no-any-return]
    if isinstance(error, NonRetriableError):
        return sdk.NonRetriableError(str(error))  # type: ignore[no-any-return]
    if isinstance(error, RetryAfterError):
        return sdk.RetryAfterError(str(error), error.retry_after)  # type: ignore[no-any-return]
    return error


def _final(sdk: ModuleType, fault: Fault) -> BaseException:
    text = fault.message if fault.name == "NonRetriableError" else f"{fault.name}: {fault.message}"
    return sdk.NonRetriableError(text)  # type: ignore[no-any-return]


class InngestContext:
    """The argument of a body."""

    def __init__(self, sdk: ModuleType, ctx: Any, workflow: Workflow, made: Mapping[str, Any]) -> None:
        self._ctx = ctx
        self.event = _event(ctx.event, workflow)
        self.run_id: str = ctx.run_id
        self.attempt: int = ctx.attempt
        self.logger = ctx.logger
        self.naming = Naming()
        self.step = InngestSteps(sdk, self, ctx.step, workflow, made)
        self.group = InngestGroups(ctx.group)


class InngestGroups:
    """Steps side by side: the SDK's own groups."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def parallel(self, callables: Iterable[Callable[[], Any]]) -> Any:
        """Give the results of all callables; the steps that they reach next are executed at the same time."""
        return self._group.parallel(tuple(callables))


class InngestSteps:
    """The durable operations: each is the SDK's own, awaited in an async body.

    An entry passes all its earlier steps again, so that what is done for one of them counts.
    """

    def __init__(
        self, sdk: ModuleType, given: InngestContext, step: Any, workflow: Workflow, made: Mapping[str, Any]
    ) -> None:
        self._sdk, self._given, self._step, self._workflow, self._made = sdk, given, step, workflow, made
        self._call, self._open, self._is_async = given.naming.call, given.naming.open, workflow.is_async
        self._perform = _perform_async if workflow.is_async else _perform

    def run(self, step_id: str, handler: Callable[..., Any], *handler_args: Any) -> Any:
        """Give what ``handler(*handler_args)`` returned, as JSON has it."""
        call = self._call("run", step_id, handler, handler_args)
        perform = partial(self._perform, self._sdk, call, self._workflow.step_timeout)
        return self._done(call, self._step.run, step_id, perform)

    def sleep(self, step_id: str, duration: Duration) -> Any:
        """Wait for ``duration`` (a timedelta, or milliseconds)."""
        return self._done(self._call("sleep", step_id, "", (duration,)), self._step.sleep, step_id, duration)

    def sleep_until(self, step_id: str, until_time: datetime) -> Any:
        """Wait until a time; one without a zone is local time."""
        call = self._call("sleep", step_id, "", (until_time,))
        return self._done(call, self._step.sleep_until, step_id, until_time)

    def wait_for_event(
        self, step_id: str, *, event: str, match: str | None = None, timeout: Duration | None = None
    ) -> Any:
        """Give the next event of this name, or None after ``timeout``, in whole seconds and at most 365 days."""
        call = self._call("wait", step_id, event, (match, timeout))
        path, _ = expectation(call, self._given.event)
        limit = timedelta(seconds=_LONGEST if timeout is None else max(math.ceil(seconds(timeout)), 1))
        expression = f"event.{path} == async.{path}" if path else None
        wait = partial(self._step.wait_for_event, event=event, if_exp=expression, timeout=limit)
        return self._done(call, wait, step_id)

    def send_event(self, step_id: str, events: EventLike | Sequence[EventLike]) -> Any:
        """Send one event or several; gives the IDs that Inngest has for them."""
        call = self._call("send", step_id, "", (events,))
        made = [as_event(each, f"{self._given.run_id}/{call.label}/{n}", 0.0) for n, each in enumerate(listed(events))]
        sent = [self._sdk.Event(name=each.name, data=each.data, id=each.id, ts=each.ts) for each in made]
        return self._done(call, self._step.send_event, step_id, sent)

    def invoke(self, step_id: str, workflow: Workflow | str, data: Mapping[str, object] | None = None) -> Any:
        """Give the result of a run of ``workflow`` with ``data``; raises `StepError` if that run fails."""
        call = self._call("invoke", step_id, workflow, (data,))
        child = workflow if isinstance(workflow, str) else workflow.id
        return self._done(call, partial(self._step.invoke_by_id, function_id=child, data=data), step_id)

    def _done(self, call: Call, ask: Callable[..., Any], *args: Any) -> Any:
        """Give what the SDK's step comes to."""
        if self._is_async:
            awaited = self._awaited(call, ask, args)
            self._open[call.key] = (call.id, awaited)
            return awaited
        try:
            return _given(call, ask(*args))
        except self._sdk.StepError as error:
            raise _failed(call, error) from error

    async def _awaited(self, call: Call, ask: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> Any:
        del self._open[call.key]
        try:
            return _given(call, await ask(*args))
        except self._sdk.StepError as error:
            raise _failed(call, error) from error


def _given(call: Call, value: Any) -> Any:
    """Return the value of a step as the bundled runtime has it."""
    return _plain(value) if call.kind == "wait" and value is not None else value


def _failed(call: Call, error: Any) -> StepError:
    return StepError(Fault(error.name, error.message, error.stack or ""), call.label)


async def _perform_async(sdk: ModuleType, call: Call, timeout: float | None) -> Any:
    try:
        if is_async(call):
            return await tried_async(call, timeout)
        return await asyncio.to_thread(tried, call, timeout, asyncio.get_running_loop())
    except StepFailedError as error:
        raise _raised(sdk, error) from None


def _perform(sdk: ModuleType, call: Call, timeout: float | None) -> Any:
    try:
        return tried(call, timeout, None)
    except StepFailedError as error:
        raise _raised(sdk, error) from None


def _raised(sdk: ModuleType, error: StepFailedError) -> BaseException:
    """Return what a handler raised, as the SDK shall see it."""
    cause = error.__cause__
    if error.ends_run:
        return _final(sdk, error.fault)
    if isinstance(cause, RetryAfterError):
        return sdk.RetryAfterError(str(cause), cause.retry_after)  # type: ignore[no-any-return]
    return cause if cause is not None else error


def _event(event: Any, workflow: Workflow) -> Event:
    """Return the event of a run as the bundled runtime has it."""
    found = _plain(event)
    data = {key: value for key, value in found.data.items() if key != "_inngest"}
    if event.name == _start(workflow):
        return Event("steplint/run.started", data, found.id, found.ts)
    if event.name == "inngest/function.invoked":
        return Event("steplint/run.invoked", data, found.id, found.ts)
    if event.name == "inngest/function.failed":
        error = data.get("error") or {}
        known = {key: str(error.get(key) or "") for key in ("name", "message", "stack")}
        function = workflow.id.removesuffix("-failure")
        said = {"workflow": function, "run_id": data.get("run_id"), "error": {**known, "step": ""}}
        return Event("steplint/run.failed", {**said, "event": data.get("event")}, found.id, found.ts)
    return Event(event.name, data, found.id, found.ts)


def _plain(event: Any) -> Event:
    return Event(event.name, dict(event.data), event.id, event.ts)
