"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from steplint.api import Finding, Note, Project, Swallow

from ._attempts import way
from ._options import texts
from ._sources import short


def check(project: Project) -> Iterator[Finding]:
    """Yield handlers in steps that turn every failure into a result."""
    cleanup = texts(project, "cleanup-steps")
    for workflow, step, body in project.bodies():
        if any(fnmatchcase(step.label, pattern) for pattern in cleanup):
            continue
        for swallow in body.handlers:
            if swallow.handler.reraises:
                continue
            what = f"`{_caught(swallow)}` {_outcome(swallow)}"
            yield Finding(
                f"step `{short(step.label)}` stores its failure as its result: {what}",
                swallow.handler.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                level=swallow.scope,
                label="never retried, and every replay returns this result",
                trace=way(swallow.trail),
                notes=(Note(step.place, f"step `{step.label}`"),),
                hint="let it raise, so that the engine retries, and handle the failed step in the body",
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
