"""Sources and operations as rules see them: effects with their uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from steplint.knowledge.apis import Apis
from steplint.link.events import Outcome, Source, Spent, StepEvent
from steplint.model.graph import Effect, Use


def effects_of(
    outcome: Outcome,
    apis: Apis,
    positions: Mapping[StepEvent, int] | None = None,
    tail: Callable[[int], tuple[bool, bool]] | None = None,
) -> tuple[Effect, ...]:
    """Return the effects of an outcome in order; ``tail`` says of an event whether steps follow and come before."""
    found = []
    for index, event in enumerate(outcome.events):
        if isinstance(event, Source):
            ends, before = tail(index) if tail is not None else (False, False)
            found.append(effect(event, apis, positions or {}, ends, before))
    return tuple(found)


def effect(source: Source, apis: Apis, positions: Mapping[StepEvent, int], tail: bool, before: bool) -> Effect:
    """Return one effect."""
    uses: dict[Use, None] = {}
    for each in source.uses:
        if source.kind == "time" and each.name and apis.clock_ok(each.name):
            continue
        uses[used(each, apis, positions)] = None
    return Effect(
        kind=source.kind,
        api=source.api,
        place=source.site,
        origin=source.origin,
        trail=source.trail,
        uses=tuple(sorted(uses, key=lambda each: (each.place, each.role, each.name))),
        inside=source.frames,
        level=source.level,  # type: ignore[arg-type]
        confidence=source.confidence,
        tail=tail,
        before=before,
        receiver=source.receiver,
        argument=source.argument,
        mode=source.mode,  # type: ignore[arg-type]
        keywords=source.keywords,
        consumed=source.consumed,
        expression=source.expression,
    )


def used(spent: Spent, apis: Apis, positions: Mapping[StepEvent, int]) -> Use:
    """Return one use with the position of its step."""
    return Use(
        role=spent.role,
        place=spent.place,
        step=positions.get(spent.step) if spent.step is not None else None,
        name=spent.name,
        slot=slot(spent.name, apis),
        api=spent.api,
        verb=spent.verb,
        decides=spent.decides,
        via=spent.via,
        duration=spent.duration,
        confidence=spent.confidence,
    )


def slot(name: str, apis: Apis) -> Literal["", "key", "clock", "trace"]:
    """Return what an argument's name says of its meaning."""
    if not name:
        return ""
    if apis.trace_header(name):
        return "trace"
    if apis.key_like(name):
        return "key"
    return "clock" if apis.clock_like(name) else ""
