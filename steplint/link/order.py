"""Which operation can follow which in one pass through a body."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from steplint.model.graph import Frame

_LOOPS = frozenset({"for", "while", "comprehension"})
_LEAVING = frozenset({"return", "raise"})
_NEVER = frozenset({"for", "while", "if", "else", "case", "except", "comprehension"})

Frames = tuple[Frame, ...]


class Order:
    """Operations in code order, told apart by the constructs around them.

    A construct around several operations is one node of a tree, so that two operations are compared by numbers: a body
    with helpers that hold steps has hundreds of operations, each within dozens of constructs.
    """

    def __init__(self, frames: Sequence[Frames]) -> None:
        """Keep the frames around each operation, outermost first."""
        known: dict[tuple[int, Frame], int] = {}
        self._frames = frames
        self._nodes: list[list[int]] = []
        self._loops: list[list[int]] = []
        """By operation, the positions of loops among its frames."""
        self._optional: list[int] = []
        """By operation, the position of the innermost frame whose content may not run at all, or -1."""
        for each in frames:
            node, nodes = -1, []
            for frame in each:
                node = known.setdefault((node, frame), len(known))
                nodes.append(node)
            self._nodes.append(nodes)
            self._loops.append([at for at, frame in enumerate(each) if frame.kind in _LOOPS])
            self._optional.append(max((at for at, frame in enumerate(each) if frame.kind in _NEVER), default=-1))
        self._out: dict[tuple[int, int], frozenset[str]] = {}

    def can_follow(self, first: int, then: int) -> bool:
        """Return whether an operation can run after one that is earlier in the code, in the same turn of every loop."""
        common = self._shared(first, then)
        if self._excludes(first, then, common):
            return False
        leaves = self._leading_out(first, common)
        if not leaves:
            return True
        return leaves.isdisjoint(_LEAVING) and not (
            ("continue" in leaves or "break" in leaves) and self._same_turn(first, common)
        )

    def loops_back(self, first: int, then: int) -> bool:
        """Return whether a later turn of a loop around both can run ``then`` after ``first``."""
        common = self._shared(first, then)
        loops = self._loops[first]
        return bool(loops) and loops[0] < common and self._turns(first, common)

    def edges(self) -> tuple[tuple[int, int], ...]:
        """Return (a, b) for every operation b that can come directly after a."""
        found: set[tuple[int, int]] = set()
        for first in range(len(self._nodes)):
            for then in range(first + 1, len(self._nodes)):
                if not self.can_follow(first, then):
                    continue
                found.add((first, then))
                if self._certain(then, self._shared(first, then)):
                    found.update((first, each) for each in self._handlers(first, then))
                    break
            if self._loops[first]:
                found.update((first, then) for then in range(first + 1) if self._begins_turn(first, then))
        return tuple(sorted(found))

    def surroundings(self, index: int, durable: Sequence[int]) -> tuple[bool, bool]:
        """Return (no durable operation can follow, one can come before), given the durable ones in order."""
        earlier = [each for each in durable if each < index]
        later = [each for each in durable if each > index]
        follows = any(self.can_follow(index, each) or self.loops_back(index, each) for each in later) or any(
            self.loops_back(index, each) for each in earlier
        )
        before = any(self.can_follow(each, index) for each in earlier) or any(
            self.loops_back(each, index) for each in later
        )
        return not follows, before

    def occurrences(self, labels: Sequence[str]) -> list[int]:
        """Return for each operation how many earlier ones of the same label can run before it on one path."""
        counts: list[int] = []
        same: dict[str, list[int]] = defaultdict(list)
        for index, label in enumerate(labels):
            before = [counts[earlier] + 1 for earlier in same[label] if self.can_follow(earlier, index)]
            counts.append(max(before, default=0))
            same[label].append(index)
        return counts

    def _shared(self, one: int, other: int) -> int:
        """Return how many outer frames two operations have in common."""
        mine, theirs = self._nodes[one], self._nodes[other]
        low, high = 0, min(len(mine), len(theirs))
        # A node tells of all that is around it: where two are equal, so is everything before.
        while low < high:
            middle = (low + high) // 2
            if mine[middle] == theirs[middle]:
                low = middle + 1
            else:
                high = middle
        return low

    def _excludes(self, one: int, other: int, common: int) -> bool:
        """Return whether two operations stand in different arms of one branch."""
        if common >= len(self._nodes[one]) or common >= len(self._nodes[other]):
            return False
        mine, theirs = self._frames[one][common], self._frames[other][common]
        return bool(mine.group) and mine.group == theirs.group and mine.arm != theirs.arm and {
            mine.kind, theirs.kind,
        } != {"try", "except"}  # fmt: skip

    def _leading_out(self, first: int, common: int) -> frozenset[str]:
        """Return how the frames after the first ``common`` ones leave, but for a `return` that only ends a call."""
        known = self._out.get((first, common))
        if known is None:
            called, leaves = False, set[str]()
            for frame in self._frames[first][common:]:
                called = called or frame.kind == "call"
                if frame.leaves and not (called and frame.leaves == "return"):
                    leaves.add(frame.leaves)
            known = self._out[first, common] = frozenset(leaves)
        return known

    def _same_turn(self, first: int, common: int) -> bool:
        """Return whether the innermost loop around an operation is among its outer frames."""
        loops = self._loops[first]
        return bool(loops) and loops[-1] < common

    def _turns(self, first: int, common: int) -> bool:
        """Return whether the loop goes on behind an operation."""
        leaves = self._leading_out(first, common)
        return not leaves or (leaves.isdisjoint(_LEAVING) and "break" not in leaves)

    def _certain(self, then: int, common: int) -> bool:
        """Return whether an operation runs whenever its surroundings shared with another one do."""
        return self._optional[then] < common

    def _handlers(self, first: int, then: int) -> Iterator[int]:
        """Yield the first operations of handlers that run when ``first`` fails, though ``then`` would come next."""
        mine, entered = self._frames[first], set[tuple[str, int]]()
        if all(frame.kind != "try" for frame in mine):
            return
        for later in range(then + 1, len(self._nodes)):
            common = self._shared(first, later)
            if not (common < len(mine) and common < len(self._frames[later])):
                continue
            tried, arm = mine[common], self._frames[later][common]
            if tried.kind != "try" or arm.kind != "except" or arm.group != tried.group:
                continue
            if (arm.group, arm.arm) not in entered:
                yield later
            if self._certain(later, common + 1):
                entered.add((arm.group, arm.arm))

    def _begins_turn(self, first: int, then: int) -> bool:
        """Return whether ``then`` can be what a new turn of a loop meets first, after ``first`` in the turn before."""
        common = self._shared(first, then)
        loop = max((at for at in self._loops[first] if at < common), default=-1)
        if loop < 0 or not self._turns(first, common):
            return False
        return then <= self._always.get(self._nodes[first][loop], then)

    @cached_property
    def _always(self) -> dict[int, int]:
        """By the node of a loop, the first operation that every turn runs."""
        found: dict[int, int] = {}
        for index, nodes in enumerate(self._nodes):
            for loop in self._loops[index]:
                if self._certain(index, loop + 1):
                    found.setdefault(nodes[loop], index)
        return found


def times(frames: Frames) -> str:
    """Return how often an operation runs in one pass: once, maybe or many."""
    if any(frame.kind in _LOOPS for frame in frames):
        return "many"
    if any(frame.kind in ("if", "else", "case", "except") for frame in frames):
        return "maybe"
    return "once"
