"""Decisions as pure functions: a rename, a removal, an accepted change, a step that is back."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Literal, cast

from msgspec import Struct
from msgspec.structs import replace

from steplint.contract.change import Change, ChangeKind, Decision
from steplint.contract.manifest import Manifest, ManifestWorkflow
from steplint.lock.arrange import carried, paired
from steplint.lock.file import Changed, LockFile, LockStep, LockWorkflow, Was, find_workflow, same_workflow
from steplint.lock.policy import KINDS, Policy, alias_problem, needs_accept, problem, undecided
from steplint.lock.review import review
from steplint.lock.view import entries, head


class RecordError(Exception):
    """A decision that cannot be recorded: why, and what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class State(Struct, frozen=True):
    """What a decision is judged by: the lock, the published lock (the same without git), the code, the policy."""

    lock: LockFile
    base: LockFile | None
    code: Manifest
    policy: Policy


def rename(state: State, workflow: str, old: str, new: str, accept: str, why: str) -> LockFile:
    """Return the lock in which the entry of step ``old`` is ``new`` and says which ID it had."""
    entry, code = _both(state, workflow)
    at = _live(entry, old)
    fresh = _in_code(code, new)
    if any(each.label == old for each in code.steps) and code.family == "keyed":
        raise RecordError(f"step `{old}` is still in the code of `{entry.id}`", "a rename needs an ID that is gone")
    if new in entry.tombstones:
        raise RecordError(f"ID `{new}` was removed before and is reserved", "give the step an ID that was never used")
    if _published(state, entry, new):
        hint = f"`steplint lock remove {entry.id} {old}` if `{old}` is gone"
        raise RecordError(f"`{new}` is published itself, so it is no successor of `{old}`", hint)
    if accept == "alias" and alias_problem(old, new):
        raise RecordError(alias_problem(old, new), "choose another policy, or keep the template")
    _permit(state, entry, Decision("was", *entry.key, step=new, old=old, accept=accept, why=why))
    was = entry.step[at].was
    if _published(state, entry, old) or any(each.id == new for each in was):
        was = (*was, Was(old, accept, why))
    kept = tuple(each for each in was if each.id != new)
    renamed = replace(carried(fresh, entry.step[at]), was=kept)
    steps = [each for n, each in enumerate(entry.step) if n == at or each.id != new or not each.live]
    steps[steps.index(entry.step[at])] = renamed
    return _replaced(state.lock, entry, replace(entry, step=tuple(steps)))


def rename_workflow(state: State, old: str, new: str, accept: str, why: str) -> LockFile:
    """Return the lock in which workflow ``old`` goes on as ``new``."""
    entry = _entry(state, old)
    code = next((each for each in state.code.workflows if each.id == new and each.dialect == entry.dialect), None)
    if code is None:
        names = [each.id for each in state.code.workflows if each.dialect == entry.dialect]
        raise RecordError(f"workflow `{new}` is not in the code", _near(new, names))
    if any(same_workflow(entry, each.dialect, each.app, each.id) for each in state.code.workflows):
        raise RecordError(f"workflow `{entry.id}` is still in the code", "a rename needs a workflow that is gone")
    there = find_workflow(state.lock, code.dialect, code.app, code.id)
    if there is not None and _is_published(state, there):
        raise RecordError(f"workflow `{new}` is published itself", f"steplint lock remove --workflow {old}")
    decision = Decision("was", code.dialect, code.app, code.id, old=entry.id, accept=accept, why=why)
    _permit(state, entry, decision)
    was = tuple(each for each in entry.was if each.id != code.id)
    if _is_published(state, entry):
        was = (*was, Was(entry.id, accept, why))
    renamed = replace(head(code), app=code.app or entry.app, was=was, step=entry.step, comments=entry.comments)
    others = tuple(each for each in state.lock.workflow if each is not entry and each is not there)
    return _sorted((*others, renamed))


def remove(state: State, workflow: str, step: str, why: str, accept: str = "") -> LockFile:
    """Return the lock in which ``step`` is a tombstone; an ID that was never published goes without one."""
    entry = _entry(state, workflow)
    at = _live(entry, step)
    code = _code(state, entry)
    count = sum(each.label == step for each in code.steps) if code is not None else 0
    if code is not None and count and (code.family == "keyed" or count >= sum(each.id == step for each in entry.step)):
        raise RecordError(f"step `{step}` is still in the code of `{entry.id}`", "remove the call first")
    return _without(state, entry, at, why, accept)


def _without(state: State, entry: LockWorkflow, at: int, why: str, accept: str) -> LockFile:
    step = entry.step[at]
    if not _published(state, entry, step.id) and not step.was:
        steps = tuple(each for n, each in enumerate(entry.step) if n != at)
        return _replaced(state.lock, entry, replace(entry, step=steps))
    _permit(state, entry, Decision("gone", *entry.key, step=step.id, accept=accept, why=why))
    gone = replace(step, gone=why, accept=accept, count=1, calls=(), call="", repeats=False)
    steps = (*entry.step[:at], gone, *entry.step[at + 1 :])
    return _replaced(state.lock, entry, replace(entry, step=steps))


def remove_workflow(state: State, workflow: str, why: str, accept: str = "") -> LockFile:
    """Return the lock in which ``workflow`` keeps its identity and the reason why it is gone."""
    entry = _entry(state, workflow)
    if _code(state, entry) is not None:
        raise RecordError(f"workflow `{entry.id}` is still in the code", "remove its registration first")
    if not _is_published(state, entry):
        return LockFile(tuple(each for each in state.lock.workflow if each is not entry))
    _permit(state, entry, Decision("gone", *entry.key, accept=accept, why=why))
    gone = replace(entry, gone=why, accept=accept, source="", targets=(), unknown=0, step=())
    return _replaced(state.lock, entry, gone)


def remove_missing(state: State, why: str, accept: str = "") -> LockFile:
    """Return the lock in which every published step and workflow that the code has lost is a tombstone."""
    for each in state.lock.workflow:
        entry = find_workflow(state.lock, *each.key)
        if entry is None or not entry.live:
            continue
        code = _code(state, entry)
        if code is None:
            name = f"{entry.dialect}:{entry.id}"
            state = replace(state, lock=remove_workflow(state, name, why, accept))
            continue
        labels = {step.label for step in code.steps}
        for step in entry.step:
            if step.live and step.id not in labels:
                now = find_workflow(state.lock, *each.key)
                if now is not None:
                    word = accept if needs_accept("removed", entry.family) else ""
                    state = replace(state, lock=_without(state, now, now.step.index(step), why, word))
    return state.lock


def change(state: State, workflow: str, step: str, accept: str, why: str) -> LockFile:
    """Return the lock that takes over what the code does at ``step``, and says that this is on purpose."""
    entry, code = _both(state, workflow)
    found = _open_change(state, entry, step)
    kind = KINDS[found.kind]
    _permit(state, entry, Decision("change", *entry.key, step=step, kind=kind, accept=accept, why=why))
    record = Changed(cast('Literal["added"]', kind), accept, why)
    target = found.old if found.kind == "swapped" and found.old and found.old.label == step else found.new or found.old
    place = _place(code, step, target.position if target is not None else 0)
    return _replaced(state.lock, entry, replace(entry, step=_adopted(entry, code, step, place, record, found.kind)))


def restore(state: State, workflow: str, step: str, why: str) -> LockFile:
    """Return the lock in which ``step`` is back with its old meaning, so that its old memo is valid."""
    entry, code = _both(state, workflow)
    fresh = _in_code(code, step)
    at = next((n for n, each in enumerate(entry.step) if not each.live and each.id == step), None)
    if at is None and step not in entry.former:
        raise RecordError(f"step `{step}` of `{entry.id}` was not removed", _near(step, entry.tombstones))
    was = Was(step, "restored", why)
    _permit(state, entry, Decision("was", *entry.key, step=step, old=step, accept="restored", why=why))
    if at is None:
        steps = _inserted(entry.step, code, replace(fresh, was=(was,)), 0)
        return _replaced(state.lock, entry, replace(entry, step=steps))
    tombstone = entry.step[at]
    known = (*tombstone.was, was) if _buried(state, entry, step) else tombstone.was
    back = replace(fresh, was=known, change=tombstone.change, comments=tombstone.comments)
    return _replaced(state.lock, entry, replace(entry, step=(*entry.step[:at], back, *entry.step[at + 1 :])))


def restore_workflow(state: State, workflow: str, why: str) -> LockFile:
    """Return the lock in which ``workflow`` is back with its old meaning."""
    gone = [each for each in state.lock.workflow if not each.live]
    entry = next((each for each in gone if workflow in _names(each)), None)
    if entry is None:
        raise RecordError(f"workflow `{workflow}` was not removed", _near(workflow, [each.id for each in gone]))
    code = _code(state, entry)
    if code is None:
        raise RecordError(f"workflow `{entry.id}` is not in the code", "register it first")
    _permit(state, entry, Decision("was", *entry.key, old=entry.id, accept="restored", why=why))
    was = (*entry.was, Was(entry.id, "restored", why))
    back = replace(head(code), app=code.app or entry.app, was=was, step=tuple(entries(code)), comments=entry.comments)
    return _replaced(state.lock, entry, back)


def _both(state: State, workflow: str) -> tuple[LockWorkflow, ManifestWorkflow]:
    entry = _entry(state, workflow)
    code = _code(state, entry)
    if code is None:
        hint = f"`steplint lock rename --workflow` or `steplint lock remove --workflow {entry.id}` come first"
        raise RecordError(f"workflow `{entry.id}` is not in the code", hint)
    return entry, code


def _entry(state: State, workflow: str) -> LockWorkflow:
    """Return the live entry called ``workflow``: its ID, `dialect:id` or `app/id`."""
    live = [each for each in state.lock.workflow if each.live]
    found = [each for each in live if workflow in _names(each)]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(f"`{each.app}/{each.id}`" if each.app else f"`{each.dialect}:{each.id}`" for each in found)
        raise RecordError(f"there are several workflows `{workflow}`", f"write {choices}")
    if any(workflow in _names(each) for each in state.lock.workflow):
        raise RecordError(f"workflow `{workflow}` was removed", f"steplint lock restore --workflow {workflow}")
    raise RecordError(f"no workflow `{workflow}` in the lock", _near(workflow, [each.id for each in live]))


def _names(entry: LockWorkflow) -> tuple[str, ...]:
    return entry.id, f"{entry.dialect}:{entry.id}", f"{entry.app}/{entry.id}"


def _code(state: State, entry: LockWorkflow) -> ManifestWorkflow | None:
    found = (each for each in state.code.workflows if same_workflow(entry, each.dialect, each.app, each.id))
    return next(found, None)


def _live(entry: LockWorkflow, step: str) -> int:
    """Return the index of the live entry of ``step``."""
    found = [n for n, each in enumerate(entry.step) if each.live and each.id == step]
    if found:
        return found[-1]
    if step in entry.tombstones:
        raise RecordError(f"step `{step}` of `{entry.id}` was removed", f"steplint lock restore {entry.id} {step}")
    known = [each.id for each in entry.step if each.live]
    raise RecordError(f"no step `{step}` in `{entry.id}`", _near(step, known))


def _in_code(code: ManifestWorkflow, step: str) -> LockStep:
    """Return the entry that the code asks for under ``step``."""
    found = next((each for each in entries(code) if each.id == step), None)
    if found is None:
        names = [each.label for each in code.steps]
        raise RecordError(f"step `{step}` is not in the code of `{code.id}`", _near(step, names))
    return found


def _near(word: str, known: Sequence[str] | frozenset[str]) -> str:
    near = get_close_matches(word, sorted(set(known)), 1)
    if near:
        return f"did you mean `{near[0]}`?"
    listed = sorted(set(known))[:8]
    return "known: " + ", ".join(f"`{each}`" for each in listed) if listed else ""


def _permit(state: State, entry: LockWorkflow, decision: Decision) -> None:
    """Refuse a record that the family, the dialect or the project does not allow."""
    wrong = problem(decision, entry.family, state.policy)
    if not wrong:
        return
    if "why" in wrong:
        raise RecordError("a record needs a reason", 'add `--why "…"`')
    raise RecordError(wrong, f"engine `{entry.dialect}` is {entry.family}")


def _published(state: State, entry: LockWorkflow, step: str) -> bool:
    before = find_workflow(state.base, *entry.key)
    return before is not None and before.has(step)


def _buried(state: State, entry: LockWorkflow, step: str) -> bool:
    """Return whether the removal of ``step`` is published: one within this branch leaves no record."""
    before = find_workflow(state.base, *entry.key)
    return before is None or step in before.tombstones


def _is_published(state: State, entry: LockWorkflow) -> bool:
    return find_workflow(state.base, *entry.key) is not None


def _replaced(lock: LockFile, entry: LockWorkflow, new: LockWorkflow) -> LockFile:
    return _sorted(tuple(new if each is entry else each for each in lock.workflow))


def _sorted(workflows: tuple[LockWorkflow, ...]) -> LockFile:
    return LockFile(tuple(sorted(workflows, key=lambda each: each.key)))


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
    hint = _near(step, names) or "nothing waits for a decision; `steplint lock` brings the lock up to date"
    raise RecordError(f"no change of step `{step}` in `{entry.id}` waits for a decision", hint)


_PARTICIPLE: dict[ChangeKind, str] = {"renamed": "renamed", "retemplated": "renamed", "removed": "removed"}


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
        return _inserted(entry.step, code, replace(new, change=(record,)), place)
    old = entry.step[source]
    marked = replace(carried(new, old), change=(*old.change, record))
    if kind == "reordered":
        rest = [each for n, each in enumerate(entry.step) if n != source]
        return _inserted(rest, code, marked, place)
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
        rest = _inserted(rest, code, marked, place)
    return rest


def _inserted(steps: Sequence[LockStep], code: ManifestWorkflow, new: LockStep, place: int) -> tuple[LockStep, ...]:
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
