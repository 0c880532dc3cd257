"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from steplint.api import Finding, Frame, Note, Place, Project, Step, Workflow

from ._text import short

_LOOPS = ("for", "while", "comprehension")


def check(project: Project) -> Iterator[Finding]:
    """Yield loops over durable operations that nothing ends, or that exceed what the engine records."""
    for workflow in project.graph.workflows:
        limit = project.dialect(workflow).limits.get("steps")
        for frame, steps in _loops(workflow).values():
            if frame.endless:
                if not any("continue_as_new" in step.form for step in steps):
                    yield _endless(workflow, frame, steps[0], limit)
            elif limit is not None and frame.bound is not None:
                turns = sum(_turns(step, frame) for step in steps)
                if turns > limit:
                    yield _long(workflow, frame, steps[0], turns, limit)


def _loops(workflow: Workflow) -> dict[Place, tuple[Frame, list[Step]]]:
    """Return the loops that matter, with the operations in them: endless ones, and the outermost counted ones."""
    loops = dict[Place, tuple[Frame, list[Step]]]()
    for step in workflow.steps:
        around = [frame for frame in step.inside if frame.kind in _LOOPS]
        counted = next((frame for frame in around if frame.bound is not None), None)
        for frame in around:
            if frame.endless or frame is counted:
                loops.setdefault(frame.place, (frame, []))[1].append(step)
    return loops


def _turns(step: Step, loop: Frame) -> int:
    """Return how often ``step`` runs because of ``loop`` and the counted loops in it."""
    inner = step.inside[step.inside.index(loop) :]
    return prod(frame.bound for frame in inner if frame.bound is not None)


def _endless(workflow: Workflow, frame: Frame, step: Step, limit: int | None) -> Finding:
    end = f"the run ends at {limit:,} recorded steps" if limit else "the history grows without bound"
    return Finding(
        f"nothing ends this loop over step `{short(step.label)}`: {end}",
        frame.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        label="each turn adds to the history",
        notes=(Note(step.place, f"`{step.label}` is recorded at each turn"),),
        hint="wait for an event, bound the loop, or continue in a new run",
        confidence=step.confidence,
    )


def _long(workflow: Workflow, frame: Frame, step: Step, turns: int, limit: int) -> Finding:
    return Finding(
        f"this loop records {turns:,} steps; the run ends at {limit:,}",
        frame.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        label="each turn adds to the history",
        notes=(Note(step.place, f"`{step.label}` is recorded at each turn"),),
        hint="do several items in one step, or continue in a new run",
        confidence=step.confidence,
    )
