"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Effect, Finding, Note, Project, Use

from ._attempts import called, writes
from ._text import least, sentence, short, shown
from ._traces import once, way

# SL501 and SL502 report these, with what they do to the effect.
_ELSEWHERE = frozenset({"random", "uuid", "shared-rng", "time"})
_DRAWS = frozenset({"hash", "host"})


def check(project: Project) -> Iterator[Finding]:
    """Yield values that a step generates, sends and returns."""
    yield from once(_findings(project))


def _findings(project: Project) -> Iterator[Finding]:
    for workflow, step, effect in project.step_effects():
        used = _use(effect)
        if used is None:
            continue
        yield Finding(
            sentence(f"step `{short(step.label)}`", f"draws a value from `{called(effect)}`, sends it and returns it"),
            effect.place,
            workflow=workflow.id,
            dialect=workflow.dialect,
            step=step.label,
            label="only a successful attempt is memoized: a retry draws another one",
            trace=way(effect.trail),
            notes=(Note(used.place, f"`{shown(used.api)}` sends it" if used.api else "sent here"),),
            hint="generate it in one step, and use it in the next",
            confidence=least(effect.confidence, used.confidence),
            subject=effect.api,
        )


def _use(effect: Effect) -> Use | None:
    if effect.kind in _ELSEWHERE or effect.level == "off" or not (effect.kind in _DRAWS or writes(effect)):
        return None
    if not any(use.role == "returned" for use in effect.uses):
        return None
    return next((use for use in effect.uses if use.role == "effect-argument" and use.slot != "trace"), None)
