"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import covered, operation_finding, operations
from ._sources import changes


def check(project: Project) -> Iterator[Finding]:
    """Yield reads of network and databases in a replayed body; what changes the world is `effect-outside-step`."""
    for each in operations(project, ("network", "database"), lambda effect: not changes(effect)):
        if not covered(each.workflow, each.effect):
            what = "asks a database" if each.effect.kind == "database" else "talks to the network"
            yield operation_finding(project, each, what)
