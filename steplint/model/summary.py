"""What one file says before anybody else is asked: no path, no module name, no SDK.

Equal bytes have equal summaries, so a summary is cached by content. `SCHEMA` changes whenever these structs or the
reader change what a summary holds.
"""

from __future__ import annotations

from typing import Literal

from steplint.model.place import Record, Span
from steplint.model.value import Value

SCHEMA = 1


class Argument(Record, frozen=True):
    """One argument of a call; ``keyword`` is None when positional, ``*`` and ``**`` when unpacked."""

    keyword: str | None
    value: Value
    span: Span


class Call(Record, frozen=True):
    """A call, in evaluation order: receiver and arguments come before the call they belong to.

    A call in the test of a `while` belongs to the block of that loop, since it runs at each turn; one in any other
    head belongs to the block around it. A call in an arm of a conditional expression, or behind `and`/`or`, belongs to
    an "if" or "else" block of its own. ``statement`` is -1 for calls of decorators, defaults, annotations of a `def`
    and base classes: a definition is no statement.
    """

    callee: Value
    arguments: tuple[Argument, ...]
    consumed: Literal["await", "yield", "value", "dropped"]
    statement: int
    block: int
    span: Span


class Statement(Record, frozen=True):
    """A statement or the head of a block, in source order; walrus, `del` and `assert` included.

    ``head`` is the test, iterable, context manager, caught types or subject of the block that follows; its targets
    are what the head binds. Targets are written ``total``, ``row.ended_at``, ``cache[]``, ``*rest``. Several targets
    mean unpacking: ``a = b = f()`` is two statements with one span, and ``a, = f()`` takes item 0 of the value.
    A walrus is an "assign" before the statement that it stands in, whose value holds what was assigned. "augment" has
    the right side alone, "delete" and a bare "return" or "raise" have Const(None), a declaration without a value
    Opaque("undefined"), an "assert" with a message a tuple of both.
    """

    kind: Literal["assign", "augment", "delete", "return", "raise", "expression", "assert", "head"]
    targets: tuple[str, ...]
    value: Value
    annotation: Value | None
    block: int
    span: Span


class Block(Record, frozen=True):
    """A region of a function; block 0 is the body itself.

    Arms that exclude each other share a ``group``: if/elif/else, cases, a try body and its handlers, the two arms of a
    conditional expression. Every other block has a group of its own. A comprehension clause is a block whose head is
    the iterable; its condition is a nested "if" block. Each item of a `with` is a block inside that of the item before.

    ``statement`` is the "head" statement, which precedes the block (that of a `while` lies in it); for arms within an
    expression it is the statement that holds them; without a head it is -1. Operands behind `and` are "if", behind
    `or` "else" blocks, nested, with the operand before them as head. The group of block 0 is 0, its parent -1.
    """

    kind: Literal["body", "if", "else", "for", "while", "try", "except", "finally", "with", "case", "comprehension"]
    parent: int
    group: int
    head: Value | None
    statement: int
    binds: tuple[str, ...]
    leaves: Literal["", "return", "raise", "break", "continue"]
    asynchronous: bool
    span: Span


class Parameter(Record, frozen=True):
    """A parameter; ``variadic`` is ``*args``, ``keywords`` is ``**kwargs``, ``keyword`` is keyword-only."""

    name: str
    kind: Literal["positional", "normal", "variadic", "keyword", "keywords"]
    annotation: Value | None
    default: Value | None


class Decorator(Record, frozen=True):
    """A decorator: a name, or the result of a call of the enclosing function."""

    value: Value
    span: Span


class Function(Record, frozen=True):
    """A scope: function 0 is the module; class bodies and lambdas are functions too.

    Names are stable under formatting: ``Orders.ship``, ``ship.<locals>.charge``, ``ship.<lambda>``, and
    ``ship.<lambda>#2`` for the second lambda of `ship`; function 0 is ``<module>``. A lambda has one "return"
    statement. Calls of decorators, defaults and base classes belong to the enclosing function. ``parent`` is the
    function around, for a method the class body; -1 for the module. ``free`` are names read here, or by a function
    inside, that an enclosing function, comprehension or the module binds; builtins are not among them. ``span`` starts
    at `def`, below the decorators. Decorators of a class are in `Class` alone.
    """

    name: str
    kind: Literal["module", "class", "function", "async", "lambda"]
    generator: bool
    parent: int
    parameters: tuple[Parameter, ...]
    returns: Value | None
    decorators: tuple[Decorator, ...]
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...]
    calls: tuple[Call, ...]
    free: tuple[str, ...]
    rebinds: tuple[str, ...]
    fingerprint: str
    name_span: Span
    span: Span


class Class(Record, frozen=True):
    """A class; ``body`` is the index of the function that stands for its body."""

    name: str
    bases: tuple[Value, ...]
    decorators: tuple[Decorator, ...]
    body: int
    span: Span


class Import(Record, frozen=True):
    """One imported name. ``import a.b`` binds ``a``: local "a", module "a.b", name "".

    ``import a.b as x``: local "x", module "a.b", name "". ``from .m import f as g``: local "g", module "m", name "f",
    level 1. ``from m import *``: local "*", name "*".
    """

    local: str
    module: str
    name: str
    level: int
    function: int
    block: int
    span: Span


class Pragma(Record, frozen=True):
    """A ``# steplint: verb[names] -- reason`` comment, and the statement or region that it covers."""

    verb: str
    names: tuple[str, ...]
    reason: str
    span: Span
    covers: Span


class Layout(Record, frozen=True):
    """What an edit must know about a file: newline, one level of indentation, the line where an import goes."""

    newline: str
    indent: str
    import_line: int


class Problem(Record, frozen=True):
    """Why a file was not analyzed."""

    message: str
    span: Span


class ModuleSummary(Record, frozen=True):
    """Everything that the later stages know about a file."""

    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    imports: tuple[Import, ...]
    pragmas: tuple[Pragma, ...]
    layout: Layout
    problem: Problem | None
