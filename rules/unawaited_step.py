"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Edit, Finding, Fix, Place, Project, Span, Step

from ._text import short
from ._wrap import on_runs


def check(project: Project) -> Iterator[Finding]:
    """Yield durable operations that are called and neither awaited nor kept."""
    for workflow, step in project.steps():
        if step.must == "none" or step.consumed != "dropped" or step.stored:
            continue
        awaits = step.must == "await"
        verb = "awaited" if awaits else "yielded"
        yield Finding(
            f"step `{short(step.label)}` is not {verb}: " + ("it never runs" if awaits else "nothing waits for it"),
            step.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            level="" if awaits else "yield",
            label="skipped without a trace: the run completes" if awaits else "the run may end before it does",
            trace=step.trail,
            hint=f"write `{step.must}` before the call",
            fix=_insert(step, project.dialect(workflow)),
            confidence=step.confidence,
        )


def _insert(step: Step, dialect: Dialect) -> Fix:
    span = step.place.span
    start = Place(step.place.path, Span(span.line, span.column, span.line, span.column))
    return Fix(
        f"insert `{step.must}`",
        (Edit(start, f"{step.must} "),),
        effect=on_runs(dialect, f"runs in flight that have passed this line execute `{step.label}` once, late"),
        changes_steps=True,
    )
