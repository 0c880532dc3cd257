"""Reads the steps of a run from the journal that a Restate server keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from steplint.contract.runs import Fault
from steplint.runtime.engines.errors import parsed
from steplint.runtime.engines.recorded import Recorded, labelled

_CLOCK = "steplint.now"
_TIMEOUT = " timeout"


def journaled(rows: Iterable[Mapping[str, Any]], run_id: str) -> list[Recorded]:
    """Return the steps of a journal, those that have a result, in the order in which they began."""
    entries = [msgspec.json.decode(row["entry_json"]) for row in rows if row.get("entry_json")]
    ends, signals = _ends(entries)
    known, found = dict[str, int](), list[Recorded]()
    for entry in entries:
        for kind, command in (entry.get("Command") or {}).items():
            step = _step(kind, command, run_id, ends, signals, known)
            if step is not None:
                found.append(step)
    return found


def _ends(entries: Sequence[Mapping[str, Any]]) -> tuple[dict[int, Any], dict[str, Any]]:
    """Return results by completion ID, and signals by name."""
    ends, signals = dict[int, Any](), dict[str, Any]()
    for entry in entries:
        given = entry.get("Notification") or {}
        for completion in (given.get("Completion") or {}).values():
            ends[completion["completion_id"]] = completion.get("result")
        signal = given.get("Signal")
        if signal and "Name" in signal["id"]:
            signals[signal["id"]["Name"]] = signal.get("result")
    return ends, signals


def _step(
    kind: str,
    command: Any,
    run_id: str,
    ends: Mapping[int, Any],
    signals: Mapping[str, Any],
    known: dict[str, int],
) -> Recorded | None:
    name = command.get("name") or ""
    if kind == "Run" and name != _CLOCK and command["completion_id"] in ends:
        value, error = _result(ends[command["completion_id"]])
        return labelled("run", name, known, value, error)
    if kind == "Sleep":
        return _pause(name, command["completion_id"], ends, signals, known)
    target = (command.get("request") or {}).get("invocation_target") or {} if kind == "Call" else {}
    child = (target.get("Workflow") or {}).get("key") or ""
    if child.startswith(f"{run_id}/") and command["result_completion_id"] in ends:
        value, error = _result(ends[command["result_completion_id"]])
        return labelled("invoke", child.removeprefix(f"{run_id}/"), known, value, error)
    return None


def _pause(
    name: str, completion: int, ends: Mapping[int, Any], signals: Mapping[str, Any], known: dict[str, int]
) -> Recorded | None:
    label = name.removesuffix(_TIMEOUT)
    if label != name and (label in signals or completion in ends):
        value, error = _result(signals[label]) if label in signals else (None, None)
        return labelled("wait", label, known, value, error)
    return labelled("sleep", name, known) if completion in ends else None


def _result(given: Any) -> tuple[Any, Fault | None]:
    """Return what a completion holds: a value, or a fault."""
    if not isinstance(given, dict):
        return None, None
    if "Failure" in given:
        return None, parsed(given["Failure"]["message"])
    content = bytes(given.get("Success") or b"")
    return (msgspec.json.decode(content) if content else None), None
