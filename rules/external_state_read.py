"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Note, Project

from ._sources import elsewhere, operation, sources, trace
from ._text import least, line, sentence, shown


def check(project: Project) -> Iterator[Finding]:
    """Yield branches over steps that read mutable state of the process, or context members that change."""
    for workflow, effect in sources(project, "state"):
        use = next((each for each in effect.uses if each.role == "control"), None)
        if use is None:
            continue
        step = operation(workflow, use.step)
        name = shown(effect.receiver or effect.api)
        decides = use.decides or "which steps run"
        yield Finding(
            message=sentence(f"`{name}`, state of this process,", f"decides {line(use.place, effect.place)} {decides}"),
            place=effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label if step else "",
            flow=use.role,
            level=effect.level,
            label="lives in this process only",
            trace=trace(effect),
            notes=(Note(use.place, "after a restart the other path is taken here"), *elsewhere(effect)),
            hint="read it in a step, or keep it in a store that every worker sees",
            confidence=least(effect.confidence, use.confidence),
            subject=effect.api,
        )
