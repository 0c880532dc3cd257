"""The block tree: regions that run together, and how a path leaves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from steplint.model.place import Span
from steplint.model.value import Value

if TYPE_CHECKING:
    from steplint.read.scopes import Scope

BlockKind = Literal["body", "if", "else", "for", "while", "try", "except", "finally", "with", "case", "comprehension"]
Leaves = Literal["", "return", "raise", "break", "continue"]

# When paths leave in different ways, the weakest claim is the true one: "raise" only if all of them raise.
_STRENGTH: tuple[Leaves, ...] = ("", "continue", "break", "return", "raise")


@dataclass(slots=True)
class BlockRow:
    """A block that may not know yet how it is left."""

    kind: BlockKind
    parent: int
    group: int
    head: Value | None
    statement: int
    binds: tuple[str, ...]
    leaves: Leaves
    asynchronous: bool
    span: Span


def new_group(scope: Scope) -> int:
    """Return a number for arms that exclude each other."""
    scope.groups += 1
    return scope.groups - 1


def enter(
    scope: Scope,
    kind: BlockKind,
    span: Span,
    head: Value | None = None,
    statement: int = -1,
    binds: tuple[str, ...] = (),
    group: int | None = None,
    asynchronous: bool = False,
) -> BlockRow:
    """Make what is read from now on part of a new block of ``scope``, until `leave`."""
    if group is None:
        group = new_group(scope)
    row = BlockRow(kind, scope.block, group, head, statement, binds, "", asynchronous, span)
    scope.block = len(scope.blocks)
    scope.blocks.append(row)
    scope.trace.append("{" + kind)
    return row


def leave(scope: Scope, row: BlockRow, leaves: Leaves = "") -> Leaves:
    """Return to the block around ``row``; every path through ``row`` ends as ``leaves`` says."""
    row.leaves = leaves
    scope.block = row.parent
    scope.trace.append("}")
    return leaves


def weakest(ends: Iterable[Leaves]) -> Leaves:
    """Return how every path ends when each takes one of ``ends``."""
    return min(ends, key=_STRENGTH.index, default="")
