"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Finding, Project

from ._changes import consequence, finding, new, old, reported, ways


def check(project: Project) -> Iterator[Finding]:
    """Yield every published literal ID that became a template, or the reverse."""
    for change in reported(project, "retemplated", "expression"):
        if change.kind == "expression":
            subject = f"what fills {new(change)} changed:"
            yield finding(project, change, subject, "a step whose text differs now runs again", at="expression")
            continue
        subject = f"published step {old(change)} became {new(change)}:"
        stops = f"every recorded key of {old(change)} stops matching"
        does = stops if change.verdict == "reruns" else consequence(change)
        hint = f"keep {old(change)} for the runs that know it; {ways(change)}"
        yield finding(project, change, subject, does, consequence(change), hint=hint)
