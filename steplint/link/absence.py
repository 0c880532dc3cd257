"""Tests of whether something is there: attributes that an object fills itself, rows that a query did not find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steplint.link.events import Source
from steplint.model.value import Const, Group, Name, Result, Value

if TYPE_CHECKING:
    from steplint.link.values import Abstract
    from steplint.model.summary import Function


def filled_when_missing(function: Function) -> frozenset[str]:
    """Return the attributes of `self` that ``function`` makes after a look whether they are there.

    They are lost with the process and made again when they are asked for: no state of the run.
    """
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


def reads_rows(value: Abstract) -> bool:
    """Return whether a value depends on what a query found."""
    found = (tag.source for tag in value.tags)
    return any(isinstance(each, Source) and each.kind == "database" and each.mode != "write" for each in found)


def asks_absence(test: Value | None) -> bool:
    """Return whether a test holds only where its value is missing."""
    match test:
        case Group(kind="not", items=(Name() | Result() | Group(kind="await"),)):
            return True
        case Group(kind="is", items=(_, Const(value=None))) | Group(kind="compare", items=(_, Const(value=0))):
            return True
    return False


def asks_presence(test: Value | None) -> bool:
    """Return whether a test fails only where its value is missing."""
    match test:
        case Name() | Group(kind="is-not", items=(_, Const(value=None))):
            return True
    return False
