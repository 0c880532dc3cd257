"""The order in which the items of a collection come, and what does not show it: a test, a count, a look-up by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link.values import Abstract, Mapped, Sequence, Tag, Tags, deps_of, join, tags_of

if TYPE_CHECKING:
    from steplint.link.walk import Walk
    from steplint.model.place import Span


def is_collection(value: Abstract) -> bool:
    """Return whether a value is known to hold items."""
    return isinstance(value.thing, Sequence | Mapped)


def plain(tags: Tags) -> Tags:
    """Return ``tags`` without orders."""
    return frozenset(tag for tag in tags if not _is_order(tag))


def _is_order(tag: Tag) -> bool:
    return getattr(tag.source, "kind", "") == "order"


def settled(value: Abstract, depth: int = 3) -> Abstract:
    """Return a value, and its items, as they are in an order of their own."""
    thing = value.thing
    if depth and isinstance(thing, Sequence):
        thing = Sequence(thing.kind, tuple(settled(each, depth - 1) for each in thing.items))
    elif depth and isinstance(thing, Mapped):
        thing = Mapped(tuple((key, settled(each, depth - 1)) for key, each in thing.entries))
    return value.having(thing=thing, tags=plain(value.tags))


def test(value: Abstract) -> Abstract:
    """Return what a test of ``value`` shows: of a collection only whether it is empty."""
    return value.having(tags=plain(value.tags)) if value.tags and is_collection(value) else value


def kept(walk: Walk, value: Abstract, at: Span) -> Abstract:
    """Return what a loop stores under a key for the element at hand: it is the same whenever the turn comes."""
    if not value.tags:
        return value
    turns = _turns(walk, at)
    return value.having(tags=frozenset(tag for tag in value.tags if tag.source not in turns)) if turns else value


def _turns(walk: Walk, at: Span) -> set[object]:
    """Return the orders in which the loops around a span take their elements."""
    found: set[object] = set()
    for block in walk.function.blocks:
        over = walk.heads.get(block.statement) if block.kind == "for" and block.span.contains(at) else None
        if over is None:
            continue
        if walk.is_set(over):
            head = walk.unit.place(walk.made_at(over, walk.head_span(block.statement, block.span)))
            found |= {
                each
                for key, each in walk.sources.items()
                if isinstance(key, tuple) and (key[0], each.kind) == (head, "order")
            }
        found.update(tag.source for tag in over.tags if _is_order(tag))
    return found


def looked_up(base: Abstract, keys: list[Abstract]) -> Tags:
    """Return what an item under a key depends on: of a dict not on the order in which it was filled."""
    if not isinstance(base.thing, Mapped) or not base.tags:
        return base.tags | tags_of(keys)
    stored = tags_of(each for _, each in base.thing.entries)
    return plain(base.tags) | stored | tags_of(keys)


def under(thing: Mapped, key: object) -> Abstract | None:
    """Return what stands under a key, or what was stored later under one that is not known; None if nothing does."""
    found: list[Abstract] = []
    for name, value in thing.entries:
        if name is not None and name == key:
            found = [value]
        elif name is None and found:
            found.append(value)
    return join(found) if found else None


def got(owner: Abstract, values: list[Abstract]) -> Abstract:
    """Return what `get` of a dict gives under a key that is not known."""
    tags = looked_up(owner, values)
    text = f"{owner.text}[]" if owner.text else ""
    deps = owner.deps | deps_of(values)
    return Abstract(tags=tags, deps=deps, nature=owner.nature, text=text, over=owner.over, steady=owner.steady)
