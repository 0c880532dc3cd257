"""Functions of the project: entered with what is known of their arguments, their outcome spliced in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from steplint.link import calls, durable, expressions, judging
from steplint.link.events import Splice, StepEvent, TaskEvent
from steplint.link.program import last_name
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Class,
    Context,
    Function,
    Given,
    Instance,
    Object,
    Partial,
    Sequence,
    deps_of,
    tags_of,
)
from steplint.model.graph import Frame, Hop
from steplint.model.value import Group, Result

if TYPE_CHECKING:
    from steplint.link.calls import Site


def construct(site: Site, thing: Class, given: tuple[Given, ...]) -> Abstract:
    """Return an instance of a project class, its constructor entered."""
    walk = site.walk
    made = walk.linker.instance(thing)
    values = [each.value for each in given]
    if not isinstance(made.thing, Object):
        return made.having(tags=tags_of(values), deps=deps_of(values))
    unit = walk.linker.modules.units[thing.path]
    fields = made.thing.fields
    names_in_order = [
        statement.targets[0]
        for statement in unit.function(unit.class_(thing.index).body).statements
        if statement.annotation is not None and len(statement.targets) == 1
    ]
    at = 0
    for each in given:
        if each.keyword is None and at < len(names_in_order):
            fields[names_in_order[at]] = each.value
            at += 1
        elif each.keyword and each.keyword[0] != "*":
            fields[each.keyword] = each.value
    init = calls.class_method(site, made, "__init__")
    if init is not None:
        function_call(site, init, init.thing, given)  # type: ignore[arg-type]
    return made.having(tags=tags_of(values), deps=deps_of(values), text=site.path, nature="fresh")


def function_call(site: Site, callee: Abstract, thing: Function, given: tuple[Given, ...]) -> Abstract:
    """Return what a function of the project gives: a step if it is decorated as one, else its outcome spliced in."""
    walk = site.walk
    linker = walk.linker
    if walk.zone != "outside":
        match = durable.decorated(linker, thing, walk.dialect)
        if match is not None and walk.zone == "body":
            return durable.decorated_call(site, match, thing, given)
        if durable.is_factory(linker, thing, walk.dialect):
            values = [each.value for each in given]
            made = callee.having(thing=Function(thing.path, thing.index, thing.env, thing.bound, (), thing.owner))
            return Abstract(Partial(made, given, late=True), tags=tags_of(values), deps=deps_of(values), text=site.path)
    unit = linker.modules.units.get(thing.path)
    if thing.verb:
        return judging.spent_unknown(site, given, site.tags(), site.path)
    if unit is None:
        return judging.spent_unknown(site, given, site.tags(), site.path)
    definition = unit.function(thing.index)
    arguments = arguments_of(site, thing, given)
    pragma = durable.promises(unit, thing.index)
    if "deterministic" in pragma:
        return Abstract(tags=frozenset(), deps=deps_of([each.value for each in given]), nature="event")
    if definition.generator and walk.zone == "outside":
        return UNKNOWN
    outcome = linker.interpret(thing, arguments, walk.zone, walk.dialect)
    if outcome.cut:
        walk.uncertain.add(site.index)
        walk.out.pure = False
        return Abstract(tags=tags_of([each.value for each in given]), deps=deps_of([each.value for each in given]))
    walk.out.pure = walk.out.pure and outcome.pure
    walk.entered[site.index] = outcome.pure and not outcome.events
    if outcome.raises:
        walk.uncertain.add(site.index)
    hop = Hop(site.place, walk.title(), site.path or last_name(definition.name))
    splice = Splice(outcome, hop, site.frames(), arguments, walk.sources)
    events = splice.run()
    value = splice.value(outcome.returns)
    if thing.bound is not None and "self" in outcome.slots:
        value = value.having(tags=value.tags)
    if not walk.silent:
        for each in events:
            walk.record(each)
        walk.out.unresolved.extend(outcome.unresolved)
        for task in outcome.tasks:
            moved = tuple(step for step in (splice.step(each) for each in task.steps) if step is not None)
            walk.out.tasks.append(TaskEvent(task.place, task.api, moved, task.awaited))
        walk.out.nested.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.nested)
        walk.out.loops.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.loops)
        if is_tail(site):
            walk.out.swallows.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.swallows)
        for write in outcome.writes:
            walk.out.writes.append(replace(write, trail=(hop, *write.trail)))
    steps = tuple(each for each in events if isinstance(each, StepEvent))
    # The coroutine of an async function happens when it is awaited: its steps wait with it.
    if definition.kind == "async" and site.call.consumed != "await":
        value = value.having(pending=steps)
    if definition.generator:
        value = value.having(thing=None)
    return value.having(call=None)


def is_tail(site: Site) -> bool:
    """Return whether the function returns just this call."""
    statement = site.walk.function.statements[site.call.statement] if site.call.statement >= 0 else None
    if statement is None or statement.kind != "return":
        return False
    value = statement.value
    while isinstance(value, Group) and value.kind == "await":
        value = value.items[0]
    return isinstance(value, Result) and value.call == site.index


def arguments_of(site: Site, thing: Function, given: tuple[Given, ...]) -> dict[str, Abstract]:
    """Return the arguments of a call by the names of the parameters."""
    unit = site.walk.linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    parameters = list(definition.parameters)
    found: dict[str, Abstract] = {}
    if thing.bound is not None and parameters and not site.walk.linker.is_static(unit, thing.index):
        found[parameters[0].name] = thing.bound
        parameters = parameters[1:]
    positional = [each for each in parameters if each.kind in ("positional", "normal")]
    rest = next((each.name for each in parameters if each.kind == "variadic"), "")
    names = {each.name for each in parameters}
    at = 0
    surplus: list[Abstract] = []
    for each in given:
        if each.keyword is None:
            if at < len(positional):
                found[positional[at].name] = each.value
                at += 1
            else:
                surplus.append(each.value)
        elif each.keyword == "*":
            items = each.value.thing.items if isinstance(each.value.thing, Sequence) else (each.value,)
            surplus.extend(items)
        elif each.keyword in names:
            found[each.keyword] = each.value
    if rest and surplus:
        found[rest] = expressions.display("tuple", surplus)
    return found


def run_callables(site: Site, given: tuple[Given, ...]) -> None:
    """Enter functions handed to a call that may run them: lambdas and local functions that hold durable operations."""
    walk = site.walk
    if walk.zone == "outside" or site.verb[:1].isupper():
        # A constructor keeps a callable, it does not run it.
        return
    for each in given:
        for inner in callables(each.value):
            thing = inner.thing
            if isinstance(thing, Function) and thing.env is not None:
                enter(site, inner, (), Frame(kind="deferred", place=site.place, name=site.path))


def callables(value: Abstract, depth: int = 3) -> list[Abstract]:
    """Return the callables in a value: itself, or the items of a display."""
    thing = value.thing
    if isinstance(thing, Function | Partial):
        return [value]
    if isinstance(thing, Context):
        return [value]
    if depth and isinstance(thing, Instance):
        # A named branch: `ParallelBranch(func=..., name=...)`.
        return [each.value for each in thing.arguments if isinstance(each.value.thing, Function | Partial)]
    if depth and isinstance(thing, Sequence):
        return [inner for each in thing.items for inner in callables(each, depth - 1)]
    return []


def enter(site: Site, callee: Abstract, given: tuple[Given, ...], *frames: Frame) -> Abstract:
    """Run a callable here, inside further frames; return its value."""
    walk = site.walk
    mark = len(walk.out.events)
    value = calls.dispatch(site, callee, given)
    for event in walk.out.events[mark:]:
        base = site.frames()
        event.frames = (*base, *frames, *event.frames[len(base) :])
    return value
