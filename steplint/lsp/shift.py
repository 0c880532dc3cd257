"""Where the lines of an earlier text stand in a later one: what lies before and after an edit moves with it."""

from __future__ import annotations

from steplint.check.text import starts
from steplint.model.place import Span


class Shift:
    """Maps spans of ``before`` to ``after``; lines that were edited have no place any more."""

    def __init__(self, before: str, after: str) -> None:
        old, new = _lines(before), _lines(after)
        most = min(len(old), len(new))
        self._same = next((n for n in range(most) if old[n] != new[n]), most)
        rest = most - self._same
        tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
        self._after = len(old) - tail
        self._moved = len(new) - len(old)

    def span(self, span: Span) -> Span | None:
        """Return where a span is now, or None if its lines were edited."""
        if span.end_line <= self._same:
            return span
        if span.line > self._after:
            moved = self._moved
            return Span(span.line + moved, span.column, span.end_line + moved, span.end_column)
        return None

    def back(self, line: int) -> int | None:
        """Return the line of ``before`` that stands at a line of ``after``, counted from 1."""
        if line <= self._same:
            return line
        return line - self._moved if line > self._after + self._moved else None


def _lines(text: str) -> list[str]:
    at = starts(text)
    return [text[start:end] for start, end in zip(at, [*at[1:], len(text)], strict=True)]
