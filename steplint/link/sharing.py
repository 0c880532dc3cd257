"""When two interpretations of a function are one: what an outcome depends on, as a key.

A key holds the very values that it tells apart, so that none of them can be taken for another one that came later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from steplint.link.program import Unit
from steplint.link.values import (
    Abstract,
    Class,
    Context,
    External,
    Function,
    Given,
    Instance,
    Literal,
    Mapped,
    Module,
    Object,
    Parameter,
    Partial,
    Pattern,
    Scope,
    Sequence,
    Thing,
)

if TYPE_CHECKING:
    from steplint.link.linker import Linker

_DEPTH = 4


def outcome_key(linker: Linker, function: Function, bound: dict[str, Abstract], zone: str, dialect: str) -> object:
    """Return what the outcome of a function depends on."""
    found: list[object] = [function.path, function.index, zone, dialect]
    found.append(tuple(name for name, value in bound.items() if value.present))
    for name, value in bound.items():
        thing = value.thing
        if isinstance(thing, Object):
            own = thing if linker.is_special(thing) else None
            found.append((name, "object", thing.path, thing.index, value.outer, own))
        elif isinstance(thing, External | Instance) and not (isinstance(thing, Instance) and thing.arguments):
            found.append((name, type(thing).__name__, thing.name))
        else:
            found.append((name, thing_key(linker, thing), value.nature, value.steady, value.outer))
    if function.env is not None:
        found.append(around_key(linker, function.path, function.index, function.env))
    return tuple(found)


def around_key(linker: Linker, path: str, index: int, env: Scope, depth: int = _DEPTH) -> object:
    """Return what a closure sees: the variables around it that it, or a local function that it calls, reads."""
    unit = linker.modules.units[path]
    found: list[object] = []
    for name in read_around(linker, unit, index):
        scope: Scope | None = env
        while scope is not None:
            value = scope.variables.get(name)
            if value is not None:
                found.append((name, scope.path, scope.index, value_key(linker, value, depth)))
                break
            scope = scope.parent
    return tuple(found)


def read_around(linker: Linker, unit: Unit, index: int) -> tuple[str, ...]:
    """Return the free names of a function, with those of the local functions among them."""
    known = linker.around.get((unit.path, index))
    if known is not None:
        return known
    names = dict.fromkeys(unit.function(index).free)
    waiting = list(names)
    while waiting:
        inner = _local(unit, index, waiting.pop())
        more = [name for name in unit.function(inner).free if name not in names] if inner is not None else []
        names.update(dict.fromkeys(more))
        waiting += more
    found = linker.around[unit.path, index] = tuple(names)
    return found


def _local(unit: Unit, index: int, name: str) -> int | None:
    """Return the function called ``name`` that is defined in a function around ``index``."""
    at = unit.function(index).parent
    while at > 0:
        found = unit.members.get(at, {}).get(name)
        if found is not None:
            return found
        at = unit.function(at).parent
    return None


def value_key(linker: Linker, value: Abstract, depth: int = _DEPTH) -> object:
    """Return all that tells one value from another."""
    return (
        thing_key(linker, value.thing, depth), value.nature, value.text, value.over, value.steady, value.outer,
        value.present, value.own, value.call, value.tags, value.deps, value.pending,
    )  # fmt: skip


def thing_key(linker: Linker, thing: Thing, depth: int = _DEPTH) -> object:
    """Return what tells one thing from another: its parts, and below ``depth`` itself."""
    if thing is None or isinstance(thing, Literal | Class | Module | Context | Parameter):
        # Of constants, `True` and `1` are equal.
        return (type(thing.value), thing) if isinstance(thing, Literal) else thing
    if isinstance(thing, Object):
        # Fields are only added.
        return thing, len(thing.fields)
    if not depth:
        return thing
    if isinstance(thing, External):
        return "external", thing.name, _one(linker, thing.receiver, depth)
    if isinstance(thing, Instance):
        return "instance", thing.name, _given(linker, thing.arguments, depth), _one(linker, thing.receiver, depth)
    if isinstance(thing, Function):
        env = around_key(linker, thing.path, thing.index, thing.env, depth - 1) if thing.env is not None else None
        return (
            "function", thing.path, thing.index, thing.verb, thing.owner, env, _one(linker, thing.bound, depth),
            tuple(mark.name for mark in thing.marks),
        )  # fmt: skip
    if isinstance(thing, Partial):
        return "partial", thing.late, _one(linker, thing.target, depth), _given(linker, thing.arguments, depth)
    if isinstance(thing, Sequence):
        return "sequence", thing.kind, _all(linker, thing.items, depth)
    if isinstance(thing, Mapped):
        return "mapped", tuple((key, _one(linker, each, depth)) for key, each in thing.entries)
    assert isinstance(thing, Pattern)
    return "pattern", thing.text, _all(linker, thing.parts, depth)


def _one(linker: Linker, value: Abstract | None, depth: int) -> object:
    return None if value is None else value_key(linker, value, depth - 1)


def _all(linker: Linker, values: Iterable[Abstract], depth: int) -> object:
    return tuple(value_key(linker, each, depth - 1) for each in values)


def _given(linker: Linker, given: Iterable[Given], depth: int) -> object:
    return tuple((each.keyword, value_key(linker, each.value, depth - 1)) for each in given)
