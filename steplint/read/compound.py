"""Compound statements: which blocks they open, what decides about them, and how they are left."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import libcst as cst

from steplint.model.place import Span
from steplint.model.value import Const, Group, Name, Value
from steplint.read.blocks import Leaves, enter, leave, new_group, weakest
from steplint.read.patterns import captures, irrefutable
from steplint.read.scopes import Scope
from steplint.read.targets import targets
from steplint.read.values import NONE, optional, value

Suite = Callable[[Scope, cst.BaseSuite], Leaves]
Loop = cst.For | cst.While

# Managers that end an exception, so that a `raise` below them does not leave.
_SWALLOWS = frozenset({"suppress", "raises", "assertRaises"})

_COLON = re.compile(r":[ \t\f]*(?:#.*)?$")


def read_if(scope: Scope, node: cst.If, suite: Suite) -> Leaves:
    """Read `if`, `elif` and `else`: arms of one group, all tests in the block around them."""
    group = new_group(scope)
    ends: list[Leaves] = []
    arm: cst.If | cst.Else | None = node
    while isinstance(arm, cst.If):
        test = value(scope, arm.test)
        head = scope.emit("head", (), test, header(scope, arm, arm.body))
        row = enter(scope, "if", upto(scope, arm, arm.body), test, head, group=group)
        ends.append(leave(scope, row, suite(scope, arm.body)))
        arm = arm.orelse
    ends.append("" if arm is None else _plain(scope, "else", arm, suite, group))
    return weakest(ends)


def read_for(scope: Scope, node: cst.For, suite: Suite) -> Leaves:
    """Read a `for` loop; its iterable belongs to the block around it."""
    iterable = value(scope, node.iter)
    binds = targets(scope, node.target, value, scope.bound)
    head = scope.emit("head", binds, iterable, header(scope, node, node.body))
    row = enter(
        *(scope, "for", upto(scope, node, node.body), iterable, head, binds),
        asynchronous=node.asynchronous is not None,
    )
    exits: set[Leaves] = set()
    scope.loops.append(exits)
    leave(scope, row, suite(scope, node.body))
    scope.loops.pop()
    return _after_loop(scope, node, exits, suite)


def read_while(scope: Scope, node: cst.While, suite: Suite) -> Leaves:
    """Read a `while` loop; its test belongs to the loop, since it runs at each turn."""
    row = enter(scope, "while", upto(scope, node, node.body))
    row.head = value(scope, node.test)
    row.statement = scope.emit("head", (), row.head, header(scope, node, node.body))
    exits: set[Leaves] = set()
    scope.loops.append(exits)
    leave(scope, row, suite(scope, node.body))
    scope.loops.pop()
    after = _after_loop(scope, node, exits, suite)
    forever = isinstance(row.head, Const) and bool(row.head.value) and "break" not in exits
    return weakest(exits) if forever else after


def _after_loop(scope: Scope, node: Loop, exits: set[Leaves], suite: Suite) -> Leaves:
    """Read the `else` of a loop, which runs unless the loop is broken off."""
    if node.orelse is None:
        return ""
    ends = _plain(scope, "else", node.orelse, suite, new_group(scope))
    return "" if "break" in exits else ends


def read_with(scope: Scope, node: cst.With, suite: Suite) -> Leaves:
    """Read `with`: one block for each item, the later ones inside the earlier ones."""
    span = scope.source.positions.span(node)
    rows = []
    swallows = False
    for item in node.items:
        manager = value(scope, item.item)
        binds = () if item.asname is None else targets(scope, item.asname.name, value, scope.bound)
        swallows = swallows or _last_name(scope, manager) in _SWALLOWS
        context = Group("with", (manager,))
        head = scope.emit("head", binds, context, scope.source.positions.span(item))
        rows.append(enter(scope, "with", span, context, head, binds, asynchronous=node.asynchronous is not None))
    leaves = suite(scope, node.body)
    for row in reversed(rows):
        leave(scope, row, leaves)
    return "" if swallows and leaves == "raise" else leaves


def _last_name(scope: Scope, manager: Value) -> str:
    call = getattr(manager, "call", None)
    callee = manager if call is None else scope.calls[call].callee
    return callee.path.rpartition(".")[2] if isinstance(callee, Name) else ""


def read_try(scope: Scope, node: cst.Try | cst.TryStar, suite: Suite) -> Leaves:
    """Read `try`: its body and handlers share a group, `else` and `finally` have their own."""
    group = new_group(scope)
    row = enter(scope, "try", upto(scope, node, node.body), group=group)
    body = leave(scope, row, suite(scope, node.body))
    handlers = [_handler(scope, handler, suite, group) for handler in node.handlers]
    if node.orelse is not None:
        after = _plain(scope, "else", node.orelse, suite, new_group(scope))
        body = body or after
    last: Leaves = ""
    if node.finalbody is not None:
        last = _plain(scope, "finally", node.finalbody, suite, new_group(scope))
    return last or weakest([body, *handlers])


def _handler(scope: Scope, node: cst.ExceptHandler | cst.ExceptStarHandler, suite: Suite, group: int) -> Leaves:
    span = scope.source.positions.span(node)
    if node.type is None:
        return _plain(scope, "except", node, suite, group)
    caught = value(scope, node.type)
    binds = () if node.name is None else targets(scope, node.name.name, value, scope.bound)
    head = scope.emit("head", binds, caught, header(scope, node, node.body))
    row = enter(scope, "except", span, caught, head, binds, group)
    return leave(scope, row, suite(scope, node.body))


def read_match(scope: Scope, node: cst.Match, suite: Suite) -> Leaves:
    """Read `match`: a group of cases, each with the subject and its guard as head."""
    subject = value(scope, node.subject)
    group = new_group(scope)
    ends: list[Leaves] = []
    complete = False
    for case in node.cases:
        binds = captures(scope, case.pattern, value)
        guard = optional(scope, case.guard)
        context = Group("case", (subject, guard))
        head = scope.emit("head", binds, context, header(scope, case, case.body))
        row = enter(scope, "case", scope.source.positions.span(case), context, head, binds, group)
        ends.append(leave(scope, row, suite(scope, case.body)))
        complete = complete or (case.guard is None and irrefutable(case.pattern))
    return weakest(ends) if complete else ""


def _plain(scope: Scope, kind: Any, node: Any, suite: Suite, group: int) -> Leaves:
    row = enter(scope, kind, scope.source.positions.span(node), group=group)
    return leave(scope, row, suite(scope, node.body))


def upto(scope: Scope, node: cst.CSTNode, body: cst.CSTNode) -> Span:
    """Return the span from the start of ``node`` to the end of ``body``."""
    positions = scope.source.positions
    return positions.between(positions.offsets(node)[0], positions.offsets(body)[1])


def header(scope: Scope, node: cst.CSTNode, body: cst.CSTNode) -> Span:
    """Return the span of ``node`` up to the colon before ``body``."""
    positions = scope.source.positions
    start, end = positions.offsets(node)[0], positions.offsets(body)[0]
    lines = positions.text[start:end].splitlines(keepends=True)
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    match = _COLON.search(lines[-1].rstrip())
    length = sum(map(len, lines[:-1])) + (len(lines[-1].rstrip()) if match is None else match.start() + 1)
    return positions.between(start, start + length)


__all__ = ["NONE", "header", "read_for", "read_if", "read_match", "read_try", "read_while", "read_with", "upto"]
