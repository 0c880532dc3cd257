"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Project, Step, Workflow

from ._attempts import verb, way, writes
from ._sources import short, shown


def check(project: Project) -> Iterator[Finding]:
    """Yield effects in a `finally` whose try runs durable operations."""
    for workflow, effect in project.effects():
        if effect.level == "off" or not (writes(effect) or (effect.kind == "fs" and effect.mode == "write")):
            continue
        step = _guarded(workflow, effect)
        if step is None:
            continue
        in_memory = project.dialect(workflow).in_memory
        called = f"{effect.receiver}.{verb(effect)}" if effect.receiver else shown(effect.api)
        yield Finding(
            f"`{called}` in `finally` runs before step `{short(step.label)}` has finished",
            effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            level="in-memory" if in_memory else "",
            label="runs when the run is recovered, too" if in_memory else "runs at every suspension and replay",
            trace=way(effect.trail),
            notes=(Note(step.place, f"`{step.label}` suspends the run here"),),
            hint="make it a step after the others, and use the engine's failure handler for the rest",
            confidence=effect.confidence,
            subject=called,
        )


def _guarded(workflow: Workflow, effect: Effect) -> Step | None:
    """Return the first step in the try that the `finally` around ``effect`` belongs to."""
    tries = {frame.ends for frame in effect.inside if frame.kind == "finally" and frame.ends}
    inside = (step for step in workflow.steps for frame in step.inside if frame.kind == "try" and frame.group in tries)
    return next(inside, None)
