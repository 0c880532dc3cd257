"""Lambdas, and the parameters that they share with functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import libcst as cst

from steplint.model.summary import Parameter
from steplint.model.value import Closure, Value
from steplint.read.scopes import Scope, close_scope, open_scope

Read = Callable[..., Value]
Kind = Literal["positional", "normal", "variadic", "keyword", "keywords"]


def closure(scope: Scope, node: cst.Lambda, read: Read) -> Value:
    """Return a lambda as the index of its function; its defaults are read in ``scope``."""
    span = scope.source.positions.span(node)
    parameters = read_parameters(scope, node.params, read)
    inner = open_scope(scope.source, scope.lambda_name(), "lambda", scope, span, span, span)
    inner.parameters = parameters
    inner.bound.update(parameter.name for parameter in parameters)
    result = read(inner, node.body)
    inner.emit("return", (), result, span)
    close_scope(inner, "return")
    return Closure(inner.index)


def read_parameters(scope: Scope, node: cst.Parameters, read: Read) -> tuple[Parameter, ...]:
    """Return the parameters in order; defaults and annotations are read in ``scope``, around the function."""
    rows = [
        Parameter(
            parameter.name.value,
            kind,
            None if parameter.annotation is None else read(scope, parameter.annotation.annotation),
            None if parameter.default is None else read(scope, parameter.default),
        )
        for kind, parameter in _parameters(node)
    ]
    return tuple(rows)


def _parameters(node: cst.Parameters) -> Iterator[tuple[Kind, cst.Param]]:
    for parameter in node.posonly_params:
        yield "positional", parameter
    for parameter in node.params:
        yield "normal", parameter
    if isinstance(node.star_arg, cst.Param):
        yield "variadic", node.star_arg
    for parameter in node.kwonly_params:
        yield "keyword", parameter
    if node.star_kwarg is not None:
        yield "keywords", node.star_kwarg
