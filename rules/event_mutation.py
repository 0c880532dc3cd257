"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project, Step, Workflow, Write

from ._traces import leading


def check(project: Project) -> Iterator[Finding]:
    """Yield changes of event data and input, and of memoized results in the body."""
    for workflow in project.graph.workflows:
        dialect = project.dialect(workflow)
        for write in workflow.writes:
            often = dialect.reenters == "every-step" and write.target == "event"
            if often or (project.strict and write.target in ("event", "memo")):
                yield _finding(workflow, None, write, "" if often else "kept")
        for step in workflow.steps if not dialect.decoded_arguments else ():
            for write in step.body.writes if step.body else ():
                if write.target == "event":
                    yield _finding(workflow, step, write, "step")


def _finding(workflow: Workflow, step: Step | None, write: Write, level: str) -> Finding:
    where = f"step `{step.label}`" if step else "the body"
    if write.target == "memo":
        message = f"the memoized result `{write.name}` is changed in {where}"
        label = "a replay starts from the recorded result"
    else:
        message = f"`{write.name}` is changed in {where}: a replay starts from the original event"
        label = "a replay does not run this step" if step else "later code and other attempts disagree about the event"
    return Finding(
        message,
        write.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label if step else "",
        level=level,
        label=label,
        trace=leading(write.trail, write.place, write.name),
        hint="make a changed copy: `{**data, ...}`, `model_copy`, `copy.deepcopy`",
        confidence=write.confidence,
        subject=write.name,
    )
