"""Events on engines that have none: who waits for which, and which workflows one starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from steplint.runtime.calls import EventLike, as_event, seconds
from steplint.runtime.errors import refuse
from steplint.runtime.ops import Call
from steplint.runtime.schedule import Event
from steplint.runtime.values import at_path, encode
from steplint.runtime.workflow import Workflow

# Where a wait has no limit, and the engine wants one.
FOREVER = 10 * 366 * 86400.0


def as_data(event: Event) -> dict[str, Any]:
    """Return ``event`` as JSON; raises `UnserializableError`."""
    encode(event.data)
    return {"name": event.name, "data": event.data, "id": event.id, "ts": event.ts}


def sent(call: Call, run_id: str, now: float) -> list[Event]:
    """Return what a send step sends; IDs that were not given follow from the run and the step."""
    (events,) = call.args
    return [as_event(each, f"{run_id}/{call.label}/{n}", now) for n, each in enumerate(listed(events))]


def listed(events: Any) -> Sequence[EventLike]:
    """Return one event, or several, as a sequence."""
    return [events] if isinstance(events, (Event, Mapping)) else events


def expectation(call: Call, event: Event) -> tuple[str, str]:
    """Return the path at which a wait compares an event, and the value expected there as JSON; both "" for any."""
    match = call.args[0]
    if not isinstance(match, str) or not match:
        return "", ""
    wanted = at_path(as_data(event), match)
    if wanted is None:
        refuse(
            "BadMatch", f"step `{call.label}` waits for an equal `{match}`, which the event of the run does not have"
        )
    return match, encode(wanted)


def matches(event: Mapping[str, Any], match: str, expected: str) -> bool:
    """Return whether ``event`` is what a wait expects."""
    return not match or encode(at_path(dict(event), match)) == expected != "null"


def triggered(event: Event, workflows: Iterable[Workflow]) -> list[Workflow]:
    """Return the workflows that ``event`` starts."""
    return [each for each in workflows if each.trigger == event.name]


def pause(call: Call, now: float) -> float:
    """Return the seconds of a sleep step."""
    (duration,) = call.args
    assert isinstance(duration, object)
    if isinstance(duration, datetime):
        return duration.timestamp() - now
    return seconds(duration)  # type: ignore[arg-type]


def patience(call: Call) -> float | None:
    """Return the seconds after which a wait ends without an event; None for never."""
    timeout = call.args[1]
    return None if timeout is None else seconds(timeout)  # type: ignore[arg-type]
