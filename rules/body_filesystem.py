"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import covered, held, operation_finding
from ._sources import sources


def check(project: Project) -> Iterator[Finding]:
    """Yield file-system access in a replayed body; one finding per call that lists and is unordered too."""
    listed = set[object]()
    for workflow, effect in sources(project, "fs", "fs-order"):
        site = (workflow.id, effect.place)
        if effect.mode == "opens" or site in listed or covered(workflow, effect) or held(workflow, effect):
            continue
        listed.add(site)
        yield operation_finding(project, workflow, effect, _what(effect.mode, effect.kind))


def _what(mode: str, kind: str) -> str:
    if kind == "fs-order":
        return "lists files"
    return "writes files" if mode == "write" else "reads files"
