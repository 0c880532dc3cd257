"""The steps and effects of a workflow as a tree: what stands in which branch, loop or parallel group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from steplint.model.graph import Effect, Frame, Step, Workflow
from steplint.model.place import Place


class Leaf(Struct, frozen=True):
    """A step (its position) or an effect of the body (its index)."""

    step: int | None = None
    effect: int | None = None


class Branch(Struct, frozen=True):
    """A construct and what stands in it, in code order."""

    frame: Frame
    children: tuple[Branch | Leaf, ...]


_DEEPEST = 60
"""Constructs below this depth are left out, so that no reader of the tree runs out of stack."""

_Item = tuple[tuple[Frame, ...], Leaf]


def tree(workflow: Workflow) -> tuple[Branch | Leaf, ...]:
    """Return the steps of ``workflow`` in order, each effect before the step that follows it in the text."""
    return _nested(list(_items(workflow)), 0)


def title(frame: Frame) -> str:
    """Return how a reader would call ``frame``: `for item in items`, `if`, `in parallel: asyncio.gather`."""
    binds = ", ".join(frame.binds)
    match frame.kind:
        case "for":
            head = f"{'async ' if frame.asynchronous else ''}for {binds or '…'} in {frame.name or '…'}"
            return head + (f" ({frame.bound} times)" if frame.bound is not None else "")
        case "while":
            return f"while {frame.name or '…'}" + (" (endless)" if frame.endless else "")
        case "comprehension":
            return f"each {binds or '…'} in {frame.name or '…'}"
        case "combinator":
            return f"in parallel: {frame.name}" if frame.name else "in parallel"
        case "except":
            caught = ", ".join(name for handler in frame.handlers for name in handler.catches) or frame.name
            return f"except {caught}".rstrip()
        case "with":
            return f"with {frame.name or '…'}" + (f" as {binds}" if binds else "")
        case "deferred":
            return f"later: {frame.name}" if frame.name else "in order"
        case "call":
            return f"in {frame.name}()" if frame.name else "in a called function"
        case "if":
            return f"if {frame.name}".rstrip() + (f" (gate `{frame.gate}`)" if frame.gate else "")
        case _:
            return f"{frame.kind} {frame.name}".rstrip()


def _items(workflow: Workflow) -> Iterator[_Item]:
    effects = sorted(enumerate(workflow.effects), key=lambda pair: _key(pair[1].place, workflow.place))
    for step in workflow.steps:
        at = _key(_in_body(step), workflow.place)
        while effects and _key(effects[0][1].place, workflow.place) < at:
            index, effect = effects.pop(0)
            yield effect.inside, Leaf(effect=index)
        yield step.inside, Leaf(step=step.position)
    for index, effect in effects:
        yield effect.inside, Leaf(effect=index)


def _in_body(step: Step) -> Place:
    return step.trail[0].place if step.trail else step.place


def _key(place: Place, body: Place) -> tuple[bool, str, int, int]:
    return place.path != body.path, place.path, place.span.line, place.span.column


def _nested(items: Sequence[_Item], depth: int) -> tuple[Branch | Leaf, ...]:
    nodes, at = list[Branch | Leaf](), 0
    while at < len(items):
        frames, leaf = items[at]
        if len(frames) <= depth or depth >= _DEEPEST:
            nodes.append(leaf)
            at += 1
            continue
        end = at + 1
        while end < len(items) and len(items[end][0]) > depth and _same(items[end][0][depth], frames[depth]):
            end += 1
        frame, inner = frames[depth], items[at:end]
        children = _arms(inner, depth) if frame.kind == "combinator" else _nested(inner, depth + 1)
        nodes.append(Branch(frame, children))
        at = end
    return tuple(nodes)


def _arms(items: Sequence[_Item], depth: int) -> tuple[Branch | Leaf, ...]:
    """Return one node for each arm of a parallel group; a callable that only holds one step is left out."""
    arms = list[Branch | Leaf]()
    for _, group in groupby(items, key=lambda item: item[0][depth].arm):
        arm = list(group)
        for node in _joined(_nested(arm, depth + 1), arm[0][0][depth]):
            alone = isinstance(node, Branch) and node.frame.kind == "deferred" and len(node.children) == 1
            arms.append(node.children[0] if alone and isinstance(node, Branch) else node)
    return tuple(arms)


def _joined(nodes: tuple[Branch | Leaf, ...], frame: Frame) -> tuple[Branch | Leaf, ...]:
    """Return the nodes of one arm as one; arm 0 is what a frame has that does not tell its arms apart."""
    return nodes if len(nodes) == 1 or not frame.arm else (Branch(Frame("deferred", frame.place), nodes),)


def _same(one: Frame, other: Frame) -> bool:
    if (one.kind, one.place, one.group) != (other.kind, other.place, other.group):
        return False
    return one.arm == other.arm or one.kind == "combinator"


def effects_of(step: Step) -> tuple[Effect, ...]:
    """Return what the callable of ``step`` does."""
    return step.body.effects if step.body is not None else ()


def computed(step: Step) -> bool:
    """Return whether the ID of ``step`` is known at run time only."""
    return step.id is None and step.id_source != "missing"


def readable(step: Step) -> str:
    """Return the ID of ``step``; of a template, with what fills its holes where that is known: `notify-{sku}`.

    An operation without a name is no riddle: `(sleep)`. A question mark is for an ID that could not be read.
    """
    if step.id is None and step.id_source == "missing":
        return f"({step.kind})"
    if step.id is not None or step.template is None or step.template.count("{}") != len(step.id_parts):
        return step.label
    filled = step.template
    for part in step.id_parts:
        filled = filled.replace("{}", "{" + (part.text or "…").replace("{}", "…") + "}", 1)
    return filled
