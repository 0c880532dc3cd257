"""Expressions to abstract values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link import arrangement, names
from steplint.link.events import NEVER_NONE
from steplint.link.values import (
    NO_TAGS,
    UNKNOWN,
    Abstract,
    Class,
    External,
    Function,
    Literal,
    Mapped,
    Partial,
    Pattern,
    Sequence,
    Tag,
    deps_of,
    same,
    tags_of,
)
from steplint.model.place import Span
from steplint.model.value import Closure, Const, Group, Member, Name, Opaque, Result, Template, Value

if TYPE_CHECKING:
    from steplint.link.walk import Walk

_SETS = frozenset({"set", "setcomp"})
_COMPREHENSIONS = frozenset({"listcomp", "setcomp", "generator", "dictcomp"})
_DISPLAYS = frozenset({"tuple", "list", "set", "listcomp", "setcomp", "generator"})


def evaluate(walk: Walk, value: Value, at: Span) -> Abstract:
    """Return what ``value`` stands for; ``at`` is the span reported for sources that are read in it."""
    if isinstance(value, Const):
        return Abstract(Literal(value.value), nature="constant")
    if isinstance(value, Name):
        return names.look_up(walk, value.path, at)
    if isinstance(value, Result):
        return walk.results.get(value.call, UNKNOWN)
    if isinstance(value, Member):
        base = evaluate(walk, value.base, at)
        for part in value.path.split("."):
            base = names.attribute(walk.linker, base, part, walk, at)
        return base
    if isinstance(value, Template):
        return template(walk, value, at)
    if isinstance(value, Closure):
        return Abstract(Function(walk.unit.path, value.function, walk.scope.snapshot()), text="<lambda>")
    if isinstance(value, Opaque):
        return UNKNOWN
    return group(walk, value, at)


def template(walk: Walk, value: Template, at: Span) -> Abstract:
    """Return an f-string: constants are folded into its text, other holes stay ``{}``."""
    items = [walk.ordered(evaluate(walk, part, at), at) for part in value.parts]
    return fold(interleave(value.text.split("{}"), items), items)


def fold(pieces: list[str | Abstract], items: list[Abstract]) -> Abstract:
    """Return literal or template text made of ``pieces``."""
    text, holes = "", list[Abstract]()
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
        elif isinstance(piece.thing, Literal) and piece.thing.value is not None:
            text += str(piece.thing.value)
        elif isinstance(piece.thing, Pattern):
            text += piece.thing.text
            holes.extend(piece.thing.parts)
        else:
            text += "{}"
            holes.append(piece)
    tags, deps = tags_of(items), deps_of(items)
    if not holes:
        return Abstract(Literal(text), tags=tags, nature="constant", deps=deps)
    return Abstract(Pattern(text, tuple(holes)), tags=tags, deps=deps, nature=common_nature(holes))


def common_nature(items: list[Abstract]) -> str:
    """Return the nature that all items share, constants aside."""
    natures = {each.nature for each in items if each.nature != "constant"}
    return natures.pop() if len(natures) == 1 else ""


def interleave(texts: list[str], items: list[Abstract]) -> list[str | Abstract]:
    """Return texts and what stands between them; a ``{}`` without an item stays text."""
    pieces: list[str | Abstract] = []
    for index, text in enumerate(texts):
        pieces.append(text)
        if index < len(items):
            pieces.append(items[index])
        elif index < len(texts) - 1:
            pieces.append("{}")
    return pieces


def group(walk: Walk, value: Group, at: Span) -> Abstract:
    """Return a display or an operator over parts."""
    kind = value.kind
    if kind == "dict":
        return mapping(walk, value, at)
    items = [evaluate(walk, each, at) for each in value.items]
    if kind in _DISPLAYS:
        made = display(kind, items)
        return made.having(tags=made.tags | walk.filters) if kind in _COMPREHENSIONS and walk.filters else made
    if kind in ("await", "yield", "star", "with"):
        return items[0] if items else UNKNOWN
    if kind == "subscript":
        return subscript(walk, value, items)
    if kind == "add":
        return added(walk, items, at)
    if kind == "mod":
        return formatted(walk, items, at)
    if kind == "choice":
        test, then, otherwise = (*items, UNKNOWN, UNKNOWN)[:3]
        chosen, test = walk.joined([then, otherwise]), arrangement.test(test)
        callable_ = all(isinstance(each.thing, Function | External | Class) for each in (then, otherwise))
        if callable_ and not same(then.thing, otherwise.thing):
            chosen = chosen.having(thing=Sequence("alternatives", (then, otherwise)))
        return chosen.having(tags=chosen.tags | test.tags, deps=chosen.deps | test.deps)
    if kind == "boolean":
        return either(walk, items)
    if kind in ("is", "is-not") and isinstance(items[-1].thing, Literal) and items[-1].thing.value is None:
        # What a clock, a generator or a hash makes is never None: only what may be missing decides such a test.
        kept = frozenset(
            Tag(tag.source, tag.duration, True)
            for tag in items[0].tags
            if getattr(tag.source, "kind", "") not in NEVER_NONE
        )
        return Abstract(tags=kept, deps=items[0].deps, nature=items[0].nature)
    if kind == "not" and items[0].over.startswith("gate:"):
        return items[0].having(over=f"old:{items[0].over[len('gate:') :]}")
    if kind == "not" or (kind in ("in", "not-in") and len(items) == 2):
        items = [*items[:-1], arrangement.test(items[-1])]
    tags, deps = tags_of(items), deps_of(items)
    if kind == "binary" and len(items) == 2 and is_duration(items[0], items[1]):
        tags = frozenset(Tag(each.source, True) for each in tags)
    return Abstract(tags=tags, deps=deps, nature=common_nature(items) if items else "")


def either(walk: Walk, items: list[Abstract]) -> Abstract:
    """Return one of the operands of ``and`` / ``or``."""
    chosen = walk.joined([each for each in items if not isinstance(each.thing, Literal)] or items)
    return chosen.having(tags=tags_of(items), deps=deps_of(items))


def is_duration(left: Abstract, right: Abstract) -> bool:
    """Return whether both operands are clock readings, so that an operator between them makes a duration."""
    return reads_clock(left) and reads_clock(right)


def reads_clock(value: Abstract) -> bool:
    """Return whether a value is a reading of the clock."""
    return any(getattr(tag.source, "kind", "") == "time" and not tag.duration for tag in value.tags)


def mapping(walk: Walk, value: Group, at: Span) -> Abstract:
    """Return a dict display."""
    found: list[tuple[str | None, Abstract]] = []
    values: list[Abstract] = []
    for item in value.items:
        if isinstance(item, Group) and item.kind == "pair" and len(item.items) == 2:
            key, each = evaluate(walk, item.items[0], at), evaluate(walk, item.items[1], at)
            name = key.thing.value if isinstance(key.thing, Literal) and isinstance(key.thing.value, str) else None
            found.append((name, each))
            values += [key, each]
        else:
            each = evaluate(walk, item, at)
            found.append((None, each))
            values.append(each)
    return Abstract(Mapped(tuple(found)), tags=tags_of(values), deps=deps_of(values), nature="fresh")


def display(kind: str, items: list[Abstract]) -> Abstract:
    """Return a tuple, list, set or comprehension."""
    pending = tuple(step for each in items for step in each.pending)
    constant = bool(items) and all(each.nature == "constant" for each in items)
    return Abstract(
        Sequence(kind, tuple(items)),
        tags=tags_of(items),
        deps=deps_of(items),
        pending=pending,
        nature="constant" if constant else "fresh",
    )


def subscript(walk: Walk, value: Group, items: list[Abstract]) -> Abstract:
    """Return an item of a collection: what the display says under a constant key, else an element."""
    base, keys = items[0], items[1:]
    tags = arrangement.looked_up(base, keys)
    deps = base.deps | deps_of(keys)
    if isinstance(base.thing, Class) or (isinstance(base.thing, External) and base.thing.receiver is None and not tags):
        return base  # a generic class with its arguments
    key = keys[0].thing if len(keys) == 1 else None
    if isinstance(key, Literal):
        if isinstance(base.thing, Mapped):
            found = arrangement.under(base.thing, key.value)
            if found is not None:
                return found
        if isinstance(base.thing, Sequence) and isinstance(key.value, int) and base.thing.kind in ("tuple", "list"):
            if -len(base.thing.items) <= key.value < len(base.thing.items):
                return base.thing.items[key.value]
            return Abstract(tags=tags, deps=deps)
    text = f"{base.text}[]" if base.text else ""
    if walk.is_client(base):
        return base.having(text=text)
    return Abstract(tags=tags, deps=deps, nature=base.nature, text=text, over=base.over, steady=base.steady)


def added(walk: Walk, items: list[Abstract], at: Span) -> Abstract:
    """Return a chain of ``+``: text stays text, everything else keeps its tags."""
    texts = [
        isinstance(each.thing, Pattern) or (isinstance(each.thing, Literal) and isinstance(each.thing.value, str))
        for each in items
    ]
    if any(texts):
        return fold([walk.ordered(each, at) for each in items], items)
    if all(isinstance(each.thing, Sequence) for each in items):
        joined = tuple(part for each in items if isinstance(each.thing, Sequence) for part in each.thing.items)
        return display("list", list(joined))
    return Abstract(tags=tags_of(items), deps=deps_of(items), nature=common_nature(items))


def formatted(walk: Walk, items: list[Abstract], at: Span) -> Abstract:
    """Return ``text % values``."""
    left, right = items[0], items[-1]
    if not (isinstance(left.thing, Literal) and isinstance(left.thing.value, str)):
        return Abstract(tags=tags_of(items), deps=deps_of(items))
    text = left.thing.value
    for directive in ("%s", "%d", "%r", "%i"):
        text = text.replace(directive, "{}")
    given = list(right.thing.items) if isinstance(right.thing, Sequence) else [right]
    given = [walk.ordered(each, at) for each in given]
    return fold(interleave(text.split("{}"), given), given)


def element(value: Abstract) -> Abstract:
    """Return one element of an iterated value."""
    thing = value.thing
    over, nature = value.over or value.text, value.nature
    if isinstance(thing, Sequence):
        if thing.items:
            if len(thing.items) > 1 and all(isinstance(each.thing, Function | Partial) for each in thing.items):
                return Abstract(Sequence("alternatives", thing.items), tags=value.tags, deps=value.deps, text=over)
            joined = thing.items[0] if len(thing.items) == 1 else None
            first = thing.items[0]
            kept = joined.thing if joined else (None if isinstance(first.thing, Literal) else first.thing)
            return Abstract(
                kept,
                tags=value.tags,
                deps=value.deps,
                nature=nature,
                text=over,
                over=over,
                steady=value.steady,
                pending=value.pending,
            )
        return Abstract(tags=value.tags, deps=value.deps)
    if isinstance(thing, Mapped):
        return Abstract(tags=NO_TAGS, deps=value.deps, nature="constant" if nature == "constant" else "")
    return Abstract(tags=value.tags, deps=value.deps, nature=nature, over=over, steady=value.steady, text=over)
