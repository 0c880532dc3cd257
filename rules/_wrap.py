"""Fixes that put a call of the body into a step of its own; only insertions, since rules do not see the source."""

from __future__ import annotations

import re
from typing import NamedTuple

from steplint.api import Dialect, Edit, Effect, Fix, Place, Span, Workflow

from ._sources import standing

_AWKWARD = ("deferred", "comprehension", "combinator", "for", "while", "call")
"""Frames in which a new step would stand in another function, or would need another ID at each turn."""

_BUILT_IN = frozenset({"lambda", "int", "dict", "_"})


class Around(NamedTuple):
    """Text put around the call inside the step, and around the step: what its value needs to survive being stored."""

    inner: tuple[str, str] = ("", "")
    outer: tuple[str, str] = ("", "")


PLAIN = Around()


def step_around(dialect: Dialect, workflow: Workflow, effect: Effect, name: str, around: Around = PLAIN) -> Fix | None:
    """Return the fix that makes the call at ``effect.place`` a step called ``name``, where that is certain to work."""
    before, found, after = dialect.standin.step.partition("{source}")
    if not found or not plain_place(effect) or not writable(dialect, workflow, dialect.standin.step):
        return None
    identity = free_name(workflow, name)
    start = before.replace("{id}", identity).replace("ctx.", f"{workflow.context}.") + around.inner[0]
    end = around.inner[1] + after.replace("{id}", identity)
    if workflow.asynchronous and effect.consumed != "await":
        start = f"await {start}"
    if around.outer != ("", ""):
        start, end = around.outer[0] + start, end + around.outer[1]
    elif start.startswith("await ") and effect.consumed != "dropped":
        start, end = f"({start}", f"{end})"
    return Fix(
        f"make it the step `{identity}`",
        (Edit(_edge(effect.place, "start"), start), Edit(_edge(effect.place, "end"), end)),
        effect=on_runs(dialect),
        changes_steps=True,
    )


def written(effect: Effect) -> str:
    """Return what a direct call is made on, as it is written: `dt.datetime` of `dt.datetime.now()`."""
    return effect.trail[0].calls.rpartition(".")[0] if len(effect.trail) == 1 else ""


def free_name(workflow: Workflow, name: str) -> str:
    """Return ``name`` as a step ID that the workflow does not use yet."""
    plain = re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-") or "value"
    used = {step.label for step in workflow.steps}
    number, identity = 2, plain
    while identity in used:
        identity, number = f"{plain}-{number}", number + 1
    return identity


def _edge(place: Place, which: str) -> Place:
    span = place.span
    line, column = (span.line, span.column) if which == "start" else (span.end_line, span.end_column)
    return Place(place.path, Span(line, column, line, column))


def writable(dialect: Dialect, workflow: Workflow, text: str) -> bool:
    """Return whether the dialect's ``text`` can be written as it is: with names that the module has."""
    if dialect.must == "yield":
        return False
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|\{\w+\}", "", text)
    names = set(re.findall(r"(?<![.\w])[A-Za-z_]\w*\b(?!\s*=)", plain)) - _BUILT_IN
    if "ctx" in names:
        return bool(workflow.context) and names == {"ctx"}
    declared = {part for form in dialect.workflow for part in form.decorator.split(".")}
    return names <= declared and not workflow.asynchronous


def plain_place(effect: Effect) -> bool:
    """Return whether the call stands where a new durable operation is certain to work, and happens once."""
    return standing(effect) == 0 and not any(frame.kind in _AWKWARD for frame in effect.inside)


def on_runs(dialect: Dialect, keyed: str = "runs in flight execute the new step once, late") -> str:
    """Return what a fix that adds or moves a step does to runs in flight; ``keyed`` is said of keyed engines."""
    if dialect.family == "keyed":
        return keyed
    if dialect.family == "positional-checked":
        return "runs in flight that are past this point fail at replay: positions shift by one"
    return "runs in flight that are past this point receive other steps' results: positions shift by one"
