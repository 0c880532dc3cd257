"""Reads the commands of a Temporal history, as `temporal workflow show --output json` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from steplint.contract.inflight import Entry, Journal
from steplint.contract.runs import Status
from steplint.runtime.engines.errors import EngineError

_ENDS: Mapping[str, Status] = {
    "WORKFLOW_EXECUTION_COMPLETED": "completed",
    "WORKFLOW_EXECUTION_FAILED": "failed",
    "WORKFLOW_EXECUTION_TIMED_OUT": "failed",
    "WORKFLOW_EXECUTION_TERMINATED": "cancelled",
    "WORKFLOW_EXECUTION_CANCELED": "cancelled",
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": "completed",
}
_HINT = "temporal workflow show --workflow-id ID --output json > history.json"


def journal(path: str | PathLike[str]) -> Journal:
    """Return the run in a history file; raises `EngineError`, naming the file, for anything else."""
    try:
        given = msgspec.json.decode(Path(path).read_bytes())
    except OSError as error:
        raise EngineError(f"`{path}` cannot be read: {error.strerror}", _HINT) from None
    except msgspec.DecodeError as error:
        raise EngineError(f"`{path}` is no JSON: {error}", _HINT) from None
    events = given.get("events") if isinstance(given, dict) else given
    if not isinstance(events, list) or not events or not all(isinstance(each, dict) for each in events):
        raise EngineError(f"`{path}` has no `events`", _HINT)
    name, run, status, entries = "", Path(path).stem, "running", list[Entry]()
    for number, event in enumerate(events, 1):
        kind, about = _kind(event), _about(event)
        try:
            if kind == "WORKFLOW_EXECUTION_STARTED":
                name = str(about["workflowType"]["name"])
                run = str(about.get("workflowId") or run)
            entries += _entries(kind, about)
        except (KeyError, TypeError, AttributeError):
            raise EngineError(f"`{path}` is damaged: event {number}, `{kind}`, lacks what it is about", _HINT) from None
        status = _ENDS.get(kind, status)
    if not name:
        raise EngineError(f"`{path}` does not begin with the start of a workflow", _HINT)
    known: Status = status  # type: ignore[assignment]
    return Journal(run, name, known, tuple(entries))


def _entries(kind: str, about: Mapping[str, Any]) -> Iterator[Entry]:
    if kind == "ACTIVITY_TASK_SCHEDULED":
        yield Entry(str(about["activityType"]["name"]), "run")
    elif kind == "TIMER_STARTED":
        yield Entry(None, "sleep")
    elif kind == "START_CHILD_WORKFLOW_EXECUTION_INITIATED":
        yield Entry(str(about["workflowType"]["name"]), "child")
    elif kind == "MARKER_RECORDED" and about.get("markerName") == "core_local_activity":
        yield Entry(_local(about), "run")


def _local(about: Mapping[str, Any]) -> str | None:
    """Return the type of a local activity, from the first payload of its marker."""
    import base64

    for payload in ((about.get("details") or {}).get("data") or {}).get("payloads") or ():
        try:
            found = msgspec.json.decode(base64.b64decode(payload["data"]))
        except (ValueError, KeyError, TypeError):
            continue  # another program's marker
        if isinstance(found, dict) and "activity_type" in found:
            return str(found["activity_type"])
    return None


def _kind(event: Mapping[str, Any]) -> str:
    """Return the type of an event: `EVENT_TYPE_TIMER_STARTED`, or `TimerStarted` as older tools write it."""
    text = str(event.get("eventType") or "")
    if text.startswith("EVENT_TYPE_"):
        return text.removeprefix("EVENT_TYPE_")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in text).upper().lstrip("_")


def _about(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((value for key, value in event.items() if key.endswith("EventAttributes")), {})
