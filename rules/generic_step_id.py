"""See the page beside this file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steplint.api import Finding, Project

from ._text import sentence, short

_NUMBER = r"(\d+|one|two|three|four|five|six|seven|eight|nine|ten|first|second|third|last)"
_WORD = (
    r"(steps?|stages?|tasks?|phases?|parts?|runs?|actions?|ops?|operations?|jobs?|activity|activities|calls?|fn|func"
    r"|functions?|process|do|exec|execute|work|main|test|tmp|temp|foo|bar|baz|handler)"
)
_ALONE = r"(step|stage|task|foo|bar|baz|tmp|temp|test)"
_GENERIC = re.compile(rf"{_WORD}[-_ .]?{_NUMBER}|{_ALONE}|[a-z]|\d+", re.IGNORECASE)


def check(project: Project) -> Iterator[Finding]:
    """Yield step IDs that are a placeholder: a number, one letter, or a word such as `step` with a number."""
    for workflow, step in project.steps():
        if step.id is None or step.id_source in ("fixed", "missing") or not _GENERIC.fullmatch(step.id):
            continue
        if step.kind == "state":  # the key of a value, not the name of work
            continue
        named = step.id_source == "name"
        published = step.id in project.published(workflow)
        yield Finding(
            message=sentence(
                f"step {'name' if named else 'ID'} `{short(step.id)}`",
                "does not say what the step does: a run's history cannot be read",
            ),
            place=step.id_place or step.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            level="published" if published else "",
            label="a placeholder",
            hint="published already: renaming it now is a change for runs in flight"
            if published
            else "name it after what it does, before it is deployed",
            subject=step.id,
        )
