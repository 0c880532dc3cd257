"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project, Write

from ._text import sentence, short
from ._traces import leading, once

_TARGETS = ("local", "instance", "memo")


def check(project: Project) -> Iterator[Finding]:
    """Yield variables of the workflow that a step changes and that the body reads afterwards."""
    yield from once(_findings(project), ("",))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, body in project.bodies():
        seen = set[str]()
        for write in body.writes:
            if write.target not in _TARGETS or write.name in seen:
                continue
            if write.read is None and write.target != "memo":
                continue  # nobody reads it afterwards
            seen.add(write.name)
            yield Finding(
                sentence(
                    f"step `{short(step.label)}`", f"{_does(write)}: after a replay the change is missing", _does(write)
                ),
                write.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                level=_level(write),
                label=_label(write),
                trace=leading(write.trail, write.place, write.name),
                notes=(Note(write.read, f"`{write.name}` is read here"),) if write.read else (),
                hint=f"return the value from the step and assign it: `{write.name} = ...`",
                confidence=write.confidence,
                subject=write.name,
            )


def _level(write: Write) -> str:
    if write.target != "memo":
        return ""
    return "memo" if write.read else "unread"


def _label(write: Write) -> str:
    if write.read:
        return "a replay takes the memo and does not run this"
    return "every attempt, and every later step, starts from the recorded result"


def _does(write: Write) -> str:
    owner = "of the workflow" if write.target != "memo" else "(a memoized result)"
    match write.how:
        case "assign":
            return f"assigns `{write.name}` {owner}"
        case "attribute" | "subscript":
            return f"assigns into `{write.name}` {owner}"
        case mutator:
            return f"calls `{write.name}.{mutator}` {owner}"
