"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project, Write

from ._attempts import way
from ._sources import short

_TARGETS = ("local", "instance", "memo")


def check(project: Project) -> Iterator[Finding]:
    """Yield variables of the workflow that a step changes and that the body reads afterwards."""
    for workflow, step, body in project.bodies():
        seen = set[str]()
        for write in body.writes:
            if write.target not in _TARGETS or write.read is None or write.name in seen:
                continue
            seen.add(write.name)
            yield Finding(
                f"step `{short(step.label)}` {_does(write)}: after a replay the change is missing",
                write.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                level="memo" if write.target == "memo" else "",
                label="a replay takes the memo and does not run this",
                trace=way(write.trail),
                notes=(Note(write.read, f"`{write.name}` is read here"),),
                hint=f"return the value from the step and assign it: `{write.name} = ...`",
                confidence=write.confidence,
                subject=write.name,
            )


def _does(write: Write) -> str:
    match write.how:
        case "assign":
            return f"assigns `{write.name}` of the workflow"
        case "attribute" | "subscript":
            return f"assigns into `{write.name}` of the workflow"
        case mutator:
            return f"calls `{write.name}.{mutator}` of the workflow"
