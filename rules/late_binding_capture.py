"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steplint.api import Capture, Edit, Finding, Fix, Note, Place, Project, Span, Step

from ._text import short

_LAMBDA = re.compile(r".*<lambda>(#\d+)?")


def check(project: Project) -> Iterator[Finding]:
    """Yield variables that a callable run later reads when they have changed."""
    for workflow, step in project.steps():
        for capture, in_id in _late(step).values():
            yield Finding(
                _message(step, capture, in_id),
                capture.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                level="id" if in_id else "",
                label=f"read when the call runs, not when it is made: the last `{capture.name}`",
                notes=_later(step, capture),
                hint=f"bind it: `lambda {capture.name}={capture.name}: ...`, or `functools.partial`",
                fix=_bind(step, capture, in_id),
                confidence=step.confidence,
                subject=capture.name,
            )


def _late(step: Step) -> dict[str, tuple[Capture, bool]]:
    """Return by name what is read late, and whether that decides the step's ID; the ID counts where both are read."""
    own = step.body.captures if step.body else ()
    # The callable of a step runs inside it: what it reads does not decide the ID.
    captures = [*((each, False) for each in own), *((each, each.in_id) for each in step.captures)]
    late = [each for each in captures if each[0].late and _deferred(step, each[0].name)]
    return {each[0].name: each for each in sorted(late, key=lambda each: each[1])}


def _message(step: Step, capture: Capture, in_id: bool) -> str:
    if in_id:
        return f"the ID `{short(step.label)}` reads `{capture.name}` late: every call gets the last ID"
    return f"every deferred call of step `{short(step.label)}` sees the last value of `{capture.name}`"


def _later(step: Step, capture: Capture) -> tuple[Note, ...]:
    return (Note(step.place, f"step `{step.label}` is called later"),) if step.place != capture.place else ()


def _deferred(step: Step, name: str) -> bool:
    """Return whether the call of ``step`` runs after the turn in which ``name`` had the value meant.

    A combinator between the loop and the callable runs it within the turn.
    """
    bound = max((number for number, frame in enumerate(step.inside) if name in frame.binds), default=-1)
    within = [frame.kind for frame in step.inside[bound + 1 :]]
    if "deferred" not in within:
        return False
    return bound < 0 or "combinator" not in within[: within.index("deferred")]


def _bind(step: Step, capture: Capture, in_id: bool) -> Fix | None:
    """Return the edit that makes the lambda bind the name; none where a named function reads it late."""
    place = _lambda(step, capture)
    if place is None:
        return None
    start = place.span
    after = start.column + len("lambda")
    return Fix(
        f"bind `{capture.name}` when the lambda is made",
        (Edit(Place(place.path, Span(start.line, after, start.line, after)), f" {capture.name}={capture.name}"),),
        effect="calls that are made from now on see another value than those in flight saw",
        changes_steps=in_id,
    )


def _lambda(step: Step, capture: Capture) -> Place | None:
    if step.body and capture in step.body.captures:
        return step.body.place if _LAMBDA.fullmatch(step.body.name) else None
    deferred = any(frame.kind == "deferred" and frame.name == "<lambda>" for frame in step.inside)
    return capture.place if deferred else None
