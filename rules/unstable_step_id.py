"""See the page beside this file."""

from __future__ import annotations

from collections.abc import Iterator

from steplint.api import Dialect, Effect, Finding, Note, Place, Project, Step, Use, Workflow

from ._sources import environment, operation, sources, trace, within_id
from ._text import least, line, sentence, short, shown

_ANYWHERE = ("import", "shared-rng", "state")
"""Kinds whose own rules are not in the default set, so that this rule speaks wherever the source stands."""

_KINDS = ("time", "random", "uuid", "host", "hash", "order", *_ANYWHERE)


def check(project: Project) -> Iterator[Finding]:
    """Yield step IDs that differ between two executions of the body."""
    for workflow, effect in sources(project, *_KINDS):
        seen = set[int]()
        for use in effect.uses:
            step = operation(workflow, use.step)
            if use.role != "identity" or environment(effect) or step is None or step.position in seen:
                continue
            if effect.kind in _ANYWHERE or within_id(workflow, effect, use):
                seen.add(step.position)
                yield _finding(project.dialect(workflow), workflow, step, effect, use)


def _finding(dialect: Dialect, workflow: Workflow, step: Step, effect: Effect, use: Use) -> Finding:
    place = step.id_place or step.place
    source = f"`{short(effect.expression or shown(effect.api))}`"
    where = f" {line(effect.place, place)}" if effect.place.span.line != place.span.line else ""
    return Finding(
        message=sentence(
            f"the ID of step `{short(step.label)}`", f"differs at every replay: it comes from {source}{where}"
        ),
        place=place,
        workflow=workflow.id,
        dialect=workflow.dialect,
        step=step.label,
        flow="identity",
        label=_label(dialect),
        trace=trace(effect),
        notes=_notes(effect, place, source),
        hint="build the ID from the event, a loop counter or a memoized result",
        confidence=least(effect.confidence, use.confidence),
        subject=f"{step.label} {effect.api}",
    )


def _notes(effect: Effect, place: Place, source: str) -> tuple[Note, ...]:
    inside = effect.place.path == place.path and place.span.contains(effect.place.span)
    return () if inside else (Note(effect.place, f"{source} is read here"),)


def _label(dialect: Dialect) -> str:
    if dialect.family == "keyed":
        return "the memo is never found: the step runs at every replay"
    if "name" in dialect.checks:
        return "replay compares names: the run fails"
    return "a replay shows another name than the one recorded"
