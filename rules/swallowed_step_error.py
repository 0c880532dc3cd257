"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from steplint.api import Finding, Note, Project, Swallow

from ._options import texts
from ._text import sentence, short
from ._traces import leading, once


def check(project: Project) -> Iterator[Finding]:
    """Yield handlers in steps that turn every failure into a result."""
    yield from once(_findings(project), ("main",))
    yield from once(_whole(project), ("main",))


def _findings(project: Project) -> Iterator[Finding]:
    cleanup = texts(project, "cleanup-steps")
    for workflow, step, body in project.bodies():
        if any(fnmatchcase(step.label, pattern) for pattern in cleanup):
            continue
        for swallow in body.handlers:
            if swallow.handler.reraises:
                continue
            stores = "stores its failure as its result"
            what = f"`{_caught(swallow)}` {_outcome(swallow)}"
            yield Finding(
                sentence(f"step `{short(step.label)}`", f"{stores}: {what}", stores),
                swallow.handler.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                level=swallow.scope,
                label="never retried, and every replay returns this result",
                trace=leading(swallow.trail, swallow.handler.place, _caught(swallow)),
                notes=(Note(step.place, f"step `{step.label}`"),),
                hint="let it raise, so that the engine retries, and handle the failed step in the body",
                subject=_caught(swallow),
            )


def _whole(project: Project) -> Iterator[Finding]:
    """Yield the handlers of bodies without any step: such a body runs as one unit and is retried as one."""
    for workflow in project.graph.workflows:
        for swallow in workflow.handlers:
            what = f"`{_caught(swallow)}` {_outcome(swallow)}"
            yield Finding(
                sentence(
                    f"workflow `{short(workflow.id)}`", f"ends well when it fails: {what}", "ends well when it fails"
                ),
                swallow.handler.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                level=swallow.scope,
                label="the run counts as done and is never retried",
                trace=leading(swallow.trail, swallow.handler.place, _caught(swallow)),
                notes=(Note(workflow.place, f"workflow `{workflow.id}` has no step: it runs as one unit"),),
                hint="let it raise, so that the engine retries the run",
                subject=_caught(swallow),
            )


def _caught(swallow: Swallow) -> str:
    caught = [name.removeprefix("builtins.") for name in swallow.handler.catches]
    if not caught:
        return "except"
    return f"except {caught[0]}" if len(caught) == 1 else f"except ({', '.join(caught)})"


def _outcome(swallow: Swallow) -> str:
    match swallow.handler.ends:
        case "return":
            return f"returns `{short(swallow.returns, 20)}`" if swallow.returns else "returns"
        case "break" | "continue" as word:
            return f"goes on with `{word}`"
        case _:
            return "goes on"
