"""Patterns of `match`: what they bind, and whether they always match."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from steplint.model.value import Value
from steplint.read.scopes import Scope

Read = Callable[[Scope, cst.CSTNode], Value]


def captures(scope: Scope, pattern: cst.CSTNode, read: Read) -> tuple[str, ...]:
    """Return the names that ``pattern`` binds; classes and constants in it are read."""
    names = tuple(_captures(scope, pattern, read))
    scope.bound.update(name.lstrip("*") for name in names)
    return names


def irrefutable(pattern: cst.CSTNode) -> bool:
    """Return whether ``pattern`` matches everything: `_`, a name, or an alternative that does."""
    if isinstance(pattern, cst.MatchAs):
        return pattern.pattern is None or irrefutable(pattern.pattern)
    return isinstance(pattern, cst.MatchOr) and any(irrefutable(each.pattern) for each in pattern.patterns)


def _captures(scope: Scope, pattern: cst.CSTNode, read: Read) -> Iterator[str]:
    scope.trace.append("(" + pattern.__class__.__name__)
    if isinstance(pattern, cst.MatchAs):
        if pattern.pattern is not None:
            yield from _captures(scope, pattern.pattern, read)
        if pattern.name is not None:
            scope.trace.append(pattern.name.value)
            yield pattern.name.value
    elif isinstance(pattern, cst.MatchStar):
        if pattern.name is not None:
            scope.trace.append(pattern.name.value)
            yield "*" + pattern.name.value
    elif isinstance(pattern, (cst.MatchValue, cst.MatchSingleton)):
        read(scope, pattern.value)
    else:
        yield from _inner(scope, pattern, read)


def _inner(scope: Scope, pattern: cst.CSTNode, read: Read) -> Iterator[str]:
    if isinstance(pattern, cst.MatchClass):
        read(scope, pattern.cls)
        for positional in pattern.patterns:
            yield from _captures(scope, positional, read)
        for keyword in pattern.kwds:
            scope.trace.append(keyword.key.value + "=")
            yield from _captures(scope, keyword.pattern, read)
    elif isinstance(pattern, cst.MatchMapping):
        for element in pattern.elements:
            read(scope, element.key)
            yield from _captures(scope, element.pattern, read)
        if pattern.rest is not None:
            yield "**" + pattern.rest.value
    elif isinstance(pattern, cst.MatchSequence):
        for item in pattern.patterns:
            yield from _captures(scope, item, read)
    elif isinstance(pattern, cst.MatchOr):
        # Alternatives bind the same names: those of the first one stand for all.
        alternatives = [tuple(_captures(scope, each.pattern, read)) for each in pattern.patterns]
        yield from alternatives[0]
    elif isinstance(pattern, cst.MatchSequenceElement):
        yield from _captures(scope, pattern.value, read)
