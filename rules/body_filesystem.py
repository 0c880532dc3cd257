"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Project

from ._operations import covered, operation_finding, operations


def check(project: Project) -> Iterator[Finding]:
    """Yield file-system access in a replayed body."""
    for each in operations(project, ("fs", "fs-order"), lambda effect: not _within_open(effect)):
        if not covered(each.workflow, each.effect):
            yield operation_finding(project, each, _what(each.effect))


def _within_open(effect: Effect) -> bool:
    """Return whether ``effect`` works on a file that a `with` opened, which is reported itself."""
    return any(frame.kind == "with" and frame.resource == "file" for frame in effect.inside)


def _what(effect: Effect) -> str:
    if effect.kind == "fs-order":
        return "lists files"
    return "writes files" if effect.mode == "write" else "reads files"
