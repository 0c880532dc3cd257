"""Changes of what belongs to the workflow: variables around a step, event data, objects of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link.absence import filled_when_missing
from steplint.link.values import Abstract, Context, Object
from steplint.model.graph import Write

if TYPE_CHECKING:
    from steplint.link.walk import Walk
    from steplint.model.place import Span


def note_write(walk: Walk, target: str, how: str, at: Span) -> None:
    """Record a change of something that belongs to the workflow: from a step, or of event data from the body."""
    name = target.lstrip("*")
    head = name.split(".")[0].split("[")[0]
    if walk.zone == "outside" or walk.silent:
        return
    plain = head == name
    if plain:
        if walk.zone == "step" and head in walk.function.rebinds:
            add_write(walk, head, "assign", outer_of(walk, head, at), at)
        return
    if head == "self" and name in filled_when_missing(walk.function):
        return
    how = "subscript" if name.endswith("[]") else "attribute"
    owner = name[:-2] if name.endswith("[]") else name.rpartition(".")[0]
    note_change(walk, walk.value_of(owner, at), head, how, at)


def note_change(walk: Walk, value: Abstract, head: str, how: str, at: Span) -> None:
    """Record that an object is changed, if it is the workflow's (in a step) or the run's input (in the body)."""
    if walk.silent:
        return
    if value.own:
        return
    given = value.nature == "event" and isinstance(value.thing, Context)
    if walk.zone == "step":
        if value.outer or given:
            add_write(walk, value.outer or head, how, value, at)
    elif walk.zone == "body" and value.nature in ("event", "memo") and not isinstance(value.thing, Object):
        add_write(walk, head, how, value, at)


def outer_of(walk: Walk, name: str, at: Span) -> Abstract:
    """Return the enclosing variable that a `nonlocal` or `global` name rebinds."""
    scope = walk.scope.parent
    while scope is not None:
        if name in scope.variables:
            return scope.variables[name]
        scope = scope.parent
    return Abstract(text=name, nature="global")


def add_write(walk: Walk, name: str, how: str, value: Abstract, at: Span) -> None:
    """Record a write."""
    target = value.nature if value.nature in ("memo", "event", "global") else "local"
    if isinstance(value.thing, Object) and name == "self":
        target = "instance"
    walk.out.writes.append(Write(name, how, target, walk.unit.place(at)))  # type: ignore[arg-type]
