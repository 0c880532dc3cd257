"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, old, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every published step that is gone and has one likely successor."""
    for change in reported(project, "renamed"):
        hint = f"put {old(change)} back if it is the same step; {ways(change)}" if change.commands else ""
        subject = f"published step {old(change)} looks renamed to {new(change)}:"
        yield finding(project, change, subject, consequence(change), "runs again or fails at replay", hint=hint)
