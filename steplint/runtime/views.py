"""What a ledger says about its runs, as plain structs for tables, timelines and programs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from steplint.contract.runs import Drained, Fault, RunSummary, RunView, StepView, TryView, VisitView, WaitView
from steplint.runtime.errors import UnknownRunError
from steplint.runtime.store import Run, Step, Store, Timer, Try
from steplint.runtime.values import decode


def summaries(store: Store, workflow: str = "", status: str = "", limit: int | None = None) -> list[RunSummary]:
    """Return the newest runs first."""
    return [summary(store, run) for run in store.runs(workflow, status, limit)]


def summary(store: Store, run: Run) -> RunSummary:
    """Return one line about ``run``."""
    steps, failures = store.counts(run.id)
    return RunSummary(
        run.id,
        run.workflow,
        run.status,
        run.created,
        run.started,
        run.ended,
        None if run.owner else run.due,
        steps,
        failures,
        _fault(run.error),
    )


def view(store: Store, run_id: str) -> RunView:
    """Return everything about one run; raises `UnknownRunError`."""
    run = find(store, run_id)
    return RunView(
        summary(store, run),
        event=msgspec.Raw(run.event.encode()),
        result=_raw(run.result),
        steps=tuple(map(_step, store.steps(run_id))),
        tries=tuple(map(_try, store.tries(run_id))),
        waits=tuple(map(_wait, store.timers(run_id))),
        visits=tuple(
            VisitView(row.worker, row.started, row.ended, row.entries, row.calls, row.recalls, row.outcome)
            for row in store.visits(run_id)
        ),
        notes=tuple(note.text for note in store.notes(run_id)),
    )


def state(store: Store, run_id: str) -> dict[str, dict[str, Any]]:
    """Return the memos of a run by label: ``{"parse-csv": {"data": ..., "index": 0}}``, or "error" for "data"."""
    find(store, run_id)
    return {step.label: _memo(step) for step in store.steps(run_id) if step.key}


def drained(store: Store, workflow: str, steps: Collection[str] = (), earlier: Collection[str] = ()) -> list[Drained]:
    """Return for each step ID, of those given or of all that are recorded, how many runs in flight depend on it.

    ``earlier`` are IDs under which runs of the workflow may have begun.
    """
    counts = dict.fromkeys(steps, 0)
    for run in (run for name in (workflow, *earlier) for run in store.runs(name)):
        if run.open:
            held = {step.id for step in store.steps(run.id) if step.key} | {row.id for row in store.timers(run.id)}
            for step_id in held & set(steps) if steps else held:
                counts[step_id] = counts.get(step_id, 0) + 1
    return [Drained(workflow, step_id, count) for step_id, count in sorted(counts.items())]


def find(store: Store, run_id: str) -> Run:
    """Return one run; raises `UnknownRunError`."""
    run = store.run(run_id)
    if run is None:
        raise UnknownRunError(f"the ledger has no run `{run_id}`")
    return run


def _memo(step: Step) -> dict[str, Any]:
    if step.error is not None:
        return {"error": decode(step.error), "index": step.position}
    return {"data": decode(step.data or "null"), "index": step.position}


def _step(row: Step) -> StepView:
    return StepView(
        row.key,
        row.id,
        row.occurrence,
        row.position,
        row.kind,
        _raw(row.data),
        _fault(row.error),
        row.attempts,
        row.started,
        row.ended,
    )


def _try(row: Try) -> TryView:
    fault = _fault(row.error) or Fault("", "")
    return TryView(row.key, row.label, row.attempt, row.started, row.ended, fault, row.retry_at)


def _wait(row: Timer) -> WaitView:
    return WaitView(row.key, row.label, row.kind, row.since, row.at, row.event, row.attempt)


def _fault(text: str | None) -> Fault | None:
    return None if text is None else msgspec.convert(decode(text), Fault)


def _raw(text: str | None) -> msgspec.Raw:
    return msgspec.Raw((text or "null").encode())
