"""Functions under construction: what a scope binds and reads, and the rows of its summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from steplint.model.place import Span
from steplint.model.summary import Argument, Block, Call, Class, Decorator, Function, Import, Parameter, Statement
from steplint.model.value import Value
from steplint.read.blocks import BlockRow, Leaves
from steplint.read.fingerprint import canonical, digest
from steplint.read.positions import Positions

Kind = Literal["module", "class", "function", "async", "lambda"]
FUNCTIONS: frozenset[Kind] = frozenset({"function", "async", "lambda"})
Consumed = Literal["await", "yield", "value", "dropped"]
StatementKind = Literal["assign", "augment", "delete", "return", "raise", "expression", "assert", "head"]


@dataclass(slots=True)
class Source:
    """One file while it is read."""

    positions: Positions
    scopes: list[Scope] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)


@dataclass(slots=True)
class CallRow:
    """A call that does not know its statement yet: that gets its number once it is complete."""

    callee: Value
    arguments: tuple[Argument, ...]
    consumed: Consumed
    block: int
    span: Span
    statement: int = -1


@dataclass(slots=True, eq=False)
class Scope:
    """A function, class body, lambda or module that is being read."""

    source: Source
    index: int
    name: str
    kind: Kind
    parent: Scope | None
    span: Span
    name_span: Span
    parameters: tuple[Parameter, ...] = ()
    returns: Value | None = None
    decorators: tuple[Decorator, ...] = ()
    generator: bool = False
    block: int = 0
    blocks: list[BlockRow] = field(default_factory=list)
    groups: int = 1
    statements: list[Statement] = field(default_factory=list)
    calls: list[CallRow] = field(default_factory=list)
    pending: list[CallRow | BlockRow] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    hidden: list[set[str]] = field(default_factory=list)
    captured: set[str] = field(default_factory=set)
    through: set[str] = field(default_factory=set)
    clauses: set[str] = field(default_factory=set)
    lambdas: int = 0
    loops: list[set[Leaves]] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)

    def read(self, name: str) -> None:
        """Note that ``name`` is read here; names of an enclosing comprehension are no names of the function."""
        self.trace.append(name)
        if not self.hidden or not any(name in names for names in self.hidden):
            self.reads.add(name)

    def emit(
        self,
        kind: StatementKind,
        targets: tuple[str, ...],
        value: Value,
        span: Span,
        annotation: Value | None = None,
        since: int = 0,
    ) -> int:
        """Append a statement, give it the calls pending since row ``since``, and return its index."""
        number = len(self.statements)
        for row in self.pending[since:] if since else self.pending:
            row.statement = number
        del self.pending[since:]
        self.statements.append(Statement(kind, targets, value, annotation, self.block, span))
        return number

    def settle(self, since: int = 0) -> None:
        """Leave the calls pending since row ``since`` without a statement: decorators, defaults and base classes."""
        del self.pending[since:]

    def qualify(self, name: str) -> str:
        """Return the qualified name of ``name`` defined here."""
        if self.kind == "module":
            return name
        return f"{self.name}.{name}" if self.kind == "class" else f"{self.name}.<locals>.{name}"

    def lambda_name(self) -> str:
        """Return the name of the next lambda of this scope."""
        self.lambdas += 1
        name = "<lambda>" if self.lambdas == 1 else f"<lambda>#{self.lambdas}"
        return name if self.kind == "module" else f"{self.name}.{name}"


def open_scope(
    source: Source, name: str, kind: Kind, parent: Scope | None, span: Span, name_span: Span, body: Span
) -> Scope:
    """Return a new scope of ``source`` whose block 0 is there."""
    scope = Scope(source, len(source.scopes), name, kind, parent, span, name_span)
    scope.blocks.append(BlockRow("body", -1, 0, None, -1, (), "", False, body))
    source.scopes.append(scope)
    return scope


def close_scope(scope: Scope, leaves: Leaves) -> None:
    """Finish ``scope`` and hand what it reads from outside, and what its body says, to the scope around it."""
    scope.blocks[0].leaves = leaves
    outside = scope.reads - (scope.bound - scope.rebinds) | scope.through
    scope.reads = outside
    if scope.kind in FUNCTIONS:
        canonical(scope.trace, (scope.bound | scope.clauses) - scope.rebinds)
    parent = scope.parent
    if parent is None:
        return
    for name in outside:
        if any(name in names for names in parent.hidden):
            scope.captured.add(name)
        else:
            # Methods look past the names of their class.
            (parent.through if parent.kind == "class" else parent.reads).add(name)
    if scope.kind in FUNCTIONS and parent.kind in FUNCTIONS:
        parent.trace.append("{def")
        parent.trace.extend(scope.trace)
        parent.trace.append("}")
    else:
        parent.trace.append("=" + digest(scope.trace))


def functions(scopes: Sequence[Scope]) -> tuple[Function, ...]:
    """Return the finished functions, once every scope of the file is closed."""
    top = scopes[0].bound.union(*(scope.rebinds for scope in scopes))
    visible: list[set[str]] = []
    rows = []
    for scope in scopes:
        parent = scope.parent
        around = set() if parent is None else visible[parent.index]
        own = scope.bound - scope.rebinds if scope.kind in FUNCTIONS else set()
        visible.append(around | own if own else around)
        free = set() if parent is None else (scope.reads & around) | (scope.reads & top) | scope.captured
        rows.append(_function(scope, free))
    return tuple(rows)


def _function(scope: Scope, free: Iterable[str]) -> Function:
    return Function(
        scope.name,
        scope.kind,
        scope.generator,
        -1 if scope.parent is None else scope.parent.index,
        scope.parameters,
        scope.returns,
        scope.decorators,
        tuple(
            Block(
                row.kind,
                row.parent,
                row.group,
                row.head,
                row.statement,
                row.binds,
                row.leaves,
                row.asynchronous,
                row.span,
            )
            for row in scope.blocks
        ),
        tuple(scope.statements),
        tuple(Call(row.callee, row.arguments, row.consumed, row.statement, row.block, row.span) for row in scope.calls),
        tuple(sorted(free)),
        tuple(sorted(scope.rebinds)),
        digest(scope.trace),
        scope.name_span,
        scope.span,
    )
