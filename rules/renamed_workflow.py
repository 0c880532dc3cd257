"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, reported, ways
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield every published workflow that is gone."""
    for change in reported(project, "workflow-renamed", "workflow-removed"):
        named_now = f", `{short(change.successor)}` looks like its successor" if change.successor else ""
        subject = f"published workflow `{short(change.workflow)}` is gone{named_now}:"
        hint = f"register the old ID until its runs have ended; {ways(change)}"
        yield finding(
            project,
            change,
            subject,
            f"its {change.note} may be memoized, and no code is left",
            consequence(change),
            hint=hint,
        )
