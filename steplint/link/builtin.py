"""Calls whose result the linker follows itself: iteration helpers, partial application, thread wrappers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import arrangement, calls, combining, expressions, names
from steplint.link.values import (
    UNKNOWN,
    Abstract,
    Class,
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
from steplint.model.value import Const

if TYPE_CHECKING:
    from steplint.link.calls import Site
    from steplint.link.walk import Walk

_SAME_TEXT = frozenset({"encode", "lower", "upper", "casefold", "strip", "isoformat"})
_KEEPS = frozenset({"tuple", "list", "sorted", "reversed", "iter"})
_CASTS = frozenset({"typing.cast", "typing_extensions.cast"})
_ORDER_SHOWS = frozenset({"tuple", "list", "iter", "enumerate", "zip", "next", "map", "filter"})


def call(site: Site, name: str, given: tuple[Given, ...]) -> Abstract | None:
    """Return the value of a call known here, or None."""
    walk = site.walk
    apis = walk.linker.apis
    values = [each.value for each in given]
    first = values[0] if values else UNKNOWN
    if apis.makes_set(name):
        return (
            Abstract(
                Instance(name, given), tags=tags_of(values), deps=deps_of(values), nature=first.nature, text=site.path
            )
            if values and not _steady_set(first)
            else Abstract(nature="fresh", tags=tags_of(values), deps=deps_of(values))
        )
    if name in _CASTS and len(values) == 2:
        return values[1].having(call=None)
    position = apis.thread_wrapper(name)
    if position is not None:
        return _wrapped(site, name, position, given)
    short = name.removeprefix("builtins.")
    if short != name:
        return _builtin(site, short, given, values, first)
    if apis.joins(name) or apis.spawns(name):
        found = apis.call(name, site.call.arguments)
        if found is not None and walk.zone == "body":
            walk.source("concurrency", found.name, site.span, block=site.call.block, name=site.path or name)
        return combining.combine(site, name, given) if walk.zone == "body" else _joined(site, name, given)
    if walk.is_set(first) and (name == "json.dumps" or name.endswith(".join")):
        return Abstract(tags=walk.ordered(first, site.span).tags, deps=first.deps)
    return None


def _joined(site: Site, name: str, given: tuple[Given, ...]) -> Abstract:
    """Return the results of coroutines that run together inside a step."""
    values = []
    for each in given:
        if each.keyword is not None and each.keyword[0] != "*":
            continue
        for inner in combining.flattened(each.value):
            if isinstance(inner.thing, Function | Partial):
                values.append(calls.dispatch(site, inner, ()))
            else:
                values.append(inner)
    return Abstract(tags=tags_of(values), deps=deps_of(values), thing=Sequence("listcomp", tuple(values)))


def _steady_set(value: Abstract) -> bool:
    """Return whether a set made of ``value`` holds only numbers."""
    if value.nature == "range":
        return True
    return (
        isinstance(value.thing, Sequence)
        and bool(value.thing.items)
        and all(
            isinstance(each.thing, Literal) and isinstance(each.thing.value, int | float) for each in value.thing.items
        )
    )


def _wrapped(site: Site, name: str, position: int, given: tuple[Given, ...]) -> Abstract:
    """Return what a wrapper that runs a callable elsewhere gives; `partial` only remembers it."""
    found = [each for each in given if each.keyword is None]
    if position >= len(found):
        return UNKNOWN
    target, rest = found[position].value, (*found[position + 1 :], *(each for each in given if each.keyword))
    if name.endswith("partial"):
        return Abstract(
            Partial(target, rest),
            tags=tags_of([each.value for each in rest]),
            deps=deps_of([each.value for each in rest]),
            text=target.text,
        )
    walk = site.walk
    # Awaited at once, a thread races with nothing.
    if walk.zone == "body" and site.call.consumed != "await":
        walk.source("concurrency", name, site.span, block=site.call.block, name=site.path or name)
    return calls.dispatch(site, target, rest)


def ties(walk: Walk, given: tuple[Given, ...]) -> bool:
    """Return whether a sort by ``key=`` may leave elements in the order they came: two of them have one key.

    A key that only takes a part of the element is believed to tell the elements apart.
    """
    key = next((each.value.thing for each in given if each.keyword == "key"), None)
    if not isinstance(key, Function):
        return any(each.keyword == "key" for each in given)
    function = walk.linker.modules.units[key.path].function(key.index)
    verbs = {str(getattr(each.callee, "path", "")).rpartition(".")[2] for each in function.calls}
    returned = [each.value for each in function.statements if each.kind == "return"]
    return function.kind != "lambda" or not verbs <= _SAME_TEXT or any(isinstance(each, Const) for each in returned)


def sort(site: Site, given: tuple[Given, ...]) -> None:
    """End the order of a set in a list that is sorted in place."""
    variables = site.walk.scope.variables
    value = variables.get(site.receiver)
    if value is not None and not ties(site.walk, given):
        variables[site.receiver] = arrangement.settled(value)


def _builtin(
    site: Site, name: str, given: tuple[Given, ...], values: list[Abstract], first: Abstract
) -> Abstract | None:
    walk = site.walk
    keyed = ties(walk, given)
    ends = walk.linker.apis.ends_order(f"builtins.{name}", keyed)
    if ends and arrangement.is_collection(first):
        first = arrangement.settled(first)
        values = [first, *values[1:]]
    if ends and walk.is_set(first):
        return (
            Abstract(Sequence("listcomp", (Abstract(tags=first.tags),)), tags=first.tags, deps=first.deps)
            if name == "sorted"
            else Abstract(tags=first.tags, deps=first.deps)
        )
    if name in ("sorted", "min", "max") and walk.is_set(first) and keyed:
        first = walk.ordered(first, site.span)
    if name in _ORDER_SHOWS and walk.is_set(first):
        first = walk.ordered(first, site.span)
        values = [first, *values[1:]]
    if name == "range":
        steady = all(each.nature in ("constant", "memo", "event") for each in values)
        return Abstract(
            Instance("builtins.range", given), tags=tags_of(values), deps=deps_of(values), nature="range", steady=True,
            over=first.over or first.text or "range", text="range",
        ) if steady or values else UNKNOWN  # fmt: skip
    if name in _KEEPS:
        thing = first.thing
        if isinstance(thing, Sequence) and thing.kind in ("set", "setcomp"):
            return first.having(thing=Sequence("list", thing.items), own=True, outer="")
        if isinstance(thing, Instance) and walk.linker.apis.makes_set(thing.name):
            return first.having(thing=None)
        return first.having(own=True, outer="") if values else Abstract(Sequence("list", ()), nature="fresh")
    if name == "enumerate":
        inner = walk.element(first, site.span)
        over = first.over or first.text
        counter = Abstract(nature="index", over=over, steady=first.nature != "read" and first.steady)
        pair = Sequence("tuple", (counter, inner))
        return Abstract(Sequence("listcomp", (Abstract(pair, tags=first.tags),)), tags=first.tags, deps=first.deps,
                        nature=first.nature, text=first.text, over=over)  # fmt: skip
    if name == "zip":
        row = Sequence("tuple", tuple(walk.element(each, site.span) for each in values))
        natures = {each.nature for each in values}
        return Abstract(Sequence("listcomp", (Abstract(row, tags=tags_of(values)),)), tags=tags_of(values),
                        deps=deps_of(values), nature=natures.pop() if len(natures) == 1 else "")  # fmt: skip
    if name in ("map", "filter") and values:
        element = walk.element(values[1], site.span) if len(values) > 1 else UNKNOWN
        result = calls.dispatch(site, first, (Given(None, element, None),)) if first.thing is not None else UNKNOWN
        return Abstract(Sequence("listcomp", (result if name == "map" else element,)), tags=tags_of([*values, result]),
                        deps=deps_of(values))  # fmt: skip
    if name == "getattr" and len(values) > 1 and isinstance(values[1].thing, Literal):
        return names.attribute(walk.linker, first, str(values[1].thing.value), walk, site.span)
    if name == "super":
        return _super(site)
    if name == "len" and first.nature:
        return Abstract(tags=first.tags, deps=first.deps, nature=first.nature, over=first.over or first.text)
    if name in ("str", "int", "float", "repr", "bool", "format", "round", "abs"):
        return Abstract(
            first.thing if isinstance(first.thing, Literal) and name == "str" else None,
            tags=walk.ordered(first, site.span).tags if name in ("str", "repr") else tags_of(values),
            deps=deps_of(values), nature=first.nature, text=first.text, over=first.over, steady=first.steady,
        )  # fmt: skip
    if name.startswith("dict."):
        return _dict_method(site, name[5:], first, given)
    if name.startswith(("str.", "list.", "tuple.")):
        return _text_method(site, name, given, values)
    if name == "dict":
        entries = tuple((each.keyword, each.value) for each in given if each.keyword and each.keyword[0] != "*")
        return Abstract(Mapped(entries), tags=tags_of(values), deps=deps_of(values), nature="fresh")
    return None


def _super(site: Site) -> Abstract:
    """Return the receiver as its base class sees it."""
    walk = site.walk
    receiver = walk.scope.variables.get(walk.receiver) if walk.receiver else None
    owner = walk.unit.owner(walk.index)
    if receiver is None or owner < 0:
        return UNKNOWN
    for base in walk.linker.bases(Class(walk.unit.path, owner)):
        if isinstance(base.thing, Class):
            return receiver.having(thing=Object(base.thing.path, base.thing.index, {}))
    return UNKNOWN


def _dict_method(site: Site, verb: str, first: Abstract, given: tuple[Given, ...]) -> Abstract | None:
    thing = site.callee.thing
    owner = getattr(thing, "receiver", None)
    if owner is None:
        return None
    if verb == "items":
        value = site.walk.element(owner.having(thing=None), site.span)
        if isinstance(owner.thing, Mapped):
            value = site.walk.joined([each for _, each in owner.thing.entries]).having(tags=owner.tags)
        pair = Sequence("tuple", (Abstract(nature=owner.nature, over=owner.text), value))
        return Abstract(Sequence("listcomp", (Abstract(pair),)), tags=owner.tags, deps=owner.deps, nature=owner.nature)
    if verb == "values" and isinstance(owner.thing, Mapped):
        items = tuple(each for _, each in owner.thing.entries)
        return Abstract(Sequence("list", items), tags=owner.tags, deps=owner.deps, nature=owner.nature)
    if verb == "get" and isinstance(first.thing, Literal) and isinstance(owner.thing, Mapped):
        found = arrangement.under(owner.thing, first.thing.value)
        if found is not None:
            return found
    if verb == "get" and given and isinstance(owner.thing, Mapped):
        return arrangement.got(owner, [each.value for each in given])
    return None


def _text_method(site: Site, name: str, given: tuple[Given, ...], values: list[Abstract]) -> Abstract | None:
    thing = site.callee.thing
    owner = getattr(thing, "receiver", None)
    if owner is None:
        return None
    verb = name.partition(".")[2]
    if verb == "format" and isinstance(owner.thing, Literal) and all(each.keyword is None for each in given):
        text = str(owner.thing.value)
        return expressions.fold(expressions.interleave(text.split("{}"), values), values)
    if verb == "join" and values and site.walk.is_set(values[0]):
        return Abstract(tags=site.walk.ordered(values[0], site.span).tags, deps=values[0].deps)
    if verb in ("lower", "upper", "strip", "title", "replace") and isinstance(owner.thing, Literal):
        return _folded(owner, verb, values)
    return None


def _folded(owner: Abstract, verb: str, values: list[Abstract]) -> Abstract | None:
    """Return constant text after a method that only depends on constants."""
    if not all(isinstance(each.thing, Literal) and isinstance(each.thing.value, str) for each in values):
        return None
    text = owner.thing.value  # type: ignore[union-attr]
    arguments = [each.thing.value for each in values]  # type: ignore[union-attr]
    if not isinstance(text, str) or (verb == "replace" and len(arguments) != 2):
        return None
    return Abstract(Literal(getattr(text, verb)(*arguments)), nature="constant", tags=owner.tags, deps=owner.deps)
