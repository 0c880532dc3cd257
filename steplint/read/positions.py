"""Where nodes stand: offsets recorded while LibCST writes a module back, turned into spans on demand.

The only module that touches `libcst._nodes.internal`. Where that is missing or writes back something else than the
source, the public `PositionProvider` answers instead, at many times the cost.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from types import TracebackType

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from steplint.model.place import Span

try:
    from libcst._nodes.internal import CodegenState
except ImportError:  # pragma: no cover - depends on the installed LibCST
    CodegenState = None  # type: ignore[assignment, misc]

Marks = dict[cst.CSTNode, tuple[int, int]]

_FORGOTTEN = frozenset("\f\\\r\n \t")

_Opened = tuple[cst.CSTNode, int, cst.CSTNode | None, cst.CSTNode | None]


class Positions:
    """Spans of the nodes of one module."""

    __slots__ = ("_marks", "_starts", "text")

    def __init__(self, text: str, marks: Marks) -> None:
        self.text = text
        self._marks = marks
        self._starts = line_starts(text)

    def offsets(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return where ``node`` starts and ends, in code points from the start of the text."""
        return self._marks[node]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and column, at most the length of the text."""
        starts = self._starts
        return min(starts[line - 1] + column, len(self.text)) if line <= len(starts) else len(self.text)

    def span(self, node: cst.CSTNode) -> Span:
        """Return the span of ``node`` without parentheses, comments and blanks around it."""
        start, end = self._marks[node]
        return self.between(start, end)

    def between(self, start: int, end: int) -> Span:
        """Return the span of ``text[start:end]``."""
        starts = self._starts
        line = bisect_right(starts, start)
        last = bisect_right(starts, end, line - 1)
        return Span(line, start - starts[line - 1], last, end - starts[last - 1])


def locate(module: cst.Module, text: str) -> Positions:
    """Return the positions of ``module``, which was parsed from ``text``."""
    try:
        marks = _recorded(module, text)
    except (AttributeError, TypeError):
        marks = None
    return Positions(text, _provided(module, text) if marks is None else marks)


def line_starts(text: str) -> list[int]:
    """Return the offset of each line; only line feeds and carriage returns end one."""
    if "\r" not in text:
        return list(accumulate(map(_length, text.split("\n")[:-1]), initial=0))
    return [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]


def _length(line: str) -> int:
    return len(line) + 1


def _recorded(module: cst.Module, text: str) -> Marks | None:
    if CodegenState is None:
        return None
    recorder = _Recorder(module)
    try:
        module._codegen(recorder)
    except RecursionError:
        recorder = _Recorder(module)
        with _calls_in_python():
            module._codegen(recorder)
    offsets = [0, *accumulate(map(len, recorder.tokens))]
    marks = {node: (offsets[start], offsets[end]) for node, (start, end) in recorder.marks.items()}
    # A token more or less than the source has would shift everything behind it.
    return marks if offsets[-1] == len(text) else _shifted(marks, "".join(recorder.tokens), text)


@contextmanager
def _calls_in_python() -> Iterator[None]:
    """Let nodes write their children without a detour through C, whose recursion Python 3.12 and 3.13 limit.

    LibCST calls a bound method with keywords, which they do not run in the frame at hand; a function they do.
    """
    usual = cst.CSTNode._codegen

    def write(node: cst.CSTNode, state: CodegenState, **options: object) -> None:
        state.before_codegen(node)
        node.__class__._codegen_impl(node, state, **options)
        state.after_codegen(node)

    cst.CSTNode._codegen = write  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        cst.CSTNode._codegen = usual  # type: ignore[method-assign]


def _shifted(marks: Marks, written: str, text: str) -> Marks | None:
    """Return ``marks`` of ``written`` as offsets of ``text``, which has some blanks more.

    LibCST forgets form feeds and continued empty lines in front of a statement.
    """
    dropped: list[int] = []
    at = 0
    for character in text:
        if at < len(written) and character == written[at]:
            at += 1
        elif character in _FORGOTTEN:
            dropped.append(at)
        else:
            return None
    if at < len(written):
        return None
    return {
        node: (start + bisect_right(dropped, start), end + bisect_left(dropped, end))
        for node, (start, end) in marks.items()
    }


def _provided(module: cst.Module, text: str) -> Marks:
    """Return what LibCST's own provider says, as offsets."""
    starts = line_starts(text)
    ranges = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return {
        node: (
            min(starts[where.start.line - 1] + where.start.column, len(text)),
            min(starts[where.end.line - 1] + where.end.column, len(text)),
        )
        for node, where in ranges.items()
        if isinstance(node, cst.CSTNode) and where.end.line <= len(starts)
    }


if CodegenState is not None:

    class _Recorder(CodegenState):
        """A codegen state that notes between which tokens a node was written."""

        def __init__(self, module: cst.Module) -> None:
            super().__init__(module.default_indent, module.default_newline)
            self.marks: dict[cst.CSTNode, tuple[int, int]] = {}
            self.open: list[_Opened] = []
            self.closing = _Closing(self.tokens, self.open, self.marks)
            # Called for every node and token: built-ins in place of methods halve the cost of the whole walk.
            self.before_codegen = self.after_codegen = id  # type: ignore[assignment]
            self.add_token = self.tokens.append  # type: ignore[method-assign, assignment]

        def add_indent_tokens(self) -> None:
            self.tokens.extend(self.indent_tokens)

        def record_syntactic_position(  # type: ignore[override]
            self,
            node: cst.CSTNode,
            *,
            start_node: cst.CSTNode | None = None,
            end_node: cst.CSTNode | None = None,
        ) -> _Closing:
            self.open.append((node, len(self.tokens), start_node, end_node))
            return self.closing


class _Closing:
    """One context manager for all nodes, since they close in the reverse order of opening."""

    __slots__ = ("marks", "open", "tokens")

    def __init__(self, tokens: list[str], opened: list[_Opened], marks: dict[cst.CSTNode, tuple[int, int]]) -> None:
        self.tokens = tokens
        self.open = opened
        self.marks = marks

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        node, start, first, last = self.open.pop()
        marks = self.marks
        end = len(self.tokens)
        if last is not None:
            if first is not None:
                start = marks[first][0]
            # Only a closing parenthesis is an end without a mark, and it ends here.
            if last in marks:
                end = marks[last][1]
        marks[node] = (start, end)
