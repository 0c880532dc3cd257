"""Workflows on a Restate server: an app for it to call, and a client that starts runs and asks for their results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from types import ModuleType
from typing import Any

from steplint.contract.runs import Fault
from steplint.runtime.engines.errors import EngineError, RunEndedError
from steplint.runtime.engines.events import as_data, matches, triggered
from steplint.runtime.engines.restate_client import RestateClient
from steplint.runtime.engines.restate_run import CLOCK, RestateRun, values
from steplint.runtime.engines.sdk import installed
from steplint.runtime.retry import BACKOFF
from steplint.runtime.schedule import Event
from steplint.runtime.workflow import Workflow

__all__ = ["RestateApp", "RestateClient"]

HANDLER = "run"
_NAME = re.compile(r"([a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9._-]*")
_RESERVED = ("restate", "openapi")
_LONGEST = timedelta(hours=2)


class RestateApp:
    """The services of some workflows, as an ASGI app: `hypercorn flows:app`, then `RestateClient.register`.

    Each workflow is a Restate workflow with its own ID, each run is keyed by its ID. ``app`` names the object that
    knows who waits for which event: apps that share a server need names of their own. ``backoff`` are the pauses before
    a step's tries; Restate knows the first one, a factor (taken from the second) and the longest. What is kept of a run
    after its end is kept for ``retention``.
    """

    def __init__(
        self,
        workflows: Iterable[Workflow],
        *,
        app: str = "steplint",
        backoff: Sequence[float] = BACKOFF,
        retention: timedelta = timedelta(days=7),
        identity_keys: Sequence[str] = (),
    ) -> None:
        self._sdk = installed("restate", "restate-sdk", (1, 3))
        self.workflows = _family(workflows, app)
        self.handlers: dict[str, Callable[..., Any]] = {}
        self._backoff, self._retention = backoff, retention
        self._options = {each.id: self._options_of(each) for each in self.workflows.values()}
        services = [self._service(each) for each in self.workflows.values()]
        self.hub = _Hub(self._sdk, f"{app}-events", self)
        self._asgi = self._sdk.app([*services, self.hub.service], identity_keys=list(identity_keys) or None)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request of the server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await self._asgi(scope, receive, send)

    def options(self, workflow: Workflow) -> Any:
        """Return how Restate shall execute the steps of ``workflow``."""
        return self._options[workflow.id]

    def _options_of(self, workflow: Workflow) -> Any:
        first, second = (*self._backoff, *self._backoff, 0.0)[:2] if self._backoff else (0.0, 0.0)
        return self._sdk.RunOptions(
            serde=values(self._sdk),
            max_attempts=workflow.max_attempts,
            initial_retry_interval=timedelta(seconds=max(first, 0.001)),
            retry_interval_factor=max(second / first, 1.0) if first > 0 else 1.0,
            max_retry_interval=timedelta(seconds=max((*self._backoff, 0.001))),
        )

    def _service(self, workflow: Workflow) -> Any:
        limit = workflow.step_timeout
        service = self._sdk.Workflow(
            workflow.id,
            abort_timeout=_LONGEST if limit is None else timedelta(seconds=limit + 60),
            journal_retention=self._retention,
        )
        serde = values(self._sdk)

        async def run(ctx: Any, event: Any) -> Any:
            try:
                return await RestateRun(self, self._sdk, ctx, workflow, event).perform()
            except RunEndedError as failed:
                raise self._sdk.TerminalError(f"{failed.fault.name}: {failed.fault.message}") from None

        decorate = service.main(name=HANDLER, input_serde=serde, output_serde=serde, workflow_retention=self._retention)
        self.handlers[workflow.id] = decorate(run)
        return service


class _Hub:
    """An object for each event name that knows which runs wait for it."""

    def __init__(self, sdk: ModuleType, name: str, app: RestateApp) -> None:
        self.service = sdk.VirtualObject(name)
        serde = values(sdk)
        io = {"input_serde": serde, "output_serde": serde}

        async def known(ctx: Any) -> list[dict[str, str]]:
            return await ctx.get("waits", serde=serde) or []

        async def wait(ctx: Any, wanted: dict[str, str]) -> None:
            ctx.set("waits", [*await known(ctx), wanted], serde=serde)

        async def forget(ctx: Any, wanted: dict[str, str]) -> None:
            ctx.set("waits", [each for each in await known(ctx) if each != wanted], serde=serde)

        async def deliver(ctx: Any, event: dict[str, Any]) -> None:
            event["ts"] = event["ts"] or await ctx.run_typed(CLOCK, now, sdk.RunOptions(serde=serde))
            for workflow in triggered(Event(event["name"]), app.workflows.values()):
                ctx.workflow_send(app.handlers[workflow.id], key=f"{workflow.id}-{event['id']}", arg=event)
            rest = list[dict[str, str]]()
            for each in await known(ctx):
                if matches(event, each["match"], each["expected"]):
                    ctx.resolve_signal(each["invocation"], each["label"], event, serde=serde)
                else:
                    rest.append(each)
            ctx.set("waits", rest, serde=serde)

        self.wait = self.service.handler(name="wait", **io)(wait)
        self.forget = self.service.handler(name="forget", **io)(forget)
        self.deliver = self.service.handler(name="deliver", **io)(deliver)


def now() -> int:
    """Return milliseconds since the epoch."""
    from time import time

    return int(time() * 1000)


def failure(workflow: Workflow, run_id: str, fault: Fault, event: Event) -> dict[str, Any]:
    """Return the event that a failure handler begins with."""
    error = {"name": fault.name, "message": fault.message, "stack": fault.stack, "step": fault.step}
    data = {"workflow": workflow.id, "run_id": run_id, "error": error, "event": as_data(event)}
    return as_data(Event("steplint/run.failed", data, f"{run_id}-failure"))


def _family(workflows: Iterable[Workflow], app: str) -> dict[str, Workflow]:
    found = dict[str, Workflow]()
    for workflow in workflows:
        for each in workflow.family().values():
            if found.setdefault(each.id, each) is not each:
                raise EngineError(f"two workflows have the ID `{each.id}`", "rename one")
    for name in (*found, f"{app}-events"):
        if not _NAME.fullmatch(name) or name.lower().startswith(_RESERVED):
            raise EngineError(
                f"Restate accepts no service named `{name}`",
                "use a letter, then letters, digits, `.`, `-`, `_`; it does not begin with `restate` or `openapi`",
            )
    if f"{app}-events" in found:
        raise EngineError(f"`{app}-events` names a workflow and the object that knows events", "choose another `app`")
    return found


async def _lifespan(receive: Any, send: Any) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
