"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Fix, Project, Workflow

from ._sources import Words, callee, direct, value_findings
from ._wrap import Around, step_around, written

_WORDS = Words("generates another ID", standin="uuid", step="generate-id")


def check(project: Project) -> Iterator[Finding]:
    """Yield identifiers generated in a replayed body."""
    for _, finding in value_findings(project, ("uuid",), _WORDS, _fix):
        yield finding


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    dialect = project.dialect(workflow)
    if not direct(effect):
        return step_around(dialect, workflow, effect, callee(effect).rpartition(".")[2])
    if dialect.output != "json" or not effect.api.startswith("uuid."):
        return step_around(dialect, workflow, effect, "generate-id")
    # A UUID does not survive JSON; its text does.
    module = written(effect)
    outer = (f"{module}.UUID(", ")") if module else ("", "")
    return step_around(dialect, workflow, effect, "generate-id", Around(("str(", ")"), outer))
