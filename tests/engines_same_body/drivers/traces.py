"""What an engine did with each workflow, as a driver prints it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from bodies import DATA, EVENTS, forget

from steplint.runtime import RunFailedError
from steplint.runtime.engines.recorded import Recorded

PATIENCE = 60.0


def run_id(name: str) -> str:
    """Return the ID that the run of a workflow has on every engine."""
    return f"{name}-same"


def all_traces(
    start: Callable[[str, Any], str],
    result: Callable[[str, float], Any],
    steps: Callable[[str], Iterable[Recorded]],
    send: Callable[[list[Any]], Any],
    waits: Callable[[str], bool],
) -> dict[str, Any]:
    """Run every workflow to its end and return its result and its steps."""
    forget()
    return {name: _trace(name, start, result, steps, send, waits) for name in DATA}


def _trace(name: str, start: Any, result: Any, steps: Any, send: Any, waits: Any) -> dict[str, Any]:
    run = start(name, DATA[name])
    if name == "event":
        until(lambda: waits(run), "a run that waits")
        send(EVENTS)
    found: dict[str, Any] = {"steps": [], "result": None, "error": None}
    try:
        found["result"] = result(run, PATIENCE)
    except RunFailedError as error:
        found["error"] = [error.fault.name, error.fault.message]
    found["steps"] = [_shown(each) for each in steps(run)]
    if name == "failure":
        result(f"{run}-failure", PATIENCE)
        found["handler"] = [_shown(each) for each in steps(f"{run}-failure")]
    return found


def until(done: Callable[[], bool], what: str) -> None:
    """Wait until ``done``."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {PATIENCE:.0f} s")
        time.sleep(0.05)


def _shown(step: Recorded) -> list[Any]:
    value = step.value
    if step.kind == "wait" and value is not None:
        value = {key: value[key] for key in ("name", "data")}  # the engine chooses ID and time
    return [step.id, step.occurrence, value if step.error is None else [step.error.name, step.error.message], step.kind]


def answer(found: Any) -> None:
    """Print what a driver found, as the last line."""
    sys.stdout.write("\n" + json.dumps(found) + "\n")
