"""Takes over what the code does at one step, with the record that says that this is on purpose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal, cast

from msgspec.structs import replace

from steplint.contract.change import Change, ChangeKind, Decision
from steplint.contract.compare import align
from steplint.contract.manifest import ManifestWorkflow
from steplint.lock.arrange import carried
from steplint.lock.file import Changed, LockFile, LockStep, LockWorkflow
from steplint.lock.named import RecordError, State, both, near, permit, with_entry
from steplint.lock.policy import KINDS, undecided
from steplint.lock.review import review
from steplint.lock.view import entries

_PARTICIPLE: dict[ChangeKind, str] = {"renamed": "renamed", "retemplated": "renamed", "removed": "removed"}


def change(state: State, workflow: str, step: str, accept: str, why: str) -> LockFile:
    """Return the lock that takes over what the code does at ``step``, and says that this is on purpose."""
    entry, code = both(state, workflow)
    found = _open_change(state, entry, step)
    kind = KINDS[found.kind]
    permit(state, entry, Decision("change", *entry.key, step=step, kind=kind, accept=accept, why=why))
    record = Changed(cast('Literal["added"]', kind), accept, why)
    if found.kind == "swapped" and found.old is not None and found.new is not None:
        steps = _exchanged(entry, code, _now(entry, found.old.label), found.new.label, record)
    else:
        target = found.new or found.old
        place = _place(code, step, target.position if target is not None else 0)
        steps = _adopted(entry, code, step, place, record)
    return with_entry(state.lock, entry, replace(entry, step=steps))


def _open_change(state: State, entry: LockWorkflow, step: str) -> Change:
    """Return the change at ``step`` that waits for a record."""
    open_changes = [
        each
        for each in review(state.base, state.code, state.lock, state.policy)
        if undecided(each) and each.workflow == entry.id and each.dialect == entry.dialect
    ]
    mine = [each for each in open_changes if step in {one.label for one in (each.old, each.new) if one is not None}]
    found = next((each for each in mine if each.kind in KINDS), None)
    if found is not None:
        return found
    if mine:
        raise RecordError(f"step `{step}` is {_PARTICIPLE.get(mine[0].kind, 'gone')}", mine[0].commands[0])
    names = [one.label for each in open_changes if each.kind in KINDS for one in (each.old, each.new) if one]
    hint = near(step, names) or "nothing waits for a decision; `steplint lock` brings the lock up to date"
    raise RecordError(f"no change of step `{step}` in `{entry.id}` waits for a decision", hint)


def _place(code: ManifestWorkflow, step: str, position: int) -> int:
    """Return which entry of its ID the step at ``position`` is."""
    return sum(each.label == step and each.position < position for each in code.steps)


def _adopted(
    entry: LockWorkflow, code: ManifestWorkflow, step: str, place: int, record: Changed
) -> tuple[LockStep, ...]:
    """Return the entries with those of ``step`` as the code has them; the one at ``place`` carries the record."""
    if code.family != "keyed":
        return reshaped(entry.step, code, step, place, record)
    fresh = next(each for each in entries(code) if each.id == step)
    source = next((n for n, each in enumerate(entry.step) if each.id == step), None)
    if source is None:
        return reshaped(entry.step, code, step, 0, record)
    old = entry.step[source]
    marked = replace(carried(fresh, old), change=(*old.change, record))
    return (*entry.step[:source], marked, *entry.step[source + 1 :])


def _now(entry: LockWorkflow, label: str) -> str:
    """Return the ID that ``label`` has in the lock: its own, or the one that it was renamed to."""
    if entry.has(label):
        return label
    return next((each.id for each in entry.step if each.live and any(was.id == label for was in each.was)), label)


def _exchanged(
    entry: LockWorkflow, code: ManifestWorkflow, one: str, other: str, record: Changed
) -> tuple[LockStep, ...]:
    """Return the entries with two IDs exchanged as the code has them; both carry the record."""
    fresh = {each.id: each for each in entries(code)}
    order = list(fresh)
    before = {each.id: n for n, each in enumerate(entry.step) if each.live and each.id in {one, other}}
    new = {
        label: replace(carried(fresh[label], entry.step[n]), change=(*entry.step[n].change, record))
        for label, n in before.items()
    }
    turned = (order.index(one) < order.index(other)) != (before[one] < before[other])
    places = {before[one]: other, before[other]: one} if turned else {before[one]: one, before[other]: other}
    return tuple(new[places[n]] if n in places else each for n, each in enumerate(entry.step))


def reshaped(
    steps: Sequence[LockStep], code: ManifestWorkflow, step: str, place: int = 0, record: Changed | None = None
) -> tuple[LockStep, ...]:
    """Return ``steps`` with the entries of ``step`` where the code has them, between those that both have in order."""
    old = [each for each in steps if each.id == step and each.live] or [each for each in steps if each.id == step]
    dead = not any(each.live for each in old)
    rest = [each for each in steps if each.id != step or not (each.live or dead)]
    fresh = entries(code)
    live = [n for n, each in enumerate(rest) if each.live]
    pairs = {j: live[i] for i, j in align([rest[n].id for n in live], [each.id for each in fresh])}
    total = sum(each.id == step for each in fresh)
    behind = defaultdict[int, list[LockStep]](list)
    anchor, count = -1, 0
    for index, each in enumerate(fresh):
        anchor = pairs.get(index, anchor)
        if each.id == step:
            known = carried(each, old[count]) if count < len(old) else each
            if count == total - 1:
                known = _with_records(known, old[total:])
            known = replace(known, change=(*known.change, record)) if record is not None and count == place else known
            behind[anchor].append(known)
            count += 1
    ordered = list(behind[-1])
    for index, each in enumerate(rest):
        ordered += [each, *behind[index]]
    return tuple(ordered)


def _with_records(step: LockStep, gone: Sequence[LockStep]) -> LockStep:
    """Return ``step`` with the records of calls of its ID that are there no longer."""
    was = tuple(record for each in gone for record in each.was)
    change = tuple(record for each in gone for record in each.change)
    return replace(step, was=step.was + was, change=step.change + change)
