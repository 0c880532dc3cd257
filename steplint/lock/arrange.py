"""The order of entries: code order, and each tombstone behind the entry that preceded it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from steplint.contract.compare import align
from steplint.contract.identity import Family
from steplint.lock.file import LockStep


def arranged(
    previous: Sequence[LockStep], fresh: Sequence[LockStep], family: Family, keep: Callable[[LockStep], bool]
) -> tuple[LockStep, ...]:
    """Return ``fresh`` with the records of ``previous``, and its tombstones at their place.

    ``keep`` says of a live entry that the code has lost whether it stays until its loss is recorded.
    """
    pairs = paired(previous, fresh, family)
    steps = [carried(fresh[j], previous[i]) if i is not None else fresh[j] for j, i in _sources(fresh, pairs)]
    slots = defaultdict[int, list[LockStep]](list)
    anchor = -1
    for index, step in enumerate(previous):
        if index in pairs:
            anchor = pairs[index]
        elif not step.live or keep(step):
            slots[anchor].append(step)
    ordered = list(slots[-1])
    for index, step in enumerate(steps):
        ordered += [step, *slots[index]]
    return tuple(ordered)


def paired(previous: Sequence[LockStep], fresh: Sequence[LockStep], family: Family) -> dict[int, int]:
    """Return which live entry of ``previous`` is which of ``fresh``, by index."""
    live = [index for index, step in enumerate(previous) if step.live]
    if family == "keyed":
        by_id = {step.id: index for index, step in enumerate(fresh)}
        return {index: by_id[previous[index].id] for index in live if previous[index].id in by_id}
    found = {live[i]: j for i, j in align([previous[n].id for n in live], [step.id for step in fresh])}
    waiting = defaultdict[str, list[int]](list)
    taken = set(found.values())
    for j, step in enumerate(fresh):
        if j not in taken:
            waiting[step.id].append(j)
    for index in live:
        if index not in found and waiting[previous[index].id]:
            found[index] = waiting[previous[index].id].pop(0)
    return found


def carried(fresh: LockStep, previous: LockStep) -> LockStep:
    """Return the facts of ``fresh`` with the records and comments of ``previous``."""
    return replace(fresh, was=previous.was, change=previous.change, comments=previous.comments)


def attached(previous: Sequence[LockStep], steps: Sequence[LockStep], entry: LockStep) -> tuple[LockStep, ...]:
    """Return ``steps`` with ``entry`` behind the nearest of its predecessors in ``previous`` that is there."""
    at = previous.index(entry)
    there = [step.id for step in steps]
    for before in reversed(previous[:at]):
        if before.id in there:
            position = len(there) - there[::-1].index(before.id)
            return (*steps[:position], entry, *steps[position:])
    return (entry, *steps)


def _sources(fresh: Sequence[LockStep], pairs: Mapping[int, int]) -> list[tuple[int, int | None]]:
    back = {j: i for i, j in pairs.items()}
    return [(j, back.get(j)) for j in range(len(fresh))]
