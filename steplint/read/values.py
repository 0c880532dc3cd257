"""Expression to value; calls, reads, lambdas and inner assignments are noted on the way, in evaluation order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from steplint.model.summary import Argument
from steplint.model.value import Const, Group, Member, Name, Opaque, Result, Value
from steplint.read.arms import Comprehension, boolean, choice, comprehension
from steplint.read.closures import closure
from steplint.read.literals import CONSTANTS, TEXT_LIMIT, TOO_LONG, integer, negated
from steplint.read.scopes import CallRow, Consumed, Scope
from steplint.read.targets import targets
from steplint.read.text import joined, literal

DEPTH_LIMIT = 12
TOO_DEEP = Opaque("depth")
NONE = Const(None)


def value(scope: Scope, node: cst.CSTNode, depth: int = 1) -> Value:
    """Return what ``node`` is reduced to; ``depth`` is one more than the number of values around it."""
    reader = READERS.get(node.__class__, _other)
    result = reader(scope, node, depth)
    return result if depth <= DEPTH_LIMIT else TOO_DEEP


def optional(scope: Scope, node: cst.CSTNode | None, depth: int = 1) -> Value:
    """Return the value of ``node``, or None's where nothing is written."""
    return NONE if node is None else value(scope, node, depth)


def _other(scope: Scope, node: cst.CSTNode, depth: int) -> Value:
    """Read what a node of unknown kind contains, and keep its name."""
    kind = node.__class__.__name__
    scope.trace.append("(" + kind)
    for child in node.children:
        if child.__class__ in READERS or isinstance(child, cst.BaseExpression):
            value(scope, child, depth + 1)
    return Opaque(kind)


def _name(scope: Scope, node: cst.Name, depth: int) -> Value:
    name = node.value
    constant = CONSTANTS.get(name)
    if constant is not None:
        scope.trace.append("=" + name)
        return constant
    scope.read(name)
    return Name(name) if len(name) <= TEXT_LIMIT else TOO_LONG


def _attribute(scope: Scope, node: cst.Attribute, depth: int) -> Value:
    parts = [node.attr.value]
    base = node.value
    while isinstance(base, cst.Attribute):
        parts.append(base.attr.value)
        base = base.value
    parts.reverse()
    path = ".".join(parts)
    # A name and its attributes are one value: its place is as deep as the whole.
    inner = _name(scope, base, depth) if isinstance(base, cst.Name) else value(scope, base, depth + 1)
    scope.trace.append("." + path)
    if isinstance(inner, Name):
        path = f"{inner.path}.{path}"
        return Name(path) if len(path) <= TEXT_LIMIT else TOO_LONG
    return Member(inner, path) if len(path) <= TEXT_LIMIT else TOO_LONG


def _integer(scope: Scope, node: cst.Integer, depth: int) -> Value:
    scope.trace.append("=" + node.value)
    return integer(node.value)


def _float(scope: Scope, node: cst.Float, depth: int) -> Value:
    scope.trace.append("=" + node.value)
    return Const(float(node.value))


def _imaginary(scope: Scope, node: cst.Imaginary, depth: int) -> Value:
    scope.trace.append("=" + node.value)
    return Opaque("Imaginary")


def _binary(scope: Scope, node: cst.BinaryOperation, depth: int) -> Value:
    operator = node.operator.__class__
    operands = [node.right]
    first = node.left
    if operator is cst.Add:
        while isinstance(first, cst.BinaryOperation) and first.operator.__class__ is cst.Add:
            operands.append(first.right)
            first = first.left
    operands.append(first)
    operands.reverse()
    items = tuple([value(scope, operand, depth + 1) for operand in operands])
    scope.trace.append(f"({operator.__name__}{len(items)}")
    return Group("add" if operator is cst.Add else "mod" if operator is cst.Modulo else "binary", items)


def _unary(scope: Scope, node: cst.UnaryOperation, depth: int) -> Value:
    operator = node.operator.__class__
    operand = value(scope, node.expression, depth + 1)
    scope.trace.append("(" + operator.__name__)
    if operator is cst.Minus and isinstance(operand, Const):
        return negated(operand) or Group("unary", (operand,))
    return Group("not" if operator is cst.Not else "unary", (operand,))


def _compare(scope: Scope, node: cst.Comparison, depth: int) -> Value:
    items = [value(scope, node.left, depth + 1)]
    operator: type = object
    for target in node.comparisons:
        operator = target.operator.__class__
        items.append(value(scope, target.comparator, depth + 1))
        scope.trace.append("(" + target.operator.__class__.__name__)
    return Group(_COMPARED.get(operator, "compare") if len(items) == 2 else "compare", tuple(items))


def _display(scope: Scope, node: cst.Tuple | cst.List | cst.Set | cst.Dict, depth: int) -> Value:
    kind = node.__class__.__name__.lower()
    items = tuple([value(scope, element, depth + 1) for element in node.elements])
    scope.trace.append(f"({kind}{len(items)}")
    return Group(kind, items)


def _inner(scope: Scope, node: cst.Element | cst.Arg, depth: int) -> Value:
    return value(scope, node.value, depth)


def _item(scope: Scope, node: cst.SubscriptElement, depth: int) -> Value:
    return value(scope, node.slice, depth)


def _pair(scope: Scope, node: cst.DictElement, depth: int) -> Value:
    return Group("pair", (value(scope, node.key, depth + 1), value(scope, node.value, depth + 1)))


def _star(scope: Scope, node: cst.StarredElement | cst.StarredDictElement, depth: int) -> Value:
    scope.trace.append("(*")
    return Group("star", (value(scope, node.value, depth + 1),))


def _subscript(scope: Scope, node: cst.Subscript, depth: int) -> Value:
    base = value(scope, node.value, depth + 1)
    indices = tuple([value(scope, element.slice, depth + 1) for element in node.slice])
    scope.trace.append(f"[{len(indices)}")
    return Group("subscript", (base, *indices))


def _index(scope: Scope, node: cst.Index, depth: int) -> Value:
    if node.star:
        return Group("star", (value(scope, node.value, depth + 1),))
    return value(scope, node.value, depth)


def _slice(scope: Scope, node: cst.Slice, depth: int) -> Value:
    parts = tuple([optional(scope, part, depth + 1) for part in (node.lower, node.upper, node.step)])
    scope.trace.append("(:" + "".join("_" if part is NONE else "x" for part in parts))
    return Group("slice", parts)


def _call(scope: Scope, node: cst.Call, depth: int, consumed: Consumed = "value") -> Value:
    callee = value(scope, node.func)
    span = scope.source.positions.span
    arguments = []
    for argument in node.args:
        keyword = argument.star or (None if argument.keyword is None else argument.keyword.value)
        if keyword:
            scope.trace.append(keyword + "=")
        arguments.append(Argument(keyword, value(scope, argument.value), span(argument)))
    scope.trace.append(f"(){len(arguments)}")
    row = CallRow(callee, tuple(arguments), consumed, scope.block, span(node))
    scope.calls.append(row)
    scope.pending.append(row)
    return Result(len(scope.calls) - 1)


def consumed_by(scope: Scope, node: cst.BaseExpression, depth: int, how: Consumed) -> Value:
    """Return the value of ``node``; if it is a call, that is consumed as ``how`` says."""
    return _call(scope, node, depth, how) if node.__class__ is cst.Call else value(scope, node, depth)


def _await(scope: Scope, node: cst.Await, depth: int) -> Value:
    result = consumed_by(scope, node.expression, depth + 1, "await")
    scope.trace.append("(await")
    return Group("await", (result,))


def _yield(scope: Scope, node: cst.Yield, depth: int) -> Value:
    scope.generator = True
    inner = node.value.item if isinstance(node.value, cst.From) else node.value
    result = NONE if inner is None else consumed_by(scope, inner, depth + 1, "yield")
    scope.trace.append("(from" if isinstance(node.value, cst.From) else "(yield")
    return Group("yield", (result,))


def _walrus(scope: Scope, node: cst.NamedExpr, depth: int) -> Value:
    """Return the value that is assigned, after a statement for the assignment."""
    since = len(scope.pending)
    result = value(scope, node.value, depth)
    # A walrus in a comprehension binds in the function around it.
    paths = targets(scope, node.target, value, scope.bound)
    scope.emit("assign", paths, result, scope.source.positions.span(node), since=since)
    return result


_COMPARED: dict[type, str] = {
    cst.Is: "is", cst.IsNot: "is-not", cst.In: "in", cst.NotIn: "not-in",
}  # fmt: skip

Reader = Callable[[Scope, Any, int], Value]


# Functions rather than `partial`: a call through C has a lower limit of recursion than a call in Python.
def _joined(scope: Scope, node: cst.BaseString, depth: int) -> Value:
    return joined(scope, node, depth, value)


def _boolean(scope: Scope, node: cst.BooleanOperation, depth: int) -> Value:
    return boolean(scope, node, depth, value)


def _choice(scope: Scope, node: cst.IfExp, depth: int) -> Value:
    return choice(scope, node, depth, value)


def _closure(scope: Scope, node: cst.Lambda, depth: int) -> Value:
    return closure(scope, node, value)


def _comprehension(scope: Scope, node: Comprehension, depth: int) -> Value:
    return comprehension(scope, node, depth, value)


READERS: dict[type, Reader] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Integer: _integer,
    cst.Float: _float,
    cst.Imaginary: _imaginary,
    cst.SimpleString: literal,
    cst.FormattedString: _joined,
    cst.ConcatenatedString: _joined,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _compare,
    cst.IfExp: _choice,
    cst.Tuple: _display,
    cst.List: _display,
    cst.Set: _display,
    cst.Dict: _display,
    cst.Element: _inner,
    cst.DictElement: _pair,
    cst.StarredElement: _star,
    cst.StarredDictElement: _star,
    cst.Subscript: _subscript,
    cst.SubscriptElement: _item,
    cst.Index: _index,
    cst.Slice: _slice,
    cst.Arg: _inner,
    cst.Call: _call,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.NamedExpr: _walrus,
    cst.Lambda: _closure,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.GeneratorExp: _comprehension,
}
# Nodes that not every supported LibCST has.
if hasattr(cst, "TemplatedString"):
    READERS[cst.TemplatedString] = _joined
if hasattr(cst, "StarredDictComp"):
    READERS[cst.StarredDictComp] = _comprehension
