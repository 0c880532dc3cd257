"""An expression, reduced to what names, identities and flow need.

Kinds of `Group` and their items, in evaluation order:

    tuple list set              the elements; `*x` is Group("star", (x,))
    dict                        Group("pair", (key, value)) each; `**x` is Group("star", (x,))
    listcomp setcomp dictcomp generator
                                the element(s): one, or key and value for dictcomp; iterables and conditions are heads
                                of "comprehension" blocks of the same function
    add mod                     operands of a chain of `+` (flattened, a + b + c has three), of one `%`
    binary                      (left, right) of any other operator
    not unary                   (operand,)
    boolean                     operands of a chain of `and` / `or`, flattened
    compare                     left, then each right side
    is is-not                   (left, right) of one identity test
    choice                      (test, then, otherwise) of a conditional expression
    await yield star            (value,); `yield from` is yield, a bare `yield` has Const(None)
    subscript                   (base, index, ...); Group("slice", (lower, upper, step)), Const(None) where left out
    with                        (context manager,)      head of a "with" block
    case                        (subject, guard or Const(None))   head of a "case" block
    starred-call                never: unpacked arguments are Arguments with keyword "*" or "**"
"""

from __future__ import annotations

from steplint.model.place import Record


class Const(Record, frozen=True, tag="c"):
    """A literal: text (implicit concatenation joined), number, boolean or None."""

    value: str | int | float | bool | None


class Template(Record, frozen=True, tag="t"):
    """An f-string with at least one hole: ``f"item-{sku}"`` is text ``item-{}`` and one part.

    Conversions and format specifications are not kept; braces that stand for themselves look like holes.
    """

    text: str
    parts: tuple[Value, ...]


class Name(Record, frozen=True, tag="n"):
    """A dotted path as written: ``ctx.step.run``, ``self.client``."""

    path: str


class Member(Record, frozen=True, tag="m"):
    """An attribute path of something that is no plain name: ``current().run``, ``rows[0].id``."""

    base: Value
    path: str


class Result(Record, frozen=True, tag="r"):
    """The value of call number ``call`` of the same function."""

    call: int


class Closure(Record, frozen=True, tag="f"):
    """A lambda, as an index into `ModuleSummary.functions`."""

    function: int


class Group(Record, frozen=True, tag="g"):
    """Several values joined by a display or an operator; the kinds are listed above."""

    kind: str
    items: tuple[Value, ...]


class Opaque(Record, frozen=True, tag="o"):
    """Anything else, by the name of its syntax node or the reason it was not kept."""

    kind: str


Value = Const | Template | Name | Member | Result | Closure | Group | Opaque
