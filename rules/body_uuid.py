"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Fix, Project, Workflow

from ._sources import Words, callee, value_findings
from ._wrap import step_around

_WORDS = Words("generates another ID", standin="uuid", step="generate-id")


def check(project: Project) -> Iterator[Finding]:
    """Yield identifiers generated in a replayed body."""
    for _, finding in value_findings(project, ("uuid",), _WORDS, _fix):
        yield finding


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    dialect = project.dialect(workflow)
    called = len(effect.trail) > 1
    # A UUID is no JSON; what a function of the project returns is for its author to say.
    text = ("str(", ")") if dialect.output == "json" and not called else ("", "")
    name = callee(effect).rpartition(".")[2] if called else "generate-id"
    return step_around(dialect, workflow, effect, name, convert=text)
