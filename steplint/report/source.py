"""Source text by line, with byte offsets: what frames, fixes and machine formats look up."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate

from steplint.model.finding import Edit
from steplint.model.place import Place, Span

_NEWLINE = re.compile(r"\r\n|\r|\n")


class Source:
    """One text: its lines without newlines, and where they start."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _NEWLINE.split(text)
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
        self._bytes: list[int] | None = None

    def offset(self, line: int, column: int) -> int:
        """Return the index into the text of ``line`` (from 1) and ``column`` (from 0), kept within the text."""
        if line > len(self.lines):
            return len(self.text)
        return self._starts[line - 1] + min(column, len(self.lines[line - 1]))

    def byte(self, line: int, column: int) -> int:
        """Return the same as an offset into the text as UTF-8."""
        if self._bytes is None:
            ends = [*self._starts[1:], len(self.text)]
            sizes = (_size(self.text[start:end]) for start, end in zip(self._starts, ends, strict=True))
            self._bytes = [0, *accumulate(sizes)]
        if line > len(self.lines):
            return self._bytes[-1]
        return self._bytes[line - 1] + _size(self.lines[line - 1][:column])

    def has(self, span: Span) -> bool:
        """Return whether ``span`` starts within the text."""
        return span.line <= len(self.lines)

    def cut(self, span: Span) -> str:
        """Return the text of ``span``."""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]


class Sources:
    """Sources by path, each read once; None where a text cannot be had."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._known: dict[str, Source | None] = {}

    def get(self, path: str) -> Source | None:
        """Return the source at ``path``."""
        if path not in self._known:
            text = self._read(path)
            self._known[path] = None if text is None else Source(text)
        return self._known[path]


def snippet(sources: Sources, place: Place) -> str | None:
    """Return the text of ``place``, or None."""
    source = sources.get(place.path)
    return source.cut(place.span) if source is not None and source.has(place.span) else None


def edited(source: Source, edits: list[Edit], first: int, last: int) -> list[str]:
    """Return lines ``first`` to ``last`` of ``source`` after ``edits``, all of which lie within them."""
    start, end = source.offset(first, 0), source.offset(last, len(source.lines[last - 1]))
    text, at = "", start
    for edit in sorted(edits, key=lambda each: each.place.span):
        span = edit.place.span
        text += source.text[at : source.offset(span.line, span.column)] + edit.text
        at = source.offset(span.end_line, span.end_column)
    return _NEWLINE.split(text + source.text[at:end])


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
