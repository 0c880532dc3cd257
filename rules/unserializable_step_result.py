"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._text import short
from ._traces import once

# What no encoder of an engine carries from one process to another.
_NEVER = frozenset({"generator", "lambda", "file", "coroutine"})
_NOT_JSON = _NEVER | {"set", "bytes", "self"}
_NAMED = {
    "set": "a set",
    "generator": "a generator",
    "lambda": "a lambda",
    "file": "an open file",
    "bytes": "bytes",
    "self": "its own object",
    "coroutine": "a coroutine",
}


def check(project: Project) -> Iterator[Finding]:
    """Yield steps whose result evidently does not survive the engine's encoder."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, body in project.bodies():
        dialect = project.dialect(workflow)
        refused = _NOT_JSON if dialect.output == "json" else _NEVER
        # The orchestrator is a generator there; its activities run elsewhere, where an asynchronous one is awaited.
        if body.result not in refused or (body.result == "coroutine" and dialect.must == "yield"):
            continue
        stored = "JSON" if dialect.output == "json" else "data"
        yield Finding(
            f"step `{short(step.label)}` returns {_NAMED[body.result]}, and the engine stores {stored}",
            body.result_place or body.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label="the step fails after its work is done, and does the work again",
            notes=(Note(step.place, f"step `{step.label}`"),),
            hint=_hint(body.result),
            subject=body.result,
        )


def _hint(result: str) -> str:
    match result:
        case "set":
            return "return `sorted(...)` or a list"
        case "generator":
            return "return a list"
        case "bytes":
            return "return text, for example base64, or the address of stored data"
        case "coroutine":
            return "await it in the step; a synchronous workflow needs a synchronous function"
        case _:
            return "return plain data"
