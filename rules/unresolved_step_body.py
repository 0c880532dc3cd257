"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield steps whose callable was not found."""
    for workflow, step in project.steps():
        if not step.needs_body or (step.body and step.body.resolved):
            continue
        named = f"`{step.body.call}`" if step.body and step.body.call else "the callable"
        reason = f": {step.body.reason}" if step.body and step.body.reason else ""
        yield Finding(
            f"{named} of step `{short(step.label)}` was not analyzed{reason}",
            step.body.place if step.body else step.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label="nothing is known about what this step does",
            trace=step.trail,
            hint="pass a function of this project, or accept that its hazards stay unseen",
        )
