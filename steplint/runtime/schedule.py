"""What happens between visits: runs begin, are claimed, wait, wake, end; each function is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.runs import Fault
from steplint.runtime.errors import BacklogError, LeaseLost, RunConflictError, UnknownRunError
from steplint.runtime.processes import is_gone
from steplint.runtime.store import EventRow, Run, Step, Store, Timer, VisitRow
from steplint.runtime.values import at_path, decode, encode


class Event(Struct, frozen=True):
    """What starts or wakes a run; ``ts`` is in milliseconds since the epoch. ID and time are given when it is sent."""

    name: str
    data: Any = msgspec.field(default_factory=dict)
    id: str = ""
    ts: int = 0


def event_text(event: Event) -> str:
    """Return ``event`` as JSON; raises `UnserializableError`."""
    return encode({"name": event.name, "data": event.data, "id": event.id, "ts": event.ts})


def begin(store: Store, run: Run, limit: int | None, earlier: Collection[str] = ()) -> str:
    """Queue ``run`` unless it exists, perhaps under an ``earlier`` ID of its workflow; returns its ID.

    Raises `RunConflictError` if the existing one is another.
    """
    with store.transaction():
        old = store.run(run.id)
        if old is None:
            _refuse_backlog(store, limit)
            store.add_run(run)
            return run.id
    if old.workflow != run.workflow and old.workflow not in earlier:
        raise RunConflictError(f"run `{run.id}` exists, of workflow `{old.workflow}`; choose another ID")
    if decode(old.event)["data"] != decode(run.event)["data"]:
        raise RunConflictError(f"run `{run.id}` exists, with other data; choose another ID")
    return run.id


def send(store: Store, events: Sequence[Event], now: float, limit: int | None = None) -> list[str]:
    """Record events, start the workflows they trigger and wake the runs that wait for them; known IDs are skipped."""
    with store.transaction():
        for event in events:
            if not store.add_event(EventRow(event.id, event.name, encode(event.data), event.ts)):
                continue
            text = event_text(event)
            for workflow in store.triggered(event.name):
                _refuse_backlog(store, limit)
                run_id = f"{workflow}-{event.id}"
                store.add_run(Run(run_id, workflow, text, now, root=run_id, due=now))
            for timer in store.waiting(event.name):
                if _expected(timer, decode(text)):
                    resolve(store, timer, text, None, now)
    return [event.id for event in events]


def claim(
    store: Store, worker: str, now: float, lease: float, workflows: Collection[str], root: str = ""
) -> tuple[Run, int] | None:
    """Take the run that is due for longest, for ``lease`` seconds; None if nothing is due.

    The number says how many workers had it before and ended without a word since the last thing was recorded.
    """
    if not workflows or (due := store.next_due(workflows, root)) is None or due > now:
        return None  # reading first: a worker that looks in vain takes no write lock
    with store.transaction():
        run = store.due(now, workflows, root)
        if run is None:
            return None
        taken = replace(
            run, status="running", owner=worker, claim=run.claim + 1, due=now + lease, started=run.started or now
        )
        deaths = _deaths(store, run) if run.owner else 0
        store.put_run(taken)
        store.put_visit(VisitRow(taken.id, taken.claim, worker, now))
        return taken, deaths


def _deaths(store: Store, run: Run) -> int:
    steps, tries = store.steps(run.id), store.tries(run.id)
    recorded = max([*(step.ended for step in steps), *(row.ended for row in tries)], default=0.0)
    count = 0
    for visit in reversed(store.visits(run.id)):
        if visit.ended is not None:
            break
        count += 1
        if visit.started <= recorded:
            break  # this one got on before it died
    return count


def free_orphans(store: Store, now: float) -> None:
    """Make the runs of workers that died on this machine due at once; those of other machines when leases end."""
    for owner in store.owners():
        if is_gone(owner):
            store.free(owner, now)


def renew(store: Store, held: Collection[Run], until: float) -> None:
    """Extend the leases of ``held``, except those that are lost."""
    with store.transaction():
        for run in held:
            now = store.run(run.id)
            if now is not None and now.claim == run.claim:
                store.put_run(replace(now, due=until))


@contextmanager
def holding(store: Store, visit: VisitRow) -> Iterator[Run]:
    """Open a transaction with the run's row as it is; raises `LeaseLost` if the claim is another one by now."""
    with store.transaction():
        run = store.run(visit.run)
        if run is None or run.claim != visit.claim:
            raise LeaseLost
        yield run


def resolve(store: Store, timer: Timer, data: str | None, error: str | None, now: float) -> None:
    """Record what ``timer`` waited for, inside a transaction, and make the run due."""
    run = store.run(timer.run)
    if run is None or not run.open:
        return
    store.drop_timer(timer.run, timer.key)
    store.add_step(
        Step(
            timer.run, timer.position, timer.key, timer.id, timer.occurrence, timer.kind,
            data, error, 1, timer.since, now,
        ),
        run.claim,
    )  # fmt: skip
    if not run.owner and run.status != "held":
        store.put_run(replace(run, due=now))


def finish(store: Store, visit: VisitRow, result: str | None, fault: Fault | None, on_failure: str = "") -> None:
    """End a run: tell its parent, and queue its failure handler, a workflow, if it has one."""
    now = visit.ended or 0.0
    with holding(store, visit) as run:
        store.put_visit(visit)
        error = encode(msgspec.to_builtins(fault)) if fault else None
        status = "failed" if fault else "completed"
        _end(store, replace(run, status=status, result=result, error=error), now)
        if fault and on_failure:
            data = {"workflow": run.workflow, "run_id": run.id, "error": msgspec.to_builtins(fault)}
            data["event"] = decode(run.event)
            run_id = f"{run.id}-failure"
            text = event_text(Event("steplint/run.failed", data, run_id, int(now * 1000)))
            store.add_run(Run(run_id, on_failure, text, now, root=run.root, due=now))


def suspend(store: Store, visit: VisitRow, known: Collection[str], times: Sequence[float], attempt: int) -> bool:
    """Let go of a run until its next timer or the first of ``times``.

    Returns False, and keeps the run, if one of the timers with keys ``known`` was resolved meanwhile.
    """
    with holding(store, visit) as run:
        timers = store.timers(run.id)
        if {timer.key for timer in timers} != set(known):
            return False
        due = min((*times, *(timer.at for timer in timers if timer.at is not None)), default=None)
        _let_go(store, visit, replace(run, status="waiting", attempt=attempt, due=due))
        return True


def release(store: Store, visit: VisitRow, attempt: int) -> None:
    """Let go of a run that could go on at once: any worker may take it."""
    with holding(store, visit) as run:
        _let_go(store, visit, replace(run, status="waiting", attempt=attempt, due=visit.ended))


def hold(store: Store, visit: VisitRow, fault: Fault, digest: str) -> None:
    """Let go of a run that must not be replayed under the manifest ``digest``, until another one is deployed."""
    with holding(store, visit) as run:
        error = encode(msgspec.to_builtins(fault))
        _let_go(store, visit, replace(run, status="held", error=error, held_for=digest, due=None))


def bind(store: Store, run: Run, digest: str) -> None:
    """Say that ``run`` goes on under the manifest ``digest``."""
    store.put_run(replace(run, manifest=digest))


def count(store: Store, run: Run, attempt: int) -> None:
    """Keep how often the body failed since its last new step: a crash must not give it further tries."""
    store.put_run(replace(run, attempt=attempt))


def unhold(store: Store, workflow: str, digest: str, now: float) -> None:
    """Make the runs of ``workflow`` due that were refused under another manifest than ``digest``, if there is one."""
    if not digest:
        return
    for run in store.runs(workflow, "held"):
        with store.transaction():
            held = store.run(run.id)
            if held is not None and held.status == "held" and held.held_for != digest:
                store.put_run(replace(held, status="waiting", error=None, held_for="", due=now))


def cancel(store: Store, run_id: str, now: float) -> bool:
    """End a run and the runs it invoked; False if it had ended. A worker that holds it can record nothing more."""
    with store.transaction():
        run = _existing(store, run_id)
        if not run.open:
            return False
        for child in store.children(run_id):
            cancel(store, child.id, now)
        fault = Fault("RunCancelled", f"run `{run_id}` was cancelled")
        _end(store, replace(run, status="cancelled", error=encode(msgspec.to_builtins(fault))), now)
        return True


def retry(store: Store, run_id: str, now: float) -> bool:
    """Queue a run that failed or is held; the step whose error ended it is tried again, all others are kept.

    Returns False for a run in any other state.
    """
    with store.transaction():
        run = _existing(store, run_id)
        if run.status not in ("failed", "held"):
            return False
        ended_by = decode(run.error)["step"] if run.error else ""
        for step in store.steps(run_id):
            if step.error is not None and step.label == ended_by:
                store.retire_step(run_id, step.position)
        store.put_run(
            replace(run, status="queued", error=None, attempt=0, owner="", claim=run.claim + 1, due=now, ended=None)
        )
        return True


def _expected(timer: Timer, event: Any) -> bool:
    """Return whether ``event`` has at the paths of ``timer``, joined by ` && `, what it expects there."""
    if not timer.match:
        return True
    found = [at_path(event, path) for path in timer.match.split(" && ")]
    return None not in found and encode(found if len(found) > 1 else found[0]) == timer.expected


def _let_go(store: Store, visit: VisitRow, run: Run) -> None:
    store.put_run(replace(run, owner="", claim=run.claim + 1))
    store.put_visit(visit)


def _end(store: Store, run: Run, now: float) -> None:
    for timer in store.timers(run.id):
        store.drop_timer(run.id, timer.key)
    store.put_run(replace(run, owner="", claim=run.claim + 1, due=None, ended=now))
    for timer in store.timers(run.parent) if run.parent else ():
        if timer.key == run.parent_key:
            resolve(store, timer, run.result, run.error, now)


def _existing(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    if run is None:
        raise UnknownRunError(f"the ledger has no run `{run_id}`")
    return run


def _refuse_backlog(store: Store, limit: int | None) -> None:
    if limit is not None and store.queued() >= limit:
        raise BacklogError(f"{limit} runs are queued and no worker has begun them; try later or start more workers")
