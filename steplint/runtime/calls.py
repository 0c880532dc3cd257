"""The arguments of step calls, checked and turned into what the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from steplint.runtime.errors import UnserializableError, refuse
from steplint.runtime.ops import Op, Wait
from steplint.runtime.schedule import Event, event_text
from steplint.runtime.store import Run, Timer
from steplint.runtime.values import at_path, decode, encode
from steplint.runtime.visit import Visit

if TYPE_CHECKING:
    from steplint.runtime.workflow import Workflow

EventLike = Event | Mapping[str, object]
Duration = timedelta | int


def seconds(duration: Duration) -> float:
    """Return a timedelta, or milliseconds, as seconds."""
    return duration.total_seconds() if isinstance(duration, timedelta) else duration / 1000


def as_event(event: EventLike, event_id: str, now: float) -> Event:
    """Return ``event`` with ID and time; raises ValueError for an unknown field or a missing name."""
    if not isinstance(event, Event):
        try:
            event = msgspec.convert(event, Event)
        except msgspec.ValidationError as error:
            raise ValueError(f"{event!r} is no event: {error}; an event has `name`, `data`, `id` and `ts`") from None
    return Event(event.name, event.data, event.id or event_id, event.ts or int(now * 1000))


def as_events(visit: Visit, op: Op, events: EventLike | Sequence[EventLike]) -> list[Event]:
    """Return what ``op`` sends; IDs that were not given follow from the run and the step."""
    listed = [events] if isinstance(events, (Event, Mapping)) else events
    now = visit.now()
    found = [as_event(event, f"{visit.run.id}/{op.label}/{n}", now) for n, event in enumerate(listed)]
    for event in found:
        _checked(op, "an event of", event.data)
    return found


def sleeping(visit: Visit, op: Op, duration: Duration) -> Wait:
    """Return the timer of a sleep."""
    now = visit.now()
    return Wait(_timer(visit, op, now, now + seconds(duration)))


def until(visit: Visit, op: Op, time: datetime) -> Wait:
    """Return the timer of a sleep until ``time``."""
    return Wait(_timer(visit, op, visit.now(), time.timestamp()))


def waiting(visit: Visit, op: Op, event: str, match: str | None, timeout: Duration | None) -> Wait:
    """Return the timer of a wait for ``event``."""
    now = visit.now()
    wanted = at_path(decode(visit.run.event), match) if match else None
    if match and wanted is None:
        refuse("BadMatch", f"step `{op.label}` waits for an equal `{match}`, which the event of the run does not have")
    expected = encode(wanted) if match else ""
    timer = _timer(visit, op, now, None if timeout is None else now + seconds(timeout))
    return Wait(msgspec.structs.replace(timer, event=event, match=match or "", expected=expected))


def invocation(visit: Visit, op: Op, workflow: Workflow | str, data: Mapping[str, object] | None) -> Wait:
    """Return the timer of an invocation, with the run that it waits for."""
    now, run = visit.now(), visit.run
    child = f"{run.id}/{op.label}"
    if not isinstance(workflow, str):
        visit.introduce(workflow)
    name = workflow if isinstance(workflow, str) else workflow.id
    _checked(op, "the data of", data)
    text = event_text(Event("steplint/run.invoked", dict(data or {}), child, int(now * 1000)))
    return Wait(
        _timer(visit, op, now, None), Run(child, name, text, now, run.root, now, parent=run.id, parent_key=op.key)
    )


def _timer(visit: Visit, op: Op, now: float, at: float | None) -> Timer:
    return Timer(visit.run.id, op.key, op.id, op.occurrence, op.position, op.kind, now, at)


def _checked(op: Op, what: str, value: object) -> None:
    try:
        encode(value)
    except UnserializableError as error:
        refuse("Unserializable", f"{what} step `{op.label}`, {error}")
