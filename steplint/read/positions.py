"""Where nodes stand: offsets recorded while LibCST writes a module back, turned into spans on demand.

The only module that touches `libcst._nodes.internal`. Where that is missing or writes back something else than the
source, the public `PositionProvider` answers instead, at many times the cost.
"""

from __future__ import annotations

import re
from bisect import bisect_right
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

RECORDED: frozenset[type] = frozenset(
    {
        *(cst.Call, cst.Arg, cst.Lambda, cst.Decorator, cst.ImportAlias, cst.ImportStar, cst.WithItem),
        *(cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Del, cst.Return, cst.Raise, cst.Expr, cst.Assert),
        *(cst.If, cst.Else, cst.For, cst.While, cst.With, cst.Match, cst.MatchCase, cst.FunctionDef, cst.ClassDef),
        *(cst.Try, cst.TryStar, cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally),
        # whatever can hold a call and be an arm of a condition
        *(cst.NamedExpr, cst.IfExp, cst.BooleanOperation, cst.BinaryOperation, cst.UnaryOperation, cst.Comparison),
        *(cst.Attribute, cst.Subscript, cst.Await, cst.Yield, cst.Tuple, cst.List, cst.Set, cst.Dict),
        *(cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp),
        *(cst.SimpleString, cst.ConcatenatedString, cst.FormattedString),
        # others take their ends from these
        *(cst.IndentedBlock, cst.SimpleStatementLine, cst.SimpleStatementSuite, cst.RightParen),
        *(cst.Pass, cst.Break, cst.Continue, cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal),
        *(getattr(cst, name) for name in ("LazyImport", "LazyImportFrom", "StarredDictComp", "TemplatedString", "TypeAlias")
          if hasattr(cst, name)),
    }
)


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
    """Return the offset of each line; a line ends with ``\\n``, ``\\r\\n`` or ``\\r`` and nothing else."""
    if "\r" not in text:
        return list(accumulate(map(_length, text.split("\n")[:-1]), initial=0))
    return [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]


def _length(line: str) -> int:
    return len(line) + 1


def _recorded(module: cst.Module, text: str) -> Marks | None:
    if CodegenState is None:
        return None
    recorder = _Recorder(module)
    module._codegen(recorder)
    offsets = [0, *accumulate(map(len, recorder.tokens))]
    # A token more or less than the source has would shift everything behind it.
    if offsets[-1] != len(text):
        return None
    return {node: (offsets[start], offsets[end]) for node, (start, end) in recorder.marks.items()}


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

        marks: dict[cst.CSTNode, tuple[int, int]]

        def __init__(self, module: cst.Module) -> None:
            super().__init__(module.default_indent, module.default_newline)
            self.marks = {}
            # Called for every node and token: built-ins in place of methods halve the cost of the whole walk.
            self.before_codegen = self.after_codegen = id  # type: ignore[assignment]
            self.add_token = self.tokens.append  # type: ignore[method-assign]

        def add_indent_tokens(self) -> None:
            self.tokens.extend(self.indent_tokens)

        def record_syntactic_position(  # type: ignore[override]
            self,
            node: cst.CSTNode,
            *,
            start_node: cst.CSTNode | None = None,
            end_node: cst.CSTNode | None = None,
        ) -> _Mark | _Unmarked:
            if node.__class__ not in RECORDED:
                return _UNMARKED
            return _Mark(self, node, start_node, end_node)


class _Unmarked:
    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass


_UNMARKED = _Unmarked()


class _Mark:
    __slots__ = ("end", "first", "last", "node", "recorder")

    def __init__(
        self, recorder: _Recorder, node: cst.CSTNode, first: cst.CSTNode | None, last: cst.CSTNode | None
    ) -> None:
        self.recorder = recorder
        self.node = node
        self.first = first
        self.last = last

    def __enter__(self) -> None:
        self.end = len(self.recorder.tokens)

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        marks = self.recorder.marks
        start = self.end if self.first is None else marks[self.first][0]
        end = len(self.recorder.tokens) if self.last is None else marks[self.last][1]
        marks[self.node] = (start, end)

