"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Project

from ._attempts import called, writes
from ._text import least, sentence, short
from ._traces import call_of, once, way


def check(project: Project) -> Iterator[Finding]:
    """Yield steps that change things through two different clients."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, body in project.bodies():
        changes = [each for each in body.effects if writes(each)]
        pair = next(_pairs(changes), None)
        if pair is None:
            continue
        first, second = pair
        yield Finding(
            sentence(f"step `{short(step.label)}`", f"changes two things: `{called(first)}` and `{called(second)}`"),
            second.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label=f"a failure here repeats `{called(first)}`",
            trace=way(second.trail),
            notes=(Note(first.place, f"`{called(first)}` has happened by then"), *call_of(step, second.place)),
            hint="give each change a step of its own",
            confidence=least(first.confidence, second.confidence),
            subject=called(second),
        )


def _pairs(changes: list[Effect]) -> Iterator[tuple[Effect, Effect]]:
    for number, second in enumerate(changes):
        for first in changes[:number]:
            if _client(first) != _client(second) and not _exclusive(first, second) and not _together(first, second):
                yield first, second


def _client(effect: Effect) -> str:
    """Return the object at the root of what is called: `db` for `db.orders.insert_one`."""
    parts = (effect.receiver or effect.api).split(".")
    return ".".join(parts[:2]) if parts[0] in ("self", "cls") else parts[0]


def _exclusive(one: Effect, other: Effect) -> bool:
    arms = {frame.group: frame.arm for frame in one.inside if frame.group}
    return any(frame.group in arms and arms[frame.group] != frame.arm for frame in other.inside)


def _together(one: Effect, other: Effect) -> bool:
    """Return whether one transaction holds both."""
    held = {frame.place for frame in one.inside if frame.resource in ("transaction", "session")}
    return any(frame.place in held for frame in other.inside)
