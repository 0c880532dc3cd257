"""Source frames with several labels: carets under one line, rails along several."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from steplint.model.place import Span
from steplint.report import cells
from steplint.report.style import paint
from steplint.report.view import View

_LONG = 8
"""Lines of one span that are shown; of a longer one its first and last two are."""
_NARROW, _SLACK = 30, 8
"""The least room of a text, and by how much one may pass the edge before it moves to a row of its own."""


class Label(Struct, frozen=True):
    """A span to point at, and what to say about it."""

    span: Span
    text: str = ""
    primary: bool = False


def gutter(spans: Iterable[Span]) -> int:
    """Return the digits that the line numbers of ``spans`` take."""
    return max((len(str(span.end_line)) for span in spans), default=1)


def frame(
    lines: Sequence[str], labels: Sequence[Label], view: View, *, severity: str, size: int, context: int = 2
) -> list[str]:
    """Return the rows that show ``labels`` within ``lines``; ``size`` is the width of the line numbers."""
    fitted = [_fit(label, lines) for label in labels if label.span.line <= len(lines)]
    if not fitted:
        return []
    painter = _Painter(view, severity, size, [each for each in fitted if each.span.line != each.span.end_line])
    rows = [painter.blank()]
    for before, number in pairwise([0, *_shown(lines, fitted, context)]):
        if before and number > before + 1:
            rows.append(painter.elided(before))
        rows += painter.line(number, lines[number - 1], [each for each in fitted if _on(each, number)])
    return [*rows, painter.blank()]


def _fit(label: Label, lines: Sequence[str]) -> Label:
    """Return ``label`` within the text; a span that ends before the first character of a line ends the line before."""
    span = label.span
    end_line, end_column = min(span.end_line, len(lines)), span.end_column
    if end_line < span.end_line or (end_column == 0 and end_line > span.line):
        end_line = max(span.line, end_line if end_line < span.end_line else end_line - 1)
        end_column = len(lines[end_line - 1])
    return Label(Span(span.line, span.column, end_line, end_column), label.text, label.primary)


def _on(label: Label, number: int) -> bool:
    return number in (label.span.line, label.span.end_line)


def _shown(lines: Sequence[str], labels: Sequence[Label], context: int) -> list[int]:
    """Return the numbers of the lines to show: labelled ones, and ``context`` lines before them."""
    numbers = set[int]()
    for label in labels:
        first, last = label.span.line, label.span.end_line
        inner = range(first, last + 1) if last - first < _LONG else (first, first + 1, last - 1, last)
        numbers.update(range(max(1, first - context), first), inner)
    kept = sorted(numbers)
    kept += [number + 1 for number, then in pairwise(kept) if then == number + 2]
    kept.sort()
    while not lines[kept[0] - 1].strip() and kept[0] < min(label.span.line for label in labels):
        del kept[0]
    return kept


class _Canvas:
    """Pieces of text by the cell where they start, painted once at the end; a later piece covers an earlier one."""

    def __init__(self) -> None:
        self.pieces: dict[int, tuple[str, str]] = {}

    def put(self, at: int, text: str, look: str) -> None:
        """Put ``text`` at cell ``at``."""
        self.pieces[at] = (text, look)

    def line(self, start: int, end: int, char: str, look: str) -> None:
        """Fill the cells from ``start`` to before ``end``."""
        for at in range(start, end):
            self.pieces[at] = (char, look)

    def text(self, color: bool) -> str:
        """Return everything as one row."""
        out, at, run, last = "", 0, "", ""
        for start, (piece, look) in sorted(self.pieces.items()):
            if start < at:
                continue
            if look != last:
                out += paint(run, last, color) + " " * (start - at)
                run, last = piece, look
            else:
                run += " " * (start - at) + piece
            at = start + cells.width(piece)
        return out + paint(run, last, color)


class _Row(Struct, frozen=True):
    """A source line as cells: ``starts`` has the first cell of each code point, and of the end."""

    text: str
    starts: list[int]
    shift: int
    """Cells that were cut off at the left, less those of the dots in their place."""
    end: int
    """First cell that is not shown."""

    def at(self, column: int) -> int:
        """Return the shown cell of ``column``."""
        cell = self.starts[min(column, len(self.starts) - 1)] - self.shift
        return max(0, min(cell, self.end))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the shown cells of the columns from ``start`` to ``end``, at least one."""
        first, last = self.at(start), self.at(end)
        return (first, last) if last > first else (min(first, self.end), min(first, self.end) + 1)


class _Painter:
    """Draws the rows of one frame."""

    def __init__(self, view: View, severity: str, size: int, long: list[Label]) -> None:
        self.view, self.severity, self.size = view, severity, size
        self.long = sorted(long, key=lambda label: (label.span.line, -label.span.end_line))
        self.left = 2 * len(long)
        self.room = max(_NARROW, view.width - size - 4 - self.left)
        self.dots = "…" if view.unicode else "..."

    def blank(self) -> str:
        """Return an empty row."""
        return self._row("", "")

    def elided(self, after: int) -> str:
        """Return the row that stands for lines left out."""
        canvas = _Canvas()
        self._rails(canvas, after)
        rails = canvas.text(self.view.color)
        return paint("...", "gutter", self.view.color) + (" " * self.size + rails if rails else "")

    def line(self, number: int, text: str, labels: list[Label]) -> list[str]:
        """Return the row of a source line and the rows that point at it."""
        here = [label for label in labels if label.span.line == label.span.end_line]
        starting = [label for label in self.long if label.span.line == number]
        ending = [label for label in self.long if label.span.end_line == number]
        row = self._cells(text, [*here, *starting, *ending], number)
        canvas = _Canvas()
        self._rails(canvas, number, before=True)
        below = list[_Canvas]()
        for label in starting:
            if text[: label.span.column].strip():
                below.append(self._opening(label, row))
            else:
                canvas.put(self._rail(label), "/", self._look(label))
        canvas.put(self.left, row.text, "")
        rows = [self._row(str(number), canvas.text(self.view.color))]
        done = list[Label]()
        for each in below:
            self._rails(each, number, before=True)
            rows.append(self._row("", each.text(self.view.color)))
        for each in self._under(row, here):
            self._rails(each, number)
            self._rails(each, number, before=True)
            rows.append(self._row("", each.text(self.view.color)))
        for label in reversed(ending):
            each = self._closing(label, row)
            done.append(label)
            self._rails(each, number, before=True, without=done)
            rows.append(self._row("", each.text(self.view.color)))
        return rows

    def _row(self, number: str, text: str) -> str:
        head = paint(f"{number:>{self.size}} |", "gutter", self.view.color)
        return f"{head} {text}".rstrip() if text.strip() else head

    def _look(self, label: Label) -> str:
        return self.severity if label.primary else "secondary"

    def _rail(self, label: Label) -> int:
        return 2 * self.long.index(label)

    def _rails(self, canvas: _Canvas, number: int, *, before: bool = False, without: Sequence[Label] = ()) -> None:
        """Put the rails that run at line ``number``: those that began before it, or those that go on after it."""
        for label in self.long:
            span = label.span
            runs = span.line < number <= span.end_line if before else span.line <= number < span.end_line
            if runs and label not in without:
                canvas.pieces.setdefault(self._rail(label), ("|", self._look(label)))

    def _opening(self, label: Label, row: _Row) -> _Canvas:
        canvas, end = _Canvas(), self.left + row.at(label.span.column)
        canvas.line(self._rail(label) + 1, end, "_", self._look(label))
        canvas.put(end, self._mark(label), self._look(label))
        return canvas

    def _closing(self, label: Label, row: _Row) -> _Canvas:
        canvas, end = _Canvas(), self.left + max(0, row.at(label.span.end_column) - 1)
        canvas.put(self._rail(label), "|", self._look(label))
        canvas.line(self._rail(label) + 1, end, "_", self._look(label))
        canvas.put(end, self._mark(label), self._look(label))
        if label.text:
            canvas.put(end + 2, self._visible(label.text), self._look(label))
        return canvas

    def _under(self, row: _Row, labels: list[Label]) -> list[_Canvas]:
        """Return the rows below a line: the carets with the last text beside them, then the other texts, one a row."""
        if not labels:
            return []
        spans = {id(label): row.span(label.span.column, label.span.end_column) for label in labels}
        ordered = sorted(labels, key=lambda label: (spans[id(label)][0], not label.primary))
        carets = _Canvas()
        for label in sorted(labels, key=lambda label: (spans[id(label)][0] - spans[id(label)][1], label.primary)):
            start, end = spans[id(label)]
            carets.line(self.left + start, self.left + end, self._mark(label), self._look(label))
        rows, waiting = [carets], [label for label in ordered if label.text]
        furthest = max(end for _, end in spans.values())
        if waiting and spans[id(waiting[-1])][1] == furthest and self._fits(waiting[-1], furthest + 1):
            last = waiting.pop()
            carets.put(self.left + furthest + 1, self._visible(last.text), self._look(last))
        if waiting:
            rows.append(self._stems(waiting, spans))
        while waiting:
            label = waiting.pop()
            rows += self._hung(label, waiting, spans)
        return rows

    def _fits(self, label: Label, start: int) -> bool:
        return cells.width(self._visible(label.text)) <= max(self.room - start + _SLACK, _NARROW)

    def _hung(self, label: Label, waiting: list[Label], spans: dict[int, tuple[int, int]]) -> Iterator[_Canvas]:
        """Yield the rows of a text that hangs below its carets, wrapped where the terminal ends."""
        start = spans[id(label)][0]
        for line in textwrap.wrap(self._visible(label.text), max(_NARROW, self.room - start)):
            canvas = self._stems(waiting, spans)
            canvas.put(self.left + start, line, self._look(label))
            yield canvas

    def _stems(self, labels: list[Label], spans: dict[int, tuple[int, int]]) -> _Canvas:
        canvas = _Canvas()
        for label in labels:
            canvas.put(self.left + spans[id(label)][0], "|", self._look(label))
        return canvas

    def _mark(self, label: Label) -> str:
        return "^" if label.primary else "-"

    def _visible(self, text: str) -> str:
        return cells.visible(text, not self.view.unicode)

    def _cells(self, text: str, labels: list[Label], number: int) -> _Row:
        """Return ``text`` expanded, escaped and cut around its labels."""
        shown, starts, at = list[str](), list[int](), 0
        for char in text:
            piece = " " * cells.TAB if char == "\t" else cells.glyph(char, not self.view.unicode)
            starts.append(at)
            shown.append(piece)
            at += cells.width(piece)
        starts.append(at)
        if at <= self.room:
            return _Row("".join(shown), starts, 0, at)
        low, high = self._window(starts, labels, number)
        return self._cut(shown, starts, low, high)

    def _window(self, starts: list[int], labels: list[Label], number: int) -> tuple[int, int]:
        """Return the cells of a long line to show: its begin if that holds the label, else the surroundings of it."""
        total, room = starts[-1], self.room - 2 * len(self.dots)
        columns = [
            (starts[min(column, len(starts) - 1)], starts[min(end, len(starts) - 1)])
            for label in sorted(labels, key=lambda label: not label.primary)[:1]
            for column, end in [_columns(label.span, number, len(starts) - 1)]
        ]
        first, last = columns[0] if columns else (0, 0)
        if last <= room:
            return 0, room
        low = first - 4 if last - first >= room - 8 else (first + last - room) // 2
        low = max(0, min(low, total - room))
        return low, low + room

    def _cut(self, shown: list[str], starts: list[int], low: int, high: int) -> _Row:
        inside = [index for index in range(len(shown)) if low <= starts[index] and starts[index + 1] <= high]
        first, last = (inside[0], inside[-1]) if inside else (0, -1)
        before = self.dots if first > 0 else ""
        after = self.dots if last < len(shown) - 1 else ""
        text = before + "".join(shown[first : last + 1]) + after
        return _Row(text, starts, starts[first] - len(before), cells.width(text))


def _columns(span: Span, number: int, width: int) -> tuple[int, int]:
    """Return the columns of ``span`` that matter on line ``number``."""
    if span.line == span.end_line:
        return span.column, span.end_column
    return (span.column, span.column + 1) if number == span.line else (min(span.end_column, width) - 1, span.end_column)
