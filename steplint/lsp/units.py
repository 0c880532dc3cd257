"""Positions as clients count them: lines from 0, columns in the units of the encoding that was negotiated."""

from __future__ import annotations

from typing import Literal

from lsprotocol.types import Position, Range

from steplint.check.text import starts
from steplint.model.place import Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]


class Text:
    """A text with its lines, for conversions between spans and the ranges of a client. Nothing raises."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        """Keep ``text``; lines end where Python and the protocol end them, not where `str.splitlines` does."""
        self.text = text
        self.encoding = encoding
        self._starts = starts(text)

    def range(self, span: Span) -> Range:
        """Return a span as a range of the client."""
        return Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def position(self, line: int, column: int) -> Position:
        """Return a place of a span (line from 1, column in code points) as a position of the client."""
        if line > len(self._starts):
            return self._end()
        return Position(line - 1, _units(self._line(line - 1)[:column], self.encoding))

    def at(self, position: Position) -> tuple[int, int]:
        """Return a position as line from 1 and column in code points; what lies outside is moved to the edge."""
        row = min(max(position.line, 0), len(self._starts) - 1)
        if row != position.line:
            return row + 1, (len(self._line(row)) if position.line > row else 0)
        return row + 1, _column(self._line(row), max(position.character, 0), self.encoding)

    def offset(self, position: Position) -> int:
        """Return a position as an offset into the text; what lies outside is moved to the edge."""
        line, column = self.at(position)
        return self._starts[line - 1] + column

    def whole(self) -> Range:
        """Return the range of the whole text."""
        return Range(Position(0, 0), self._end())

    def _end(self) -> Position:
        return self.position(len(self._starts), len(self.text))

    def _line(self, row: int) -> str:
        """Return a line without what ends it."""
        end = self._starts[row + 1] if row + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[row] : end].rstrip("\r\n")


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def _column(line: str, units: int, encoding: Encoding) -> int:
    """Return how many code points lie before ``units``; a position inside of a character is that before it."""
    if encoding == "utf-32" or line.isascii():
        return min(units, len(line))
    used = 0
    for column, char in enumerate(line):
        used += _units(char, encoding)
        if used > units:
            return column
    return len(line)
