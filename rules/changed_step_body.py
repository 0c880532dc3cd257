"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import finding, new, reported
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield every published step whose callable or body changed, and bodies that pin their runs."""
    for change in reported(project, "rebodied", "unpinned"):
        if change.kind == "unpinned":
            subject = f"the body of `{short(change.workflow)}` changed and its version is not pinned:"
            does = "runs in flight stay pending"
            hint = "pin `application_version`, or set `version-pinned = true` if it is pinned elsewhere"
            yield finding(project, change, subject, does, hint=hint, at="unpinned")
            continue
        subject = f"the body of published step {new(change)} changed:"
        yield finding(project, change, subject, "completed steps keep the result of the old code")
