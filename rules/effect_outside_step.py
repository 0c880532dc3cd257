"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import operation_finding, operations
from ._sources import changes


def check(project: Project) -> Iterator[Finding]:
    """Yield changes of the world in a replayed body, outside every step."""
    for each in operations(project, ("write", "network", "database"), changes):
        yield operation_finding(project, each, "changes the world")
