"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project, Step, StepForm, Workflow

from ._sources import form_of
from ._text import short

_UNNAMED = ("sleep", "state", "patch")
"""Kinds whose position says enough: nobody looks for the result of a timer."""


def check(project: Project) -> Iterator[Finding]:
    """Yield steps whose identity is a position or the name of a lambda, where a name could be given."""
    for workflow, step in project.steps():
        form = form_of(project.dialect(workflow), step)
        if form is None or step.kind in _UNNAMED or not _nameable(form):
            continue
        if step.id_source == "missing":
            yield _finding(
                workflow, step, f"step {step.position + 1} has no name: a diff knows its position only", form
            )
        elif step.id_source == "name" and step.id and "<" in step.id:
            yield _finding(workflow, step, f"the step's name is `{short(step.id)}`, which moving it changes", form)


def _finding(workflow: Workflow, step: Step, message: str, form: StepForm) -> Finding:
    keyword = next((each for each in form.id if isinstance(each, str) and each.isidentifier()), "")
    return Finding(
        message=message,
        place=step.place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        label="unnamed",
        hint=f'give it a name: `{keyword}="..."`' if keyword else "give it a name",
        confidence=step.confidence,
        subject=step.body.call if step.body else step.form,
    )


def _nameable(form: StepForm) -> bool:
    return any(isinstance(each, int) or not each.startswith(("@", "=")) for each in form.id)
