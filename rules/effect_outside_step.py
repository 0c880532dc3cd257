"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import changes, operation_finding
from ._sources import sources


def check(project: Project) -> Iterator[Finding]:
    """Yield changes of the world in a replayed body, outside every step."""
    seen = set[object]()
    for workflow, effect in sources(project, "write", "network", "database"):
        site = (workflow.dialect, workflow.id, effect.place)
        if changes(effect) and site not in seen:
            seen.add(site)
            yield operation_finding(project, workflow, effect, "changes the world")
