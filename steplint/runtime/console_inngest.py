"""What the verbs `run` and `runs` do for an Inngest app, without a terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from steplint.contract.manifest import Manifest
from steplint.contract.runs import Fault, Progress, Rehearsal
from steplint.runtime import views
from steplint.runtime.binding import GUARD, Guard
from steplint.runtime.console import Ended, Ledger, existing
from steplint.runtime.engines.errors import EngineError
from steplint.runtime.errors import RunCancelledError, RunFailedError, RunHeldError
from steplint.runtime.fronts.inngest_app import SERVE_PATH
from steplint.runtime.fronts.inngest_config import Function
from steplint.runtime.fronts.inngest_http import InngestApp, InngestRuntime, run_of
from steplint.runtime.retry import BACKOFF
from steplint.runtime.schedule import Event
from steplint.runtime.stores.sqlite import Durability
from steplint.runtime.values import decode


def run(
    target: str,
    event: Any = None,
    *,
    ledger: Ledger,
    run_id: str | None = None,
    path: str = SERVE_PATH,
    port: int | None = None,
    signing_key: str = "",
    without: Collection[str] = (),
    manifest: Manifest | Ledger | None = None,
    guard: Guard = GUARD,
    durability: Durability = "power",
    backoff: Sequence[float] = BACKOFF,
    timeout: float | None = None,
    observe: Callable[[Progress], None] | None = None,
) -> list[Ended]:
    """Send ``event`` to an app and drive what it starts, or go on with the run of this ID; return how the runs ended.

    ``event`` is a mapping with ``name`` and ``data``; its data alone is enough where the app has one function. What
    the runs start on their way, failure handlers for instance, is driven too as far as it goes now.
    Raises `EngineError`, `LedgerError`, `UnknownRunError`.
    """
    options: Mapping[str, Any] = {"guard": guard, "durability": durability, "backoff": backoff}
    with InngestApp(target, path=path, port=port, signing_key=signing_key, without=without) as app:
        sent = None if run_id is not None and event is None else _event(event, app, run_id)
        functions = () if sent is None else app.triggered(sent)
        if sent is not None and not functions:
            raise EngineError(
                f"no function of the app is triggered by `{sent.name}`", f"its events are {_shown(_events(app))}"
            )
        with InngestRuntime(ledger, app, manifest=manifest, observe=observe, **options) as runtime:
            runs = [run_id or ""] if sent is None else _started(runtime, functions, sent)
            for each in runs:
                with suppress(RunFailedError, RunCancelledError, RunHeldError, TimeoutError):  # the run's row says it
                    runtime.result(each, timeout)
            runtime.work(until_idle=True)
            return [_ended(runtime, each) for each in runs]


def work(
    target: str,
    *,
    ledger: Ledger,
    path: str = SERVE_PATH,
    port: int | None = None,
    signing_key: str = "",
    without: Collection[str] = (),
    manifest: Manifest | Ledger | None = None,
    guard: Guard = GUARD,
    observe: Callable[[Progress], None] | None = None,
    workers: int = 1,
    until_idle: bool = False,
    ready: Callable[[InngestRuntime], None] = lambda runtime: None,
) -> None:
    """Drive due runs of an app's functions, and take the events that the app sends."""
    with (
        InngestApp(target, path=path, port=port, signing_key=signing_key, without=without) as app,
        InngestRuntime(ledger, app, manifest=manifest, guard=guard, observe=observe) as runtime,
    ):
        ready(runtime)
        runtime.work(workers=workers, until_idle=until_idle)


def replay(
    target: str,
    *,
    ledger: Ledger,
    path: str = SERVE_PATH,
    port: int | None = None,
    signing_key: str = "",
    without: Collection[str] = (),
    manifest: Manifest | Ledger | None = None,
    runs: Collection[str] = (),
    limit: int | None = None,
) -> list[Rehearsal]:
    """Return what becomes of recorded runs, of these IDs or all, under the app of now; no step is executed."""
    with (
        existing(ledger) as store,
        InngestApp(target, path=path, port=port, signing_key=signing_key, without=without) as app,
    ):
        known = {each.id for each in app.functions.values()}
        found = [views.find(store, each) for each in runs] if runs else store.runs(limit=limit)
        runtime = InngestRuntime(store, app, manifest=manifest)
        return [runtime.rehearse(each) for each in found if each.workflow in known and each.status != "cancelled"]


def _started(runtime: InngestRuntime, functions: Sequence[Function], event: Event) -> list[str]:
    (event_id,) = runtime.send(event)
    return [run_of(each, Event(event.name, event.data, event_id)) for each in functions]


def _event(given: Any, app: InngestApp, run_id: str | None) -> Event:
    if isinstance(given, Mapping) and isinstance(given.get("name"), str):
        known = {key: value for key, value in given.items() if key not in ("user", "v")}
        try:
            return msgspec.convert(known, Event)
        except msgspec.ValidationError as error:
            raise EngineError(f"this is no event: {error}", "an event has `name`, `data`, `id` and `ts`") from None
    names = _events(app)
    if len(names) != 1:
        raise EngineError("the event has no `name`, and the app knows several", f"give one of {_shown(names)}")
    return Event(names[0], {} if given is None else given, run_id or "")


def _events(app: InngestApp) -> list[str]:
    return sorted({trigger.event for each in app.functions.values() for trigger in each.triggers})


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _ended(runtime: InngestRuntime, run_id: str) -> Ended:
    row = views.find(runtime.store, run_id)
    fault = msgspec.convert(decode(row.error), Fault) if row.error else None
    return Ended(run_id, row.status, msgspec.Raw((row.result or "null").encode()), fault)
