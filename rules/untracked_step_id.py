"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project, Step


def check(project: Project) -> Iterator[Finding]:
    """Yield IDs without any literal text, which the lock cannot record."""
    for workflow, step in project.steps():
        if _untracked(step):
            yield Finding(
                message="the lock cannot record this step ID, so a rename here stays unseen",
                place=step.id_place or step.place,
                workflow=workflow.id,
                dialect=workflow.dialect,
                step=step.label,
                label="no literal text",
                hint='write a literal, a constant, or an f-string with a literal prefix: `f"load-item-{key}"`',
                confidence=step.confidence,
            )


def _untracked(step: Step) -> bool:
    if step.id is not None or step.id_source in ("fixed", "missing", "name"):
        return False
    return step.template is None or not step.template.replace("{}", "").strip()
