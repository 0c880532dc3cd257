"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._operations import covered, operation_finding, operations, position
from ._sources import Words, value_findings

_WORDS = Words("reads another value", step="read-host")


def check(project: Project) -> Iterator[Finding]:
    """Yield subprocesses and signals of a replayed body, and reads of process and host state by where they go."""
    for each in operations(project, ("process",), lambda effect: True):
        if not covered(each.workflow, each.effect):
            level = position(each.effect) or "process"
            yield operation_finding(project, each, "starts or signals a process", level=level)
    for _, finding in value_findings(project, ("host",), _WORDS):
        yield finding
