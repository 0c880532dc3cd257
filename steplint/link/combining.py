"""Operations that run together: combinators, tasks, and what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from steplint.link import bodies, calls, entering, expressions
from steplint.link.events import TaskEvent
from steplint.link.values import (
    Abstract,
    Function,
    Given,
    Partial,
    Sequence,
)
from steplint.model.graph import Frame

if TYPE_CHECKING:
    from steplint.link.calls import Site


def combine(site: Site, name: str, given: tuple[Given, ...]) -> Abstract:
    """Return the results of operations that run together; their frames name the combinator."""
    walk = site.walk
    results: list[Abstract] = []
    arm = 0
    partials = {inner.call for each in given for inner in flattened(each.value) if isinstance(inner.thing, Partial)}
    for each in given:
        repeated = repeats(site, each.value)
        for inner in flattened(each.value):
            arm += 1
            frame = Frame(kind="combinator", place=site.place, name=name, arm=arm)
            if isinstance(inner.thing, Function | Partial):
                deferred = Frame(kind="deferred", place=site.place, name=deferred_name(site, inner, name))
                mark = len(walk.out.events)
                own = own_site(site, inner) if len(partials) > 1 else site
                results.append(entering.enter(own, inner, (), frame, *repeated, deferred))
                bodies.note_late(site, inner, walk.steps_since(mark))
            else:
                for step in inner.pending:
                    if frame not in step.frames:
                        step.frames = (*step.frames, frame)
                    step.stored = True
                results.append(inner)
    steps = tuple(step for each in results for step in each.pending)
    if walk.linker.apis.spawns(name) and steps and not walk.silent:
        awaited = site.call.consumed == "await"
        walk.out.tasks.append(TaskEvent(site.place, name, steps, awaited))
    values = [each.having(pending=()) for each in results]
    made = expressions.display("listcomp" if len(values) == 1 else "tuple", values)
    durable_results = bool(steps) or any(each.nature == "memo" for each in values)
    single = walk.linker.apis.spawns(name) or name.rpartition(".")[2] in ("shield", "wait_for")
    if single and values:
        return values[0].having(pending=steps if site.call.consumed != "await" else (), nature="memo" if steps else "")
    return made.having(
        nature="memo" if durable_results else made.nature,
        pending=steps if site.call.consumed != "await" else (),
    )


def own_site(site: Site, value: Abstract) -> Site:
    """Return the call that a `partial` stands for: two of them in one combinator are two operations."""
    walk, thing = site.walk, value.thing
    known = walk.results.get(value.call) if value.call is not None else None
    if not isinstance(thing, Partial) or value.call is None or known is None or known.thing is not thing:
        return site
    written = replace(walk.function.calls[value.call], consumed=site.call.consumed)
    made = calls.Site(walk, value.call, written, value, ())
    made.path = thing.target.text or site.path
    return made


def deferred_name(site: Site, value: Abstract, otherwise: str) -> str:
    """Return what a deferred callable is: "<lambda>", or the name of what runs it."""
    thing = value.thing
    if isinstance(thing, Function):
        unit = site.walk.linker.modules.units[thing.path]
        return "<lambda>" if unit.function(thing.index).kind == "lambda" else otherwise
    return otherwise


def repeats(site: Site, value: Abstract) -> tuple[Frame, ...]:
    """Return the frame of a comprehension whose elements are callables that run once for each turn."""
    thing = value.thing
    if not isinstance(thing, Sequence):
        return ()
    if thing.kind in ("listcomp", "generator", "setcomp"):
        return (Frame(kind="comprehension", place=site.place),)
    return tuple(frame for each in thing.items for frame in repeats(site, each))[:1]


def flattened(value: Abstract, depth: int = 3) -> list[Abstract]:
    """Return the items of nested displays."""
    if depth and isinstance(value.thing, Sequence):
        return [inner for each in value.thing.items for inner in flattened(each, depth - 1)]
    return [value]
