"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Fix, Project, Workflow

from ._sources import Words, value_findings
from ._wrap import step_around

_WORDS = Words("reads another time", standin="time", step="read-clock")


def check(project: Project) -> Iterator[Finding]:
    """Yield clock reads of a replayed body."""
    for _, finding in value_findings(project, ("time",), _WORDS, _fix):
        yield finding


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    dialect = project.dialect(workflow)
    # A datetime does not survive JSON, and only its author knows which text suits the code that follows.
    if effect.api.startswith("datetime.") and dialect.output != "pickle":
        return None
    return step_around(dialect, workflow, effect, "read-clock")
