"""Lines and spans of a text: what fingerprints, the baseline and fixes read from a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from steplint.model.place import Span

_NEWLINE = re.compile(r"\r\n|\r|\n")


@lru_cache(maxsize=8)  # a file with one finding tends to have more
def starts(text: str) -> Sequence[int]:
    """Return the offset at which each line begins."""
    return [0, *(match.end() for match in _NEWLINE.finditer(text))]


def offsets(text: str, span: Span) -> tuple[int, int]:
    """Return ``span`` as offsets into ``text``, kept within it."""
    lines = starts(text)
    return _offset(text, lines, span.line, span.column), _offset(text, lines, span.end_line, span.end_column)


def snippet(text: str, span: Span) -> str:
    """Return the code of ``span`` on one line, with runs of white space reduced to one space."""
    start, end = offsets(text, span)
    return " ".join(text[start:end].split())


def _offset(text: str, lines: Sequence[int], line: int, column: int) -> int:
    if line > len(lines):
        return len(text)
    end = lines[line] if line < len(lines) else len(text)
    return min(lines[line - 1] + column, end)
