"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Finding, Frame, Note, Place, Project, Step, Workflow

from ._text import short

_NAMED = {
    "directory": "a temporary directory",
    "file": "an open file",
    "span": "a tracer span",
}


def check(project: Project) -> Iterator[Finding]:
    """Yield blocks that hold a resource while a durable operation runs."""
    for workflow in project.graph.workflows:
        dialect = project.dialect(workflow)
        held = dict[Place, tuple[Frame, list[Step]]]()
        for step in workflow.steps:
            for frame in step.inside:
                if frame.kind == "with" and frame.resource not in ("", "log"):
                    held.setdefault(frame.place, (frame, []))[1].append(step)
        for frame, steps in held.values():
            yield _finding(workflow, dialect, frame, steps)


def _finding(workflow: Workflow, dialect: Dialect, frame: Frame, steps: list[Step]) -> Finding:
    kind = _NAMED.get(frame.resource, f"a {frame.resource}")
    leaves = "a crash leaves the block" if dialect.in_memory else "suspension leaves the block"
    level = "span" if frame.resource == "span" else "in-memory" if dialect.in_memory else ""
    return Finding(
        f"{kind} is held across step `{short(steps[0].label)}`: {leaves}",
        frame.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=steps[0].label,
        level=level,
        label=_label(frame.resource, dialect.in_memory),
        notes=tuple(Note(step.place, f"`{step.label}` runs inside the block") for step in steps[:3]),
        hint="open it inside one step that does all the work with it",
        confidence=steps[0].confidence,
        subject=frame.name,
    )


def _label(resource: str, in_memory: bool) -> str:
    when = "when the run is recovered" if in_memory else "at every step"
    match resource:
        case "timeout":
            return f"starts over {when}"
        case "span":
            return f"ends {when}, and a new one begins"
        case "transaction":
            return f"is ended {when}, and what it did is rolled back or committed early"
        case "lock":
            return f"is released {when}, and taken again"
        case "directory":
            return f"is deleted {when}, and made again, empty"
        case _:
            return f"is closed {when}, and opened again"
