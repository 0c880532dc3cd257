"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from steplint.api import Finding, Project

from ._attempts import attempts
from ._options import texts
from ._text import shown
from ._traces import once, way


def check(project: Project) -> Iterator[Finding]:
    """Yield calls that the configuration names and that lack an idempotency key."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    calls = texts(project, "calls")
    keys = frozenset(texts(project, "keys"))
    for attempt in attempts(project):
        for effect in attempt.effects:
            if not any(fnmatchcase(effect.api, call) for call in calls) or keys & set(effect.keywords):
                continue
            yield Finding(
                f"`{shown(effect.api)}` in {attempt.name} has no idempotency key",
                effect.place,
                workflow=attempt.workflow.id,
                dialect=attempt.workflow.dialect,
                step=attempt.label,
                label="executed at least once: a lost response does it twice",
                trace=way(effect.trail),
                hint=f"pass `{min(keys)}`, derived from the run: it must be the same at each attempt" if keys else "",
                confidence=effect.confidence,
                subject=effect.api,
            )
