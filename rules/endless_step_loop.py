"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._text import short
from ._traces import leading, once


def check(project: Project) -> Iterator[Finding]:
    """Yield loops in steps that nothing leaves."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, body in project.bodies():
        for loop in body.loops:
            yield Finding(
                f"`{loop.why.strip()}` in step `{short(step.label)}` has no way out: the step never completes",
                loop.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                label="the engine times it out and runs it from the start",
                trace=leading(loop.trail, loop.place, loop.why.strip()),
                notes=(Note(step.place, f"step `{step.label}`"),),
                hint="bound the number of turns and raise at the end, so that the engine retries",
                confidence=loop.confidence,
            )
