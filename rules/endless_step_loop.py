"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._attempts import way
from ._sources import short


def check(project: Project) -> Iterator[Finding]:
    """Yield loops in steps that nothing leaves."""
    for workflow, step, body in project.bodies():
        for loop in body.loops:
            yield Finding(
                f"`{loop.why.strip()}` in step `{short(step.label)}` has no way out: the step never completes",
                loop.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                label="the engine times it out and runs it from the start",
                trace=way(loop.trail),
                notes=(Note(step.place, f"step `{step.label}`"),),
                hint="bound the number of turns and raise at the end, so that the engine retries",
                confidence=loop.confidence,
            )
