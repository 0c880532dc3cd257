"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._text import short
from ._traces import once, way


def check(project: Project) -> Iterator[Finding]:
    """Yield durable operations inside the callable of a step."""
    yield from once(_findings(project), ("",))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, body in project.bodies():
        in_memory = project.dialect(workflow).in_memory
        for nested in body.nested:
            if nested.kind == "child":
                continue  # a child context is made to hold further operations
            yield Finding(
                f"`{short(nested.label)}` runs inside step `{short(step.label)}` and cannot be recorded on its own",
                nested.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                # A decorated step that another one calls is a plain call there.
                level="called" if in_memory and nested.kind == "run" else "",
                label=f"a durable operation inside `{step.label}`",
                trace=way(nested.trail),
                notes=(Note(step.place, f"step `{step.label}` is called here"),),
                hint="call it in the body, and give the step its result",
                confidence=nested.confidence,
                subject=nested.label,
            )
