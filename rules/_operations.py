"""What is said about operations in a workflow body, outside every step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from steplint.api import Effect, Finding, Fix, Note, Place, Project, Workflow

from ._sources import callee, changes, direct, elsewhere, sources, step_text, trace
from ._text import sentence, short, shown
from ._wrap import Around, free_name, step_around

_IO = ("network", "database")
_NOTES = 3


class Operation(NamedTuple):
    """A call of the body, and what it does outside every step: the operation that matters most, and the others."""

    workflow: Workflow
    effect: Effect
    others: tuple[Effect, ...]


def operations(project: Project, kinds: tuple[str, ...], wanted: Callable[[Effect], bool]) -> Iterator[Operation]:
    """Yield the calls that perform operations of ``kinds``; one call is one finding, whatever it does on its way."""
    calls = dict[tuple[str, str, Place], list[tuple[Workflow, Effect]]]()
    for workflow, effect in sources(project, *kinds):
        if wanted(effect) and effect.mode != "opens" and not held(workflow, effect):
            calls.setdefault((workflow.dialect, workflow.id, effect.place), []).append((workflow, effect))
    for found in calls.values():
        workflow = found[0][0]
        if _only_prepares([effect for _, effect in found]):
            continue
        first, *others = sorted((effect for _, effect in found), key=_importance)
        yield Operation(workflow, first, tuple(others))


def covered(workflow: Workflow, effect: Effect) -> bool:
    """Return whether the same call is reported by a rule that comes first: changes, then network and databases."""
    first = (*_IO, "write") if effect.kind not in _IO else ("write",)
    return any(
        other is not effect
        and other.place == effect.place
        and other.mode != "opens"
        and other.level != "off"
        and (changes(other) or other.kind in first)
        for other in workflow.effects
    )


def held(workflow: Workflow, effect: Effect) -> bool:
    """Return whether the call is the manager of a `with` around steps, which `resource-across-steps` reports."""
    return any(
        frame.kind == "with" and frame.resource and _same_head(frame.place, effect.place)
        for step in workflow.steps
        for frame in step.inside
    )


def position(effect: Effect) -> str:
    """Return how often the engine repeats ``effect``: "" at every replay, "tail" by retries only, "alone" as they."""
    if not effect.tail:
        return ""
    return "tail" if effect.before else "alone"


def operation_finding(project: Project, operation: Operation, what: str, *, level: str = "") -> Finding:
    """Return the finding about a call; ``what`` is what it does: "reads the network"."""
    workflow, effect, _ = operation
    where = position(effect)
    dialect = project.dialect(workflow)
    name = _step_name(effect)
    text = step_text(dialect, workflow, free_name(workflow, name), f"{_called(effect)}(...)")
    return Finding(
        message=sentence(f"`{named(effect)}`", *_predicates(project, workflow, what, where)),
        place=effect.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        level=effect.level or level or where,
        label="repeated when the last attempt is retried" if where else "repeated at every replay",
        trace=trace(effect),
        notes=(*_notes(operation), *elsewhere(effect)),
        hint=f"put it into a step: `{text}`" if text else "put it into a step",
        fix=_fix(project, workflow, effect, name) if not where else None,
        confidence=effect.confidence,
        subject=effect.api,
    )


def named(effect: Effect) -> str:
    """Return the call as people write it: `db.orders.insert_one`."""
    if not effect.receiver or len(effect.receiver) > _SHOWN:
        return shown(effect.api)
    return f"{effect.receiver}.{effect.api.rpartition('.')[2]}"


_SHOWN = 40
_PREPARES = re.compile(r"\s*(create|drop|alter)\b.*?\bif\s+(not\s+)?exists\b", re.IGNORECASE | re.DOTALL)


def _only_prepares(effects: list[Effect]) -> bool:
    """Return whether a call makes what is missing and leaves the rest alone: once or ten times is the same."""
    prepares = [effect for effect in effects if _PREPARES.match(effect.argument)]
    rest = [effect for effect in effects if effect not in prepares]
    return bool(prepares) and all(effect.api.rpartition(".")[2] == "commit" for effect in rest)


def executions(project: Project, workflow: Workflow) -> str:
    """Return how often the body is executed: "up to 3 times for 2 steps"."""
    if project.dialect(workflow).reenters == "on-resume":
        return "again at every recovery"
    steps = sum(1 for step in workflow.steps if step.kind != "patch")
    if any(step.times == "many" for step in workflow.steps):
        return "again at every replay"
    return f"up to {steps + 1} times for {steps} {'step' if steps == 1 else 'steps'}"


def _same_head(block: Place, call: Place) -> bool:
    return block.path == call.path and (block.span.contains(call.span) and block.span.line == call.span.line)


def _importance(effect: Effect) -> tuple[bool, bool, bool, int, Place]:
    return effect.level == "info", bool(position(effect)), effect.mode != "write", len(effect.trail), effect.origin


def _predicates(project: Project, workflow: Workflow, what: str, where: str) -> tuple[str, ...]:
    if where:
        return f"{what} outside every step; a retry of the run repeats it", f"{what} outside every step"
    return f"{what} outside every step: {executions(project, workflow)}", f"{what} outside every step"


def _notes(operation: Operation) -> Iterator[Note]:
    for effect in (operation.effect, *operation.others):
        decided = next((use for use in effect.uses if use.role == "control"), None)
        if decided:
            yield Note(decided.place, f"its result decides {decided.decides or 'which steps run'}")
    for other in operation.others[:_NOTES]:
        yield Note(other.origin, f"the same call reaches `{named(other)}`")


def _called(effect: Effect) -> str:
    return named(effect) if direct(effect) else callee(effect)


def _step_name(effect: Effect) -> str:
    if not direct(effect):
        return callee(effect).rpartition(".")[2]
    noun = effect.receiver.rpartition(".")[2].strip("()[]_")
    return short(f"{effect.api.rpartition('.')[2]}-{noun}") if noun else effect.api.rpartition(".")[2]


def _fix(project: Project, workflow: Workflow, effect: Effect, name: str) -> Fix | None:
    """Return the fix where the value of the new step survives being stored, or is not used."""
    dialect = project.dialect(workflow)
    if dialect.output != "json" or not direct(effect):
        return step_around(dialect, workflow, effect, name)
    if effect.consumed != "dropped":
        return None
    return step_around(dialect, workflow, effect, name, Around(("(", ", None)[1]")))
