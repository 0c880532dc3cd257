"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every published ID that stands for another kind of operation now."""
    for change in reported(project, "rekinded"):
        before = change.old.kind if change.old is not None else ""
        after = change.new.kind if change.new is not None else ""
        subject = f"published step {new(change)} was `{before}` and is `{after}`:"
        does = "the memo has another shape" if change.verdict == "stale" else consequence(change)
        yield finding(project, change, subject, does, hint=f"use a new ID; {ways(change)}")
