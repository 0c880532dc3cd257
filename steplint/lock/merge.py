"""Three-way merge of a conflicted lock by workflow and step: every record survives, real conflicts are told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.manifest import Manifest
from steplint.lock.file import Changed, LockFile, LockStep, LockWorkflow, Was
from steplint.lock.update import assemble

_HUNK = re.compile(
    r"^<{7}[^\n]*\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n(?P<base>.*?))?^={7}[^\n]*\n(?P<theirs>.*?)^>{7}[^\n]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_PLAIN: dict[str, Any] = {"was": (), "change": (), "comments": ()}
_T = TypeVar("_T")
_R = TypeVar("_R")


class Conflict(Struct, frozen=True):
    """A step or workflow that both sides decided differently: both records are in the merged lock."""

    workflow: str
    step: str
    message: str


class Merged(Struct, frozen=True):
    """The merged lock, and what somebody has to choose."""

    lock: LockFile
    conflicts: tuple[Conflict, ...] = ()


def sides(text: str) -> tuple[str | None, str, str] | None:
    """Return base, ours and theirs of a text with conflict markers; None without markers, base None where not shown."""
    found = list(_HUNK.finditer(text))
    if not found:
        return None
    has_base = all(each["base"] is not None for each in found)
    base = _HUNK.sub(lambda each: each["base"] or "", text) if has_base else None
    return base, _HUNK.sub(lambda each: each["ours"], text), _HUNK.sub(lambda each: each["theirs"], text)


def merge(base: LockFile | None, ours: LockFile, theirs: LockFile, code: Manifest | None = None) -> Merged:
    """Return both edits of ``base`` in one lock. ``code`` is the merged source: it gives order and facts."""
    ancestor = base if base is not None else _common(ours, theirs)
    conflicts, found = list[Conflict](), list[LockWorkflow]()
    done = set[int]()
    for each in ancestor.workflow:
        one, other = _descendant(ours, each), _descendant(theirs, each)
        done |= {id(one), id(other)}
        found += _workflow(each, one, other, conflicts)
    mine = [each for each in ours.workflow if id(each) not in done]
    yours = [each for each in theirs.workflow if id(each) not in done]
    for one in mine:
        twin = next((each for each in yours if _same(each, one)), None)
        empty = replace(one, was=(), step=(), comments=())
        found += [one] if twin is None else _workflow(empty, one, twin, conflicts)
        yours = [each for each in yours if each is not twin]
    lock = LockFile(tuple(sorted([*found, *yours], key=lambda each: each.key)))
    return Merged(lock if code is None else assemble(lock, lock, code), tuple(conflicts))


def _same(one: LockWorkflow, other: LockWorkflow) -> bool:
    apps = one.app == other.app or not one.app or not other.app
    return (one.dialect, one.id) == (other.dialect, other.id) and apps


def _descendant(side: LockFile, ancestor: LockWorkflow) -> LockWorkflow | None:
    """Return the workflow itself on one side, or the one that it was renamed to."""
    found = next((each for each in side.workflow if _same(each, ancestor)), None)
    if found is not None:
        return found
    known = {each.id for each in ancestor.was}
    for each in side.workflow:
        if each.dialect == ancestor.dialect and any(w.id == ancestor.id and w.id not in known for w in each.was):
            return each
    return None


def _workflow(
    base: LockWorkflow, one: LockWorkflow | None, other: LockWorkflow | None, conflicts: list[Conflict]
) -> list[LockWorkflow]:
    if one is None or other is None:
        left = one or other
        # A side that dropped the entry wins only over one that neither changed it nor keeps a record in it.
        return [] if left is None or (left == base and not _has_records(left)) else [left]
    if not _same(one, other) and not _same(base, one) and not _same(base, other):
        message = f"both sides renamed workflow `{base.id}`: to `{one.id}` and to `{other.id}`"
        conflicts.append(Conflict(base.id, "", message))
        return [one, other]
    if one.live != other.live and base.live:
        gone, live = (one, other) if other.live else (other, one)
        if not _same(base, live):
            message = f"one side removed workflow `{base.id}`, the other renamed it to `{live.id}`"
            conflicts.append(Conflict(base.id, "", message))
            return [gone, live]
    head = other if _same(base, one) and not _same(base, other) else one
    gone_reason, accept = _gone(base, one, other)
    return [
        replace(
            head,
            app=one.app or other.app,
            source=_three(base.source, one.source, other.source),
            targets=_three(base.targets, one.targets, other.targets),
            unknown=_three(base.unknown, one.unknown, other.unknown),
            family=_three(base.family, one.family, other.family),
            gone=gone_reason,
            accept=accept,
            was=_was(base.was, one.was, other.was),
            comments=_comments(base.comments, one.comments, other.comments),
            step=_steps(base, one, other, conflicts),
        )
    ]


def _has_records(workflow: LockWorkflow) -> bool:
    return bool(workflow.was or not workflow.live or any(_recorded(each) for each in workflow.step))


def _recorded(step: LockStep) -> bool:
    return bool(step.was or step.change or not step.live)


class _Line(Struct):
    """One step through the three versions; None where a version has not got it."""

    base: LockStep | None
    ours: LockStep | None
    theirs: LockStep | None


def _steps(
    base: LockWorkflow, one: LockWorkflow, other: LockWorkflow, conflicts: list[Conflict]
) -> tuple[LockStep, ...]:
    mine, yours = _origins(base.step, one.step), _origins(base.step, other.step)
    lines = [_Line(each, mine.get(n), yours.get(n)) for n, each in enumerate(base.step)]
    taken_one, taken_other = {id(each) for each in mine.values()}, {id(each) for each in yours.values()}
    fresh = _ordinals([each for each in other.step if id(each) not in taken_other])
    for key, each in _ordinals([each for each in one.step if id(each) not in taken_one]).items():
        lines.append(_Line(None, each, fresh.pop(key, None)))
    lines += [_Line(None, None, each) for each in fresh.values()]
    merged = [(line, _step(line, base.id, conflicts)) for line in lines]
    steps = _ordered(merged, one.step, other.step)
    return steps if base.family != "keyed" else _unique(steps, base.id, conflicts)


def _unique(steps: Sequence[LockStep], workflow: str, conflicts: list[Conflict]) -> tuple[LockStep, ...]:
    """Return the steps with one entry for each ID: a new step and a renamed one may have met under it."""
    found = dict[str, LockStep]()
    for each in steps:
        first = found.get(each.id)
        if first is None:
            found[each.id] = each
            continue
        message = f"`{each.id}` stands for two steps: each side gave another one this ID"
        conflicts.append(Conflict(workflow, each.id, message))
        found[each.id] = _joined(replace(first, gone=None, accept="", **_PLAIN), first, each, head=first)
    return tuple(found.values())


def _ordinals(steps: Iterable[LockStep]) -> dict[tuple[str, int], LockStep]:
    seen, found = Counter[str](), dict[tuple[str, int], LockStep]()
    for each in steps:
        found[each.id, seen[each.id]] = each
        seen[each.id] += 1
    return found


def _origins(base: Sequence[LockStep], side: Sequence[LockStep]) -> dict[int, LockStep]:
    """Return which entry of one side goes on for which entry of the base, by index in the base."""
    here = _ordinals(side)
    found = dict[int, LockStep]()
    for n, (key, _) in enumerate(_ordinals(base).items()):
        if key in here:
            found[n] = here[key]
    used = {id(each) for each in found.values()}
    for n, old in enumerate(base):
        known = {each.id for each in old.was}
        if n in found:
            continue
        for each in side:
            if id(each) not in used and each.id not in known and any(was.id == old.id for was in each.was):
                found[n] = each
                used.add(id(each))
                break
    return found


def _step(line: _Line, workflow: str, conflicts: list[Conflict]) -> list[LockStep]:
    base, one, other = line.base, line.ours, line.theirs
    if one is None or other is None:
        left = one or other
        dropped = base is not None and left == base and not _recorded(left) if left is not None else True
        return [] if left is None or dropped else [left]
    if base is None:
        return [_added(one, other, workflow, conflicts)]
    renamed_one, renamed_other = one.id != base.id, other.id != base.id
    if renamed_one and renamed_other and one.id != other.id:
        message = f"both sides renamed `{base.id}`: to `{one.id}` and to `{other.id}`"
        conflicts.append(Conflict(workflow, base.id, message))
        return [one, other]
    if base.live and one.live != other.live and (renamed_one or renamed_other):
        gone, live = (one, other) if other.live else (other, one)
        message = f"one side removed `{base.id}`, the other renamed it to `{live.id}`"
        conflicts.append(Conflict(workflow, base.id, message))
        return [live, gone]
    return [_joined(base, one, other, head=other if renamed_other else one)]


def _added(one: LockStep, other: LockStep, workflow: str, conflicts: list[Conflict]) -> LockStep:
    plain = [replace(each, **_PLAIN) for each in (one, other)]
    if plain[0] != plain[1]:
        message = f"both sides added `{one.id}`, which makes it a repeated ID"
        conflicts.append(Conflict(workflow, one.id, message))
    return _joined(replace(plain[0], gone=None, accept=""), one, other, head=one)


def _joined(base: LockStep, one: LockStep, other: LockStep, *, head: LockStep) -> LockStep:
    count, calls, call, repeats = _three(
        (base.count, base.calls, base.call, base.repeats),
        (one.count, one.calls, one.call, one.repeats),
        (other.count, other.calls, other.call, other.repeats),
    )
    gone, accept = _gone(base, one, other)
    return replace(
        head,
        kind=_three(base.kind, one.kind, other.kind),
        count=count,
        calls=calls,
        call=call,
        repeats=repeats,
        gone=gone,
        accept=accept,
        was=tuple(
            each for each in _was(base.was, one.was, other.was) if each.id != head.id or each.accept == "restored"
        ),
        change=_changes(base.change, one.change, other.change),
        comments=_comments(base.comments, one.comments, other.comments),
    )


def _three(base: _T, one: _T, other: _T) -> _T:
    """Return the side that changed; ours where both did: `steplint lock` writes the facts of the code anyway."""
    return other if one == base else one


def _gone(
    base: LockStep | LockWorkflow, one: LockStep | LockWorkflow, other: LockStep | LockWorkflow
) -> tuple[str | None, str]:
    """Return reason and policy of a removal: of the side that decided; both reasons where both did."""
    if one.gone is not None and other.gone is not None and one.gone != other.gone and base.gone is None:
        return f"{one.gone}; {other.gone}", one.accept or other.accept
    return _three((base.gone, base.accept), (one.gone, one.accept), (other.gone, other.accept))


def _was(base: Sequence[Was], one: Sequence[Was], other: Sequence[Was]) -> tuple[Was, ...]:
    return _union(lambda each: (each.id, each.accept, each.why), base, one, other)


def _union(key: Callable[[_R], Hashable], *sides: Sequence[_R]) -> tuple[_R, ...]:
    """Return the records of all sides in order, each as often as the side that has it most often."""
    found, have = list[_R](), Counter[Hashable]()
    for side in sides:
        seen = Counter[Hashable]()
        for each in side:
            seen[key(each)] += 1
            if seen[key(each)] > have[key(each)]:
                have[key(each)] += 1
                found.append(each)
    return tuple(found)


def _changes(base: Sequence[Changed], one: Sequence[Changed], other: Sequence[Changed]) -> tuple[Changed, ...]:
    return _union(lambda each: (each.kind, each.accept, each.why), base, one, other)


def _comments(base: tuple[str, ...], one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if one != base and other != base:
        return tuple(dict.fromkeys((*one, *other)))
    return _three(base, one, other)


def _ordered(
    merged: Sequence[tuple[_Line, list[LockStep]]], ours: Sequence[LockStep], theirs: Sequence[LockStep]
) -> tuple[LockStep, ...]:
    """Return the merged steps in our order, each that only they have behind its predecessor there."""
    place = {id(line.ours): n for n, (line, _) in enumerate(merged) if line.ours is not None}
    there = {id(line.theirs): n for n, (line, _) in enumerate(merged) if line.theirs is not None}
    order = [place[id(each)] for each in ours if id(each) in place]
    last = -1
    for each in theirs:
        n = there[id(each)]
        if n not in order:
            order.insert(order.index(last) + 1 if last in order else 0, n)
        last = n
    return tuple(step for n in order for step in merged[n][1])


def _common(ours: LockFile, theirs: LockFile) -> LockFile:
    """Return what both sides started from, where git does not say: the entries that both know, without records."""
    found = list[LockWorkflow]()
    for one in ours.workflow:
        other = next((each for each in theirs.workflow if _same(each, one)), None)
        if other is not None:
            found.append(replace(one, gone=None, accept="", was=(), comments=(), step=tuple(_known(one, other))))
    return LockFile(tuple(found))


def _known(one: LockWorkflow, other: LockWorkflow) -> Iterator[LockStep]:
    here, there = _ordinals(one.step), _ordinals(other.step)
    for key, each in here.items():
        if key in there or each.id in other.former:
            yield replace(each, gone=None, accept="", **_PLAIN)
    for key, each in there.items():
        if key not in here and each.id in one.former:
            yield replace(each, gone=None, accept="", **_PLAIN)
