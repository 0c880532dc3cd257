"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every new step before a published one, in a workflow whose identity is the order."""
    for change in reported(project, "inserted"):
        subject = f"new step {new(change)} stands before published steps:"
        does = consequence(change) if change.gate else "every later position shifts by one"
        hint = f"append it behind the last published step; {ways(change)}"
        yield finding(project, change, subject, does, hint=hint)
