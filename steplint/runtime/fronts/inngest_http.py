"""Runs the functions of a user's own Inngest app without Inngest: its server's part, on the bundled ledger."""

from __future__ import annotations

import os
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from os import PathLike
from types import TracebackType
from typing import Any

import msgspec

from steplint.contract.runs import Fault, Rehearsal
from steplint.runtime import schedule
from steplint.runtime.calls import EventLike, as_event
from steplint.runtime.engines.errors import EngineError
from steplint.runtime.engines.events import as_data, listed
from steplint.runtime.fronts.expressions import holds
from steplint.runtime.fronts.inngest_app import SERVE_PATH, App, at_url, in_process, load, parts
from steplint.runtime.fronts.inngest_config import Function, functions
from steplint.runtime.fronts.inngest_endpoint import USUAL_PORT, Endpoint
from steplint.runtime.fronts.inngest_run import InngestRun
from steplint.runtime.runtime import Runtime
from steplint.runtime.schedule import Event, event_text
from steplint.runtime.store import Run, Store
from steplint.runtime.values import encode
from steplint.runtime.visit import Visit
from steplint.runtime.workflow import Workflow

FAILED, FINISHED = "inngest/function.failed", "inngest/function.finished"


class InngestApp:
    """A user's app that has registered: its functions, and the way to call them.

    ``target`` is an ASGI or WSGI app, its name (``module:app``, ``file.py:app``), or the URL of one that runs. A named
    app is imported with `INNGEST_DEV` set. Any other must send its registration and events to ``port``: that is 8288,
    where SDKs in dev mode look, or `INNGEST_DEV=http://127.0.0.1:PORT` tells it.
    Raises `EngineError` if the app cannot be had, is in production mode without a ``signing_key``, or uses an option
    that is not honored; those in ``without`` shall have no effect.
    """

    def __init__(
        self,
        target: Any,
        *,
        path: str = SERVE_PATH,
        port: int | None = None,
        signing_key: str = "",
        without: Collection[str] = (),
    ) -> None:
        remote = isinstance(target, str) and "://" in target
        named = isinstance(target, str) and not remote
        with ExitStack() as undo:
            self.endpoint = Endpoint((0 if named else USUAL_PORT) if port is None else port)
            undo.callback(self.endpoint.close)
            if named:
                _announce(self.endpoint.url)
            found = load(target) if named else target
            if remote:
                origin, path = parts(target, path)
            transport = at_url(origin, path) if remote else in_process(found, path)
            shown = f"{origin}{path}" if remote else f"`{target}`" if named else f"the app at {path}"
            self.app = App(transport, shown, signing_key)
            undo.callback(self.app.close)
            found = functions(self._registration(shown, path, signed=bool(signing_key)), frozenset(without))
            if signing_key and not self.app.trusts():
                raise EngineError(f"{shown} refuses the signing key", "give the one that the app has")
            self.functions: dict[str, Function] = {each.full_id: each for each in found}
            undo.pop_all()

    def __enter__(self) -> InngestApp:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the app and of the port."""
        self.app.close()
        self.endpoint.close()

    def triggered(self, event: Event) -> list[Function]:
        """Return the functions that ``event`` starts."""
        data = as_data(event)
        return [
            each
            for each in self.functions.values()
            if any(trigger.event == event.name and holds(trigger.equalities, data) for trigger in each.triggers)
        ]

    def _registration(self, shown: str, path: str, *, signed: bool) -> Mapping[str, Any]:
        status, content = self.app.sync()
        if self.endpoint.registered is not None:
            return self.endpoint.registered
        said = _said(content)
        if status == 404:
            raise EngineError(f"{shown} serves nothing at the path of Inngest functions", f"give it; tried was {path}")
        if "server_kind_mismatch" in said or "Sig" in said or status == 401:
            if signed:
                hint = "take `--signing-key` and `INNGEST_SIGNING_KEY` away, or start it in production mode"
                raise EngineError(f"{shown} is in dev mode and wants no signing key", hint)
            hint = "set `INNGEST_DEV=1` before it starts, or give its signing key"
            raise EngineError(f"{shown} is in production mode", hint)
        hint = f"its SDK must reach {self.endpoint.url}: set `INNGEST_DEV={self.endpoint.url}` for the app"
        raise EngineError(f"{shown} did not register ({status}: {said[:200]})", hint)


class InngestRuntime(Runtime):
    """A `Runtime` whose runs are those of an Inngest app's functions."""

    def __init__(self, ledger: str | PathLike[str] | Store, app: InngestApp, **options: Any) -> None:
        super().__init__(ledger, list(app.functions.values()), **options)
        self.app = app
        app.endpoint.deliver = self.send

    def __enter__(self) -> InngestRuntime:
        return self

    def close(self) -> None:
        """Stop, and let go of the ledger; the app stays."""
        self.app.endpoint.deliver = None
        super().close()

    def send(self, events: EventLike | Sequence[EventLike]) -> list[str]:
        """Send events: they start the functions they trigger and wake the runs that wait. Returns their IDs."""
        now = self.clock.now()
        made = [as_event(each, uuid.uuid4().hex, now) for each in listed(events)]
        with self.store.transaction():
            for event in made:
                for function in self.app.triggered(event):
                    run_id = run_of(function, event)
                    row = Run(run_id, function.id, event_text(event), now, root=run_id, due=now)
                    self.store.add_run(row)
            ids = schedule.send(self.store, made, now)
        self._woken.set()
        return ids

    def drive(self, visit: Visit, workflow: Workflow) -> None:
        """Take a run that this process holds as far as it goes now."""
        self._run(visit, workflow).drive()

    def fail(self, visit: Visit, workflow: Workflow, fault: Fault) -> None:
        """End a run that this process holds without asking the app."""
        self._run(visit, workflow).fail(fault)

    def scope(self, run: Run) -> str:
        """Drive the other functions, too: a run may wait for an event that one of them sends."""
        return ""

    def rehearse(self, run: Run) -> Rehearsal:
        """Return what becomes of a recorded run under the code that the app has now; no step is executed."""
        from steplint.runtime.fronts.inngest_rehearse import rehearse

        function = self._driven.get(run.workflow)
        if not isinstance(function, Function):
            raise EngineError(f"the app has no function `{run.workflow}`", "was it renamed?")
        return rehearse(self.store, run, function, self.app.app, self._binding)

    def _run(self, visit: Visit, workflow: Workflow) -> InngestRun:
        assert isinstance(workflow, Function)

        def ended(run: Run, result: Any, fault: Fault | None) -> None:
            self._tell(run, workflow, result, fault)

        return InngestRun(visit, workflow, self.app.app, self.app.functions, ended)

    def _tell(self, run: Run, function: Function, result: Any, fault: Fault | None) -> None:
        """Start what the end of a run starts: its failure handler, and functions that listen to ends."""
        now = self.clock.now()
        about: dict[str, Any] = {
            "function_id": function.full_id,
            "run_id": run.id,
            "event": msgspec.json.decode(run.event),
            "events": [msgspec.json.decode(run.event)],
            "_inngest": {"status": "Failed" if fault else "Completed"},
        }
        about["error" if fault else "result"] = _error(fault) if fault else result
        names = ([FAILED] if fault else []) + [FINISHED]
        for name in names:
            event = Event(name, about, f"{run.id}/{name.rpartition('.')[2]}", int(now * 1000))
            if name == FAILED and function.handler is not None:
                handler_id = f"{run.id}-failure"
                row = Run(handler_id, function.handler.id, event_text(event), now, root=run.root, due=now)
                self.store.add_run(row)
            # These never trigger themselves: a function that listens to all ends would start itself for ever.
            for other in self.app.triggered(event):
                if other.full_id != function.full_id:
                    run_id = run_of(other, event)
                    self.store.add_run(Run(run_id, other.id, event_text(event), now, root=run_id, due=now))


def run_of(function: Function, event: Event) -> str:
    """Return the ID of the run that ``event`` starts; the same event again starts no second one."""
    return f"{function.id}-{event.id}"


def _error(fault: Fault) -> dict[str, str]:
    return {"name": fault.name, "message": fault.message, "stack": fault.stack}


def _announce(url: str) -> None:
    """Tell an app that is imported next that it is in dev mode, and where the server is."""
    os.environ.setdefault("INNGEST_DEV", "1")
    for name in ("INNGEST_API_BASE_URL", "INNGEST_EVENT_API_BASE_URL"):
        os.environ[name] = url


def _said(content: bytes) -> str:
    try:
        found = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content.decode(errors="replace").strip()
    return encode(found)
