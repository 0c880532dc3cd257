"""Statement to rows of a summary: one typed descent over the fields that carry meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import libcst as cst

from steplint.model.place import NOWHERE, Span
from steplint.model.summary import Class, Decorator, Import
from steplint.model.value import Const, Group, Opaque, Value
from steplint.read.blocks import Leaves, enter, leave
from steplint.read.closures import read_parameters
from steplint.read.compound import read_for, read_if, read_match, read_try, read_while, read_with
from steplint.read.scopes import Scope, Source, StatementKind, close_scope, open_scope
from steplint.read.targets import targets, unpacks_one
from steplint.read.values import NONE, consumed_by, optional, value

UNDEFINED = Opaque("undefined")


def descend(module: cst.Module, source: Source) -> None:
    """Read ``module`` into the scopes, classes and imports of ``source``."""
    span = source.positions.between(0, len(source.positions.text))
    scope = open_scope(source, "<module>", "module", None, span, NOWHERE, span)
    close_scope(scope, _body(scope, module.body))


def _body(scope: Scope, statements: Iterable[cst.CSTNode]) -> Leaves:
    """Read the body of a scope; its docstring leaves no trace."""
    statements = list(statements)
    if not statements or not _is_docstring(statements[0]):
        return _sequence(scope, statements)
    _read(scope, statements[0])
    scope.trace.clear()
    return _sequence(scope, statements[1:])


def _is_docstring(node: cst.CSTNode) -> bool:
    while isinstance(node, cst.SimpleStatementLine) and node.body:
        node = node.body[0]
    return isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))


def _sequence(scope: Scope, statements: Iterable[cst.CSTNode]) -> Leaves:
    """Return how the first statement that always leaves does so."""
    leaves: Leaves = ""
    for statement in statements:
        end = _read(scope, statement)
        leaves = leaves or end
    return leaves


def _read(scope: Scope, statement: cst.CSTNode) -> Leaves:
    return STATEMENTS.get(statement.__class__, _other)(scope, statement)


def _other(scope: Scope, node: cst.CSTNode) -> Leaves:
    """Read a kind of statement that a newer LibCST knows as if all that it contains ran, or may run."""
    for child in node.children:
        if isinstance(child, cst.BaseSuite):
            leave(scope, enter(scope, "if", scope.source.positions.span(child)), _suite(scope, child))
        elif isinstance(child, (cst.BaseExpression, cst.Arg)):
            value(scope, child)
        elif isinstance(child, cst.BaseStatement | cst.BaseSmallStatement):
            _read(scope, child)
    _emit(scope, "expression", node, (), Opaque(node.__class__.__name__))
    return ""


def _suite(scope: Scope, suite: cst.BaseSuite) -> Leaves:
    return _sequence(scope, suite.body)


def _line(scope: Scope, node: cst.SimpleStatementLine) -> Leaves:
    if len(node.body) == 1:
        return _read(scope, node.body[0])
    return _sequence(scope, node.body)


# Simple statements


def _emit(scope: Scope, kind: StatementKind, node: cst.CSTNode, paths: tuple[str, ...], result: Value) -> None:
    scope.trace.append(";" + kind)
    scope.emit(kind, paths, result, scope.source.positions.span(node))


def _expression(scope: Scope, node: cst.Expr) -> Leaves:
    _emit(scope, "expression", node, (), consumed_by(scope, node.value, 1, "dropped"))
    return ""


def _assign(scope: Scope, node: cst.Assign) -> Leaves:
    """Read an assignment as one statement for each `=`, so that several targets mean unpacking."""
    result = value(scope, node.value)
    for target in node.targets:
        _bind(scope, node, target.target, result)
    return ""


def _bind(scope: Scope, node: cst.CSTNode, target: cst.CSTNode, result: Value, annotation: Value | None = None) -> None:
    paths = targets(scope, target, value, scope.bound)
    if unpacks_one(target):
        result = Group("subscript", (result, Const(0)))
    scope.trace.append(";assign")
    scope.emit("assign", paths, result, scope.source.positions.span(node), annotation)


def _annotated(scope: Scope, node: cst.AnnAssign) -> Leaves:
    # Python does not evaluate the annotation of a local variable: what it names is not read.
    reads = scope.reads
    if scope.kind in ("function", "async"):
        scope.reads = set()
    annotation = value(scope, node.annotation.annotation)
    scope.reads = reads
    result = UNDEFINED if node.value is None else value(scope, node.value)
    _bind(scope, node, node.target, result, annotation)
    return ""


def _augment(scope: Scope, node: cst.AugAssign) -> Leaves:
    result = value(scope, node.value)
    if isinstance(node.target, cst.Name):
        scope.read(node.target.value)
    paths = targets(scope, node.target, value, scope.bound)
    scope.trace.append("(" + node.operator.__class__.__name__)
    _emit(scope, "augment", node, paths, result)
    return ""


def _delete(scope: Scope, node: cst.Del) -> Leaves:
    _emit(scope, "delete", node, targets(scope, node.target, value, scope.bound), NONE)
    return ""


def _return(scope: Scope, node: cst.Return) -> Leaves:
    _emit(scope, "return", node, (), optional(scope, node.value))
    return _exits(scope, "return")


def _raise(scope: Scope, node: cst.Raise) -> Leaves:
    result = optional(scope, node.exc)
    if node.cause is not None:
        value(scope, node.cause.item)
    _emit(scope, "raise", node, (), result)
    return _exits(scope, "raise")


def _exits(scope: Scope, how: Leaves) -> Leaves:
    for loop in scope.loops:
        loop.add(how)
    return how


def _assert(scope: Scope, node: cst.Assert) -> Leaves:
    test = value(scope, node.test)
    result = test if node.msg is None else Group("tuple", (test, value(scope, node.msg, 2)))
    _emit(scope, "assert", node, (), result)
    return _exits(scope, "raise") if test == Const(False) else ""


def _break(scope: Scope, node: cst.Break) -> Leaves:
    scope.trace.append(";break")
    if scope.loops:
        scope.loops[-1].add("break")
    return "break"


def _continue(scope: Scope, node: cst.Continue) -> Leaves:
    scope.trace.append(";continue")
    return "continue"


def _pass(scope: Scope, node: cst.Pass) -> Leaves:
    return ""


def _rebind(scope: Scope, node: cst.Global | cst.Nonlocal) -> Leaves:
    scope.trace.append(";" + node.__class__.__name__)
    for item in node.names:
        scope.trace.append(item.name.value)
        scope.rebinds.add(item.name.value)
    return ""


def _alias(scope: Scope, node: Any) -> Leaves:
    """Read `type X = ...`, whose value is evaluated when somebody asks for it."""
    scope.bound.add(node.name.value)
    _emit(scope, "assign", node, (node.name.value,), value(scope, node.value))
    return ""


# Imports


def _import(scope: Scope, node: cst.Import) -> Leaves:
    for alias in node.names:
        module = _dotted(alias.name)
        local = module.partition(".")[0] if alias.asname is None else _dotted(alias.asname.name)
        _imported(scope, alias, Import(local, module, "", 0, scope.index, scope.block, _at(scope, alias)))
    return ""


def _import_from(scope: Scope, node: cst.ImportFrom) -> Leaves:
    module = "" if node.module is None else _dotted(node.module)
    level = len(node.relative)
    if isinstance(node.names, cst.ImportStar):
        _imported(scope, node, Import("*", module, "*", level, scope.index, scope.block, _at(scope, node)))
        return ""
    for alias in node.names:
        name = _dotted(alias.name)
        local = name if alias.asname is None else _dotted(alias.asname.name)
        _imported(scope, alias, Import(local, module, name, level, scope.index, scope.block, _at(scope, alias)))
    return ""


def _imported(scope: Scope, node: cst.CSTNode, row: Import) -> None:
    scope.trace.append(f";import {row.level}.{row.module}.{row.name}")
    scope.trace.append(row.local)
    scope.bound.add(row.local)
    scope.source.imports.append(row)


def _at(scope: Scope, node: cst.CSTNode) -> Span:
    return scope.source.positions.span(node)


def _dotted(node: cst.CSTNode) -> str:
    parts = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


# Definitions


def _function(scope: Scope, node: cst.FunctionDef) -> Leaves:
    decorators = _decorators(scope, node)
    parameters = read_parameters(scope, node.params, value)
    returns = None if node.returns is None else value(scope, node.returns.annotation)
    scope.settle()
    name = node.name.value
    positions = scope.source.positions
    start, _ = positions.offsets(node)
    named = positions.text.index(name, positions.text.index("def", start) + 3)
    inner = open_scope(
        *(scope.source, scope.qualify(name), "function" if node.asynchronous is None else "async", scope),
        *(positions.span(node), positions.between(named, named + len(name)), positions.span(node.body)),
    )
    inner.parameters = parameters
    inner.returns = returns
    inner.decorators = decorators
    inner.bound.update(parameter.name for parameter in parameters)
    inner.bound.update(_type_parameters(node))
    close_scope(inner, _body(inner, node.body.body))
    scope.bound.add(name)
    scope.trace.append(name)
    return ""


def _class(scope: Scope, node: cst.ClassDef) -> Leaves:
    decorators = _decorators(scope, node)
    bases = tuple([value(scope, argument) for argument in node.bases])
    for keyword in node.keywords:
        value(scope, keyword)
    scope.settle()
    name = node.name.value
    positions = scope.source.positions
    span = positions.span(node)
    start, _ = positions.offsets(node)
    named = positions.text.index(name, start + len("class"))
    qualified = scope.qualify(name)
    inner = open_scope(
        *(scope.source, qualified, "class", scope),
        *(span, positions.between(named, named + len(name)), positions.span(node.body)),
    )
    inner.bound.update(_type_parameters(node))
    scope.source.classes.append(Class(qualified, bases, decorators, inner.index, span))
    close_scope(inner, _body(inner, node.body.body))
    scope.bound.add(name)
    scope.trace.append(name)
    return ""


def _decorators(scope: Scope, node: cst.FunctionDef | cst.ClassDef) -> tuple[Decorator, ...]:
    return tuple(
        [Decorator(value(scope, each.decorator), scope.source.positions.span(each)) for each in node.decorators]
    )


def _type_parameters(node: cst.FunctionDef | cst.ClassDef) -> list[str]:
    found = getattr(node, "type_parameters", None)
    return [] if found is None else [each.param.name.value for each in found.params]


STATEMENTS: dict[type, Callable[[Scope, Any], Leaves]] = {
    cst.SimpleStatementLine: _line,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augment,
    cst.Del: _delete,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Pass: _pass,
    cst.Global: _rebind,
    cst.Nonlocal: _rebind,
    cst.TypeAlias: _alias,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.If: partial(read_if, suite=_suite),
    cst.For: partial(read_for, suite=_suite),
    cst.While: partial(read_while, suite=_suite),
    cst.With: partial(read_with, suite=_suite),
    cst.Try: partial(read_try, suite=_suite),
    cst.TryStar: partial(read_try, suite=_suite),
    cst.Match: partial(read_match, suite=_suite),
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
}
if hasattr(cst, "LazyImport"):
    STATEMENTS[cst.LazyImport] = _import
    STATEMENTS[cst.LazyImportFrom] = _import_from
