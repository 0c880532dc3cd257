"""What a target takes: names, attributes, items, and several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import arrangement, names, writes
from steplint.link.values import Abstract, Instance, Mapped, Object, Sequence, join

if TYPE_CHECKING:
    from steplint.link.walk import Walk
    from steplint.model.place import Span
    from steplint.model.value import Value


def assign(walk: Walk, targets: tuple[str, ...], value: Abstract, at: Span, annotation: Value | None) -> None:
    """Bind targets; a display of the same length is unpacked."""
    if annotation is not None and value.thing is None and len(targets) == 1:
        typed = names.type_value(walk.linker, walk.unit, walk.index, annotation, walk.scope)
        if typed.thing is not None:
            value = value.having(thing=typed.thing)
    if len(targets) > 1:
        thing = value.thing
        unpacked = isinstance(thing, Sequence) and thing.kind in ("tuple", "list") and len(thing.items) == len(targets)
        for position, target in enumerate(targets):
            each = thing.items[position] if unpacked and isinstance(thing, Sequence) else piece(value)
            writes.note_write(walk, target, "assign", at)
            bind(walk, target, each, at)
        return
    for target in targets:
        writes.note_write(walk, target, "assign", at)
        bind(walk, target, value, at)


def piece(value: Abstract) -> Abstract:
    """Return one part of an unpacked value."""
    thing = value.thing
    if isinstance(thing, Sequence) and len(thing.items) == 1 and thing.kind in ("listcomp", "generator"):
        return thing.items[0].having(tags=value.tags, deps=value.deps)
    if isinstance(thing, Sequence | Mapped | Instance):
        return value.having(thing=None)
    return value


def bind(walk: Walk, target: str, value: Abstract, at: Span) -> None:
    """Bind one target: a name strongly, an attribute apart from its object, an item weakly."""
    name = target.lstrip("*")
    variables = walk.scope.variables
    if name.endswith("[]"):
        fill(walk, name[:-2], value, at)
        return
    if "." in name:
        head, _, rest = name.partition(".")
        walk.parted.add(head)
        variables[name] = value
        owner = variables.get(head)
        if head == walk.receiver and "." not in rest:
            known = walk.out.fields.get(rest)
            walk.out.fields[rest] = value if known is None or walk.zone == "outside" else join([known, value])
            if (
                owner is not None
                and isinstance(owner.thing, Object)
                and walk.zone == "body"
                and value.thing is not None
            ):
                owner.thing.fields.setdefault(rest, value.having(tags=frozenset(), deps=frozenset()))
        return
    if name in walk.parted:
        for key in [key for key in variables if key.startswith(f"{name}.")]:
            del variables[key]
    # A plain name takes over the value; what it was called before no longer matters.
    variables[name] = value.having(text=name) if value.text != name else value


def fill(walk: Walk, name: str, value: Abstract, at: Span) -> None:
    """Add ``value`` to a container."""
    old = walk.scope.variables.get(name)
    if old is None and "." not in name:
        old = walk.value_of(name, at)
    if old is None:
        return
    thing = old.thing
    if isinstance(thing, Mapped):
        thing = Mapped((*thing.entries, (None, arrangement.kept(walk, value, at)))[:64])
    elif isinstance(thing, Sequence):
        thing = Sequence(thing.kind, (*thing.items, value)[:64])
    walk.scope.variables[name] = old.having(
        thing=thing,
        tags=old.tags | value.tags,
        deps=old.deps | value.deps,
        pending=old.pending + tuple(each for each in value.pending if each not in old.pending),
    )
