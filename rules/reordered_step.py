"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every published step that changed its place in a workflow whose identity is the order."""
    for change in reported(project, "reordered"):
        position = change.old.position if change.old is not None else 0
        stops = f"runs in flight stop matching at position {position}"
        does = consequence(change) if change.verdict == "swaps" else stops
        hint = f"keep the order, or append the step; {ways(change)}"
        yield finding(project, change, f"published step {new(change)} moved:", does, hint=hint)
