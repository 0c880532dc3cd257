"""Parts of an expression that run under a condition or many times: conditional arms, `and`/`or`, comprehensions."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from steplint.model.place import Span
from steplint.model.value import Group, Value
from steplint.read.blocks import BlockKind, BlockRow, enter, leave, new_group
from steplint.read.scopes import Scope
from steplint.read.targets import targets

Read = Callable[..., Value]
Comprehension = cst.GeneratorExp | cst.ListComp | cst.SetComp | cst.DictComp

KINDS: dict[type, str] = {cst.ListComp: "listcomp", cst.SetComp: "setcomp", cst.GeneratorExp: "generator"}


def choice(scope: Scope, node: cst.IfExp, depth: int, read: Read) -> Value:
    """Return (test, then, otherwise); each arm has a block if it holds calls."""
    test = read(scope, node.test, depth + 1)
    group = new_group(scope)
    then = _arm(scope, node.body, depth, read, "if", test, group)
    otherwise = _arm(scope, node.orelse, depth, read, "else", None, group)
    scope.trace.append("(IfExp")
    return Group("choice", (test, then, otherwise))


def _arm(
    scope: Scope, node: cst.BaseExpression, depth: int, read: Read, kind: BlockKind, head: Value | None, group: int
) -> Value:
    row = _open(scope, kind, head, group)
    result = read(scope, node, depth + 1)
    _close(scope, row, node, node)
    return result


def boolean(scope: Scope, node: cst.BooleanOperation, depth: int, read: Read) -> Value:
    """Return the operands of a chain of `and` or of `or`; each runs only if those before it let it."""
    operator = node.operator.__class__
    kind: BlockKind = "if" if operator is cst.And else "else"
    first, *others = _operands(node)
    items = [read(scope, first, depth + 1)]
    rows = []
    for operand in others:
        # Blocks of later operands lie in those of earlier ones, so each head is one operand.
        rows.append((_open(scope, kind, items[-1], new_group(scope)), operand))
        items.append(read(scope, operand, depth + 1))
    for row, operand in reversed(rows):
        _close(scope, row, operand, others[-1])
    scope.trace.append(f"({operator.__name__}{len(items)}")
    return Group("boolean", tuple(items))


def _operands(node: cst.BooleanOperation) -> list[cst.BaseExpression]:
    operator = node.operator.__class__
    found: list[cst.BaseExpression] = []
    waiting: list[cst.BaseExpression] = [node]
    while waiting:
        operand = waiting.pop()
        if isinstance(operand, cst.BooleanOperation) and operand.operator.__class__ is operator:
            waiting.append(operand.right)
            waiting.append(operand.left)
        else:
            found.append(operand)
    return found


def comprehension(scope: Scope, node: Comprehension, depth: int, read: Read) -> Value:
    """Return the element of a comprehension; its clauses become blocks with heads."""
    span = scope.source.positions.span(node)
    rows: list[BlockRow] = []
    clauses = 0
    clause: cst.CompFor | None = node.for_in
    while clause is not None:
        clauses += 1
        rows.extend(_clause(scope, clause, span, read))
        clause = clause.inner_for_in
    if isinstance(node, cst.DictComp):
        items: tuple[Value, ...] = (read(scope, node.key, depth + 1), read(scope, node.value, depth + 1))
    else:
        element = getattr(node, "elt", None) or node.value  # type: ignore[union-attr]
        items = (read(scope, element, depth + 1),)
    for row in reversed(rows):
        leave(scope, row)
    scope.clauses.update(*scope.hidden[-clauses:])
    del scope.hidden[-clauses:]
    return Group(KINDS.get(node.__class__, "dictcomp"), items)


def _clause(scope: Scope, clause: cst.CompFor, span: Span, read: Read) -> list[BlockRow]:
    since = len(scope.pending)
    iterable = read(scope, clause.iter)
    names: set[str] = set()
    scope.hidden.append(names)
    binds = targets(scope, clause.target, read, names)
    head = scope.emit("head", binds, iterable, span, since=since)
    asynchronous = clause.asynchronous is not None
    rows = [enter(scope, "comprehension", span, iterable, head, binds, asynchronous=asynchronous)]
    for condition in clause.ifs:
        since = len(scope.pending)
        test = read(scope, condition.test)
        head = scope.emit("head", (), test, span, since=since)
        rows.append(enter(scope, "if", span, test, head))
    return rows


def _open(scope: Scope, kind: BlockKind, head: Value | None, group: int) -> tuple[BlockRow, int, int]:
    row = enter(scope, kind, scope.span, head, group=group)
    scope.pending.append(row)
    return row, len(scope.calls), len(scope.statements)


def _close(scope: Scope, opened: tuple[BlockRow, int, int], first: cst.CSTNode, last: cst.CSTNode) -> None:
    """Leave an arm that spans from ``first`` to ``last``, and forget its block unless something happens in it."""
    row, calls, statements = opened
    block = scope.block
    leave(scope, row)
    if len(scope.calls) == calls and len(scope.statements) == statements and block == len(scope.blocks) - 1:
        scope.blocks.pop()
        scope.pending.pop()
    else:
        positions = scope.source.positions
        row.span = positions.between(positions.offsets(first)[0], positions.offsets(last)[1])
