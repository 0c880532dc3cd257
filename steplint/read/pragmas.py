"""Comments that speak to steplint: ``# steplint: verb[names] -- reason``, and what each of them covers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from steplint.model.place import Span
from steplint.model.summary import Function, Pragma
from steplint.read.lines import Comment, Lines, logical_lines
from steplint.read.positions import Positions

_MARK = re.compile(r"#\s*steplint:\s*(.*)", re.DOTALL)
_SHAPE = re.compile(r"([a-z][a-z-]*)\s*(?:\[([^\[\]]*)\]\s*)?(?:--\s*(.*))?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(slots=True)
class _Found:
    pragma: Pragma
    comment: Comment


def pragmas(positions: Positions, functions: Sequence[Function]) -> tuple[Pragma, ...]:
    """Return the pragmas of a file in source order, verbs as written.

    A comment of another shape has the verb "malformed" and its text as reason.
    """
    text = positions.text
    if "steplint:" not in text:
        return ()
    lines = logical_lines(text)
    starts = _definitions(functions)
    found = [
        _Found(_parsed(match[1].strip(), positions.between(match.start(), comment.end)), comment)
        for comment in lines.comments
        if (match := _MARK.search(text, comment.start, comment.end))
    ]
    rows: list[Pragma] = []
    for number, each in enumerate(found):
        rows.extend(_covering(each, found[number + 1 :], positions, lines, starts))
    return tuple(rows)


def _parsed(body: str, span: Span) -> Pragma:
    shape = _SHAPE.fullmatch(body)
    if shape is not None:
        names = tuple(name.strip() for name in (shape[2] or "").split(",") if name.strip())
        if all(map(_NAME.fullmatch, names)):
            return Pragma(shape[1], names, (shape[3] or "").strip(), span, span)
    return Pragma("malformed", (), body, span, span)


def _definitions(functions: Sequence[Function]) -> dict[tuple[int, int], Function]:
    """Return the functions by each place where a line of theirs may start: the `def` and its decorators."""
    starts: dict[tuple[int, int], Function] = {}
    for function in functions:
        if function.kind in ("function", "async"):
            for span in (function.span, *(decorator.span for decorator in function.decorators)):
                starts[span.line, span.column] = function
    return starts


def _covering(
    found: _Found,
    later: Sequence[_Found],
    positions: Positions,
    lines: Lines,
    starts: dict[tuple[int, int], Function],
) -> Iterator[Pragma]:
    pragma, comment = found.pragma, found.comment
    if pragma.verb in ("ignore", "deterministic", "pure"):
        yield replace(pragma, covers=_statement(pragma, comment, positions, lines, starts))
    elif pragma.verb == "file-ignore":
        yield replace(pragma, covers=positions.between(0, len(positions.text)))
    elif pragma.verb == "disable":
        yield from _regions(pragma, comment, later, positions, lines)
    else:
        yield pragma


def _statement(
    pragma: Pragma,
    comment: Comment,
    positions: Positions,
    lines: Lines,
    starts: dict[tuple[int, int], Function],
) -> Span:
    """Return the logical line that a comment trails or stands above; for a `def`, the whole function."""
    line = lines.at(comment.line)
    if line is None or (comment.alone and line.column < comment.column):
        return pragma.span
    span = positions.between(line.start, line.end)
    function = starts.get((span.line, span.column))
    on_decorator = function is not None and (span.line, span.column) < (function.span.line, function.span.column)
    if function is None or (on_decorator and not comment.alone):
        return span
    if pragma.verb != "ignore" or not function.decorators:
        return function.span
    first = function.decorators[0].span
    return Span(first.line, first.column, function.span.end_line, function.span.end_column)


def _regions(
    pragma: Pragma, comment: Comment, later: Sequence[_Found], positions: Positions, lines: Lines
) -> Iterator[Pragma]:
    """Yield what `disable` covers: names that end at different places are pragmas of their own."""
    start = comment.start if comment.alone else lines.all[comment.line].start
    end = lines.block_end(comment)
    ends: dict[int, list[str]] = {}
    for name in pragma.names:
        enables = (each.comment.start for each in later if each.pragma.verb == "enable" and name in each.pragma.names)
        ends.setdefault(min(next(enables, end), max(end, start)), []).append(name)
    for stop, names in sorted(ends.items()):
        yield replace(pragma, names=tuple(names), covers=positions.between(start, stop))
