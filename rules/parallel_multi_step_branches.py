"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Finding, Frame, Note, Project, Step, Workflow

from ._branches import combined
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield branches of a combinator that number several operations on one shared context."""
    for workflow in project.graph.workflows:
        if workflow.family == "keyed":
            continue
        dialect = project.dialect(workflow)
        for each in combined(workflow):
            if each.long and not _settled(each.frame, dialect):
                yield _finding(workflow, each.frame, each.long)


def _settled(frame: Frame, dialect: Dialect) -> bool:
    """Return whether the engine gives each branch a context or an order, or forbids the form (SL535)."""
    return frame.name in dialect.parallel or dialect.unordered.get(frame.name) == "error"


def _finding(workflow: Workflow, frame: Frame, steps: list[Step]) -> Finding:
    first, second = steps[0], steps[1]
    checked = workflow.family == "positional-checked"
    return Finding(
        f"the position of `{short(second.label)}` depends on timing: its branch has {len(steps)} durable calls",
        second.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=second.label,
        label="a replay may number it differently and " + ("fail" if checked else "return another step's value"),
        notes=(
            Note(frame.place, f"`{frame.name or 'the combinator'}` runs the branches together"),
            Note(first.place, f"`{first.label}` is the call before it in this branch"),
        ),
        hint="let each branch be one step, or give it a context of its own",
        confidence=second.confidence,
    )
