"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Project, Step, Workflow

from ._attempts import called, verb, writes
from ._text import short
from ._traces import way

_REMOVES = re.compile(r"remove|unlink|rmtree|rmdir|cleanup")


def check(project: Project) -> Iterator[Finding]:
    """Yield effects in a `finally` whose try runs durable operations."""
    for workflow, effect in project.effects():
        if effect.level == "off" or not (writes(effect) or _leaves_file(effect)):
            continue
        step = _guarded(workflow, effect)
        if step is None:
            continue
        in_memory = project.dialect(workflow).in_memory
        what = called(effect)
        yield Finding(
            f"`{what}` in `finally` runs before step `{short(step.label)}` has finished",
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
            subject=what,
        )


def _leaves_file(effect: Effect) -> bool:
    # Removing a scratch file twice is harmless.
    return effect.kind == "fs" and effect.mode == "write" and not _REMOVES.match(verb(effect))


def _guarded(workflow: Workflow, effect: Effect) -> Step | None:
    """Return the first step in the try that the `finally` around ``effect`` belongs to."""
    tries = {frame.ends for frame in effect.inside if frame.kind == "finally" and frame.ends}
    inside = (step for step in workflow.steps for frame in step.inside if frame.kind == "try" and frame.group in tries)
    return next(inside, None)
