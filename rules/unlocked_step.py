"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import finding, new, reported
from ._text import short


def check(project: Project) -> Iterator[Finding]:
    """Yield every step, workflow or record that the lock has not."""
    for change in reported(project, "unlocked"):
        what = f"step {new(change)}" if change.new is not None else f"workflow `{short(change.workflow)}`"
        subject = f"{what} is not in the lock:" if not change.note else f"{change.note}:"
        hint = "run `steplint lock`"
        at = "required" if change.required else "info"
        yield finding(
            project, change, subject, "its memo is not guarded yet" if not change.note else hint, hint=hint, at=at
        )
