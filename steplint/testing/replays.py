"""Workflows against a replay: one run on a ledger in memory, whose body is then entered again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steplint.contract.runs import Progress
    from steplint.runtime import Event, Runtime, Workflow


def assert_replay_safe(
    workflow: Workflow, event: Event | Mapping[str, Any] | None = None, *, most_steps: int = 1_000
) -> Any:
    """Run a workflow once, enter its body again, and return its result; raises AssertionError for what differs then.

    ``event`` is the data of the run, or an `Event` that triggers it. Each step executes once, waits take no time. A run
    that fails raises what `Runtime.result` raises; one that executes more than ``most_steps`` steps does not end.
    """
    from steplint.runtime import MemoryStore, Runtime, SkippingClock

    clock, seen = SkippingClock(), Counted(most_steps)
    with Runtime(MemoryStore(), [workflow], mode="checkpoint", clock=clock, observe=seen) as runtime:
        result, run_id = recorded(runtime, workflow, event)
        wrong = _differences(runtime, workflow, run_id)
    if wrong:
        listed = "\n".join(f"  {each}" for each in wrong)
        raise AssertionError(f"a replay of workflow `{workflow.id}` goes another way:\n{listed}")
    return result


def recorded(runtime: Runtime, workflow: Workflow, event: Event | Mapping[str, Any] | None = None) -> tuple[Any, str]:
    """Return the result of a run of ``workflow``, driven in this thread, and the ID of the run."""
    run_id = _begun(runtime, workflow, event)
    try:
        return runtime.result(run_id), run_id
    except _Endless:
        message = f"workflow `{workflow.id}` executes step after step: their IDs change whenever the body is entered"
        raise AssertionError(message) from None


def _begun(runtime: Runtime, workflow: Workflow, event: Event | Mapping[str, Any] | None) -> str:
    from steplint.runtime import Event

    if not isinstance(event, Event):
        return runtime.start(workflow, {} if event is None else dict(event))
    if workflow.trigger != event.name:
        trigger = f"its trigger is `{workflow.trigger}`" if workflow.trigger else "it has no trigger"
        raise ValueError(f"event `{event.name}` does not start workflow `{workflow.id}`; {trigger}")
    runtime.know(workflow)
    before = {run.id for run in runtime.store.runs(workflow.id)}
    runtime.send(event)
    return next(run.id for run in runtime.store.runs(workflow.id) if run.id not in before)


class Counted:
    """Ends a run that executes more and more steps: their IDs change from one entry of the body to the next."""

    def __init__(self, most: int) -> None:
        """Permit ``most`` steps."""
        self._most, self._count = most, 0

    def __call__(self, progress: Progress) -> None:
        """Count a step that was executed."""
        self._count += progress.what in ("recorded", "waits")
        if self._count > self._most:
            raise _Endless


class _Endless(BaseException):
    """Not an Exception: neither the body nor the retries of a run may catch it."""


def _differences(runtime: Runtime, workflow: Workflow, run_id: str) -> list[str]:
    """Return what another entry of the body does differently from the recorded run, and from one more entry."""
    from steplint.runtime.binding import Bound
    from steplint.runtime.rehearse import SETTINGS, RehearsalEntry
    from steplint.runtime.visit import Visit

    run = runtime.store.run(run_id)
    assert run is not None
    first, second = (RehearsalEntry(Visit(runtime.store, run, SETTINGS, workflow, Bound()), run.open) for _ in range(2))
    stopped = first.follow(workflow)
    second.follow(workflow)
    wrong = [each.text for each in first.divergences(stopped)] + ([stopped] if stopped else [])
    for one, other in zip(first.calls, second.calls, strict=False):
        if one.key == other.key and _text(one.args) != _text(other.args):
            wrong.append(f"an argument of step `{one.label}` changes from entry to entry")
    return wrong


def _text(arguments: Sequence[object]) -> list[str]:
    """Return arguments as they can be compared: objects are told apart by their type only."""
    from steplint.runtime.values import encode

    def written(value: object) -> str:
        try:
            return encode(value)
        except TypeError:
            return type(value).__qualname__

    return [written(each) for each in arguments]
