"""Source text before it is parsed: how deep brackets nest, outside comments and plain strings."""

from __future__ import annotations

import re

# LibCST recurses on brackets, and at 1,500 of them the system kills the process.
BRACKET_LIMIT = 200

TOKEN = re.compile(
    r"""
    [()\[\]{}]+
    | \#[^\r\n]*
    | "{3}[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3}
    | '{3}[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'{3}
    | "[^"\\\n]*(?:\\.[^"\\\n]*)*"
    | '[^'\\\n]*(?:\\.[^'\\\n]*)*'
    """,
    re.VERBOSE | re.DOTALL,
)
BRACKETS = "()[]{}"
_FORMATTED = re.compile(r"[fFtT][rR]?\Z|[fFtT]\Z")


def too_deep(text: str) -> int | None:
    """Return the offset of the first bracket beyond the limit, or None."""
    tokens = TOKEN.findall(text)
    code = _depth("".join([token for token in tokens if token[0] in BRACKETS]))
    # A cheap bound first: any string may be an f-string, and all its brackets may be open at once.
    inner = max([_brackets(token) for token in tokens if token[0] in "\"'"], default=0)
    return None if code + inner <= BRACKET_LIMIT else _first_beyond(text)


def _brackets(token: str) -> int:
    return token.count("(") + token.count("[") + token.count("{")


def _depth(brackets: str) -> int:
    """Return how deep ``brackets`` nest at most; those that are never closed count too."""
    depth = 0
    while brackets and depth <= BRACKET_LIMIT:
        inner = brackets.replace("()", "").replace("[]", "").replace("{}", "")
        if len(inner) == len(brackets):
            return depth + len(brackets)
        brackets = inner
        depth += 1
    return depth


def _first_beyond(text: str) -> int | None:
    depth = 0
    for token in TOKEN.finditer(text):
        start = token.start()
        quoted = token[0][0] in "\"'"
        if token[0][0] == "#" or (quoted and not _FORMATTED.search(text, max(start - 2, 0), start)):
            continue
        before = depth
        for offset, character in enumerate(token[0], start):
            if character in "([{":
                depth += 1
                if depth > BRACKET_LIMIT:
                    return offset
            elif character in ")]}":
                depth -= 1
        depth = before if quoted else depth
    return None
