"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Project, Workflow

from ._operations import operations
from ._sources import elsewhere, trace
from ._text import sentence, shown


def check(project: Project) -> Iterator[Finding]:
    """Yield threads, executors and races of a replayed body, where `engine-unsafe-parallelism` does not speak."""
    for workflow, effect, others in operations(project, ("concurrency",), lambda effect: True):
        if _told_elsewhere(project, workflow, effect):
            continue
        yield Finding(
            message=sentence(
                f"`{shown(effect.api)}`",
                "runs code beside the body: which part ends first is not recorded",
                "runs code beside the body, in an order that is not recorded",
                "runs code beside the body",
            ),
            place=effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            level=effect.level,
            label="a replay may continue with the other one",
            trace=trace(effect),
            notes=(
                *(Note(other.origin, f"the same call reaches `{shown(other.api)}`") for other in others[:3]),
                *elsewhere(effect),
            ),
            hint=_hint(project.dialect(workflow).standin.parallel),
            confidence=effect.confidence,
            subject=effect.api,
        )


def _told_elsewhere(project: Project, workflow: Workflow, effect: Effect) -> bool:
    refused = project.dialect(workflow).unordered
    names = {effect.api, effect.api.rpartition(".")[2]}
    return any(
        frame.kind in ("combinator", "with") and frame.name in refused and frame.name in names
        for step in workflow.steps
        for frame in step.inside
        if frame.place == effect.place or frame.kind == "with"
    )


def _hint(parallel: str) -> str:
    own = f"run steps together with `{parallel}`" if parallel and "`" not in parallel else parallel
    inside = "do it inside one step"
    return f"{own}, or {inside}" if own else inside
