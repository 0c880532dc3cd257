"""Takes over what the code does at one step, with the record that says that this is on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from msgspec.structs import replace

from steplint.contract.change import Change, ChangeKind, Decision
from steplint.contract.manifest import ManifestWorkflow
from steplint.lock.arrange import carried, paired
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
    target = found.old if found.kind == "swapped" and found.old and found.old.label == step else found.new or found.old
    place = _place(code, step, target.position if target is not None else 0)
    return with_entry(state.lock, entry, replace(entry, step=_adopted(entry, code, step, place, record, found.kind)))


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
    entry: LockWorkflow, code: ManifestWorkflow, step: str, place: int, record: Changed, kind: ChangeKind
) -> tuple[LockStep, ...]:
    """Return the entries with the code's fact about ``step``, so that it differs no longer, and the record on it."""
    fresh = entries(code)
    if kind == "shifted" and code.family != "keyed":
        return _reshaped(entry.step, code, step, record)
    mine = [n for n, each in enumerate(fresh) if each.id == step]
    new = fresh[mine[min(place, len(mine) - 1)]]
    pairs = {j: i for i, j in paired(entry.step, fresh, code.family).items()}
    source = pairs.get(fresh.index(new)) if code.family == "keyed" else _source(pairs, mine, place)
    if source is None:
        source = next((n for n, each in enumerate(entry.step) if not each.live and each.id == step), None)
    if source is None:
        return inserted(entry.step, code, replace(new, change=(record,)), place)
    old = entry.step[source]
    marked = replace(carried(new, old), change=(*old.change, record))
    if kind == "reordered":
        rest = [each for n, each in enumerate(entry.step) if n != source]
        return inserted(rest, code, marked, place)
    return (*entry.step[:source], marked, *entry.step[source + 1 :])


def _source(pairs: dict[int, int], mine: Sequence[int], place: int) -> int | None:
    return pairs.get(mine[min(place, len(mine) - 1)])


def _reshaped(steps: Sequence[LockStep], code: ManifestWorkflow, step: str, record: Changed) -> tuple[LockStep, ...]:
    """Return the entries with those of ``step`` as the code has them; the first carries the record."""
    old = [each for each in steps if each.live and each.id == step]
    rest: tuple[LockStep, ...] = tuple(each for each in steps if not each.live or each.id != step)
    fresh = [each for each in entries(code) if each.id == step]
    for place, each in enumerate(fresh):
        known = carried(each, old[place]) if place < len(old) else each
        marked = replace(known, change=(*known.change, record)) if place == 0 else known
        rest = inserted(rest, code, marked, place)
    return rest


def inserted(steps: Sequence[LockStep], code: ManifestWorkflow, new: LockStep, place: int) -> tuple[LockStep, ...]:
    """Return ``steps`` with ``new`` behind the nearest step that precedes it in the code."""
    order = [each.id for each in entries(code)]
    mine = [n for n, each in enumerate(order) if each == new.id]
    at = mine[min(place, len(mine) - 1)]
    for before in range(at - 1, -1, -1):
        nth = order[:before].count(order[before])
        there = [n for n, each in enumerate(steps) if each.live and each.id == order[before]]
        if nth < len(there):
            return (*steps[: there[nth] + 1], new, *steps[there[nth] + 1 :])
    return (new, *steps)
