"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import changes, covered, held, operation_finding
from ._sources import sources


def check(project: Project) -> Iterator[Finding]:
    """Yield reads of network and databases in a replayed body; what changes the world is `effect-outside-step`."""
    for workflow, effect in sources(project, "network", "database"):
        if effect.mode != "opens" and not (changes(effect) or covered(workflow, effect) or held(workflow, effect)):
            what = "asks a database" if effect.kind == "database" else "talks to the network"
            yield operation_finding(project, workflow, effect, what)
