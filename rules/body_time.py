"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Fix, Project, Workflow

from ._sources import Words, callee, direct, value_findings
from ._wrap import Around, step_around, written

_WORDS = Words("reads another time", standin="time", step="read-clock")


def check(project: Project) -> Iterator[Finding]:
    """Yield clock reads of a replayed body."""
    for _, finding in value_findings(project, ("time",), _WORDS, _fix):
        yield finding


def _fix(project: Project, workflow: Workflow, effect: Effect) -> Fix | None:
    dialect = project.dialect(workflow)
    name = callee(effect).rpartition(".")[2] if not direct(effect) else "read-clock"
    if not effect.api.startswith("datetime.") or dialect.output == "pickle":
        return step_around(dialect, workflow, effect, name)
    # A datetime does not survive JSON; its ISO text does.
    kind = written(effect)
    if not kind:
        return None
    return step_around(dialect, workflow, effect, name, Around(("", ".isoformat()"), (f"{kind}.fromisoformat(", ")")))
