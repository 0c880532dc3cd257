"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from steplint.api import Edit, Effect, Finding, Fix, Note, Place, Project, Span, Step, Use, Workflow

from ._sources import compared, elsewhere, operation, sources, trace, worst
from ._text import least, line, sentence, short
from ._wrap import on_runs

_TAKES = ("identity", "step-argument", "capture")
_NAME = re.compile(r"[A-Za-z_]\w*(\.\w+)*")


class _Reached(NamedTuple):
    """Steps in loops over the set that use its element: those whose memos follow it, and those that mix them up."""

    keyed: list[Step]
    mixed: list[Step]


def check(project: Project) -> Iterator[Finding]:
    """Yield sets whose order reaches steps, their IDs or their arguments."""
    for workflow, effect in sources(project, "order"):
        reached = _reached(workflow, effect)
        if reached.mixed or reached.keyed:
            yield _loop(project, workflow, effect, reached)
        else:
            use = worst(workflow, _apart_from_loops(workflow, effect))
            if use is not None:
                yield _value(project, workflow, effect, use)


def _loop(project: Project, workflow: Workflow, effect: Effect, reached: _Reached) -> Finding:
    step = (reached.mixed or reached.keyed)[0]
    what = "which element step" if reached.mixed else "in which order step"
    verb = "gets" if reached.mixed else "runs"
    decides = f"decides {line(step.place, effect.place)} {what} `{short(step.label)}` {verb}"
    notes = [
        *(Note(each.place, f"step `{short(each.label)}` gets another element's memo") for each in reached.mixed),
        *(Note(each.place, f"step `{short(each.label)}` keeps its memos, in another order") for each in reached.keyed),
    ]
    return _finding(project, workflow, effect, decides, step, "control", "mixed" if reached.mixed else "keyed", notes)


def _value(project: Project, workflow: Workflow, effect: Effect, use: Use) -> Finding:
    step = operation(workflow, use.step)
    at = line(use.place, effect.place)
    named = f"step `{short(step.label)}`" if step else "steps"
    goes = {
        "control": f"decides {at} {use.decides or 'which steps run'}",
        "identity": f"is part of the ID of {named} {at}",
        "step-argument": f"reaches an argument of {named} {at}",
        "capture": f"reaches {named} {at}",
        "state": f"is stored in the run's state {at}",
        "outside-effect": f"reaches an effect outside every step {at}",
    }.get(use.role, f"is used {at}")
    level = compared(project.dialect(workflow), use, step)
    return _finding(project, workflow, effect, goes, step, use.role, level, [])


def _finding(
    project: Project,
    workflow: Workflow,
    effect: Effect,
    goes: str,
    step: Step | None,
    flow: str,
    level: str,
    notes: list[Note],
) -> Finding:
    written = f"{effect.expression}(...)" if effect.expression in ("set", "frozenset") else effect.expression
    return Finding(
        message=sentence(f"set order of `{short(written)}`" if written else "set order", goes),
        place=effect.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label if step else "",
        flow=flow,
        level=effect.level or level,
        label="the order differs between processes",
        trace=trace(effect),
        notes=(*notes[:3], *elsewhere(effect)),
        hint="iterate over `sorted(...)`, or keep the order with `dict.fromkeys(...)`",
        fix=_fix(project, workflow, effect),
        confidence=least(effect.confidence, *(use.confidence for use in effect.uses if use.role == flow)),
        subject=effect.expression or effect.api,
    )


def _reached(workflow: Workflow, effect: Effect) -> _Reached:
    heads = _heads(workflow, effect)
    users = {use.step for use in effect.uses if use.role in _TAKES}
    named = {use.step for use in effect.uses if use.role == "identity"}
    found = _Reached([], [])
    for step in workflow.steps:
        if step.position in users and any(frame.place in heads for frame in step.inside):
            follows = workflow.family == "keyed" and step.position in named
            (found.keyed if follows else found.mixed).append(step)
    return found


def _heads(workflow: Workflow, effect: Effect) -> set[Place]:
    """Return the heads of loops over the set, or over what was made of it."""
    loops = {frame for step in workflow.steps for frame in step.inside if frame.kind in ("for", "comprehension")}
    decided = {use.place for use in effect.uses if use.role == "control"}
    return {
        loop.place
        for loop in loops
        if loop.place in decided
        or _holds(loop.place, effect.place)
        or (effect.expression == loop.name and loop.place.path == effect.place.path and loop.name)
    }


def _holds(head: Place, expression: Place) -> bool:
    return head.path == expression.path and head.span.contains(expression.span)


def _apart_from_loops(workflow: Workflow, effect: Effect) -> Effect:
    """Return the effect without the loops: their order matters only to what uses the element."""
    heads = _heads(workflow, effect)
    return replace(effect, uses=tuple(use for use in effect.uses if use.role != "control" or use.place not in heads))


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    span = _iterable(workflow, effect)
    if span is None:
        return None
    path = effect.place.path
    start = Place(path, Span(span.line, span.column, span.line, span.column))
    end = Place(path, Span(span.end_line, span.end_column, span.end_line, span.end_column))
    return Fix(
        "iterate in sorted order",
        (Edit(start, "sorted("), Edit(end, ")")),
        effect=on_runs(project.dialect(workflow), "steps run in another order"),
        changes_steps=True,
    )


def _iterable(workflow: Workflow, effect: Effect) -> Span | None:
    """Return the set's own span: the end of the head of a loop, where it is a name; None where it is not known.

    What a helper makes of a set is sorted where a loop goes over it; elsewhere it need not be a collection.
    """
    span = effect.place.span
    head = any(frame.place == effect.place for step in workflow.steps for frame in step.inside)
    if not head:
        plain = len(effect.trail) < 2 or any(_holds(place, effect.place) for place in _heads(workflow, effect))
        return span if effect.expression and plain else None
    if not _NAME.fullmatch(effect.expression) or effect.expression in ("set", "frozenset"):
        return None
    start = span.end_column - len(effect.expression)
    return Span(span.end_line, start, span.end_line, span.end_column) if span.line == span.end_line else None
