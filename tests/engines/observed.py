"""What an engine did to a run in flight, told from its end, the values its calls got, and the functions that ran."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from tests.engines.edits import Body, Edit, flat

Outcome = Literal["goes on", "runs late", "memo unused", "runs again", "wrong value", "fails", "hangs"]
MEANS: dict[str, tuple[Outcome, ...]] = {
    "safe": ("goes on",),
    "late": ("runs late",),
    "ignored": ("memo unused",),
    "reruns": ("runs again",),
    "stale": ("wrong value",),
    "swaps": ("wrong value",),
    "wedges": ("fails", "hangs"),
}
"""The outcomes that a verdict foretells."""


class Seen(Struct, frozen=True):
    """What a driver reports of one edit. ``got`` has for each call the function it made and the value it got."""

    name: str
    status: Literal["completed", "failed", "stuck"]
    got: list[tuple[str, Any]]
    ran_before: list[str]
    ran_after: list[str]
    why: str = ""


def outcome(edit: Edit, seen: Seen) -> Outcome:
    """Return the worst that happened to the run."""
    if seen.status != "completed":
        return "fails" if seen.status == "failed" else "hangs"
    if any(not _own(call, value, edit.after) for call, value in seen.got):
        return "wrong value"
    if set(seen.ran_before) & set(seen.ran_after):
        return "runs again"
    if set(seen.ran_before) - {call for call, _ in seen.got}:
        return "memo unused"
    return "runs late" if _late(edit, seen) else "goes on"


def _own(call: str, value: Any, body: Body) -> bool:
    if any(each.call == call and each.kind == "sleep" for each in flat(body)):
        return True
    return isinstance(value, str) and value.partition(":")[0] == call


def _late(edit: Edit, seen: Seen) -> bool:
    """Return whether a call ran after calls that stand behind it in the body."""
    order = [call for call, _ in seen.got]
    recorded = [order.index(call) for call in seen.ran_before if call in order]
    return any(order.index(call) < max(recorded) for call in seen.ran_after if call in order) if recorded else False
