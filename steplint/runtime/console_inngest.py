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
from steplint.runtime.errors import RunCancelledError, RunConflictError, RunFailedError, RunHeldError
from steplint.runtime.fronts.inngest_app import SERVE_PATH
from steplint.runtime.fronts.inngest_config import Function
from steplint.runtime.fronts.inngest_http import InngestApp, InngestRuntime, run_of
from steplint.runtime.retry import BACKOFF
from steplint.runtime.runtime import MAX_DEATHS
from steplint.runtime.schedule import Event
from steplint.runtime.stores.sqlite import Durability
from steplint.runtime.values import decode, encode


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
    max_deaths: int | None = MAX_DEATHS,
) -> tuple[list[Ended], list[str]]:
    """Send ``event`` to an app and drive what it starts, or go on with the run of this ID; return how the runs ended.

    ``event`` is a mapping with ``name`` and ``data``; its data alone is enough where the app has one function. What
    the runs start on their way, failure handlers for instance, is driven too as far as it goes now; the second list
    has those that have not ended.
    Raises `EngineError`, `LedgerError`, `RunConflictError`, `UnknownRunError`.
    """
    if run_id is not None:
        _refuse_unknown(ledger, run_id, event)
    options: Mapping[str, Any] = {
        "guard": guard,
        "durability": durability,
        "backoff": backoff,
        "max_deaths": max_deaths,
    }
    with InngestApp(target, path=path, port=port, signing_key=signing_key, without=without) as app:
        sent = None if run_id is not None else _event(event, app)
        functions = () if sent is None else app.triggered(sent)
        if sent is not None and not functions:
            known = _events(app)
            why = "this event does not meet their expressions" if sent.name in known else f"its events: {_shown(known)}"
            raise EngineError(f"no function of the app is triggered by `{sent.name}`", why)
        with InngestRuntime(ledger, app, manifest=manifest, observe=observe, **options) as runtime:
            begin = runtime.clock.now()
            runs = [run_id or ""] if sent is None else _started(runtime, functions, sent)
            for each in runs:
                with suppress(RunFailedError, RunCancelledError, RunHeldError, TimeoutError):  # the run's row says it
                    runtime.result(each, timeout)
            runtime.work(until_idle=True)
            left = [each.id for each in runtime.store.runs() if each.open and each.created >= begin]
            return [_ended(runtime, each) for each in runs], [each for each in left if each not in runs]


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
    max_deaths: int | None = MAX_DEATHS,
    until_idle: bool = False,
    ready: Callable[[InngestRuntime], None] = lambda runtime: None,
) -> None:
    """Drive due runs of an app's functions, and take the events that the app sends."""
    options: Mapping[str, Any] = {"guard": guard, "observe": observe, "max_deaths": max_deaths}
    with (
        InngestApp(target, path=path, port=port, signing_key=signing_key, without=without) as app,
        InngestRuntime(ledger, app, manifest=manifest, **options) as runtime,
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
    for each in functions if event.id else ():
        known = runtime.store.run(run_of(each, event))
        if known is not None and decode(known.event)["data"] != event.data:
            raise RunConflictError(f"run `{known.id}` exists, with other data; give the event another `id`")
    (event_id,) = runtime.send(event)
    return [run_of(each, Event(event.name, event.data, event_id)) for each in functions]


def _refuse_unknown(ledger: Ledger, run_id: str, event: Any) -> None:
    """Raise before the app is touched, and before a ledger is made, if there is no such run to go on with."""
    if event is not None:
        text = "the ID of a run is made of its function's and its event's: give one of `--run-id` and an event"
        raise EngineError(text, 'the run of the event `{"name": ..., "id": "o-1"}` is `FUNCTION-o-1`')
    with existing(ledger) as store:
        views.find(store, run_id)


def _event(given: Any, app: InngestApp) -> Event:
    if isinstance(given, Mapping) and isinstance(given.get("name"), str):
        known = {key: value for key, value in given.items() if key not in ("user", "v")}
        try:
            return _with_object(msgspec.convert(known, Event))
        except msgspec.ValidationError as error:
            raise EngineError(f"this is no event: {error}", "an event has `name`, `data`, `id` and `ts`") from None
    names = _events(app)
    if len(names) != 1:
        raise EngineError("the event has no `name`, and the app knows several", f"give one of {_shown(names)}")
    return _with_object(Event(names[0], {} if given is None else given))


def _with_object(event: Event) -> Event:
    """Refuse what no SDK accepts: each answers such an event with an error, try after try."""
    if not isinstance(event.data, Mapping):
        text = f"the data of an event is an object, this is `{encode(event.data)[:60]}`"
        raise EngineError(text, """--data '{"order_id": "o-1"}'""")
    return event


def _events(app: InngestApp) -> list[str]:
    return sorted({trigger.event for each in app.functions.values() for trigger in each.triggers})


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _ended(runtime: InngestRuntime, run_id: str) -> Ended:
    row = views.find(runtime.store, run_id)
    fault = msgspec.convert(decode(row.error), Fault) if row.error else None
    return Ended(run_id, row.status, msgspec.Raw((row.result or "null").encode()), fault)
