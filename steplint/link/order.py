"""Which operation can follow which in one pass through a body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steplint.model.graph import Frame

_BRANCHES = frozenset({"if", "else", "case", "except", "try"})
_LOOPS = frozenset({"for", "while", "comprehension"})
_LEAVING = frozenset({"return", "raise"})
_NEVER = frozenset({"for", "while", "if", "else", "case", "except", "comprehension"})

Frames = tuple[Frame, ...]


def excludes(one: Frames, other: Frames) -> bool:
    """Return whether two operations stand in different arms of one branch."""
    for mine, theirs in zip(one, other, strict=False):
        if mine == theirs:
            continue
        return bool(mine.group) and mine.group == theirs.group and mine.arm != theirs.arm and {
            mine.kind, theirs.kind,
        } != {"try", "except"}  # fmt: skip
    return False


def shared(one: Frames, other: Frames) -> int:
    """Return how many outer frames two operations have in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def can_follow(first: Frames, then: Frames) -> bool:
    """Return whether an operation later in the code can run after an earlier one, in the same turn of every loop."""
    if excludes(first, then):
        return False
    common = shared(first, then)
    for frame in _leading_out(first, common):
        if frame.leaves in _LEAVING:
            return False
        if frame.leaves in ("continue", "break") and _same_turn(first, then, common):
            return False
    return True


def _leading_out(first: Frames, common: int) -> Iterator[Frame]:
    """Yield the frames after the first ``common`` ones, without those that only lead out of a call among them."""
    called = False
    for frame in first[common:]:
        called = called or frame.kind == "call"
        if not (called and frame.leaves == "return"):
            yield frame


def _same_turn(first: Frames, then: Frames, common: int) -> bool:
    """Return whether both operations lie in the innermost loop around the first one."""
    loops = [position for position, frame in enumerate(first) if frame.kind in _LOOPS]
    return bool(loops) and loops[-1] < common


def loops_back(first: Frames, then: Frames) -> bool:
    """Return whether a later turn of a loop around both can run ``then`` after ``first``."""
    common = shared(first, then)
    if not any(frame.kind in _LOOPS for frame in first[:common]):
        return False
    return all(frame.leaves not in (*_LEAVING, "break") for frame in _leading_out(first, common))


def certain(then: Frames, common: int) -> bool:
    """Return whether an operation runs whenever its surroundings shared with another one do."""
    return all(frame.kind not in _NEVER for frame in then[common:])


def edges(frames: Sequence[Frames]) -> tuple[tuple[int, int], ...]:
    """Return (a, b) for every operation b that can come directly after a."""
    found: list[tuple[int, int]] = []
    for first, mine in enumerate(frames):
        for then in range(first + 1, len(frames)):
            theirs = frames[then]
            if not can_follow(mine, theirs):
                continue
            found.append((first, then))
            if certain(theirs, shared(mine, theirs)):
                found += [(first, each) for each in _handlers(frames, first, then)]
                break
        found += [
            (first, then)
            for then in range(first + 1)
            if loops_back(mine, frames[then]) and not _between(frames, then, first)
        ]
    return tuple(sorted(set(found)))


def _handlers(frames: Sequence[Frames], first: int, then: int) -> Iterator[int]:
    """Yield the first operations of handlers that run when ``first`` fails, though ``then`` would come next."""
    mine, entered = frames[first], set[tuple[str, int]]()
    if all(frame.kind != "try" for frame in mine):
        return
    for later in range(then + 1, len(frames)):
        common = shared(mine, frames[later])
        if not (common < len(mine) and common < len(frames[later])):
            continue
        tried, arm = mine[common], frames[later][common]
        if tried.kind != "try" or arm.kind != "except" or arm.group != tried.group:
            continue
        if (arm.group, arm.arm) not in entered:
            yield later
        if certain(frames[later], common + 1):
            entered.add((arm.group, arm.arm))


def _between(frames: Sequence[Frames], then: int, first: int) -> bool:
    """Return whether a certain operation of the same loop stands before ``then``, so that a new turn meets it first."""
    common = shared(frames[first], frames[then])
    loop = max((at for at in range(common) if frames[first][at].kind in _LOOPS), default=-1)
    for earlier in range(then):
        inner = frames[earlier]
        if shared(inner, frames[first]) > loop and certain(inner, loop + 1):
            return True
    return False


def surroundings(frames: Sequence[tuple[bool, Frames]], index: int) -> tuple[bool, bool]:
    """Return (no durable operation can follow, one can come before) for an event; durable ones are marked."""
    mine = frames[index][1]
    follows = any(
        durable and (can_follow(mine, theirs) or loops_back(mine, theirs)) for durable, theirs in frames[index + 1 :]
    ) or any(durable and loops_back(mine, theirs) for durable, theirs in frames[:index])
    before = any(durable and can_follow(theirs, mine) for durable, theirs in frames[:index]) or any(
        durable and loops_back(theirs, mine) for durable, theirs in frames[index + 1 :]
    )
    return not follows, before


def occurrences(labels: Sequence[str], frames: Sequence[Frames]) -> list[int]:
    """Return for each operation how many earlier ones of the same label can run before it on one path."""
    counts: list[int] = []
    for index, label in enumerate(labels):
        before = [
            counts[earlier] + 1
            for earlier in range(index)
            if labels[earlier] == label and can_follow(frames[earlier], frames[index])
        ]
        counts.append(max(before, default=0))
    return counts


def times(frames: Frames) -> str:
    """Return how often an operation runs in one pass: once, maybe or many."""
    if any(frame.kind in _LOOPS for frame in frames):
        return "many"
    if any(frame.kind in ("if", "else", "case", "except") for frame in frames):
        return "maybe"
    return "once"


__all__ = [
    "can_follow", "certain", "edges", "excludes", "loops_back", "occurrences", "shared", "surroundings", "times",
]  # fmt: skip
