"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import executions
from ._sources import sources, trace
from ._text import sentence, shown


def check(project: Project) -> Iterator[Finding]:
    """Yield `print` and plain loggers in a replayed body, unless nothing replays after them."""
    for workflow, effect in sources(project, "log"):
        if effect.tail:
            continue
        yield Finding(
            message=sentence(f"`{shown(effect.api)}`", f"in the body writes {executions(project, workflow)}"),
            place=effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            level=effect.level,
            label="written again at every replay",
            trace=trace(effect),
            hint="use the logger of the context, which knows about replay, or log inside a step",
            confidence=effect.confidence,
            subject=effect.api,
        )
