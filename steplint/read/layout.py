"""How a file is laid out, for edits that add lines to it."""

from __future__ import annotations

import re

import libcst as cst

from steplint.model.summary import Layout
from steplint.read.positions import Positions

_NEWLINE = re.compile(rb"\r\n?|\n")


def newline_of(source: bytes) -> str:
    """Return what ends the first line of ``source``."""
    found = _NEWLINE.search(source)
    return "\n" if found is None else found[0].decode("ascii")


def layout(module: cst.Module, positions: Positions, newline: str) -> Layout:
    """Return newline and indentation of ``module``, and the line where a new import goes."""
    return Layout(newline, module.default_indent, _import_line(module, positions))


def _import_line(module: cst.Module, positions: Positions) -> int:
    """Return the line below the first run of imports, else below the docstring, else of the first statement."""
    line = 0
    for statement in module.body:
        if not isinstance(statement, cst.SimpleStatementLine):
            break
        imports = all(isinstance(small, (cst.Import, cst.ImportFrom)) for small in statement.body)
        if not imports and not (line == 0 and _is_text(statement)):
            break
        line = positions.span(statement).end_line + 1
    if line == 0 and module.body:
        line = positions.span(module.body[0]).line
    return line or positions.between(len(positions.text), len(positions.text)).line


def _is_text(statement: cst.SimpleStatementLine) -> bool:
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))
