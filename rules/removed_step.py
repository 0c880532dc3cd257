"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, old, reported, ways
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield every published step that is gone without a likely successor."""
    for change in reported(project, "removed"):
        hint = f"put it back; {ways(change)}" if change.commands else ""
        subject = f"published step {old(change)} is gone from `{short(change.workflow)}`:"
        later = "later values shift" if change.family == "positional-unchecked" else consequence(change)
        yield finding(project, change, subject, later, hint=hint)
