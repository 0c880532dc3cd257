"""Functions of the project: entered with what is known of their arguments, their outcome spliced in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from steplint.link import calls, durable, expressions, judging, names
from steplint.link.events import Event, Splice, StepEvent, TaskEvent
from steplint.link.program import Unit, last_name
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Class,
    Context,
    Function,
    Given,
    Instance,
    Literal,
    Mapped,
    Object,
    Partial,
    Sequence,
    deps_of,
    tags_of,
)
from steplint.model.graph import Frame, Hop
from steplint.model.summary import Function as Definition
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
    if init is not None and isinstance(init.thing, Function):
        _, splice = _entered(site, init.thing, given)
        if splice is not None and walk.zone != "outside":
            _set_fields(splice, fields)
    elif walk.zone != "outside":
        _made_fields(site, thing, {names_in_order[each] for each in range(at)} | _keywords(given), fields)
    return made.having(tags=tags_of(values), deps=deps_of(values), text=site.path, nature="fresh")


def _keywords(given: tuple[Given, ...]) -> set[str]:
    return {each.keyword for each in given if each.keyword}


def _set_fields(splice: Splice, fields: dict[str, Abstract]) -> None:
    """Note what the attributes that a constructor sets depend on."""
    for name, value in splice.outcome.fields.items():
        moved = splice.value(value)
        if moved.tags:
            fields[name] = fields.get(name, moved).having(tags=moved.tags, deps=moved.deps)


def _made_fields(site: Site, thing: Class, given: set[str], fields: dict[str, Abstract]) -> None:
    """Note what the fields that nobody gives depend on: a factory of the class makes each of them anew."""
    linker = site.walk.linker
    unit = linker.modules.units[thing.path]
    body = unit.class_(thing.index).body
    for statement in unit.function(body).statements:
        if len(statement.targets) != 1 or not isinstance(statement.value, Result) or statement.targets[0] in given:
            continue
        for each in unit.function(body).calls[statement.value.call].arguments:
            if each.keyword == "default_factory":
                factory = linker.outside(unit, body).value(each.value, each.span)
                made = calls.dispatch(site, factory, ())
                if made.tags:
                    fields[statement.targets[0]] = made


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
    return _entered(site, thing, given)[0]


def _entered(site: Site, thing: Function, given: tuple[Given, ...]) -> tuple[Abstract, Splice | None]:
    """Return what a function gives, and its outcome in terms of the caller where it was followed."""
    walk = site.walk
    linker = walk.linker
    unit = linker.modules.units.get(thing.path)
    if thing.verb or unit is None:
        return judging.spent_unknown(site, given, site.tags(), site.path), None
    definition = unit.function(thing.index)
    values = [each.value for each in given]
    if "deterministic" in durable.promises(unit, thing.index):
        return Abstract(tags=frozenset(), deps=deps_of(values), nature="event"), None
    if definition.generator and walk.zone == "outside":
        return UNKNOWN, None
    arguments = arguments_of(site, thing, given)
    outcome = linker.interpret(thing, arguments, walk.zone, walk.dialect)
    if outcome.cut:
        walk.uncertain.add(site.index)
        walk.out.pure = False
        return Abstract(tags=tags_of(values), deps=deps_of(values)), None
    walk.out.pure = walk.out.pure and outcome.pure
    walk.entered[site.index] = outcome.pure and not outcome.events
    if outcome.raises:
        walk.uncertain.add(site.index)
    hop = Hop(site.place, walk.title(), site.path or last_name(definition.name))
    splice = Splice(outcome, hop, site.frames(), arguments, walk.sources)
    events = splice.run()
    value = splice.value(outcome.returns)
    unknown = value.thing is None or (isinstance(value.thing, Literal) and value.thing.value is None)
    if unknown and not value.tags:
        value = _as_declared(site, unit, definition, value)
    elsewhere = definition.kind == "async" and site.call.consumed != "await"
    if not walk.silent:
        _record(site, splice, events, waits=not elsewhere)
    # The coroutine of an async function happens when it is awaited: its steps wait with it.
    if elsewhere:
        value = value.having(pending=tuple(each for each in events if isinstance(each, StepEvent)))
    if definition.generator:
        value = value.having(thing=None)
    return value.having(call=None), splice


def _record(site: Site, splice: Splice, events: list[Event], *, waits: bool) -> None:
    """Note in the caller what a function did; one that nobody waits for holds up nobody."""
    walk, outcome, hop = site.walk, splice.outcome, splice.hop
    for each in events:
        walk.record(each)
    walk.out.unresolved.extend(outcome.unresolved)
    for task in outcome.tasks:
        moved = tuple(step for step in (splice.step(each) for each in task.steps) if step is not None)
        walk.out.tasks.append(TaskEvent(task.place, task.api, moved, task.awaited))
    walk.out.nested.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.nested)
    if waits:
        walk.out.loops.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.loops)
    walk.out.writes.extend(replace(each, trail=(hop, *each.trail)) for each in outcome.writes)
    swallows = [replace(each, trail=(hop, *each.trail)) for each in outcome.swallows]
    if is_tail(site):
        walk.out.swallows += swallows
    elif swallows and _stands_alone(site):
        walk.aside.append((site.index, swallows))


_NO_TYPES = ("builtins.", "typing.", "typing_extensions.", "collections.")


def _as_declared(site: Site, unit: Unit, definition: Definition, value: Abstract) -> Abstract:
    """Return a value that is not known as what its function is annotated to return: a client, an object."""
    declared = names.type_value(site.walk.linker, unit, definition.parent, definition.returns, None).thing
    if isinstance(declared, Object) or (isinstance(declared, Instance) and not declared.name.startswith(_NO_TYPES)):
        return value.having(thing=declared)
    return value


def is_tail(site: Site) -> bool:
    """Return whether the function returns just this call."""
    return _is_all_of(site, "return")


def _stands_alone(site: Site) -> bool:
    """Return whether this call is a statement of its own, and one that is always reached: nobody sees its result."""
    blocks = site.walk.function.blocks
    at = site.call.block
    while at > 0 and blocks[at].kind == "with":
        at = blocks[at].parent
    return at == 0 and _is_all_of(site, "expression")


def _is_all_of(site: Site, kind: str) -> bool:
    statement = site.walk.function.statements[site.call.statement] if site.call.statement >= 0 else None
    if statement is None or statement.kind != kind:
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
    further = next((each.name for each in parameters if each.kind == "keywords"), "")
    named: list[tuple[str, Abstract]] = []
    known = {each.name for each in parameters}
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
        elif each.keyword in known:
            found[each.keyword] = each.value
        elif each.keyword != "**":
            named.append((each.keyword, each.value))
    if further and named:
        values = [value for _, value in named]
        found[further] = Abstract(Mapped(tuple(named)), tags=tags_of(values), deps=deps_of(values))
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
