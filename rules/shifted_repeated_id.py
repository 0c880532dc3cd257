"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import finding, new, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every call that was added, removed or moved before another call of the same ID."""
    for change in reported(project, "shifted"):
        known = change.old.occurrence if change.old is not None else 0
        subject = f"the calls of {new(change)} changed:"
        does = f"the memo of one call goes to another, from occurrence {known} on"
        if change.confidence != "high":
            does = "their callables are equal, so a memo may go to another call"
        hint = f"give each call an ID of its own before runs have recorded it; {ways(change)}"
        yield finding(project, change, subject, does, "runs in flight receive another memo", hint=hint)
