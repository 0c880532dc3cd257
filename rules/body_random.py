"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Fix, Project, Workflow

from ._sources import Words, callee, direct, value_findings
from ._wrap import step_around

_WORDS = Words("draws another value", standin="random", step="draw-value")


def check(project: Project) -> Iterator[Finding]:
    """Yield random values drawn in a replayed body."""
    for _, finding in value_findings(project, ("random",), _WORDS, _fix):
        yield finding


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    name = callee(effect).rpartition(".")[2] if not direct(effect) else "draw-value"
    return step_around(project.dialect(workflow), workflow, effect, name)
