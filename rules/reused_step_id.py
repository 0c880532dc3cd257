"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, reported, ways
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield every ID that was removed before and is used again."""
    for change in reported(project, "reused"):
        what = new(change) if change.new is not None else f"workflow `{short(change.workflow)}`"
        subject = f"{what} was removed before and is used again:"
        does = "an old run returns the memo of the removed step" if change.verdict == "stale" else consequence(change)
        hint = f"use an ID that no run has recorded; {ways(change)}"
        yield finding(project, change, subject, does, hint=hint)
