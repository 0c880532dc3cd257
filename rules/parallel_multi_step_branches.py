"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Finding, Frame, Note, Place, Project, Step, Workflow

from ._sources import short


def check(project: Project) -> Iterator[Finding]:
    """Yield branches of a combinator that number several operations on one shared context."""
    for workflow in project.graph.workflows:
        if workflow.family == "keyed":
            continue
        dialect = project.dialect(workflow)
        for frame, branches in _combined(workflow).values():
            several = next((steps for steps in branches.values() if len(steps) > 1), None)
            if several and _together(branches) and not _settled(frame, dialect):
                yield _finding(workflow, frame, several)


def _combined(workflow: Workflow) -> dict[Place, tuple[Frame, dict[Place, list[Step]]]]:
    """Return each combinator with its branches; a branch is known by what stands next inside the combinator."""
    combined = dict[Place, tuple[Frame, dict[Place, list[Step]]]]()
    for step in workflow.steps:
        for number, frame in enumerate(step.inside):
            if frame.kind != "combinator":
                continue
            within = [each for each in step.inside[number + 1 :] if each.kind in ("call", "deferred")]
            branch = within[0].place if within else step.place
            combined.setdefault(frame.place, (frame, {}))[1].setdefault(branch, []).append(step)
    return combined


def _together(branches: dict[Place, list[Step]]) -> bool:
    return len(branches) > 1 or any(step.times == "many" for steps in branches.values() for step in steps)


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
