"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._text import sentence, short


def check(project: Project) -> Iterator[Finding]:
    """Yield IDs that contain only a part of a key."""
    for workflow, step in project.steps():
        part = next((each for each in step.id_parts if each.kind == "slice"), None)
        if part is None:
            continue
        cut = f"`{short(part.text, 30)}`" if part.text else "a cut key"
        yield Finding(
            message=sentence(f"step ID `{short(step.label, 30)}`", f"holds only a part of a key, {cut}"),
            place=step.id_place or step.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label="keys that begin alike become one ID",
            hint="use the whole key, or a digest of it",
            confidence=step.confidence,
            subject=step.label,
        )
