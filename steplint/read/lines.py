"""Logical lines and comments of a source text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from steplint.read.scan import TOKEN

_PIECE = re.compile(TOKEN.pattern + r"| \\\r?\n | \r?\n", re.VERBOSE | re.DOTALL)


class Line(NamedTuple):
    """A logical line: offsets of its code without comment, and the column where it starts."""

    start: int
    end: int
    column: int


class Comment(NamedTuple):
    """A comment by offsets; ``line`` is the logical line that it trails, or the next one if it stands alone."""

    start: int
    end: int
    line: int
    alone: bool
    column: int


@dataclass(slots=True)
class Lines:
    """The logical lines of a text, and its comments."""

    all: list[Line]
    comments: list[Comment]
    length: int

    def at(self, number: int) -> Line | None:
        """Return a logical line, or None behind the last."""
        return self.all[number] if number < len(self.all) else None

    def block_end(self, comment: Comment) -> int:
        """Return where the block around ``comment`` ends: before the next line that is indented less."""
        own = comment.column if comment.alone else self.all[comment.line].column
        end = comment.end
        for line in self.all[comment.line :]:
            if line.column < own:
                return end
            end = line.end
        return self.length


def logical_lines(text: str) -> Lines:
    """Return the logical lines of ``text``, which need not be valid Python."""
    reader = _Reader(text)
    for match in _PIECE.finditer(text):
        reader.take(match)
    reader.code(reader.done, len(text))
    reader.finish()
    return Lines(reader.lines, reader.comments, len(text))


class _Reader:
    """The logical line at hand while pieces go by."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Line] = []
        self.comments: list[Comment] = []
        self.done = 0
        self.begin = 0  # of the physical line
        self.depth = 0
        self.line: tuple[int, int] | None = None
        self.end = 0

    def take(self, match: re.Match[str]) -> None:
        piece, start, end = match[0], match.start(), match.end()
        self.code(self.done, start)
        self.done = end
        if piece[0] == "#":
            alone = self.line is None
            self.comments.append(Comment(start, end, len(self.lines), alone, start - self.begin))
        elif piece[0] in "\r\n":
            if self.depth == 0:
                self.finish()
            self.begin = end
        elif piece[0] == "\\":
            self.begin = end
        else:
            self.code(start, end)
            for character in piece if piece[0] in "()[]{}" else "":
                self.depth = max(self.depth + (1 if character in "([{" else -1), 0)

    def code(self, start: int, end: int) -> None:
        """Note that ``text[start:end]`` belongs to the line, unless it is blank."""
        piece = self.text[start:end]
        if not piece or piece.isspace():
            return
        if self.line is None:
            first = start + len(piece) - len(piece.lstrip())
            self.line = (first, first - self.begin)
        self.end = start + len(piece.rstrip())

    def finish(self) -> None:
        """End the line at hand, if there is one."""
        if self.line is not None:
            start, column = self.line
            self.lines.append(Line(start, self.end, column))
            self.line = None
