"""What the verbs `run` and `runs` do, without a terminal: functions over a ledger that return plain structs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from steplint.contract.manifest import Manifest
from steplint.contract.runs import (
    Determinism,
    Drained,
    Fault,
    Metrics,
    Progress,
    Rehearsal,
    RunSummary,
    RunView,
    Status,
)
from steplint.runtime import determinism, metrics, rehearse, views
from steplint.runtime.binding import GUARD, Binding, Guard
from steplint.runtime.errors import LedgerError, RunCancelledError, RunFailedError, RunHeldError
from steplint.runtime.retry import BACKOFF
from steplint.runtime.runtime import MAX_DEATHS, Mode, Runtime
from steplint.runtime.stores.sqlite import Durability, SqliteStore
from steplint.runtime.target import load_workflow, load_workflows
from steplint.runtime.values import decode

Ledger = str | PathLike[str]


class Ended(Struct, frozen=True):
    """How a run ended, or where it stands if it did not end in time; ``result`` is JSON."""

    run: str
    status: Status
    result: msgspec.Raw
    error: Fault | None = None


def run(
    target: str,
    data: Any = None,
    *,
    ledger: Ledger,
    run_id: str | None = None,
    manifest: Manifest | Ledger | None = None,
    guard: Guard = GUARD,
    mode: Mode | None = None,
    durability: Durability = "power",
    backoff: Sequence[float] = BACKOFF,
    timeout: float | None = None,
    observe: Callable[[Progress], None] | None = None,
    max_deaths: int | None = MAX_DEATHS,
) -> Ended:
    """Start the workflow ``target`` with ``data``, or go on with the run of this ID, and drive it until it ended.

    ``data`` may be a whole event: a mapping with ``name`` and ``data``; then its ``data`` counts. None goes on with
    whatever a run that exists began with. Raises `TargetError`, `RunConflictError`, `LedgerError`.
    """
    workflow = load_workflow(target)
    options: Mapping[str, Any] = {
        "mode": mode,
        "durability": durability,
        "backoff": backoff,
        "guard": guard,
        "max_deaths": max_deaths,
    }
    with Runtime(ledger, [workflow], manifest=manifest, observe=observe, **options) as runtime:
        known = runtime.store.run(run_id) if run_id is not None and data is None else None
        given = _event_data(data) if known is None else decode(known.event)["data"]
        started = runtime.start(workflow, given, id=run_id)
        with suppress(RunFailedError, RunCancelledError, RunHeldError, TimeoutError):  # the run's row says it
            runtime.result(started, timeout)
        return _ended(runtime, started)


def work(
    targets: Collection[str],
    *,
    ledger: Ledger,
    manifest: Manifest | Ledger | None = None,
    guard: Guard = GUARD,
    observe: Callable[[Progress], None] | None = None,
    workers: int = 1,
    max_deaths: int | None = MAX_DEATHS,
    until_idle: bool = False,
    ready: Callable[[Runtime], None] = lambda runtime: None,
) -> None:
    """Drive due runs of the workflows in files or modules; ``ready`` gets the runtime, to stop it on a signal."""
    workflows = [each for place in targets for each in load_workflows(place).values()]
    options: Mapping[str, Any] = {"guard": guard, "observe": observe, "max_deaths": max_deaths}
    with Runtime(ledger, workflows, manifest=manifest, **options) as runtime:
        ready(runtime)
        runtime.work(workers=workers, until_idle=until_idle)


def listed(ledger: Ledger, workflow: str = "", status: str = "", limit: int | None = 100) -> list[RunSummary]:
    """Return the newest runs first."""
    with existing(ledger) as store:
        return views.summaries(store, workflow, status, limit)


def show(ledger: Ledger, run_id: str) -> RunView:
    """Return everything about one run; raises `UnknownRunError`."""
    with existing(ledger) as store:
        return views.view(store, run_id)


def state(ledger: Ledger, run_id: str) -> dict[str, dict[str, Any]]:
    """Return the memos of a run: ``{"parse-csv": {"data": ..., "index": 0}}``; raises `UnknownRunError`."""
    with existing(ledger) as store:
        return views.state(store, run_id)


def retry(ledger: Ledger, run_id: str) -> bool:
    """Queue a failed or held run; False for any other. A worker, or `run` with its ID, goes on with it."""
    with Runtime(existing(ledger)) as runtime:
        return runtime.retry(run_id)


def cancel(ledger: Ledger, run_id: str) -> bool:
    """End a run and those it invoked; False if it had ended."""
    with Runtime(existing(ledger)) as runtime:
        return runtime.cancel(run_id)


def measure(ledger: Ledger, workflow: str = "", limit: int | None = None) -> Metrics:
    """Return step time, retry rate, run duration and memo hit rate."""
    with existing(ledger) as store:
        return metrics.measure(store, workflow, limit)


def replay(
    ledger: Ledger,
    targets: Collection[str],
    *,
    manifest: Manifest | Ledger | None = None,
    runs: Collection[str] = (),
    limit: int | None = None,
) -> list[Rehearsal]:
    """Return what becomes of recorded runs, of these IDs or all, under the workflows in files or modules.

    No step is executed and nothing is written to the ledger.
    """
    binding = Binding(manifest)
    known = {each.id: each for place in targets for each in _known(place).values()}
    workflows = {was: each for each in known.values() for was in binding.earlier(each.id)} | known
    with existing(ledger) as store:
        if not runs:
            return rehearse.rehearse_all(store, known.values(), binding, limit)
        found = [views.find(store, run_id) for run_id in runs]
        return [
            rehearse.rehearse(store, each, workflows[each.workflow], binding)
            for each in found
            if each.workflow in workflows
        ]


def check(target: str, data: Any = None, *, timeout: float = 60.0) -> Determinism:
    """Return what another entry of the body does differently; the run is recorded in a ledger of its own."""
    return determinism.check(target, _event_data(data), timeout=timeout)


def drained(ledger: Ledger, workflow: str, steps: Collection[str] = (), earlier: Collection[str] = ()) -> list[Drained]:
    """Return for each step ID how many runs in flight hold its memo or wait for it.

    Runs that began under one of the ``earlier`` IDs of the workflow count, too.
    """
    with existing(ledger) as store:
        return views.drained(store, workflow, steps, earlier)


def export(ledger: Ledger, path: Ledger) -> None:
    """Copy the ledger as it is now to a new file, while workers go on."""
    with existing(ledger) as store:
        store.copy(path)


def existing(ledger: Ledger) -> SqliteStore:
    """Return the ledger in a file that exists; raises `LedgerError` for one that does not."""
    if not Path(ledger).is_file():
        raise LedgerError(f"there is no ledger `{ledger}`", "name it with --store")
    return SqliteStore(ledger)


def read_event(path: Ledger) -> Any:
    """Return what a JSON file holds; raises ValueError, naming the file, for anything else."""
    try:
        return msgspec.json.decode(Path(path).read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"`{path}` is no JSON: {error}") from None


def _known(place: str) -> dict[str, Any]:
    """Return the workflows of a file or module, or the one that ``app.py:function`` names."""
    if place.endswith(".py") or ":" not in place:
        return load_workflows(place)
    return {place: load_workflow(place)}


def _event_data(data: Any) -> Any:
    if (
        isinstance(data, dict)
        and "data" in data
        and isinstance(data.get("name"), str)
        and data.keys() <= {"name", "data", "id", "ts"}
    ):
        return data["data"]
    return data


def _ended(runtime: Runtime, run_id: str) -> Ended:
    row = views.find(runtime.store, run_id)
    summary = views.summary(runtime.store, row)
    return Ended(run_id, row.status, msgspec.Raw((row.result or "null").encode()), summary.error)
