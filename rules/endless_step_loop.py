"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Loop, Note, Project, Step, Workflow

from ._text import short
from ._traces import leading, once


def check(project: Project) -> Iterator[Finding]:
    """Yield loops that nothing leaves in steps, and in workflows without steps, which are retried as a whole."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow in project.graph.workflows:
        for loop in workflow.loops:
            yield _finding(workflow, None, loop)
    for workflow, step, body in project.bodies():
        for loop in body.loops:
            yield _finding(workflow, step, loop)


def _finding(workflow: Workflow, step: Step | None, loop: Loop) -> Finding:
    kind, name = ("step", step.label) if step else ("workflow", workflow.id)
    why = loop.why.strip()
    return Finding(
        f"`{why}` in {kind} `{short(name)}` has no way out: the {kind} never completes",
        loop.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label if step else "",
        label="the engine times it out and runs it from the start",
        trace=leading(loop.trail, loop.place, why),
        notes=(Note(step.place if step else workflow.place, f"{kind} `{name}`"),),
        hint="bound the number of turns and raise at the end, so that the engine retries",
        confidence=loop.confidence,
    )
