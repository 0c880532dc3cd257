"""String literals, f-strings and their implicit concatenation as one value."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from steplint.model.value import Const, Name, Opaque, Template, Value
from steplint.read.chains import PIECES_LIMIT
from steplint.read.literals import TOO_LONG, decoded, pieces, string, text
from steplint.read.scopes import Scope

Read = Callable[..., Value]


def literal(scope: Scope, node: cst.SimpleString, depth: int) -> Value:
    """Return the value of a plain string."""
    result = string(node.value)
    scope.trace.append(f"={result.value!r}" if isinstance(result, Const) else "=" + node.value)
    return result


def joined(scope: Scope, node: cst.BaseString, depth: int, read: Read) -> Value:
    """Return the value of an f-string or implicit concatenation; doubled braces are single ones in its text."""
    written: list[str] = []
    holes: list[Value] = []
    literals = pieces(node)
    # The end of a longer concatenation was blanked before it was parsed.
    reason = TOO_LONG if len(literals) >= PIECES_LIMIT else None
    for piece in literals:
        if isinstance(piece, cst.SimpleString):
            result = string(piece.value)
            if isinstance(result, Opaque):
                reason = reason or result
                scope.trace.append("=" + piece.value)
            else:
                written.append(str(result.value))
        else:
            raw = "r" in getattr(piece, "start", "").lower()
            for part in getattr(piece, "parts", ()):
                _part(scope, part, raw, written, holes, depth, read)
            if not isinstance(piece, cst.FormattedString):
                reason = reason or Opaque(piece.__class__.__name__)
    template = "".join(written)
    scope.trace.append(f"={template!r}")
    if reason is not None:
        return reason
    whole = text(template)
    return Template(template, tuple(holes)) if holes and isinstance(whole, Const) else whole


def _part(
    scope: Scope, part: cst.CSTNode, raw: bool, written: list[str], holes: list[Value], depth: int, read: Read
) -> None:
    expression = getattr(part, "expression", None)
    if expression is None:
        body = getattr(part, "value", "")
        written.append((decoded(body, raw=raw) or body).replace("{{", "{").replace("}}", "}"))
        return
    hole = read(scope, expression, depth + 1)
    if getattr(part, "equal", None) is not None and isinstance(hole, Name):
        written.append(f"{hole.path}=")
    written.append("{}")
    holes.append(hole)
    scope.trace.append(f"!{getattr(part, 'conversion', None) or ''}")
    # A nested format specification shapes the text but is not part of it: its holes are read, not kept.
    for inner in getattr(part, "format_spec", None) or ():
        _part(scope, inner, raw, [], [], depth, read)
        scope.trace.append(":" + getattr(inner, "value", ""))
