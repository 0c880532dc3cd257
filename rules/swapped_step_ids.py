"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, old, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every two published IDs that exchanged their callables."""
    for change in reported(project, "swapped"):
        subject = f"published step IDs {old(change)} and {new(change)} changed places:"
        returns = "each step returns the other's recorded result"
        does = returns if change.verdict == "swaps" else consequence(change)
        hint = f"give each step the ID that it had; {ways(change)}"
        yield finding(project, change, subject, does, "memos are exchanged", hint=hint)
