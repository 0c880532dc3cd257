"""Where something stands: a span of text, and the file it is in."""

from __future__ import annotations

from msgspec import Struct


class Record(Struct, frozen=True, array_like=True, gc=False):
    """Base of everything that a summary holds: an immutable row without keys and without cycles."""


class Span(Record, frozen=True, order=True):
    """A range of text: lines from 1, columns from 0 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def contains(self, other: Span) -> bool:
        """Return whether ``other`` lies within this span."""
        return (self.line, self.column) <= (other.line, other.column) and (other.end_line, other.end_column) <= (
            self.end_line,
            self.end_column,
        )


NOWHERE = Span(1, 0, 1, 0)


class Place(Struct, frozen=True, order=True):
    """A span in a file; ``path`` is relative to the project root, with ``/``."""

    path: str
    span: Span
