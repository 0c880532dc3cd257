"""What assignments, loops, `with`, `del` and walrus bind, as paths: ``total``, ``row.ended_at``, ``cache[]``."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from steplint.model.value import Value
from steplint.read.scopes import Scope

Read = Callable[[Scope, cst.CSTNode], Value]


def targets(scope: Scope, node: cst.CSTNode, read: Read, names: set[str]) -> tuple[str, ...]:
    """Return the paths that ``node`` binds; plain names are added to ``names``, everything else is read."""
    if isinstance(node, cst.Name):
        names.add(node.value)
        scope.trace.append(node.value)
        return (node.value,)
    if isinstance(node, (cst.Tuple, cst.List)):
        scope.trace.append(f"(,{len(node.elements)}")
        return tuple([path for element in node.elements for path in _element(scope, element, read, names)])
    return (_path(scope, node, read),)


def _element(scope: Scope, element: cst.BaseElement, read: Read, names: set[str]) -> tuple[str, ...]:
    inner = targets(scope, element.value, read, names)
    if not isinstance(element, cst.StarredElement):
        return inner
    scope.trace.append("(*")
    return tuple("*" + path for path in inner)


def _path(scope: Scope, node: cst.CSTNode, read: Read) -> str:
    """Return ``node`` as a path, and read what it names: an attribute or item of something is no new name."""
    if isinstance(node, cst.Attribute):
        path = f"{_path(scope, node.value, read)}.{node.attr.value}"
        scope.trace.append("." + node.attr.value)
        return path
    if isinstance(node, cst.Subscript):
        path = f"{_path(scope, node.value, read)}[]"
        scope.trace.append("[]")
        for element in node.slice:
            read(scope, element)
        return path
    if isinstance(node, cst.Name):
        scope.read(node.value)
        return node.value
    read(scope, node)
    return "()" if isinstance(node, cst.Call) else "?"


def unpacks_one(node: cst.CSTNode) -> bool:
    """Return whether ``node`` takes the only item out of what it is assigned."""
    return (
        isinstance(node, (cst.Tuple, cst.List))
        and len(node.elements) == 1
        and not isinstance(node.elements[0], cst.StarredElement)
    )
