"""Attributes that an object fills itself when they are missing: lost with the process, made again when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steplint.model.value import Const, Group, Name, Value

if TYPE_CHECKING:
    from steplint.model.summary import Function


def filled_when_missing(function: Function) -> frozenset[str]:
    """Return the attributes of `self` that ``function`` makes by a call after a look whether they are there."""
    made = {
        target
        for statement in function.statements
        for target in statement.targets
        if target.startswith("self.") and not isinstance(statement.value, Const)
    }
    if not made:
        return frozenset()
    heads = (block.head for block in function.blocks if block.kind in ("if", "while"))
    return frozenset(made & {name for head in heads for name in _looked_for(head)})


def _looked_for(test: Value | None) -> Iterator[str]:
    """Yield the names of which a test asks only whether they have a value: `not x`, `x is None`, `x`."""
    match test:
        case Name(path=path):
            yield path
        case Group(kind="not" | "boolean", items=items):
            for item in items:
                yield from _looked_for(item)
        case Group(kind="is" | "is-not", items=(Name(path=path), Const(value=None))):
            yield path
