"""The constructs around an operation: loops, arms, handlers, context managers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steplint.link.absence import asks_absence, asks_presence, reads_rows
from steplint.link.values import UNKNOWN, Abstract, External, Instance, Literal, Sequence
from steplint.model.graph import Frame, Handler
from steplint.model.place import Span
from steplint.model.summary import Block
from steplint.model.value import Closure, Const, Group, Member, Name, Result, Template, Value

if TYPE_CHECKING:
    from steplint.link.walk import Walk

_LEAVES = frozenset({"break", "return", "raise"})
_ENDLESS = frozenset({"itertools.count", "itertools.cycle", "itertools.repeat"})


class Frames:
    """Frames of one function's blocks; those of a loop or manager wait until its head was evaluated."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self.blocks = walk.function.blocks
        self._chains: dict[int, tuple[Frame, ...]] = {}

    def depth(self, block: int) -> int:
        """Return how many blocks lie around a block."""
        count = 0
        while block > 0:
            count += 1
            block = self.blocks[block].parent
        return count

    def around(self, block: int) -> tuple[Frame, ...]:
        """Return the frames from the function's body down to a block."""
        if block <= 0:
            return ()
        known = self._chains.get(block)
        if known is not None:
            return known
        chain = (*self.around(self.blocks[block].parent), self.frame(block))
        if not self.walk.silent:
            self._chains[block] = chain
        return chain

    def frame(self, index: int) -> Frame:
        """Return the frame of one block."""
        block, walk = self.blocks[index], self.walk
        kind = block.kind
        group = self.group_name(block)
        place = walk.unit.place(walk.head_span(block.statement, block.span) if block.head is not None else block.span)
        if kind in ("if", "else", "case", "except"):
            return Frame(
                kind=kind,
                place=place,
                group=group,
                arm=index,
                name=self.text(block.head),
                binds=block.binds,
                leaves=block.leaves,
                gate=self.gate(block) if kind != "except" else "",
                missing=self.missing(block),
            )
        if kind == "try":
            return Frame(
                kind="try",
                place=place,
                group=group,
                arm=index,
                handlers=self.handlers(block),
                final=self.final(index),
                leaves=block.leaves,
            )
        if kind in ("for", "comprehension", "while"):
            return self.loop(index, block)
        if kind == "with":
            return self.manager(block)
        return Frame(kind="finally", place=place, leaves=block.leaves, ends=self.ended(index))

    def gate(self, block: Block) -> str:
        """Return the patch gate that decides an arm."""
        head = self.walk.heads.get(block.statement) if block.head is not None else None
        if head is not None:
            return head.over[len("gate:") :] if head.over.startswith("gate:") else ""
        # Runs in flight take the arm of `if not patched(...)`: only new ones pass its else.
        for each in self.blocks:
            if each.group == block.group and each.head is not None:
                other = self.walk.heads.get(each.statement)
                if other is not None and other.over.startswith("old:"):
                    return other.over[len("old:") :]
        return ""

    def handlers(self, block: Block) -> tuple[Handler, ...]:
        """Return the handlers of a try."""
        found = []
        for index, each in enumerate(self.blocks):
            if each.kind == "except" and each.group == block.group and each.parent == block.parent:
                found.append(
                    Handler(
                        catches=self.caught(each.head),
                        place=self.walk.unit.place(self.clause(each)),
                        ends=each.leaves,
                        reraises=each.leaves == "raise" or self.raises(index),
                    )
                )
        return tuple(found)

    def clause(self, block: Block) -> Span:
        """Return the span of an `except` clause without its body."""
        if block.head is not None:
            return self.walk.head_span(block.statement, block.span)
        return Span(block.span.line, block.span.column, block.span.line, block.span.column + len("except"))

    def raises(self, index: int) -> bool:
        """Return whether some statement below a block raises."""
        return any(each.kind == "raise" and self.below(each.block, index) for each in self.walk.function.statements)

    def below(self, block: int, outer: int) -> bool:
        """Return whether a block is another or lies in it."""
        while block >= 0:
            if block == outer:
                return True
            if not block:
                return False
            block = self.blocks[block].parent
        return False

    def caught(self, head: Value | None) -> tuple[str, ...]:
        """Return the qualified names that a handler catches; nothing for a bare one."""
        if head is None or isinstance(head, Const):
            return ()
        items = head.items if isinstance(head, Group) and head.kind == "tuple" else (head,)
        return tuple(self.qualified(each) for each in items)

    def qualified(self, value: Value) -> str:
        """Return the canonical name of what is written, builtins without their module."""
        found = self.walk.value(value, self.walk.function.span)
        if isinstance(found.thing, External | Instance):
            return found.thing.name.removeprefix("builtins.")
        return found.text or self.text(value)

    def final(self, index: int) -> str:
        """Return how the `finally` of a try leaves, or "runs" when it only runs."""
        for position in range(index + 1, len(self.blocks)):
            block = self.blocks[position]
            if block.kind == "finally" and self.ended(position) == self.group_of(index):
                inner = (each.kind for each in self.walk.function.statements if self.below(each.block, position))
                return block.leaves or ("return" if "return" in inner else "runs")
        return ""

    def group_of(self, index: int) -> str:
        """Return the group name of a block."""
        return self.group_name(self.blocks[index])

    def group_name(self, block: Block) -> str:
        """Return a name for the arms that exclude each other, whatever else of the module was read."""
        return f"{self.walk.unit.path}:{self.walk.function.name}:{block.group}"

    def missing(self, block: Block) -> bool:
        """Return whether a branch is taken only where a query found nothing: `if row is None`, or else `if row`."""
        if block.kind not in ("if", "else"):
            return False
        tested = next((each for each in self.blocks if each.kind == "if" and each.group == block.group), block)
        test = self.walk.heads.get(tested.statement)
        if test is None or not reads_rows(test):
            return False
        return asks_absence(tested.head) if block.kind == "if" else asks_presence(tested.head)

    def ended(self, index: int) -> str:
        """Return the group of the try that a `finally` ends: the last one before it in the same block."""
        final = self.blocks[index]
        for position in range(index - 1, 0, -1):
            block = self.blocks[position]
            if block.kind == "try" and block.parent == final.parent:
                return self.group_of(position)
        return ""

    def loop(self, index: int, block: Block) -> Frame:
        """Return the frame of a loop or comprehension clause."""
        walk = self.walk
        head = walk.heads.get(block.statement)
        value = head if head is not None else UNKNOWN
        place = walk.unit.place(walk.head_span(block.statement, block.span))
        if block.kind == "comprehension":
            place = walk.unit.place(block.span)
        return Frame(
            kind=block.kind,  # type: ignore[arg-type]
            place=place,
            name=self.text(block.head),
            binds=block.binds,
            leaves=block.leaves,
            asynchronous=block.asynchronous,
            endless=self.endless(index, block, value),
            bound=self.bound(value),
            over=self.over(value) if block.kind != "while" else "",  # type: ignore[arg-type]
        )

    def bound(self, value: Abstract) -> int | None:
        """Return n of a loop over `range(n)`, or the length of a display."""
        thing = value.thing
        if isinstance(thing, Instance) and thing.name == "builtins.range" and len(thing.arguments) == 1:
            end = thing.arguments[0].value.thing
            if isinstance(end, Literal) and isinstance(end.value, int):
                return end.value
        if isinstance(thing, Sequence) and thing.kind in ("tuple", "list", "set"):
            return len(thing.items)
        return None

    def over(self, value: Abstract) -> str:
        """Return what a loop runs over, as far as replay is concerned."""
        if isinstance(value.thing, Instance) and value.thing.name == "builtins.range":
            return "range"
        if value.nature == "memo":
            return "memoized"
        if value.nature in ("event", "constant", "read"):
            return value.nature
        return "unknown"

    def endless(self, index: int, block: Block, value: Abstract) -> bool:
        """Return whether a loop has no bound and no way out."""
        if block.kind == "comprehension":
            return False
        if block.kind == "for":
            thing = value.thing
            if not (isinstance(thing, Instance) and thing.name in _ENDLESS):
                return False
            if thing.name == "itertools.repeat" and len(thing.arguments) > 1:
                return False
        elif not self.always(index):
            return False
        return not self.exits(index)

    def always(self, index: int) -> bool:
        """Return whether the test of a `while` is a true constant, or reads only names that the loop never assigns."""
        head = self.blocks[index].head
        if isinstance(head, Const):
            return bool(head.value)
        names = plain_names(head)
        if not names:
            return False
        function = self.walk.function
        assigned = {
            target.split(".")[0].split("[")[0].lstrip("*")
            for each in function.statements
            if self.below(each.block, index)
            for target in each.targets
        }
        rebound = {
            name for each in self.walk.unit.summary.functions if each.parent == self.walk.index for name in each.rebinds
        }
        # A module variable may be changed by any other function: only local names are certain.
        local = {each.name for each in function.parameters} | {
            target for each in function.statements for target in each.targets
        } - set(function.rebinds)
        handed = any(
            self.below(call.block, index)
            and any(names & spelled(value) for value in (call.callee, *(each.value for each in call.arguments)))
            for call in function.calls
        )
        return names <= local and not handed and not names & (assigned | rebound)

    def exits(self, index: int) -> bool:
        """Return whether something in a loop leaves it."""
        function, walk = self.walk.function, self.walk
        for statement in function.statements:
            if statement.kind in ("return", "raise") and self.below(statement.block, index):
                return True
        for position, each in enumerate(self.blocks):
            if position == index or not self.below(position, index):
                continue
            if each.leaves in ("return", "raise") or (each.leaves == "break" and self.nearest_loop(position) == index):
                return True
        if self.blocks[index].leaves in _LEAVES:
            return True
        for position, call in enumerate(function.calls):
            if not self.below(call.block, index):
                continue
            found = walk.results.get(position)
            name = (
                found.thing.name if found is not None and isinstance(found.thing, Instance) else self.text(call.callee)
            )
            if walk.linker.apis.exits(name) or name.endswith("continue_as_new") or position in walk.uncertain:
                return True
        return False

    def nearest_loop(self, block: int) -> int:
        """Return the innermost loop around a block."""
        while block > 0:
            if self.blocks[block].kind in ("for", "while"):
                return block
            block = self.blocks[block].parent
        return -1

    def manager(self, block: Block) -> Frame:
        """Return the frame of a `with`."""
        walk = self.walk
        value = walk.heads.get(block.statement, UNKNOWN)
        name = value.thing.name if isinstance(value.thing, Instance | External) else self.text(block.head)
        handlers: tuple[Handler, ...] = ()
        place = walk.unit.place(walk.head_span(block.statement, block.span))
        if isinstance(value.thing, Instance) and name == "contextlib.suppress":
            caught = tuple(
                each.value.thing.name.removeprefix("builtins.")
                if isinstance(each.value.thing, External)
                else each.value.text
                for each in value.thing.arguments
            )
            handlers = (Handler(caught, place, "", False),)
        return Frame(
            kind="with",
            place=place,
            name=name,
            binds=block.binds,
            asynchronous=block.asynchronous,
            handlers=handlers,
            leaves=block.leaves,
            resource=walk.linker.apis.manager(name)
            or walk.linker.apis.manager(self.text(block.head))
            or walk.linker.apis.manager(self.called(block.head)),
        )

    def called(self, value: Value | None) -> str:
        """Return the canonical name of what is called, nothing for another expression."""
        while isinstance(value, Group) and value.kind in ("await", "with"):
            value = value.items[0]
        return self.qualified(self.walk.function.calls[value.call].callee) if isinstance(value, Result) else ""

    def text(self, value: Value | None) -> str:
        """Return a name as written, as far as it is one."""
        if isinstance(value, Name):
            return value.path
        if isinstance(value, Member):
            return f"{self.text(value.base)}.{value.path}"
        if isinstance(value, Result):
            return self.text(self.walk.function.calls[value.call].callee)
        if isinstance(value, Const):
            return repr(value.value)
        if isinstance(value, Group) and value.items:
            if value.kind in ("await", "with", "star", "case", "not"):
                return self.text(value.items[0])
            if value.kind == "subscript":
                return f"{self.text(value.items[0])}[]"
        if isinstance(value, Template):
            return value.text
        if isinstance(value, Closure):
            return "<lambda>"
        return ""


def spelled(value: Value) -> frozenset[str]:
    """Return the variables that an expression mentions."""
    if isinstance(value, Name):
        return frozenset((value.path.split(".")[0],))
    if isinstance(value, Member):
        return spelled(value.base)
    if isinstance(value, Group):
        return frozenset().union(*(spelled(each) for each in value.items))
    if isinstance(value, Template):
        return frozenset().union(*(spelled(each) for each in value.parts))
    return frozenset()


def plain_names(value: Value | None) -> frozenset[str]:
    """Return the names that an expression reads, or nothing when it holds a call, an attribute or something opaque."""
    if isinstance(value, Name):
        return frozenset() if "." in value.path else frozenset((value.path,))
    if isinstance(value, Group) and value.kind in (
        "not",
        "compare",
        "is",
        "is-not",
        "in",
        "not-in",
        "boolean",
        "unary",
    ):
        found = [plain_names(each) for each in value.items if not isinstance(each, Const)]
        return frozenset().union(*found) if all(found) else frozenset()
    return frozenset()
