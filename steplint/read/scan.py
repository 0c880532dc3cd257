"""Source text before it is parsed: how deep brackets nest, outside comments and plain strings."""

from __future__ import annotations

import re

# LibCST recurses on brackets, and at 1,500 of them the system kills the process.
BRACKET_LIMIT = 200

_F = r"(?:[rR]?[fFtT][rR]?)?"
TOKEN = re.compile(
    rf"""
    [()\[\]{{}}]+
    | \#[^\r\n]*
    | {_F}"{{3}}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{{3}}
    | {_F}'{{3}}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{{3}}
    | {_F}"[^"\\\n]*(?:\\.[^"\\\n]*)*"
    | {_F}'[^'\\\n]*(?:\\.[^'\\\n]*)*'
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_BRACKETS = re.compile(r"[^()\[\]{}]+")


def nesting(text: str) -> int:
    """Return how deep the brackets of ``text`` nest at most; those that are never closed count too."""
    brackets = "".join(
        [
            token if token[0] in "()[]{}" else _NO_BRACKETS.sub("", token) if token[0] in "fFtTrR" else ""
            for token in TOKEN.findall(text)
        ]
    )
    depth = 0
    while brackets and depth <= BRACKET_LIMIT:
        inner = brackets.replace("()", "").replace("[]", "").replace("{}", "")
        if len(inner) == len(brackets):
            return depth + len(brackets)
        brackets = inner
        depth += 1
    return depth


def too_deep(text: str) -> int | None:
    """Return the offset of the first bracket beyond the limit, or None."""
    if nesting(text) <= BRACKET_LIMIT:
        return None
    depth = 0
    for token in TOKEN.finditer(text):
        if token[0][0] in "\"'#":
            continue
        for offset, character in enumerate(token[0], token.start()):
            if character in "([{":
                depth += 1
                if depth > BRACKET_LIMIT:
                    return offset
            elif character in ")]}":
                depth -= 1
    return None
