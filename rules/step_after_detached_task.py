"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project, Step, Task

from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield tasks over durable operations that the body never awaits, where the engine allows tasks."""
    for workflow in project.graph.workflows:
        refused = project.dialect(workflow).unordered
        steps = {step.position: step for step in workflow.steps}
        for task in workflow.tasks:
            named = {task.api, task.api.rpartition(".")[0]}
            inside = [steps[position] for position in task.steps if position in steps]
            # `engine-unsafe-parallelism` speaks where the engine does not record tasks at all.
            if task.awaited or not inside or any(refused.get(name, "off") != "off" for name in named):
                continue
            if all(_joined(step, task) for step in inside):
                continue
            first = inside[0]
            yield Finding(
                f"nothing awaits this task: the workflow may finish before `{short(first.label)}` is recorded",
                task.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=first.label,
                label=f"`{task.api}` over a durable operation",
                notes=(Note(first.place, f"`{first.label}` runs in the task"),) if first.place != task.place else (),
                hint="await it, or keep the task and await it before the workflow returns",
                confidence=first.confidence,
                subject=task.api,
            )


def _joined(step: Step, task: Task) -> bool:
    """Return whether the task is handed to a combinator, which waits for it."""
    return any(frame.kind == "combinator" and frame.name != task.api for frame in step.inside)
