"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, IdPart, Project, Step, Workflow

from ._text import sentence, short


def check(project: Project) -> Iterator[Finding]:
    """Yield IDs made from the index of a collection that was read in the body."""
    for workflow, step in project.steps():
        part = next((each for each in step.id_parts if each.kind == "index" and not each.stable), None)
        if part is not None:
            yield _finding(workflow, step, part)


def _finding(workflow: Workflow, step: Step, part: IdPart) -> Finding:
    collection = f"`{short(part.over, 24)}`" if part.over else "a collection read in the body"
    return Finding(
        message=sentence(
            f"step ID `{short(step.label, 30)}`",
            f"counts {collection}: element {{i}} of a replay may be another one",
            f"counts {collection}, which may change",
        ),
        place=step.id_place or step.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        label="another element gets this memo",
        hint="read the collection in a step, and build the ID from a key of the element",
        confidence=step.confidence,
        subject=step.label,
    )
