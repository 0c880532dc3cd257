"""What a step runs: its callable interpreted as a step, and the facts about it that rules ask for."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from steplint.link import entering
from steplint.link.arguments import argument_at, passed
from steplint.link.events import Outcome, Source, Spent, StepEvent, in_order
from steplint.link.finish import effects_of
from steplint.link.identity import callable_name
from steplint.link.names import member
from steplint.link.program import Unit
from steplint.link.values import (
    NO_DEPS,
    NO_TAGS,
    Abstract,
    Class,
    External,
    Function,
    Given,
    Instance,
    Literal,
    Mapped,
    Object,
    Partial,
    Scope,
    Sequence,
)
from steplint.model.dialect import StepForm
from steplint.model.graph import Body, Capture, FileUse, Nested, Write
from steplint.model.place import Place, Span
from steplint.model.summary import Function as Definition
from steplint.model.value import Group, Member, Name, Opaque, Template, Value

if TYPE_CHECKING:
    from steplint.knowledge.apis import Apis
    from steplint.link.calls import Site
    from steplint.link.walk import Walk

DRAWN = frozenset({"time", "random", "uuid", "env", "host", "time-zone", "hash"})
_SILENT_ROLES = frozenset({"returned", "logged"})


def describe(site: Site, form: StepForm, body: Abstract, given: tuple[Given, ...], event: StepEvent) -> Body:
    """Return what a step runs, given as an argument of the operation."""
    place = site.place
    for position in form.body:
        found = argument_at(given, position)
        if found is not None and found.written is not None:
            place = site.walk.unit.place(found.written.span)
            break
    return _describe(site, body, passed(form, given), event, place)


def describe_function(site: Site, body: Abstract, given: tuple[Given, ...], event: StepEvent) -> Body:
    """Return what a decorated step runs."""
    return _describe(site, body, given, event, site.place)


def _describe(site: Site, body: Abstract, given: tuple[Given, ...], event: StepEvent, place: Place) -> Body:
    linker = site.walk.linker
    name, last = callable_name(linker, body)
    target, arguments = body, given
    while isinstance(target.thing, Partial):
        if target.thing.late:
            # The engine passes its own context first.
            arguments = (Given(None, Abstract(), None), *target.thing.arguments)
        else:
            arguments = target.thing.arguments + arguments
        target = target.thing.target
    if isinstance(target.thing, Literal) and isinstance(target.thing.value, str):
        known = linker.reference(target.thing.value)
        if known is not None:
            name, last = callable_name(linker, known)
        target = known or _in_folder(site, target.thing.value) or target
    thing = target.thing
    if isinstance(thing, External):
        apis = linker.apis
        found = apis.call(thing.name, ())
        drawn = found is not None and found.kind in DRAWN
        return Body(
            name, last, place, resolved=drawn or apis.pure(thing.name), reason=f"`{thing.name}` is outside the project",
            pure=apis.pure(thing.name), draws=drawn,
        )  # fmt: skip
    if not isinstance(thing, Function):
        return Body(name, last, place, resolved=False, reason=_reason(body))
    unit = linker.modules.units.get(thing.path)
    if unit is None:
        return Body(name, last, place, resolved=False, reason=_reason(body))
    return _interpreted(site, target, thing, arguments, event, place, (name, last))


def _in_folder(site: Site, name: str) -> Abstract | None:
    """Return the function that a host finds by the name of its folder, where the engine's host does that."""
    linker = site.walk.linker
    function = linker.forms.dialects[site.walk.dialect].folder_function
    path = (
        linker.modules.resolve(site.walk.unit.path, name, 0)
        if function and name.replace("-", "_").isidentifier()
        else None
    )
    if path is None or not f"/{path}".endswith(f"/{name}/__init__.py"):
        return None
    unit = linker.modules.unit(path, function)
    return member(linker, unit, function) if unit is not None else None


def _reason(body: Abstract) -> str:
    return f"`{body.text}` could not be followed" if body.text else "the callable is computed"


def _interpreted(
    site: Site,
    target: Abstract,
    thing: Function,
    arguments: tuple[Given, ...],
    event: StepEvent,
    place: Place,
    names: tuple[str, str],
) -> Body:
    walk = site.walk
    linker = walk.linker
    unit = linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    receiver = _inner(thing.bound, "self")
    if receiver is None and thing.owner >= 0 and not linker.is_static(unit, thing.index):
        # An object that the worker made for its steps is none of the workflow's.
        receiver = linker.instance(Class(thing.path, thing.owner))
    inside = Function(thing.path, thing.index, stripped(thing.env), receiver, (), thing.owner)
    bound = {
        name: _inner(value, value.text if value.text.isidentifier() else "")
        for name, value in entering.arguments_of(site, inside, arguments).items()
    }
    outcome = linker.interpret(
        inside, {key: value for key, value in bound.items() if value is not None}, "step", walk.dialect
    )
    own_place = unit.place(definition.span if definition.kind == "lambda" else definition.name_span)
    effects = effects_of(_with_returned(outcome, own_place), linker.apis)
    nested = tuple(
        Nested(each.place, each.label(), each.form.kind, each.trail if len(each.trail) > 1 else ())
        for each in outcome.steps()
    )
    nested += tuple(
        Nested(each.place, each.label, each.kind, each.trail if len(each.trail) > 1 else (), each.confidence)
        for each in outcome.nested
    )
    quiet = not outcome.events and not nested
    drawn = bool(effects) and all(
        each.kind in DRAWN and {use.role for use in each.uses} <= _SILENT_ROLES for each in effects
    )
    pure = outcome.pure and quiet and not outcome.writes and not outcome.cut
    return Body(
        name=names[0],
        call=names[1],
        place=own_place if definition.kind == "lambda" else place,
        resolved=not outcome.cut,
        reason="it calls itself too deeply to be followed" if outcome.cut else "",
        fingerprint=definition.fingerprint,
        asynchronous=definition.kind == "async",
        pure=pure,
        expression=pure and definition.kind == "lambda",
        draws=drawn,
        effects=effects,
        handlers=tuple(dict.fromkeys(outcome.swallows)),
        loops=tuple(dict.fromkeys(outcome.loops)),
        nested=nested,
        writes=_read_later(site, outcome.writes),
        captures=_own_captures(site, thing),
        files=_files(outcome, linker.apis),
        result=_result(walk, outcome, definition),
        result_place=_return_place(unit, definition) or own_place,
    )


def _with_returned(outcome: Outcome, place: Place) -> Outcome:
    """Return the outcome with the use of its result recorded: a step's result is memoized.

    The outcome itself stays as it is, since other callers of the function share it.
    """
    returned: dict[object, Spent] = {}
    for tag in in_order(outcome.returns.tags):
        if isinstance(tag.source, Source) and not any(each.role == "returned" for each in tag.source.uses):
            returned.setdefault(tag.source, Spent("returned", place, duration=tag.duration))
    if not returned:
        return outcome
    events = [
        replace(each, uses=[*each.uses, returned[each]]) if isinstance(each, Source) and each in returned else each
        for each in outcome.events
    ]
    return replace(outcome, events=events)


def stripped(scope: Scope | None) -> Scope | None:
    """Return the variables around a step's callable as the step sees them: values without the body's sources."""
    if scope is None:
        return None
    variables = {
        name: value.having(tags=NO_TAGS, deps=NO_DEPS, pending=(), outer=name if _shared(value) else "")
        for name, value in scope.variables.items()
    }
    return Scope(scope.path, scope.index, stripped(scope.parent), variables)


def _shared(value: Abstract) -> bool:
    """Return whether a variable holds data that a step could change, not a function or module."""
    return not isinstance(value.thing, Function | External | Partial)


def _inner(value: Abstract | None, outer: str) -> Abstract | None:
    if value is None:
        return None
    return _recorded(value).having(outer=outer if _shared(value) else "")


def _recorded(value: Abstract) -> Abstract:
    """Return an argument as a step gets it: the body's sources end where it is recorded."""
    thing = value.thing
    entries = (
        Mapped(tuple((key, _recorded(each)) for key, each in thing.entries)) if isinstance(thing, Mapped) else thing
    )
    return value.having(thing=entries, tags=NO_TAGS, deps=NO_DEPS, pending=())


# -- writes ------------------------------------------------------------------------------------------------------------


def _read_later(site: Site, writes: list[Write]) -> tuple[Write, ...]:
    """Return the writes with the place where the body reads the variable afterwards."""
    found: dict[tuple[str, Place], Write] = {}
    for write in writes:
        read = read_after(site.walk, write.name, site.span, site.call.block)
        found.setdefault(
            (write.name, write.place),
            Write(write.name, write.how, write.target, write.place, read, write.trail, write.confidence),
        )
    return tuple(found.values())


def read_after(walk: Walk, name: str, span: Span, block: int) -> Place | None:
    """Return where a function reads ``name`` after a step, in the same turn or the next turn of a loop around it."""
    function = walk.function
    loop = _outer_loop(walk, block)
    for place in sorted(_reads(walk, name), key=lambda each: (each.line, each.column)):
        if span.contains(place):
            continue
        later = (place.line, place.column) >= (span.end_line, span.end_column)
        if later or (loop and function.blocks[loop].span.contains(place)):
            return walk.unit.place(place)
    return None


def _outer_loop(walk: Walk, block: int) -> int:
    found = 0
    while block > 0:
        if walk.function.blocks[block].kind in ("for", "while"):
            found = block
        block = walk.function.blocks[block].parent
    return found


def _reads(walk: Walk, name: str) -> Iterator[Span]:
    function = walk.function
    for call in function.calls:
        if mentions(call.callee, name):
            yield call.span
        for argument in call.arguments:
            if mentions(argument.value, name):
                yield argument.span
    for statement in function.statements:
        if mentions(statement.value, name):
            yield statement.span
    for each in walk.unit.summary.functions:
        if each.parent == walk.index and name in each.free and each.kind != "class":
            yield each.span


def mentions(value: Value, name: str) -> bool:
    """Return whether an expression reads a variable."""
    if isinstance(value, Name):
        return value.path == name or value.path.startswith(f"{name}.")
    if isinstance(value, Member):
        return mentions(value.base, name)
    if isinstance(value, Template):
        return any(mentions(each, name) for each in value.parts)
    if isinstance(value, Group):
        return any(mentions(each, name) for each in value.items)
    return False


# -- late binding ------------------------------------------------------------------------------------------------------


def note_late(site: Site, callee: Abstract, steps: list[StepEvent]) -> None:
    """Record loop variables that a deferred callable reads when it runs, after the loop has moved on."""
    thing = callee.thing
    if not isinstance(thing, Function) or not steps:
        return
    read = late_captures(site, thing)
    for step in steps:
        step.captures = tuple(dict.fromkeys((*step.captures, *read)))


def late_captures(site: Site, thing: Function) -> tuple[Capture, ...]:
    """Return the loop variables that a callable made inside a loop reads when it runs at ``site``, after the loop."""
    unit = site.walk.linker.modules.units[thing.path]
    definition = unit.function(thing.index)
    if definition.kind == "module" or definition.parent < 0:
        return ()
    found = []
    for block in unit.function(definition.parent).blocks:
        around_it = block.kind in ("for", "comprehension") and block.span.contains(definition.span)
        if around_it and not (unit.path == site.walk.unit.path and block.span.contains(site.span)):
            found += [name for name in block.binds if name in definition.free]
    place = unit.place(definition.span)
    return tuple(Capture(name, place, late=True, in_id=_in_identity(definition.calls, name)) for name in found)


def _own_captures(site: Site, thing: Function) -> tuple[Capture, ...]:
    """Return what a step's own callable reads late: its ID was computed before."""
    found = late_captures(site, thing) if thing.env is not None else ()
    return tuple(Capture(each.name, each.place, late=True) for each in found)


def _in_identity(calls: tuple[object, ...], name: str) -> bool:
    for call in calls:
        arguments = call.arguments  # type: ignore[attr-defined]
        if arguments and mentions(arguments[0].value, name) and isinstance(arguments[0].value, Template | Name | Group):
            return True
    return False


# -- files and results -------------------------------------------------------------------------------------------------


def _files(outcome: Outcome, apis: Apis) -> tuple[FileUse, ...]:
    """Return the local paths that a step writes, reads or returns."""
    found: list[FileUse] = []
    for event in outcome.events:
        if not isinstance(event, Source) or event.kind != "fs" or event.mode not in ("read", "write"):
            continue
        if apis.shared_path(event.argument):
            continue
        mode: typing.Literal["read", "write"] = "read" if event.mode == "read" else "write"
        if _is_path(event.argument):
            found.append(FileUse(event.argument, mode, event.origin))
        elif event.expression:
            found.append(FileUse(event.expression, mode, event.origin, literal=False))
    returned = outcome.returns.thing
    path = returned.value if isinstance(returned, Literal) and isinstance(returned.value, str) else ""
    if _is_path(path) and any(each.path == path and each.mode == "write" for each in found):
        found.append(FileUse(path, "returned", found[0].place))
    return tuple(found)


def _is_path(text: str) -> bool:
    return bool(text) and "://" not in text and ("/" in text or "." in text) and "\n" not in text


def _return_place(unit: Unit, definition: Definition) -> Place | None:
    found = [each.span for each in definition.statements if each.kind == "return"]
    return unit.place(found[0]) if len(found) == 1 and definition.kind != "lambda" else None


def _result(walk: Walk, outcome: Outcome, definition: Definition) -> str:
    """Return what a step returns where that is evident and matters."""
    returned = [each.value for each in definition.statements if each.kind == "return"]
    if returned and all(isinstance(each, Opaque) and "bytes" in each.kind.lower() for each in returned):
        return "bytes"
    thing = outcome.returns.thing
    if isinstance(thing, Sequence):
        return {"set": "set", "setcomp": "set", "generator": "generator"}.get(thing.kind, "")
    if isinstance(thing, Function):
        return "lambda"
    if isinstance(thing, Object) and outcome.returns.text == "self":
        return "self"
    if isinstance(thing, Instance):
        if thing.name in ("builtins.open", "io.open"):
            return "file"
        if walk.linker.apis.makes_set(thing.name):
            return "set"
        if thing.name in ("builtins.bytes", "builtins.bytearray"):
            return "bytes"
    if definition.kind == "async" and walk.function.kind == "function":
        return "coroutine"
    return ""
