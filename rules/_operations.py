"""What is said about operations in a workflow body, outside every step."""

from __future__ import annotations

from steplint.api import Effect, Finding, Fix, Note, Place, Project, Workflow

from ._sources import callee, elsewhere, sentence, short, shown, step_text, trace
from ._wrap import free_name, step_around


def changes(effect: Effect) -> bool:
    """Return whether ``effect`` changes the world rather than reads it."""
    return effect.kind == "write" or (effect.kind in ("network", "database") and effect.mode == "write")


def covered(workflow: Workflow, effect: Effect) -> bool:
    """Return whether the same call is reported as a change of the world."""
    return any(other is not effect and changes(other) and other.place == effect.place for other in workflow.effects)


def held(workflow: Workflow, effect: Effect) -> bool:
    """Return whether the call is the manager of a `with` around steps, which `resource-across-steps` reports."""
    return any(
        frame.kind == "with" and frame.resource and _same_head(frame.place, effect.place)
        for step in workflow.steps
        for frame in step.inside
    )


def _same_head(block: Place, call: Place) -> bool:
    return block.path == call.path and (block.span.contains(call.span) and block.span.line == call.span.line)


def position(effect: Effect) -> str:
    """Return how often the engine repeats ``effect``: "" at every replay, "tail" by retries only, "alone" as they."""
    if not effect.tail:
        return ""
    return "tail" if effect.before else "alone"


def operation_finding(
    project: Project, workflow: Workflow, effect: Effect, what: str, *, level: str = "", fix: bool = True
) -> Finding:
    """Return the finding about ``effect``; ``what`` is what it does: "reads the network"."""
    where = position(effect)
    dialect = project.dialect(workflow)
    name = _step_name(effect)
    text = step_text(dialect, workflow, free_name(workflow, name), f"{callee(effect)}(...)")
    return Finding(
        message=sentence(f"`{shown(effect.api)}`", f"{what} {_when(project, workflow, where)}"),
        place=effect.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        level=effect.level or level or where,
        label=_label(where),
        trace=trace(effect),
        notes=(*_uses(effect), *elsewhere(effect)),
        hint=f"put it into a step: `{text}`" if text else "put it into a step",
        fix=_fix(project, workflow, effect, name) if fix and not where else None,
        confidence=effect.confidence,
        subject=effect.api,
    )


def executions(project: Project, workflow: Workflow) -> str:
    """Return how often the body is executed: "up to 3 times for 2 steps"."""
    if project.dialect(workflow).reenters == "on-resume":
        return "again at every recovery"
    steps = sum(1 for step in workflow.steps if step.kind != "patch")
    if any(step.times == "many" for step in workflow.steps):
        return "again at every replay, once per step"
    return f"up to {steps + 1} times for {steps} {'step' if steps == 1 else 'steps'}"


def _when(project: Project, workflow: Workflow, where: str) -> str:
    if where:
        return "outside every step; a retry of the run repeats it"
    return f"outside every step: {executions(project, workflow)}"


def _label(where: str) -> str:
    return "repeated when the last attempt is retried" if where else "repeated at every replay"


def _uses(effect: Effect) -> tuple[Note, ...]:
    decided = next((use for use in effect.uses if use.role == "control"), None)
    if decided is None:
        return ()
    return (Note(decided.place, f"its result decides {decided.decides or 'which steps run'}"),)


def _step_name(effect: Effect) -> str:
    if effect.receiver and len(effect.trail) <= 1:
        noun = effect.receiver.rpartition(".")[2].strip("()[]_")
        return short(f"{effect.api.rpartition('.')[2]}-{noun}")
    return callee(effect).rpartition(".")[2]


def _fix(project: Project, workflow: Workflow, effect: Effect, name: str) -> Fix | None:
    return step_around(project.dialect(workflow), workflow, effect, name)
